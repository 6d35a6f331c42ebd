import json
import re
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from ruamel.yaml import YAML

from labelmill.config.schema import json_schema
from labelmill.core.registry import Registry

JOB: dict[str, Any] = {
    "version": 1,
    "name": "demo",
    "task": {"type": "classification", "labels": ["ham", "spam"]},
    "source": {"path": "data/rows", "id": "key", "text": "body"},
    "labeling_functions": [{"name": "a", "type": "regex", "label": "spam", "pattern": "x"}],
}


@pytest.fixture(scope="module")
def checker(registries: dict[str, Registry]) -> jsonschema.Draft202012Validator:
    schema = json_schema(registries)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(json.loads(json.dumps(schema)))


def with_function(**entry: Any) -> dict[str, Any]:
    return {**JOB, "labeling_functions": [{"name": "a", **entry}]}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"label_model": {"seed": 3}},
        {"label_model": {"type": "weighted", "weights": {"a": "${vars.w}"}}},
        {"seed": "${vars.seed}", "select": {"min_confidence": "${vars.c}", "tie": "${vars.t}"}},
        {"owner": None, "checks": None, "vars": {"a": [1]}, "env": ["X"]},
        {"export": [{"type": "jsonl"}, {"type": "conll", "scheme": "BIO"}]},
        {"gazetteers": {"x": {"path": "x.csv", "stop": ["a"], "min_length": "${vars.n}"}}},
        {"task": {"type": "classification", "labels": {"ham": {"definition": "x"}, "spam": {}}}},
        {"labeling_functions": "${vars.functions}"},
        with_function(type="regex", labels={"ham": "x", "spam": ["y"]}, enabled="${vars.on}"),
        with_function(type="regex", label={"one_of": ["ham", "spam"]}, pattern=["x"]),
        with_function(type="echo", reads=["a"], **{"from": "x"}, limit=None),
        with_function(type="keyword", any="x", label="ham", should={"ham": ["x"]}),
    ],
)
def test_the_schema_takes_what_the_reader_takes(
    checker: jsonschema.Draft202012Validator, more: dict[str, Any]
) -> None:
    assert [error.message for error in checker.iter_errors({**JOB, **more})] == []


@pytest.mark.parametrize(
    "more",
    [
        {"nmae": "x"},
        {"version": 2},
        {"name": "No Slug"},
        {"seed": "five"},
        {"source": {"path": "x", "id": "y"}},
        {"source": {"path": "x", "id": "y", "text": "z", "txt": 1}},
        {"task": {"labels": ["a"]}},
        {"label_model": {"type": "majority", "sed": 1}},
        {"export": [{"type": "xls"}]},
        {"split": {"train": 2}},
        with_function(type="regxe"),
        with_function(label="spam"),
        with_function(type="regex", min_hits=2),
        with_function(type="regex", label=["ham"], pattern="x"),
        with_function(type="echo"),
        {"labeling_functions": [{"type": "regex", "label": "spam", "pattern": "x"}]},
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(
    checker: jsonschema.Draft202012Validator, more: dict[str, Any]
) -> None:
    assert [error.message for error in checker.iter_errors({**JOB, **more})] != []


def test_a_file_that_extends_another_may_leave_keys_out(
    checker: jsonschema.Draft202012Validator,
) -> None:
    child = {
        "extends": ["base.yaml"],
        "source": {"path": "x"},
        "labeling_functions": [{"name": "a", "enabled": False}, {"name": "b", "type": "echo"}],
    }

    assert [error.message for error in checker.iter_errors(child)] == []
    assert [error.message for error in checker.iter_errors({**child, "nmae": 1})] != []


def test_every_key_is_described(registries: dict[str, Registry]) -> None:
    schema = json_schema(registries)
    undescribed = [
        f"{name}.{key}"
        for name, made in [("job", schema), *schema["$defs"].items()]
        for key, value in made.get("properties", {}).items()
        if "description" not in value and "const" not in value
    ]

    assert len(schema["$defs"]) > 20
    assert [
        name for name in undescribed if not re.match(r"(OneOf|Not|AllOf|LabelNote|Ready)\.", name)
    ] == []


def test_the_golden_configs_that_are_wrong_in_form_are_refused(
    checker: jsonschema.Draft202012Validator,
) -> None:
    golden = Path(__file__).parent / "golden"
    for name in ("unknown_keys", "missing_keys", "wrong_types"):
        data = YAML(typ="safe", pure=True).load(golden / f"{name}.yaml")

        assert not checker.is_valid(json.loads(json.dumps(data, default=str)))
