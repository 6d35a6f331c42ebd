"""Ner: spreading votes over tokens, and reading spans back."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelmill.aggregate.majority import Majority
from labelmill.core.batch import Batch
from labelmill.core.labels import LabelSpace, OneOf
from labelmill.core.protocols import Readout, VoteSpace
from labelmill.core.soft import status_names
from labelmill.core.votes import Hits, Votes
from labelmill.tasks.ner import Ner

TEXT = "Acme Ltd said Ann Lee rose"
SPACE = LabelSpace(("ORG", "PERSON")).including([])


def read(
    spans: list[list[tuple[int, int, int]]],
    text: str = TEXT,
    space: LabelSpace = SPACE,
    scheme: str = "IO",
    min_confidence: float = 0.0,
) -> Readout:
    """Let functions vote on spans of one text, and a majority decide."""
    task = Ner(labels=space.names, tags=scheme, tokens="whitespace")  # type: ignore[arg-type]
    batch = Batch(pa.array([1]), pa.array([text]), {}, task.analysis("en"))
    parts = []
    for function, found in enumerate(spans):
        hits = Hits()
        for start, end, label in found:
            hits.add(0, start, end, label)
        parts.append(task.settle(hits, function, batch))
    votes = Votes.joined(parts)
    patterns = task.patterns(votes, batch, space, len(spans))
    tags = task.item_space(space)
    names = tuple(f"f{i}" for i in range(len(spans)))
    prior = np.full(len(tags), 1 / len(tags))
    fitted = Majority().fit(patterns, VoteSpace(names, tags, prior))
    probs = fitted.predict(patterns)[patterns.index]
    return task.read(probs, votes, batch, space, min_confidence)


def entities(readout: Readout) -> list[tuple[int, int, str]]:
    (found,) = readout.answers["entities"].to_pylist()
    return [(e["start"], e["end"], e["label"]) for e in found]


@pytest.mark.parametrize("scheme", ["IO", "BIO"])
def test_votes_that_agree_become_spans(scheme: str) -> None:
    readout = read([[(0, 8, 0), (14, 21, 1)], [(0, 8, 0)]], scheme=scheme)

    assert entities(readout) == [(0, 8, "ORG"), (14, 21, "PERSON")]
    assert status_names(readout.status).to_pylist() == ["labeled"]
    assert readout.confidence.tolist() == [1.0]


@pytest.mark.parametrize("scheme", ["IO", "BIO"])
def test_neighbours_of_one_label_stay_two_spans(scheme: str) -> None:
    readout = read([[(0, 4, 0), (5, 8, 0)]], scheme=scheme)

    assert entities(readout) == [(0, 4, "ORG"), (5, 8, "ORG")]


def test_neighbours_that_some_function_spans_are_one() -> None:
    assert entities(read([[(0, 4, 0), (5, 8, 0)], [(0, 8, 0)]])) == [(0, 8, "ORG")]


def test_silence_counts_as_outside_only_where_nobody_votes() -> None:
    readout = read([[(0, 8, 0)], [], [], []])

    assert entities(readout) == [(0, 8, "ORG")]
    assert readout.confidence.tolist() == [1.0]


def test_two_labels_with_equal_votes_are_a_tie() -> None:
    readout = read([[(0, 8, 0)], [(0, 8, 1)]])

    assert status_names(readout.status).to_pylist() == ["tie"]


def test_a_vote_for_a_set_is_settled_by_a_vote_for_one() -> None:
    space = LabelSpace(("ORG", "PERSON", "MONEY")).including([OneOf(("ORG", "PERSON"))])

    readout = read([[(0, 8, 3)], [(0, 8, 1)]], space=space)

    assert entities(readout) == [(0, 8, "PERSON")]
    assert readout.confidence.tolist() == [0.75]


def test_a_span_is_as_sure_as_its_least_sure_token() -> None:
    readout = read([[(0, 8, 0)], [(0, 4, 0)], [(5, 8, 1)], [(5, 8, 0)]])

    assert entities(readout) == [(0, 8, "ORG")]
    assert readout.confidence.tolist() == pytest.approx([2 / 3])
    unsure = read([[(0, 8, 0)], [(0, 8, 0)], [(0, 8, 1)]], min_confidence=0.7)
    assert status_names(unsure.status).to_pylist() == ["low_confidence"]


def test_a_text_that_nobody_touched_is_uncovered() -> None:
    readout = read([[]])

    assert status_names(readout.status).to_pylist() == ["uncovered"]
    assert readout.answers["probs"].to_pylist() == [[]]


def test_an_empty_text_is_read_without_tokens() -> None:
    readout = read([[]], text="  ")

    assert status_names(readout.status).to_pylist() == ["uncovered"]
    assert readout.answers["tokens"].to_pylist() == [[]]


def test_probabilities_stand_where_outside_is_not_sure() -> None:
    (probs,) = read([[(14, 21, 1)]]).answers["probs"].to_pylist()

    assert [(p["token"], p["label"], p["prob"]) for p in probs] == [
        (3, "PERSON", 1.0),
        (4, "PERSON", 1.0),
    ]


span = st.tuples(st.integers(0, 24), st.integers(1, 8), st.integers(0, 1))


@given(st.lists(st.lists(span, max_size=4), min_size=1, max_size=4), st.sampled_from(["IO", "BIO"]))
def test_spans_lie_on_tokens_in_order_and_never_overlap(
    found: list[list[tuple[int, int, int]]], scheme: str
) -> None:
    spans = [
        [(a, min(a + n, len(TEXT)), k) for a, n, k in of_function if a < len(TEXT)]
        for of_function in found
    ]

    readout = read(spans, scheme=scheme)

    last = 0
    for start, end, _ in entities(readout):
        assert last <= start < end
        assert (" " + TEXT)[start] == " " != TEXT[start]
        assert (TEXT + " ")[end] == " " != TEXT[end - 1]
        last = end
