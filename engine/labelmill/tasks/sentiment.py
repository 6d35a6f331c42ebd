"""The `sentiment` task."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from labelmill.core.labels import LabelSpace
from labelmill.core.protocols import Items, Unit
from labelmill.core.registry import TASKS
from labelmill.errors import BadParameter
from labelmill.tasks.documents import Documents
from labelmill.tasks.labels import Labels, checked_names, noted_definitions


@TASKS.add("sentiment")
@dataclass(frozen=True, slots=True)
class Sentiment:
    """Give each text a sentiment, from the most negative to the most positive.

    The labels are an ordered scale of two or more steps.

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

    def items(self) -> Items:
        """Whole texts."""
        return Documents()
