"""What can be said of the bytes of many texts at once."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


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
    offsets = np.frombuffer(texts.buffers()[1], dtype=np.int32)
    start, end = offsets[texts.offset], offsets[texts.offset + len(texts)]
    data = texts.buffers()[2]
    return (
        data is None or start == end or bool(np.frombuffer(data, np.uint8)[start:end].max() < 128)
    )
