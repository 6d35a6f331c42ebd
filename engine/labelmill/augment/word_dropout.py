"""The `word_dropout` type: leave words out."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from labelmill.augment.words import is_word, removals, share, tokens_of
from labelmill.core.protocols import BOTH, Bench, Needs, Unit
from labelmill.core.registry import AUGMENTERS
from labelmill.core.spans import Edit, Example
from labelmill.errors import BadParameter


@AUGMENTERS.add("word_dropout")
@dataclass(frozen=True, slots=True)
class WordDropout:
    """Leave some words out.

    A share `rate` of the words goes, rounded, but at least one. A word is a token with a letter
    or a digit; punctuation stays. Each word goes with one run of white space beside it, so no
    double space is left and line breaks stay where they can. A text that has no more than
    `min_words` words is left alone.

    A word inside an entity may go and the entity shrinks; an entity that loses all its words is
    lost. `protect: entities` prevents both.

    Attributes:
        rate: share of the words that goes, above 0 and below 1.
        min_words: how many words stay at least.

    Example:
        >>> from labelmill.core.seeds import keyed_rng
        >>> dropout = WordDropout(rate=0.25)
        >>> dropout.rewrite(Example("1", "a film to remember, again"), keyed_rng(1))
        (Edit(start=19, end=25, replacement=''),)
    """

    rate: float = 0.1
    min_words: int = 1

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = BOTH

    def __post_init__(self) -> None:
        if not 0 < self.rate < 1:
            raise BadParameter("rate", f"must be above 0 and below 1, found {self.rate}")
        if self.min_words < 1:
            raise BadParameter("min_words", f"must be at least 1, found {self.min_words}")

    def needs(self, root: Path) -> Needs:  # noqa: ARG002 (the protocol's)
        """Nothing but the text."""
        return Needs()

    def bind(self, bench: Bench) -> "WordDropout":  # noqa: ARG002 (the protocol's)
        """Itself: there is nothing to prepare."""
        return self

    def rewrite(self, example: Example, rng: np.random.Generator) -> tuple[Edit, ...]:
        """Edits that take words out."""
        tokens = tokens_of(example)
        words = [i for i, token in enumerate(tokens) if is_word(example.text, token)]
        if len(words) <= self.min_words:
            return ()
        count = share(self.rate, len(words), limit=len(words) - self.min_words)
        chosen = rng.choice(len(words), count, replace=False)
        dropped = [words[i] for i in chosen.tolist()]
        return tuple(removals(example.text, tokens, dropped, example.spans))
