"""End models for entities: `spacy train` on the DocBin files that a job emits."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from benchmarks.projects import Project
from benchmarks.rows import Row
from benchmarks.scores import Spans, entity_f1

from labelmill.pipeline.result import Run

CONFIG = Path(__file__).with_name("ner.cfg")
LAST_MINUTES = 5


@dataclass(frozen=True, slots=True)
class NerJob:
    """A job, where its rows lie, and what its label model is called in the table."""

    name: str
    corpus: str
    label_model: str


JOBS = (
    NerJob("laptop", "ner_laptop", "skweak_hmm"),
    NerJob("wnut17", "wnut17", "majority"),
)


def ner_row(project: Project, job: NerJob) -> Row:
    """Run a job, train on what it emits and on gold, and score all three on the test rows."""
    started = perf_counter()
    run = project.run(job.name)
    test = pq.read_table(project.corpora / job.corpus / "test.parquet")
    voted = apply(project, job)
    live = project.output(job.name) / "current"
    folder = project.root / "training" / job.name
    write_gold(project, job, run, folder / "gold")
    trained = train(
        folder,
        {
            "emitted": (live / "train" / "spacy", live / "dev" / "spacy"),
            "gold": (folder / "gold" / "train.spacy", folder / "gold" / "dev.spacy"),
        },
    )
    gold = [spans_of(row) for row in test["entities"].to_pylist()]
    report = voted.snapshots[0].report
    labels = [spans_of(row) for row in voted.labels.to_arrow()["entities"].to_pylist()]
    return Row(
        job=job.name,
        metric="entity F1",
        label_model=job.label_model,
        functions=len(report["functions"]),
        rows=sum(run.snapshots[0].report["totals"]["status"].values()),
        emitted=len(run.train),
        coverage=100 * report["totals"]["coverage"],
        label_model_score=entity_f1(labels, gold),
        end_model_score=entity_f1(entities(trained["emitted"], test), gold),
        gold_score=entity_f1(entities(trained["gold"], test), gold),
        seconds=perf_counter() - started,
    )


def apply(project: Project, job: NerJob) -> Run:
    """Apply the fitted label model to the test rows."""
    values = {
        "source.path": str(project.corpora / job.corpus / "test.parquet"),
        "label_model": {"type": "fitted", "from": str(project.output(job.name))},
        "split": {"test": 1.0},
    }
    return project.run(job.name, values, out=f"{job.name}_test")


def write_gold(project: Project, job: NerJob, run: Run, folder: Path) -> None:
    """Write DocBin files of the rows that the job emitted, with gold entities instead."""
    import spacy  # noqa: PLC0415 (heavy)
    from spacy.tokens import DocBin  # noqa: PLC0415 (heavy)

    folder.mkdir(parents=True, exist_ok=True)
    corpus = pq.read_table(project.corpora / job.corpus / "train.parquet").to_pylist()
    rows = {row["id"]: row for row in corpus}
    vocab = spacy.blank("en").vocab
    for split, table in (("train", run.train), ("dev", run.dev)):
        store = DocBin()
        for origin in table.to_arrow()["origin"].to_pylist():
            row = rows[origin]
            doc = doc_of(vocab, row["tokens"])
            spans = [doc.char_span(e["start"], e["end"], e["label"]) for e in row["entities"]]
            doc.ents = [span for span in spans if span is not None]
            store.add(doc)
        store.to_disk(folder / f"{split}.spacy")


def train(folder: Path, corpora: dict[str, tuple[Path, Path]]) -> dict[str, Path]:
    """Train a model on each corpus (train, dev) with spaCy's command line, all at once.

    Raises:
        RuntimeError: if one of them fails; with its output.
    """
    processes = {name: started(folder / name, *paths) for name, paths in corpora.items()}
    for name, process in processes.items():
        told, _ = process.communicate(timeout=60 * LAST_MINUTES)
        if process.returncode != 0:
            message = f"spacy train failed on {name}:\n{told}"
            raise RuntimeError(message)
    return {name: folder / name / "model-best" for name in corpora}


def started(output: Path, train_path: Path, dev_path: Path) -> "subprocess.Popen[str]":
    """Start `spacy train` on one thread."""
    paths = ["--paths.train", str(train_path), "--paths.dev", str(dev_path)]
    return subprocess.Popen(
        [sys.executable, "-m", "spacy", "train", str(CONFIG), "--output", str(output), *paths],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


def entities(model: Path, test: pa.Table) -> list[Spans]:
    """What a trained model finds in the test rows, on their own tokens."""
    import spacy  # noqa: PLC0415 (heavy)

    nlp = spacy.load(model)
    docs = [doc_of(nlp.vocab, tokens) for tokens in test["tokens"].to_pylist()]
    return [{(e.start_char, e.end_char, e.label_) for e in doc.ents} for doc in nlp.pipe(docs)]


def doc_of(vocab: Any, tokens: Sequence[str]) -> Any:
    """A Doc of a tokenised text; the text is its tokens joined by one space."""
    from spacy.tokens import Doc  # noqa: PLC0415 (heavy)

    spaces = [True] * (len(tokens) - 1) + [False] * bool(tokens)
    return Doc(vocab, words=list(tokens), spaces=spaces)


def spans_of(row: Sequence[dict[str, Any]] | None) -> Spans:
    """Spans of a row as a set."""
    return {(span["start"], span["end"], span["label"]) for span in row or ()}
