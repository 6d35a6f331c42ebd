"""explain and schema: what labelmill tells about itself."""

import pytest
from tests.cli.conftest import Call

from labelmill.config.keys import SECTIONS
from labelmill.core.registry import REGISTRIES


def test_every_type_is_listed_with_what_it_does(labelmill: Call) -> None:
    lines = labelmill("explain").out.splitlines()

    assert sum(len(registry) for registry in REGISTRIES.values()) > 40
    for section, registry in REGISTRIES.items():
        start = lines.index(section)
        told = {line.split()[0]: line for line in lines[start + 2 :] if line}
        for name in registry:
            assert len(told[name].split()) > 3, f"{section}: {name}"


@pytest.mark.parametrize(
    ("section", "name"), [(s, name) for s, registry in REGISTRIES.items() for name in registry]
)
def test_every_type_can_be_explained(labelmill: Call, section: str, name: str) -> None:
    answer = labelmill("explain", f"{section}.{name}")

    assert answer.code == 0
    assert answer.out.startswith(f"{section}: {name}\n")
    assert "\nKeys\n" in answer.out


def test_a_name_in_several_sections_is_explained_for_each(labelmill: Call) -> None:
    out = labelmill("explain", "python").out

    assert "labeling_functions: python\n" in out
    assert "augment: python\n" in out
    assert labelmill("explain", "augment/python").out in out


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_without_types_is_explained_by_its_name(labelmill: Call, name: str) -> None:
    answer = labelmill("explain", name)

    assert answer.code == 0
    assert answer.out.startswith(f"{name}\n")
    assert len(answer.out.partition("\nKeys\n")[2].splitlines()) >= 3
    assert "Keys of every entry" not in answer.out


def test_an_unknown_type_names_the_nearest(labelmill: Call) -> None:
    answer = labelmill("explain", "regx", "--json")

    assert answer.code == 2
    assert "did you mean 'regex'?" in answer.json["errors"][0]["message"]


def test_an_explanation_as_json_has_the_keys(labelmill: Call) -> None:
    (found,) = labelmill("explain", "keyword", "--json").json["types"]

    assert "any" in [key["name"] for key in found["fields"]]
    assert found["section"] == "labeling_functions"


def test_the_schema_is_json_schema(labelmill: Call) -> None:
    plain = labelmill("schema").json

    assert plain["$schema"].startswith("https://json-schema.org/")
    assert labelmill("schema", "--json").json == {"ok": True, "schema": plain}
