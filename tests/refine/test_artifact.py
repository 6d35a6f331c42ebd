"""A refinement in its file."""

import numpy as np
import pyarrow as pa
import pytest
from tests.refine.conftest import World

import labelmill
from labelmill.core.batch import Batch
from labelmill.core.hashes import keys_of
from labelmill.core.labels import LabelSpace
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import VoteSpace
from labelmill.errors import BadResource
from labelmill.refine.artifact import from_bytes, to_bytes
from labelmill.refine.reading import Reading, Setting
from labelmill.refine.text import FittedText, fit

SPACE = VoteSpace(
    tuple(f"f{i}" for i in range(6)), LabelSpace(("ham", "spam")), np.array([0.5, 0.5])
)


def reading_of(world: World) -> Reading:
    model = labelmill.LabelModel("lift", n_labels=2).fit(world.votes)
    texts = pa.array(world.texts)
    votes = VotePatterns.of_matrix(world.votes, 2)
    return Reading(Batch(texts, texts), votes, model.predict_proba(world.votes), keys_of(texts))


def test_what_is_read_answers_as_what_was_written(world: World) -> None:
    reading = reading_of(world)
    fitted = fit(reading, SPACE, Setting())

    again = from_bytes(to_bytes(fitted), SPACE, [FittedText])

    assert np.array_equal(again.predict(reading).probs, fitted.predict(reading).probs)
    assert again.review == fitted.review


def test_the_same_fit_gives_the_same_bytes(world: World) -> None:
    first = to_bytes(fit(reading_of(world), SPACE, Setting()))

    assert to_bytes(fit(reading_of(world), SPACE, Setting())) == first
    assert to_bytes(from_bytes(first, SPACE, [FittedText])) == first


@pytest.mark.parametrize("damage", [b"", b"PK", b"{}"])
def test_a_damaged_file_is_refused(damage: bytes) -> None:
    with pytest.raises(BadResource, match="damaged or no refinement"):
        from_bytes(damage, SPACE, [FittedText])


def test_an_unknown_kind_is_refused(world: World) -> None:
    whole = to_bytes(fit(reading_of(world), SPACE, Setting()))

    with pytest.raises(BadResource, match="fit it again"):
        from_bytes(whole, SPACE, [])
    with pytest.raises(BadResource, match="damaged"):
        from_bytes(whole[:-100], SPACE, [FittedText])
