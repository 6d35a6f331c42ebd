"""Whether what is kept from run to run may be believed.

Whoever can write to a folder of state can make labels. So what is kept counts only where it belongs
to the user who runs, or to root, and where it still is what was written: digests that stand beside
it say so. What is not believed is worked out anew.
"""

import os
from pathlib import Path

import xxhash

ROOT = 0


def is_ours(path: Path) -> bool:
    """Whether a file belongs to the user who runs this process, or to root."""
    return not hasattr(os, "geteuid") or path.stat().st_uid in (os.geteuid(), ROOT)


def file_digest(path: Path) -> str:
    """A quick digest of a file's bytes; it tells damage, not forgery."""
    return xxhash.xxh3_128_hexdigest(path.read_bytes())
