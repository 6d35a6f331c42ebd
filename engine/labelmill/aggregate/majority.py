"""The `majority` type: every vote counts the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from labelmill.aggregate.evidence import (
    Cells,
    Floats,
    check_smoothing,
    member_shares,
    shares_of,
)
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import BOTH, Gold, Unit, VoteSpace
from labelmill.core.registry import LABEL_MODELS


@LABEL_MODELS.add("majority")
@dataclass(frozen=True, slots=True)
class Majority:
    """Count the votes: a label's probability is its share of them.

    A vote for one of several labels counts for each of them by an equal part, so `one_of: [a, b]`
    adds a half to both. Nothing is learned, and a class balance does not change the shares; an
    item without votes gets the class balance (uniform where none is given).

    Shares say nothing of how many votes there are: one vote makes its label certain. `smoothing`
    adds so many votes to every item, spread by the class balance, and so lets agreement of many
    count for more than a lone vote. The best label changes only where a class balance is given.

    Attributes:
        smoothing: votes added to those of each item, spread by the class balance.

    Example:
        >>> import numpy as np
        >>> from labelmill.core.labels import LabelSpace
        >>> space = VoteSpace(("f", "g", "h"), LabelSpace(("ham", "spam")), np.array([0.5, 0.5]))
        >>> votes = VotePatterns.of(np.zeros(3, int), np.arange(3), np.array([1, 1, 0]), 1)
        >>> Majority().fit(votes, space).predict(votes).round(3).tolist()
        [[0.333, 0.667]]
        >>> Majority(smoothing=2).fit(votes, space).predict(votes).round(3).tolist()
        [[0.4, 0.6]]
    """

    smoothing: float = 0.0

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = BOTH
    sequential: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_smoothing(self.smoothing)

    def fit(
        self,
        patterns: VotePatterns,  # noqa: ARG002 (the protocol's)
        space: VoteSpace,
        gold: Gold | None = None,  # noqa: ARG002 (nothing to learn from it)
    ) -> "FittedMajority":
        """Nothing to learn."""
        return FittedMajority(member_shares(space.labels), space.prior, self.smoothing)

    @classmethod
    def restore(cls, parameters: Mapping[str, Any], space: VoteSpace) -> "FittedMajority":
        """Rebuild it from the labels."""
        smoothing = float(parameters.get("smoothing", 0.0))
        return FittedMajority(member_shares(space.labels), space.prior, smoothing)


@dataclass(frozen=True, slots=True)
class FittedMajority:
    """Majority vote at work: `shares` [n_sets, n_labels] is what one vote adds."""

    shares: Floats
    prior: Floats
    smoothing: float = 0.0

    sequential: ClassVar[bool] = False

    def predict(self, patterns: VotePatterns) -> Floats:
        """Shares of the votes, [n_patterns, n_labels]."""
        cells = Cells.at(patterns.label, patterns.indptr, (1, len(self.shares)))
        return shares_of(cells.summed(self.shares) + self.smoothing * self.prior, self.prior)

    def weights(self) -> None:
        """All functions weigh the same."""

    def parameters(self) -> dict[str, Any]:
        """The votes that are added."""
        return {"smoothing": self.smoothing}
