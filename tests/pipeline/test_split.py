"""Splits hang on the group alone."""

from functools import partial
from itertools import permutations
from pathlib import Path

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from labelmill.config.spec import SplitSpec
from labelmill.core.batch import Batch
from labelmill.core.hashes import UInt64, keys_of
from labelmill.pipeline.keys import (
    KeyFile,
    decide,
    folded,
    folded_texts,
    read_decisions,
    write_keys,
)
from labelmill.pipeline.split import splits_of
from labelmill.text.near_duplicates import band_keys

SPEC = SplitSpec(train=0.6, dev=0.2, test=0.2)


def keys(*values: int) -> UInt64:
    return keys_of(pa.array(values, pa.int64()))


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1))
def test_a_groups_split_does_not_depend_on_the_others(values: list[int]) -> None:
    groups = np.array(values, dtype=np.uint64)

    whole = splits_of(groups, SPEC, 3)

    assert [int(splits_of(groups[i : i + 1], SPEC, 3)[0]) for i in range(len(groups))] == list(
        whole
    )
    assert (splits_of(groups[::-1], SPEC, 3) == whole[::-1]).all()


def test_splits_come_out_near_their_fractions() -> None:
    splits = splits_of(keys(*range(5000)), SPEC, 0)

    assert abs((splits == 0).mean() - 0.6) < 0.03
    assert abs((splits == 1).mean() - 0.2) < 0.03


def test_another_seed_splits_otherwise() -> None:
    assert (splits_of(keys(*range(200)), SPEC, 0) != splits_of(keys(*range(200)), SPEC, 1)).any()


def test_fractions_that_sum_to_one_but_for_rounding_leave_no_row_out() -> None:
    spec = SplitSpec(train=0.1, dev=0.2, test=0.7 - 1e-12)

    assert set(splits_of(keys(*range(999)), spec, 0).tolist()) == {0, 1, 2}


def test_no_row_goes_to_a_split_without_a_fraction() -> None:
    spec = SplitSpec(train=0.9, dev=0.1 - 1e-12, test=0.0)

    assert set(splits_of(keys(*range(999)), spec, 0).tolist()) == {0, 1}


def decided(
    tmp_path: Path, shards: list[list[tuple[int, str]]], group: str, **options: str
) -> list[list[dict[str, object]]]:
    """What is decided for (id, text) rows; shard i is of partition i."""
    files = []
    for number, rows in enumerate(shards):
        ids, texts = pa.array([i for i, _ in rows], pa.int64()), pa.array([t for _, t in rows])
        names = tmp_path / f"k{number}", tmp_path / f"d{number}"
        file = KeyFile(*names, f"p{number}", len(rows), partial(texts.slice, 0))
        places = pa.array(range(len(rows)), pa.int64()).to_numpy()
        write_keys(file.keys, Batch(ids, texts), places, group=group, duplicates="drop" in options)
        files.append(file)
    decide(files, drop_duplicates=options.get("drop"), group=group)
    return [read_decisions(file.keys, file.decisions, group).to_pylist() for file in files]


def test_of_equal_ids_the_earliest_partition_stays(tmp_path: Path) -> None:
    first, second = decided(tmp_path, [[(7, "a"), (8, "b")], [(7, "a"), (9, "c")]], "id")

    assert [row["step"] for row in first] == [None, None]
    assert [row["step"] for row in second] == ["unique_ids", None]


def test_of_equal_ids_in_a_partition_the_same_text_stays_in_any_order(tmp_path: Path) -> None:
    rows = [(7, "a"), (7, "b"), (7, "c"), (8, "a")]

    kept = set()
    for number, order in enumerate(permutations(rows)):
        (decisions,) = decided(tmp_path / str(number), [list(order)], "id")
        kept |= {row for row, told in zip(order, decisions, strict=True) if not told["step"]}

    assert len(kept) == 2


def test_a_row_with_a_repeated_id_does_not_make_another_a_duplicate(tmp_path: Path) -> None:
    (rows,) = decided(tmp_path, [[(1, "x"), (1, "y"), (2, "y")]], "exact", drop="dups")

    assert [row["step"] for row in rows] in (
        [None, "unique_ids", None],
        ["unique_ids", None, "dups"],
    )


def test_texts_that_differ_in_case_and_space_share_a_group(tmp_path: Path) -> None:
    (rows,) = decided(tmp_path, [[(1, "Nice  song"), (2, "nice song"), (3, "other")]], "exact")

    assert rows[0]["group"] == rows[1]["group"] != rows[2]["group"]


@given(st.lists(st.text(st.sampled_from("aB \t\n\x1c\x00ßİ\u3000"), max_size=6)))
def test_texts_are_folded_together_as_each_is_alone(texts: list[str]) -> None:
    column = pa.array(["cut off", *texts], pa.string()).slice(1)

    assert folded_texts(column).to_pylist() == [folded(text) for text in texts]


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


def test_what_needs_no_decision_is_not_written(tmp_path: Path) -> None:
    first, second = decided(tmp_path, [[(1, "a"), (2, "b")], [(2, "c")]], "id")

    assert [row["group"] for row in first + second] == keys(1, 2, 2).tolist()
    assert [path.name for path in sorted(tmp_path.glob("d*"))] == ["d1"]


def test_texts_of_few_words_meet_only_when_they_are_equal() -> None:
    keys = band_keys(pa.array(["", "a", "A", "b c", "b d"]))

    assert (keys[1] == keys[2]).all()
    assert not (keys[3] == keys[4]).any()
    assert not (keys[0] == keys[1]).any()
