"""The guard: what it lets pass and what it stops."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pytest
from tests.aggregate.worlds import ABSTAIN, Floats, World, one_sided_world, world

from labelmill.aggregate.dawid_skene import DawidSkene
from labelmill.aggregate.guard import examine
from labelmill.aggregate.majority import Majority
from labelmill.aggregate.seen import MOST
from labelmill.aggregate.story import Finding
from labelmill.core.labels import LabelSpace
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import Gold, VoteSpace

SOUND = world([0.8, 0.75, 0.85, 0.7], [0.6, 0.7, 0.5, 0.6], n_items=2000)
DRIFTING = [[0.1, 0.9, 0], [0, 1, 0], [0.1, 0.3, 0.6]]
SEVERAL = world([0.8, 0.7, 0.9], [0.6, 0.7, 0.5], balance=(0.3, 0.4, 0.3), n_items=2000)


@dataclass(frozen=True)
class Told:
    """A fitted model that turns majority vote into something else."""

    space: VoteSpace
    matrix: Floats
    converged: bool = True

    sequential: ClassVar[bool] = False

    def predict(self, patterns: VotePatterns) -> Floats:
        shares: Floats = Majority().fit(patterns, self.space).predict(patterns)
        answers: Floats = np.eye(len(self.matrix))[shares.argmax(axis=1)] @ self.matrix
        return answers

    def weights(self) -> None:
        return None

    def parameters(self) -> dict[str, Any]:
        return {}


def codes(found: tuple[Finding, ...], *, fatal: bool = True) -> set[str]:
    return {finding.code for finding in found if finding.fatal == fatal}


def of_matrix(seen: World, matrix: Any, **known: Any) -> tuple[Finding, ...]:
    space = seen.space(known.pop("balance", None))
    told = Told(space, np.array(matrix, dtype=np.float64), **known)
    return examine(told, seen.patterns(), space)


@pytest.mark.parametrize("seen", [SOUND, SEVERAL])
@pytest.mark.parametrize("model", [Majority(), DawidSkene()])
def test_nothing_is_found_where_all_is_well(seen: World, model: Any) -> None:
    space, patterns = seen.space(), seen.patterns()

    assert examine(model.fit(patterns, space), patterns, space) == ()


@pytest.mark.parametrize(
    ("matrix", "code"),
    [
        ([[np.nan, 1], [0, 1]], "not_finite"),
        ([[0.5, 0.6], [0, 1]], "not_a_distribution"),
        ([[1.5, -0.5], [0, 1]], "not_a_distribution"),
        ([[1, 0, 0], [0, 1, 0]], "not_finite"),
    ],
)
def test_answers_that_are_no_distributions_are_fatal(matrix: Any, code: str) -> None:
    assert codes(of_matrix(SOUND, matrix)) == {code}


def test_a_label_for_everything_is_fatal() -> None:
    assert {"one_label", "lost_label"} <= codes(of_matrix(SOUND, [[0.1, 0.9], [0.1, 0.9]]))


def test_a_lost_label_is_named() -> None:
    found = of_matrix(SEVERAL, [[0, 1, 0], [0, 1, 0], [0, 0, 1]])

    assert "lost_label" in codes(found)
    assert any("'l0' is lost" in finding.message for finding in found)


def test_a_label_may_be_as_rare_as_the_job_says() -> None:
    lost = [[0.1, 0.9], [0.05, 0.95]]

    assert codes(of_matrix(SOUND, lost, balance=(0.01, 0.99))) == set()
    assert "lost_label" in codes(of_matrix(SOUND, lost, balance=(0.5, 0.5)))


def test_gold_shows_how_rare_a_label_is() -> None:
    space, patterns = SOUND.space(), SOUND.patterns()
    told = Told(space, np.array([[0.1, 0.9], [0.05, 0.95]]))
    labels = np.where(np.arange(500) < 5, 0, 1)
    gold = Gold(VotePatterns.of_matrix(SOUND.votes[:500], 2), labels)

    assert codes(examine(told, patterns, space)) >= {"lost_label"}
    assert codes(examine(told, patterns, space, gold)) == set()


def test_the_opposite_of_the_votes_is_fatal() -> None:
    assert {"mostly_flipped", "disagreement"} <= codes(of_matrix(SOUND, [[0, 1], [1, 0]]))


def test_of_three_labels_one_function_may_be_seen_through() -> None:
    seen = world([0.85, 0.9, 0.85, 0.05], [0.9] * 4, balance=(0.3, 0.4, 0.3), n_items=2000)
    space, patterns = seen.space(), seen.patterns()

    found = examine(DawidSkene().fit(patterns, space), patterns, space)

    assert codes(found) == set()
    assert {finding.function for finding in found} == {"f3"}
    assert "below_chance" in codes(found, fatal=False)


def test_other_labels_than_those_of_functions_that_go_together_are_fatal() -> None:
    assert codes(of_matrix(SEVERAL, DRIFTING)) == {"drifted"}
    assert codes(of_matrix(SEVERAL, DRIFTING, balance=(0.2, 0.6, 0.2))) == set()


def test_a_model_may_contradict_some_majorities_of_several_labels() -> None:
    mild = [[0.45, 0.55, 0], [0, 1, 0], [0, 0, 1]]
    turned = [[0.3, 0.7, 0], [0, 0.4, 0.6], [0.7, 0, 0.3]]

    assert codes(of_matrix(SEVERAL, mild)) == set()
    assert "disagreement" in codes(of_matrix(SEVERAL, mild), fatal=False)
    assert "disagreement" in codes(of_matrix(SEVERAL, turned))


def test_a_fit_that_did_not_settle_is_told() -> None:
    found = of_matrix(SOUND, np.eye(2), converged=False)

    assert codes(found, fatal=False) == {"not_converged"}


def test_functions_that_say_nothing_are_told() -> None:
    votes = np.hstack([SOUND.votes, np.full((2000, 1), ABSTAIN), np.ones((2000, 1), dtype=int)])
    seen = World(SOUND.truth, votes, 2)

    found = of_matrix(seen, np.eye(2))

    assert {(f.code, f.function) for f in found} >= {("silent", "f4"), ("constant", "f5")}
    assert codes(found) == set()


def test_sources_that_vote_by_chance_are_named() -> None:
    seen = world([0.85, 0.8, 0.85, 0.5], [0.6] * 4, n_items=4000)

    found = of_matrix(seen, np.eye(2))

    assert [(f.code, f.function) for f in found if f.function] == [("dead", "f3")]


def test_mostly_dead_sources_are_told_and_no_fault_of_the_model() -> None:
    seen = world([0.9, 0.9, *[0.5] * 6], [0.7] * 8, n_items=4000)

    found = of_matrix(seen, np.eye(2))

    assert "mostly_dead" in codes(found, fatal=False)


def test_many_functions_of_no_use_are_told_at_the_top() -> None:
    seen = SOUND
    votes = np.hstack([seen.votes, np.full((len(seen.votes), 2), ABSTAIN, dtype=seen.votes.dtype)])
    space = VoteSpace(tuple("abcdef"), LabelSpace(("ham", "spam")), np.array([0.5, 0.5]))
    patterns = VotePatterns.of_matrix(votes, 2)
    found = examine(Majority().fit(patterns, space), patterns, space)
    told = next(each for each in found if each.code == "many_useless")
    assert "2 of 6 functions say nothing" in told.message
    assert not told.fatal


def test_sources_in_two_camps_are_told() -> None:
    seen = world([0.9, 0.9, 0.1, 0.1], [0.9] * 4, n_items=2000)

    assert "mostly_contradictory" in codes(of_matrix(seen, np.eye(2)), fatal=False)


def test_functions_that_know_a_single_label_are_judged_too() -> None:
    sound = [(0, 0.6, 0.1), (0, 0.5, 0.1), (1, 0.6, 0.1), (1, 0.5, 0.1)]
    seen = one_sided_world([*sound, (1, 0.3, 0.3)])

    found = of_matrix(seen, np.eye(2))

    assert [(f.code, f.function) for f in found if f.function] == [("dead", "f4")]


def test_votes_for_a_single_label_are_told() -> None:
    seen = one_sided_world([(1, 0.6, 0.1), (1, 0.5, 0.1)])

    found = of_matrix(seen, np.eye(2))

    assert codes(found, fatal=False) >= {"single_label"}
    assert codes(found) == set()


def test_a_handful_of_items_may_look_like_anything() -> None:
    few = world([0.9, 0.9], [0.9, 0.9], n_items=20)

    assert of_matrix(few, [[0, 1], [0, 1]]) == ()


def test_of_many_items_a_sample_is_looked_at() -> None:
    many = world([0.7] * 40, [0.5] * 40, n_items=MOST + 10_000)

    assert of_matrix(many, np.eye(2)) == ()
    assert "one_label" in codes(of_matrix(many, [[0, 1], [0, 1]]))


@dataclass(frozen=True)
class Tagger:
    """A sequential model that answers for each token."""

    answer: tuple[float, float] = (0.0, 1.0)
    asked: list[int] = field(default_factory=list)

    sequential: ClassVar[bool] = True

    def predict(self, patterns: VotePatterns) -> Floats:
        self.asked.append(len(patterns.index))
        return np.tile(np.array(self.answer), (len(patterns.index), 1))

    def weights(self) -> None:
        return None

    def parameters(self) -> dict[str, Any]:
        return {}


def tokens(n_items: int) -> VotePatterns:
    seen = world([0.95, 0.9], [0.15, 0.1], balance=(0.5, 0.5), n_items=n_items)
    votes = np.where(seen.votes == 0, ABSTAIN, seen.votes)
    patterns = VotePatterns.of_matrix(votes, 2).voicing_silence(2, 0)
    return patterns.in_sequences([10] * (n_items // 10))


def test_of_tokens_only_those_with_votes_count() -> None:
    space = VoteSpace(("f", "g"), LabelSpace(("O", "PER")), np.array([0.5, 0.5]))

    assert codes(examine(Tagger((0.0, 1.0)), tokens(2000), space)) == set()
    assert "lost_label" in codes(examine(Tagger((1.0, 0.0)), tokens(2000), space))


def test_of_many_texts_every_nth_is_looked_at() -> None:
    space = VoteSpace(("f", "g"), LabelSpace(("O", "PER")), np.array([0.5, 0.5]))
    tagger = Tagger((1.0, 0.0))

    found = examine(tagger, tokens(2 * MOST), space)

    assert tagger.asked == [MOST]
    assert "lost_label" in codes(found)
