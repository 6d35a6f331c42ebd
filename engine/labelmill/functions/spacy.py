"""The `spacy` type: the entities or the category that a spaCy model finds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from labelmill.core.batch import Batch
from labelmill.core.labels import Target
from labelmill.core.protocols import BOTH, Bench, Needs, Unit
from labelmill.core.registry import FUNCTIONS
from labelmill.core.votes import Hits, Votes
from labelmill.errors import BadParameter, nearest
from labelmill.functions.models import (
    CATEGORY_PIPES,
    ENTITY_PIPES,
    Model,
    docs_of,
    model_files,
    model_packages,
)


@FUNCTIONS.add("spacy")
@dataclass(frozen=True, slots=True)
class Spacy:
    """Vote as a spaCy model says.

    In ner the model's entities are the hits. In a document task its best category is the vote, if
    its score reaches `threshold`; two equally good ones abstain. Where a text can have several
    labels every category that reaches it is voted for. A label of the model that is no label of the
    task and stands not in `labels` is no vote. Several functions with one model share its work.

    Attributes:
        model: a spaCy model, by package (`en_core_web_sm`) or by path from the project root.
        labels: a map from the model's labels to those of the task; by default equal names.
        threshold: the lowest score of a category that is a vote; in ner it has no meaning.

    Example:
        >>> Spacy("en_core_web_sm", labels={"GPE": "PLACE", "LOC": "PLACE"}).targets()
        ('PLACE',)
    """

    model: str
    labels: Mapping[str, str] = field(default_factory=dict)
    threshold: float = 0.5

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = BOTH

    def __post_init__(self) -> None:
        if not self.model.strip():
            raise BadParameter("model", "name a spaCy model")
        if not 0 <= self.threshold <= 1:
            raise BadParameter("threshold", f"is a score from 0 to 1, found {self.threshold}")

    def targets(self) -> tuple[Target, ...]:
        """The labels that `labels` leads to."""
        return tuple(dict.fromkeys(self.labels.values()))

    def needs(self, root: Path) -> Needs:
        """The model: its package or its files."""
        return Needs(files=model_files(root, self.model), packages=model_packages(root, self.model))

    def bind(self, bench: Bench) -> "SpacyVoter":
        """Find the model, and compare its labels with the task's; it is loaded when it votes."""
        model = Model.find(bench.root, self.model)
        offered = model.labels(ENTITY_PIPES if bench.unit == "span" else CATEGORY_PIPES)
        if offered is not None:
            self._check(offered, bench)
        names = {name: name for name in bench.labels.names} if not self.labels else self.labels
        labels = {name: bench.labels.index(label) for name, label in names.items()}
        threshold = None if bench.unit == "span" else self.threshold
        return SpacyVoter(model.load, labels, threshold, bench.labels.multi_label)

    def _check(self, offered: frozenset[str], bench: Bench) -> None:
        if not offered:
            what = "entities" if bench.unit == "span" else "categories"
            raise BadParameter("model", f"the model '{self.model}' finds no {what}")
        for label in self.labels:
            if label not in offered:
                message = f"the model has no label '{label}'{nearest(label, offered)}"
                raise BadParameter("labels." + label, message)
        if not self.labels and not offered & set(bench.labels.names):
            listed = ", ".join(sorted(offered))
            message = f"no label of the model ({listed}) is one of the task; map them here"
            raise BadParameter("labels", message)


@dataclass(frozen=True, slots=True)
class SpacyVoter:
    """A model by name, with the label sets that its labels lead to; a threshold for documents."""

    model: str
    labels: Mapping[str, int]
    threshold: float | None
    several: bool = False

    def vote(self, batch: Batch, earlier: Mapping[str, Votes]) -> Hits:  # noqa: ARG002
        """Read the entities or the categories off every Doc."""
        hits = Hits()
        for i, doc in docs_of(batch, self.model, hits):
            if self.threshold is None:
                for entity in doc.ents:
                    if entity.label_ in self.labels:
                        label = self.labels[entity.label_]
                        hits.add(i, entity.start_char, entity.end_char, label)
                continue
            for name in self._categories(doc.cats, self.threshold):
                if name in self.labels:
                    hits.add(i, 0, len(doc.text), self.labels[name])
        return hits

    def _categories(self, scores: Mapping[str, float], threshold: float) -> list[str]:
        """The categories that are voted for: all that reach the threshold, or the best of them."""
        if self.several:
            return [name for name, score in scores.items() if score >= threshold]
        best = best_category(scores, threshold)
        return [] if best is None else [best]


def best_category(scores: Mapping[str, float], threshold: float) -> str | None:
    """The category with the highest score; None if it is below the threshold or not alone.

    Example:
        >>> best_category({"ham": 0.2, "spam": 0.8}, 0.5)
        'spam'
        >>> best_category({"ham": 0.5, "spam": 0.5}, 0.5) is None
        True
    """
    if not scores:
        return None
    highest = max(scores.values())
    best = [name for name, score in scores.items() if score == highest]
    return best[0] if len(best) == 1 and highest >= threshold else None
