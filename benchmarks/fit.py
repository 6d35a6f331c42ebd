"""Fit label models with many labeling functions and labels on few rows, against snorkel's.

164 functions, 9 labels and 1,749 rows, made at random: each function knows one label and fires on
about one row in fifty. Both sides get the same matrix of int8 and are fitted on one core at their
defaults; ours ends with a model that the guard has looked at. Imports are not timed, and nothing
is kept between calls. The claim is the slowest of ours; each must be right at least as often on
the rows with votes as snorkel's.

snorkel takes a hundred steps over a matrix of (functions x labels)^2; ours go over the distinct
vote patterns, of which there are no more than rows.
"""

import argparse
import sys
from collections.abc import Sequence
from time import process_time
from typing import Any

import torch
from benchmarks.measure import Claim, interleaved, options_of, own_seconds, report
from benchmarks.worlds import Int8, Terms, World, right
from snorkel.labeling.model import LabelModel as SnorkelModel
from threadpoolctl import threadpool_limits

import labelmill
from labelmill.core.registry import LABEL_MODELS
from labelmill.kinds import register_all

ROWS = 1749
TERMS = Terms(9, 164, 0.2, 0.0, 1.0, 0.02, (0.0, 0.0))
QUICK = Terms(3, 12, 0.2, 0.0, 1.0, 0.1, (0.0, 0.0))
SEED = 7
TYPES = ("dawid_skene", "lift", "triplet", "auto")
"""The types that are timed, of those that there are."""


class Side:
    """One way to fit; it keeps how often the fitted model is right."""

    def __init__(self, way: Any, votes: Int8, truth: Int8) -> None:
        """Hold it."""
        self.way, self.votes, self.truth = way, votes, truth
        self.accuracy = 0.0

    def __call__(self) -> float:
        """Processor seconds of a fit."""
        begun = process_time()
        model = self.way(self.votes)
        taken = process_time() - begun
        covered = (self.votes >= 0).any(axis=1)
        probs = model.predict_proba(self.votes[covered])
        self.accuracy = float(right(probs, self.truth[covered]).mean())
        return taken


def ours(name: str, n_labels: int) -> Any:
    """Fit a type of labelmill's at its defaults."""
    return lambda votes: labelmill.LabelModel(name, n_labels, seed=SEED).fit(votes)


def peers(n_labels: int) -> Any:
    """Fit snorkel's at its defaults."""

    def fit(votes: Int8) -> Any:
        model = SnorkelModel(cardinality=n_labels, verbose=False)
        model.fit(votes, seed=SEED, progress_bar=False)
        return model

    return fit


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of this benchmark alone."""
    parser.add_argument("--repeats", type=int, default=3)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it."""
    options = options_of(__doc__, arguments, add_options)
    terms = QUICK if options.quick else TERMS
    world = World(terms, SEED)
    votes, truth = world.sample(ROWS, 1)
    register_all()
    types = [name for name in TYPES if name in LABEL_MODELS]
    torch.set_num_threads(1)
    found: dict[str, dict[str, float]] = {}
    with threadpool_limits(1):
        for name in types:
            sides = Side(ours(name, terms.n_classes), votes, truth), _peer(votes, truth, terms)
            sides[0]()  # imports, and what numpy makes once
            taken, peer = interleaved(*sides, options.repeats, timed=own_seconds)
            accuracies = [side.accuracy for side in sides]
            found[name] = {
                "ours": taken,
                "peer": peer,
                "ratio": peer / taken,
                "accuracy_ours": accuracies[0],
                "accuracy_peer": accuracies[1],
            }
    slowest = min(found.values(), key=lambda each: each["ratio"])
    claim = Claim(
        "fit",
        slowest["ours"],
        slowest["peer"],
        "seconds of one core",
        slowest["ratio"],
        rows=ROWS,
        functions=terms.n_functions,
        classes=terms.n_classes,
        by_type=found,
    )
    return report(claim, options)


def _peer(votes: Int8, truth: Int8, terms: Terms) -> Side:
    return Side(peers(terms.n_classes), votes, truth)


if __name__ == "__main__":
    sys.exit(main())
