"""The hidden Markov model of spans: what it learns, and that nothing can break it."""

from itertools import pairwise, product

import numpy as np
import pytest
from tests.aggregate.worlds import Floats, Ints, patterns_of

from labelmill.aggregate.hmm import FittedHmm, Hmm, allowed_moves
from labelmill.aggregate.redundancy import discount, overlap, vote_pairs
from labelmill.aggregate.sequences import FLOOR, Chains, chains_of, expected, likelihoods
from labelmill.core.labels import LabelSpace, OneOf
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import Gold, VoteSpace
from labelmill.errors import BadParameter, UsageError

BIO = LabelSpace(("O", "B-ORG", "I-ORG", "B-PER", "I-PER"))
IO = LabelSpace(("O", "ORG", "PER"))


def space(n_functions: int, labels: LabelSpace = BIO) -> VoteSpace:
    names = tuple(f"f{i}" for i in range(n_functions))
    return VoteSpace(names, labels, np.full(len(labels), 1 / len(labels)))


def truth_of(n_items: int, length: int, seed: int) -> Ints:
    """BIO tags of texts of some length: spans of one or two tokens."""
    rng = np.random.default_rng(seed)
    tags = np.zeros(n_items, dtype=np.int64)
    for token in np.flatnonzero(rng.random(n_items) < 0.15):
        if tags[token] == 0 and tags[token - 1] == 0:
            kind = int(rng.integers(2))
            tags[token] = 1 + 2 * kind
            if (token + 1) % length and rng.random() < 0.5:
                tags[token + 1] = 2 + 2 * kind
    return tags


def voted(truth: Ints, rates: list[tuple[float, float]], seed: int) -> Ints:
    """Functions that find a span with one rate, and tag another token with another, [n, m]."""
    rng = np.random.default_rng(seed)
    columns = []
    for hit, false_alarm in rates:
        begins = np.isin(truth, (1, 3)) & (rng.random(len(truth)) < hit)
        inside = np.isin(truth, (2, 4)) & np.append(False, begins[:-1])
        alarm = (truth == 0) & (rng.random(len(truth)) < false_alarm)
        vote = np.where(begins | inside, truth, -1)
        columns.append(np.where(alarm, 1 + 2 * rng.integers(2, size=len(truth)), vote))
    votes = np.stack(columns, axis=1)
    votes[(votes < 0).all(axis=1)] = 0
    return votes


