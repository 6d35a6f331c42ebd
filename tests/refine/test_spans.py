"""The refinement for spans, as a whole."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from tests.refine.spans import FALSE, SPACE, TASK, names_world, span_reading, spans_in

from labelmill.aggregate.hmm import Hmm
from labelmill.core.protocols import VoteSpace
from labelmill.core.votes import Votes
from labelmill.refine.artifact import from_bytes, to_bytes
from labelmill.refine.reading import Known, Reading, Setting
from labelmill.refine.spans import FittedSpans, fit, sample_of

SETTING = Setting()
DISEASE = ["Myotonic Dystrophy (MD) is rare; MD runs in families .", "An MD wrote it ."]


def found_by(fitted: FittedSpans, reading: Reading) -> list[tuple[int, str]]:
    return spans_in(reading, fitted.predict(reading).probs)


def bracketed() -> Reading:
    return span_reading([text.replace("(MD)", "( MD )") for text in DISEASE], [(0, 0, 18)])


def test_an_abbreviation_carries_the_label_of_its_long_form_through_its_text() -> None:
    reading = bracketed()

    fitted = fit(reading, SPACE, SETTING)

    assert found_by(fitted, reading) == [(0, "Myotonic"), (0, "Dystrophy"), (0, "MD"), (0, "MD")]
    added = fitted.predict(reading).added
    assert len(added) == 2
    assert added.doc.tolist() == [0, 0]
    assert fitted.review.used
    assert "abbreviations" in fitted.review.why


def test_a_long_form_without_a_label_gives_none() -> None:
    reading = replace(bracketed(), probs=np.tile([0.9, 0.1], (17, 1)))
    reading = replace(reading, probs=reading.probs[: len(reading.batch.tokens.start)])

    fitted = fit(reading, SPACE, SETTING)

    assert not fitted.review.used
    assert np.array_equal(fitted.predict(reading).probs, reading.probs)


def test_a_short_form_of_several_tokens_is_one_span() -> None:
    text = "ataxia telangiectasia ( A-T ) and A-T"
    reading = span_reading([text], [(0, 0, 21)])
    bio = replace(TASK, tags="BIO")
    space = replace(SPACE, labels=bio.item_space(bio.space()))
    probs = np.zeros((7, 3))
    probs[:, 0] = 1.0
    probs[0] = [0.1, 0.9, 0.0]
    probs[1] = [0.1, 0.0, 0.9]

    refined = fit(replace(reading, probs=probs), space, SETTING).predict(
        replace(reading, probs=probs)
    )

    assert refined.probs.argmax(axis=1).tolist() == [1, 2, 0, 1, 0, 0, 1]
    assert refined.probs[3].tolist() == pytest.approx([0.1, 0.9, 0.0])


def test_words_that_are_no_names_are_told_but_not_taken_out_without_gold() -> None:
    world = names_world()

    fitted = fit(world.reading, SPACE, SETTING)

    assert not fitted.review.used
    assert np.array_equal(fitted.predict(world.reading).probs, world.reading.probs)
    assert any(f"'{word.lower()}'" in fitted.review.why for word in FALSE)
    assert 0.5 < fitted.review.measures["confirmed"] < 0.95


def test_words_that_are_no_names_are_taken_out_where_gold_shows_that_it_helps() -> None:
    world = names_world()

    fitted = fit(world.reading, SPACE, SETTING, Known(world.reading, world.truth))

    assert fitted.review.used
    before = [word for _, word in spans_in(world.reading, world.reading.probs) if word in FALSE]
    after = [word for _, word in found_by(fitted, world.reading) if word in FALSE]
    assert len(after) < len(before) / 5
    assert fitted.review.measures["gold_f1"] > fitted.review.measures["gold_f1_votes"] + 0.1


def test_what_gold_shows_of_one_word_is_too_little() -> None:
    world = names_world()
    words = np.array([word for text in world.reading.batch.strings for word in text.split()])
    hides = np.isin(words, FALSE[1:])
    gold = np.where(hides, world.reading.probs.argmax(axis=1), world.truth)
    rows = world.reading.batch.tokens.rows
    gold[np.isin(rows, rows[hides])] = -1

    fitted = fit(world.reading, SPACE, SETTING, Known(world.reading, gold))

    assert not fitted.review.used


def test_surroundings_that_say_nothing_speak_against_nothing() -> None:
    world = names_world(telling=False)

    fitted = fit(world.reading, SPACE, SETTING)

    assert "set them apart" in fitted.review.why
    assert np.array_equal(fitted.predict(world.reading).probs, world.reading.probs)


def test_more_agreement_may_be_asked_for() -> None:
    fitted = fit(names_world().reading, SPACE, Setting(min_agreement=1.0))

    assert "set them apart" in fitted.review.why


def test_gold_that_denies_what_surroundings_say_keeps_them_out() -> None:
    world = names_world()
    voted = world.reading.probs.argmax(axis=1)

    fitted = fit(world.reading, SPACE, SETTING, Known(world.reading, voted))

    assert not fitted.review.used
    assert fitted.review.measures["gold_f1"] == 1.0


def test_gold_rows_that_are_not_labeled_do_not_count() -> None:
    world = names_world()
    unknown = np.full(len(world.truth), -1)

    fitted = fit(world.reading, SPACE, SETTING, Known(world.reading, unknown))

    assert not fitted.review.used
    assert fitted.review.measures["gold_f1"] == 1.0


def test_abbreviations_that_gold_denies_stay_out() -> None:
    long = ["Myotonic Dystrophy", "Wilson Anemia", "Late Ataxia", "Hairy Tongue"]
    short = ["MD", "WA", "LA", "HT"]
    texts = [f"{one} ( {two} ) and {two}" for one, two in zip(long, short, strict=True)]
    reading = span_reading(texts, [(n, 0, len(one)) for n, one in enumerate(long)])

    fitted = fit(reading, SPACE, SETTING, Known(reading, reading.probs.argmax(axis=1)))

    assert not fitted.review.used
    assert "abbreviations make" in fitted.review.why


def test_a_long_form_that_ends_like_spans_do_has_their_label() -> None:
    texts = ["Wilson disease", "Hirsch disease", "an unknown Gaucher disease ( GD ) or GD"]
    texts += ["Graves disease"] * 3
    reading = span_reading(texts, [(n, 0, 14) for n in (0, 1, 3, 4, 5)])

    found = found_by(fit(reading, SPACE, SETTING), reading)

    assert [word for row, word in found if row == 2] == ["Gaucher", "disease", "GD", "GD"]


def test_an_abbreviation_that_all_texts_agree_on_is_known_beyond_them() -> None:
    texts = [f"{n} had von Willebrand disease ( VWD ) ." for n in range(3)]
    texts += ["VWD is not VWD-like", "a very wide disk ( VWD ) ! VWD"]
    reading = span_reading(texts, [(n, 6, 27) for n in range(3)])

    fitted = fit(reading, SPACE, SETTING)
    agreed = fit(span_reading(texts[:4], [(n, 6, 27) for n in range(3)]), SPACE, SETTING)

    assert [row for row, word in found_by(fitted, reading) if word == "VWD"] == [0, 1, 2]
    assert [row for row, word in found_by(agreed, reading) if word == "VWD"] == [0, 1, 2, 3]
    assert agreed.predict(reading).rests_on.tolist() == [1, 1, 1, 2, 0]


def test_rows_without_votes_stay_so_where_that_is_asked_for() -> None:
    texts = [f"{n} had von Willebrand disease ( VWD ) ." for n in range(3)] + ["VWD"]
    reading = span_reading(texts, [(n, 6, 27) for n in range(3)])

    fitted = fit(reading, SPACE, Setting(label_uncovered=False))

    assert [row for row, word in found_by(fitted, reading) if word == "VWD"] == [0, 1, 2]
    assert fitted.predict(reading).rests_on.tolist() == [1, 1, 1, 0]


def test_it_answers_the_same_once_written_and_read() -> None:
    world = names_world()
    fitted = fit(world.reading, SPACE, SETTING)

    data = to_bytes(fitted)
    again = from_bytes(data, SPACE, [FittedSpans])

    assert np.array_equal(again.predict(world.reading).probs, fitted.predict(world.reading).probs)
    assert to_bytes(again) == data == to_bytes(fit(world.reading, SPACE, SETTING))


def test_one_that_is_not_used_is_written_and_read_too() -> None:
    fitted = fit(span_reading(["a", ""], []), SPACE, SETTING)

    again = from_bytes(to_bytes(fitted), SPACE, [FittedSpans])

    assert again.review == fitted.review
    assert not again.review.used


@pytest.mark.parametrize("texts", [[], [""], ["", "a b"]])
def test_texts_without_spans_stay_without(texts: list[str]) -> None:
    reading = span_reading(texts, [])

    refined = fit(reading, SPACE, SETTING).predict(reading)

    assert np.array_equal(refined.probs, reading.probs)
    assert len(refined.added) == 0


def test_a_sample_holds_whole_rows_and_no_more_than_it_may() -> None:
    reading = names_world().reading

    few = sample_of(reading, 1000)

    assert 900 < len(few.probs) <= 1000
    assert len(few.batch.tokens.start) == len(few.probs) == len(few.patterns.index)
    assert len(few.groups) == len(few.batch)
    assert sample_of(reading) is reading


def corpus(corpora: Path, name: str, split: str, functions: list[str]) -> tuple[Any, ...]:
    table = pq.read_table(corpora / name / f"{split}.parquet").combine_chunks()
    reading = span_reading(table["text"].to_pylist(), [])
    rows = sorted(
        (functions.index(span["lf"]), text, span["start"], span["end"])
        for text, spans in enumerate(table["lf_spans"].to_pylist())
        for span in spans
    )
    parts = [
        Votes.of(number, [(t, s, e, 0, None) for f, t, s, e in rows if f == number])
        for number in range(len(functions))
    ]
    votes = Votes.joined(parts)
    patterns = TASK.patterns(votes, reading.batch, TASK.space(), len(functions))
    gold = {(t, s["start"], s["end"]) for t, row in enumerate(table["entities"].to_pylist())
            for s in row}  # fmt: skip
    return replace(reading, patterns=patterns), votes, gold


def f1_of(reading: Reading, votes: Votes, probs: Any, gold: set[tuple[int, int, int]]) -> float:
    read = TASK.read(probs, votes, reading.batch, TASK.space(), 0.0).answers["entities"]
    found = {(t, s["start"], s["end"]) for t, row in enumerate(read.to_pylist()) for s in row}
    return 200 * len(found & gold) / (len(found) + len(gold))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "gain"), [("ner_laptop", 0.3), ("ner_ncbi", 2.5)])
def test_refinement_loses_nothing_on_the_valid_split(corpora: Path, name: str, gain: float) -> None:
    table = pq.read_table(corpora / name / "train.parquet")["lf_spans"].to_pylist()
    functions = sorted({span["lf"] for row in table for span in row})
    space = VoteSpace(tuple(functions), SPACE.labels, SPACE.prior)
    train, _, _ = corpus(corpora, name, "train", functions)
    valid, votes, gold = corpus(corpora, name, "valid", functions)
    model = Hmm().fit(train.patterns, space)
    train, valid = (replace(each, probs=model.predict(each.patterns)) for each in (train, valid))

    refined = fit(train, space, SETTING).predict(valid)

    before = f1_of(valid, votes, valid.probs, gold)
    after = f1_of(valid, Votes.joined([votes, refined.added]), refined.probs, gold)
    assert after >= before + gain
