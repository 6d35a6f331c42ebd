"""Keys of rows that are kept: the same as those worked out anew, and believed only while true."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from labelmill.core.batch import Batch
from labelmill.io.work import read_arrow
from labelmill.pipeline import kept_keys
from labelmill.pipeline.kept_keys import cached_keys
from labelmill.pipeline.keys import write_keys
from labelmill.text.language import Language

TEXTS = ["Nice song", "nice  SONG", "buy now", ""]


@pytest.fixture
def batch() -> Batch:
    ids = pa.array([f"r{i}" for i in range(len(TEXTS))])
    return Batch(ids, pa.array(TEXTS), analysis=Language("en", "whitespace"))


def rows(first: int = 0) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.arange(first, first + len(TEXTS), dtype=np.int64)


@pytest.mark.parametrize("group", ["id", "exact", "near_duplicates"])
@pytest.mark.parametrize("duplicates", [False, True])
def test_kept_keys_are_those_worked_out_anew(
    tmp_path: Path, batch: Batch, group: str, duplicates: bool
) -> None:
    shelf = tmp_path / "shelf"
    for name in ("first", "second"):
        cached_keys(tmp_path / name, shelf, batch, rows(), group=group, duplicates=duplicates)
    write_keys(tmp_path / "anew", batch, rows(), group=group, duplicates=duplicates)

    assert (tmp_path / "second").samefile(tmp_path / "first")
    assert read_arrow(tmp_path / "second").equals(read_arrow(tmp_path / "anew"))


def test_other_needs_and_other_places_have_keys_of_their_own(tmp_path: Path, batch: Batch) -> None:
    shelf = tmp_path / "shelf"
    cached_keys(tmp_path / "a", shelf, batch, rows(), group="exact", duplicates=False)
    for name, place, group, duplicates in (
        ("group", 0, "id", False),
        ("duplicates", 0, "id", True),
        ("place", 7, "id", True),
    ):
        cached_keys(tmp_path / name, shelf, batch, rows(place), group=group, duplicates=duplicates)
        write_keys(tmp_path / "anew", batch, rows(place), group=group, duplicates=duplicates)
        assert read_arrow(tmp_path / name).equals(read_arrow(tmp_path / "anew"))
    assert len(list(shelf.iterdir())) == 1  # of one shard only what was asked for last is kept


def test_keys_of_an_earlier_start_of_the_machine_are_not_believed(
    tmp_path: Path, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = tmp_path / "shelf"
    cached_keys(tmp_path / "a", shelf, batch, rows(), group="id", duplicates=False)
    (kept,) = shelf.iterdir()
    (tmp_path / "torn").write_bytes(b"torn")
    (tmp_path / "torn").replace(kept)

    monkeypatch.setattr(kept_keys, "boot", lambda: "another start")
    cached_keys(tmp_path / "b", shelf, batch, rows(), group="id", duplicates=False)

    assert read_arrow(tmp_path / "b").equals(read_arrow(tmp_path / "a"))
    assert not kept.exists()


def test_keys_that_were_changed_are_not_believed(tmp_path: Path, batch: Batch) -> None:
    shelf = tmp_path / "shelf"
    cached_keys(tmp_path / "a", shelf, batch, rows(), group="id", duplicates=False)
    (kept,) = shelf.iterdir()
    whole = kept.read_bytes()
    (tmp_path / "a").unlink()
    kept.write_bytes(whole[:-100] + bytes([whole[-100] ^ 1]) + whole[-99:])

    cached_keys(tmp_path / "b", shelf, batch, rows(), group="id", duplicates=False)

    assert (tmp_path / "b").read_bytes() == whole
