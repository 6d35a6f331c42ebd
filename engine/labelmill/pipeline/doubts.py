"""Votes that the texts deny: where labeling functions are likely to be wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from labelmill.core.labels import LabelSpace
from labelmill.core.votes import Votes

Counts = npt.NDArray[np.int64]

PER_FUNCTION = 3
"""So many examples of each function."""
TEXT_LENGTH = 200


@dataclass(frozen=True, slots=True, order=True)
class Denial:
    """A vote that the text denies: `prob` is what the text gives it."""

    function: int
    prob: float
    id: str
    text: str
    label: str


@dataclass(frozen=True, slots=True)
class Doubts:
    """How many votes each function cast and how many the texts deny, [n_functions]; some of them.

    Everything adds up over shards; of the examples the most doubtful stay.
    """

    votes: Counts
    denied: Counts
    examples: tuple[Denial, ...] = ()

    def __add__(self, other: "Doubts") -> "Doubts":
        return Doubts(
            self.votes + other.votes,
            self.denied + other.denied,
            _fewest(self.examples + other.examples),
        )

    def rows(self, names: Sequence[str]) -> list[dict[str, Any]]:
        """Functions with votes that the texts deny, the most doubtful first."""
        found = [
            {
                "lf": name,
                "votes": int(self.votes[i]),
                "denied": int(self.denied[i]),
                "examples": [_row(each) for each in self.examples if each.function == i],
            }
            for i, name in enumerate(names)
            if self.denied[i]
        ]
        return sorted(found, key=lambda row: (-row["denied"] / row["votes"], row["lf"]))


def doubts_of(
    votes: Votes,
    text_probs: npt.NDArray[np.float64],
    table: pa.Table,
    space: LabelSpace,
    n_functions: int,
) -> Doubts:
    """Hold the votes on some texts against what the texts say.

    A vote is denied where the label that the text makes most probable is none of those voted for.

    Args:
        votes: the votes.
        text_probs: of each text, [n_texts, n_labels], out of sample.
        table: the texts, with the columns `id` and `text`.
        space: the labels and label sets.
        n_functions: the number of labeling functions.
    """
    members = space.membership().astype(np.float64)
    given = (text_probs[votes.doc] * members[votes.label]).sum(axis=1)
    best = text_probs.argmax(axis=1)[votes.doc]
    denied = np.flatnonzero(members[votes.label, best] == 0)
    order = denied[np.lexsort((votes.doc[denied], given[denied], votes.function[denied]))]
    function = votes.function[order]
    first = np.searchsorted(function, function, side="left")
    chosen = order[np.arange(len(order)) - first < PER_FUNCTION]
    taken = table.take(pa.array(votes.doc[chosen])).to_pylist()
    examples = tuple(
        Denial(
            int(votes.function[i]),
            round(float(given[i]), 6),
            str(row["id"]),
            row["text"][:TEXT_LENGTH],
            " | ".join(space.members(int(votes.label[i]))),
        )
        for i, row in zip(chosen.tolist(), taken, strict=True)
    )
    return Doubts(
        np.bincount(votes.function, minlength=n_functions),
        np.bincount(votes.function[denied], minlength=n_functions),
        _fewest(examples),
    )


def _fewest(examples: tuple[Denial, ...]) -> tuple[Denial, ...]:
    kept: dict[int, list[Denial]] = {}
    for example in sorted(examples):
        kept.setdefault(example.function, []).append(example)
    return tuple(each for found in kept.values() for each in found[:PER_FUNCTION])


def _row(denial: Denial) -> dict[str, Any]:
    return {"id": denial.id, "text": denial.text, "label": denial.label, "prob": denial.prob}
