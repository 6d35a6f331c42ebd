"""The `ner` task: labeled spans of a text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from labelmill.core.batch import Batch
from labelmill.core.labels import LabelSpace
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import Items, Readout, Unit
from labelmill.core.registry import TASKS
from labelmill.core.settling import settle_spans
from labelmill.core.votes import Hits, Votes
from labelmill.tasks import tags
from labelmill.tasks.labels import Labels, checked_names, noted_definitions
from labelmill.text.language import Language


@TASKS.add("ner")
@dataclass(frozen=True, slots=True)
class Ner:
    """Find labeled spans in each text.

    Labeling functions give character spans, which are widened to token bounds. Label models
    vote on the tag of each token; a function's silence counts as abstaining where another
    function touches the token, and as "O" elsewhere. Spans are read off the most probable tags;
    two neighbours of one label are one span only where some function spans both.

    Attributes:
        labels: the labels; a list, or a map from label to `definition` and `examples`.
        overlap: which of one function's overlapping hits stands: the `longest`, or the `first`.
        tags: what label models vote on: `IO` tags (better on every set measured) or `BIO`.
        tokens: cut texts as `spacy` does for the job's language, or at `whitespace` (for text
            that comes tokenised).

    Example:
        >>> Ner(labels=("ORG", "PERSON")).item_space(LabelSpace(("ORG", "PERSON"))).names
        ('O', 'ORG', 'PERSON')
    """

    labels: Labels
    overlap: Literal["longest", "first"] = "longest"
    tags: Literal["IO", "BIO"] = "IO"
    tokens: Literal["spacy", "whitespace"] = "spacy"

    version: ClassVar[int] = 1
    unit: ClassVar[Unit] = "span"

    def __post_init__(self) -> None:
        checked_names(self.labels)

    def space(self) -> LabelSpace:
        """The labels of spans, without "O"."""
        return LabelSpace(checked_names(self.labels))

    def definitions(self) -> Mapping[str, str]:
        """What each label means, for labels that say so."""
        return noted_definitions(self.labels)

    def items(self) -> Items:
        """The tokens of texts, as this task cuts and tags them."""
        return self

    def analysis(self, language: str) -> Any:
        """How texts are cut into tokens."""
        return Language(language, self.tokens)

    def item_space(self, space: LabelSpace) -> LabelSpace:
        """Items are tokens, so their labels are tags."""
        return tags.tag_space(space, self.tags)

    def settle(self, hits: Hits, function: int, batch: Batch) -> Votes:
        """Spans on token bounds, without overlap."""
        return settle_spans(hits, function, batch.tokens, first=self.overlap == "first")

    def settle_all(self, found: Sequence[tuple[int, Hits]], batch: Batch) -> Votes:
        """The spans of several functions."""
        return Votes.joined(self.settle(hits, function, batch) for function, hits in found)

    def patterns(
        self, votes: Votes, batch: Batch, space: LabelSpace, n_functions: int
    ) -> VotePatterns:
        """Vote patterns of the tokens, cut into texts."""
        spread = tags.spread(votes, batch.tokens)
        label = tags.tag_sets(votes, spread, space, self.tags)
        found = VotePatterns.of(
            spread.token, votes.function[spread.vote], label, len(batch.tokens.start)
        )
        voiced = found.voicing_silence(n_functions, 0)
        return voiced.in_sequences(np.diff(batch.tokens.starts).tolist())

    def read(
        self,
        probs: npt.NDArray[np.float64],
        votes: Votes,
        batch: Batch,
        space: LabelSpace,
        min_confidence: float,
    ) -> Readout:
        """Read spans off the tags, and a status for each text."""
        return tags.read(probs, votes, batch, space, min_confidence, self.tags)
