"""The bytes of many texts as one array, and what can be said of them at once."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Bytes = npt.NDArray[np.uint8]
Int64 = npt.NDArray[np.int64]


def all_ascii(texts: pa.Array) -> bool:
    """Whether every text is ASCII; a look at the bytes as one, not text by text.

    Example:
        >>> all_ascii(pa.array(["a", "b"])), all_ascii(pa.array(["ä", "b"])[1:])
        (True, True)
        >>> all_ascii(pa.array(["a", "ß"]))
        False
    """
    if not len(texts) or not pa.types.is_string(texts.type) or texts.null_count:
        return pc.all(pc.string_is_ascii(texts)).as_py() is not False
    data, _ = string_bytes(texts)
    return bool(data.max(initial=0) < 128)


def string_bytes(strings: pa.Array) -> tuple[Bytes, Int64]:
    """The bytes of all strings, and where each begins, [n_strings + 1]; there are no nulls.

    Example:
        >>> data, begins = string_bytes(pa.array(["zero", "é", "b"])[1:])
        >>> bytes(data).decode(), begins.tolist()
        ('éb', [0, 2, 3])
    """
    _, places, data = strings.buffers()
    n, low = len(strings), strings.offset
    if not n or data is None or places is None:
        return np.zeros(0, dtype=np.uint8), np.zeros(n + 1, dtype=np.int64)
    wide = strings.type in (pa.large_string(), pa.large_binary())
    kind = np.dtype(np.int64 if wide else np.int32)
    offsets = np.frombuffer(places, kind, n + 1, kind.itemsize * low).astype(np.int64)
    return np.frombuffer(data, np.uint8)[offsets[0] : offsets[-1]], offsets - offsets[0]
