"""Fixtures for tests of labeling functions."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from labelmill.core.batch import Batch
from labelmill.core.labels import LabelSpace
from labelmill.core.mentions import Gazetteer
from labelmill.core.protocols import Bench, LabelingFunction
from labelmill.core.settling import settle_spans
from labelmill.core.votes import Hits, Votes
from labelmill.text.language import Language

Ask = Callable[..., Hits]
Spans = Mapping[str, Sequence[tuple[int, int, int, str]]]

ENGLISH = Language()


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Hits of a labeling function on some texts.

    The function may also be asked as part of a span task, where `earlier` gives the spans of other
    functions as (text, start, end, label).
    """

    def hits_of(
        function: LabelingFunction,
        texts: Sequence[str],
        *,
        labels: Sequence[str] = ("ham", "spam"),
        spans: bool = False,
        columns: Mapping[str, Any] | None = None,
        gazetteers: Mapping[str, Gazetteer] | None = None,
        earlier: Spans | None = None,
    ) -> Hits:
        space = LabelSpace(tuple(labels)).including(function.targets())
        bench = Bench(
            "f", tmp_path, space, "span" if spans else "document", gazetteers=gazetteers or {}
        )
        arrays = {
            name: values if isinstance(values, pa.Array) else pa.array(values)
            for name, values in (columns or {}).items()
        }
        batch = Batch(pa.array(range(len(texts))), pa.array(texts, pa.string()), arrays, ENGLISH)
        read = {
            name: _votes(rows, space, number, batch)
            for number, (name, rows) in enumerate((earlier or {}).items())
        }
        return function.bind(bench).vote(batch, read)

    return hits_of


def _votes(
    rows: Sequence[tuple[int, int, int, str]], space: LabelSpace, number: int, batch: Batch
) -> Votes:
    hits = Hits()
    for doc, start, end, label in rows:
        hits.add(doc, start, end, space.index(label), f"{label}-{start}")
    return settle_spans(hits, number, batch.tokens)
