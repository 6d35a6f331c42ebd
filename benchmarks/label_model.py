"""Fit and predict a million rows of votes on one core, against snorkel's LabelModel.

Fifty labeling functions vote, silent on 80 to 99 % of the rows. They come in ten groups of five
that mostly fire together and mostly say the same, as rules do that one person wrote for one
thing. Both sides get the same matrix, [1,000,000, 50] of int8, are fitted on it, and give
probabilities for each row: dawid_skene at its defaults, snorkel at its own. Ours must be right at
least as often. Imports are not timed; each call is a model of its own, and nothing is kept.

What snorkel does grows with the square of functions x classes, as it multiplies matrices of that
width; so the number of classes moves the ratio. It is measured for several, and said for each.
"""

import argparse
import sys
from collections.abc import Sequence
from time import process_time
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from benchmarks.measure import Claim, interleaved, options_of, own_seconds, report
from snorkel.labeling.model import LabelModel as SnorkelModel
from threadpoolctl import threadpool_limits

import labelmill
from labelmill.core.patterns import VotePatterns

ROWS = 1_000_000
FUNCTIONS = 50
GROUPS = 10
COVERAGE = (0.01, 0.2)
ACCURACY = (0.55, 0.95)
TOGETHER = 0.6
"""How often a function fires because its group does."""
ALIKE = 0.8
"""How often it then says what its group says."""
LEAST_PATTERNS = 200_000
BALANCE = {
    2: (0.7, 0.3),
    3: (0.6, 0.3, 0.1),
    4: (0.5, 0.25, 0.15, 0.1),
    5: (0.45, 0.25, 0.15, 0.1, 0.05),
}
CLASSES = (5, 3, 2)
"""Numbers of classes that are measured; the first makes the claim."""

Int8 = npt.NDArray[np.int8]
Floats = npt.NDArray[np.float64]


class World:
    """True labels [n_rows] and what the functions say of them, [n_rows, n_functions]."""

    def __init__(self, n_rows: int, n_classes: int, seed: int = 7) -> None:
        """Draw one; the same arguments give the same world."""
        self.rng = np.random.default_rng(seed)
        self.n_classes = n_classes
        self.truth = self.rng.choice(n_classes, size=n_rows, p=BALANCE[n_classes]).astype(np.int8)
        self.votes = np.full((n_rows, FUNCTIONS), -1, dtype=np.int8)
        coverage = self.rng.permutation(np.geomspace(*COVERAGE, FUNCTIONS)).reshape(GROUPS, -1)
        accuracy = self.rng.uniform(*ACCURACY, FUNCTIONS).reshape(GROUPS, -1)
        for group in range(GROUPS):
            self._vote(group, coverage[group], accuracy[group])
        self.covered = (self.votes >= 0).any(axis=1)

    def accuracy(self, probs: Floats) -> float:
        """Share of rows with votes whose best label is the true one."""
        right = probs.argmax(axis=1) == self.truth
        return float(right[self.covered].mean())

    def _vote(self, group: int, coverage: Floats, accuracy: Floats) -> None:
        shared, said = self._draw(), self._say(float(accuracy.mean()))
        first = group * len(coverage)
        for number, (rate, right) in enumerate(zip(coverage, accuracy, strict=True)):
            draw = np.where(self._draw() < TOGETHER, shared, self._draw())
            vote = np.where(self._draw() < ALIKE, said, self._say(right))
            fires = draw < rate
            self.votes[fires, first + number] = vote[fires]

    def _draw(self) -> npt.NDArray[np.float32]:
        return self.rng.random(len(self.truth), dtype=np.float32)

    def _say(self, accuracy: float) -> Int8:
        """The true labels, or with some probability any other."""
        shift = self.rng.integers(1, self.n_classes, len(self.truth), dtype=np.int8)
        wrong = (self.truth + shift) % self.n_classes
        said: Int8 = np.where(self._draw() < accuracy, self.truth, wrong).astype(np.int8)
        return said


class Side:
    """One way from votes to probabilities; it keeps what came out last."""

    def __init__(self, world: World, way: Any) -> None:
        """Hold it."""
        self.world, self.way = world, way
        self.accuracy = 0.0

    def __call__(self) -> float:
        """Processor seconds of one fit and prediction."""
        begun = process_time()
        probs = self.way(self.world.votes, self.world.n_classes)
        taken = process_time() - begun
        assert probs.shape == (len(self.world.truth), self.world.n_classes)
        self.accuracy = self.world.accuracy(probs)
        return taken


def ours(votes: Int8, n_classes: int) -> Floats:
    """labelmill, at its defaults."""
    return labelmill.LabelModel("dawid_skene", n_classes).fit(votes).predict_proba(votes)


def peers(votes: Int8, n_classes: int) -> Floats:
    """snorkel, at its defaults."""
    model = SnorkelModel(cardinality=n_classes, verbose=False)
    model.fit(votes, seed=1, progress_bar=False)
    probs: Floats = model.predict_proba(votes)
    return probs


def measured(n_rows: int, n_classes: int, repeats: int) -> dict[str, Any]:
    """Both sides on a world with some classes."""
    world = World(n_rows, n_classes)
    sides = Side(world, ours), Side(world, peers)
    ours_seconds, peer_seconds = interleaved(*sides, repeats, timed=own_seconds)
    assert sides[0].accuracy >= sides[1].accuracy or n_rows < ROWS, "snorkel is right more often"
    patterns = len(VotePatterns.of_matrix(world.votes, n_classes))
    assert patterns >= LEAST_PATTERNS or n_rows < ROWS, f"only {patterns} distinct patterns"
    return {
        "classes": n_classes,
        "ours": ours_seconds,
        "peer": peer_seconds,
        "ratio": peer_seconds / ours_seconds,
        "patterns": patterns,
        "accuracy_ours": sides[0].accuracy,
        "accuracy_peer": sides[1].accuracy,
        "votes_per_row": float((world.votes >= 0).sum(axis=1, dtype=np.int16).mean()),
    }


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of this benchmark alone."""
    parser.add_argument("--classes", type=int, nargs="+", choices=BALANCE, default=CLASSES)
    parser.add_argument("--repeats", type=int, default=7)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it."""
    options = options_of(__doc__, arguments, add_options)
    n_rows = 5000 if options.quick else ROWS
    torch.set_num_threads(1)
    with threadpool_limits(1):
        for warm in (ours, peers):  # imports, and what each makes once in a process
            warm(World(1000, 2).votes, 2)
        found = [measured(n_rows, k, options.repeats) for k in options.classes]
    first = found[0]
    more = {key: value for key, value in first.items() if key not in ("ours", "peer", "ratio")}
    claim = Claim(
        "label_model",
        first["ours"],
        first["peer"],
        "seconds of one core",
        first["ratio"],
        rows=n_rows,
        functions=FUNCTIONS,
        **more,
        by_classes={str(case["classes"]): case for case in found},
    )
    return report(claim, options)


if __name__ == "__main__":
    sys.exit(main())
