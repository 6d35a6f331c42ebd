"""The bridge to nlpaug: it is given tokens, and what it does to each becomes edits."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from labelmill.augment.foreign import lent_randomness
from labelmill.augment.nlpaug_catalog import PATHS, TFIDF_FILES
from labelmill.augment.wordnet import require_nltk_data
from labelmill.augment.words import Bounds, crossed, find_phrases, removals, touch
from labelmill.core.spans import Edit, Span
from labelmill.errors import BadParameter, BadResource
from labelmill.text.edits import checked

STRETCH = 5_000
"""Tokens that an augmenter with a limit is given at most."""
WINDOW = 1_000
"""Tokens that one without a limit is given at once; its time grows with their square."""

_PLACEHOLDER = "text"
"""What nlpaug takes for the text; it only ever sees our tokens, and leaves this if nothing fits."""


def build(root: Path, name: str, params: Mapping[str, Any], place: str) -> "Foreign":
    """Build an augmenter of nlpaug.

    Args:
        root: where paths among the parameters start.
        name: a name of the catalog.
        params: checked parameters.
        place: where the parameters stand in the config.

    Raises:
        BadParameter: if nlpaug refuses the parameters.
        BadResource: if a file is missing or not readable, or NLTK's data is not installed.
    """
    import nlpaug.augmenter.char  # noqa: PLC0415 (heavy)
    import nlpaug.augmenter.word  # noqa: PLC0415 (heavy)

    given: dict[str, Any] = {
        key: list(v) if isinstance(v, tuple) else v for key, v in params.items()
    }
    for key in PATHS:
        if key in given:
            given[key] = _existing(root, given[key], TFIDF_FILES if "TfIdf" in name else ("",))
    if name in ("word.SynonymAug", "word.AntonymAug"):
        _require_wordnet(given)
    if "reserved_tokens" in given:
        groups = given["reserved_tokens"]
        given["reserved_tokens"] = [[" ".join(w.split()) for w in group] for group in groups]
        given["tokenizer"] = str.split
    module, _, cls = name.partition(".")
    try:
        augmenter = getattr(getattr(nlpaug.augmenter, module), cls)(**given)
        _use_own_model(augmenter, name, given)
    except (ValueError, TypeError, KeyError, re.error) as error:
        message = f"nlpaug cannot build {name}: {error}"
        raise BadParameter(place, message) from error
    return Foreign.around(augmenter, name)


class Placed(str):
    """A token that knows its place among the tokens."""

    __slots__ = ("place",)
    place: int


@dataclass(slots=True)
class Desk:
    """Where nlpaug takes its tokens from, and where it lays the changed ones."""

    tokens: list[Placed] = field(default_factory=list)
    results: list[list[str]] = field(default_factory=list)

    def take(self, text: str) -> list[Placed]:  # noqa: ARG002 (nlpaug's tokenizer)
        """The tokens, whatever the text."""
        return list(self.tokens)

    def lay(self, tokens: Sequence[str]) -> str:
        """Keep the changed tokens; what nlpaug makes of them is not read."""
        self.results.append(list(tokens))
        return _PLACEHOLDER


@dataclass(frozen=True, slots=True)
class Changes:
    """What became of some tokens: new texts by index, and what was inserted before an index."""

    new: Mapping[int, str]
    inserted: Mapping[int, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Foreign:
    """An augmenter of nlpaug at our desk."""

    augmenter: Any
    name: str
    desk: Desk

    @classmethod
    def around(cls, augmenter: Any, name: str) -> "Foreign":
        """Make an augmenter take its tokens from a desk and tell what it did to each."""
        desk = Desk()
        augmenter.tokenizer = desk.take
        augmenter.reverse_tokenizer = desk.lay
        augmenter.include_detail = True
        if name == "word.RandomWordAug":
            augmenter._get_aug_range_idxes = lambda tokens: _stretch(augmenter, tokens)
        return cls(augmenter, name, desk)

    def edits(
        self,
        text: str,
        tokens: Sequence[Bounds],
        spans: Sequence[Span],
        rng: np.random.Generator,
    ) -> tuple[Edit, ...]:
        """Let nlpaug change some tokens of a text.

        Args:
            text: the text.
            tokens: bounds of its tokens.
            spans: entities, whose bounds are respected where possible.
            rng: decides everything that nlpaug draws.

        Raises:
            ValueError: if nlpaug fails.
        """
        tokens = self._units(text, tokens)
        made: list[Edit] = []
        with lent_randomness(rng):
            for low, high in self._windows(len(tokens), rng):
                changes = self._changes([text[slice(*bounds)] for bounds in tokens[low:high]])
                moved = Changes(
                    {low + i: new for i, new in changes.new.items()},
                    {low + i: new for i, new in changes.inserted.items()},
                )
                made += self._placed(text, tokens, moved, spans)
        return checked(made, text)

    def _windows(self, n_tokens: int, rng: np.random.Generator) -> Iterable[Bounds]:
        limit = "aug_word_max" if self.name.startswith("char.") else "aug_max"
        if getattr(self.augmenter, limit) is None:
            return [(low, low + WINDOW) for low in range(0, n_tokens, WINDOW)]
        low = int(rng.integers(n_tokens - STRETCH + 1)) if n_tokens > STRETCH else 0
        return [(low, low + STRETCH)]

    def _units(self, text: str, tokens: Sequence[Bounds]) -> Sequence[Bounds]:
        """The tokens; for ReservedAug those of a reserved phrase are one."""
        if self.name != "word.ReservedAug":
            return tokens
        known = {*self.augmenter.reserved_token_dict, *self.augmenter.reserved_phrase_dict}
        longest = max(map(len, known))
        found = find_phrases(text, tokens, known.__contains__, longest, self._reserved)
        units, done = [], 0
        for first, last, _ in found:
            units += [*tokens[done:first], (tokens[first][0], tokens[last - 1][1])]
            done = last
        return [*units, *tokens[done:]]

    def _reserved(self, phrase: str) -> str:
        key: str = self.augmenter.CONNECT_TOKEN.join(phrase.split())
        return key if self.augmenter.case_sensitive else key.lower()

    def _changes(self, words: Sequence[str]) -> Changes:
        """What nlpaug makes of some words."""
        if self.name == "word.ReservedAug":
            words = [self.augmenter.CONNECT_TOKEN.join(word.split()) for word in words]
        self.desk.tokens, self.desk.results = [], []
        for place, word in enumerate(words):
            token = Placed(word)
            token.place = place
            self.desk.tokens.append(token)
        try:
            answers = self.augmenter.augment(_PLACEHOLDER)
        except (ValueError, TypeError, KeyError, IndexError) as error:
            message = f"nlpaug's {self.name} failed: {type(error).__name__}: {error}"
            raise ValueError(message) from error
        if not self.desk.results:
            return Changes({}, {})
        _, logs = answers[0]
        originals = [(log["orig_token"], log["new_token"]) for log in logs]
        new = {word.place: text for word, text in originals if isinstance(word, Placed)}
        return Changes(new, _inserted(self.desk.tokens, self.desk.results[0], new))

    def _placed(
        self, text: str, tokens: Sequence[Bounds], changes: Changes, spans: Sequence[Span]
    ) -> list[Edit]:
        """Changes of tokens as edits of the text."""
        bounds = sorted(bound for span in spans for bound in (span.start, span.end))
        edits = removals(text, tokens, (i for i, new in changes.new.items() if not new), spans)
        replaced = {i: new for i, new in changes.new.items() if new}
        for index, words in changes.inserted.items():
            if self.augmenter.action == "split" and index in replaced:
                replaced[index] = " ".join([*words, replaced[index]])
            else:
                edits.append(_insertion(text, tokens, index, words))
        if self.name == "word.RandomWordAug" and self.augmenter.action == "swap":
            edits += _exchanges(text, tokens, replaced, bounds)
        else:
            edits += [_replacement(text, tokens[i], replaced[i], bounds) for i in replaced]
        return [edit for edit in edits if text[edit.start : edit.end] != edit.replacement]


def _inserted(
    tokens: Sequence[Placed], result: Sequence[str], new: Mapping[int, str]
) -> dict[int, list[str]]:
    """Words that stand in the result but come from no token, by the index that they precede.

    Objects are compared, not texts: what nlpaug did not insert is the token itself or the very
    string that its log names.
    """
    expected = [(i, new.get(i, token)) for i, token in enumerate(tokens) if new.get(i, token)]
    inserted = defaultdict(list)
    seen = 0
    for word in result:
        if seen < len(expected) and word is expected[seen][1]:
            seen += 1
        else:
            inserted[expected[seen][0] if seen < len(expected) else len(tokens)].append(word)
    if seen < len(expected):
        message = f"nlpaug lost the word '{expected[seen][1]}'"
        raise ValueError(message)
    return dict(inserted)


def _insertion(text: str, tokens: Sequence[Bounds], index: int, words: Sequence[str]) -> Edit:
    """Put words before a token (or after the last), with blanks where words would touch."""
    inserted = " ".join(words)
    if index == len(tokens):
        place = tokens[-1][1]
        return Edit(place, place, f" {inserted}")
    place = tokens[index][0]
    blank = " " if touch(text[max(0, place - 1) : place], inserted) else ""
    return Edit(place, place, f"{blank}{inserted} ")


def _replacement(text: str, token: Bounds, new: str, bounds: Sequence[int]) -> Edit:
    """A word in a token's place; where an entity covers part of it, only what differs changes."""
    edit = Edit(*token, new)
    return _narrowed(text, edit) if crossed(bounds, *token) else edit


