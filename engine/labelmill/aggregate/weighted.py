"""The `weighted` type: some labeling functions count more than others."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from labelmill.aggregate.evidence import (
    Cells,
    Floats,
    check_smoothing,
    check_weights,
    member_shares,
    named_weights,
    shares_of,
)
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import BOTH, Gold, Unit, VoteSpace
from labelmill.core.registry import LABEL_MODELS


@LABEL_MODELS.add("weighted")
@dataclass(frozen=True, slots=True)
class Weighted:
    """Count the votes by weights that you give: a label's probability is its share of the weight.

    A labeling function that is not named weighs 1, one of weight 0 is left out. A vote for one of
    several labels divides its weight equally. An item without votes, or whose votes all weigh
    nothing, gets the class balance (uniform where none is given).

    Attributes:
        weights: a map from labeling function to weight, 0 or more.
        smoothing: weight added to that of each item's votes, spread by the class balance.

    Example:
        >>> from labelmill.core.labels import LabelSpace
        >>> space = VoteSpace(("rule", "guess"), LabelSpace(("ham", "spam")), np.array([0.5, 0.5]))
        >>> votes = VotePatterns.of(np.zeros(2, int), np.arange(2), np.array([1, 0]), 1)
        >>> Weighted(weights={"rule": 3.0}).fit(votes, space).predict(votes).tolist()
        [[0.25, 0.75]]
    """

    weights: Mapping[str, float] = field(default_factory=dict)
    smoothing: float = 0.0

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = BOTH
    sequential: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_weights(self.weights)
        check_smoothing(self.smoothing)

    def fit(
        self,
        patterns: VotePatterns,  # noqa: ARG002 (the protocol's)
        space: VoteSpace,
        gold: Gold | None = None,  # noqa: ARG002 (nothing to learn from it)
    ) -> "FittedWeighted":
        """Put the weights in the order of the functions.

        Raises:
            BadParameter: if a weight names no labeling function.
        """
        weights = named_weights(self.weights, space.functions)
        return FittedWeighted(weights, member_shares(space.labels), space.prior, self.smoothing)

    @classmethod
    def restore(cls, parameters: Mapping[str, Any], space: VoteSpace) -> "FittedWeighted":
        """Rebuild it from its weights."""
        weights = np.array(parameters["weights"], dtype=np.float64)
        smoothing = float(parameters.get("smoothing", 0.0))
        return FittedWeighted(weights, member_shares(space.labels), space.prior, smoothing)


@dataclass(frozen=True, slots=True)
class FittedWeighted:
    """Weighted vote at work: `weight` [n_functions], `shares` [n_sets, n_labels]."""

    weight: Floats
    shares: Floats
    prior: Floats
    smoothing: float = 0.0

    sequential: ClassVar[bool] = False

    def predict(self, patterns: VotePatterns) -> Floats:
        """Shares of the weight, [n_patterns, n_labels]."""
        cells = Cells.of(patterns, len(self.weight), len(self.shares))
        weighed = cells.summed(self.shares * self.weight[:, None, None])
        return shares_of(weighed + self.smoothing * self.prior, self.prior)

    def weights(self) -> Floats:
        """The weights as given, [n_functions]."""
        return self.weight

    def parameters(self) -> dict[str, Any]:
        """The weights, and what is added to them."""
        return {"weights": self.weight.tolist(), "smoothing": self.smoothing}
