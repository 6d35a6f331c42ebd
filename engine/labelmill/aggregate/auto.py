"""The `auto` type: a label model that can be left alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from labelmill.aggregate.correction import Correction, correction_of
from labelmill.aggregate.evidence import Cells, Floats, agreed, covered, favouring, log, softmax
from labelmill.aggregate.hmm import Hmm
from labelmill.aggregate.moments import MOST, Meetings, Skills, skills_of
from labelmill.aggregate.story import Finding, Trial
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import BOTH, Gold, LabelModel, Unit, VoteSpace
from labelmill.core.registry import LABEL_MODELS

ROUNDS = 2
"""Rounds of EM after the moments; more would walk away from where they start."""
STRENGTH = 400.0
"""So many votes of a function does what moments tell of it weigh."""
TALKATIVE = 0.98
"""No function is taken to speak more often than this, so that silence is never impossible."""
DOUBT = 3.0
"""Standard errors by which skills may be greater than estimated before a lone vote is overruled."""
COPIES = 3.0
"""Standard errors from which on two functions agree too often to be independent."""
OPPOSED = 0.1
CONTRADICTED = 0.5
UNLIKE = 0.18
SMALLEST = 1e-9


@LABEL_MODELS.add("auto")
@dataclass(frozen=True, slots=True)
class Auto:
    """Do what is best on average and never far worse than majority vote.

    One robust model rather than a choice among many: without gold, whatever one chooses by
    (likelihood, stability, agreement) chooses worse than a fixed model.

    Skills of functions and the balance of labels come in closed form from how often pairs of
    functions agree (labelmill.aggregate.moments). They start a naive Bayes model: a vote v of
    function j has P(v | label c) = r (u [c in v] / pi(v) + 1 - u), with r the share of items on
    which it votes so, u its skill, and pi the balance; silence is evidence too. Two rounds of EM
    then count how often each vote goes with each label, held close to where they started. A
    function whose votes agree with others more often than the labels explain is a copy of them,
    and counts for 1 / (1 + its surplus of agreement). A label that nobody votes for wins nowhere.

    Where all votes on an item agree on a label, the item keeps it, unless it would lose it even
    if each function were three standard errors better than estimated, and the balance half as
    uneven: votes are overruled by what is known, never by a guess. Where many functions clearly
    go against the others, and the model sides against majority vote on most items, nobody can
    tell which side is right, and majority vote is used; also where pairs agree much less than
    any skills explain.

    With gold, logistic regressions on the votes start from what is believed without it, and gold
    pays for each step away (see labelmill.aggregate.correction). They are used if they foretell
    gold that they have not seen significantly better, and change labels if no fewer are right
    there. Then it is also known which side is right.

    In ner `auto` is `hmm`.

    Example:
        >>> from labelmill.core.labels import LabelSpace
        >>> space = VoteSpace(("f", "g"), LabelSpace(("ham", "spam")), np.array([0.5, 0.5]))
        >>> votes = VotePatterns.of_matrix(np.array([[0, -1], [0, 0], [1, 1], [-1, 1]]), 2)
        >>> Auto().fit(votes, space).predict(votes).argmax(axis=1)[votes.index].tolist()
        [0, 0, 1, 1]
    """

    learns_from_gold: ClassVar[bool] = True
    version: ClassVar[int] = 2
    units: ClassVar[frozenset[Unit]] = BOTH
    sequential: ClassVar[bool] = False

    def fit(
        self, patterns: VotePatterns, space: VoteSpace, gold: Gold | None = None
    ) -> "FittedAuto":
        """Estimate skills, take two rounds of EM, and look at what came out."""
        fitted = self._without_gold(patterns, space)
        if gold is None:
            return fitted
        shape = len(space.functions), len(space.labels.sets)
        verdict = correction_of(gold, fitted.predict, shape)
        if verdict.correction is not None:
            fitted = replace(
                fitted, correction=verdict.correction, findings=_harmless(fitted.findings)
            )
        return replace(fitted, tried=verdict.tried, why=verdict.why)

    def _without_gold(self, patterns: VotePatterns, space: VoteSpace) -> "FittedAuto":
        n_labels, n_sets = len(space.labels), len(space.labels.sets)
        meetings = Meetings.of(patterns, len(space.functions), n_labels)
        skills = skills_of(meetings, space)
        naive = _Naive.of(patterns, meetings, skills, space)
        tables = naive.learned(patterns, Cells.of(patterns, len(space.functions), n_sets))
        reach = np.minimum(skills.skill + DOUBT / np.sqrt(skills.known), MOST)
        fitted = FittedAuto(
            tables.scores,
            tables.silence,
            skills.skill,
            np.maximum(reach, skills.skill),
            tables.weight,
            skills.balance,
            naive.rate,
            space.labels.membership(),
            space.prior,
        )
        return fitted.judged(patterns, skills)

    def for_unit(self, unit: Unit) -> LabelModel:
        """The model that is fitted for votes of a kind."""
        return self if unit == "document" else Hmm()

    @classmethod
    def restore(cls, parameters: Mapping[str, Any], space: VoteSpace) -> "FittedAuto":
        """Rebuild it from its tables."""
        members = space.labels.membership()
        shape = (len(space.functions), *members.shape)
        told = {name: np.array(parameters[name], dtype=np.float64) for name in _SAVED}
        found = parameters["correction"]
        return FittedAuto(
            told["scores"].reshape(shape),
            told["silence"],
            told["skill"],
            told["reach"],
            told["weight"],
            told["balance"],
            told["rate"].reshape(shape[:2]),
            members,
            space.prior,
            None if found is None else Correction.of(found),
        )


_SAVED = ("scores", "silence", "skill", "reach", "weight", "balance", "rate")


@dataclass(frozen=True, slots=True)
class FittedAuto:
    """A naive Bayes model at work.

    `scores` [n_functions, n_sets, n_labels] is what a vote adds to the log score of each label,
    `silence` [n_labels] what all functions add by saying nothing. `skill` and `reach`
    [n_functions] are skills as estimated and at the most, `weight` [n_functions] how much of a
    function is no copy of others, `rate` [n_functions, n_sets] the share of items on which each
    vote is cast. `members` [n_sets, n_labels] says which labels a vote allows; `prior` [n_labels]
    is for items without votes.
    """

    scores: Floats
    silence: Floats
    skill: Floats
    reach: Floats
    weight: Floats
    balance: Floats
    rate: Floats
    members: npt.NDArray[np.bool_]
    prior: Floats
    correction: Correction | None = None
    findings: tuple[Finding, ...] = ()
    tried: tuple[Trial, ...] = ()
    why: str = "without gold it is one robust model: skills from agreement, then EM"

    sequential: ClassVar[bool] = False
    answers_for: ClassVar[frozenset[str]] = frozenset(
        {"disagreement", "drifted", "balance", "lost_label"}
    )

    def predict(self, patterns: VotePatterns) -> Floats:
        """Probabilities, [n_patterns, n_labels]."""
        cells = Cells.of(patterns, *self.scores.shape[:2])
        scores = cells.summed(self.scores) + self.silence + log(self.balance)
        known = self.rate.sum(axis=0) @ self.members > 0  # labels that anybody votes for
        scores = favouring(scores, np.broadcast_to(known, scores.shape))
        allowed = agreed(patterns, self.members) & (self.prior > 0)
        allowed &= self._kept(cells, allowed)[:, None]
        probs = softmax(favouring(scores, allowed))
        probs[~covered(patterns)] = self.prior
        return probs if self.correction is None else self.correction.applied(patterns, probs)

    def weights(self) -> Floats:
        """Estimated accuracy of each function's votes, [n_functions]: it knows, or is lucky."""
        lucky = self.members @ self.balance
        votes = self.rate + SMALLEST
        share: Floats = (votes @ lucky) / votes.sum(axis=1)
        return self.skill + (1 - self.skill) * share

    def parameters(self) -> dict[str, Any]:
        """Everything that was learned."""
        correction = None if self.correction is None else self.correction.parameters()
        saved = {name: getattr(self, name).tolist() for name in _SAVED}
        return {**saved, "correction": correction}

    def judged(self, patterns: VotePatterns, skills: Skills) -> "FittedAuto":
        """The same, with what speaks against it: sides that cannot be told, and strange votes."""
        found = [*_outnumbered(skills), *_unlike(skills)]
        contradicted = _contradicted(self.predict(patterns), patterns, self.members)
        if skills.opposed > OPPOSED and contradicted > CONTRADICTED and not skills.outnumbered:
            message = (
                f"functions with {skills.opposed:.0%} of the votes go against the others, and it "
                f"would overrule majority vote on {contradicted:.0%} of the items: which side is "
                "right cannot be told without gold"
            )
            found.append(Finding("opposed", message, value=skills.opposed, fatal=True))
        return replace(self, findings=tuple(found))

    def _kept(self, cells: Cells, allowed: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Where the label that all votes agree on stays the best if skills are at the most."""
        uneven = np.sqrt(self.balance)
        uneven /= uneven.sum()
        best = possible(self.rate[:, :, None] * coin(self.reach, uneven, self.members))
        scores = cells.summed(self.weight[:, None, None] * log(best)) + np.log(uneven)
        within = np.where(allowed, scores, -np.inf).max(axis=1, initial=-np.inf)
        kept: npt.NDArray[np.bool_] = within >= scores.max(axis=1, initial=-np.inf)
        return kept


@dataclass(frozen=True, slots=True)
class _Naive:
    """Where EM starts from: what moments tell of each vote.

    `rate` [n_functions, n_sets] is the share of items on which each vote is cast, `like`
    [n_functions, n_sets, n_labels] is P(vote | label), 0 where no such vote was cast.
    """

    meetings: Meetings
    rate: Floats
    like: Floats
    balance: Floats
    members: npt.NDArray[np.bool_]

    @classmethod
    def of(
        cls, patterns: VotePatterns, meetings: Meetings, skills: Skills, space: VoteSpace
    ) -> "_Naive":
        members = space.labels.membership()
        each = patterns.pattern_of_vote()
        cell = patterns.function.astype(np.int64) * len(members) + patterns.label
        size = len(space.functions) * len(members)
        counts = np.bincount(cell, patterns.counts[each].astype(np.float64), minlength=size)
        rate = counts.reshape(len(space.functions), -1) / max(meetings.n_items, 1.0)
        like = rate[:, :, None] * coin(skills.skill, skills.balance, members)
        return cls(meetings, rate, like, skills.balance, members)

    def learned(self, patterns: VotePatterns, cells: Cells) -> "_Tables":
        """Run EM for its few rounds."""
        n_items = self.meetings.n_items
        counts = patterns.counts.astype(np.float64)[:, None]
        weight = np.ones(len(self.rate))
        tables = self._tables(self.like, self._independence(self._tables(self.like, weight).like))
        pull = STRENGTH * self.balance / np.maximum(self.rate, 1e-12)[:, :, None]
        for _ in range(ROUNDS if n_items else 0):
            scores = cells.summed(tables.scores) + tables.silence + log(self.balance)
            beliefs = softmax(scores) * counts
            seen = cells.counted(beliefs)
            like = (seen + pull * self.like) / (beliefs.sum(axis=0) + pull)
            like = np.where(self.rate[:, :, None] > 0, like, 0.0)
            tables = self._tables(like, self._independence(self._tables(like, weight).like))
        return tables

    def _tables(self, like: Floats, weight: Floats) -> "_Tables":
        cast = self.rate[:, :, None] > 0
        like = possible(np.where(cast, np.clip(like, SMALLEST, 1.0), 0.0))
        quiet = np.log1p(-like.sum(axis=1))  # [n_functions, n_labels]
        scores = np.where(cast, log(like) - quiet[:, None, :], 0.0) * weight[:, None, None]
        return _Tables(scores, weight @ quiet, weight, like)

    def _independence(self, like: Floats) -> Floats:
        """How much of each function is its own, [n_functions]: 1 for one that copies nobody."""
        meetings, n_labels = self.meetings, len(self.balance)
        single = like[:, :n_labels, :] * np.sqrt(self.balance)
        flat = single.reshape(len(single), -1)
        expected = meetings.n_items * (flat @ flat.T)
        votes = meetings.votes.sum(axis=1)
        surplus = meetings.agreements() - expected
        possible = np.sqrt(np.outer(votes, votes)) - expected
        share = np.clip(surplus / np.maximum(possible, 1e-9), 0.0, 1.0)
        share[surplus <= COPIES * np.sqrt(expected + 1)] = 0.0
        np.fill_diagonal(share, 0.0)
        weight: Floats = 1 / (1 + share.sum(axis=1))
        return weight


@dataclass(frozen=True, slots=True)
class _Tables:
    """P(vote | label) and the scores made of it."""

    scores: Floats  # [n_functions, n_sets, n_labels]
    silence: Floats  # [n_labels]
    weight: Floats  # [n_functions]
    like: Floats  # [n_functions, n_sets, n_labels]


def coin(skill: Floats, balance: Floats, members: npt.NDArray[np.bool_]) -> Floats:
    """How much likelier each vote is under each label, [n_functions, n_sets, n_labels].

    A function knows the label with probability `skill`, and otherwise votes as it likes.

    Example:
        >>> coin(np.array([0.5]), np.array([0.25, 0.75]), np.eye(2, dtype=bool)).round(2).tolist()
        [[[2.5, 0.5], [0.5, 1.17]]]
    """
    inside = members / np.maximum(members @ balance, SMALLEST)[:, None]
    known = skill[:, None, None]
    likelier: Floats = np.maximum(known * inside + 1 - known, SMALLEST)
    return likelier


def possible(like: Floats) -> Floats:
    """P(vote | label), [n_functions, n_sets, n_labels], so that silence stays possible.

    Example:
        >>> possible(np.array([[[0.98, 0.1], [0.98, 0.1]]])).tolist()
        [[[0.49, 0.1], [0.49, 0.1]]]
    """
    spoken = like.sum(axis=1, keepdims=True)
    made: Floats = like / np.maximum(spoken / TALKATIVE, 1.0)
    return made


def _outnumbered(skills: Skills) -> Iterator[Finding]:
    """Most functions are not those that agree with each other."""
    if skills.outnumbered:
        message = (
            "few functions agree with each other, and the others with nobody: the few are "
            "believed, against the many"
        )
        yield Finding("outnumbered", message)


def _unlike(skills: Skills) -> Iterator[Finding]:
    """Functions that agree much less than any skills explain: they see different things."""
    if skills.unlike > UNLIKE:
        message = (
            f"{skills.unlike:.0%} of what functions tell of each other is that they agree much "
            "less than their skills explain, so that these mean little"
        )
        yield Finding("unlike", message, value=skills.unlike, fatal=True)


def _harmless(found: Sequence[Finding]) -> tuple[Finding, ...]:
    """What stays worth saying once gold tells which side is right."""
    return tuple(each for each in found if not each.fatal)


def _contradicted(probs: Floats, patterns: VotePatterns, members: npt.NDArray[np.bool_]) -> float:
    """The share of items that get another label than majority vote, where that has no tie."""
    shares = members / members.sum(axis=1, keepdims=True)
    sums = Cells.at(patterns.label, patterns.indptr, (1, len(members))).summed(shares)
    top = np.sort(sums, axis=1)
    decided = patterns.counts * (top[:, -1] > top[:, -2] + 1e-9)
    differs = probs.argmax(axis=1) != sums.argmax(axis=1)
    total = decided.sum()
    return float((decided * differs).sum() / total) if total else 0.0
