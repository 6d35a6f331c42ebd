"""A fitted refinement as a file: arrays in numpy's own format, never a pickle."""

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any
from zipfile import BadZipFile

import numpy as np

from labelmill.core.digests import canonical_json
from labelmill.core.protocols import VoteSpace
from labelmill.errors import BadResource
from labelmill.refine.reading import Refinement

FILE_NAME = "refinement.npz"
HEAD = "facts"


def to_bytes(refinement: Refinement) -> bytes:
    """Write a fitted refinement; the same one gives the same bytes."""
    facts = {
        "kind": refinement.kind,
        "version": refinement.version,
        "facts": refinement.facts(),
    }
    head = np.frombuffer(canonical_json(facts).encode(), dtype=np.uint8)
    file = io.BytesIO()
    parts: Mapping[str, Any] = {HEAD: head} | refinement.arrays()
    np.savez_compressed(file, **parts)
    return file.getvalue()


def from_bytes(
    data: bytes, space: VoteSpace, kinds: Sequence[type[Any]], name: str = FILE_NAME
) -> Refinement:
    """Read a fitted refinement; `name` is what an error calls the file.

    Raises:
        BadResource: if it is no such file, or of a kind or version that is not known.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as parts:
            arrays = {key: parts[key] for key in parts.files}
        head = json.loads(arrays.pop(HEAD).tobytes())
        made = {(kind.kind, kind.version): kind for kind in kinds}
        kind = made[head["kind"], head["version"]]
        refinement: Refinement = kind.restore(head["facts"], arrays, space)
    except (KeyError, TypeError, ValueError, IndexError, BadZipFile, EOFError) as error:
        message = f"is damaged or no refinement of this labelmill ({error}); fit it again"
        raise BadResource(name, message) from error
    return refinement
