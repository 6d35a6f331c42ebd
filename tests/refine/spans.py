"""A world of names: texts whose spans are known, and a list that knows some names too many."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from labelmill.core.batch import Batch
from labelmill.core.hashes import keys_of
from labelmill.core.labels import LabelSpace
from labelmill.core.protocols import VoteSpace
from labelmill.core.votes import Votes
from labelmill.refine.reading import Reading
from labelmill.tasks.ner import Ner
from labelmill.text.language import Language

NAMES = tuple(
    f"{first}{second}{third}"
    for first in "ABCDEFGHIJKL"
    for second in ("al", "er", "in", "u")
    for third in ("o", "a", "us", "ett", "ing", "man")
)
FALSE = ("Will", "May", "Can", "Mark", "Bill")
TASK = Ner(labels=("PERSON",), tokens="whitespace")
SPACE = VoteSpace(("list", "other"), TASK.item_space(TASK.space()), np.array([0.5, 0.5]))


def span_batch(texts: list[str]) -> Batch:
    column = pa.array(texts, pa.string())
    return Batch(column, column, analysis=Language("en", "whitespace"))


def span_reading(texts: list[str], spans: list[tuple[int, int, int]]) -> Reading:
    """A reading where votes are believed: (text, start, end) of each."""
    batch = span_batch(texts)
    votes = Votes.of(0, [(text, start, end, 0, None) for text, start, end in spans])
    patterns = TASK.patterns(votes, batch, TASK.space(), 2)
    spoken = np.repeat(np.arange(len(patterns)), np.diff(patterns.indptr))[patterns.label > 0]
    inside = np.isin(patterns.index, spoken)
    probs = np.where(inside[:, None], [0.02, 0.98], [0.99, 0.01])
    return Reading(batch, patterns, probs, keys_of(batch.ids))


@dataclass(frozen=True)
class SpanWorld:
    """What is read, and the truth: the tag of each token."""

    reading: Reading
    truth: npt.NDArray[np.int64]


@cache
def names_world(n_rows: int = 700, seed: int = 0, *, telling: bool = True) -> SpanWorld:
    """Rows of which each has a name, or a verb that is spelled like one; the list knows both.

    Where surroundings are not `telling`, they are as anywhere.
    """
    rng = np.random.default_rng(seed)
    filler = [*(f"w{i}" for i in range(4)), *["this", "never"] * 12]
    texts, spans, wrong = [], [], []
    for row in range(n_rows):
        verb = rng.random() < 0.3
        found = str(rng.choice(FALSE if verb else NAMES))
        words = [str(word) for word in rng.choice(filler, 20)]
        place = int(rng.integers(1, 20))
        if telling:
            near = ("this", "never") if verb else ("Dr", "said")
            words[place - 1 : place + 1] = near if rng.random() < 0.99 else words[-2:]
        start = len(" ".join(words[:place])) + 1
        texts.append(" ".join([*words[:place], found, *words[place:]]))
        spans.append((row, start, start + len(found)))
        wrong.append(verb)
    reading = span_reading(texts, spans)
    truth = reading.probs.argmax(axis=1)
    truth[np.array(wrong)[reading.batch.tokens.rows]] = 0
    return SpanWorld(reading, truth)


def spans_in(reading: Reading, probs: npt.NDArray[np.float64]) -> list[tuple[int, str]]:
    """The tokens that are in a span, by row."""
    tokens, texts = reading.batch.tokens, reading.batch.strings
    rows = tokens.rows
    return [
        (int(rows[i]), texts[rows[i]][tokens.start[i] : tokens.end[i]])
        for i in np.flatnonzero(probs.argmax(axis=1))
    ]


BIO = LabelSpace(("O", "B-PERSON", "I-PERSON"))
