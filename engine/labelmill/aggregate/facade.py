"""`LabelModel`: label models for a matrix of votes, without a job."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter, ValidationError

from labelmill.aggregate import (  # noqa: F401 (each registers its type)
    auto,
    dawid_skene,
    hmm,
    lift,
    majority,
    skweak_hmm,
    snorkel,
    triplet,
    weighted,
)
from labelmill.aggregate.artifact import Artifact
from labelmill.aggregate.calibration import Calibration
from labelmill.aggregate.fitted import Fitted
from labelmill.aggregate.fitting import fit_model
from labelmill.aggregate.matrices import (
    ABSTAIN,
    check_columns,
    function_names,
    gold_of,
    matrix_of,
    patterns_of,
)
from labelmill.aggregate.story import Finding, Story
from labelmill.core.labels import LabelSpace
from labelmill.core.protocols import VoteSpace
from labelmill.core.registry import LABEL_MODELS
from labelmill.core.soft import TIE_TOLERANCE
from labelmill.errors import BadParameter, UsageError, nearest
from labelmill.io.durable import write_bytes

ROWS = 100_000
"""So many rows are predicted together; memory depends on them, not on the length of the matrix."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class LabelModel:
    """Turn a matrix of votes into labels: fit, then predict.

    `L` is always a matrix [n_items, n_functions] of ints (an array, nested lists, or a DataFrame,
    whose columns name the functions): -1 where a function abstains, else the index of a label.

    Args:
        type: a label model type for documents, as in YAML (`labelmill explain` lists them).
        n_labels: number of labels; 2 where neither this nor `labels` is given.
        labels: the labels' names instead of their number.
        class_balance: the share of each label, in order or by name.
        seed: makes fitting repeatable.
        **parameters: the parameters of the type, as in YAML.

    Example:
        >>> model = LabelModel("majority", labels=["ham", "spam"])
        >>> votes = [[1, 1, 0], [0, -1, -1], [-1, -1, -1]]
        >>> model.fit(votes).predict(votes).tolist()
        [1, 0, -1]
        >>> model.predict_proba(votes)[1:].tolist()
        [[1.0, 0.0], [0.5, 0.5]]
    """

    def __init__(
        self,
        type: str = "auto",  # noqa: A002 (YAML's key)
        n_labels: int | None = None,
        *,
        labels: Sequence[str] | None = None,
        class_balance: Sequence[float] | Mapping[str, float] | None = None,
        seed: int = 0,
        **parameters: Any,
    ) -> None:
        """Declare a model.

        Raises:
            UsageError: if there is no such type or parameter, or a value cannot be used.
        """
        self.type = type
        self.labels = _label_names(n_labels, labels)
        self._kind = _declared(type, parameters)
        self._prior = _shares(class_balance, self.labels)
        self._balance_given = class_balance is not None
        self._seed = seed
        self._done: Artifact | None = None

    def fit(
        self,
        L: Any,  # noqa: N803 (the field's name of the matrix)
        L_gold: Any = None,  # noqa: N803
        y_gold: Any = None,
    ) -> "LabelModel":
        """Learn from votes; gives the model itself.

        What comes out is looked at (see `findings`); a model that cannot be right is not used,
        majority vote is, and `story` says so.

        Args:
            L: the votes.
            L_gold: votes on other items whose labels are known, with the same columns.
            y_gold: the labels of those items, [n_items], as indices.

        Raises:
            UsageError: if the votes are no such matrix, gold does not fit them, or the model
                cannot be fitted on them.
        """
        votes = matrix_of(L, len(self.labels))
        patterns = patterns_of(votes, len(self.labels))
        space = VoteSpace(
            function_names(L, votes.shape[1]),
            LabelSpace(self.labels),
            self._prior,
            self._seed,
            self._balance_given,
        )
        try:
            gold = gold_of(L_gold, y_gold, space)
            self._done = fit_model(self.type, self._kind, patterns, space, gold)
        except BadParameter as error:
            raise UsageError(str(error)) from error
        return self

    def predict_proba(self, L: Any) -> Floats:  # noqa: N803
        """Probabilities, [n_items, n_labels], calibrated where `fit` was given gold.

        An item without votes gets the class balance, uniform where none was given.

        Raises:
            UsageError: before `fit`, or if the votes are no such matrix.
        """
        return self._probs(L)[0]

    def predict(
        self,
        L: Any,  # noqa: N803
        tie: Literal["abstain", "first", "random"] = "abstain",
    ) -> Ints:
        """The most probable label of each item, [n_items], or -1.

        An item whose best labels are equal is a tie, and one without votes is a tie of all
        labels, whatever the class balance. `tie` says what becomes of those: `abstain` gives -1,
        `first` the tied label that stands first, `random` any tied one, chosen by a hash of the
        row number (snorkel's rule, so the same in every run).

        Raises:
            UsageError: before `fit`, or if the votes are no such matrix.
        """
        if tie not in ("abstain", "first", "random"):
            message = f"no tie rule '{tie}'{nearest(tie, ('abstain', 'first', 'random'))}"
            raise UsageError(message)
        probs, silent = self._probs(L)
        best = probs >= probs.max(axis=1, keepdims=True, initial=0.0) - TIE_TOLERANCE
        best |= silent[:, None]
        chosen: Ints = best.argmax(axis=1).astype(np.int64)
        tied = np.flatnonzero(best.sum(axis=1) > 1)
        if tie == "abstain":
            chosen[tied] = ABSTAIN
        elif tie == "random":
            chosen[tied] = [_drawn(np.flatnonzero(best[row]), row) for row in tied.tolist()]
        return chosen

    @property
    def weights(self) -> Floats | None:
        """Weight or estimated accuracy of each function, [n_functions], if the type has such."""
        return self._ready().fitted.weights()

    @property
    def story(self) -> Story | None:
        """Which type was asked for, which is used, and why; None of a model that tells nothing."""
        return self._ready().story

    @property
    def calibration(self) -> Calibration | None:
        """The temperature that gold gave, and the calibration error without it and with it."""
        return self._ready().calibration

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found when the fitted model was looked at, the most important first."""
        story = self.story
        return () if story is None else story.findings

    def save(self, path: str | Path) -> None:
        """Write the fitted model as JSON.

        Raises:
            UsageError: before `fit`.
            OutputFailed: if the file cannot be written.
        """
        write_bytes(Path(path), self._ready().to_json())

    @classmethod
    def load(cls, path: str | Path) -> "LabelModel":
        """Read a model that `save` wrote; it predicts, and fits anew with default parameters.

        Raises:
            BadResource: if the file cannot be used.
        """
        found = Fitted(str(Path(path).absolute())).artifact()
        space = found.space
        balance = space.prior.tolist() if space.balance_given else None
        model = cls(found.type, labels=space.labels.names, class_balance=balance, seed=space.seed)
        model._done = found
        return model

    def _probs(self, L: Any) -> tuple[Floats, Bools]:  # noqa: N803
        """Probabilities of each item, and which have no votes."""
        done = self._ready()
        votes = matrix_of(L, len(self.labels))
        check_columns(L, votes.shape[1], done.space.functions)
        probs = np.empty((len(votes), len(self.labels)))
        silent = np.empty(len(votes), dtype=np.bool_)
        for first in range(0, len(votes), ROWS):
            rows = slice(first, first + ROWS)
            each = patterns_of(votes, len(self.labels), rows, distinct=False)
            probs[rows], silent[rows] = done.predict(each), np.diff(each.indptr) == 0
        return probs, silent

    def _ready(self) -> Artifact:
        if self._done is None:
            raise UsageError("this label model is not fitted; call fit(L) first")
        return self._done


def _label_names(n_labels: int | None, labels: Sequence[str] | None) -> tuple[str, ...]:
    if labels is None:
        count = 2 if n_labels is None else n_labels
        names = tuple(str(i) for i in range(count))
    else:
        names = tuple(labels)
        if n_labels not in (None, len(names)):
            message = f"n_labels is {n_labels} and labels has {len(names)} names; give one of them"
            raise UsageError(message)
    if len(names) < 2 or len(set(names)) < len(names):
        message = f"a label model needs two labels or more, all different, and got {len(names)}"
        raise UsageError(message)
    return names


def _declared(type_name: str, parameters: Mapping[str, Any]) -> Any:
    """Make the type's class from its parameters, checked as in YAML."""
    usable = [name for name in LABEL_MODELS if "document" in LABEL_MODELS.get(name).units]
    if type_name not in LABEL_MODELS:
        hint = nearest(type_name, usable)
        message = f"no label model type '{type_name}'{hint}; the types are: {', '.join(usable)}"
        raise UsageError(message)
    if type_name not in usable:
        message = (
            f"'{type_name}' reads the tokens of texts in order, so it works in ner jobs only; for "
            f"a matrix of votes take one of: {', '.join(usable)}"
        )
        raise UsageError(message)
    cls = LABEL_MODELS.get(type_name)
    known = [field.name for field in fields(cls)]
    for name in parameters:
        if name not in known:
            has = nearest(name, known) or " (it has none)"
            message = f"the type '{type_name}' has no parameter '{name}'{has}"
            raise UsageError(message)
    return _made(cls, parameters)


