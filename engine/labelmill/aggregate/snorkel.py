"""The `snorkel` type: snorkel's LabelModel (the only file of the wing that imports it)."""

import random  # noqa: TID251 (snorkel seeds it; its state is kept and put back)
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from labelmill.aggregate.evidence import Cells, Floats, covered, log, softmax
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import BOTH, Gold, Unit, VoteSpace
from labelmill.core.registry import LABEL_MODELS
from labelmill.errors import BadParameter

LEAST_FUNCTIONS = 3


@LABEL_MODELS.add("snorkel")
@dataclass(frozen=True, slots=True)
class Snorkel:
    """Fit snorkel's LabelModel: find the accuracies that explain how votes agree.

    The parameters are those of snorkel 0.10 (`LabelModel.fit`), with its defaults; the class
    balance is that of the job, uniform where none is given. It is fitted on distinct vote
    patterns and their counts, which gives what snorkel gives on the rows, with memory for the
    patterns only. It needs three labeling functions or more, takes them to be independent, and
    knows no votes for one of several labels (`one_of`, `not`): such a job is refused.

    An item without votes gets the class balance. Here, unlike in snorkel, that never makes it
    labeled.

    Attributes:
        n_epochs: steps of the optimiser.
        lr: learning rate.
        l2: weight of the pull towards the start.
        optimizer: `sgd`, `adam` or `adamax`.
        lr_scheduler: how the learning rate falls: `constant`, `linear`, `exponential`, `step`.
        prec_init: precision that every function is taken to have at the start.
        mu_eps: keep learned probabilities this far from 0 and 1; by default it depends on the
            number of items.

    Example:
        >>> Snorkel(n_epochs=500, lr=0.001).optimizer
        'sgd'
    """

    n_epochs: int = 100
    lr: float = 0.01
    l2: float = 0.0
    optimizer: Literal["sgd", "adam", "adamax"] = "sgd"
    lr_scheduler: Literal["constant", "linear", "exponential", "step"] = "constant"
    prec_init: float = 0.7
    mu_eps: float | None = None

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = BOTH
    sequential: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.n_epochs < 1:
            raise BadParameter("n_epochs", f"is {self.n_epochs}; give 1 or more")
        if not 0 < self.lr < np.inf:
            raise BadParameter("lr", f"is {self.lr}; give more than 0")
        if not 0 <= self.l2 < np.inf:
            raise BadParameter("l2", f"is {self.l2}; give 0 or more")
        if not 0 < self.prec_init <= 1:
            raise BadParameter("prec_init", f"is {self.prec_init}; give a share above 0, up to 1")
        if self.mu_eps is not None and not 0 < self.mu_eps < 0.5:
            raise BadParameter("mu_eps", f"is {self.mu_eps}; give a number between 0 and 0.5")

    def fit(
        self,
        patterns: VotePatterns,
        space: VoteSpace,
        gold: Gold | None = None,  # noqa: ARG002 (nothing to learn from it)
    ) -> "FittedSnorkel":
        """Train the LabelModel on one thread; the global random states stay as they were.

        Raises:
            BadParameter: if there are fewer than three functions, a function votes for one of
                several labels, a label has no share in the class balance, or training diverges.
        """
        self.check(space)
        self._check_votes(patterns, space)
        shape = (len(space.functions), len(space.labels), len(space.labels))
        if not len(patterns.label):
            return FittedSnorkel(
                np.full(shape, 1 / len(space.labels)), space.prior, space.prior[:0]
            )
        moments = _moments(patterns, space)
        with _undisturbed():
            mu = _train(self, moments, int(patterns.counts.sum()), space)
        conditional = mu.astype(np.float64).reshape(shape)
        coverage = moments.diagonal().reshape(shape[:2]).sum(axis=1)
        return FittedSnorkel(conditional, space.prior, self._accuracy(conditional, coverage, space))

    @classmethod
    def restore(cls, parameters: Mapping[str, Any], space: VoteSpace) -> "FittedSnorkel":
        """Rebuild it from its tables; snorkel itself is not needed."""
        n_labels = len(space.labels)
        conditional = np.array(parameters["conditional"], dtype=np.float64)
        return FittedSnorkel(
            conditional.reshape(len(space.functions), n_labels, n_labels),
            space.prior,
            np.array(parameters["accuracy"], dtype=np.float64),
        )

    def check(self, space: VoteSpace) -> None:
        """Refuse a job that snorkel cannot learn from, before anything is voted on.

        Raises:
            BadParameter: if there are fewer than three labeling functions, or a label has no share.
        """
        if len(space.functions) < LEAST_FUNCTIONS:
            message = (
                f"snorkel needs at least {LEAST_FUNCTIONS} labeling functions and this job has "
                f"{len(space.functions)}; add some, or take majority or dawid_skene"
            )
            raise BadParameter("type", message)
        if (space.prior <= 0).any():
            name = space.labels.names[int(space.prior.argmin())]
            message = f"snorkel needs a share above 0 for every label, and '{name}' has 0"
            raise BadParameter("class_balance", message)

    def _check_votes(self, patterns: VotePatterns, space: VoteSpace) -> None:
        wide = patterns.function[patterns.label >= len(space.labels)]
        if len(wide):
            message = (
                f"snorkel knows votes for single labels only, and '{space.functions[wide.min()]}' "
                "votes for one of several; take majority or dawid_skene"
            )
            raise BadParameter("type", message)

    def _accuracy(self, conditional: Floats, coverage: Floats, space: VoteSpace) -> Floats:
        """What snorkel's get_weights says; a function that never voted keeps `prec_init`."""
        right = np.einsum("fll,l->f", conditional, space.prior)
        seen = coverage > 0
        accuracy = np.clip(right / np.where(seen, coverage, 1.0), 1e-6, 1.0)
        return np.where(seen, accuracy, self.prec_init)


