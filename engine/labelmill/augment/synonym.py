"""The `synonym` type: a synonym in a word's place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from labelmill.augment.wordnet import open_wordnet
from labelmill.augment.words import find_phrases, phrase_key, shaped_like, share, tokens_of
from labelmill.core.protocols import BOTH, Bench, Needs, Unit
from labelmill.core.registry import AUGMENTERS
from labelmill.core.spans import Edit, Example
from labelmill.errors import BadParameter
from labelmill.io.synonyms import read_synonyms

WORDNET = "wordnet"
LONGEST_WORD = 40
"""Characters in the longest phrase that is looked up in WordNet."""


@AUGMENTERS.add("synonym")
@dataclass(frozen=True, slots=True)
class Synonym:
    """Put a synonym in a word's place.

    Of the words and phrases that have synonyms a share `rate` is replaced, rounded, but at least
    one; each synonym of a word is as likely as another. Words are found on token bounds without
    regard to case, and a phrase of the list (`kick off`) is found before the words in it. The
    synonym takes the case of what it replaces: `GOOD` gives `FINE` and `Good` gives `Fine`;
    otherwise it stands as the list has it.

    A CSV list has the header `word,synonym` (one a line) or `word,synonyms` (separated by `|`).
    Synonyms go one way: list both ways if both are wanted. `lexicon: wordnet` takes the words of
    the most frequent sense from WordNet, for words of three letters or more in their base form, in
    English jobs, where NLTK's data is installed.

    Attributes:
        lexicon: path of a CSV file, or `wordnet`.
        rate: share of the words with synonyms that is replaced, above 0 and at most 1.
        max_words: how many words are replaced at most; null sets no limit.

    Example:
        >>> from labelmill.core.seeds import keyed_rng
        >>> rewriter = SynonymRewriter(from_list({"film": ("movie",)}), 4, 1.0, None)
        >>> rewriter.rewrite(Example("1", "Film of the year"), keyed_rng(1))
        (Edit(start=0, end=4, replacement='Movie'),)
    """

    lexicon: str
    rate: float = 0.3
    max_words: int | None = None

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = BOTH

    def __post_init__(self) -> None:
        if not self.lexicon.strip():
            raise BadParameter("lexicon", "give the path of a CSV file, or wordnet")
        if not 0 < self.rate <= 1:
            raise BadParameter("rate", f"must be above 0 and at most 1, found {self.rate}")
        if self.max_words is not None and self.max_words < 1:
            raise BadParameter("max_words", f"must be at least 1, found {self.max_words}")

    def needs(self, root: Path) -> Needs:  # noqa: ARG002 (the protocol's)
        """The list of synonyms."""
        return Needs() if self.lexicon == WORDNET else Needs(files=(self.lexicon,))

    def bind(self, bench: Bench) -> "SynonymRewriter":
        """Read the synonyms.

        Raises:
            BadParameter: if WordNet is asked for in another language than English.
            BadResource: if the list or WordNet cannot be read.
        """
        if self.lexicon != WORDNET:
            synonyms = read_synonyms(bench.root / self.lexicon)
            longest = max(len(phrase_key(word)) for word in synonyms)
            return SynonymRewriter(from_list(synonyms), longest, self.rate, self.max_words)
        if bench.language != "en":
            message = f"wordnet is English, and this job is in '{bench.language}'; give a CSV file"
            raise BadParameter("lexicon", message)
        return SynonymRewriter(open_wordnet().synonyms, LONGEST_WORD, self.rate, self.max_words)


def from_list(synonyms: Mapping[str, tuple[str, ...]]) -> Callable[[str], tuple[str, ...]]:
    """Look synonyms up by the key of a phrase; words with one key share their synonyms.

    Example:
        >>> lookup = from_list({"Film": ("movie",), "film": ("picture", "movie")})
        >>> lookup("film"), lookup("book")
        (('movie', 'picture'), ())
    """
    merged: dict[str, dict[str, None]] = {}
    for word, others in synonyms.items():
        key = phrase_key(word)
        different = (other for other in others if phrase_key(other) != key)
        merged.setdefault(key, {}).update(dict.fromkeys(different))
    table = {key: tuple(others) for key, others in merged.items()}
    return lambda key: table.get(key, ())


@dataclass(frozen=True, slots=True)
class SynonymRewriter:
    """Synonyms by the key of a phrase, and how many words to replace.

    `longest` is the number of characters in the longest key.
    """

    lookup: Callable[[str], tuple[str, ...]]
    longest: int
    rate: float
    max_words: int | None

    def rewrite(self, example: Example, rng: np.random.Generator) -> tuple[Edit, ...]:
        """Edits that put synonyms in place."""
        text, tokens = example.text, tokens_of(example)
        found = list(find_phrases(text, tokens, lambda key: bool(self.lookup(key)), self.longest))
        count = share(self.rate, len(found), self.max_words)
        edits = []
        for i in sorted(rng.choice(len(found), count, replace=False).tolist()) if found else ():
            first, last, key = found[i]
            start, end = tokens[first][0], tokens[last - 1][1]
            others = self.lookup(key)
            other = others[int(rng.integers(len(others)))]
            edits.append(Edit(start, end, shaped_like(other, text[start:end])))
        return tuple(edit for edit in edits if text[edit.start : edit.end] != edit.replacement)
