"""End models for the quality benchmark: what a model learns from the labels that a job emits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from benchmarks.projects import Project
from benchmarks.quality_sets import APART, Split, hashed
from benchmarks.scores import accuracy, f1_of
from scipy.sparse import hstack


@dataclass(frozen=True, slots=True)
class EndJob:
    """A job, where its rows lie, and how an end model is scored."""

    name: str
    path: str
    metric: str


LEAST_TEXTS = 2
"""A word counts that stands in so many of the texts that are learned from."""
JOBS = (EndJob("sms", "sms/train", "F1 of spam"), EndJob("imdb", "imdb/dev", "accuracy"))


def end_scores(
    project: Project,
    job: EndJob,
    label_models: Mapping[str, Mapping[str, Any]],
    split: Split,
    n_rows: int | None,
) -> dict[str, float]:
    """What end models reach that are trained on the labels of some label models, and on gold.

    Args:
        project: where the jobs lie.
        job: the job.
        label_models: for each name what replaces parts of the job.
        split: `test` scores a fifth of the rows, `valid` another one; nothing is learned from
            those of `test` in either case.
        n_rows: cuts the corpus short.

    Returns:
        Percents by name; `gold` is the end model that had all labels of the train rows.
    """
    train, scored = _tables(project, job, split, n_rows)
    path = project.root / "input" / f"{job.name}_{split}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(train, path)
    learner = Learner(train, scored)
    gold = scored["label"].to_pylist()
    found = {}
    for name, parts in label_models.items():
        values = {"source.path": str(path), "split": {"train": 1.0}, **parts}
        out = f"{job.name}_{split}_{name.replace(' ', '_').replace(',', '')}"
        emitted = project.run(job.name, values, out=out).train.to_arrow()
        found[name] = _score(job, learner.labels(emitted), gold)
    found["gold"] = _score(job, learner.labels(train), gold)
    return found


class Learner:
    """A logistic regression on words, pairs of words, and three to five characters.

    Everything it learns, also what words there are and how common, it learns from the rows it
    trains on; only counting is done once for all of them.
    """

    def __init__(self, train: pa.Table, scored: pa.Table) -> None:
        """Count the words and characters of both."""
        from sklearn.feature_extraction.text import CountVectorizer  # noqa: PLC0415 (heavy)

        texts = [*train["text"].to_pylist(), *scored["text"].to_pylist()]
        counters = (
            CountVectorizer(ngram_range=(1, 2), min_df=2, dtype=np.float32),
            CountVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=2, dtype=np.float32),
        )
        self.counts = [counter.fit_transform(texts) for counter in counters]
        self.rows = {row: place for place, row in enumerate(train["id"].to_pylist())}
        self.n_train = len(self.rows)

    def labels(self, emitted: pa.Table) -> list[str]:
        """Train on some of the train rows, with their labels and weights; label what is scored."""
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 (heavy)

        known = [self.rows[row] for row in emitted["id"].to_pylist()]
        pairs = [self._features(counts, known) for counts in self.counts]
        features, asked = (hstack(side, format="csr") for side in zip(*pairs, strict=True))
        model = LogisticRegression(C=1.0, max_iter=1000, class_weight="balanced")
        weights = emitted["weight"].to_numpy() if "weight" in emitted.column_names else None
        model.fit(features, emitted["label"].to_pylist(), sample_weight=weights)
        return [str(label) for label in model.predict(asked)]

    def _features(self, counts: Any, known: Sequence[int]) -> tuple[Any, Any]:
        """TF-IDF of the rows that are known, by what stands in two of them, and of those asked."""
        from sklearn.feature_extraction.text import TfidfTransformer  # noqa: PLC0415 (heavy)

        own = counts[known]
        usual = np.flatnonzero(own.getnnz(axis=0) >= LEAST_TEXTS)
        weigh = TfidfTransformer(sublinear_tf=True)
        return weigh.fit_transform(own[:, usual]), weigh.transform(counts[self.n_train :][:, usual])


def _tables(
    project: Project, job: EndJob, split: Split, n_rows: int | None
) -> tuple[pa.Table, pa.Table]:
    """Train rows and scored rows."""
    table = pq.read_table(project.corpora / f"{job.path}.parquet").slice(0, n_rows)
    fifth = pa.array([hashed(text) % 5 for text in table["text"].to_pylist()])
    apart = sorted({APART["test"], APART[split]})
    kept = pc.invert(pc.is_in(fifth, pa.array(apart)))
    return table.filter(kept), table.filter(pc.equal(fifth, APART[split]))


def _score(job: EndJob, labels: Sequence[str], gold: Sequence[str]) -> float:
    if job.metric == "accuracy":
        return accuracy(labels, gold)
    return f1_of(job.metric.removeprefix("F1 of "), labels, gold)
