"""What holds across partitions, where they come one by one and where they come together."""

from typing import Any

import pyarrow.parquet as pq
import pytest
from tests.pipeline.conftest import NIGHTLY, Project

import labelmill
from labelmill.core.seeds import keyed_rng
from labelmill.pipeline.result import Run

PAIRS = 40
HALVES = {"train": 0.5, "test": 0.5}


def _text(number: int, *, last: str) -> str:
    """A text of thirty words, the last of which may be another."""
    words = keyed_rng("words", number).integers(0, 10_000, 28)
    return " ".join(["buy", *(f"w{word}" for word in words.tolist()), last])


def _configure(project: Project, group: str, **parts: Any) -> None:
    project.configure(source=NIGHTLY, split=HALVES | {"group": group}, **parts)


def _splits(run: Run) -> dict[str, str]:
    """The split of each row by its id."""
    found: dict[str, str] = {}
    for snapshot in run.snapshots:
        for split in ("train", "test"):
            for part in (snapshot.folder / split / "parquet").glob("*.parquet"):
                ids = pq.read_table(part, columns=["id"])["id"].to_pylist()
                found |= dict.fromkeys(ids, split)
    return found


def _one_by_one(project: Project) -> dict[str, str]:
    return _splits(labelmill.run(project.config, partition="20")) | _splits(
        labelmill.run(project.config, partition="21")
    )


def _apart(splits: dict[str, str]) -> int:
    """How many texts of the second night stand in another split than theirs of the first."""
    return sum(splits[f"20-{n}"] != splits[f"21-{n}"] for n in range(PAIRS))


@pytest.fixture
def twice(nightly: Project) -> Project:
    """Two nights of the same texts under other ids."""
    _fill(nightly, "last")
    return nightly


def _fill(project: Project, last: str) -> None:
    for day, word in (("20", "last"), ("21", last)):
        ids = [f"{day}-{number}" for number in range(PAIRS)]
        texts = [_text(number, last=word) for number in range(PAIRS)]
        project.write({"id": ids, "text": texts}, f"date={day}/a.parquet")


def test_a_text_of_last_night_stands_in_its_split_again(twice: Project) -> None:
    _configure(twice, "exact")

    splits = _one_by_one(twice)

    assert len(splits) == 2 * PAIRS
    assert set(splits.values()) == {"train", "test"}
    assert _apart(splits) == 0


def test_an_id_of_last_night_stands_in_its_split_again(twice: Project) -> None:
    for day in ("20", "21"):
        ids = [f"r{number}" for number in range(PAIRS)]
        texts = [_text(number, last=day) for number in range(PAIRS)]
        twice.write({"id": ids, "text": texts}, f"date={day}/a.parquet")
    _configure(twice, "id")

    first = _splits(labelmill.run(twice.config, partition="20"))
    second = _splits(labelmill.run(twice.config, partition="21"))

    assert first == second
    assert set(first.values()) == {"train", "test"}


def test_near_duplicates_of_another_night_are_not_known_to_this_one(twice: Project) -> None:
    _fill(twice, "other")
    _configure(twice, "near_duplicates")

    by_night = _one_by_one(twice)
    together = _splits(labelmill.run(twice.config, overrides=["output=together"]))

    assert _apart(by_night) > 0
    assert together == by_night


def test_duplicates_are_dropped_night_by_night_however_nights_are_run(twice: Project) -> None:
    ids = [*(f"21-{number}" for number in range(PAIRS)), *(f"new-{n}" for n in range(9))]
    ids += [f"again-{n}" for n in range(9)]
    texts = [_text(n, last="last") for n in (*range(PAIRS), *range(1000, 1009), *range(1000, 1009))]
    twice.write({"id": ids, "text": texts}, "date=21/a.parquet")
    _configure(twice, "exact", prepare=[{"type": "drop_duplicates"}])

    by_night = _one_by_one(twice)
    together = _splits(labelmill.run(twice.config, full_refresh=True))
    elsewhere = _splits(labelmill.run(twice.config, overrides=["output=together"]))

    assert len(by_night) == 2 * PAIRS + 9
    assert by_night == together == elsewhere
