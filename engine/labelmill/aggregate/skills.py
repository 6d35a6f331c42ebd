"""A naive Bayes model that starts from the skills which agreements tell."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from labelmill.aggregate.evidence import Cells, Floats, agreed, covered, favouring, log, softmax
from labelmill.aggregate.moments import MOST, Meetings, Skills, skills_of
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import VoteSpace

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
SMALLEST = 1e-9
_SAVED = ("scores", "silence", "skill", "reach", "weight", "balance", "rate")


def fit_skills(patterns: VotePatterns, space: VoteSpace) -> tuple["FittedSkills", Skills]:
    """Estimate skills and the balance of labels, and take a few rounds of EM from there.

    A vote v of function j has P(v | label c) = r (u [c in v] / pi(v) + 1 - u), with r the share of
    items on which it votes so, u its skill, and pi the balance, both from
    labelmill.aggregate.moments; silence is evidence too. EM then counts how often each vote goes
    with each label, held close to where it started. A function whose votes agree with others more
    often than the labels explain is a copy of them, and counts for 1 / (1 + its surplus of
    agreement). A label that nobody votes for wins nowhere.

    Where all votes on an item agree on a label, the item keeps it, unless it would lose it even
    if each function were three standard errors better than estimated, and the balance half as
    uneven: votes are overruled by what is known, never by a guess.

    Returns:
        The model, and what agreements told.
    """
    n_labels, n_sets = len(space.labels), len(space.labels.sets)
    meetings = Meetings.of(patterns, len(space.functions), n_labels)
    skills = skills_of(meetings, space)
    naive = _Naive.of(patterns, meetings, skills, space)
    tables = naive.learned(patterns, Cells.of(patterns, len(space.functions), n_sets))
    reach = np.minimum(skills.skill + DOUBT / np.sqrt(skills.known), MOST)
    fitted = FittedSkills(
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
    return fitted, skills


@dataclass(frozen=True, slots=True)
class FittedSkills:
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

    sequential: ClassVar[bool] = False

    @classmethod
    def restore(cls, parameters: Mapping[str, Any], space: VoteSpace) -> "FittedSkills":
        """Rebuild it from its tables."""
        members = space.labels.membership()
        shape = (len(space.functions), *members.shape)
        told = {name: np.array(parameters[name], dtype=np.float64) for name in _SAVED}
        told["scores"] = told["scores"].reshape(shape)
        told["rate"] = told["rate"].reshape(shape[:2])
        return cls(**told, members=members, prior=space.prior)

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
        return probs

    def weights(self) -> Floats:
        """Estimated accuracy of each function's votes, [n_functions]: it knows, or is lucky."""
        lucky = self.members @ self.balance
        votes = self.rate + SMALLEST
        share: Floats = (votes @ lucky) / votes.sum(axis=1)
        return self.skill + (1 - self.skill) * share

    def parameters(self) -> dict[str, Any]:
        """Everything that was learned."""
        return {name: getattr(self, name).tolist() for name in _SAVED}

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
