"""Reading texts that can have several labels."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from tests.refine.topics import LABELS, SHARES, Topics, made, space_of

from labelmill.core.patterns import VotePatterns
from labelmill.refine import label_text
from labelmill.refine.artifact import from_bytes, to_bytes
from labelmill.refine.label_text import SURE, Question
from labelmill.refine.multi_label import FittedMultiLabelText, fit
from labelmill.refine.reading import RESTS_ON, Known, Refined, Setting


@pytest.fixture(scope="module")
def world() -> Topics:
    return made()


@pytest.fixture(scope="module")
def fitted(world: Topics) -> FittedMultiLabelText:
    return fit(world.reading, space_of(SHARES), Setting())


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

    assert (both > votes).all()
    assert both.mean() > votes.mean() + 0.1
    assert ((refined.probs - new.truth) ** 2).mean() < ((reading.probs - new.truth) ** 2).mean()


def test_what_texts_add_is_mostly_right_and_rests_on_them(
    world: Topics, fitted: FittedMultiLabelText
) -> None:
    reading = world.reading
    refined = fitted.predict(reading)
    added = added_of(refined)
    voted = np.diff(world.patterns.indptr)[world.patterns.index] > 0

    assert added.sum() > 200
    assert world.truth[added].mean() > 0.8
    assert (refined.probs[added] >= SURE).all()
    assert not (added & world.given(np.ones(added.shape))).any()
    rests = np.array(RESTS_ON)[refined.rests_on]
    assert set(rests[voted]) == {"votes+text"}
    assert set(rests[~voted & added.any(axis=1)]) == {"text"}
    assert set(rests[~voted & ~added.any(axis=1)]) == {"votes"}


def test_as_many_silent_texts_have_a_label_as_its_share_leaves(
    world: Topics, fitted: FittedMultiLabelText
) -> None:
    refined = fitted.predict(world.reading)

    assert refined.probs.mean(axis=0) == pytest.approx(np.array(SHARES), abs=0.03)
    assert refined.text_probs.mean(axis=0) == pytest.approx(world.truth.mean(axis=0), abs=0.1)


def test_a_label_of_unknown_share_is_not_read(world: Topics) -> None:
    reading = world.reading
    fitted = fit(reading, space_of((0.3, np.nan, 0.1)), Setting())

    refined = fitted.predict(reading)

    assert fitted.review.why == (
        "for 'sport', 'art'; not for 'money': its share is not known; give "
        "label_model.class_balance, or gold"
    )
    assert np.array_equal(refined.probs[:, 1], reading.probs[:, 1])
    assert np.isnan(refined.text_probs[:, 1]).all()
    assert not np.isnan(refined.text_probs[:, [0, 2]]).any()
    assert set(refined.added.label.tolist()) == {0, 2}


def test_without_any_share_votes_stay_as_they_are(world: Topics) -> None:
    reading = world.reading
    fitted = fit(reading, space_of(), Setting())

    refined = fitted.predict(reading)

    assert not fitted.review.used
    assert np.array_equal(refined.probs, reading.probs)
    assert len(refined.added) == 0
    assert not refined.rests_on.any()
    assert fitted.steps(reading) == []
    again = from_bytes(to_bytes(fitted), space_of(), [FittedMultiLabelText])
    assert again.review == fitted.review


def test_gold_tells_the_shares(world: Topics) -> None:
    gold = made(200, seed=2)
    known = Known(gold.reading, gold.truth.astype(np.int64))

    fitted = fit(world.reading, space_of(), Setting(), known)

    assert fitted.review.used
    expected = (gold.truth.sum(axis=0) + 0.5) / 201
    assert [part.share for part in fitted.parts] == pytest.approx(expected.tolist())
    assert "sport: fixes" in fitted.review.measures


def test_gold_that_says_otherwise_keeps_a_label_out(world: Topics) -> None:
    gold = made(400, seed=2)
    lies = np.stack([gold.truth[:, 0], ~gold.truth[:, 1], gold.truth[:, 2]], axis=1)
    known = Known(gold.reading, lies.astype(np.int64))

    fitted = fit(world.reading, space_of(SHARES), Setting(), known)

    assert [part.review.used for part in fitted.parts] == [True, False, True]
    assert "on gold it makes" in fitted.parts[1].review.why


@pytest.mark.parametrize(
    ("known", "of_words", "why"),
    [
        (1, True, "fewer than two functions speak of it"),
        (3, False, "the text does not follow the votes of functions that it has not learned from"),
    ],
)
def test_a_label_that_cannot_be_learned_is_not_read(known: int, of_words: bool, why: str) -> None:
    world = made(known=known, of_words=of_words)

    fitted = fit(world.reading, space_of(SHARES, known), Setting())

    assert not fitted.review.used
    assert why in fitted.review.why


def test_some_of_many_rows_teach_nearly_as_much(
    world: Topics, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = fit(world.reading, space_of(SHARES), Setting())
    monkeypatch.setattr(label_text, "MOST_ROWS", 500)

    some = fit(world.reading, space_of(SHARES), Setting())

    new = made(seed=1)
    f1 = [new.f1(new.given(f.predict(new.reading).probs)).mean() for f in (whole, some)]
    assert f1[1] > f1[0] - 0.02
    assert not np.array_equal(whole.parts[0].models[0].weight, some.parts[0].models[0].weight)


@pytest.mark.parametrize("n_rows", [1, 10, 60])
def test_few_rows_teach_nothing_and_break_nothing(n_rows: int) -> None:
    world = made(max(n_rows, 20))
    reading = world.reading
    fitted = fit(reading, space_of(SHARES), Setting())

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


def test_without_label_uncovered_texts_add_nothing(world: Topics) -> None:
    reading = world.reading
    fitted = fit(reading, space_of(SHARES), Setting(label_uncovered=False))

    refined = fitted.predict(reading)
    unsaid = ~world.given(np.ones(refined.probs.shape))

    assert fitted.review.used
    assert len(refined.added) == 0
    assert np.array_equal(refined.probs[unsaid], reading.probs[unsaid])
    assert not np.array_equal(refined.probs, reading.probs)


def test_a_vote_for_one_of_two_labels_is_heard_with_the_text(
    fitted: FittedMultiLabelText,
) -> None:
    texts = Topics(["sportd sporte w1 w2", "w1 w2 w3 w4"], hints(2), np.zeros((2, 3), dtype=bool))

    refined = fitted.predict(texts.reading)

    assert refined.probs[0, 0] > 0.8
    assert refined.probs[0, 1] < refined.probs[0, 0]
    assert (refined.probs[1, :2] < texts.reading.probs[1, :2]).all()


def hints(n_rows: int) -> VotePatterns:
    """Votes that a text is about sport or money."""
    weak = int(np.flatnonzero(LABELS.weak())[0])
    item = np.arange(n_rows)
    return VotePatterns.of(item, 0 * item, 0 * item + weak, n_rows)


def test_doubtful_rows_are_wrong_more_often(world: Topics) -> None:
    fitted = fit(world.reading, space_of(SHARES), Setting(drop=0.1))

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
    assert np.array_equal(mine.text_probs, theirs.text_probs)
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
