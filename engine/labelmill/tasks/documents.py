"""What classification and sentiment share: one item for each text, one vote per function."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from labelmill.core.batch import Batch
from labelmill.core.labels import LabelSpace
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import Readout
from labelmill.core.settling import settle_all_documents, settle_documents
from labelmill.core.soft import Codes, SoftLabels, Status
from labelmill.core.votes import Hits, Votes
from labelmill.text.language import Language


@dataclass(frozen=True, slots=True)
class Documents:
    """Texts as the items of a label model: their labels are the task's."""

    def analysis(self, language: str) -> Language:
        """Tokens as spaCy cuts them, for functions that ask for them."""
        return Language(language)

    def item_space(self, space: LabelSpace) -> LabelSpace:
        """The task's labels."""
        return space

    def settle(self, hits: Hits, function: int, batch: Batch) -> Votes:
        """One vote for each text: most hits win, equal means abstain."""
        return settle_documents(hits, function, batch.lengths)

    def settle_all(self, found: Sequence[tuple[int, Hits]], batch: Batch) -> Votes:
        """The same for several functions, most of them at once."""
        return settle_all_documents(found, batch.lengths)

    def patterns(
        self,
        votes: Votes,
        batch: Batch,
        space: LabelSpace,  # noqa: ARG002 (the protocol's)
        n_functions: int,  # noqa: ARG002
    ) -> VotePatterns:
        """Vote patterns of the texts of a batch."""
        return VotePatterns.of(votes.doc, votes.function, votes.label, len(batch))

    def read(
        self,
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
        status = _status(covered, soft, min_confidence)
        labeled = np.where(status == Status.LABELED.code, soft.best, len(space))
        names = pa.array([*space.names, None], pa.string()).take(pa.array(labeled))
        offsets = np.arange(len(batch) + 1, dtype=np.int32) * len(space)
        lists = pa.ListArray.from_arrays(pa.array(offsets), pa.array(soft.probs.reshape(-1)))
        answers = {"label": names, "probs": lists}
        return Readout(status, soft.confidence, answers)


def _status(covered: npt.NDArray[np.bool_], soft: SoftLabels, min_confidence: float) -> Codes:
    status = np.full(len(covered), Status.LABELED.code, dtype=np.int8)
    status[soft.confidence < min_confidence] = Status.LOW_CONFIDENCE.code
    status[soft.tied] = Status.TIE.code
    status[~covered] = Status.UNCOVERED.code
    return status
