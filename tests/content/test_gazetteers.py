"""The lists that the project ships can be read and say where they come from."""

from pathlib import Path

import pytest

from labelmill.io.gazetteers import load_gazetteer
from labelmill.io.synonyms import read_synonyms

FOLDER = Path(__file__).parents[2] / "gazetteers"
LISTS = ("artists", "companies", "first_names")


@pytest.mark.parametrize("name", LISTS)
def test_a_list_has_distinct_terms(name: str) -> None:
    gazetteer = load_gazetteer(FOLDER / f"{name}.csv", label="X", case="exact")

    assert len(gazetteer) == len((FOLDER / f"{name}.csv").read_text("utf-8").splitlines()) - 1


def test_the_two_names_of_a_company_share_an_id() -> None:
    gazetteer = load_gazetteer(FOLDER / "companies.csv", case="fold")
    found = gazetteer.find("Veltrano Systems, or VELTRANO", [(0, 8), (9, 16), (16, 17), (21, 29)])

    assert {mention.entry for mention in found} == {"veltrano-systems"}


def test_synonyms_are_other_words() -> None:
    synonyms = read_synonyms(FOLDER / "synonyms.csv")

    assert len(synonyms) > 30
    assert all(word not in others and others for word, others in synonyms.items())


def test_the_readme_names_source_and_licence_of_every_list() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    files = sorted(path.name for path in FOLDER.iterdir() if path.name != "README.md")

    assert len(files) >= 4
    for file in files:
        row = next(line for line in readme.splitlines() if line.startswith(f"| `{file}`"))
        assert len([cell for cell in row.split("|") if cell.strip()]) == 4
