"""What labeling functions that read the spans of others share."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from labelmill.core.votes import Votes
from labelmill.errors import BadParameter


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """A span that another function voted for."""

    start: int
    end: int
    label: int
    entry: str | None


def check_reads(reads: Sequence[str]) -> None:
    """Make sure that some functions are named, each once.

    Raises:
        BadParameter: if not.
    """
    if not reads:
        raise BadParameter("reads", "name the labeling functions to read", code="missing")
    if len(set(reads)) != len(reads):
        twice = next(name for name in reads if reads.count(name) > 1)
        raise BadParameter("reads", f"'{twice}' stands twice")


def spans_by_text(earlier: Mapping[str, Votes], reads: Sequence[str]) -> dict[int, list[Found]]:
    """The spans of some functions for each text that has any, in the order of `reads`."""
    texts: dict[int, list[Found]] = {}
    for name in reads:
        for doc, span in _spans(earlier[name]):
            texts.setdefault(doc, []).append(span)
    return dict(sorted(texts.items()))


def _spans(votes: Votes) -> Iterator[tuple[int, Found]]:
    columns = (votes.start.tolist(), votes.end.tolist(), votes.label.tolist())
    spans = map(Found, *columns, votes.entry.to_pylist())
    return zip(votes.doc.tolist(), spans, strict=True)
