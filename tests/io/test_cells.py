"""Cells: votes that outlive a run."""

import os
from pathlib import Path

import pytest

from labelmill.core.votes import RowError, Votes
from labelmill.io import trust
from labelmill.io.cells import MOST_FILES, Cell, Shelf

FIRST = Cell(
    Votes.of(0, [(0, 0, 3, 1, "Acme"), (2, 1, 2, 0, None)]), (RowError(1, "error", "bad \ud800"),)
)
EMPTY = Cell(Votes.none())


def said(cell: Cell) -> tuple[list[list[object]], list[RowError]]:
    v = cell.votes
    return [c.tolist() for c in (v.doc, v.label, v.start, v.end)] + [v.entry.to_pylist()], list(
        cell.errors
    )


def test_what_is_put_is_there_for_the_next_one(tmp_path: Path) -> None:
    Shelf(tmp_path).put({"b": FIRST, "a": EMPTY})

    found = Shelf(tmp_path).get(["a", "b", "c"])

    assert sorted(found) == ["a", "b"]
    assert said(found["b"]) == said(FIRST)
    assert said(found["a"]) == said(EMPTY)


def test_votes_get_the_index_of_whoever_asks() -> None:
    assert FIRST.of(7).function.tolist() == [7, 7]


def test_many_files_become_one_that_holds_what_is_wanted(tmp_path: Path) -> None:
    for number in range(MOST_FILES - 1):
        Shelf(tmp_path).put({f"k{number}": FIRST}, keep={})
    shelf = Shelf(tmp_path)
    keep = shelf.get(["k0", "k2"])

    shelf.put({"new": EMPTY}, keep=keep)

    assert len(list(tmp_path.iterdir())) == 1
    assert sorted(Shelf(tmp_path).get(["k0", "k1", "k2", "new"])) == ["k0", "k2", "new"]


@pytest.mark.parametrize("damage", [b"", b"ARROW1", b"no arrow at all"])
def test_a_damaged_file_holds_nothing_and_harms_nobody(tmp_path: Path, damage: bytes) -> None:
    Shelf(tmp_path).put({"a": FIRST})
    (path,) = tmp_path.iterdir()
    path.write_bytes(damage)
    shelf = Shelf(tmp_path)

    assert shelf.get(["a"]) == {}
    shelf.put({"a": FIRST})
    assert said(Shelf(tmp_path).get(["a"])["a"]) == said(FIRST)


def test_a_file_that_lost_its_end_holds_nothing(tmp_path: Path) -> None:
    Shelf(tmp_path).put({"a": FIRST})
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-40])

    assert Shelf(tmp_path).get(["a"]) == {}


def test_a_key_is_found_by_in(tmp_path: Path) -> None:
    Shelf(tmp_path).put({"a": FIRST})
    assert "a" in Shelf(tmp_path)
    assert "b" not in Shelf(tmp_path)


def test_no_byte_can_change_what_a_cell_says(tmp_path: Path) -> None:
    Shelf(tmp_path).put({"a": FIRST})
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()

    for place in range(0, len(whole), 5):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x15]) + whole[place + 1 :])
        assert Shelf(tmp_path).get(["a"]) == {}


def test_what_another_user_wrote_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Shelf(tmp_path).put({"a": FIRST})
    monkeypatch.setattr(os, "geteuid", lambda: 12_345)
    monkeypatch.setattr(trust, "ROOT", -1)

    assert Shelf(tmp_path).get(["a"]) == {}
