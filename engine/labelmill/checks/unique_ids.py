"""The `unique_ids` check: no id stands twice."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from labelmill.core.facts import Facts, Finding
from labelmill.core.hashes import wide_keys
from labelmill.core.registry import CHECKS
from labelmill.core.schema import SPLITS
from labelmill.errors import BadParameter

REPEATED = "unique_ids"
"""What filtered rows say under `step` where an earlier row has their id."""


@CHECKS.add("unique_ids")
@dataclass(frozen=True, slots=True)
class UniqueIds:
    """Fail where ids repeat, in the source or in what is written.

    Of source rows with one id only the first is used, and the others are filtered; the run stops
    only if they are more than `error_budget` allows. This check counts them too. Whatever `max` is,
    it also reads the ids of all rows of the three splits, augmented ones among them, and fails if
    one stands there twice.

    Attributes:
        max: how many rows of the source may repeat an earlier id.

    Example:
        >>> facts = Facts(9, {}, {}, {}, (), {}, filtered={"unique_ids": 2})
        >>> UniqueIds().check(facts).message.partition(";")[0]
        '2 rows of the source repeat an earlier id, at most 0 may'
        >>> UniqueIds(max=2).check(facts).passed
        True
    """

    max: int = 0

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if self.max < 0:
            raise BadParameter("max", f"{self.max} is not 0 or more")

    def check(self, facts: Facts) -> Finding:
        """Count repeated ids."""
        repeated = facts.filtered.get(REPEATED, 0)
        written = _repeats(facts)
        problems = []
        if repeated > self.max:
            told = f"{repeated} rows of the source repeat an earlier id, at most {self.max} may"
            problems.append(told)
        if written:
            problems.append(f"{written} ids stand twice or more in the splits")
        value = float(repeated + written)
        if problems:
            advice = "look at filtered/, and give every row of the source an id of its own"
            return Finding.broken(value, f"{'; '.join(problems)}; {advice}")
        message = f"every id in the splits is unique, and {repeated} rows of the source repeat one"
        return Finding.kept(value, message)


def _repeats(facts: Facts) -> int:
    """How many ids stand in the splits more than once."""
    keys = [np.zeros((0, 2), dtype=np.uint64)]
    for split in SPLITS:
        keys += [wide_keys(batch["id"]) for batch in facts.tables.batches(split, ["id"])]
    both = np.concatenate(keys)
    both = both[np.lexsort((both[:, 1], both[:, 0]))]
    same = (both[1:] == both[:-1]).all(axis=1)
    fresh = np.concatenate([[True], ~same[:-1]]) if len(same) else same
    return int((same & fresh).sum())
