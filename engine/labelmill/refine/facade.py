"""`Refiner`: reading the text behind a matrix of votes, without a job."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from labelmill.core.batch import Batch
from labelmill.core.hashes import keys_of
from labelmill.core.labels import LabelSpace
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import VoteSpace
from labelmill.errors import BadParameter, UsageError
from labelmill.refine.reading import Floats, Ints, Known, Reading, Refined, Review, Setting
from labelmill.refine.text import FittedText, fit


class Answers(Protocol):
    """A fitted label model, as far as it is needed here."""

    labels: tuple[str, ...]

    def predict_proba(self, L: Any) -> Floats:  # noqa: N803
        """Probabilities, [n_items, n_labels]."""
        ...


class Refiner:
    """Refine what a fitted label model says by what the texts say.

    Linear models over the words of the texts learn from the rows that have votes, and then judge
    rows that they have not seen. Votes and text together make the refined labels; a row without
    votes is labeled by its text. Where the text does not follow the votes, the refinement is not
    used: it then answers as the label model does, and `review` says why.

    Args:
        model: a fitted `LabelModel`.
        folds: parts that the rows are dealt into; each is judged by a model of the others.
        rounds: how often the models are trained, each time on the labels of the round before;
            from the second one on, rows kept out are no longer strictly so.
        min_agreement: least agreement of text and votes on rows kept out, from 0 (chance) to 1.
        class_balance: the share of each label, for rows without votes.
        seed: deals the rows into folds.

    Example:
        >>> import labelmill
        >>> texts = [f"{word} {n}" for n in range(40) for word in ("good film", "bad film")]
        >>> votes = [[1, -1], [-1, 0]] * 40
        >>> model = labelmill.LabelModel("lift", n_labels=2).fit(votes)
        >>> refiner = Refiner(model).fit(texts, votes)
        >>> refiner.used
        True
        >>> refiner.predict(["a good film", "a bad one"], [[-1, -1], [-1, -1]]).tolist()
        [1, 0]
    """

    def __init__(
        self,
        model: Answers,
        *,
        folds: int = 5,
        rounds: int = 1,
        min_agreement: float = 0.0,
        class_balance: Sequence[float] | None = None,
        seed: int = 0,
    ) -> None:
        """Declare a refinement.

        Raises:
            UsageError: if a value cannot be used.
        """
        self._model = model
        try:
            self._setting = Setting(folds, rounds, min_agreement, seed=seed)
        except BadParameter as error:
            raise UsageError(str(error)) from error
        self._balance = None if class_balance is None else np.asarray(class_balance, np.float64)
        if self._balance is not None and self._balance.shape != (len(model.labels),):
            message = f"class_balance has not one share for each of {len(model.labels)} labels"
            raise UsageError(message)
        self._fitted: FittedText | None = None

    def fit(
        self,
        texts: Sequence[str],
        L: Any,  # noqa: N803 (the field's name of the matrix)
        texts_gold: Sequence[str] | None = None,
        L_gold: Any = None,  # noqa: N803
        y_gold: Any = None,
    ) -> "Refiner":
        """Learn from texts and their votes; gives the refiner itself.

        Args:
            texts: the texts.
            L: the votes on them, as the label model takes them.
            texts_gold: other texts, whose labels are known: they say whether the text helps.
            L_gold: the votes on those.
            y_gold: the labels of those, [n_items], as indices.

        Raises:
            UsageError: if texts, votes and labels do not fit each other.
        """
        reading = self._reading(texts, L)
        known = None
        if texts_gold is not None:
            known = Known(self._reading(texts_gold, L_gold), np.asarray(y_gold, dtype=np.int64))
            if known.labels.shape != (len(known.reading.batch),):
                message = f"y_gold has the shape {known.labels.shape}; give one label per text"
                raise UsageError(message)
        n_labels = len(self._model.labels)
        even = np.full(n_labels, 1 / n_labels)
        space = VoteSpace(
            tuple(f"lf_{i}" for i in range(np.asarray(L).shape[1])),
            LabelSpace(tuple(self._model.labels)),
            even if self._balance is None else self._balance / self._balance.sum(),
            self._setting.seed,
            balance_given=self._balance is not None,
        )
        self._fitted = fit(reading, space, self._setting, known)
        return self

    @property
    def used(self) -> bool:
        """Whether the text is used."""
        return self.review.used

    @property
    def review(self) -> Review:
        """Whether the text is used, why, and the figures behind that."""
        return self._ready().review

    def predict_proba(self, texts: Sequence[str], L: Any) -> Floats:  # noqa: N803
        """Probabilities of votes and text together, [n_items, n_labels].

        Raises:
            UsageError: before `fit`, or if texts and votes do not fit each other.
        """
        reading = self._reading(texts, L)
        refined = self._ready().predict(reading)
        alone = np.diff(reading.patterns.indptr)[reading.patterns.index] == 0
        probs: Floats = np.where(alone[:, None], refined.text_probs, refined.probs)
        return probs

    def predict(self, texts: Sequence[str], L: Any) -> Ints:  # noqa: N803
        """The most probable label of each text, [n_items]; of equal ones the first."""
        labels: Ints = self.predict_proba(texts, L).argmax(axis=1).astype(np.int64)
        return labels

    def refined(self, texts: Sequence[str], L: Any) -> Refined:  # noqa: N803
        """All that is said of each text: the probabilities, and what they rest on.

        `text_probs` are out of sample for texts that took part in the fit, as cleanlab wants
        them; a text without votes that is not sure of itself rests on nothing (0).
        """
        return self._ready().predict(self._reading(texts, L))

    def _reading(self, texts: Sequence[str], L: Any) -> Reading:  # noqa: N803
        probs = self._model.predict_proba(L)
        if len(texts) != len(probs):
            message = f"{len(texts)} texts and {len(probs)} rows of votes; give a row for each text"
            raise UsageError(message)
        column = pa.array(texts, pa.string())
        if column.null_count:
            message = f"texts[{column.is_null().index(True).as_py()}] is no text"
            raise UsageError(message)
        votes = VotePatterns.of_matrix(_ints(L), len(self._model.labels))
        groups = keys_of(pc.utf8_lower(pc.utf8_trim_whitespace(column)))
        return Reading(Batch(column, column), votes, probs, groups)

    def _ready(self) -> FittedText:
        if self._fitted is None:
            raise UsageError("this refiner is not fitted; call fit(texts, L) first")
        return self._fitted


def _ints(L: Any) -> npt.NDArray[np.integer]:  # noqa: N803
    """The votes, which the label model has checked."""
    found = np.asarray(L)
    return found.astype(np.int32) if found.dtype.kind == "f" else found
