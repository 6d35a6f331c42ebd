from typing import Any

import pytest

from labelmill.config.nodes import Place, plain, planted
from labelmill.config.override import overridden

TREE: dict[str, Any] = {
    "seed": 1,
    "label_model": {"type": "hmm"},
    "labeling_functions": [{"name": "begging", "any": ["a"]}, {"name": "x.y", "any": ["b"]}],
    "export": [{"type": "csv"}],
    "owner": None,
}


def after(*overrides: str) -> Any:
    root, problems = overridden(planted(TREE, Place("x.yaml")), overrides)
    assert not problems
    return plain(root)


def refused(override: str) -> str:
    root, problems = overridden(planted(TREE, Place("x.yaml")), [override])
    assert plain(root) == TREE
    assert [problem.code for problem in problems] == ["override"]
    return str(problems[0])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("NO", "NO"),
        ("true", True),
        ("[a, 1]", ["a", 1]),
        ("{a: b}", {"a": "b"}),
        ("", None),
    ],
)
def test_a_value_is_read_as_yaml(text: str, value: Any) -> None:
    assert after(f"seed={text}")["seed"] == value


def test_maps_on_the_way_are_made() -> None:
    assert after("split.train=1.0")["split"] == {"train": 1.0}
    assert after("owner.name=me")["owner"] == {"name": "me"}


def test_an_item_is_picked_by_its_name_or_type() -> None:
    found = after("labeling_functions[begging].enabled=false", "export[csv].delimiter=tab")

    assert found["labeling_functions"][0]["enabled"] is False
    assert found["export"] == [{"type": "csv", "delimiter": "tab"}]


def test_a_name_may_hold_dots() -> None:
    assert after("labeling_functions[x.y].any=[c]")["labeling_functions"][1]["any"] == ["c"]


def test_later_overrides_win() -> None:
    assert after("seed=2", "seed=3")["seed"] == 3


def test_a_value_may_hold_signs_of_the_way() -> None:
    assert after("owner=a=[b].c")["owner"] == "a=[b].c"


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("seed", "expected KEY=VALUE"),
        ("=3", "expected KEY=VALUE"),
        ("a..b=3", "expected KEY=VALUE"),
        ("a.=3", "expected KEY=VALUE"),
        ("extends=[x]", "cannot be overridden"),
        ("seed=[1", "cannot be read as YAML"),
        ("seed.x=1", "no map but 1; set a map instead: {x: ...}"),
        (
            "labeling_functions[beging].x=1",
            "the name 'beging' (did you mean 'begging'?)",
        ),
        ("seed[a]=1", "no item has the name 'a'"),
    ],
)
def test_an_override_that_leads_nowhere_says_so(override: str, said: str) -> None:
    message = refused(override)

    assert said in message
    assert message.startswith("--set ")
