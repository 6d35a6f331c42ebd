"""What a refinement reads, what it answers, and what every kind of refinement can do."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from labelmill.core.batch import Batch
from labelmill.core.hashes import UInt64, fractions
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import VoteSpace
from labelmill.core.votes import Votes
from labelmill.errors import BadParameter

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

RESTS_ON = ("votes", "votes+text", "text")
"""What a label can rest on; rows carry the index."""
BOTH, ALONE = 1, 2


@dataclass(frozen=True, slots=True)
class Setting:
    """How a refinement is fitted: the section `refine` of a job.

    Rows are dealt into `folds`; a row is only ever read by a model that has not seen its fold.
    """

    folds: int = 5
    rounds: int = 1
    min_agreement: float = 0.0
    label_uncovered: bool = True
    drop: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.folds < 2:
            raise BadParameter("folds", f"is {self.folds}; give 2 or more")
        if self.rounds < 1:
            raise BadParameter("rounds", f"is {self.rounds}; give 1 or more")
        if not 0 <= self.min_agreement <= 1:
            message = f"is {self.min_agreement}; give a number from 0 to 1"
            raise BadParameter("min_agreement", message)


@dataclass(frozen=True, slots=True)
class Reading:
    """Some rows with their votes and what the label model makes of them.

    An item is a row, or in ner a token; `patterns` has the votes on each item (with sequences in
    ner), `probs` [n_items, n_labels] the label model's answers. `groups` [n_rows] keeps rows that
    are alike in one fold.
    """

    batch: Batch
    patterns: VotePatterns
    probs: Floats
    groups: UInt64

    def folds(self, setting: Setting) -> Ints:
        """The fold of each row, [n_rows]."""
        return folds_of(self.groups, setting)


@dataclass(frozen=True, slots=True)
class Known:
    """Rows whose labels are known: `labels` [n_items] is the index of each item's label.

    Where a text can have several labels it is [n_items, n_labels], 1 for each that it has, else 0.
    """

    reading: Reading
    labels: Ints


@dataclass(frozen=True, slots=True)
class Refined:
    """What a refinement answers.

    `probs` [n_items, n_labels] holds votes and text together, `text_probs` what the text alone
    says, out of sample (NaN of labels whose texts are not read). `rests_on` [n_rows] are indices
    into RESTS_ON. `added` is what the text brought where nobody voted, as votes of nobody: in ner
    spans, else the labels of whole texts. `doubtful` [n_rows] marks the rows whose labels are
    least to be trusted; None marks none.
    """

    probs: Floats
    text_probs: Floats
    rests_on: npt.NDArray[np.int8]
    added: Votes = field(default_factory=Votes.none)
    doubtful: npt.NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """Whether a refinement is used, why, and the figures that this hangs on.

    Example:
        >>> review = Review("the text does not follow the votes", {"agreement": 0.1})
        >>> Review.of(review.row()) == review
        True
    """

    why: str
    measures: Mapping[str, float] = field(default_factory=dict)
    used: bool = False

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Review":
        """Read what `row` gave."""
        return cls(str(row["why"]), dict(row["measures"]), bool(row["used"]))

    def row(self) -> dict[str, Any]:
        """The review as plain JSON data."""
        return asdict(self)


class Refinement(Protocol):
    """A fitted refinement. `kind` is its name in a file, `version` that of its form there.

    A module that makes one has a function `fit(reading, space, setting, known=None)`; where the
    refinement does not hold, it is still given, with a review that says that it is not used.
    """

    kind: ClassVar[str]
    version: ClassVar[int]

    @property
    def review(self) -> Review:
        """Whether it is used, and why."""
        ...

    def predict(self, reading: Reading) -> Refined:
        """Labels of rows, whether they took part in the fit or not."""
        ...

    def steps(self, reading: Reading) -> list[tuple[str, Floats]]:
        """The answers on the way from the label model's to the last, by name.

        Each is [n_items, n_labels], NaN where a step says nothing of a label; steps that do nothing
        in this refinement are left out.
        """
        ...

    def facts(self) -> dict[str, Any]:
        """What `restore` needs besides arrays, as plain JSON data."""
        ...

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """What `restore` needs as arrays, by name."""
        ...

    @classmethod
    def restore(
        cls, facts: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]], space: VoteSpace
    ) -> "Refinement":
        """Rebuild it."""
        ...


def folds_of(groups: UInt64, setting: Setting) -> Ints:
    """The fold of each group, [n_groups]: a hash of its key, so the same in every shard.

    Example:
        >>> folds_of(np.array([3, 9, 3], dtype=np.uint64), Setting(folds=2)).tolist()
        [1, 0, 1]
    """
    drawn: Ints = (fractions(groups, setting.seed, "refine") * setting.folds).astype(np.int64)
    return drawn
