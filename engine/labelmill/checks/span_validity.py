"""The `span_validity` check: every entity is a proper part of its text."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from labelmill.core.facts import Facts, Finding
from labelmill.core.protocols import SPAN, Unit
from labelmill.core.registry import CHECKS

_TABLES = ("labels", "train", "dev", "test")
_SHOWN = 3
_ADVICE = "mend the labeling function or the augment step that makes them"


@CHECKS.add("span_validity")
@dataclass(frozen=True, slots=True)
class SpanValidity:
    """Fail where an entity does not lie in its text as it should; for ner.

    Every entity of `labels/` and of the three splits, augmented rows among them, has to lie inside
    its text, hold at least one character, begin and end with something else than white space, have
    a label of the task, and overlap no other entity of its row. The value found is the number of
    entities that do not; the first of them are named.

    Example:
        >>> import pyarrow as pa
        >>> from labelmill.core.tables import HeldTables
        >>> spans = [{"start": 0, "end": 5, "label": "ORG"}]
        >>> row = pa.table({"id": ["a"], "text": ["Acme rose"], "entities": [spans]})
        >>> facts = Facts(1, {}, {"ORG": 1}, {}, (), {}, tables=HeldTables({"train": row}))
        >>> SpanValidity().check(facts).message.partition(";")[0]
        '1 entities are not valid (1 not trimmed): train row a, ORG from 0 to 5: not trimmed'
    """

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = SPAN

    def check(self, facts: Facts) -> Finding:
        """Look at every entity."""
        kinds: Counter[str] = Counter()
        first: list[str] = []
        total = 0
        for name in _TABLES:
            for batch in facts.tables.batches(name, ["id", "text", "entities"]):
                for row in batch.to_pylist():
                    total += len(row["entities"] or ())
                    for span, fault in _faults(row, facts.classes):
                        kinds[fault] += 1
                        place = f"{span['label']} from {span['start']} to {span['end']}"
                        if len(first) < _SHOWN:
                            first.append(f"{name} row {row['id']}, {place}: {fault}")
        wrong = sum(kinds.values())
        if not wrong:
            return Finding.kept(0.0, f"all {total} entities lie in their texts as they should")
        told = ", ".join(f"{n} {fault}" for fault, n in sorted(kinds.items()))
        message = f"{wrong} entities are not valid ({told}): {'; '.join(first)}; {_ADVICE}"
        return Finding.broken(float(wrong), message)


def _faults(row: Mapping[str, Any], known: Collection[str]) -> Iterator[tuple[Any, str]]:
    """Entities of a row that are not valid, and the first thing that is wrong with each."""
    text, last = row["text"], 0
    for span in sorted(row["entities"] or (), key=lambda span: (span["start"], span["end"])):
        start, end = span["start"], span["end"]
        if not 0 <= start < end <= len(text or ""):
            yield span, "not inside its text"
            continue
        if text[start:end].strip() != text[start:end]:
            yield span, "not trimmed"
        elif span["label"] not in known:
            yield span, "of an unknown label"
        elif start < last:
            yield span, "overlapping"
        last = max(last, end)
