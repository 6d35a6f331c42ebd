"""Worlds with known truth: classes, labeling functions, and what they say of rows.

A world is drawn from the full product of the terms below, thinned to 200 by a hash of the terms
and the seed, never by a result. In each one a labeling function that fires says, with probability
`skill`, the truth (an adversarial one says anything else), and otherwise whatever it likes to say.
A one-sided function knows a single label, and fires where it sees it. A dead function
never votes, or votes without looking. In a group all follow a leader: with some probability a
member does exactly what the leader did, and else what it would do by itself. So the probability of
all votes given the truth is known exactly, and with it the true posterior, which bounds every
label model.
"""

from collections.abc import Iterator
from dataclasses import astuple, dataclass
from hashlib import sha256
from itertools import product

import numpy as np
import numpy.typing as npt

WORLDS = 200
FOLLOWING = 0.7
"""How often a member of a group does what its leader did."""
GROUP = 5
SKILL = (0.3, 0.95)
NEVER = 0.5
"""Share of the dead functions that never vote; the others vote without looking."""

Floats = npt.NDArray[np.float64]
Int8 = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a world is like: a point of the product.

    `rarest` is the share of the rarer of two classes; with more, the rarest and the commonest
    stand in the same ratio, and the others lie between. `grouped`, `one_sided`, `adversarial` and
    `dead` are shares of the functions; `coverage` is the median of their coverages.
    """

    n_classes: int
    n_functions: int
    rarest: float
    grouped: float
    one_sided: float
    coverage: float
    faults: tuple[float, float]

    @property
    def adversarial(self) -> float:
        """Share of the functions that are wrong more often than right."""
        return self.faults[0]

    @property
    def dead(self) -> float:
        """Share of the functions that say nothing of the truth."""
        return self.faults[1]

    @property
    def unsound(self) -> bool:
        """Whether most functions are wrong or dead."""
        return self.adversarial + self.dead > 0.5

    @property
    def sound(self) -> bool:
        """Whether none is wrong or dead."""
        return self.adversarial == self.dead == 0


PRODUCT = (
    (2, 3, 5, 10, 20),
    (3, 10, 30, 100, 200),
    (0.5, 0.2, 0.05, 0.01),
    (0.0, 0.5, 1.0),
    (0.0, 0.5, 1.0),
    (0.01, 0.05, 0.2, 0.5, 1.0),
    ((0.0, 0.0), (0.0, 0.3), (0.1, 0.0), (0.1, 0.1), (0.3, 0.0), (0.1, 0.6), (0.6, 0.0)),
)


def all_terms() -> Iterator[Terms]:
    """The full product."""
    for values in product(*PRODUCT):
        yield Terms(*values)


def drawn(seed: int, count: int = WORLDS) -> list["World"]:
    """The worlds of a seed."""

    def key(terms: Terms) -> bytes:
        return sha256(f"{seed} {astuple(terms)}".encode()).digest()

    chosen = sorted(all_terms(), key=key)[:count]
    return [World(terms, int.from_bytes(key(terms)[:4], "big")) for terms in chosen]


class World:
    """Functions with fixed habits, and rows drawn on demand.

    `tables` [n_functions, n_classes, 1 + n_classes] holds P(vote | truth) of each function by
    itself, silence first; `leader` [n_functions] is whom it follows, -1 for nobody.
    """

    def __init__(self, terms: Terms, seed: int) -> None:
        """Draw the habits; the same arguments give the same world."""
        self.terms = terms
        self.seed = seed
        rng = np.random.default_rng(seed)
        k, m = terms.n_classes, terms.n_functions
        ratio = (1 - terms.rarest) / terms.rarest
        shares = rng.permutation(np.geomspace(1.0, ratio, k))
        self.balance: Floats = shares / shares.sum()
        kinds = np.full(m, "sound", dtype="<U11")
        dead, adversarial = round(terms.dead * m), round(terms.adversarial * m)
        kinds[:dead] = "dead"
        kinds[dead : dead + adversarial] = "adversarial"
        self.kinds = rng.permutation(kinds)
        self.target = np.where(rng.random(m) < terms.one_sided, rng.integers(0, k, m), -1)
        coverage = np.minimum(terms.coverage * np.exp(rng.normal(0.0, 0.5, m)), 1.0)
        skill = rng.uniform(*SKILL, m)
        never = rng.random(m) < NEVER
        likes = self.balance ** rng.random((m, 1))
        likes = np.where(self.target[:, None] < 0, likes, np.eye(k)[self.target])
        self.tables: Floats = np.stack(
            [
                self._table(kind, like / like.sum(), float(rate), float(known), silent=bool(silent))
                for kind, like, rate, known, silent in zip(
                    self.kinds, likes, coverage, skill, never, strict=True
                )
            ]
        )
        self.leader = self._leaders()

    def sample(self, n_rows: int, seed: int) -> tuple[Int8, Int8]:
        """Votes [n_rows, n_functions], -1 for silence, and the truth [n_rows]."""
        rng = np.random.default_rng([self.seed, seed])
        truth = rng.choice(len(self.balance), n_rows, p=self.balance)
        votes = np.empty((n_rows, len(self.tables)), dtype=np.int8)
        for j, table in enumerate(self.tables):  # a leader stands before those who follow it
            bounds = np.cumsum(table, axis=1)[:, :-1]
            drawn_votes = (rng.random(n_rows)[:, None] >= bounds[truth]).sum(axis=1) - 1
            if self.leader[j] >= 0:
                follows = rng.random(n_rows) < FOLLOWING
                drawn_votes = np.where(follows, votes[:, self.leader[j]], drawn_votes)
            votes[:, j] = drawn_votes
        return votes, truth.astype(np.int8)

    def posterior(self, votes: Int8) -> Floats:
        """P(truth | votes), [n_rows, n_classes], exactly."""
        scores = np.tile(np.log(self.balance), (len(votes), 1))
        for j, table in enumerate(self.tables):
            alone = table[:, votes[:, j].astype(np.int64) + 1].T
            if self.leader[j] >= 0:
                same = votes[:, j] == votes[:, self.leader[j]]
                alone = FOLLOWING * same[:, None] + (1 - FOLLOWING) * alone
            scores += np.log(np.maximum(alone, 1e-300))
        scores -= scores.max(axis=1, keepdims=True)
        probs: Floats = np.exp(scores)
        probs /= probs.sum(axis=1, keepdims=True)
        return probs

    def _table(
        self, kind: str, said: Floats, coverage: float, skill: float, *, silent: bool
    ) -> Floats:
        """P(vote | truth) of one function, [n_classes, 1 + n_classes], silence first."""
        balance, k = self.balance, len(self.balance)
        seen = np.eye(k) if kind != "adversarial" else (1 - np.eye(k)) * balance[:, None]
        seen = seen / seen.sum(axis=0)  # P(truth | vote) of one who looks
        known = 0.0 if kind == "dead" else skill
        joint = (known * seen + (1 - known) * balance[:, None]) * said
        most = float((balance / np.maximum(joint.sum(axis=1), 1e-300)).min())
        rate = 0.0 if kind == "dead" and silent else min(coverage, most)
        votes = rate * joint / balance[:, None]
        return np.concatenate([1 - votes.sum(axis=1, keepdims=True), votes], axis=1).clip(0, 1)

    def _leaders(self) -> npt.NDArray[np.int64]:
        """Groups of neighbours; each follows the first of its group."""
        m = len(self.tables)
        leader = np.full(m, -1)
        for first in range(0, round(self.terms.grouped * m), GROUP):
            members = np.arange(first + 1, min(first + GROUP, m))
            leader[members] = first
        return leader