@dataclass(frozen=True, slots=True)
class FittedSnorkel:
    """A trained LabelModel: `conditional` [n_functions, n_labels voted, n_labels true]."""

    conditional: Floats
    prior: Floats
    accuracy: Floats

    sequential: ClassVar[bool] = False

    def predict(self, patterns: VotePatterns) -> Floats:
        """What snorkel's predict_proba says, in logarithms, [n_patterns, n_labels]."""
        n_functions, n_labels, _ = self.conditional.shape
        evidence = Cells.of(patterns, n_functions, n_labels).summed(log(self.conditional))
        probs = softmax(evidence, log(self.prior))
        probs[~covered(patterns)] = self.prior
        return probs

    def weights(self) -> Floats | None:
        """Estimated accuracy of each function, [n_functions]; None where nothing was voted."""
        return self.accuracy if len(self.accuracy) else None

    def parameters(self) -> dict[str, Any]:
        """Tables and accuracies."""
        return {"conditional": self.conditional.tolist(), "accuracy": self.accuracy.tolist()}


def _moments(patterns: VotePatterns, space: VoteSpace) -> Floats:
    """How often two votes come together, [n_functions * n_labels] twice: snorkel's matrix O.

    A function with several votes on one item (only tokens can) is taken to cast the last.
    """
    from scipy.sparse import csr_array  # noqa: PLC0415 (heavy)

    n_cells = len(space.functions) * len(space.labels)
    last = np.append(patterns.first_of_function()[1:], True)
    cell = patterns.function[last] * len(space.labels) + patterns.label[last]
    offsets = np.append(0, np.cumsum(last))[patterns.indptr]
    votes = csr_array((np.ones(len(cell)), cell, offsets), shape=(len(patterns), n_cells))
    weighed = votes.multiply(patterns.counts[:, None]).tocsr()
    together: Floats = (weighed.T @ votes).toarray() / patterns.counts.sum()
    return together


def _train(
    setting: Snorkel, moments: Floats, n_items: int, space: VoteSpace
) -> npt.NDArray[np.float32]:
    """Learn mu, [n_functions * n_labels, n_labels], from how often votes come together."""
    import torch  # noqa: PLC0415 (heavy)
    from snorkel.labeling.model import LabelModel  # noqa: PLC0415 (heavy)

    class Weighted(LabelModel):  # type: ignore[misc]
        """All that it learns from a matrix of votes is how often two come together."""

        def _generate_O(self, L: Any, higher_order: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002, N802, N803 (snorkel's)
            self._get_augmented_label_matrix(L)  # it also says which row is whose
            self.d, self.n = len(moments), n_items
            self.O = torch.from_numpy(moments).float()

    model = Weighted(cardinality=len(space.labels), verbose=False)
    options: dict[str, Any] = {
        "n_epochs": setting.n_epochs,
        "lr": setting.lr,
        "l2": setting.l2,
        "optimizer": setting.optimizer,
        "lr_scheduler": setting.lr_scheduler,
        "prec_init": setting.prec_init,
        "mu_eps": setting.mu_eps,
        "seed": space.seed % 2**32,
    }
    matrix = np.zeros((1, len(space.functions)), dtype=np.int64)  # for its shape alone
    try:
        model.fit(matrix, class_balance=space.prior.tolist(), progress_bar=False, **options)
    except Exception as error:  # snorkel raises nothing more precise when the loss is NaN
        if "NaN" not in str(error):
            raise
        message = f"training diverged at {setting.lr}; give a lower learning rate"
        raise BadParameter("lr", message) from error
    mu: npt.NDArray[np.float32] = model.mu.detach().numpy()
    return mu


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Run on one torch thread, quietly, and put back the global random states afterwards."""
    python = random.getstate()
    legacy = np.random.get_state()  # noqa: NPY002 (snorkel draws from it)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch  # noqa: PLC0415 (heavy)

        threads, generator = torch.get_num_threads(), torch.get_rng_state()
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            torch.set_rng_state(generator)
            np.random.set_state(legacy)  # noqa: NPY002 (the same)
            random.setstate(python)
