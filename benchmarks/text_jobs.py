"""End models for texts: TF-IDF and logistic regression on what a job emits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha1
from time import perf_counter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from benchmarks.projects import Project
from benchmarks.rows import Row
from benchmarks.scores import accuracy, f1_of, settled

Score = Callable[[Sequence[str], Sequence[str]], float]

LABEL_MODELS: tuple[dict[str, Any], ...] = (
    {"type": "majority"},
    {"type": "dawid_skene", "seed": 7},
    {"type": "snorkel", "seed": 7},
)


@dataclass(frozen=True, slots=True)
class TextJob:
    """A job, where its rows lie, and how it is scored; `test` None keeps a fifth of `train` out."""

    name: str
    train: str
    test: str | None
    metric: str
    score: Score


def f1_of_spam(labels: Sequence[str], gold: Sequence[str]) -> float:
    """F1 of the label spam, in percent."""
    return f1_of("spam", labels, gold)


JOBS = (
    TextJob("youtube", "youtube/train", "youtube/test", "accuracy", accuracy),
    TextJob("sms", "sms/train", None, "F1 of spam", f1_of_spam),
    TextJob("sst2", "sst2/train", "sst2/test", "accuracy", accuracy),
    TextJob("imdb", "imdb/dev", None, "accuracy", accuracy),
)


def text_rows(project: Project, job: TextJob) -> list[Row]:
    """A row of the table for each label model."""
    train, test = tables(project, job)
    reference = job.score(answers(train, test, "label"), test["label"].to_pylist())
    return [text_row(project, job, model, reference) for model in LABEL_MODELS]


def text_row(project: Project, job: TextJob, model: dict[str, Any], reference: float) -> Row:
    """Run a job on its train rows, and score its labels and an end model on its test rows."""
    started = perf_counter()
    train, test = tables(project, job)
    gold = test["label"].to_pylist()
    name = f"{job.name}_{model['type']}"
    folder = project.root / "input" / job.name
    values = {"source.path": str(folder / "train.parquet"), "label_model": model}
    emitted = project.run(job.name, values, out=name)
    fitted = {"type": "fitted", "from": str(project.output(name))}
    values = {"source.path": str(folder / "test.parquet"), "label_model": fitted}
    voted = project.run(job.name, values | {"split": {"test": 1.0}}, out=f"{name}_test")
    split = emitted.train.to_arrow()
    return Row(
        job=job.name,
        metric=job.metric,
        label_model=model["type"],
        functions=len(voted.snapshots[0].report["functions"]),
        rows=len(train),
        emitted=len(split),
        coverage=100 * voted.snapshots[0].report["totals"]["coverage"],
        label_model_score=job.score(settled(voted), gold),
        end_model_score=job.score(answers(split, test, "label", "weight"), gold),
        gold_score=reference,
        seconds=perf_counter() - started,
    )


def tables(project: Project, job: TextJob) -> tuple[pa.Table, pa.Table]:
    """The train and test rows of a job, also written for the job to read."""
    train = pq.read_table(project.corpora / f"{job.train}.parquet")
    if job.test is not None:
        test = pq.read_table(project.corpora / f"{job.test}.parquet")
    else:
        apart = pa.array([kept_out(text) for text in train["text"].to_pylist()])
        train, test = train.filter(pc.invert(apart)), train.filter(apart)
    folder = project.root / "input" / job.name
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(train, folder / "train.parquet")
    pq.write_table(test, folder / "test.parquet")
    return train, test


def kept_out(text: str) -> bool:
    """Whether a text belongs to the fifth that is kept out, by a hash of the text."""
    return int(sha1(text.encode(), usedforsecurity=False).hexdigest(), 16) % 5 == 0


def answers(train: pa.Table, test: pa.Table, label: str, weight: str | None = None) -> list[str]:
    """Train the end model on some rows, and label the texts of others."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 (heavy)
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 (heavy)

    vectors = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    model = LogisticRegression(max_iter=1000, class_weight="balanced")
    weights = None if weight is None else train[weight].to_numpy()
    features = vectors.fit_transform(train["text"].to_pylist())
    model.fit(features, train[label].to_pylist(), sample_weight=weights)
    return [str(name) for name in model.predict(vectors.transform(test["text"].to_pylist()))]
