"""The split stage: which side each group of rows falls on."""

import numpy as np
import numpy.typing as npt

from labelmill.config.spec import SplitSpec
from labelmill.core.hashes import UInt64, fractions
from labelmill.core.schema import SPLITS


def splits_of(groups: UInt64, spec: SplitSpec, seed: int) -> npt.NDArray[np.int8]:
    """The split of each row, as an index into SPLITS, [n_rows].

    A hash of the group's key is held against the fractions, so the order of rows never matters.
    What rounding leaves goes to the last split that has a fraction.

    Args:
        groups: key of the group of each row, [n_rows].
        spec: the fractions.
        seed: of the job.

    Example:
        >>> groups = np.array([3, 9], dtype=np.uint64)
        >>> splits_of(groups, SplitSpec(train=1.0, dev=0.0, test=0.0), seed=0).tolist()
        [0, 0]
    """
    bounds = np.cumsum([getattr(spec, name) for name in SPLITS])
    places = np.searchsorted(bounds, fractions(groups, seed, "split"), side="right")
    last = max(i for i, name in enumerate(SPLITS) if getattr(spec, name) > 0)
    return np.minimum(places, last).astype(np.int8)
