"""Names that are written in more than one way."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.refine.spans import SPACE, span_reading, spans_in

from labelmill.refine.artifact import from_bytes, to_bytes
from labelmill.refine.reading import Reading, Setting
from labelmill.refine.spans import FittedSpans, fit
from labelmill.refine.variants import LETTERS, spelled

KNOWN = ["the motherboard failed", "a Motherboard of theirs"]
SPANS = [(0, 4, 15), (1, 2, 13)]


def read(*others: str) -> tuple[FittedSpans, Reading]:
    reading = span_reading([*KNOWN, *others], SPANS)
    return fit(reading, SPACE, Setting()), reading


@pytest.mark.parametrize(
    "form", ["mother board", "Mother-Board", "mother boards", "mother - board"]
)
def test_another_spelling_has_the_label_of_the_name(form: str) -> None:
    fitted, reading = read(f"my {form} died")

    refined = fitted.predict(reading)

    words = [word for row, word in spans_in(reading, refined.probs) if row == 2]
    assert words == form.split()
    assert refined.added.doc.tolist() == [2]
    assert refined.rests_on.tolist() == [1, 1, 2]
    assert "other spellings" in fitted.review.why


@pytest.mark.parametrize(
    "text",
    ["my motherboard died", "mother , board", "mother", "step mother boards", "(mother board"],
)
def test_what_a_list_has_seen_and_what_is_no_spelling_stays_as_it_is(text: str) -> None:
    fitted, reading = read(text)

    found = spans_in(reading, fitted.predict(reading).probs)

    assert [word for row, word in found if row == 2] in ([], ["mother", "boards"])


def test_one_text_is_too_little() -> None:
    reading = span_reading([KNOWN[0], "my mother board died"], SPANS[:1])

    assert not fit(reading, SPACE, Setting()).used


def test_a_name_of_two_labels_gives_none() -> None:
    reading = span_reading([*KNOWN, "my mother board"], SPANS)
    task = replace(SPACE, labels=type(SPACE.labels)(("O", "PERSON", "THING")))
    probs = np.pad(reading.probs, ((0, 0), (0, 1)))
    probs[reading.batch.tokens.rows == 1] = probs[reading.batch.tokens.rows == 1][:, [0, 2, 1]]

    assert not fit(replace(reading, probs=probs), task, Setting()).used


def test_a_span_of_a_function_is_never_touched() -> None:
    reading = span_reading([*KNOWN, "my mother board"], [*SPANS, (2, 3, 9)])

    fitted = fit(reading, SPACE, Setting())

    assert not fitted.used
    assert np.array_equal(fitted.predict(reading).probs, reading.probs)


def test_variants_are_the_same_once_written_and_read() -> None:
    fitted, reading = read("my mother board died")

    data = to_bytes(fitted)
    again = from_bytes(data, SPACE, [FittedSpans])

    assert np.array_equal(again.predict(reading).probs, fitted.predict(reading).probs)
    assert to_bytes(again) == data


@given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=5))
def test_what_is_spelled_has_enough_letters_and_no_marks(words: list[str]) -> None:
    name = spelled(words)

    assert name is None or (len(name) >= LETTERS and name.isalpha() and name == name.lower())
