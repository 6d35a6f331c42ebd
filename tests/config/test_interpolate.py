from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelmill.config.interpolate import Surroundings, interpolated
from labelmill.config.nodes import Findings, Place, plain, planted
from labelmill.errors import Problem


def filled(tree: Any, partition: str | None = None, **env: str) -> tuple[Any, Any, list[Problem]]:
    """The tree, the tree as it is shown, and the problems."""
    root = planted(tree, Place("x.yaml", 1, 1))
    findings = Findings(root)
    made, _ = interpolated(root, Surroundings(env, partition), findings)
    return plain(made), plain(made, shown=True), findings.problems


def test_a_whole_value_keeps_the_type_of_the_variable() -> None:
    variables = {"n": 3, "on": True, "list": ["a", 1], "map": {"k": "v"}, "none": None}
    tree = {"vars": variables} | {name: f"${{vars.{name}}}" for name in variables}

    made, _, problems = filled(tree)

    assert not problems
    assert {name: made[name] for name in variables} == variables


def test_inside_a_text_a_variable_is_written_out() -> None:
    made, _, problems = filled({"vars": {"n": 3, "on": True}, "a": "x${vars.n}-${vars.on}y"})

    assert not problems
    assert made["a"] == "x3-truey"


def test_variables_use_each_other_in_any_order() -> None:
    tree = {"vars": {"a": "${vars.b}/a", "b": "${vars.c}/b", "c": "c"}, "d": ["${vars.a}"]}

    made, _, problems = filled(tree)

    assert not problems
    assert made["d"] == ["c/b/a"]
    assert made["vars"]["b"] == "c/b"


def test_a_doubled_dollar_is_a_plain_one() -> None:
    made, shown, problems = filled({"a": "$${vars.x} $$ $x ${run.partition}"}, partition="p")

    assert not problems
    assert made["a"] == shown["a"] == "${vars.x} $$ $x p"


def test_what_a_variable_holds_is_not_filled_in_again() -> None:
    made, _, problems = filled({"vars": {"a": "$${vars.b}"}, "c": "x${vars.a}", "d": "${vars.a}"})

    assert not problems
    assert made["c"] == "x${vars.b}"
    assert made["d"] == "${vars.b}"


def test_the_environment_is_text_and_never_shown() -> None:
    tree = {
        "env": ["KEY", "N"],
        "vars": {"url": "s3://me:${env.KEY}@bucket"},
        "path": "${vars.url}/rows",
        "n": "${env.N}",
    }

    made, shown, problems = filled(tree, KEY="hunter22", N="5")

    assert not problems
    assert made["path"] == "s3://me:hunter22@bucket/rows"
    assert shown["path"] == "s3://me:${env.KEY}@bucket/rows"
    assert made["n"] == "5"
    assert shown["n"] == "${env.N}"


def test_a_broken_value_is_told_once() -> None:
    tree = {"vars": {"a": "${vars.zzz}"}, "b": "${vars.a}", "c": "x${vars.a}"}

    _, _, problems = filled(tree)

    assert [problem.path for problem in problems] == ["vars.a"]


@given(st.text(alphabet="${}ab. ", max_size=12))
def test_any_text_is_filled_in_or_refused(text: str) -> None:
    made, shown, problems = filled({"vars": {"a": "b"}, "key": text})

    if "${" not in text:
        assert not problems
        assert made["key"] == shown["key"] == text


@given(st.text(max_size=12))
def test_escaping_every_dollar_brace_keeps_a_text(text: str) -> None:
    made, _, problems = filled({"key": text.replace("${", "$${")})

    if "$${" not in text:
        assert not problems
        assert made["key"] == text


@pytest.mark.parametrize("one", ["x" * 10, ["x", "x", "x"]])
def test_variables_that_grow_beyond_all_bounds_are_refused(one: object) -> None:
    names = "abcdefghij"
    variables: dict[str, object] = {"a": one}
    for name, before in zip(names[1:], names, strict=False):
        called = f"${{vars.{before}}}"
        variables[name] = called * 10 if isinstance(one, str) else [called] * 10

    _, _, problems = filled({"vars": variables, "d": "${vars.j}"})

    assert problems
    assert "grows beyond all bounds" in problems[0].message


def test_a_large_variable_may_be_used_often() -> None:
    tree = {"vars": {"a": ["x"] * 100}, "d": ["${vars.a}"] * 1000}

    made, _, problems = filled(tree)

    assert not problems
    assert made["d"] == [["x"] * 100] * 1000