def _made(cls: Any, parameters: Mapping[str, Any]) -> Any:
    aliases = {"source": "from"} if cls is Fitted else {}
    given = {aliases.get(name, name): value for name, value in parameters.items()}
    try:
        made = TypeAdapter(cls).validate_python(given)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        message = f"{place}: {first['msg']}, found {first['input']!r}"
        raise UsageError(message) from error
    except BadParameter as error:
        raise UsageError(str(error)) from error
    return made.located(Path.cwd()) if isinstance(made, Fitted) else made


def _shares(
    balance: Sequence[float] | Mapping[str, float] | None, labels: tuple[str, ...]
) -> Floats:
    """The class balance as shares, [n_labels]; uniform where none is given."""
    if balance is None:
        return np.full(len(labels), 1 / len(labels))
    if isinstance(balance, Mapping):
        if set(balance) != set(labels):
            message = f"class_balance names {sorted(balance)} and the labels are {list(labels)}"
            raise UsageError(message)
        balance = [balance[name] for name in labels]
    shares = np.asarray(balance, dtype=np.float64)
    if shares.shape != (len(labels),) or not (shares >= 0).all() or abs(shares.sum() - 1) > 1e-6:
        message = (
            f"class_balance is {shares.tolist()}; give one share for each of the {len(labels)} "
            "labels, 0 or more, which sum to 1"
        )
        raise UsageError(message)
    normalised: Floats = shares / shares.sum()
    return normalised


def _drawn(tied: Ints, row: int) -> int:
    return int(tied[_sha1(row) % len(tied)])


def _sha1(row: int) -> int:
    """Snorkel's hash of a row number."""
    return int(hashlib.sha1(str(row).encode(), usedforsecurity=False).hexdigest(), 16)
