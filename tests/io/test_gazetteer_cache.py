import json
import multiprocessing
from pathlib import Path

import pytest

from labelmill.errors import BadResource
from labelmill.io import gazetteers
from labelmill.io.gazetteer_cache import read_table
from labelmill.io.gazetteers import load_gazetteer
from labelmill.text.gazetteer import CompiledGazetteer
from labelmill.text.gazetteer_table import GazetteerTable

N = 30_000
TEXT = "here is acme 17 Ltd and ACME 9 Ltd"
TOKENS = [(0, 4), (5, 7), (8, 12), (13, 15), (16, 19), (20, 23), (24, 28), (29, 30), (31, 34)]


def long_list(folder: Path) -> Path:
    terms = {"ORG": [f"Acme {i} Ltd" for i in range(N)], "LOC": ["Paris", "Acme 9 Ltd", "paris"]}
    path = folder / "companies.json"
    path.write_text(json.dumps(terms))
    return path


def load(path: Path, cache: Path) -> CompiledGazetteer:
    return load_gazetteer(path, case="ignore", cache=cache)


def test_a_long_list_is_compiled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, cache = long_list(tmp_path), tmp_path / "cache"
    plain = load_gazetteer(path, case="ignore")
    first = load(path, cache)
    monkeypatch.setattr(gazetteers, "CompiledGazetteer", OnlyTables)
    second = load(path, cache)

    assert len(list(cache.iterdir())) == 1
    for gazetteer in (first, second):
        assert len(gazetteer) == len(plain) == N + 1
        assert gazetteer.report == plain.report
        assert gazetteer.labels == plain.labels
        assert gazetteer.terms("LOC") == ("Paris",)
        assert gazetteer.find(TEXT, TOKENS) == plain.find(TEXT, TOKENS)
        assert "PARIS" in gazetteer
        assert "Rome" not in gazetteer


class OnlyTables:
    """Knows how to read a table, and not how to compile a list."""

    of_table = CompiledGazetteer.of_table


def test_other_settings_and_other_content_make_other_files(tmp_path: Path) -> None:
    path, cache = long_list(tmp_path), tmp_path / "cache"

    load(path, cache)
    load_gazetteer(path, case="fold", cache=cache)
    load_gazetteer(path, case="ignore", min_length=11, cache=cache)
    load_gazetteer(path, case="ignore", stop=("paris",), cache=cache)
    load_gazetteer(path, case="ignore", label="X", cache=cache)
    path.write_text(path.read_text().replace("Paris", "Lyon"))
    changed = load(path, cache)

    assert len(list(cache.iterdir())) == 6
    assert "lyon" in changed


@pytest.mark.parametrize("place", [0, 5, 70, 200, 5000, -1000, -1])
def test_a_damaged_file_is_noticed_and_made_anew(tmp_path: Path, place: int) -> None:
    path, cache = long_list(tmp_path), tmp_path / "cache"
    load(path, cache)
    (kept,) = cache.iterdir()
    whole = kept.read_bytes()
    damaged = bytearray(whole)
    damaged[place] ^= 1
    kept.write_bytes(damaged)

    assert read_table(kept) is None
    assert load(path, cache).find(TEXT, TOKENS) == load(path, tmp_path).find(TEXT, TOKENS)
    assert kept.read_bytes() == whole


@pytest.mark.parametrize("size", [0, 10, 64, 100, 10_000])
def test_a_torn_file_is_noticed(tmp_path: Path, size: int) -> None:
    path, cache = long_list(tmp_path), tmp_path / "cache"
    load(path, cache)
    (kept,) = cache.iterdir()
    kept.write_bytes(kept.read_bytes()[:size])

    assert read_table(kept) is None
    assert len(load(path, cache)) == N + 1


def test_a_file_that_cannot_be_kept_does_no_harm(tmp_path: Path) -> None:
    path, cache = long_list(tmp_path), tmp_path / "cache"
    cache.write_text("in the way")

    assert len(load(path, cache)) == N + 1


def test_a_short_list_is_not_kept(tmp_path: Path) -> None:
    path, cache = tmp_path / "a.txt", tmp_path / "cache"
    path.write_text("Acme")

    assert "Acme" in load_gazetteer(path, cache=cache)
    assert not cache.exists()


def test_a_long_list_without_terms_is_refused_and_not_kept(tmp_path: Path) -> None:
    path, cache = long_list(tmp_path), tmp_path / "cache"

    with pytest.raises(BadResource, match="holds no terms"):
        load_gazetteer(path, min_length=1000, cache=cache)
    assert not cache.exists()


def test_several_processes_may_compile_a_list_at_once(tmp_path: Path) -> None:
    path, cache = long_list(tmp_path), tmp_path / "cache"
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        found = pool.starmap(_size, [(path, cache)] * 4)

    assert found == [N + 1] * 4
    assert [kept.suffix for kept in cache.iterdir()] == [".arrow"]


def _size(path: Path, cache: Path) -> int:
    return len(load(path, cache))


def test_a_table_from_a_file_is_not_copied(tmp_path: Path) -> None:
    path, cache = long_list(tmp_path), tmp_path / "cache"
    table: GazetteerTable = load(path, cache).table

    assert not table.words.flags.writeable
    assert not table.mixed.flags.owndata
