"""Keys of rows that were seen before are not worked out again.

They hang on the rows alone, not on what functions say, and lie on the rows' shelf. They are not
synced, so they are believed as long as the machine has not been started anew.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from labelmill.core.batch import Batch
from labelmill.core.digests import digest, digest_bytes
from labelmill.io import durable
from labelmill.io.trust import file_digest, is_ours
from labelmill.pipeline.keys import write_keys
from labelmill.pipeline.labeled import BOOT, boot

VERSION = 1
"""Of what stands in a file of keys; another one makes all of them new."""


def cached_keys(
    path: Path,
    shelf: Path,
    batch: Batch,
    rows: npt.NDArray[np.int64],
    *,
    group: str,
    duplicates: bool,
) -> None:
    """Put the keys of a shard's readable rows into a file, and keep them on a shelf.

    Args:
        path: the file.
        shelf: of these rows.
        batch: the rows.
        rows: their places in the shard, [n_batch].
        group: as `write_keys` takes it.
        duplicates: as `write_keys` takes it.
    """
    if not BOOT.exists():
        write_keys(path, batch, rows, group=group, duplicates=duplicates)
        return
    name = digest([VERSION, boot(), group, duplicates, digest_bytes(rows.tobytes())])[:32]
    for kept in sorted(shelf.glob("*.keys")):
        if kept.name == f"{name}.{file_digest(kept)}.keys" and is_ours(kept):
            durable.share(kept, path)
            return
    write_keys(path, batch, rows, group=group, duplicates=duplicates)
    for other in sorted(shelf.glob("*.keys")):
        durable.remove_folder(other)
    durable.share(path, shelf / f"{name}.{file_digest(path)}.keys")
