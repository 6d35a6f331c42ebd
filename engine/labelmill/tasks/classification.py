"""The `classification` task."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from labelmill.core.labels import LabelSpace
from labelmill.core.protocols import Items, Unit
from labelmill.core.registry import TASKS
from labelmill.errors import BadParameter
from labelmill.tasks.documents import Documents
from labelmill.tasks.labels import Labels, checked_names, noted_definitions
from labelmill.tasks.multi_label import MultiLabel


@TASKS.add("classification")
@dataclass(frozen=True, slots=True)
class Classification:
    """Give each text one label, or several.

    The labels have no order. With `multi_label` each of them applies to a text or not, and a text
    can have any number of them, none included. A labeling function then says yes to a label
    (`label: sport`), to several (`{all_of: [sport, money]}`), no to one (`{not: sport}`), or that
    at least one of some applies (`{one_of: [sport, money]}`); where it knows several labels, its
    yes to some is a no to its others. Each label has a label model of its own.

    Attributes:
        labels: the labels in their order; a list, or a map from label to `definition` and
            `examples`.
        multi_label: whether a text can have several labels.

    Example:
        >>> Classification(labels=("ham", "spam")).space().names
        ('ham', 'spam')
    """

    labels: Labels
    multi_label: bool = False

    version: ClassVar[int] = 1
    unit: ClassVar[Unit] = "document"

    def __post_init__(self) -> None:
        if len(checked_names(self.labels)) < (1 if self.multi_label else 2):
            raise BadParameter("labels", "name at least two labels")

    def space(self) -> LabelSpace:
        """The labels."""
        return LabelSpace(checked_names(self.labels), multi_label=self.multi_label)

    def definitions(self) -> Mapping[str, str]:
        """What each label means, for labels that say so."""
        return noted_definitions(self.labels)

    def items(self) -> Items:
        """Whole texts."""
        return MultiLabel() if self.multi_label else Documents()