def tokens(votes: Ints, length: int) -> VotePatterns:
    return patterns_of(votes).in_sequences([length] * (len(votes) // length))


def right(probs: Floats, truth: Ints) -> float:
    """Share of tokens that are in a span, or said to be, whose tag is right."""
    best = probs.argmax(axis=1)
    spans = (truth > 0) | (best > 0)
    return float((best == truth)[spans].mean())


def enumerated(start: Floats, transition: Floats, likely: Floats) -> Floats:
    """Posteriors of one sequence from all its paths."""
    n_items, n_states = likely.shape
    total = np.zeros_like(likely)
    for path in product(range(n_states), repeat=n_items):
        chance = start[path[0]] * np.prod([transition[a, b] for a, b in pairwise(path)])
        chance *= np.prod(likely[np.arange(n_items), path])
        total[np.arange(n_items), path] += chance
    normalised: Floats = total / total.sum(axis=1, keepdims=True)
    return normalised


def test_forward_and_backward_give_what_all_paths_give() -> None:
    rng = np.random.default_rng(0)
    lengths = [3, 1, 5, 0, 3]
    start, transition = rng.dirichlet(np.ones(3)), rng.dirichlet(np.ones(3), size=3)
    transition[0] = [0.5, 0.5, 0.0]
    likely = rng.random((sum(lengths), 3))
    bounds = np.append(0, np.cumsum(lengths))
    patterns = patterns_of(np.zeros((sum(lengths), 1), int)).in_sequences(lengths)

    (chains,) = chains_of(patterns, 3)
    found = expected(chains, start, transition, likely[chains.item])

    probs = np.empty_like(likely)
    probs[chains.item] = found.probs
    for first, last in pairwise(bounds.tolist()):
        if first < last:
            wanted = enumerated(start, transition, likely[first:last])
            np.testing.assert_allclose(probs[first:last], wanted, atol=1e-12)
    assert found.moves.sum() == pytest.approx(sum(max(n - 1, 0) for n in lengths))
    assert found.moves[0, 2] == 0


def test_sequences_are_read_together_however_many_parts_they_come_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    votes = voted(truth_of(600, 12, 1), [(0.6, 0.02), (0.5, 0.1)], 2)
    question = tokens(votes, 12)
    fitted = Hmm().fit(question, space(2))
    whole = fitted.predict(question)

    monkeypatch.setattr("labelmill.aggregate.sequences.NUMBERS", 100)

    assert len(list(chains_of(question, 5))) > 20
    np.testing.assert_allclose(fitted.predict(question), whole, atol=1e-12)
    np.testing.assert_allclose(Hmm().fit(question, space(2)).predict(question), whole, atol=1e-12)


def test_a_long_text_neither_underflows_nor_overflows() -> None:
    n_items = 20_000
    chains = Chains.of(np.array([0]), np.array([n_items]))
    scores = np.tile([[-5000.0, 0.0], [0.0, -5000.0]], (n_items // 2, 1))

    found = expected(
        chains, np.array([1.0, 0.0]), np.array([[0.9, 0.1], [0.0, 1.0]]), likelihoods(scores)
    )

    assert np.isfinite(found.probs).all()
    np.testing.assert_allclose(found.probs.sum(axis=1), 1)
    assert likelihoods(scores).min() == pytest.approx(np.exp(FLOOR))


def test_a_distrusted_noisy_function_does_not_win_against_many_that_are_silent() -> None:
    truth = truth_of(6000, 20, 3)
    votes = voted(truth, [(0.2, 0.3), *[(0.8, 0.005)] * 5], 4)

    probs = Hmm(trust=0.7).fit(tokens(votes, 20), space(6)).predict(tokens(votes, 20))

    alone = (votes[:, 0] > 0) & (votes[:, 1:] < 0).all(axis=1)
    assert alone.sum() > 500
    assert (probs[alone, 0] > 0.5).mean() > 0.99


def test_distrust_beats_majority_vote_where_functions_look_for_the_same() -> None:
    truth = truth_of(6000, 20, 5)
    votes = voted(truth, [(0.7, 0.01), (0.7, 0.02), (0.3, 0.15), (0.3, 0.15)], 6)
    question = tokens(votes, 20)

    probs = Hmm(trust=0.7).fit(question, space(4)).predict(question)

    votes_for = (votes[:, :, None] == np.arange(5)).sum(axis=1)
    assert right(probs, truth) > right(votes_for.astype(np.float64), truth) + 0.15


@pytest.mark.parametrize("n_iter", [1, 5, 40])
def test_many_iterations_do_not_turn_it_around(n_iter: int) -> None:
    truth = truth_of(3000, 20, 7)
    votes = voted(truth, [(0.6, 0.01), (0.5, 0.02), (0.4, 0.05)], 8)
    question = tokens(votes, 20)

    probs = Hmm(n_iter=n_iter).fit(question, space(3)).predict(question)

    votes_for = (votes[:, :, None] == np.arange(5)).sum(axis=1)
    assert right(probs, truth) >= right(votes_for.astype(np.float64), truth)


def test_its_weights_rank_functions_by_their_precision() -> None:
    truth = truth_of(6000, 20, 9)
    votes = voted(truth, [(0.5, 0.01), (0.5, 0.05), (0.5, 0.2)], 10)

    weights = Hmm(trust=0.7).fit(tokens(votes, 20), space(3)).weights()

    assert weights[0] > weights[1] > weights[2] + 0.1


def test_no_span_begins_inside() -> None:
    votes = np.array([[2, 2], [0, 0], [0, 0], [2, 2], [0, 0], [1, 1], [4, 4], [0, 0]])
    question = tokens(votes, 4)

    probs = Hmm().fit(question, space(2)).predict(question)

    assert probs[0, 2] == 0
    assert probs[4, 2] == 0
    assert np.isfinite(probs).all()
    moves = allowed_moves(BIO)
    assert moves[:, 2].tolist() == [False, True, True, False, False]
    assert moves[:, [0, 1, 3]].all()
    assert allowed_moves(IO).all()


def test_gold_corrects_what_agreement_gets_wrong() -> None:
    truth = truth_of(4000, 20, 11)
    votes = voted(truth, [(0.5, 0.02), (0.3, 0.2)], 12)
    wrong = (truth == 0) & (np.random.default_rng(13).random(len(truth)) < 0.1)
    votes[wrong] = 1
    question = tokens(votes, 20)
    n_known = 2000
    known = Gold(tokens(votes[:n_known], 20), truth[:n_known])

    without = Hmm().fit(question, space(2)).predict(question)[n_known:]
    with_gold = Hmm(gold_weight=100).fit(question, space(2), known).predict(question)[n_known:]

    assert right(with_gold, truth[n_known:]) > right(without, truth[n_known:]) + 0.1
    assert "gold counts" in Hmm().fit(question, space(2), known).why


def test_gold_changes_nothing_where_what_it_teaches_is_wrong_elsewhere() -> None:
    # Between two spans stands "O" in three texts of five, and else a name that nobody finds.
    votes = np.zeros((100, 2), dtype=np.int64)
    votes[[40, 42]] = 1
    rows = np.tile(votes, (500, 1))
    truth = rows[:, 0].copy()
    middles = np.arange(500) * 100 + 41
    truth[middles[np.arange(500) % 5 < 2]] = 1
    known = Gold(tokens(rows, 100), truth)

    fitted = Hmm().fit(known.patterns, space(2), known)
    believed = Hmm(gold_weight=0).fit(known.patterns, space(2), known)

    assert "gold changes nothing" in fitted.why
    assert [trial.name for trial in fitted.tried] == ["without gold", "with gold"]
    assert fitted.tried[0].score > fitted.tried[1].score
    probs = fitted.predict(known.patterns)
    assert (probs == believed.predict(known.patterns)).all()
    assert not probs[middles].argmax(axis=1).any()


def test_copies_of_a_function_count_less() -> None:
    truth = truth_of(6000, 20, 14)
    votes = voted(truth, [(0.6, 0.02), (0.6, 0.02), (0.4, 0.08)], 15)
    copied = np.hstack([votes, votes[:, [2]], votes[:, [2]], votes[:, [2]]])
    question = tokens(copied, 20)

    def alike(redundancy: float) -> FittedHmm:
        return Hmm(redundancy=redundancy).fit(question, space(6))

    assert not alike(0).overlap.any()
    found = alike(1).overlap
    assert found[2:, 2:][~np.eye(4, dtype=bool)].min() > 0.9
    assert found[:2, 2:].max() < 0.5
    conflict = patterns_of(np.array([[1, 1, 3, 3, 3, 3]])).in_sequences([1])
    counted, discounted = (alike(how).predict(conflict)[0, 1] for how in (0, 1))
    assert discounted > counted


def test_exact_copies_count_as_one_and_a_lone_vote_fully() -> None:
    patterns = patterns_of(np.array([[1, 1, 1], [1, -1, -1]]))

    less = discount(patterns, np.ones((3, 3)) - np.eye(3))

    by_pattern = np.bincount(patterns.pattern_of_vote(), 1 - less)
    np.testing.assert_allclose(by_pattern, [1.0, 1.0])


def test_functions_that_never_vote_overlap_with_none() -> None:
    assert overlap(np.zeros((2, 2)), np.zeros((2, 3)), np.zeros(3)).tolist() == [[0, 0], [0, 0]]


def test_pairs_of_votes_come_in_parts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    patterns = patterns_of(np.random.default_rng(0).integers(-1, 2, (50, 6)))
    whole = [np.concatenate(side) for side in zip(*vote_pairs(patterns), strict=True)]

    monkeypatch.setattr("labelmill.aggregate.redundancy.PAIRS", 20)
    parts = list(vote_pairs(patterns))

    assert len(parts) > 5
    for side, wanted in zip(zip(*parts, strict=True), whole, strict=True):
        assert np.concatenate(side).tolist() == wanted.tolist()


def test_votes_for_one_of_several_labels_leave_the_choice_to_others() -> None:
    labels = IO.including([OneOf(("ORG", "PER"))])
    votes = np.array([[0, 0], [3, 1], [0, 0], [3, 2], [0, 0], [3, -1]] * 40)
    question = tokens(votes, 6)

    probs = Hmm().fit(question, space(2, labels)).predict(question)

    assert probs.argmax(axis=1)[:4].tolist() == [0, 1, 0, 2]
    assert probs[5, 0] < 0.5
    np.testing.assert_allclose(probs[5, 1], probs[5, 2], atol=1e-3)


@pytest.mark.parametrize("n_functions", [1, 2])
def test_functions_that_only_say_outside_leave_everything_outside(n_functions: int) -> None:
    question = tokens(np.zeros((20, n_functions), dtype=np.int64), 5)

    probs = Hmm().fit(question, space(n_functions)).predict(question)

    assert (probs[:, 0] > 0.9).all()


def test_more_functions_than_tokens_and_very_many_tags_are_no_trouble() -> None:
    names = ("O", *(f"{prefix}-{i}" for i in range(200) for prefix in "BI"))
    votes = np.full((12, 40), -1)
    votes[::3, :3] = [1, 1, 7]
    votes[1::3] = 0
    question = tokens(votes, 6)

    probs = Hmm().fit(question, space(40, LabelSpace(names))).predict(question)

    assert np.isfinite(probs).all()
    assert (probs[::3].argmax(axis=1) == 1).all()
    np.testing.assert_allclose(probs.sum(axis=1), 1)


def test_tokens_without_their_order_are_refused() -> None:
    fitted = Hmm().fit(tokens(np.zeros((4, 2), dtype=np.int64), 2), space(2))

    with pytest.raises(UsageError, match="reads tokens in their order"):
        Hmm().fit(patterns_of(np.zeros((2, 4), int)), space(4))
    with pytest.raises(UsageError, match="reads tokens in their order"):
        fitted.predict(patterns_of(np.zeros((2, 2), int)))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("n_iter", 0),
        ("trust", 0.0),
        ("trust", 1.1),
        ("strength", 0.0),
        ("silence", 1.5),
        ("redundancy", -0.1),
        ("gold_weight", -1),
    ],
)
def test_a_parameter_out_of_range_is_refused(field: str, value: float) -> None:
    with pytest.raises(BadParameter, match=f"^{field}: "):
        Hmm(**{field: value})  # type: ignore[arg-type]
