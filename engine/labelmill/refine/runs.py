"""Spans as tags tell them: runs of tokens of one label, and the form in which each is written."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from labelmill.core.batch import Batch
from labelmill.core.hashes import UInt64, keys_of, mixed
from labelmill.core.labels import LabelSpace
from labelmill.core.patterns import VotePatterns
from labelmill.core.tokens import Tokens

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tags:
    """What the tags of a job mean: the label of each tag, -1 for "O", and which begin a span.

    Example:
        >>> Tags.of(LabelSpace(("O", "B-ORG", "I-ORG"))).label.tolist()
        [-1, 0, 0]
        >>> Tags.of(LabelSpace(("O", "ORG", "PERSON"))).begins.tolist()
        [False, False, False]
    """

    label: Ints  # [n_tags]
    begins: Bools  # [n_tags]

    @classmethod
    def of(cls, labels: LabelSpace) -> "Tags":
        """Read the tags off their names: BIO where each label has a B- and an I- tag, else IO."""
        names = labels.names[1:]
        n = len(names)
        begin, inside = names[::2], names[1::2]
        bio = all(b[:2] == "B-" and i == f"I-{b[2:]}" for b, i in zip(begin, inside, strict=False))
        if n == 0 or n % 2 or not bio:
            return cls(np.arange(-1, n), np.zeros(n + 1, dtype=np.bool_))
        label = np.append(-1, np.arange(n) // 2)
        return cls(label, np.arange(n + 1) % 2 == 1)

    def tags_of(self, label: int) -> tuple[int, int]:
        """The tag of the first and that of any other token of a span."""
        found = np.flatnonzero(self.label == label)
        return int(found[0]), int(found[-1])


@dataclass(frozen=True, slots=True)
class Runs:
    """Spans as runs of tokens: the first token of each, the one after its last, its label."""

    first: Ints
    last: Ints
    label: Ints

    @classmethod
    def of(cls, best: Ints, tags: Tags, tokens: Tokens) -> "Runs":
        """The runs in the best tag of each token, [n_tokens]; neighbours of one label are one
        run, unless a tag says that a span begins.
        """  # noqa: D205
        label = tags.label[best]
        breaks = np.ones(len(label) + 1, dtype=np.bool_)
        breaks[1:-1] = (label[1:] != label[:-1]) | tags.begins[best[1:]]
        breaks[tokens.starts] = True
        bounds = np.flatnonzero(breaks)
        first, last = bounds[:-1], bounds[1:]
        spans = label[first] >= 0 if len(first) else np.zeros(0, dtype=np.bool_)
        return cls(first[spans], last[spans], label[first[spans]])

    def __len__(self) -> int:
        return len(self.first)

    @property
    def length(self) -> Ints:
        """Tokens in each run."""
        return self.last - self.first

    def tokens(self) -> tuple[Ints, Ints]:
        """The run and the token of each token in a run, [n_tokens_in_runs]."""
        run = np.repeat(np.arange(len(self)), self.length)
        before = np.cumsum(self.length) - self.length
        return run, self.first[run] + np.arange(len(run)) - before[run]

    def forms(self, batch: Batch) -> UInt64:
        """A key of what is written in each run, whatever its case, [n_runs]."""
        tokens, texts = batch.tokens, batch.strings
        doc = tokens.rows[self.first]
        places = zip(
            doc.tolist(),
            tokens.start[self.first].tolist(),
            tokens.end[self.last - 1].tolist(),
            strict=True,
        )
        written = [" ".join(texts[i][start:end].lower().split()) for i, start, end in places]
        return keys_of(pa.array(written, pa.string()))

    def finders(self, patterns: VotePatterns) -> UInt64:
        """A key of the functions that vote for a span on some token of each run, [n_runs]."""
        run, token = self.tokens()
        pattern = patterns.index[token]
        n_votes = np.diff(patterns.indptr)[pattern]
        before = np.cumsum(n_votes) - n_votes
        vote = np.repeat(patterns.indptr[pattern] - before, n_votes) + np.arange(n_votes.sum())
        spoken = patterns.label[vote] > 0
        n = int(patterns.function.max(initial=0)) + 1
        pairs = np.unique(np.repeat(run, n_votes)[spoken] * n + patterns.function[vote][spoken])
        keys = mixed(self.label.astype(np.uint64), "label")
        np.add.at(keys, pairs // n, mixed((pairs % n).astype(np.uint64), "function"))
        return keys

    def rows(self) -> set[tuple[int, int, int]]:
        """The runs as a set, to compare them."""
        rows = zip(self.first.tolist(), self.last.tolist(), self.label.tolist(), strict=True)
        return set(rows)


def words_of(batch: Batch) -> list[str]:
    """The tokens of all texts as they are written, [n_tokens]."""
    return [
        text[start:end]
        for i, text in enumerate(batch.strings)
        for start, end in batch.tokens.bounds(i)
    ]
