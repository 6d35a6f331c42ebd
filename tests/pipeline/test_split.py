"""Splits hang on the group alone."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from labelmill.config.spec import SplitSpec
from labelmill.core.batch import Batch
from labelmill.pipeline.keys import KeyFile, decide, write_keys
from labelmill.pipeline.split import split_of, splits_of
from labelmill.text.near_duplicates import band_keys

SPEC = SplitSpec(train=0.6, dev=0.2, test=0.2)


@given(st.lists(st.binary(min_size=16, max_size=16), min_size=1), st.randoms())
def test_a_groups_split_does_not_depend_on_the_others(groups: list[bytes], order: object) -> None:
    whole = splits_of(groups, SPEC, 3)

    assert [split_of(group, SPEC, 3) for group in groups] == whole
    assert splits_of(groups[::-1], SPEC, 3) == whole[::-1]


def test_splits_come_out_near_their_fractions() -> None:
    splits = splits_of([i.to_bytes(16, "big") for i in range(5000)], SPEC, 0)

    assert abs(splits.count("train") / 5000 - 0.6) < 0.03
    assert abs(splits.count("dev") / 5000 - 0.2) < 0.03


def test_another_seed_splits_otherwise() -> None:
    groups = [i.to_bytes(16, "big") for i in range(200)]

    assert splits_of(groups, SPEC, 0) != splits_of(groups, SPEC, 1)


def test_fractions_that_sum_to_one_but_for_rounding_leave_no_row_out() -> None:
    spec = SplitSpec(train=0.1, dev=0.2, test=0.7 - 1e-12)

    assert set(splits_of([i.to_bytes(16, "big") for i in range(999)], spec, 0)) <= {
        "train",
        "dev",
        "test",
    }


def decided(
    tmp_path: Path, shards: list[list[tuple[int, str]]], group: str, **options: str
) -> list[list[dict[str, object]]]:
    """What is decided for (id, text) rows; shard i is of partition i."""
    files = []
    for number, rows in enumerate(shards):
        ids, texts = pa.array([i for i, _ in rows], pa.int64()), pa.array([t for _, t in rows])
        file = KeyFile(tmp_path / f"k{number}", tmp_path / f"d{number}", f"p{number}", len(rows))
        places = pa.array(range(len(rows)), pa.int64()).to_numpy()
        write_keys(file.keys, Batch(ids, texts), places, bands=group == "near_duplicates")
        files.append(file)
    decide(files, drop_duplicates=options.get("drop"), group=group)
    return [pq.read_table(file.decisions).to_pylist() for file in files]


def test_of_equal_ids_the_earliest_partition_stays(tmp_path: Path) -> None:
    first, second = decided(tmp_path, [[(7, "a"), (8, "b")], [(7, "a"), (9, "c")]], "id")

    assert [row["step"] for row in first] == [None, None]
    assert [row["step"] for row in second] == ["unique_ids", None]


def test_a_row_with_a_repeated_id_does_not_make_another_a_duplicate(tmp_path: Path) -> None:
    (rows,) = decided(tmp_path, [[(1, "x"), (1, "y"), (2, "y")]], "exact", drop="dups")

    assert [row["step"] for row in rows] in (
        [None, "unique_ids", None],
        ["unique_ids", None, "dups"],
    )


def test_texts_that_differ_in_case_and_space_share_a_group(tmp_path: Path) -> None:
    (rows,) = decided(tmp_path, [[(1, "Nice  song"), (2, "nice song"), (3, "other")]], "exact")

    assert rows[0]["group"] == rows[1]["group"] != rows[2]["group"]


LONG = "please check out my new channel and subscribe today to win many free gifts my friends "


def test_near_duplicates_share_a_group_across_shards(tmp_path: Path) -> None:
    shards = [[(1, LONG * 2), (2, "what a lovely song, thank you for it")], [(3, LONG * 2 + "!")]]

    first, second = decided(tmp_path, shards, "near_duplicates")

    assert first[0]["group"] == second[0]["group"] != first[1]["group"]


def test_a_chain_of_near_duplicates_is_one_group(tmp_path: Path) -> None:
    words = [f"word{i}" for i in range(60)]
    rows = [(i, " ".join(words[i : i + 50])) for i in range(6)]

    (decisions,) = decided(tmp_path, [rows], "near_duplicates")

    assert len({row["group"] for row in decisions}) == 1


def test_texts_of_few_words_meet_only_when_they_are_equal() -> None:
    keys = band_keys(["", "a", "A", "b c", "b d"])

    assert (keys[1] == keys[2]).all()
    assert not (keys[3] == keys[4]).any()
    assert not (keys[0] == keys[1]).any()
