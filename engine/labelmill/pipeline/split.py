"""The split stage: which side each group of rows falls on."""

from collections.abc import Sequence

from labelmill.config.spec import SplitSpec
from labelmill.core.schema import SPLITS
from labelmill.core.seeds import keyed_fraction


def split_of(group: bytes, spec: SplitSpec, seed: int) -> str:
    """The split of a group: a hash of its key against the fractions, so order never matters.

    Example:
        >>> split_of(b"a group", SplitSpec(train=1.0, dev=0.0, test=0.0), seed=0)
        'train'
    """
    place = keyed_fraction(seed, "split", group.hex())
    bound = 0.0
    for name in SPLITS:
        bound += getattr(spec, name)
        if place < bound:
            return name
    return last_split(spec)


def last_split(spec: SplitSpec) -> str:
    """The last split with a fraction; it takes what rounding leaves."""
    return next(name for name in reversed(SPLITS) if getattr(spec, name) > 0)


def splits_of(groups: Sequence[bytes], spec: SplitSpec, seed: int) -> list[str]:
    """The split of each row's group."""
    known: dict[bytes, str] = {}
    for group in groups:
        if group not in known:
            known[group] = split_of(group, spec, seed)
    return [known[group] for group in groups]
