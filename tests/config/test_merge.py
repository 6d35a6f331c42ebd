from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from labelmill.config.merge import gather, merged
from labelmill.config.nodes import Place, get, plain, planted

Write = Callable[[str, str], Path]


def merge(base: Any, over: Any) -> Any:
    return plain(merged(planted(base, Place("base")), planted(over, Place("over"))))


def test_maps_merge_deep() -> None:
    base = {"a": {"x": 1, "y": {"z": 2}}, "b": 3}

    assert merge(base, {"a": {"y": {"w": 4}}}) == {"a": {"x": 1, "y": {"z": 2, "w": 4}}, "b": 3}


def test_a_map_of_another_type_replaces() -> None:
    base = {"label_model": {"type": "hmm", "seed": 3}}

    assert merge(base, {"label_model": {"type": "majority"}}) == {
        "label_model": {"type": "majority"}
    }


def test_a_map_of_the_same_type_merges() -> None:
    base = {"label_model": {"type": "hmm", "seed": 3}}

    assert merge(base, {"label_model": {"type": "hmm", "n": 1}})["label_model"]["seed"] == 3


def test_lists_of_named_things_merge_by_name() -> None:
    base = [{"name": "a", "type": "regex", "pattern": "x"}, {"name": "b", "type": "keyword"}]
    over = [{"name": "c", "type": "regex"}, {"name": "a", "enabled": False}]

    assert merge(base, over) == [
        {"name": "a", "type": "regex", "pattern": "x", "enabled": False},
        {"name": "b", "type": "keyword"},
        {"name": "c", "type": "regex"},
    ]


def test_a_name_that_stands_twice_is_kept_twice() -> None:
    over = [{"name": "a", "x": 1}, {"name": "a", "x": 2}]

    assert merge([{"name": "a"}], over) == over


def test_other_lists_replace() -> None:
    assert merge({"l": [1, 2]}, {"l": [3]}) == {"l": [3]}
    assert merge([{"type": "spacy"}], [{"type": "csv"}]) == [{"type": "csv"}]
    assert merge([{"name": "a"}], []) == []


def test_files_are_merged_in_order_and_keep_their_places(write: Write) -> None:
    write("configs/base/one.yaml", "a: 1\nb: 1\nc: 1\n")
    write("configs/base/two.yaml", "extends: one.yaml\nb: 2\n")
    write("configs/three.yaml", "c: 3\n")
    path = write("configs/job.yaml", "extends: [base/two.yaml, three.yaml]\nd: 4\n")

    root, problems = gather(path, "configs/job.yaml")

    assert root is not None
    assert not problems
    assert plain(root) == {"a": 1, "b": 2, "c": 3, "d": 4}
    places = [node.place.file for key in "abcd" if (node := get(root, key)) is not None]
    assert places == [
        "configs/base/one.yaml",
        "configs/base/two.yaml",
        "configs/three.yaml",
        "configs/job.yaml",
    ]


def test_one_base_may_be_reached_twice(write: Write) -> None:
    write("base.yaml", "a: 1\n")
    write("left.yaml", "extends: [base.yaml]\nb: 2\n")
    write("right.yaml", "extends: [base.yaml]\nc: 3\n")
    path = write("job.yaml", "extends: [left.yaml, right.yaml]\n")

    root, problems = gather(path, "job.yaml")

    assert root is not None
    assert not problems
    assert plain(root) == {"a": 1, "b": 2, "c": 3}


def test_a_syntax_error_in_a_base_is_told_with_its_file(write: Write) -> None:
    write("base.yaml", "a: [\n")
    path = write("job.yaml", "extends: [base.yaml]\n")

    root, problems = gather(path, "job.yaml")

    assert root is None
    assert [problem.file for problem in problems] == ["base.yaml"]


SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
KEYS = st.sampled_from(["a", "b", "type", "list"])
NAMED = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("xyz")}, optional={"v": SCALARS}),
    max_size=3,
    unique_by=lambda item: item["name"],
)
TREES = st.recursive(
    st.dictionaries(KEYS, SCALARS | NAMED | st.lists(SCALARS, max_size=2), max_size=3),
    lambda inner: st.dictionaries(KEYS, inner | SCALARS, max_size=3),
    max_leaves=6,
)


@given(TREES)
def test_merging_nothing_changes_nothing(data: Any) -> None:
    assert merge(data, {}) == data
    assert merge({}, data) == data


@given(TREES)
def test_merging_a_config_with_itself_changes_nothing(data: Any) -> None:
    assert merge(data, data) == data


@given(TREES, TREES)
def test_merging_twice_is_merging_once(base: Any, over: Any) -> None:
    once = merge(base, over)

    assert merge(once, over) == once


@given(TREES, TREES)
def test_what_the_upper_config_says_stands(base: Any, over: Any) -> None:
    found = merge(base, over)

    for key, value in over.items():
        if not isinstance(value, dict | list):
            assert found[key] == value
