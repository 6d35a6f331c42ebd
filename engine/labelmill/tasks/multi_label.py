"""Texts that can have several labels: one item for each text, a statement for each label."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from labelmill.core.batch import Batch
from labelmill.core.labels import LabelSpace
from labelmill.core.protocols import Readout
from labelmill.core.settling import settle_statements
from labelmill.core.soft import TIE_TOLERANCE, Codes, Status
from labelmill.core.votes import Hits, Votes
from labelmill.tasks.documents import Documents

EVEN = 0.5
"""A label is given where it applies more likely than not."""

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MultiLabel(Documents):
    """Texts as the items of a label model; each label of the task applies to a text or not."""

    def settle(self, hits: Hits, function: int, batch: Batch) -> Votes:
        """A vote for each label set that has a hit in a text."""
        return settle_statements(hits, function, batch.lengths)

    def settle_all(self, found: Sequence[tuple[int, Hits]], batch: Batch) -> Votes:
        """The same for several functions."""
        return Votes.joined(self.settle(hits, function, batch) for function, hits in found)

    def read(
        self,
        probs: Floats,
        votes: Votes,
        batch: Batch,  # noqa: ARG002 (the protocol's)
        space: LabelSpace,
        min_confidence: float,
    ) -> Readout:
        """Read the labels of each text off their probabilities, [n_texts, n_labels].

        A text gets the labels that apply more likely than not and that somebody voted on. Its
        confidence is that in the least sure of the labels that somebody voted on (of all, where
        nobody voted). It is a tie where one of these applies as likely as not, or where some label
        of a vote for one of several applies likelier than not, but no single one of them does.
        """
        said = np.zeros(probs.shape, dtype=np.bool_)
        np.logical_or.at(said, votes.doc, space.membership()[votes.label])
        covered = np.asarray(said.any(axis=1))
        of_whom = said | ~covered[:, None]
        sure = np.where(of_whom, np.maximum(probs, 1 - probs), 1.0).min(axis=1)
        confidence = sure.astype(np.float32)
        tied = (said & (np.abs(probs - EVEN) <= TIE_TOLERANCE)).any(axis=1)
        tied |= _open(probs, votes, space)
        status = _status(covered, tied, confidence, min_confidence)
        labeled = status == Status.LABELED.code
        answers = {
            "labels": _names(said & (probs > EVEN), labeled, space),
            "probs": _lists(probs),
        }
        return Readout(status, confidence, answers)


def _open(probs: Floats, votes: Votes, space: LabelSpace) -> Bools:
    """Texts where one of several labels applies and nothing says which, [n_texts]."""
    weak = space.weak()
    stands = np.zeros(len(probs), dtype=np.bool_)
    for index in np.unique(votes.label[weak[votes.label]]).tolist():
        rows = np.unique(votes.doc[votes.label == index])
        of_set = probs[np.ix_(rows, list(space.sets[index]))]
        some = 1 - np.prod(1 - of_set, axis=1)
        stands[rows] |= (some > EVEN) & (of_set <= EVEN).all(axis=1)
    return stands


def _status(
    covered: Bools, tied: Bools, confidence: npt.NDArray[np.float32], min_confidence: float
) -> Codes:
    status = np.full(len(covered), Status.LABELED.code, dtype=np.int8)
    status[confidence < min_confidence] = Status.LOW_CONFIDENCE.code
    status[tied] = Status.TIE.code
    status[~covered] = Status.UNCOVERED.code
    return status


def _names(given: Bools, labeled: Bools, space: LabelSpace) -> pa.Array:
    """The names of the given labels of each text, null where it is not labeled."""
    shown: Bools = given & labeled[:, None]
    _, label = np.nonzero(shown)
    names = pa.array(space.names, pa.string()).take(pa.array(label))
    offsets = np.append(0, np.cumsum(shown.sum(axis=1))).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), names, mask=pa.array(~labeled))


def _lists(probs: Floats) -> pa.Array:
    offsets = np.arange(len(probs) + 1, dtype=np.int32) * probs.shape[1]
    return pa.ListArray.from_arrays(
        pa.array(offsets), pa.array(probs.astype(np.float32).reshape(-1))
    )
