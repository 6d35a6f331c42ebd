"""The `document_majority` type: what others call a name in a text, for all its occurrences."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from labelmill.core.batch import Batch
from labelmill.core.labels import Target
from labelmill.core.protocols import SPAN, Bench, Needs, Unit
from labelmill.core.registry import FUNCTIONS
from labelmill.core.votes import Hits, Votes
from labelmill.errors import BadParameter
from labelmill.functions.reading import Found, check_reads, spans_by_text
from labelmill.text.gazetteer import CompiledGazetteer, Entry, key_of
from labelmill.text.words import Case


@FUNCTIONS.add("document_majority")
@dataclass(frozen=True, slots=True)
class DocumentMajority:
    """Vote the label that other functions give a name most often in a text on all its occurrences.

    Within one text, the spans of the functions under `reads` are gathered by their words. The label
    with most votes for the same words is voted on every place where they stand on token bounds;
    where two labels have equally many, none is. Of overlapping names the longest counts.

    Attributes:
        reads: names of the labeling functions to read.
        case: whether names that differ in case are the same: `exact`, `ignore` or `fold`.
        min_count: how many votes a name needs for the label that wins.

    Example:
        >>> same = DocumentMajority(reads=("known_company", "full_name"))
        >>> same.needs(Path(".")).reads
        ('known_company', 'full_name')
    """

    reads: tuple[str, ...]
    case: Case = "exact"
    min_count: int = 1

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = SPAN

    def __post_init__(self) -> None:
        check_reads(self.reads)
        if self.min_count < 1:
            raise BadParameter("min_count", f"must be at least 1, found {self.min_count}")

    def targets(self) -> tuple[Target, ...]:
        """What the functions under `reads` vote for, and nothing else."""
        return ()

    def needs(self, root: Path) -> Needs:  # noqa: ARG002 (the protocol's)
        """The votes of other functions."""
        return Needs(reads=self.reads)

    def bind(self, bench: Bench) -> "DocumentMajorityVoter":  # noqa: ARG002 (the protocol's)
        """Nothing is compiled."""
        return DocumentMajorityVoter(self.reads, self.case, self.min_count)


@dataclass(frozen=True, slots=True)
class DocumentMajorityVoter:
    """Gathers names text by text."""

    reads: tuple[str, ...]
    case: Case
    min_count: int

    def vote(self, batch: Batch, earlier: Mapping[str, Votes]) -> Hits:
        """Vote on every occurrence of the names of each text."""
        hits = Hits()
        for doc, spans in spans_by_text(earlier, self.reads).items():
            text = batch.strings[doc]
            names, labels = self._names(text, spans)
            for found in names.find(text, batch.tokens.bounds(doc)):
                label = labels[int(found.entry or 0)]
                if label is not None:
                    hits.add(doc, found.start, found.end, label)
        return hits

    def _names(
        self, text: str, spans: Sequence[Found]
    ) -> tuple[CompiledGazetteer, list[int | None]]:
        """The names of a text, each with its number as id, and the label set of each number."""
        key = key_of(self.case)
        counts: dict[str, Counter[int]] = {}
        for span in spans:
            counts.setdefault(key(text[span.start : span.end]), Counter())[span.label] += 1
        entries = [Entry(name, None, str(number)) for number, name in enumerate(counts)]
        labels = [self._winner(of_name) for of_name in counts.values()]
        return CompiledGazetteer(entries, case=self.case), labels

    def _winner(self, counts: Counter[int]) -> int | None:
        most = max(counts.values())
        winners = [label for label, count in counts.items() if count == most]
        return winners[0] if len(winners) == 1 and most >= self.min_count else None
