"""The `sklearn` type: a saved scikit-learn classifier."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from zipfile import BadZipFile

import numpy as np

from labelmill.core.batch import Batch
from labelmill.core.labels import Target
from labelmill.core.protocols import DOCUMENT, Bench, Needs, Unit
from labelmill.core.registry import FUNCTIONS
from labelmill.core.votes import Hits, Votes
from labelmill.errors import BadParameter, BadResource, nearest
from labelmill.io.modules import shortened


@FUNCTIONS.add("sklearn")
@dataclass(frozen=True, slots=True)
class Sklearn:
    """Vote as a saved scikit-learn classifier says.

    The model is a pipeline that takes raw texts, saved with `skops.io.dump`; pickled models are
    not read, since a pickle may run anything. Types that skops does not know are loaded only if
    they are listed under `trusted`. Each class of the model must be a label of the task, or stand
    under `labels` or `ignore`.

    Attributes:
        model: path of the `.skops` file from the project root.
        labels: a map from the model's classes (written as text) to labels, where they differ.
        ignore: classes that are no votes.
        threshold: the lowest probability of the best class that is a vote; by default any.
        trusted: types in the file that may be loaded, besides those that skops knows as safe.

    Example:
        >>> Sklearn("models/spam.skops", labels={"0": "ham", "1": "spam"}).targets()
        ('ham', 'spam')
    """

    model: str
    labels: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    threshold: float | None = None
    trusted: tuple[str, ...] = ()

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = DOCUMENT

    def __post_init__(self) -> None:
        if not self.model.endswith(".skops"):
            message = f"must be a .skops file (saved with skops.io.dump), found {self.model!r}"
            raise BadParameter("model", message)
        if self.threshold is not None and not 0 <= self.threshold <= 1:
            message = f"is a probability from 0 to 1, found {self.threshold}"
            raise BadParameter("threshold", message)
        for name in self.ignore:
            if name in self.labels:
                raise BadParameter("ignore", f"'{name}' stands under `labels` as well")

    def targets(self) -> tuple[Target, ...]:
        """The labels that `labels` leads to."""
        return tuple(dict.fromkeys(self.labels.values()))

    def needs(self, root: Path) -> Needs:  # noqa: ARG002 (the protocol's)
        """The file of the model."""
        return Needs(files=(self.model,))

    def bind(self, bench: Bench) -> "SklearnVoter":
        """Load the model, and compare its classes with the task's labels.

        Raises:
            BadParameter: if a class or the threshold does not fit the model.
            BadResource: if the file holds no trained classifier.
        """
        model = load_model(bench.root, self.model, self.trusted)
        if not hasattr(model, "predict") or not hasattr(model, "classes_"):
            message = f"holds {type(model).__name__}, which is no trained classifier"
            raise BadResource(self.model, message)
        if self.threshold is not None and not hasattr(model, "predict_proba"):
            message = f"the model ({type(model).__name__}) gives no probabilities; leave it out"
            raise BadParameter("threshold", message)
        classes = [str(name) for name in model.classes_]
        for name in (*self.labels, *self.ignore):
            if name not in classes:
                field = "labels" if name in self.labels else "ignore"
                message = f"the model has no class '{name}'{nearest(name, classes)}"
                raise BadParameter(field, message)
        return SklearnVoter(model, self._sets(classes, bench), self.threshold)

    def _sets(self, classes: Sequence[str], bench: Bench) -> dict[str, int]:
        sets = {}
        for name in classes:
            if name in self.labels:
                sets[name] = bench.labels.index(self.labels[name])
            elif name in bench.labels.names:
                sets[name] = bench.labels.index(name)
            elif name not in self.ignore:
                near = nearest(name, bench.labels.names)
                message = f"the class '{name}' of the model is no label of this task{near}"
                hint = "map it here, or list it under `ignore`"
                raise BadParameter("labels", f"{message}; {hint}")
        return {name: label for name, label in sets.items() if name not in self.ignore}


@dataclass(frozen=True, slots=True)
class SklearnVoter:
    """A trained classifier, with the label sets that its classes lead to."""

    model: Any
    labels: Mapping[str, int]
    threshold: float | None

    def vote(self, batch: Batch, earlier: Mapping[str, Votes]) -> Hits:  # noqa: ARG002
        """Let the classifier read all texts at once; one by one where some text stops it."""
        hits = Hits()
        if not len(batch):
            return hits
        try:
            classes: list[str | None] = self._classes(batch.strings)
        except Exception:  # what a step of the user's pipeline raises: find out for which text
            classes = [self._class(hits, doc, text) for doc, text in enumerate(batch.strings)]
        for doc, (name, text) in enumerate(zip(classes, batch.strings, strict=True)):
            if name is not None and name in self.labels:
                hits.add(doc, 0, len(text), self.labels[name])
        return hits

    def _class(self, hits: Hits, doc: int, text: str) -> str | None:
        try:
            return self._classes([text])[0]
        except Exception as error:  # what a step of the user's pipeline raises
            hits.fail(doc, type(error).__name__, shortened(str(error)))
            return None

    def _classes(self, texts: list[str]) -> list[str | None]:
        if self.threshold is None:
            return [str(name) for name in self.model.predict(texts)]
        probs = np.asarray(self.model.predict_proba(texts))
        best = probs.argmax(axis=1)
        names = [str(self.model.classes_[i]) for i in best]
        sure = probs.max(axis=1) >= self.threshold
        return [name if is_sure else None for name, is_sure in zip(names, sure, strict=True)]


def load_model(root: Path, file: str, trusted: Sequence[str]) -> Any:
    """Read a .skops file.

    Raises:
        BadResource: if it is missing, is no skops file, or holds a type that is not trusted.
    """
    from skops.io import get_untrusted_types, load  # noqa: PLC0415 (heavy)

    path = root / file
    if not path.is_file():
        raise BadResource(file, "there is no such file in the project; save one with skops.io.dump")
    try:
        untrusted = sorted(set(get_untrusted_types(file=path)) - set(trusted))
    except (BadZipFile, KeyError, ValueError) as error:
        message = f"is not a skops file ({error}); save the model with skops.io.dump"
        raise BadResource(file, message) from error
    if untrusted:
        listed = ", ".join(untrusted)
        hint = "look at them, and list those that you trust under `trusted`"
        raise BadResource(file, f"holds types that skops does not know: {listed}; {hint}")
    try:
        return load(path, trusted=list(trusted))
    except Exception as error:  # what building the objects in the file raises
        message = f"cannot be loaded: {type(error).__name__}: {shortened(str(error))}"
        raise BadResource(file, message) from error
