"""The `token_pattern` type: spaCy Matcher patterns over tokens."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from labelmill.core.batch import Batch
from labelmill.core.labels import Target
from labelmill.core.protocols import BOTH, Bench, Needs, Unit
from labelmill.core.registry import FUNCTIONS
from labelmill.core.votes import Hits, Votes
from labelmill.errors import BadParameter

Pattern = tuple[Mapping[str, Any], ...]


@FUNCTIONS.add("token_pattern")
@dataclass(frozen=True, slots=True)
class TokenPattern:
    """Vote where tokens fit a pattern of spaCy's Matcher.

    A pattern is a list of tokens, each a map as spaCy's rule-based matching takes it:
    `{LOWER: inc}`, `{IS_TITLE: true, OP: '+'}`, `{TEXT: {REGEX: '^[A-Z]+$'}}`. Of overlapping
    matches the longest stands, of equally long ones the first. White space is no token here, so a
    double space or a line end between words does no harm. Without `model` only attributes of
    the words themselves are known; `TAG`, `POS`, `LEMMA`, `MORPH` and `ENT_TYPE` need one.

    Attributes:
        label: what a match votes for.
        patterns: a list of patterns, of which any may match.
        model: a spaCy model package that reads the text first.

    Example:
        >>> pattern = ({"LOWER": "money"}, {"LOWER": "back"})
        >>> TokenPattern(label="refund", patterns=(pattern,)).targets()
        ('refund',)
    """

    label: Target
    patterns: tuple[Pattern, ...]
    model: str | None = None

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = BOTH

    def __post_init__(self) -> None:
        if not self.patterns:
            raise BadParameter("patterns", "give at least one pattern", code="missing")
        for index, pattern in enumerate(self.patterns):
            if not pattern:
                field = f"patterns.{index}"
                raise BadParameter(field, "an empty pattern matches nothing; name a token")

    def targets(self) -> tuple[Target, ...]:
        """The label."""
        return (self.label,)

    def needs(self, root: Path) -> Needs:  # noqa: ARG002 (the protocol's)
        """The model, if one is named."""
        return Needs(packages=() if self.model is None else (self.model,))

    def bind(self, bench: Bench) -> "TokenPatternVoter":
        """Check the patterns.

        Raises:
            BadParameter: if spaCy does not take a pattern; names it.
        """
        from spacy.vocab import Vocab  # noqa: PLC0415 (heavy)

        for index, pattern in enumerate(self.patterns):
            _check(index, pattern, Vocab())
        return TokenPatternVoter(self.patterns, self.model, bench.labels.index(self.label))


@dataclass(frozen=True, slots=True)
class TokenPatternVoter:
    """Checked patterns, and the label set that they vote for."""

    patterns: tuple[Pattern, ...]
    model: str | None
    label: int

    def vote(self, batch: Batch, earlier: Mapping[str, Votes]) -> Hits:  # noqa: ARG002
        """Match every text."""
        hits = Hits()
        matcher = None
        for doc, read in enumerate(batch.docs(self.model)):
            words = without_spaces(read)
            matcher = matcher or _matcher(self.patterns, words.vocab)
            bounds = [(t.idx, t.idx + len(t)) for t in read if not t.is_space]
            for _, first, last in sorted(matcher(words), key=lambda match: match[1:]):
                hits.add(doc, bounds[first][0], bounds[last - 1][1], self.label)
        return hits


def without_spaces(doc: Any) -> Any:
    """The Doc without tokens of white space, with the same readings of all other tokens.

    Example:
        >>> from labelmill.text.language import Language
        >>> [doc] = Language().docs(["two  words"], None)
        >>> [token.text for token in doc], [token.text for token in without_spaces(doc)]
        (['two', ' ', 'words'], ['two', 'words'])
    """
    from spacy.tokens import Doc  # noqa: PLC0415 (heavy)

    kept = [token for token in doc if not token.is_space]
    if len(kept) == len(doc):
        return doc
    return Doc(
        doc.vocab,
        words=[token.text for token in kept],
        spaces=[bool(token.whitespace_) for token in kept],
        tags=[token.tag_ for token in kept],
        pos=[token.pos_ for token in kept],
        morphs=[str(token.morph) for token in kept],
        lemmas=[token.lemma_ for token in kept],
        ents=[_entity(token) for token in kept],
    )


def _entity(token: Any) -> str:
    return f"{token.ent_iob_}-{token.ent_type_}" if token.ent_type_ else "O"


def _matcher(patterns: tuple[Pattern, ...], vocab: Any) -> Any:
    from spacy.matcher import Matcher  # noqa: PLC0415 (heavy)

    matcher = Matcher(vocab, validate=True)
    matcher.add("match", [_plain(pattern) for pattern in patterns], greedy="LONGEST")
    return matcher


def _check(index: int, pattern: Pattern, vocab: Any) -> None:
    field = f"patterns.{index}"
    if any("_" in token for token in pattern):
        raise BadParameter(field, "`_` asks for an extension of spaCy, and there are none here")
    try:
        _matcher((pattern,), vocab)
    except (ValueError, TypeError, KeyError, re.error) as error:
        message = (
            f"spaCy does not take the pattern {_plain(pattern)}: {' '.join(str(error).split())}"
        )
        raise BadParameter(field, message) from error


def _plain(value: Any) -> Any:
    """Maps and lists as spaCy takes them."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
