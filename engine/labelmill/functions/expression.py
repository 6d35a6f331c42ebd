"""The `expression` type: conditions on columns and on measures of the text."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from labelmill.core.batch import Batch
from labelmill.core.labels import Target
from labelmill.core.protocols import DOCUMENT, Bench, Needs, Unit
from labelmill.core.registry import FUNCTIONS
from labelmill.core.rows import Row
from labelmill.core.votes import Hits, Votes
from labelmill.errors import BadParameter
from labelmill.functions.columns import check_columns
from labelmill.text.expression import Expression as Condition


@FUNCTIONS.add("expression")
@dataclass(frozen=True, slots=True)
class Expression:
    """Vote for a label where a condition on the row is true.

    A condition reads columns of the source, `text`, `id`, and measures of the text such as
    `n_words` or `upper_ratio`. A comparison with null is false. Give `label` and `when`, or
    `labels` with a condition for each label: where several are true the function abstains. A
    condition that cannot be worked out (`'a' > 1`, a division by zero) is an error of that row.

    Attributes:
        label: what the condition votes for.
        when: the condition.
        labels: a map from label to condition, instead of `label` and `when`.

    Example:
        >>> few = Expression(label="negative", when="stars <= 2 and n_words > 3")
        >>> few.needs(Path(".")).columns
        ('stars',)
        >>> few.holds({"stars": 1, "text": "I want my money back"})
        True
    """

    label: Target | None = None
    when: str | None = None
    labels: Mapping[str, str] | None = None

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = DOCUMENT

    def __post_init__(self) -> None:
        if (self.labels is None) == (self.when is None):
            raise BadParameter("when", "give `label` and `when`, or `labels`", code="missing")
        if self.when is not None and self.label is None:
            raise BadParameter("label", "say what the condition votes for", code="missing")
        if self.labels is not None and self.label is not None:
            raise BadParameter("labels", "stands instead of `label`, not beside it")
        self._conditions()

    def targets(self) -> tuple[Target, ...]:
        """The labels that it may vote for."""
        return tuple(target for target, _ in self._conditions())

    def needs(self, root: Path) -> Needs:  # noqa: ARG002 (the protocol's)
        """The columns in the conditions."""
        return Needs(columns=_columns(condition for _, condition in self._conditions()))

    def holds(self, row: Mapping[str, object]) -> bool:
        """Whether any of the conditions is true for a row."""
        return any(condition.holds(row) for _, condition in self._conditions())

    def bind(self, bench: Bench) -> "ExpressionVoter":
        """Compile the conditions for a job."""
        return ExpressionVoter(
            tuple((bench.labels.index(target), c) for target, c in self._conditions())
        )

    def _conditions(self) -> list[tuple[Target, Condition]]:
        if self.labels is not None:
            return [
                (label, Condition.parse(source, f"labels.{label}"))
                for label, source in self.labels.items()
            ]
        if self.when is None or self.label is None:
            return []
        return [(self.label, Condition.parse(self.when, "when"))]


@dataclass(frozen=True, slots=True)
class ExpressionVoter:
    """Compiled conditions, each with the label set that it votes for."""

    conditions: tuple[tuple[int, Condition], ...]

    def vote(self, batch: Batch, earlier: Mapping[str, Votes]) -> Hits:  # noqa: ARG002
        """Work out the conditions for every row; several that are true are a tie."""
        columns = _columns(condition for _, condition in self.conditions)
        check_columns(batch, columns, "when")
        hits = Hits()
        for doc, row in enumerate(batch.rows(columns)):
            try:
                labels = self._labels(row)
            except ValueError as error:
                hits.fail(doc, "bad_value", str(error))
                continue
            for label in labels:
                hits.add(doc, 0, len(row.text), label)
        return hits

    def _labels(self, row: Row) -> list[int]:
        return [label for label, condition in self.conditions if condition.holds(row)]


def _columns(conditions: Iterable[Condition]) -> tuple[str, ...]:
    return tuple(sorted({name for condition in conditions for name in condition.columns}))
