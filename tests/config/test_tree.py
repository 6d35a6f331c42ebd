import json
from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from labelmill.config import tree
from labelmill.config.nodes import Node, Place, get, plain
from labelmill.errors import Problem


def parsed(text: str) -> tuple[Node, list[Problem]]:
    root, problems = tree.parse(text, lambda line, col: Place("x.yaml", line, col))
    assert root is not None, problems
    return root, problems


def value_of(text: str) -> Any:
    root, problems = parsed(f"key: {text}")
    assert not problems
    return plain(root)["key"]


@pytest.mark.parametrize("word", ["NO", "ON", "OFF", "yes", "y", "12:30:45", "2026-01-01", "="])
def test_words_that_older_yaml_changes_stay_text(word: str) -> None:
    assert value_of(word) == word


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("5", 5),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", 1000),
        ("-3", -3),
        ("1e-3", 0.001),
        ("1.", 1.0),
        ("true", True),
        ("~", None),
        ("", None),
        ("'5'", "5"),
        ("!!str 5", "5"),
        (r"'\d+'", r"\d+"),
        ("[a, {b: c}]", ["a", {"b": "c"}]),
    ],
)
def test_a_value_is_read_as_yaml_1_2_says(written: str, value: Any) -> None:
    found = value_of(written)

    assert found == value
    assert type(found) is type(value)


def test_values_and_keys_know_where_they_stand() -> None:
    root, _ = parsed("a:\n  - b: [x, y]\n")

    y = get(root, "a", 0, "b", 1)
    b = get(root, "a", 0, "b")

    assert y is not None
    assert b is not None
    assert (y.place.line, y.place.col) == (2, 12)
    assert b.key == Place("x.yaml", 2, 5)


def test_an_anchor_and_a_merge_key_are_read() -> None:
    root, problems = parsed("base: &b {x: 1, y: 2}\nover: {<<: *b, y: 3}\nsame: *b\n")

    assert not problems
    assert plain(root)["over"] == {"x": 1, "y": 3}
    assert plain(root)["same"] == {"x": 1, "y": 2}


def test_every_double_key_is_told() -> None:
    _, problems = parsed("a: 1\na: 2\nb: {c: 1, c: 2, c: 3}\n")

    assert [(problem.line, problem.path) for problem in problems] == [
        (2, "a"),
        (3, "b.c"),
        (3, "b.c"),
    ]


def test_an_alias_inside_what_it_names_is_refused() -> None:
    _, problems = parsed("a: &a [*a]\n")

    assert [problem.message for problem in problems] == ["an alias stands inside what it names"]


def test_aliases_that_multiply_are_refused() -> None:
    first = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]"
    lines = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]

    root, problems = tree.parse("\n".join([first, *lines]), lambda line, col: Place("x", line, col))

    assert root is None
    assert "200,000" in problems[0].message


@pytest.mark.parametrize(
    "text",
    ["a: [1", "a: {b", "a: b: c", "a: 'x", "a: b\n---\nc: d", "- a\nb: c", "a: \x07"],
)
def test_broken_yaml_is_one_problem_with_a_place(text: str) -> None:
    root, problems = tree.parse(text, lambda line, col: Place("x", line, col))

    assert root is None
    assert len(problems) == 1
    assert problems[0].code == "yaml"
    assert problems[0].line >= 1


@pytest.mark.parametrize("text", ["a: !x 1", "a: !!python/name:os.system x", "a: !!set {b}"])
def test_a_tag_is_refused(text: str) -> None:
    _, problems = parsed(text)

    assert "has no meaning here" in problems[0].message


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(-1e9, 1e9) | st.text(max_size=8)
TREES = st.dictionaries(
    st.text(max_size=6),
    st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
        max_leaves=8,
    ),
    max_size=4,
)


@given(TREES)
def test_json_reads_as_itself(data: dict[str, Any]) -> None:
    root, problems = parsed(json.dumps(data))

    assert not problems
    assert plain(root) == data


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert value_of('"\\ud800\\udc00"') == "\U00010000"


def test_half_a_pair_of_surrogates_is_refused() -> None:
    _, problems = parsed('a: "\\ud800"')

    assert [problem.message for problem in problems] == ["half of a surrogate pair is no character"]


@given(st.text(max_size=40))
def test_any_text_gives_a_tree_or_a_problem(text: str) -> None:
    root, problems = tree.parse(text, lambda line, col: Place("x", line, col))

    assert root is not None or problems


PLAIN = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="?"), max_size=6)


@given(st.dictionaries(PLAIN, PLAIN | st.integers() | st.lists(PLAIN | st.booleans())))
def test_what_ruamel_writes_is_read_back(data: dict[str, Any]) -> None:
    stream = StringIO()
    YAML(typ="safe", pure=True).dump(data, stream)

    root, problems = parsed(stream.getvalue())

    assert not problems
    assert plain(root) == data
