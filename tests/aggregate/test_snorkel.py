"""snorkel's LabelModel, compared with snorkel itself."""

import numpy as np
import pytest
import torch
from snorkel.labeling.model import LabelModel
from tests.aggregate.worlds import ABSTAIN, patterns_of, space_of, world

from labelmill.aggregate.snorkel import Snorkel
from labelmill.errors import BadParameter

SEEN = world([0.9, 0.7, 0.6, 0.8], [0.7, 0.5, 0.9, 0.2], balance=(0.2, 0.5, 0.3), seed=2)
BALANCE = [0.2, 0.5, 0.3]


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_patterns_with_counts_give_what_snorkel_gives_on_the_rows(optimizer: str) -> None:
    theirs = LabelModel(cardinality=3, verbose=False)
    theirs.fit(
        SEEN.votes,
        class_balance=BALANCE,
        seed=7,
        n_epochs=200,
        lr=0.02,
        l2=0.1,
        optimizer=optimizer,
        progress_bar=False,
    )
    ours = Snorkel(n_epochs=200, lr=0.02, l2=0.1, optimizer=optimizer)  # type: ignore[arg-type]

    patterns = SEEN.patterns()
    fitted = ours.fit(patterns, SEEN.space(balance=BALANCE, seed=7))

    probs = fitted.predict(patterns)[patterns.index]
    np.testing.assert_allclose(probs, theirs.predict_proba(SEEN.votes), atol=1e-6)
    assert np.abs(fitted.weights() - theirs.get_weights()).max() < 1e-6


def test_it_finds_which_functions_are_good() -> None:
    seen = world([0.9, 0.6, 0.75, 0.9], [0.8] * 4, n_items=5000, seed=3)

    weights = Snorkel(n_epochs=500).fit(seen.patterns(), seen.space()).weights()

    assert weights is not None
    assert weights[[0, 3]].min() > weights[2] > weights[1]


def test_the_seed_decides_the_start() -> None:
    patterns = SEEN.patterns()

    first, same, other = (
        Snorkel().fit(patterns, SEEN.space(seed=seed)).predict(patterns) for seed in (1, 1, 2)
    )

    assert (first == same).all()
    assert (first != other).any()


def test_the_state_of_torch_stays() -> None:
    torch.manual_seed(5)
    before, threads = torch.get_rng_state(), torch.get_num_threads()

    Snorkel().fit(SEEN.patterns(), SEEN.space())

    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads


def test_an_uncovered_item_is_not_given_the_most_common_label() -> None:
    votes = SEEN.votes.copy()
    votes[0] = ABSTAIN
    patterns = patterns_of(votes)

    probs = Snorkel().fit(patterns, SEEN.space(balance=BALANCE)).predict(patterns)

    np.testing.assert_allclose(probs[patterns.index[0]], BALANCE)


def test_two_functions_are_refused_with_what_to_do() -> None:
    with pytest.raises(BadParameter, match="has 2; add some, or take majority or dawid_skene"):
        Snorkel().fit(patterns_of(SEEN.votes[:, :2]), space_of(3, 2))


def test_a_label_without_a_share_is_refused_by_name() -> None:
    with pytest.raises(BadParameter, match=r"class_balance: .*'l1' has 0"):
        Snorkel().fit(SEEN.patterns(), SEEN.space(balance=[0.5, 0.0, 0.5]))


def test_a_training_that_diverges_is_an_error_not_nonsense() -> None:
    with pytest.raises(BadParameter, match="lr: training diverged"):
        Snorkel(lr=1e20).fit(SEEN.patterns(), SEEN.space())


@pytest.mark.parametrize(
    ("field", "value"),
    [("n_epochs", 0), ("lr", 0.0), ("l2", -1.0), ("prec_init", 0.0), ("mu_eps", 0.5)],
)
def test_a_parameter_out_of_range_is_refused(field: str, value: float) -> None:
    with pytest.raises(BadParameter, match=f"^{field}: "):
        Snorkel(**{field: value})  # type: ignore[arg-type]
