"""The `sentiment` task."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from labelmill.core.batch import Batch
from labelmill.core.labels import LabelSpace
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import Readout, Unit
from labelmill.core.registry import TASKS
from labelmill.core.votes import Hits, Votes
from labelmill.errors import BadParameter
from labelmill.tasks import documents
from labelmill.tasks.labels import Labels, checked_names, noted_definitions
from labelmill.text.language import Language


@TASKS.add("sentiment")
@dataclass(frozen=True, slots=True)
class Sentiment:
    """Give each text a sentiment, from the most negative to the most positive.

    The labels are an ordered scale of two or more steps: reports and drift see the order.

    Attributes:
        labels: the labels in their order; a list, or a map from label to `definition` and
            `examples`.

    Example:
        >>> Sentiment(labels=("negative", "neutral", "positive")).space().ordered
        True
    """

    labels: Labels

    version: ClassVar[int] = 1
    unit: ClassVar[Unit] = "document"

    def __post_init__(self) -> None:
        if len(checked_names(self.labels)) < 2:
            raise BadParameter("labels", "name at least two labels")

    def space(self) -> LabelSpace:
        """The labels."""
        return LabelSpace(checked_names(self.labels), ordered=True)

    def definitions(self) -> Mapping[str, str]:
        """What each label means, for labels that say so."""
        return noted_definitions(self.labels)

    def analysis(self, language: str) -> Any:
        """Tokens as spaCy cuts them."""
        return Language(language)

    def item_space(self, space: LabelSpace) -> LabelSpace:
        """Items are texts, so their labels are the task's."""
        return space

    def settle(self, hits: Hits, function: int, batch: Batch) -> Votes:
        """One vote for each text."""
        return documents.settle(hits, function, batch)

    def patterns(
        self, votes: Votes, batch: Batch, space: LabelSpace, n_functions: int
    ) -> VotePatterns:
        """Vote patterns of the texts."""
        del space, n_functions
        return documents.patterns(votes, batch)

    def read(
        self,
        probs: npt.NDArray[np.float64],
        votes: Votes,
        batch: Batch,
        space: LabelSpace,
        min_confidence: float,
    ) -> Readout:
        """Read a label for each text."""
        return documents.read(probs, votes, batch, space, min_confidence)
