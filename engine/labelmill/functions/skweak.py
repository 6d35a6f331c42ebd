"""The `skweak` type: a skweak annotator, unchanged."""

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from labelmill.core.batch import Batch
from labelmill.core.labels import LabelSpace, Target
from labelmill.core.protocols import BOTH, Bench, Needs, Unit
from labelmill.core.registry import FUNCTIONS
from labelmill.core.votes import Hits, Votes
from labelmill.errors import BadParameter, BadResource, LabelmillError, nearest
from labelmill.functions.answers import BadAnswer, Found
from labelmill.functions.models import Model, docs_of, model_files, model_packages
from labelmill.io.modules import Reference, importable, load_function, module_files, raised, told


@FUNCTIONS.add("skweak")
@dataclass(frozen=True, slots=True)
class Skweak:
    """Vote as a skweak annotator says, without a change to it.

    The annotator is an object of the project (`RegexAnnotator`, `FunctionAnnotator`,
    `GazetteerAnnotator`, `VicinityAnnotator`, …), or what a function or class of the project
    makes. It gets a copy of each Doc, and the spans that it writes under its own name are the
    hits; in a document task too, where most hits win. A span with a label that the task does not
    have, and that stands neither in `labels` nor in `ignore`, makes its row an error.

    Annotators that look at other layers find those of the functions under `reads`, by their
    names; a vote for one of several labels has them joined by `|`. An annotator that never ends,
    as skweak's RegexAnnotator does on an empty match, makes its row an error.

    Attributes:
        function: the file and the name in it: `labeling_functions/rules.py:money`.
        params: values for the parameters of the function or class that makes the annotator.
        model: a spaCy model, by package or by path from the root; by default tokens alone.
        sentences: cut sentences at full stops and the like, for annotators that look at them.
        labels: a map from the annotator's labels to those of the task, where they differ.
        ignore: labels of the annotator that are no votes.
        reads: labeling functions whose spans the annotator looks at.
        files: other files that the function reads; the votes are made anew when they change.

    Example:
        >>> Skweak("labeling_functions/rules.py:money", labels={"CASH": "MONEY"}).targets()
        ('MONEY',)
    """

    function: str
    params: Mapping[str, Any] = field(default_factory=dict)
    model: str | None = None
    sentences: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = BOTH

    def __post_init__(self) -> None:
        Reference.parse(self.function)
        for label in self.ignore:
            if label in self.labels:
                raise BadParameter("ignore", f"'{label}' stands under `labels` as well")

    def targets(self) -> tuple[Target, ...]:
        """The labels that `labels` leads to; others are known when the annotator votes."""
        return tuple(dict.fromkeys(self.labels.values()))

    def needs(self, root: Path) -> Needs:
        """The file and the project modules that it imports, the model, the functions it reads."""
        files = module_files(root, Reference.parse(self.function).file)
        model = self.model
        return Needs(
            files=(*files, *self.files, *(() if model is None else model_files(root, model))),
            packages=() if model is None else model_packages(root, model),
            reads=self.reads,
        )

    def bind(self, bench: Bench) -> "SkweakVoter":
        """Load or make the annotator."""
        with importable(bench.root):
            annotator = self._annotator(bench.root)
        self._check_layers(annotator)
        self._check_sentences(annotator)
        for label in self.labels.values():
            bench.labels.index(label)
        return SkweakVoter(
            annotator,
            self,
            None if self.model is None else Model.find(bench.root, self.model).load,
            bench.labels,
            bench.root,
        )

    def _annotator(self, root: Path) -> Any:
        from skweak.base import AbstractAnnotator, CombinedAnnotator  # noqa: PLC0415 (heavy)

        found = load_function(root, self.function)
        if isinstance(found, AbstractAnnotator):
            if self.params:
                raise BadParameter("params", "the annotator is made already; it takes none")
        else:
            found = self._made(found, root)
        if isinstance(found, CombinedAnnotator):
            message = "combines several annotators; declare one labeling function for each"
            raise BadResource(self.function, message)
        if not isinstance(found, AbstractAnnotator):
            message = f"gives {type(found).__name__}, not a skweak annotator"
            raise BadResource(self.function, message)
        return found

    def _made(self, make: Any, root: Path) -> Any:
        try:
            inspect.signature(make).bind(**self.params)
        except (TypeError, ValueError) as error:
            message = f"do not fit {Reference.parse(self.function).name}: {error}"
            raise BadParameter("params", message) from error
        try:
            return make(**self.params)
        except LabelmillError:
            raise
        except raised() as error:  # what a user's function raises
            message = f"makes no annotator: {type(error).__name__}: {told(error, root)}"
            raise BadResource(self.function, message) from error

    def _check_layers(self, annotator: Any) -> None:
        other = getattr(annotator, "other_name", None)
        wanted = [*getattr(annotator, "incompatible_sources", ()), *([other] if other else [])]
        for layer in wanted:
            if layer not in self.reads:
                message = (
                    f"the annotator looks at the layer '{layer}'; "
                    "name the labeling function of that name here"
                )
                raise BadParameter("reads", message)

    def _check_sentences(self, annotator: Any) -> None:
        from skweak.heuristics import VicinityAnnotator  # noqa: PLC0415 (heavy)

        cut = self.sentences or self.model is not None
        if isinstance(annotator, VicinityAnnotator) and not cut:
            message = (
                "a VicinityAnnotator looks at sentences; say `sentences: true` or name a `model`"
            )
            raise BadParameter("sentences", message)