def _narrowed(text: str, edit: Edit) -> Edit:
    """An edit without the characters at both ends that it leaves as they are."""
    old, new = text[edit.start : edit.end], edit.replacement
    shortest = min(len(old), len(new))
    head = next((i for i in range(shortest) if old[i] != new[i]), shortest)
    shortest -= head
    tail = next((i for i in range(shortest) if old[-1 - i] != new[-1 - i]), shortest)
    return Edit(edit.start + head, edit.end - tail, new[head : len(new) - tail])


def _exchanges(
    text: str, tokens: Sequence[Bounds], replaced: Mapping[int, str], bounds: Sequence[int]
) -> Iterator[Edit]:
    """Words that took each other's places: one edit for all where an entity's bound is crossed.

    Else a word of the entity would stand outside, and another inside under its label. A blank
    comes between words that would run into one.
    """
    joined: set[int] = set()
    blanks = _blanks(text, tokens, replaced)
    for group in _exchanged(text, tokens, replaced):
        start, end = tokens[group[0]][0], tokens[group[-1]][1]
        if len(group) == 1 or not crossed(bounds, start, end):
            for i in group:
                yield _replacement(text, tokens[i], replaced[i], bounds)
            continue
        words = [replaced[group[0]]]
        for a, b in pairwise(group):
            gap = " " if b in blanks else text[tokens[a][1] : tokens[b][0]]
            words += [gap, replaced[b]]
        joined.update(group[1:])
        yield Edit(start, end, "".join(words))
    for i in sorted(blanks - joined):
        yield Edit(tokens[i][0], tokens[i][0], " ")


