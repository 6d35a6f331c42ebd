"""Reading texts that can have several labels."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from tests.refine.topics import COMMON, LABELS, SHARES, WORDS, Topics, made, space_of

from labelmill.core.patterns import VotePatterns
from labelmill.refine import label_text
from labelmill.refine.artifact import from_bytes, to_bytes
from labelmill.refine.label_text import NO_GOLD, SURE, Question
from labelmill.refine.multi_label import FittedMultiLabelText, fit
from labelmill.refine.reading import RESTS_ON, Known, Refined, Setting


@pytest.fixture(scope="module")
def world() -> Topics:
    return made()


GOLD = made(2_000, seed=2)


def known_of(gold: Topics = GOLD) -> Known:
    return Known(gold.reading, gold.truth.astype(np.int64))


@pytest.fixture(scope="module")
def fitted(world: Topics) -> FittedMultiLabelText:
    return fit(world.reading, space_of(SHARES), Setting(), known_of())


def added_of(refined: Refined) -> np.ndarray:
    """Which labels texts bring that nobody voted on, [n_rows, n_labels]."""
    found = np.zeros(refined.probs.shape, dtype=bool)
    found[refined.added.doc, refined.added.label] = True
    return found


def test_labels_of_new_texts_are_much_better_than_those_of_votes(
    fitted: FittedMultiLabelText,
) -> None:
    new = made(seed=1)
    reading = new.reading

    refined = fitted.predict(reading)
    votes = new.f1(new.given(reading.probs))
    both = new.f1(new.given(refined.probs, added_of(refined)))

    assert both[0] > votes[0] + 0.05
    assert (both >= votes).all()
    assert ((refined.probs - new.truth) ** 2).mean() < ((reading.probs - new.truth) ** 2).mean()


def test_what_texts_add_is_mostly_right_and_rests_on_them(
    world: Topics, fitted: FittedMultiLabelText
) -> None:
    refined = fitted.predict(world.reading)
    added = added_of(refined)
    voted = np.diff(world.patterns.indptr)[world.patterns.index] > 0

    assert added.sum() > 40
    assert world.truth[added].mean() > 0.8
    assert (refined.probs[added] >= SURE).all()
    assert not (added & world.given(np.ones(added.shape))).any()
    rests = np.array(RESTS_ON)[refined.rests_on]
    read = world.given(np.ones(added.shape))[:, [part.review.used for part in fitted.parts]]
    assert set(rests[voted & read.any(axis=1)]) == {"votes+text"}
    assert set(rests[~voted & added.any(axis=1)]) == {"text"}
    assert set(rests[~voted & ~added.any(axis=1)]) == {"votes"}


def test_as_many_silent_texts_have_a_label_as_its_share_leaves(
    world: Topics, fitted: FittedMultiLabelText
) -> None:
    refined = fitted.predict(world.reading)

    read = [label for label, part in enumerate(fitted.parts) if part.review.used]
    assert 0 in read
    for label in read:
        assert refined.probs[:, label].mean() == pytest.approx(SHARES[label], abs=0.03)
        assert refined.text_probs[:, label].mean() == pytest.approx(SHARES[label], abs=0.1)


def test_without_gold_votes_stay_as_they_are(world: Topics) -> None:
    reading = world.reading
    fitted = fit(reading, space_of(SHARES), Setting())

    refined = fitted.predict(reading)

    assert fitted.review.why == f"'sport', 'money', 'art': {NO_GOLD}"
    assert not fitted.review.used
    assert np.array_equal(refined.probs, reading.probs)
    assert len(refined.added) == 0
    assert not refined.rests_on.any()
    assert fitted.steps(reading) == []
    again = from_bytes(to_bytes(fitted), space_of(), [FittedMultiLabelText])
    assert again.review == fitted.review


def test_gold_tells_the_shares_that_the_job_does_not(world: Topics) -> None:
    fitted = fit(world.reading, space_of((0.3, np.nan, 0.1)), Setting(), known_of())

    expected = (GOLD.truth[:, 1].sum() + 0.5) / 2001
    assert fitted.parts[1].share == pytest.approx(expected)
    assert fitted.parts[0].share == 0.3
    assert fitted.review.measures["sport: fixes"] > 2 * fitted.review.measures["sport: breaks"]


def test_a_label_that_gold_finds_no_better_is_not_read(world: Topics) -> None:
    reading = world.reading
    lies = np.stack([GOLD.truth[:, 0], ~GOLD.truth[:, 1], GOLD.truth[:, 2]], axis=1)
    known = Known(GOLD.reading, lies.astype(np.int64))

    fitted = fit(reading, space_of(SHARES), Setting(), known)
    refined = fitted.predict(reading)

    assert not fitted.parts[1].review.used
    assert "which is no clear gain" in fitted.parts[1].review.why
    assert "not for 'money': on gold it makes" in fitted.review.why
    assert np.array_equal(refined.probs[:, 1], reading.probs[:, 1])
    assert np.isnan(refined.text_probs[:, 1]).all()
    assert 1 not in refined.added.label.tolist()
    assert not np.isnan(refined.text_probs[:, 0]).any()


@pytest.mark.parametrize(
    ("known", "of_words", "why"),
    [
        (1, True, "fewer than two functions speak of it"),
        (3, False, "the text does not follow the votes of functions that it has not learned from"),
    ],
)
def test_a_label_that_cannot_be_learned_is_not_read(known: int, of_words: bool, why: str) -> None:
    world = made(known=known, of_words=of_words)

    fitted = fit(
        world.reading,
        space_of(SHARES, known),
        Setting(),
        known_of(made(400, 2, known, of_words=of_words)),
    )

    assert not fitted.review.used
    assert why in fitted.review.why


def test_some_of_many_rows_teach_nearly_as_much(
    world: Topics, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = fit(world.reading, space_of(SHARES), Setting(), known_of())
    monkeypatch.setattr(label_text, "MOST_ROWS", 500)

    some = fit(world.reading, space_of(SHARES), Setting(), known_of())

    new = made(seed=1)
    f1 = [new.f1(new.given(f.predict(new.reading).probs)).mean() for f in (whole, some)]
    assert f1[1] > f1[0] - 0.02
    assert not np.array_equal(whole.parts[0].models[0].weight, some.parts[0].models[0].weight)


@pytest.mark.parametrize("n_rows", [1, 10, 60])
def test_few_rows_teach_nothing_and_break_nothing(n_rows: int) -> None:
    world = made(max(n_rows, 20))
    reading = world.reading
    fitted = fit(reading, space_of(SHARES), Setting(), known_of())

    refined = fitted.predict(reading)

    assert np.isfinite(refined.probs).all()
    assert ((refined.probs >= 0) & (refined.probs <= 1)).all()


def test_no_model_judges_a_row_by_a_function_that_it_knows(
    world: Topics, fitted: FittedMultiLabelText
) -> None:
    part = fitted.parts[0]
    votes = world.patterns.dense(9)[world.patterns.index]
    about = np.where(votes == 0, 1, -1)
    nowhere = np.zeros(len(votes), dtype=bool)
    question = Question(about, nowhere, nowhere, np.zeros(len(votes)), np.arange(len(votes)) % 60)

    heard = question.heard_by(part.group)

    assert heard.any(axis=1).all()
    for function in np.flatnonzero(part.group >= 0):
        assert heard[about[:, function] >= 0, part.group[function]].all()
    assert (heard[(about < 0).all(axis=1)].sum(axis=1) == 1).all()


def test_without_label_uncovered_texts_add_nothing(
    world: Topics, fitted: FittedMultiLabelText
) -> None:
    reading = world.reading
    quiet = replace(fitted, setting=Setting(label_uncovered=False))

    refined = quiet.predict(reading)
    unsaid = ~world.given(np.ones(refined.probs.shape))

    assert len(refined.added) == 0
    assert np.array_equal(refined.probs[unsaid], reading.probs[unsaid])
    assert not np.array_equal(refined.probs, reading.probs)
    gold = quiet.checked_on(known_of()).parts[0].review
    assert (gold.measures["fixes"], gold.used) == (0, False)


def test_a_vote_for_one_of_two_labels_is_heard_with_the_text(
    fitted: FittedMultiLabelText,
) -> None:
    common = " ".join(COMMON[:8])
    said = [" ".join([*WORDS["sport"][3:5], common]), common]
    texts = Topics(said, hints(2), np.zeros((2, 3), dtype=bool))

    refined = fitted.predict(texts.reading)

    assert refined.probs[0, 0] > 0.5
    assert refined.probs[0, 1] < refined.probs[0, 0]
    assert (refined.probs[1, :2] < texts.reading.probs[1, :2]).all()


def hints(n_rows: int) -> VotePatterns:
    """Votes that a text is about sport or money."""
    weak = int(np.flatnonzero(LABELS.weak())[0])
    item = np.arange(n_rows)
    return VotePatterns.of(item, 0 * item, 0 * item + weak, n_rows)


def test_doubtful_rows_are_wrong_more_often(world: Topics) -> None:
    fitted = fit(world.reading, space_of(SHARES), Setting(drop=0.1), known_of())

    refined = fitted.predict(world.reading)
    given = world.given(refined.probs, added_of(refined))
    wrong = (given & ~world.truth).any(axis=1)[given.any(axis=1)]
    doubtful = refined.doubtful[given.any(axis=1)]  # type: ignore[index]

    assert 0.05 < doubtful.mean() < 0.25
    assert wrong[doubtful].mean() > 2 * wrong[~doubtful].mean()


def test_what_is_read_answers_as_what_was_written(
    world: Topics, fitted: FittedMultiLabelText
) -> None:
    reading, space = world.reading, space_of(SHARES)
    data = to_bytes(fitted)

    again = from_bytes(data, space, [FittedMultiLabelText])

    mine, theirs = fitted.predict(reading), again.predict(reading)
    assert np.array_equal(mine.probs, theirs.probs)
    assert np.array_equal(mine.text_probs, theirs.text_probs, equal_nan=True)
    assert np.array_equal(mine.rests_on, theirs.rests_on)
    assert to_bytes(again) == data
    json.dumps(fitted.facts(), allow_nan=False)


def test_rows_are_answered_alike_in_any_company(
    world: Topics, fitted: FittedMultiLabelText
) -> None:
    reading = world.reading
    some = np.zeros(len(world.texts), dtype=bool)
    some[5:40] = True
    taken = pa.array(np.flatnonzero(some))
    batch = replace(reading.batch, ids=reading.batch.ids.take(taken))
    batch = type(batch)(batch.ids, reading.batch.texts.take(taken))
    part = replace(
        reading,
        batch=batch,
        patterns=reading.patterns.kept(some),
        probs=reading.probs[some],
        groups=reading.groups[some],
    )

    alone, together = fitted.predict(part), fitted.predict(reading)

    assert np.allclose(alone.probs, together.probs[some], atol=1e-6)
    assert np.array_equal(alone.rests_on, together.rests_on[some])
