"""The `skweak_hmm` type: skweak's HMM (the only file of the wing that imports it)."""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from labelmill.aggregate.evidence import Floats, check_weights, covered, named_weights
from labelmill.core.labels import LabelSpace
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import SPAN, Gold, Unit, VoteSpace
from labelmill.core.registry import LABEL_MODELS
from labelmill.errors import BadParameter, UsageError

OUTSIDE = "O"
NEVER = -60.0
"""Log likelihood, below the best state's, of a state that no function votes for."""

Codes = npt.NDArray[np.int32]


@LABEL_MODELS.add("skweak_hmm")
@dataclass(frozen=True, slots=True)
class SkweakHmm:
    """Fit skweak's hidden Markov model: true tags follow each other, and functions report them.

    Only for ner. The parameters are those of skweak 0.3.3, with its defaults, and the same texts
    and spans give the same probabilities as skweak itself. As there, a function that finds
    something in a text says "O" on all its other tokens, and one that finds nothing in a text
    says nothing about it; functions whose names begin or end alike are taken to be correlated and
    count less (`redundancy_factor`). BIO tags did better than IO tags (`task.tags`).

    Three things differ, so that no text can break a run. A tag that no function votes for is next
    to impossible instead of impossible. Votes for one of several labels are understood. A function
    that found nothing in the fit is believed as far as skweak's start values go. Tokens of a text
    in which no function found anything are "O"; a class balance is not used.

    Attributes:
        n_iter: most iterations of EM; few, because more drift away from the votes.
        tol: stop when the log likelihood grows by less than this.
        redundancy_factor: how much less correlated functions count; 0 ignores correlation.
        weights: a map from labeling function to weight, 1 where not given; 0 leaves it out.

    Example:
        >>> SkweakHmm(n_iter=2).redundancy_factor
        0.1
    """

    n_iter: int = 4
    tol: float = 0.01
    redundancy_factor: float = 0.1
    weights: Mapping[str, float] = field(default_factory=dict)

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = SPAN
    sequential: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.n_iter < 1:
            raise BadParameter("n_iter", f"is {self.n_iter}; give 1 or more")
        if not 0 <= self.tol < np.inf:
            raise BadParameter("tol", f"is {self.tol}; give 0 or more")
        if not 0 <= self.redundancy_factor < np.inf:
            message = f"is {self.redundancy_factor}; give 0 or more"
            raise BadParameter("redundancy_factor", message)
        check_weights(self.weights)

    def fit(
        self,
        patterns: VotePatterns,
        space: VoteSpace,
        gold: Gold | None = None,  # noqa: ARG002 (nothing to learn from it)
    ) -> "FittedSkweakHmm":
        """Run skweak's EM on all texts.

        Raises:
            BadParameter: if the labels are no tags, or a weight names no function.
            UsageError: if the patterns are not those of tokens in their order.
        """
        weight = named_weights(self.weights, space.functions)
        observed = _observed(patterns, space.labels, len(space.functions))
        with _quiet():
            model = _model(self, weight, space)
            frames = [frame for _, frame in _frames(observed, patterns, weight, space.functions)]
            _train(model, frames, self.n_iter, self.tol, space.functions)
            spare = _model(self, weight, space)
            _train(spare, [], 1, self.tol, space.functions)
        return FittedSkweakHmm(
            model.hmm.startprob_,
            model.hmm.transmat_,
            np.stack([_of(name, model, spare).emit_probs[name] for name in space.functions]),
            np.stack([_of(name, model, spare).weights[name] for name in space.functions]),
            np.array(
                [_precision(_of(n, model, spare).emit_counts[n], space) for n in space.functions]
            ),
            weight,
            space,
        )

    @classmethod
    def restore(cls, parameters: Mapping[str, Any], space: VoteSpace) -> "FittedSkweakHmm":
        """Rebuild it from its tables."""
        doubles = {
            name: np.array(parameters[name], dtype=np.float64)
            for name in ("start", "transition", "emission", "precision", "initial_weight")
        }
        return FittedSkweakHmm(
            doubles["start"],
            doubles["transition"],
            doubles["emission"],
            np.array(parameters["weight"], dtype=np.float32),
            doubles["precision"],
            doubles["initial_weight"],
            space,
        )


