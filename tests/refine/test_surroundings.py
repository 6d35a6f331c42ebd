"""What stands around spans."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from tests.refine.spans import FALSE, SPACE, names_world, span_reading, spans_in

from labelmill.refine.contexts import Windows, calibrated, fit_contexts
from labelmill.refine.learning import odds_of, sigmoid
from labelmill.refine.reading import Setting
from labelmill.refine.runs import Tags
from labelmill.refine.surroundings import Shares, Surroundings, look_around

TAGS, SETTING = Tags.of(SPACE.labels), Setting()


@cache
def learned(**world: bool) -> Surroundings:
    found = look_around(names_world(**world).reading, TAGS, SETTING)
    assert found is not None
    return found


def test_a_word_that_is_no_name_is_found_out_by_what_stands_around_it() -> None:
    world = names_world()
    around = learned()

    probs = around.believed(world.reading, TAGS, SETTING)

    assert set(FALSE) <= {word for _, word in spans_in(world.reading, world.reading.probs)}
    assert (probs.argmax(axis=1) == world.truth).mean() > 0.97
    assert around.agreement > 0.5


def test_probabilities_sum_to_one_and_untouched_tokens_stay_as_they_are() -> None:
    world = names_world()

    probs = learned().believed(world.reading, TAGS, SETTING)

    assert np.allclose(probs.sum(axis=1), 1.0)
    assert probs.min() >= 0
    outside = world.reading.probs.argmax(axis=1) == 0
    assert np.array_equal(probs[outside], world.reading.probs[outside])


def test_all_tokens_of_a_span_are_doubted_alike() -> None:
    reading = span_reading(["w1 Dr Alo Ola said w2", "w1 this Alo Ola never w2"],
                           [(0, 6, 13), (1, 8, 15)])  # fmt: skip

    probs = learned().believed(reading, TAGS, SETTING)[:, 1]

    assert probs[2] == probs[3] > probs[8] == probs[9]


def test_words_that_say_nothing_do_not_set_spans_apart() -> None:
    assert learned(telling=False).agreement < learned().agreement / 2


def test_few_forms_teach_nothing() -> None:
    assert look_around(names_world(n_rows=20).reading, TAGS, SETTING) is None


def test_what_is_read_does_not_depend_on_the_other_rows() -> None:
    reading = names_world().reading
    around = learned()
    first = int(reading.batch.tokens.starts[10])
    few = span_reading(reading.batch.strings[:10], [])
    few = replace(few, probs=reading.probs[:first], patterns=reading.patterns.kept(
        np.arange(len(reading.probs)) < first))  # fmt: skip

    whole = around.believed(reading, TAGS, SETTING)[:first]

    assert np.array_equal(around.believed(few, TAGS, SETTING), whole)
    text = around.alone(few, TAGS, SETTING)
    assert np.allclose(text.sum(axis=1), 1.0)


def test_a_window_does_not_leave_its_text() -> None:
    windows = Windows.of(span_reading(["a b", "", "c"], []).batch)

    edge = len(windows.features) - 1
    assert windows.around.tolist() == [
        [edge, edge, edge],
        [edge, 0, edge],
        [1, edge, edge],
        [edge, edge, edge],
    ]


def test_a_model_learns_which_neighbour_tells() -> None:
    texts = ["Dr x", "an x"] * 50
    windows = Windows.of(span_reading(texts, []).batch)
    inside = np.tile([0.0, 1.0, 0.0, 0.0], 50)

    lifts = fit_contexts(windows, inside, np.ones(200)).lifts(windows)

    assert lifts[1] > 1 > -1 > lifts[3]


def test_calibration_finds_the_scale_of_lifts() -> None:
    rng = np.random.default_rng(0)
    lifts = rng.normal(size=20_000)
    inside = sigmoid(2 * lifts - 1)

    steep, shift = calibrated(lifts, inside, np.ones(len(lifts)))

    assert steep == pytest.approx(2, abs=0.01)
    assert shift + float(odds_of(inside.mean())) == pytest.approx(-1, abs=0.01)


def test_functions_whose_spans_are_doubted_get_a_smaller_share() -> None:
    finders = np.repeat(np.array([1, 2], dtype=np.uint64), 1000)
    lifts = np.concatenate([np.full(1000, 3.0), np.tile([3.0, -3.0], 500)])

    shares = Shares.of(finders, lifts)

    one, two, unknown = sigmoid(shares.odds_for(np.array([1, 2, 3], dtype=np.uint64)))
    assert one > unknown > two
    assert unknown == pytest.approx(shares.overall)
