"""A world of texts that can be about several topics, with functions that look for words."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from labelmill.aggregate.fitting import fit_model
from labelmill.aggregate.majority import Majority
from labelmill.core.batch import Batch
from labelmill.core.hashes import keys_of
from labelmill.core.labels import LabelSpace, OneOf
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import VoteSpace
from labelmill.refine.reading import Reading

TOPICS = ("sport", "money", "art")
SHARES = (0.3, 0.2, 0.1)
_LETTERS = np.random.default_rng(7).choice(list("abcdefghijklmnopqrstuvwxyz"), (90, 6))
_WORDS = ["".join(letters) for letters in _LETTERS]
WORDS = {topic: _WORDS[10 * i : 10 * i + 10] for i, topic in enumerate(TOPICS)}
COMMON = _WORDS[30:]
"""Words have no letters in common but by chance: models read pieces of words too."""
LABELS = LabelSpace(TOPICS, multi_label=True).including([OneOf(("sport", "money"))])


@dataclass(frozen=True)
class Topics:
    """Texts, the votes on them, and which topics they have, [n_rows, n_labels]."""

    texts: list[str]
    patterns: VotePatterns
    truth: np.ndarray

    @property
    def reading(self) -> Reading:
        """The world as a label model leaves it."""
        texts = pa.array(self.texts)
        space = space_of()
        model = fit_model("majority", Majority(), self.patterns, space, None, "document")
        probs = model.predict(self.patterns)[self.patterns.index]
        return Reading(Batch(texts, texts), self.patterns, probs, keys_of(texts))

    def given(self, probs: np.ndarray, added: np.ndarray | None = None) -> np.ndarray:
        """The labels that texts get, [n_rows, n_labels]: likelier than not, and spoken of."""
        stances = LABELS.stances()[self.patterns.label]
        spoken = np.zeros((len(self.patterns), len(TOPICS)), dtype=bool)
        np.logical_or.at(spoken, self.patterns.pattern_of_vote(), stances != 0)
        spoken = spoken[self.patterns.index]
        return (probs > 0.5) & (spoken if added is None else spoken | added)

    def f1(self, given: np.ndarray) -> np.ndarray:
        """The F1 of each label, [n_labels]."""
        right = (given & self.truth).sum(axis=0)
        return np.asarray(2 * right / (given.sum(axis=0) + self.truth.sum(axis=0)))


def space_of(shares: tuple[float, ...] | None = None, known: int = 3) -> VoteSpace:
    """What is told of the votes; the shares of the labels where they are given."""
    names = tuple(f"{topic}_{i}" for topic in TOPICS for i in range(known))
    targets = tuple((label,) for label in range(len(TOPICS)) for _ in range(known))
    prior = np.full(len(TOPICS), np.nan) if shares is None else np.array(shares)
    return VoteSpace(names, LABELS, prior, 0, shares is not None, targets)


def made(n_rows: int = 2_000, seed: int = 0, known: int = 3, *, of_words: bool = True) -> Topics:
    """Texts with two telling words of each of their topics, and one of another now and then.

    Each topic has some functions, each of which knows a single word of it; they vote at random
    where not `of_words`.
    """
    rng = np.random.default_rng(seed)
    truth = rng.random((n_rows, len(TOPICS))) < np.array(SHARES)
    texts = []
    for row in truth:
        words = list(rng.choice(COMMON, 8))
        for topic, has in zip(TOPICS, row, strict=True):
            n_words = 2 if has else int(rng.random() < 0.1)
            words += list(rng.choice(WORDS[topic], n_words, replace=False))
        texts.append(" ".join(rng.permutation(words)))
    votes = [
        (row, label * known + i, label)
        for row, text in enumerate(texts)
        for label, topic in enumerate(TOPICS)
        for i in range(known)
        if (WORDS[topic][i] in text.split() if of_words else rng.random() < 0.1)
    ]
    item, function, label = np.array(votes).T
    return Topics(texts, VotePatterns.of(item, function, label, n_rows), truth)
