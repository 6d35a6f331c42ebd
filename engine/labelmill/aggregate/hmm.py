"""The `hmm` type: a hidden Markov model over the tags of tokens."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from labelmill.aggregate.calibration import folds_of
from labelmill.aggregate.evidence import Cells, Floats, covered, log, member_shares
from labelmill.aggregate.hmm_counts import (
    Bools,
    Counts,
    Sample,
    check_sequences,
    untouched_by_any,
)
from labelmill.aggregate.known import clearly_more, part
from labelmill.aggregate.redundancy import discount, overlap
from labelmill.aggregate.sequences import (
    added_up,
    chains_of,
    expected,
    likelihoods,
)
from labelmill.aggregate.story import Trial
from labelmill.core.labels import LabelSpace
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import SPAN, Gold, Unit, VoteSpace
from labelmill.core.registry import LABEL_MODELS
from labelmill.errors import BadParameter

TRUST = 0.7
"""How often a vote is taken to be right before anything is known of it."""
TABLES = ("start", "transition", "votes", "silence", "nobody", "overlap", "precision")


@LABEL_MODELS.add("hmm")
@dataclass(frozen=True, slots=True)
class Hmm:
    """Learn which tags follow each other, and what each function's votes and silence are worth.

    Only for ner. A hidden Markov model (Rabiner 1989; for weak labels Nguyen et al. 2017 and
    Lison et al. 2020) whose states are the tags. It is fitted by expectation-maximisation
    (Rabiner's equations 40b and 40c), started from majority vote; a text may
    begin with any tag as anywhere else. Under BIO tags an I- tag stands only after the B- or I-
    tag of its label; every other sequence stays possible, so no text can break a run. BIO tags
    (`task.tags`) keep neighbours apart.

    What a vote says is a *lift*: how much more often a tag is true where a function votes so than
    it is everywhere, P(tag | vote) / P(tag), by Bayes' rule the same as P(vote | tag) / P(vote).
    These shares are drawn to a vote that is mostly right, by a weight of `strength` tokens; so
    functions that know a single label, and those that vote seldom, cannot be turned around. A
    token that no function touches is a single event, whatever the number of functions. Silence
    beside another function's vote has a lift of its own, against that of all touched tokens.

    Votes alone do not tell a noisy function from one that knows what no other knows: both are
    seldom confirmed. By default every vote is believed at the start, and so lone votes mostly
    stand. With `trust` below 1 (0.7, say) those that are seldom confirmed may be outvoted by the
    silence of the others; that is right where functions look for the same things, and loses much
    where each looks for its own. Gold tells which it is.

    Functions that find the same more often than the tags explain (not those with like names) are
    taken for copies in part and count less together (`redundancy`); a lone vote counts fully.
    Votes for one of several labels are understood. Few iterations are enough; many drift away
    from the votes. A class balance is not used; an item without any vote gets it, as always.

    With gold the tokens of gold rows are counted with their true tags, each as `gold_weight`
    tokens, beside what the model expects of all others. That need not help: true tags also teach
    that now and then a token is part of a span which no function touches, and neighbours of spans
    are then taken in. So gold is used only if clearly more tokens of gold texts are right where
    the model has not seen them (five folds, by the standard error over texts).

    Attributes:
        n_iter: iterations of EM.
        strength: weight, in tokens, of the assumption that a vote is mostly right.
        trust: how far a lone vote is believed at the start, more than 0 and at most 1.
        silence: how much silence beside another function's vote counts; 0 ignores it.
        redundancy: how much less copies of a function count; 0 ignores them, 1 counts all as one.
        gold_weight: how many tokens a token of known tag counts for.

    Example:
        >>> from labelmill.core.labels import LabelSpace
        >>> labels = LabelSpace(("O", "B-ORG", "I-ORG"))
        >>> space = VoteSpace(("f", "g"), labels, np.full(3, 1 / 3))
        >>> votes = VotePatterns.of_matrix(
        ...     np.array([[0, 0], [1, 1], [2, 2], [0, 0], [1, -1], [0, 0]]), 3
        ... ).in_sequences([4, 2])
        >>> Hmm().fit(votes, space).predict(votes).argmax(axis=1).tolist()
        [0, 1, 2, 0, 1, 0]
    """

    n_iter: int = 2
    strength: float = 10.0
    trust: float = 1.0
    silence: float = 1.0
    redundancy: float = 0.1
    gold_weight: float = 100.0

    learns_from_gold: ClassVar[bool] = True
    version: ClassVar[int] = 2
    units: ClassVar[frozenset[Unit]] = SPAN
    sequential: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.n_iter < 1:
            raise BadParameter("n_iter", f"is {self.n_iter}; give 1 or more")
        if not 0 < self.strength < np.inf:
            raise BadParameter("strength", f"is {self.strength}; give more than 0")
        if not 0 < self.trust <= 1:
            raise BadParameter("trust", f"is {self.trust}; give more than 0 and at most 1")
        for name in ("silence", "redundancy"):
            if not 0 <= getattr(self, name) <= 1:
                raise BadParameter(name, f"is {getattr(self, name)}; give 0 to 1")
        if not 0 <= self.gold_weight < np.inf:
            raise BadParameter("gold_weight", f"is {self.gold_weight}; give 0 or more")

    def fit(
        self, patterns: VotePatterns, space: VoteSpace, gold: Gold | None = None
    ) -> "FittedHmm":
        """Run EM on all texts.

        Raises:
            UsageError: if the patterns are not those of tokens in their order.
        """
        sample = Sample.of(patterns, space)
        beliefs = sample.majority(space, self.trust)
        found = sample.given(lambda item: beliefs[patterns.index[item]])
        fitted = self._maximise(found, space)
        for _ in range(self.n_iter):
            found = sample.expect(fitted)
            fitted = self._maximise(found, space)
        if gold is None:
            return fitted
        return self._taught(fitted, found, space, gold)

    def _taught(
        self, fitted: "FittedHmm", found: "Counts", space: VoteSpace, gold: Gold
    ) -> "FittedHmm":
        """A model that gold teaches, if gold that it has not seen says that it is better."""

        def taught(some: Gold) -> FittedHmm:
            rows = np.eye(len(space.labels))
            known = Sample.of(some.patterns, space).given(lambda item: rows[some.labels[item]])
            return self._maximise(found.plus(known, self.gold_weight), space)

        folds = folds_of(gold)
        before = fitted.predict(gold.patterns).argmax(axis=1) == gold.labels
        after = np.zeros_like(before)
        for fold in np.unique(folds).tolist():
            held_out = part(gold, folds == fold)
            probs = taught(part(gold, folds != fold)).predict(held_out.patterns)
            after[folds == fold] = probs.argmax(axis=1) == held_out.labels
        tried = (
            Trial("without gold", round(float(before.mean()), 4)),
            Trial("with gold", round(float(after.mean()), 4)),
        )
        where = ", ".join(f"{trial.name} {trial.score:.1%}" for trial in tried)
        if clearly_more(before, after, gold):
            said = "gold counts: what it teaches foretells other gold clearly better"
            fitted = taught(gold)
        else:
            said = (
                "gold changes nothing: what it teaches does not foretell other gold clearly better"
            )
        return replace(fitted, tried=tried, why=f"{said} (tokens right out of sample: {where})")

    @classmethod
    def restore(cls, parameters: Mapping[str, Any], space: VoteSpace) -> "FittedHmm":
        """Rebuild it from its tables."""
        n_functions, n_labels = len(space.functions), len(space.labels)
        shapes = {
            "votes": (n_functions, len(space.labels.sets), n_labels),
            "silence": (n_functions, n_labels),
            "overlap": (n_functions, n_functions),
        }
        tables: dict[str, Any] = {
            name: np.array(parameters[name], dtype=np.float64) for name in TABLES
        }
        for name, shape in shapes.items():
            tables[name] = tables[name].reshape(shape)
        return FittedHmm(**tables, prior=space.prior)

    def _maximise(self, counts: "Counts", space: VoteSpace) -> "FittedHmm":
        """Shares of the counts with pseudo-counts, and their logarithms against those of all."""
        allowed = allowed_moves(space.labels)
        uniform = np.full(len(allowed), 1 / len(allowed))
        everywhere = _shares(counts.touched + counts.nobody, uniform)
        around = _shares(counts.touched, everywhere)
        assumed = TRUST * member_shares(space.labels) + (1 - TRUST) * everywhere
        silent = np.maximum(counts.touched - counts.fired, 0.0)
        moves = counts.moves + allowed * everywhere
        start = everywhere * allowed[0]  # as anywhere: texts that begin with a span are few
        base = log(everywhere)
        return FittedHmm(
            start / start.sum(),
            moves / moves.sum(axis=1, keepdims=True),
            log(_shares(counts.votes, assumed, self.strength)) - base,
            self.silence * (log(_shares(silent, around, self.strength)) - log(around)),
            log(_shares(counts.nobody, assumed[0], self.strength)) - base,
            self.redundancy
            * overlap(counts.together, counts.fired[:, 1:], (counts.touched + counts.nobody)[1:]),
            _precision(counts.votes, self.strength, space.labels),
            space.prior,
        )


@dataclass(frozen=True, slots=True)
class FittedHmm:
    """A hidden Markov model at work.

    `start` [n_tags] and `transition` [n_tags, n_tags] are probabilities; `votes` [n_functions,
    n_sets, n_tags], `silence` [n_functions, n_tags] beside other votes and `nobody` [n_tags] are
    log lifts; `overlap` [n_functions, n_functions] says how far functions are copies of each
    other, `precision` [n_functions] how often their votes are right; `prior` [n_tags] is for
    items without votes. `tried` and `why` tell what gold was worth.
    """

    start: Floats
    transition: Floats
    votes: Floats
    silence: Floats
    nobody: Floats
    overlap: Floats
    precision: Floats
    prior: Floats
    tried: tuple[Trial, ...] = ()
    why: str = "it was asked for"

    sequential: ClassVar[bool] = True

    def predict(self, patterns: VotePatterns) -> Floats:
        """Posteriors of the tags of each token, [n_items, n_tags].

        Raises:
            UsageError: if the patterns are not those of tokens in their order.
        """
        check_sequences(patterns)
        n_functions, n_sets, n_tags = self.votes.shape
        spoken = Cells.of_functions(patterns, n_functions)
        likely = self.likely(patterns, Cells.of(patterns, n_functions, n_sets), spoken)
        probs = np.empty((len(patterns.index), n_tags))
        for chains in chains_of(patterns, n_tags):
            seen = likely[patterns.index[chains.item]]
            probs[chains.item] = expected(chains, self.start, self.transition, seen).probs
        probs[~covered(patterns)[patterns.index]] = self.prior
        return probs

    def likely(self, patterns: VotePatterns, cells: Cells, spoken: Cells) -> Floats:
        """Likelihood of each pattern under each tag, [n_patterns, n_tags], up to a factor.

        Args:
            patterns: the patterns.
            cells: their votes.
            spoken: the functions that voted in each.
        """
        scores = cells.summed(self.votes) - spoken.summed(self.silence[:, None])
        scores += self.silence.sum(axis=0)
        if self.overlap.any():
            less = discount(patterns, self.overlap)[:, None]
            lifts = self.votes[patterns.function, patterns.label] * less
            scores -= added_up(patterns.pattern_of_vote(), lifts, len(patterns))
        scores[untouched_by_any(patterns, len(self.votes))] = self.nobody
        scores[~covered(patterns)] = 0.0
        return likelihoods(scores)

    def weights(self) -> Floats:
        """Estimated share of right votes (other than for "O") of each function, [n_functions]."""
        return self.precision

    def parameters(self) -> dict[str, Any]:
        """All tables."""
        return {name: getattr(self, name).tolist() for name in TABLES}


def allowed_moves(labels: LabelSpace) -> Bools:
    """Which tag may follow which, [n_tags, n_tags]: I- only its own B- or I-.

    Example:
        >>> allowed_moves(LabelSpace(("O", "B-ORG", "I-ORG"))).astype(int).tolist()
        [[1, 1, 0], [1, 1, 1], [1, 1, 1]]
    """
    names = labels.names
    allowed = np.ones((len(names), len(names)), dtype=np.bool_)
    for tag, name in enumerate(names):
        begin = f"B-{name[2:]}"
        if name.startswith("I-") and begin in names:
            allowed[:, tag] = [before in (name, begin) for before in names]
    return allowed


def _shares(counts: Floats, assumed: Floats, strength: float = 1.0) -> Floats:
    """Counts as shares over the tags, with some assumed shares that weigh so many tokens."""
    shares: Floats = (counts + strength * assumed) / (counts.sum(axis=-1, keepdims=True) + strength)
    return shares


def _precision(votes: Floats, strength: float, labels: LabelSpace) -> Floats:
    """Share of the votes for tags other than "O" that agree with the tag, [n_functions]."""
    found = votes[:, np.arange(len(labels.sets)) > 0]
    right = np.where(labels.membership()[1:], found, 0.0).sum(axis=(1, 2))
    precision: Floats = (right + strength * TRUST) / (found.sum(axis=(1, 2)) + strength)
    return precision