@dataclass(frozen=True, slots=True)
class FittedSkweakHmm:
    """A trained HMM.

    `start` [n_tags], `transition` [n_tags, n_tags], `emission` [n_functions, n_tags, n_sets],
    `weight` [n_functions, n_sets], `precision` and `initial_weight` [n_functions].
    """

    start: Floats
    transition: Floats
    emission: Floats
    weight: npt.NDArray[np.float32]
    precision: Floats
    initial_weight: Floats
    space: VoteSpace

    sequential: ClassVar[bool] = True

    def predict(self, patterns: VotePatterns) -> Floats:
        """Posteriors of the tags of each token, [n_items, n_tags].

        Raises:
            UsageError: if the patterns are not those of tokens in their order.
        """
        observed = _observed(patterns, self.space.labels, len(self.space.functions))
        probs = np.zeros((len(observed), len(self.space.labels)))
        probs[:, 0] = 1.0
        with _quiet():
            model = self._model()
            for rows, frame in _frames(
                observed, patterns, self.initial_weight, self.space.functions
            ):
                probs[rows] = model.get_posteriors(model.to_one_hots(frame))
        silent = ~covered(patterns)[patterns.index]
        probs[silent] = self.space.prior
        normalised: Floats = probs / probs.sum(axis=1, keepdims=True)
        return normalised

    def weights(self) -> Floats:
        """Estimated share of right tags (other than "O") of each function, [n_functions]."""
        return self.precision

    def parameters(self) -> dict[str, Any]:
        """All tables."""
        return {
            "start": self.start.tolist(),
            "transition": self.transition.tolist(),
            "emission": self.emission.tolist(),
            "weight": self.weight.tolist(),
            "precision": self.precision.tolist(),
            "initial_weight": self.initial_weight.tolist(),
        }

    def _model(self) -> Any:
        model = _model(SkweakHmm(), self.initial_weight, self.space)
        model.hmm.startprob_, model.hmm.transmat_ = self.start, self.transition
        model.emit_probs = dict(zip(self.space.functions, self.emission, strict=True))
        model.emit_counts = model.emit_probs
        model.weights = dict(zip(self.space.functions, self.weight, strict=True))
        return model


def _model(setting: SkweakHmm, weight: Floats, space: VoteSpace) -> Any:
    """Make skweak's HMM, with our tags for states and our label sets for observations."""
    import skweak.generative  # noqa: PLC0415 (heavy)

    class Hmm(skweak.generative.HMM):  # type: ignore[misc]
        """The same model; some of its steps are faster, and no text is impossible under it."""

        def _get_vote_matrix(self, include_underspec: bool = True) -> Any:  # noqa: ARG002, FBT001, FBT002 (skweak's)
            return super()._get_vote_matrix(include_underspec=True)

        def _get_log_likelihood(self, X: Any) -> Any:  # noqa: N803 (skweak's)
            logs = super()._get_log_likelihood(X)
            return np.maximum(logs, logs.max(axis=1, keepdims=True) + NEVER)

        def to_one_hots(self, obs: Any) -> dict[str, npt.NDArray[np.bool_]]:
            eye = np.eye(len(self.observed_labels), dtype=np.bool_)
            return {source: eye[obs[source].to_numpy()] for source in obs.columns}

    scheme, tags = _tags(space.labels)
    weights = dict(zip(space.functions, weight.tolist(), strict=True))
    model = Hmm("hmm", ["0"], scheme, weights, setting.redundancy_factor)
    wide = {
        f"set-{i}": {tags[member] for member in members}
        for i, members in enumerate(space.labels.sets[len(tags) :])
    }
    model.out_labels = tags
    model.observed_labels = [*tags, *wide]
    model.label_groups = wide
    return model


