"""Keys hang on values alone, and fractions on keys, seeds and steps."""

import numpy as np
import pyarrow as pa
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from labelmill.core.hashes import fractions, keys_of, mixed, wide_keys


@given(st.lists(st.text()))
def test_a_wide_key_is_the_digest_of_the_text(texts: list[str]) -> None:
    texts = [text for text in texts if text.isprintable()]
    column = pa.array(["first", *texts], pa.string()).slice(1)

    joined = [(int(high) << 64) | int(low) for high, low in wide_keys(column)]

    assert joined == [xxhash.xxh3_128_intdigest(text.encode()) for text in texts]


@pytest.mark.parametrize("kind", [pa.int8(), pa.int32(), pa.int64(), pa.uint64()])
def test_a_key_does_not_hang_on_the_width_of_an_integer(kind: pa.DataType) -> None:
    assert (keys_of(pa.array([1, 2, 100], kind)) == keys_of(pa.array([1, 2, 100]))).all()


def test_keys_are_pinned_across_versions() -> None:
    assert keys_of(pa.array([7])).tolist() == [7191089600892374487]
    assert keys_of(pa.array(["row-1"])).tolist() == [2801735243911044393]


def test_a_null_has_a_key() -> None:
    assert keys_of(pa.array([None, 0], pa.int64())).tolist() == keys_of(pa.array([0, 0])).tolist()
    assert len(keys_of(pa.array([None, "a"]))) == 2


def test_different_keys_stay_different_under_any_step() -> None:
    keys = np.arange(10_000, dtype=np.uint64)

    assert len(np.unique(mixed(keys, 3, "split"))) == len(keys)


def test_fractions_are_spread_evenly_and_anew_for_each_step() -> None:
    keys = keys_of(pa.array(range(20_000)))
    one, two = fractions(keys, 0, "a"), fractions(keys, 0, "b")

    assert np.histogram(one, bins=10, range=(0, 1))[0].min() > 1_800
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.03
