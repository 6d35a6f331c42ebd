"""What classification and sentiment share: one item for each text, one vote per function."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from labelmill.core.batch import Batch
from labelmill.core.labels import LabelSpace
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import Readout
from labelmill.core.soft import SoftLabels, Status
from labelmill.core.votes import Hits, Votes, settle_documents


def settle(hits: Hits, function: int, batch: Batch) -> Votes:
    """One vote for each text: most hits win, equal means abstain."""
    return settle_documents(hits, function, [len(text) for text in batch.strings])


def patterns(votes: Votes, batch: Batch) -> VotePatterns:
    """Vote patterns of the texts of a batch."""
    return VotePatterns.of(votes.doc, votes.function, votes.label, len(batch))


def read(
    probs: npt.NDArray[np.float64],
    votes: Votes,
    batch: Batch,
    space: LabelSpace,
    min_confidence: float,
) -> Readout:
    """Read a label for each text off its distribution, [n_texts, n_labels]."""
    soft = SoftLabels.of(probs)
    covered = np.zeros(len(batch), dtype=np.bool_)
    covered[votes.doc] = True
    unsure = soft.confidence < min_confidence
    status = np.where(
        ~covered,
        Status.UNCOVERED,
        np.where(soft.tied, Status.TIE, np.where(unsure, Status.LOW_CONFIDENCE, Status.LABELED)),
    ).tolist()
    names = [
        space.names[best] if state == Status.LABELED else None
        for best, state in zip(soft.best.tolist(), status, strict=True)
    ]
    offsets = np.arange(len(batch) + 1, dtype=np.int32) * len(space)
    lists = pa.ListArray.from_arrays(pa.array(offsets), pa.array(soft.probs.reshape(-1)))
    answers = {"label": pa.array(names, pa.string()), "probs": lists}
    return Readout(status, soft.confidence, answers)