def _tags(labels: LabelSpace) -> tuple[str, list[str]]:
    """The scheme of some tags, and a neutral tag for each, such as "B-0" for "B-ORG".

    Raises:
        BadParameter: if the labels are no tags.
    """
    outside, *names = labels.names
    if outside != OUTSIDE or not names:
        message = "skweak_hmm reads the tags of tokens, so it works in ner tasks only"
        raise BadParameter("type", message)
    parts = [name.partition("-") for name in names]
    types = list(dict.fromkeys(name for _, _, name in parts))
    if all((f"B-{name}" in names and f"I-{name}" in names) for name in types):
        return "BIO", [OUTSIDE, *(f"{prefix}-{types.index(name)}" for prefix, _, name in parts)]
    return "IO", [OUTSIDE, *(f"I-{i}" for i in range(len(names)))]


def _observed(patterns: VotePatterns, labels: LabelSpace, n_functions: int) -> Codes:
    """What each function says of each token, [n_items, n_functions], 0 (= "O") where silent.

    Under BIO an I- tag that does not go on from a tag of its label begins a span: it is a B- tag.
    """
    if patterns.sequences is None or patterns.sequences[-1] != len(patterns.index):
        raise UsageError("skweak_hmm reads tokens in their order; give patterns with sequences")
    observed = patterns.dense(n_functions, abstain=0)[patterns.index]
    scheme, tags = _tags(labels)
    if scheme == "IO" or not len(observed):
        return observed
    before = np.zeros_like(observed)
    before[1:] = observed[:-1]
    before[patterns.sequences[:-1][np.diff(patterns.sequences) > 0]] = 0
    for inside, tag in enumerate(tags):
        if tag.startswith("I-"):
            begin = tags.index(f"B-{tag[2:]}")
            orphan = (observed == inside) & (before != inside) & (before != begin)
            observed[orphan] = begin
    return observed


def _frames(
    observed: Codes, patterns: VotePatterns, weight: Floats, functions: tuple[str, ...]
) -> Iterator[tuple[slice, Any]]:
    """A table for each text in which some function found something: tokens by those functions."""
    import pandas as pd  # noqa: PLC0415 (heavy)

    bounds = () if patterns.sequences is None else pairwise(patterns.sequences.tolist())
    for first, last in bounds:
        rows = slice(first, last)
        found = np.flatnonzero((observed[rows] > 0).any(axis=0) & (weight > 0))
        if len(found):
            names = [functions[i] for i in found]
            yield rows, pd.DataFrame(observed[rows, found], columns=names)


def _train(
    model: Any, frames: list[Any], n_iter: int, tol: float, functions: tuple[str, ...]
) -> None:
    """Do what skweak's `_fit` does, silently and over functions in their order.

    Without texts it leaves the start values of all functions.
    """
    found = {name for frame in frames for name in frame.columns}
    sources = [name for name in functions if name in found or not frames]
    model._reset_counts(sources)
    model._add_mv_counts(frames)
    model._do_mstep_latent()
    model._do_mstep_emissions()
    before = -np.inf
    for _ in range(n_iter if frames else 0):
        model._reset_counts(sources)
        now = sum(model._accumulate_statistics(model.to_one_hots(frame)) for frame in frames)
        model._do_mstep_latent()
        model._do_mstep_emissions()
        if now - before < tol:
            break
        before = now


def _of(name: str, model: Any, spare: Any) -> Any:
    """The model that knows a function: the trained one, or else the one of start values."""
    return model if name in model.emit_probs else spare


def _precision(counts: Floats, space: VoteSpace) -> float:
    """Share of a function's tags (not "O") that agree with the state, from [n_tags, n_sets]."""
    members = space.labels.membership().T
    right = np.where(members, counts, 0.0)[:, 1:].sum()
    return float(right / counts[:, 1:].sum())


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep skweak's warnings, and its change of the warning filters, to itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
