"""What another user, or another start of the machine, left in the state counts for nothing."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from labelmill.core.batch import Batch
from labelmill.io import trust
from labelmill.pipeline.kept_keys import cached_keys
from labelmill.pipeline.labeled import RECORD, LabelRecord, read_record, write_record
from labelmill.pipeline.seen import Form, Seen, SeenFile, Sight, read_sight, write_sight
from labelmill.text.language import Language


@pytest.fixture
def leave(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Lets everything that was written so far be another user's."""

    def left() -> None:
        monkeypatch.setattr(os, "geteuid", lambda: 12_345)
        monkeypatch.setattr(trust, "ROOT", -1)

    return left


def test_a_record_of_another_user_is_not_believed(
    tmp_path: Path, leave: Callable[[], None]
) -> None:
    write_record(tmp_path, LabelRecord(3, 3, 0, {}))
    assert read_record(tmp_path) is not None

    leave()

    assert read_record(tmp_path) is None


def test_a_whole_record_of_another_start_is_not_believed(tmp_path: Path) -> None:
    write_record(tmp_path, LabelRecord(3, 3, 0, {}))
    told = json.loads((tmp_path / RECORD).read_bytes())

    (tmp_path / RECORD).write_text(json.dumps(told | {"boot": "another start"}))

    assert read_record(tmp_path) is None


def test_what_another_user_saw_is_not_believed(tmp_path: Path, leave: Callable[[], None]) -> None:
    seen = SeenFile("a", None, "x", {(0, 3): Seen("rows", {})}, Form({}, {}, {}))
    write_sight(tmp_path / "seen.json", Sight({"a": seen}))
    assert read_sight(tmp_path / "seen.json") == Sight({"a": seen})

    leave()

    assert read_sight(tmp_path / "seen.json") == Sight()


def test_keys_that_another_user_kept_are_not_believed(
    tmp_path: Path, leave: Callable[[], None]
) -> None:
    batch = Batch(pa.array(["a"]), pa.array(["Buy"]), analysis=Language("en", "whitespace"))

    def keys(name: str) -> Path:
        rows, place = np.arange(1, dtype=np.int64), tmp_path / name
        cached_keys(place, tmp_path / "shelf", batch, rows, group="exact", duplicates=False)
        return place

    first = keys("first")
    assert keys("second").samefile(first)

    leave()

    assert not keys("third").samefile(first)
