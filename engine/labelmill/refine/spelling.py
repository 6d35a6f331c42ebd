"""Other spellings that carry the label of a name: short forms and variants."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from labelmill.core.batch import Batch
from labelmill.core.hashes import UInt64, keys_of
from labelmill.core.tokens import Tokens
from labelmill.core.votes import Votes
from labelmill.refine.abbreviations import Definition, definitions, occurrences
from labelmill.refine.reading import Floats, Ints, Reading
from labelmill.refine.runs import Runs, Tags, words_of
from labelmill.refine.variants import Added, Variants

HEAD_FORMS = 2
HEAD_SHARE = 0.5
"""A word that ends so many different spans, and a span on this share of its places, is a head."""
DEFINED = 2
"""Known beyond its own text is an abbreviation that so many texts introduce with a label."""
CLEAR_LENGTH = 3
"""Two letters mean too many things to say the same in other texts."""

Places = dict[int, int]


@dataclass(frozen=True, slots=True)
class Named:
    """Some words by their keys, ascending, with the label of each and how sure that is."""

    key: UInt64
    label: Ints
    prob: Floats

    @classmethod
    def of(cls, rows: dict[str, tuple[int, float]]) -> "Named":
        """Keep the label and the probability of each word."""
        keys = keys_of(pa.array(list(rows), pa.string()))
        order = np.argsort(keys)
        label = np.array([label for label, _ in rows.values()], dtype=np.int64)
        prob = np.array([prob for _, prob in rows.values()], dtype=np.float64)
        return cls(keys[order], label[order], prob[order])

    def places(self, keys: UInt64) -> Ints:
        """The place of each key, -1 for those that are not here."""
        if not len(self.key):
            return np.full(len(keys), -1, dtype=np.int64)
        near = np.minimum(np.searchsorted(self.key, keys), len(self.key) - 1)
        return np.where(self.key[near] == keys, near, -1)

    def get(self, word: str) -> tuple[int, float] | None:
        """The label of a word and how sure it is."""
        place = int(self.places(keys_of(pa.array([word], pa.string())))[0])
        return None if place < 0 else (int(self.label[place]), float(self.prob[place]))


@dataclass(frozen=True, slots=True)
class Spelling:
    """What a sample tells of spellings: words that end spans, abbreviations known to all, variants.

    A long form whose tokens all have one label, or that no function touches and that ends with
    one of the `heads`, gives it to its short form, wherever that is a word of its own with the
    tag "O". Of two long forms of one short form the first with a label counts. `shorts` are the
    abbreviations that several texts introduce with a label and none without; they get it in
    texts, too, that do not introduce them. `variants` are names that can be written otherwise.
    """

    heads: Named
    shorts: Named
    variants: Variants

    @classmethod
    def of(cls, reading: Reading, tags: Tags) -> "Spelling":
        """Learn from a sample."""
        best = reading.probs.argmax(axis=1)
        label = tags.label[best]
        runs = Runs.of(best, tags, reading.batch.tokens)
        heads, variants = _heads(runs, reading.batch), Variants.of(runs, reading.batch)
        known = cls(heads, Named.of({}), variants)
        seen: dict[str, Counter[int]] = {}
        for text in _with_brackets(reading.batch):
            page = _Page.of(reading, text)
            for one in {one.short: one for one in page.definitions}.values():
                found = known.label_of(one, page, label, reading, tags)
                seen.setdefault(one.short, Counter())[found[0] if found else -1] += 1
        shorts = {
            short: (next(iter(counts)), counts.total() / (counts.total() + 1))
            for short, counts in seen.items()
            if len(counts) == 1 and -1 not in counts
            if counts.total() >= DEFINED and len(short) >= CLEAR_LENGTH
        }
        return cls(heads, Named.of(shorts), variants)

    def out(
        self, reading: Reading, tags: Tags, rows: npt.NDArray[np.bool_] | None = None
    ) -> tuple[Floats, Votes]:
        """Spell some rows out.

        Args:
            reading: the rows.
            tags: what their tags mean.
            rows: which rows may get spans, [n_rows]; None are all.

        Returns:
            Probabilities of tags, [n_tokens, n_tags], and the spans that were added, as votes.
        """
        label = tags.label[reading.probs.argmax(axis=1)]
        found = self._found(reading, tags, label)
        if rows is not None:
            found = [one for one in found if rows[one.text]]
        if not found:
            return reading.probs, Votes.none()
        probs, tokens = reading.probs.copy(), reading.batch.tokens
        votes = []
        for one in found:
            begin, inside = tags.tags_of(one.label)
            probs[one.first : one.last] = 0.0
            probs[one.first : one.last, 0] = 1.0 - one.prob
            probs[one.first + 1 : one.last, inside] = one.prob
            probs[one.first, begin] = one.prob
            start, end = int(tokens.start[one.first]), int(tokens.end[one.last - 1])
            votes.append((one.text, start, end, one.label, None))
        return probs, Votes.of(0, votes)

    def label_of(
        self, one: Definition, page: "_Page", label: Ints, reading: Reading, tags: Tags
    ) -> tuple[int, float] | None:
        """The label of a long form and its probability; None if it has none."""
        first, last = page.begins.get(one.start), page.ends.get(one.end)
        if first is None or last is None:
            return None
        of_label = int(label[first])
        if of_label >= 0 and (label[first:last] == of_label).all():
            return of_label, float(
                reading.probs[first:last][:, tags.label == of_label].sum(axis=1).min()
            )
        if (label[first:last] >= 0).any():
            return None
        return self.heads.get(page.text[one.start : one.end].split()[-1].lower())

    def _found(self, reading: Reading, tags: Tags, label: Ints) -> list[Added]:
        """The spans to be added, each token in one of them only."""
        kept, taken = [], label >= 0
        own: set[tuple[int, str]] = set()
        for text in _with_brackets(reading.batch):
            page = _Page.of(reading, text)
            for one in page.definitions:
                found = self.label_of(one, page, label, reading, tags)
                if found is None or (text, one.short) in own:
                    continue
                own.add((text, one.short))
                kept += list(page.added((one.start, one.end), found, taken))
                for place in occurrences(page.text, one.short):
                    kept += list(page.added(place, found, taken))
            own |= {(text, one.short) for one in page.definitions}
        kept += self._elsewhere(reading.batch, taken, own)
        kept += self.variants.found(reading.batch, taken)
        return sorted(kept, key=lambda one: one.first)

    def _elsewhere(
        self, batch: Batch, taken: npt.NDArray[np.bool_], own: set[tuple[int, str]]
    ) -> Iterator[Added]:
        """Abbreviations in texts that do not introduce them."""
        if not len(self.shorts.key):
            return
        words = pa.array(words_of(batch), pa.string()).dictionary_encode()
        place = self.shorts.places(keys_of(words.dictionary))[words.indices.to_numpy()]
        rows = batch.tokens.rows
        for token in np.flatnonzero((place >= 0) & ~taken).tolist():
            text = int(rows[token])
            start, end = int(batch.tokens.start[token]), int(batch.tokens.end[token])
            short = batch.strings[text][start:end]
            if (text, short) in own or (start, end) not in occurrences(batch.strings[text], short):
                continue
            one = int(place[token])
            label, prob = int(self.shorts.label[one]), float(self.shorts.prob[one])
            taken[token] = True
            yield Added(text, token, token + 1, label, prob)


@dataclass(frozen=True, slots=True)
class _Page:
    """A text with its tokens by where they begin and end."""

    number: int
    text: str
    definitions: list[Definition]
    begins: Places
    ends: Places

    @classmethod
    def of(cls, reading: Reading, number: int) -> "_Page":
        text, tokens = reading.batch.strings[number], reading.batch.tokens
        return cls(number, text, definitions(text), *_places(tokens, number))

    def added(
        self, place: tuple[int, int], label: tuple[int, float], taken: npt.NDArray[np.bool_]
    ) -> Iterator[Added]:
        """A span at some place, if it lies on token bounds; its tokens are taken then, once."""
        first, last = self.begins.get(place[0]), self.ends.get(place[1])
        if first is not None and last is not None and not taken[first:last].any():
            taken[first:last] = True
            yield Added(self.number, first, last, *label)


def _heads(runs: Runs, batch: Batch) -> Named:
    """Words that end spans of one label; see HEAD_SHARE."""
    words = [word.lower() for word in words_of(batch)]
    total = Counter(words)
    ends: Counter[tuple[str, int]] = Counter()
    forms: dict[tuple[str, int], set[int]] = {}
    keys = runs.forms(batch).tolist()
    for last, label, key in zip(runs.last.tolist(), runs.label.tolist(), keys, strict=True):
        end = words[last - 1], label
        ends[end] += 1
        forms.setdefault(end, set()).add(key)
    rows = {
        word: (label, count / (total[word] + 1))
        for (word, label), count in ends.items()
        if len(forms[word, label]) >= HEAD_FORMS and count > HEAD_SHARE * total[word]
    }
    return Named.of(rows)


def _with_brackets(batch: Batch) -> list[int]:
    """The texts that may introduce something."""
    found = pc.match_substring_regex(batch.texts, r"[(\[]").to_numpy(zero_copy_only=False)
    numbers: list[int] = np.flatnonzero(found).tolist()
    return numbers


def _places(tokens: Tokens, text: int) -> tuple[Places, Places]:
    """The token that begins at each place of a text, and the one after that which ends there."""
    base = int(tokens.starts[text])
    bounds = tokens.bounds(text)
    begins = {start: base + i for i, (start, _) in enumerate(bounds)}
    return begins, {end: base + i + 1 for i, (_, end) in enumerate(bounds)}
