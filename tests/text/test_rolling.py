import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from labelmill.text.rolling import Rolling, joined, power, spaced


def hashes_of(*pieces: bytes) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    sizes = np.array([len(piece) for piece in pieces], dtype=np.int64)
    ends = np.cumsum(sizes)
    data = np.frombuffer(b"".join(pieces), np.uint8)
    return Rolling.of(data).pieces(ends - sizes, ends)


@given(st.binary(), st.binary(), st.binary())
def test_the_hash_of_a_whole_follows_from_its_parts(
    before: bytes, left: bytes, right: bytes
) -> None:
    _, one, other = np.split(hashes_of(before, left, right), 3)
    size = power(np.array([len(right)]))

    assert joined(one, other, size) == hashes_of(left + right)
    assert joined(spaced(one), other, size) == hashes_of(left + b" " + right)


def test_hashes_reach_far_into_a_buffer() -> None:
    data = bytes(range(256)) * 20_000
    far = np.array([0, 256, 4_000_000 - 4_000_000 % 256, 5_000_000 - 5_000_000 % 256])
    rolling = Rolling.of(np.frombuffer(data, np.uint8))

    assert len(set(rolling.pieces(far, far + 200).tolist())) == 1
    assert len(set(rolling.pieces(far + np.arange(4), far + 200).tolist())) == 4


def test_bytes_of_nothing_and_of_zero_differ() -> None:
    assert len(set(hashes_of(b"", b"\0", b"\0\0", b"a", b"\0a").tolist())) == 5
