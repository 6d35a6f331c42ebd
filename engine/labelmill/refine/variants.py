"""Names that are written in more than one way, as in "motherboard" and "mother board"."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from labelmill.core.batch import Batch
from labelmill.refine.runs import Runs, words_of

LETTERS = 8
"""Fewer letters spell different things: "start up" is not always a "startup"."""
TEXTS = 2
"""A name must have its label in so many texts."""
LONGEST = 5
"""Names of more tokens are not looked for."""
EDGE = 3
"""So many letters at either end are looked at before a whole name is."""
_BETWEEN = re.compile(r"[-'/]")
_HISSING = re.compile(r"(s|x|z|ch|sh)es$")


@dataclass(frozen=True, slots=True)
class Added:
    """A span to be added: its text, first token, the one after its last, label, probability."""

    text: int
    first: int
    last: int
    label: int
    prob: float


@dataclass(frozen=True, slots=True)
class Variants:
    """Names with one label, and how they were written where a function found them.

    A run of tokens that no function touches has the label of a name if it spells it (see
    `spelled`), but is written as no span of a function is. `usual` maps what is spelled to its
    label and how sure that is; `written` are the forms of the spans.
    """

    usual: dict[str, tuple[int, float]]
    written: frozenset[str]

    @classmethod
    def of(cls, runs: Runs, batch: Batch) -> "Variants":
        """Learn from the spans of a sample."""
        words, rows = words_of(batch), batch.tokens.rows
        texts: dict[str, Counter[int]] = {}
        seen: set[tuple[str, int]] = set()
        written: dict[str, set[str]] = {}
        ends = zip(runs.first.tolist(), runs.last.tolist(), runs.label.tolist(), strict=True)
        for first, last, label in ends:
            name = spelled(words[first:last])
            if name is None or last - first > LONGEST:
                continue
            written.setdefault(name, set()).add(" ".join(words[first:last]).lower())
            if (name, int(rows[first])) not in seen:
                seen.add((name, int(rows[first])))
                texts.setdefault(name, Counter())[label] += 1
        usual = {
            name: (next(iter(counts)), counts.total() / (counts.total() + 1))
            for name, counts in texts.items()
            if len(counts) == 1 and counts.total() >= TEXTS
        }
        return cls(usual, frozenset(form for name in usual for form in written[name]))

    def found(self, batch: Batch, taken: npt.NDArray[np.bool_]) -> Iterator[Added]:
        """The spans to be added; their tokens are taken then, [n_tokens]."""
        if not self.usual:
            return
        words, rows = words_of(batch), batch.tokens.rows
        after = batch.tokens.starts[rows + 1] if len(words) else rows
        parts = {name[:size] for name in self.usual for size in range(1, len(name) + 1)}
        letters = {word: _BETWEEN.sub("", word.lower()) for word in set(words)}
        begins = {word for word, read in letters.items() if read[:EDGE] in parts}
        for first in [i for i, word in enumerate(words) if word in begins]:
            most = min(first + LONGEST, int(after[first]))
            last, label = first, None
            for end in self._ends([letters[word] for word in words[first:most]], parts):
                found = self._label_of(words[first : first + end])
                last, label = (first + end, found) if found else (last, label)
            if label is not None and not taken[first:last].any():
                taken[first:last] = True
                yield Added(int(rows[first]), first, last, *label)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """What `restore` needs."""
        names = sorted(self.usual)
        return {
            "variants_name": np.array(names, dtype=np.str_),
            "variants_label": np.array([self.usual[n][0] for n in names], dtype=np.int64),
            "variants_prob": np.array([self.usual[n][1] for n in names], dtype=np.float64),
            "variants_written": np.array(sorted(self.written), dtype=np.str_),
        }

    @classmethod
    def restore(cls, arrays: Any) -> "Variants":
        """Rebuild it."""
        parts = (arrays[f"variants_{part}"].tolist() for part in ("name", "label", "prob"))
        usual = {name: (label, prob) for name, label, prob in zip(*parts, strict=True)}
        return cls(usual, frozenset(arrays["variants_written"].tolist()))

    @staticmethod
    def _ends(letters: Sequence[str], parts: set[str]) -> Iterator[int]:
        """How many of some words may spell a name; all but the last must begin one."""
        so_far = ""
        for number, each in enumerate(letters, 1):
            yield number
            so_far += each
            if so_far not in parts:
                return

    def _label_of(self, words: Sequence[str]) -> tuple[int, float] | None:
        name = spelled(words)
        label = None if name is None else self.usual.get(name)
        if label is None or " ".join(words).lower() in self.written:
            return None
        return label


def spelled(words: Sequence[str]) -> str | None:
    """The letters of a name, in the singular if it has several words; None of what is too short.

    A name has letters alone, LETTERS of them, and no mark at either end.

    Example:
        >>> [spelled(each.split()) for each in ("mother board", "Mother-Boards", "hard drives")]
        ['motherboard', 'motherboard', 'harddrive']
        >>> [spelled(each.split()) for each in ("boards", "start up", "24 hard drives")]
        [None, None, None]
    """
    if not words[0][:1].isalnum() or not words[-1][-1:].isalnum():
        return None
    parts = _BETWEEN.sub(" ", " ".join(words).lower()).split()
    if len(parts) > 1:
        parts[-1] = _singular(parts[-1])
    letters = "".join(parts)
    return letters if letters.isalpha() and len(letters) >= LETTERS else None


def _singular(word: str) -> str:
    """An English noun in the singular, as far as its letters tell.

    Example:
        >>> [_singular(each) for each in ("drives", "boxes", "batteries", "virus", "glass")]
        ['drive', 'box', 'battery', 'virus', 'glass']
    """
    if len(word) > len("ties") and word.endswith("ies"):
        return f"{word[:-3]}y"
    if len(word) > len("axes") and _HISSING.search(word):
        return word[:-2]
    plural = len(word) > len("its") and word.endswith("s") and not word.endswith(("ss", "us", "is"))
    return word[:-1] if plural else word
