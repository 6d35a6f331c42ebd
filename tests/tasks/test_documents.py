"""Document tasks: a status for every text."""

import numpy as np
import pyarrow as pa
import pytest

from labelmill.core.batch import Batch
from labelmill.core.soft import status_names
from labelmill.core.votes import Votes
from labelmill.errors import BadParameter
from labelmill.tasks.classification import Classification
from labelmill.tasks.labels import LabelNote
from labelmill.tasks.ner import Ner
from labelmill.tasks.sentiment import Sentiment


def test_status_follows_votes_ties_and_confidence() -> None:
    task = Classification(labels=("ham", "spam"))
    batch = Batch(pa.array([1, 2, 3, 4]), pa.array(["a", "b", "c", "d"]))
    votes = Votes.of(0, [(0, 0, 1, 1, None), (1, 0, 1, 1, None), (2, 0, 1, 0, None)])
    probs = np.array([[0.1, 0.9], [0.5, 0.5], [0.6, 0.4], [0.9, 0.1]])

    readout = task.items().read(probs, votes, batch, task.space(), 0.7)

    assert status_names(readout.status).to_pylist() == [
        "labeled",
        "tie",
        "low_confidence",
        "uncovered",
    ]
    assert readout.answers["label"].to_pylist() == ["spam", None, None, None]
    assert readout.answers["probs"].to_pylist()[2] == pytest.approx([0.6, 0.4])


def test_labels_may_carry_definitions() -> None:
    labels = {"ham": LabelNote("Talks about the video."), "spam": LabelNote()}

    task = Classification(labels=labels)

    assert task.space().names == ("ham", "spam")
    assert task.definitions() == {"ham": "Talks about the video."}


@pytest.mark.parametrize("labels", [(), ("a",), ("a", "a"), ("a", " b"), ("a", "")])
def test_labels_that_cannot_be_told_apart_are_refused(labels: tuple[str, ...]) -> None:
    with pytest.raises(BadParameter):
        Classification(labels=labels)


def test_a_sentiment_scale_is_ordered_and_ner_may_have_one_label() -> None:
    assert Sentiment(labels=("bad", "good")).space().ordered
    assert Ner(labels=("ORG",)).space().names == ("ORG",)
