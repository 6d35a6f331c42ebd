"""The `nlpaug` type: an augmenter of nlpaug, or several in a row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from labelmill.augment.nlpaug_bridge import Foreign, build
from labelmill.augment.nlpaug_catalog import PATHS, TFIDF_FILES, check_augmenter, check_params
from labelmill.augment.words import recut, tokens_of
from labelmill.core.protocols import BOTH, Bench, Needs, Unit
from labelmill.core.registry import AUGMENTERS
from labelmill.core.spans import Edit, Example, Span
from labelmill.errors import BadParameter
from labelmill.text.edits import apply, compose, project


@dataclass(frozen=True, slots=True)
class Step:
    """One augmenter of a flow, with its parameters."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    augmenter: str
    params: Mapping[str, Any] = field(default_factory=dict)


@AUGMENTERS.add("nlpaug")
@dataclass(frozen=True, slots=True)
class Nlpaug:
    r"""Change characters or words with an augmenter of nlpaug.

    Give `augmenter` and its `params`, named as in nlpaug, or a `flow` with several `augmenters`:
    `sequential` applies all of them in order, `sometimes` each with the chance `aug_p`. There are
    `char.KeyboardAug`, `char.OcrAug`, `char.RandomCharAug`, `word.RandomWordAug`,
    `word.SpellingAug`, `word.SplitAug`, `word.ReservedAug`, `word.TfIdfAug`, `word.SynonymAug` and
    `word.AntonymAug`; the last two need NLTK's WordNet and tagger on the machine. Augmenters that
    would download a model are refused.

    nlpaug is given the job's tokens, and only what it does to them is taken over, as edits: white
    space, punctuation and e-mail addresses beside a changed word stay as they are. A word that it
    deletes goes with one run of white space, an inserted one gets a blank. Words that change
    places across the bound of an entity cost that entity. Paths in `params` start at the project
    root. The limits of nlpaug hold for each text (`aug_max: 10` and `aug_word_max: 10` unless set;
    null sets no limit); in a text of more than 5,000 tokens a limited augmenter works on one
    stretch of that length, chosen at random.

    Attributes:
        augmenter: name of the augmenter, as `char.KeyboardAug`.
        params: its parameters, as nlpaug names them.
        flow: `sequential` or `sometimes`, with `augmenters` instead of `augmenter`.
        augmenters: the augmenters of a flow, each with `augmenter` and `params`.
        aug_p: chance of each augmenter of a flow `sometimes`.

    Example:
        >>> from labelmill.core.labels import LabelSpace
        >>> from labelmill.core.seeds import keyed_rng
        >>> typos = Nlpaug("char.KeyboardAug", {"aug_word_max": 1})
        >>> rewriter = typos.bind(Bench("typos", Path(), LabelSpace(("ham", "spam")), "document"))
        >>> rewriter.rewrite(Example("1", "Watch\tthis   video"), keyed_rng(1))
        (Edit(start=0, end=5, replacement='Wqtfh'),)
    """

    augmenter: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    flow: Literal["sequential", "sometimes"] | None = None
    augmenters: tuple[Step, ...] = ()
    aug_p: float = 0.8

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = BOTH

    def __post_init__(self) -> None:
        if (self.augmenter is None) == (self.flow is None):
            message = "give `augmenter`, or `flow` and `augmenters`"
            raise BadParameter("augmenter", message, code="missing")
        if (self.flow is None) != (not self.augmenters):
            message = "a flow needs a list of augmenters, and such a list needs a flow"
            raise BadParameter("augmenters", message, code="missing")
        if self.flow is not None and self.params:
            raise BadParameter("params", "stand beside each of the `augmenters` of a flow")
        if not 0 < self.aug_p <= 1:
            raise BadParameter("aug_p", f"must be above 0 and at most 1, found {self.aug_p}")
        for place, step in self._steps():
            check_augmenter(f"{place}augmenter", step.augmenter)
            check_params(f"{place}params", step.augmenter, step.params)

    def needs(self, root: Path) -> Needs:  # noqa: ARG002 (the protocol's)
        """The files that parameters name."""
        files: list[str] = []
        for _, step in self._steps():
            paths = [str(step.params[name]) for name in PATHS if name in step.params]
            if step.augmenter == "word.TfIdfAug":
                paths = [f"{folder}/{file}" for folder in paths for file in TFIDF_FILES]
            files += paths
        return Needs(files=tuple(files))

    def bind(self, bench: Bench) -> "NlpaugRewriter":
        """Build the augmenters."""
        built = tuple(
            build(bench.root, step.augmenter, step.params, f"{place}params")
            for place, step in self._steps()
        )
        return NlpaugRewriter(built, self.aug_p if self.flow == "sometimes" else 1.0)

    def _steps(self) -> list[tuple[str, Step]]:
        """The augmenters, each with the prefix of its place in the config."""
        if self.augmenter is not None:
            return [("", Step(self.augmenter, self.params))]
        return [(f"augmenters.{i}.", step) for i, step in enumerate(self.augmenters)]


@dataclass(frozen=True, slots=True)
class NlpaugRewriter:
    """Augmenters that are applied one after the other, each with the same chance."""

    steps: tuple[Foreign, ...]
    chance: float

    def rewrite(self, example: Example, rng: np.random.Generator) -> tuple[Edit, ...]:
        """Edits to the example's text, those of later augmenters carried back to it."""
        text, tokens, spans = example.text, tokens_of(example), list(example.spans)
        edits: tuple[Edit, ...] = ()
        for i, step in enumerate(self.steps):
            if rng.random() >= self.chance:
                continue
            made = step.edits(text, tokens, spans, rng)
            edits = compose(edits, made) if edits else made
            if made and i + 1 < len(self.steps):
                cuts = project([Span(*bounds, "") for bounds in tokens], made)
                spans = [span for span in project(spans, made) if span is not None]
                text = apply(text, made)
                kept = [cut for cut in cuts if cut is not None]
                tokens = recut(text, [place for cut in kept for place in (cut.start, cut.end)])
        return edits
