"""Spans as runs of tokens."""

import numpy as np
from tests.refine.spans import BIO, SPACE, span_batch, span_reading

from labelmill.core.labels import LabelSpace
from labelmill.core.tokens import Tokens
from labelmill.refine.runs import Runs, Tags


def test_tags_are_bio_only_if_every_label_has_both() -> None:
    assert Tags.of(BIO).tags_of(0) == (1, 2)
    assert Tags.of(LabelSpace(("O", "B-ORG", "PERSON"))).tags_of(1) == (2, 2)
    assert Tags.of(LabelSpace(("O",))).label.tolist() == [-1]


def test_a_run_ends_with_its_text_its_label_and_where_another_begins() -> None:
    tokens = Tokens.of([[(0, 1), (2, 3), (4, 5)], [], [(0, 1)]])

    assert Runs.of(np.array([0, 1, 2, 2]), Tags.of(BIO), tokens).rows() == {(1, 3, 0), (3, 4, 0)}
    assert Runs.of(np.array([1, 1, 2, 0]), Tags.of(BIO), tokens).rows() == {(0, 1, 0), (1, 3, 0)}
    io = Tags.of(LabelSpace(("O", "ORG", "PERSON")))
    assert Runs.of(np.array([1, 1, 2, 2]), io, tokens).rows() == {(0, 2, 0), (2, 3, 1), (3, 4, 1)}


def test_no_tokens_give_no_runs() -> None:
    runs = Runs.of(np.zeros(0, dtype=np.int64), Tags.of(BIO), Tokens.of([[], []]))

    assert len(runs) == 0
    assert len(runs.forms(span_batch(["", ""]))) == 0
    assert runs.tokens()[1].tolist() == []


def test_a_form_is_what_is_written_whatever_its_case() -> None:
    batch = span_batch(["New  York", "NEW YORK", "Newyork"])
    best = np.array([1, 1, 1, 1, 1])

    forms = Runs.of(best, Tags.of(SPACE.labels), batch.tokens).forms(batch)

    assert forms[0] == forms[1] != forms[2]


def test_finders_are_the_functions_that_vote_for_a_span() -> None:
    reading = span_reading(["Ann Lee met Bo", "Bo"], [(0, 0, 7), (0, 12, 14)])
    best = np.array([1, 1, 0, 1, 1])

    finders = Runs.of(best, Tags.of(SPACE.labels), reading.batch.tokens).finders(reading.patterns)

    assert finders[0] == finders[1] != finders[2]
