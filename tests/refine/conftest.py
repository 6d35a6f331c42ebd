"""A world of texts whose truth is known, with functions that look for words."""

from dataclasses import dataclass

import numpy as np
import pytest

SPAM = ("subscribe", "channel", "click", "free", "win", "offer", "visit", "money")
HAM = ("song", "love", "voice", "dance", "beautiful", "lyrics", "album", "guitar")
COMMON = tuple(f"w{i}" for i in range(40))


@dataclass(frozen=True)
class World:
    """Texts, votes and truth."""

    texts: list[str]
    votes: np.ndarray
    truth: np.ndarray


def made(n_rows: int = 600, share: float = 0.5, seed: int = 0, stray: float = 0.15) -> World:
    """Texts of words that tell the label, of which functions know a few; some functions err."""
    rng = np.random.default_rng(seed)
    truth = (rng.random(n_rows) < share).astype(int)
    texts = []
    for label in truth:
        telling = rng.choice(SPAM if label else HAM, 3)
        strange = rng.choice(HAM if label else SPAM, int(rng.random() < stray))
        words = [*telling, *strange, *rng.choice(COMMON, 6)]
        texts.append(" ".join(rng.permutation(words)))
    votes = np.full((n_rows, 6), -1)
    for j, (word, label) in enumerate(
        [("subscribe", 1), ("click", 1), ("free", 1), ("song", 0), ("love", 0), ("album", 0)]
    ):
        votes[[word in text.split() for text in texts], j] = label
    return World(texts, votes, truth)


@pytest.fixture
def world() -> World:
    return made()
