import gzip
import json
from pathlib import Path

import pytest

from labelmill.errors import BadResource
from labelmill.io.gazetteers import load_gazetteer, read_entries
from labelmill.text.gazetteer import Entry


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    data = text.encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


ACME, BETA = Entry("Acme, Ltd", "ORG", "7"), Entry("Beta", None, None)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.csv", 'term,label,id\n"Acme, Ltd",ORG,7\n Beta ,,\n', [ACME, BETA]),
        ("a.csv", "\ufeffid,note,term\r\n7,x,Beta\r\n\r\n", [Entry("Beta", None, "7")]),
        ("a.csv.gz", "term\n#1 Films\n", [Entry("#1 Films")]),
        (
            "a.jsonl",
            '{"term": "Acme, Ltd", "label": "ORG", "id": 7}\n\n{"term": "Beta"}\n',
            [ACME, BETA],
        ),
        ("a.jsonl", '{"label": "ORG", "pattern": "Acme, Ltd", "id": "7"}', [ACME]),
        (
            "a.json",
            '{"ORG": ["Acme", ["Beta", "Inc"]]}',
            [Entry("Acme", "ORG"), Entry("Beta Inc", "ORG")],
        ),
        ("a.json.gz", '{"ORG": ["Acme"]}', [Entry("Acme", "ORG")]),
        ("a.json", '["Anna", "Bob"]', [Entry("Anna"), Entry("Bob")]),
        ("a.txt", "Anna\n\n  Bob \r\n", [Entry("Anna"), Entry("Bob")]),
        ("a.TXT", "Anna", [Entry("Anna")]),
    ],
)
def test_each_format_is_read(tmp_path: Path, name: str, text: str, expected: list[Entry]) -> None:
    assert list(read_entries(written(tmp_path, name, text))) == expected


@pytest.mark.parametrize(
    ("name", "text", "line", "message"),
    [
        ("a.csv", "name\nAcme\n", 1, "the header must be term or term,label,id; found name"),
        ("a.csv", "", 1, "found nothing"),
        ("a.csv", "term,label\nAcme,ORG\nBeta, Inc,ORG\n", 3, "found more: ['ORG']; quote commas"),
        ("a.csv", "term,label\n,ORG\n", 2, 'found ""; wanted a term'),
        ("a.csv", 'term\n"Acme\n', 2, "is not CSV"),
        ("a.jsonl", '{"term": "a"}\n{"term"\n', 2, "is not JSON"),
        ("a.jsonl", '["a"]', 1, "wanted an object"),
        ("a.jsonl", '{"label": "X"}', 1, "found null; wanted a term"),
        ("a.jsonl", '{"label": "X", "pattern": [{"LOWER": "a"}]}', 1, "use the type token_pattern"),
        ("a.jsonl", '{"term": "a", "label": 7}', 1, "has the label 7"),
        ("a.jsonl", '{"term": "a", "id": [7]}', 1, "has the id [7]"),
        ("a.json", '{"ORG": ["a",\n}', 2, "is not JSON"),
        ("a.json", '{"ORG": "a"}', 0, "wanted a list of terms"),
        ("a.json", '{"ORG": [["a", 7]]}', 0, 'found ["a", 7]; wanted a term'),
        ("a.json", '{"ORG": ["a\\ud800"]}', 0, "'a\\ud800' holds half of a surrogate pair"),
        ("a.jsonl", '{"term": "a", "id": "\\udfff"}', 1, "half of a surrogate pair"),
        ("a.json", "7", 0, "found 7; wanted"),
        ("a.json", "[" * 100_000, 0, "is not JSON"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, name: str, text: str, line: int, message: str) -> None:
    with pytest.raises(BadResource) as caught:
        list(read_entries(written(tmp_path, name, text)))

    assert caught.value.line == line
    assert caught.value.name.endswith(name)
    assert message in caught.value.message


def test_a_file_that_is_missing_or_damaged_is_refused(tmp_path: Path) -> None:
    (tmp_path / "latin.csv").write_bytes("term\nÉ\n".encode("latin-1"))
    (tmp_path / "torn.json.gz").write_bytes(gzip.compress(b'{"ORG": ["Acme"]}')[:-4])

    with pytest.raises(BadResource, match="no such file"):
        read_entries(tmp_path / "none.csv")
    with pytest.raises(BadResource, match=r"wanted \.csv, \.jsonl, \.json, \.txt"):
        read_entries(tmp_path / "terms.xlsx")
    with pytest.raises(BadResource, match="cannot be read as UTF-8"):
        read_entries(tmp_path / "latin.csv")
    with pytest.raises(BadResource, match="cannot be read"):
        read_entries(tmp_path / "torn.json.gz")


def test_a_list_without_terms_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "a.txt", "it\n")

    with pytest.raises(BadResource, match="holds no terms"):
        load_gazetteer(path, min_length=3)


def test_a_loaded_list_has_the_settings_it_was_given(tmp_path: Path) -> None:
    path = written(tmp_path, "a.json", json.dumps({"ORG": ["Acme", "The", "It"]}))

    gazetteer = load_gazetteer(path, label="X", case="ignore", min_length=3, stop=("the",))

    assert gazetteer.terms("ORG") == ("Acme",)
    assert "ACME" in gazetteer


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "terms"),
    [
        ("first_names.json", 7_558),
        ("geonames.json", 15_205),
        ("products.json", 45_362),
        ("crunchbase_companies.json.gz", 539_174),
    ],
)
def test_the_lists_of_the_corpora_are_read_whole(corpora: Path, name: str, terms: int) -> None:
    gazetteer = load_gazetteer(corpora / "gazetteers" / name)

    report = gazetteer.report
    assert report.entries + len(report.duplicates) + len(report.conflicts) == terms