def _exchanged(
    text: str, tokens: Sequence[Bounds], replaced: Mapping[int, str]
) -> Iterator[list[int]]:
    """Neighbours that took each other's places: smallest runs that hold the same words as before.

    Case does not count, as nlpaug changes it at the start of a text. A word that came back to its
    place stands among the others, since they may have passed it.
    """
    group: list[int] = []
    balance: Counter[str] = Counter()
    for i in sorted(replaced):
        if group and i != group[-1] + 1:
            yield group
            group, balance = [], Counter()
        group.append(i)
        balance[text[slice(*tokens[i])].lower()] += 1
        balance[replaced[i].lower()] -= 1
        if not any(balance.values()):
            yield group
            group, balance = [], Counter()
    if group:
        yield group


def _blanks(text: str, tokens: Sequence[Bounds], replaced: Mapping[int, str]) -> set[int]:
    """Tokens that run into the one before them, now that words have changed places."""

    def now(i: int) -> str:
        return replaced.get(i, text[slice(*tokens[i])])

    concerned = {j for i in replaced for j in (i, i + 1) if 0 < j < len(tokens)}
    touching = (j for j in concerned if tokens[j - 1][1] == tokens[j][0])
    return {j for j in touching if touch(now(j - 1), now(j))}


def _stretch(augmenter: Any, tokens: Sequence[str]) -> list[int]:
    """Neighbours to crop; nlpaug's own choice fails on one word and wraps around the start."""
    count = min(augmenter.generate_aug_cnt(len(tokens)), len(tokens) - 1)
    if count < 1:
        return []
    start = augmenter.sample(list(range(len(tokens) - count + 1)), 1)[0]
    return list(range(start, start + count))


def _existing(root: Path, path: str, files: Sequence[str]) -> str:
    place = root / path
    for file in files:
        if not (place / file).is_file():
            raise BadResource(str(place / file), "no such file; nlpaug needs it")
    return str(place)


def _require_wordnet(params: Mapping[str, Any]) -> None:
    require_nltk_data("taggers/averaged_perceptron_tagger_eng")
    if params.get("aug_src", "wordnet") == "wordnet":
        require_nltk_data("corpora/wordnet")
        if params.get("lang", "eng") != "eng":
            require_nltk_data("corpora/omw-1.4")


def _use_own_model(augmenter: Any, name: str, params: Mapping[str, Any]) -> None:
    """Give an augmenter a model of its own, in a fixed order.

    nlpaug keeps one spelling list and one TF-IDF table for the whole process, whatever files are
    asked for later, and the order of a spelling list hangs on Python's hash seed. It would load the
    part-of-speech tagger anew for every text.
    """
    if name == "word.SpellingAug":
        from nlpaug.model.word_dict import Spelling  # noqa: PLC0415 (heavy)

        augmenter.model = Spelling(augmenter.dict_path, augmenter.include_reverse)
        for words in augmenter.model.dict.values():
            words.sort()
    if name == "word.TfIdfAug":
        from nlpaug.model.word_stats import TfIdf  # noqa: PLC0415 (heavy)

        augmenter.model = TfIdf(params["model_path"])
    if name in ("word.SynonymAug", "word.AntonymAug"):
        from nltk.tag import PerceptronTagger  # noqa: PLC0415 (heavy)

        augmenter.model.pos_tag = PerceptronTagger().tag
