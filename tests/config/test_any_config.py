"""Whatever stands in a config, it is read or answered with problems; nothing else happens."""

from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from labelmill.config import load
from labelmill.config.nodes import Place, Trail, planted, walk
from labelmill.core.registry import Registry
from labelmill.errors import ConfigErrors, Problem

JOB: dict[str, Any] = {
    "version": 1,
    "name": "demo",
    "vars": {"root": "data"},
    "task": {"type": "classification", "labels": {"ham": {"definition": "x"}, "spam": {}}},
    "source": {"path": "${vars.root}/rows", "id": "key", "text": "body", "carry": ["a"]},
    "gazetteers": {"names": {"path": "names.csv", "label": "ham", "stop": ["x"]}},
    "labeling_functions": [
        {"name": "a", "type": "regex", "label": {"one_of": ["ham", "spam"]}, "pattern": "x"},
        {"name": "b", "type": "keyword", "labels": {"ham": ["x"]}, "should": {"ham": "x"}},
        {"name": "c", "type": "votes", "column": "v", "functions": ["p", "q"], "labels": ["ham"]},
        {"name": "d", "type": "echo", "reads": ["a", "c.p"], "from": "x", "limit": None},
        {"name": "e", "type": "gazetteer", "gazetteer": ["names"]},
        {"name": "f", "type": "expression", "label": "ham", "when": "n_words < 5"},
    ],
    "label_model": {"type": "weighted", "weights": {"a": 2}, "class_balance": {"ham": 0.5}},
    "select": {"tie": "keep"},
    "split": {"train": 1.0},
    "augment": [{"type": "word_dropout", "only": ["ham"]}],
    "checks": [{"type": "coverage", "lf": "a", "min": 0.1}],
    "export": [{"type": "jsonl", "name": "x"}],
}
TRAILS: list[Trail] = [trail for trail, _ in walk(planted(JOB, Place("x"))) if trail]
ANYTHING: st.SearchStrategy[Any] = st.sampled_from(
    [
        *(None, True, 0, -1, 1.5, "", "x", "ham", "${vars.x}", "regex", "label", "a.b"),
        *([], [1], ["x"], [{}], [[]], {}, {"type": 1}, {"type": "regex"}, {"name": "a"}),
        {"x": {"y": 1}},
    ]
)


def changed(data: Any, trail: Trail, value: Any) -> Any:
    """The data with another value at a trail, or an unknown key beside it."""
    if not trail:
        return value
    if isinstance(data, dict):
        return {**data, trail[0]: changed(data.get(trail[0]), trail[1:], value)}
    return [changed(v, trail[1:], value) if i == trail[0] else v for i, v in enumerate(data)]


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(TRAILS), ANYTHING), min_size=1, max_size=3))
def test_any_change_to_a_config_is_read_or_answered(
    tmp_path: Path, registries: dict[str, Registry], changes: list[tuple[Trail, Any]]
) -> None:
    data = JOB
    for trail, value in sorted(changes, key=lambda change: -len(change[0])):
        data = changed(data, trail, value)
    path = tmp_path / "job.yaml"
    (tmp_path / "names.csv").write_text("term\n")
    with path.open("w", encoding="utf-8") as file:
        YAML(typ="safe", pure=True).dump(data, file)

    problems: tuple[Problem, ...] = ()
    name = ""
    try:
        name = load(path, registries=registries, env={}).name
    except ConfigErrors as error:
        problems = error.problems

    assert bool(problems) != bool(name)
    assert all(problem.line > 0 for problem in problems)
