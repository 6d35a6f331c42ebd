"""Entities as tags on the tokens of the job, for the exports that write tokens."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from labelmill.core.protocols import ExportSetting
from labelmill.core.spans import Span
from labelmill.export.rows import rows
from labelmill.text.bio import Scheme, encode

NO_TOKENS = "no tokens"
OFF_BOUNDS = "entity not on token bounds"


@dataclass(frozen=True, slots=True)
class Tagged:
    """A row with its token strings and their tags, or the reason why it cannot have them."""

    row: dict[str, Any]
    tokens: list[str]
    tags: list[str]
    reason: str | None = None


def tagged(
    batches: Iterable[pa.RecordBatch], setting: ExportSetting, scheme: Scheme
) -> Iterator[Tagged]:
    """Tag the tokens of every row.

    A text without tokens has no tags, nor has a row with an entity that begins or ends inside a
    token: a tag covers whole tokens, so it would say something else than the entity.
    """
    for batch in batches:
        if not batch.num_rows:
            continue
        tokens = setting.analysis.tokens(batch.column("text"))
        for i, row in enumerate(rows([batch])):
            yield _tagged(row, tokens.bounds(i), scheme)


def spans_of(row: dict[str, Any]) -> list[Span]:
    """The entities of a row, in order."""
    return sorted(Span(e["start"], e["end"], e["label"]) for e in row["entities"] or [])


def _tagged(row: dict[str, Any], bounds: list[tuple[int, int]], scheme: Scheme) -> Tagged:
    if not bounds:
        return Tagged(row, [], [], NO_TOKENS)
    starts, ends = {start for start, _ in bounds}, {end for _, end in bounds}
    spans = spans_of(row)
    if any(span.start not in starts or span.end not in ends for span in spans):
        return Tagged(row, [], [], OFF_BOUNDS)
    words = [row["text"][start:end] for start, end in bounds]
    return Tagged(row, words, encode(bounds, spans, scheme))