@dataclass(frozen=True, slots=True)
class SkweakVoter:
    """An annotator at work."""

    annotator: Any
    kind: Skweak
    model: str | None
    labels: LabelSpace
    root: Path

    def vote(self, batch: Batch, earlier: Mapping[str, Votes]) -> Hits:
        """Let the annotator write on a copy of every Doc, and read what it wrote."""
        hits = Hits()
        layers = [(name, _by_doc(earlier[name], self.labels)) for name in self.kind.reads]
        with importable(self.root):
            for i, doc in docs_of(batch, self.model, hits):
                spans = {name: layer.get(i, []) for name, layer in layers}
                try:
                    found = list(self._found(doc, spans))
                except LabelmillError:
                    raise
                except BadAnswer as error:
                    hits.fail(i, error.reason, error.message)
                except raised() as error:  # what an annotator raises
                    hits.fail(i, type(error).__name__, told(error, self.root))
                else:
                    for start, end, label in found:
                        hits.add(i, start, end, label)
        return hits

    def _found(self, doc: Any, layers: Mapping[str, list["Layered"]]) -> Iterator[Found]:
        copy = self._copied(doc, layers)
        refuse_endless(self.annotator, copy)
        written = self.annotator(copy)
        if self.annotator.name not in written.spans:
            return
        for span in written.spans[self.annotator.name]:
            if span.label_ not in self.kind.ignore:
                yield span.start_char, span.end_char, self._index(span.label_)

    def _copied(self, doc: Any, layers: Mapping[str, list["Layered"]]) -> Any:
        from spacy.pipeline import Sentencizer  # noqa: PLC0415 (heavy)

        copy = doc.copy()
        if self.kind.sentences and not copy.has_annotation("SENT_START"):
            copy = Sentencizer()(copy)
        for name, spans in layers.items():
            placed = [copy.char_span(s, e, label, alignment_mode="expand") for s, e, label in spans]
            copy.spans[name] = [span for span in placed if span is not None]
        return copy

    def _index(self, label: str) -> int:
        name = self.kind.labels.get(label, label)
        try:
            return self.labels.names.index(name)
        except ValueError:
            message = (
                f"the annotator's label '{label}' is no label of this task"
                f"{nearest(label, self.labels.names)}; map it under `labels` or `ignore` it"
            )
            raise BadAnswer("unknown_label", message) from None


Layered = tuple[int, int, str]
"""Start and end in the text, and a label."""


def _by_doc(votes: Votes, labels: LabelSpace) -> dict[int, list[Layered]]:
    layer: dict[int, list[Layered]] = {}
    numbers = (votes.doc, votes.start, votes.end, votes.label)
    for doc, start, end, label in zip(*(column.tolist() for column in numbers), strict=True):
        if start < end:
            name = "|".join(labels.members(label))
            layer.setdefault(doc, []).append((start, end, name))
    return layer


def refuse_endless(annotator: Any, doc: Any) -> None:
    """Refuse a text on which skweak's RegexAnnotator would search for ever.

    Raises:
        BadAnswer: if its pattern matches an empty string somewhere.
    """
    from skweak.heuristics import RegexAnnotator  # noqa: PLC0415 (heavy)

    if not isinstance(annotator, RegexAnnotator):
        return
    for start, end in annotator.regex_search(annotator.pattern, doc.text):
        if start == end:
            message = (
                f"the pattern {annotator.pattern!r} matches an empty string at character {start}, "
                "where skweak never ends; use `type: regex`, which passes over it"
            )
            raise BadAnswer("endless", message)
