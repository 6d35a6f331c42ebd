from collections.abc import Mapping
from typing import Any, Literal

import pytest

from labelmill.config.explain import explain, explain_all, said_type
from labelmill.core.labels import Target
from labelmill.core.registry import Registry
from labelmill.errors import UsageError


def test_a_type_is_explained_from_its_class(registries: dict[str, Registry]) -> None:
    found = explain("labeling_functions", "keyword", registries)

    fields = {field.name: field for field in found.fields}
    assert found.summary == "Vote for a label where words or phrases stand in a text."
    assert found.kind == "labeling function"
    assert "White space" in found.text
    assert "Attributes" not in found.text
    assert found.example.startswith(">>> keyword = Keyword(")
    assert fields["case"].type == "one of: exact, ignore, fold"
    assert fields["case"].default == "ignore"
    assert fields["case"].description.endswith("(Unicode casefold and NFKC).")
    assert fields["any"].type == "str or list of str"
    assert [key.name for key in found.frame] == [
        "type",
        "name",
        "enabled",
        "description",
        "should",
        "should_not",
    ]


def test_a_key_has_its_yaml_name(registries: dict[str, Registry]) -> None:
    found = {
        field.name: field for field in explain("labeling_functions", "echo", registries).fields
    }

    assert found["from"].description == "a key that is a word of Python."
    assert found["reads"].required
    assert not found["limit"].required


def test_every_key_of_every_type_is_described(registries: dict[str, Registry]) -> None:
    helps = [
        explain(section, name, registries) for section in registries for name in registries[section]
    ]

    assert len(helps) > 15
    for found in helps:
        assert found.summary
        assert [key.name for key in (*found.fields, *found.frame) if not key.description] == []


@pytest.mark.parametrize(
    ("hint", "said"),
    [
        (int, "int"),
        (bool, "bool"),
        (Any, "anything"),
        (tuple[int, ...], "list of int"),
        (tuple[int, str], "list of int and str"),
        (Literal["a"], "a"),
        (str | None, "str"),
        (Target, "str or {one_of: [...]} or {not: ...} or {all_of: [...]}"),
        (Mapping[str, Any], "map of str to anything"),
    ],
)
def test_types_are_said_in_words(hint: Any, said: str) -> None:
    assert said_type(hint) == said


def test_an_unknown_type_names_the_nearest(registries: dict[str, Registry]) -> None:
    with pytest.raises(UsageError, match="did you mean 'regex'"):
        explain("labeling_functions", "regx", registries)
    with pytest.raises(UsageError, match="did you mean 'labeling_functions'"):
        explain("labeling_function", "regex", registries)
    with pytest.raises(UsageError, match="did you mean 'jsonl'"):
        explain_all("jsnl", registries)


def test_a_name_is_explained_in_every_section_that_has_it(registries: dict[str, Registry]) -> None:
    assert [found.section for found in explain_all("regex", registries)] == ["labeling_functions"]
