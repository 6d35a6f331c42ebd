"""Spans read off tags in numpy are those that a plain loop over tokens reads."""

from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelmill.core.batch import Batch
from labelmill.core.labels import LabelSpace
from labelmill.core.soft import TIE_TOLERANCE, status_names
from labelmill.core.votes import Hits, Votes
from labelmill.tasks.ner import Ner
from labelmill.tasks.tags import Scheme

SPACE = LabelSpace(("ORG", "PERSON")).including([])


def plain_spans(probs: np.ndarray, scheme: Scheme) -> list[dict[str, Any]]:
    """Spans of one text as (first, last, label, confidence, tied), from [n_tokens, n_tags]."""
    spans: list[dict[str, Any]] = []
    before = -1
    for token, row in enumerate(probs):
        best = int(row.argmax())
        label = -1 if best == 0 else (best - 1 if scheme == "IO" else (best - 1) // 2)
        own = row[1 + label] if scheme == "IO" else row[1 + 2 * label] + row[2 + 2 * label]
        tied = (row >= row.max() - TIE_TOLERANCE).sum() > 1
        if label >= 0:
            fresh = label != before or (best % 2 == 1 if scheme == "BIO" else True)
            if fresh:
                spans.append({"first": token, "label": label, "confidence": 1.0, "tied": False})
            spans[-1]["last"] = token
            spans[-1]["confidence"] = min(spans[-1]["confidence"], np.float32(own))
            spans[-1]["tied"] |= bool(tied)
        before = label
    return spans


@pytest.mark.parametrize("scheme", ["IO", "BIO"])
@given(lengths=st.lists(st.integers(0, 5), min_size=1, max_size=6), seed=st.integers(0, 999))
def test_spans_confidence_and_status_are_those_of_a_plain_loop(
    scheme: Scheme, lengths: list[int], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    n_tags = 3 if scheme == "IO" else 5
    probs = rng.choice([0.1, 0.4, 0.4, 1.0], (sum(lengths), n_tags))
    probs /= probs.sum(axis=1, keepdims=True)
    texts = ["x " * n for n in lengths]
    task = Ner(labels=SPACE.names, tags=scheme, tokens="whitespace")
    batch = Batch(pa.array(range(len(texts))), pa.array(texts), {}, task.analysis("en"))
    hits = Hits()
    for doc, n in enumerate(lengths):
        for token in range(n):
            hits.add(doc, 2 * token, 2 * token + 1, 0)

    readout = task.read(probs, Votes.joined([task.settle(hits, 0, batch)]), batch, SPACE, 0.5)

    bounds = np.cumsum([0, *lengths]).tolist()
    expected = [plain_spans(probs[a:b], scheme) for a, b in pairwise(bounds)]
    assert readout.answers["entities"].to_pylist() == [
        [
            {
                "start": 2 * span["first"],
                "end": 2 * span["last"] + 1,
                "label": SPACE.names[span["label"]],
                "confidence": span["confidence"],
            }
            for span in spans
        ]
        for spans in expected
    ]
    for doc, spans in enumerate(expected):
        outside = probs[bounds[doc] : bounds[doc + 1], 0]
        sure = min((s["confidence"] for s in spans), default=np.float32(outside.min(initial=1)))
        state = "tie" if any(s["tied"] for s in spans) else "labeled"
        if state == "labeled" and sure < 0.5:
            state = "low_confidence"
        state = state if lengths[doc] else "uncovered"
        assert readout.confidence[doc] == sure
        assert status_names(readout.status)[doc].as_py() == state
