"""The `end_model` check: a light model that learns from the training set does well on gold."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pyarrow as pa

from labelmill.checks.bounds import check_bounds
from labelmill.checks.linear import LinearModel
from labelmill.core.facts import Facts, Finding, GoldAsk, GoldTexts
from labelmill.core.hashes import UInt64, keys_of
from labelmill.core.protocols import DOCUMENT, Needs, Unit
from labelmill.core.registry import CHECKS
from labelmill.errors import BadParameter


@CHECKS.add("end_model")
@dataclass(frozen=True, slots=True)
class EndModel:
    """Train a light model on the train split and bound its score on gold.

    The model is a logistic regression on n-grams. It stands in for the model that the training set
    is for: where labels or texts go wrong in a way that no count shows, it gets worse. The gold is
    the job's own (`gold`), or that of `path`, whose texts are prepared as the source's are; rows of
    train with a text that stands in gold are left out. Augmented rows take part, each row counts by
    its weight, and of more than `max_rows` those with the smallest hash of their id are taken, so
    that the score is always the same. It is for whole texts: there is no such check for ner, where
    `gold_agreement` holds the entities themselves against gold.

    Attributes:
        min: smallest score allowed, 0 to 1.
        path: a Parquet file or folder with labels, relative to the project; the job's `gold` where
            it is null.
        text: the column of texts under `path`.
        label: the column of labels under `path`: names, or their places in `task.labels`.
        metric: `accuracy` (where a text can have several labels, all have to be right), or
            `macro_f1`, the mean F1 of the labels in gold.
        grams: what the model reads: `words` (one and two), or `characters` (two to four), which is
            better where words are not set apart by spaces.
        max_rows: learn from at most so many rows.
        min_rows: how many texts gold has to have; with fewer the check fails.

    Example:
        >>> train = {"id": ["a", "b"], "text": ["buy gold now", "nice song"]}
        >>> train |= {"label": ["spam", "ham"], "weight": [1.0, 1.0]}
        >>> from labelmill.core.tables import HeldTables
        >>> gold = GoldTexts(("buy it now", "what a song"), ("spam", "ham"))
        >>> tables = HeldTables({"train": pa.table(train)})
        >>> facts = Facts(2, {}, {}, {}, (), {}, tables=tables, gold_texts=lambda ask: gold)
        >>> EndModel(min=0.9).check(facts).message
        'accuracy of a model of 2 rows is 1 on 2 gold texts, at least 0.9 wanted'
    """

    min: float
    path: str | None = None
    text: str = "text"
    label: str = "label"
    metric: Literal["accuracy", "macro_f1"] = "accuracy"
    grams: Literal["words", "characters"] = "words"
    max_rows: int = 20_000
    min_rows: int = 1

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = DOCUMENT

    def __post_init__(self) -> None:
        check_bounds(self.min, None, highest=1)
        for name in ("max_rows", "min_rows"):
            if getattr(self, name) < 1:
                raise BadParameter(name, f"{getattr(self, name)} is not 1 or more")

    @property
    def wants_gold(self) -> str | None:
        """The section of the config in which there has to be gold."""
        return "gold" if self.path is None else None

    def needs(self, root: Path) -> Needs:  # noqa: ARG002
        """The gold."""
        return Needs(files=() if self.path is None else (self.path,))

    def check(self, facts: Facts) -> Finding:
        """Train and score.

        Raises:
            BadParameter: if the job has no gold.
        """
        gold = facts.gold_texts(GoldAsk(self.path, self.text, self.label))
        if gold is None:
            raise BadParameter("path", "this job has no `gold`; name a labeled set", code="missing")
        if len(gold.texts) < self.min_rows:
            told = f"{len(gold.texts)} gold texts with a label, wanted at least {self.min_rows}"
            return Finding.broken(0.0, told)
        texts, labels, weights = self._train(facts, {folded(text) for text in gold.texts})
        if not texts:
            return Finding.broken(0.0, "train holds no labeled row that is not in gold")
        model = LinearModel.trained(texts, labels, weights, grams=self.grams)
        score = _score(gold, model.answers(gold.texts), self.metric)
        told = f"{self.metric} of a model of {len(texts)} rows is {score:.4g} on {len(gold.texts)}"
        if score < self.min:
            return Finding.broken(score, f"{told} gold texts, below min {self.min:g}; {_ADVICE}")
        return Finding.kept(score, f"{told} gold texts, at least {self.min:g} wanted")

    def _train(
        self, facts: Facts, gold: set[str]
    ) -> tuple[list[str], list[frozenset[str]], list[float]]:
        """Texts, labels and weights of the rows to learn from, in the order of train."""
        key = "labels" if facts.multi_label else "label"
        bound = _smallest(facts, self.max_rows)
        texts: list[str] = []
        labels: list[frozenset[str]] = []
        weights: list[float] = []
        for batch in facts.tables.batches("train", ["id", "text", key, "weight"]):
            taken = batch.filter(pa.array(keys_of(batch["id"]) <= bound))
            for row in taken.to_pylist():
                if row[key] is None or folded(row["text"]) in gold:
                    continue
                texts.append(row["text"])
                labels.append(as_set(row[key]))
                weights.append(1.0 if row["weight"] is None else row["weight"])
        return texts, labels, weights


_ADVICE = "look at labels and texts of train; compare with the report of the last snapshot"


def folded(text: str) -> str:
    """A text without regard to case and white space."""
    return " ".join(text.casefold().split())


def as_set(label: Any) -> frozenset[str]:
    """The labels of a text, of which it may have one or several."""
    return frozenset((label,)) if isinstance(label, str) else frozenset(label)


def _smallest(facts: Facts, most: int) -> np.uint64:
    """The largest of the smallest keys of ids: as many rows as asked for have a key up to it."""
    keys: list[UInt64] = [keys_of(batch["id"]) for batch in facts.tables.batches("train", ["id"])]
    own = np.concatenate([np.zeros(0, dtype=np.uint64), *keys])
    if len(own) <= most:
        return np.uint64(2**64 - 1)
    return np.uint64(np.partition(own, most - 1)[most - 1])


def _score(gold: GoldTexts, answers: Sequence[frozenset[str]], metric: str) -> float:
    wanted = [as_set(label) for label in gold.labels]
    if metric == "accuracy":
        return sum(a == w for a, w in zip(answers, wanted, strict=True)) / len(wanted)
    scores = list(_f1s(wanted, answers))
    return sum(scores) / len(scores) if scores else 0.0


def _f1s(wanted: Sequence[frozenset[str]], found: Sequence[frozenset[str]]) -> Iterator[float]:
    """The F1 of each label in gold."""
    for label in sorted(frozenset().union(*wanted)):
        right = sum(label in w and label in f for w, f in zip(wanted, found, strict=True))
        total = sum(label in w for w in wanted) + sum(label in f for f in found)
        yield 2 * right / total
