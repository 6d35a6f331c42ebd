"""Sets with votes: what functions said of texts, what is true, and how labels are scored."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha1
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from benchmarks.ner_jobs import spans_of
from benchmarks.projects import Project, votes_of
from benchmarks.scores import Spans, entity_f1
from benchmarks.worlds import calibration_error

from labelmill.core.batch import Batch
from labelmill.core.labels import LabelSpace
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import Unit, VoteSpace
from labelmill.core.soft import TIE_TOLERANCE
from labelmill.core.votes import Votes
from labelmill.tasks.ner import Ner
from labelmill.text.language import Language

Split = Literal["valid", "test"]
Tags = Literal["IO", "BIO"]
Int8 = npt.NDArray[np.int8]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

HAM_SPAM = ("ham", "spam")
MOODS = ("negative", "positive")
SEED = 7
APART = {"test": 0, "valid": 1}
"""Which fifth of a corpus without splits is kept out, by sha1 of the text."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts with their votes [n_texts, n_functions], -1 for silence, and gold [n_texts]."""

    texts: tuple[str, ...]
    votes: Int8
    gold: Ints

    def __len__(self) -> int:
        return len(self.gold)

    @property
    def covered(self) -> Bools:
        """Which texts have a vote."""
        voted: Bools = np.asarray((self.votes >= 0).any(axis=1))
        return voted

    def some(self, chosen: Any) -> "Texts":
        """Some of them, by a mask or a slice."""
        texts = tuple(np.array(self.texts, dtype=object)[chosen])
        return Texts(texts, self.votes[chosen], self.gold[chosen])

    def halves(self) -> Bools:
        """Which texts stand in the first half, by a hash of the text."""
        return np.array([hashed(text) // 5 % 2 == 0 for text in self.texts])


@dataclass(frozen=True, slots=True)
class TextSet:
    """A set of texts in three parts; `metric` is accuracy, or the F1 of a label.

    `published` names the column of the published table that was computed on the same rows and
    votes; `alike` one of the same corpus with other rows or functions.
    """

    name: str
    labels: tuple[str, ...]
    metric: Literal["accuracy", "F1 of spam"]
    train: Texts
    valid: Texts
    test: Texts
    published: str | None = None
    alike: str | None = None

    unit: ClassVar[Unit] = "document"

    def part(self, split: Split) -> Texts:
        """The rows that are scored."""
        return self.valid if split == "valid" else self.test

    def space(self) -> VoteSpace:
        """What a label model is told."""
        names = tuple(f"lf_{j}" for j in range(self.train.votes.shape[1]))
        return _space(names, LabelSpace(self.labels))

    def patterns(self, texts: Texts) -> VotePatterns:
        """Their vote patterns."""
        return VotePatterns.of_matrix(texts.votes, len(self.labels), -1)

    def truth(self, texts: Texts) -> Ints:
        """The true label of each text."""
        return texts.gold

    def right(self, texts: Texts) -> list[tuple[int, int]]:
        """How many votes of each function are right, and how many it has."""
        hits = (texts.votes == texts.gold[:, None]).sum(axis=0).tolist()
        return list(zip(hits, (texts.votes >= 0).sum(axis=0).tolist(), strict=True))

    def read(self, texts: Texts, probs: Floats, *, refined: bool, added: Votes | None) -> list[int]:
        """The label of each text by its probabilities.

        Without votes a text is a tie of all labels, unless it was `refined`: read itself.
        `added` are spans, so texts have none.
        """
        assert added is None
        chosen: list[int] = settled(probs, texts.covered | refined).tolist()
        return chosen

    def score(self, texts: Texts, labels: Sequence[int]) -> float:
        """Percent that are right, or the F1 of the label that counts."""
        if self.metric == "accuracy":
            return 100 * float((np.array(labels) == texts.gold).mean())
        wanted = self.labels.index(self.metric.removeprefix("F1 of "))
        ours, true = np.array(labels) == wanted, texts.gold == wanted
        both = float(ours.sum() + true.sum())
        return 200 * float((ours & true).sum()) / both if both else 0.0

    def calibration(self, texts: Texts, probs: Floats, scored: Bools) -> float | None:
        """Expected calibration error of the texts with votes."""
        chosen = scored & texts.covered
        return calibration_error(probs[chosen], texts.gold[chosen].astype(np.int8))


class Documents:
    """Tokenised texts with the spans that functions found, and gold spans."""

    def __init__(
        self, table: pa.Table, found: Sequence[Sequence[Mapping[str, Any]]], language: Language
    ) -> None:
        """Cut the texts into tokens."""
        table = table.combine_chunks()
        self.table, self.found = table, found
        self.gold: list[Spans] = [spans_of(row) for row in table["entities"].to_pylist()]
        ids, texts = (table[name].combine_chunks() for name in ("id", "text"))
        self.batch = Batch(ids, texts, analysis=language)

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def votes(self, functions: Sequence[str], labels: Sequence[str]) -> Votes:
        """What was found, as votes."""
        return _votes(
            (functions.index(s["lf"]), doc, s["start"], s["end"], labels.index(s["label"]))
            for doc, spans in enumerate(self.found)
            for s in spans
        )

    def truth(self, labels: Sequence[str]) -> Votes:
        """Gold spans, as votes of one function that knows."""
        return _votes(
            (0, doc, start, end, labels.index(label))
            for doc, spans in enumerate(self.gold)
            for start, end, label in sorted(spans)
        )

    def halves(self) -> Bools:
        """Which texts stand in the first half, by a hash of the text."""
        return np.array([hashed(text) // 5 % 2 == 0 for text in self.table["text"].to_pylist()])

    def some(self, chosen: Bools) -> "Documents":
        """Some of them."""
        rows = np.flatnonzero(chosen)
        found = [self.found[row] for row in rows.tolist()]
        language = self.batch.analysis
        assert isinstance(language, Language)
        return Documents(self.table.take(pa.array(rows)), found, language)


@dataclass(frozen=True, slots=True)
class SpanSet:
    """A set of tokenised texts in three parts, with votes on IO or BIO tags."""

    name: str
    labels: tuple[str, ...]
    functions: tuple[str, ...]
    tags: Tags
    train: Documents
    valid: Documents
    test: Documents
    published: str | None = None

    unit: ClassVar[Unit] = "span"

    def part(self, split: Split) -> Documents:
        """The texts that are scored."""
        return self.valid if split == "valid" else self.test

    def task(self) -> Ner:
        """The task of a job with this set."""
        return Ner(labels=self.labels, tags=self.tags, tokens="whitespace")

    def patterns(self, documents: Documents) -> VotePatterns:
        """Vote patterns of the tokens."""
        votes = documents.votes(self.functions, self.labels)
        task = self.task()
        return task.patterns(votes, documents.batch, task.space(), len(self.functions))

    def space(self) -> VoteSpace:
        """What a label model is told."""
        task = self.task()
        return _space(self.functions, task.item_space(task.space()))

    def truth(self, documents: Documents) -> Ints:
        """The true tag of each token."""
        task = self.task()
        known = task.patterns(documents.truth(self.labels), documents.batch, task.space(), 1)
        tags: Ints = known.label[known.indptr[:-1]][known.index].astype(np.int64)
        return tags

    def right(self, documents: Documents) -> list[tuple[int, int]]:
        """How many spans of each function are right, and how many it has."""
        counts = []
        for name in self.functions:
            spans = [
                {(s["start"], s["end"], s["label"]) for s in row if s["lf"] == name}
                for row in documents.found
            ]
            hits = sum(len(a & b) for a, b in zip(spans, documents.gold, strict=True))
            counts.append((hits, sum(map(len, spans))))
        return counts

    def read(
        self, documents: Documents, probs: Floats, *, refined: bool, added: Votes | None
    ) -> list[Spans]:
        """The spans of each text by the probabilities of its tokens; ties go as in texts."""
        task = self.task()
        tags = settled(probs, np.ones(len(probs), dtype=np.bool_))
        probs = np.eye(probs.shape[1])[tags]
        votes = documents.votes(self.functions, self.labels)
        if refined and added is not None:
            votes = Votes.joined([votes, added])
        read = task.read(probs, votes, documents.batch, task.space(), 0.0)
        return [spans_of(row) for row in read.answers["entities"].to_pylist()]

    def score(self, documents: Documents, spans: Sequence[Spans]) -> float:
        """Entity F1."""
        return entity_f1(spans, documents.gold)

    def calibration(self, *_: Any) -> float | None:
        """Not told for spans: most tokens are surely outside."""
        return None


def text_sets(project: Project, n_rows: int | None) -> list[TextSet]:
    """Every set of texts with votes; `n_rows` cuts each part short."""
    return [_youtube(project, n_rows), _sms(project, n_rows), _imdb(project, n_rows)]


def span_sets(project: Project, n_rows: int | None) -> Iterator[SpanSet]:
    """Every set of tokenised texts with spans, once for each scheme of tags."""
    language = Language("en", "whitespace")
    for name, column in (("ner_laptop", "Laptop"), ("ner_ncbi", "NCBI")):
        folder = project.corpora / name
        parts = [
            Documents(table, [list(row or ()) for row in table["lf_spans"].to_pylist()], language)
            for table in (_read(folder, split, n_rows) for split in ("train", "valid", "test"))
        ]
        functions = sorted({s["lf"] for part in parts for row in part.found for s in row})
        labels = sorted({label for part in parts for row in part.gold for _, _, label in row})
        for tags in ("BIO", "IO"):
            published = column if tags == "BIO" else None
            train, valid, test = parts
            names = tuple(labels), tuple(functions)
            yield SpanSet(name, *names, tags, train, valid, test, published)


def settled(probs: Floats, covered: Bools) -> Ints:
    """One label for every row, as the published tables choose it.

    A tie, and a row without votes, goes to one of the tied labels by a hash of the row's number.
    """
    best = probs >= probs.max(axis=1, keepdims=True) - TIE_TOLERANCE
    best[~covered] = True
    chosen: Ints = best.argmax(axis=1).astype(np.int64)
    for row in np.flatnonzero(best.sum(axis=1) > 1).tolist():
        tied = np.flatnonzero(best[row])
        chosen[row] = tied[hashed(str(row)) % len(tied)]
    return chosen


def hashed(text: str) -> int:
    """A number that hangs on a text alone."""
    return int(sha1(text.encode(), usedforsecurity=False).hexdigest(), 16)


def _space(functions: tuple[str, ...], labels: LabelSpace) -> VoteSpace:
    return VoteSpace(functions, labels, np.full(len(labels), 1 / len(labels)), SEED)


def _youtube(project: Project, n_rows: int | None) -> TextSet:
    """The ten stored votes, and the published parts."""
    tables = (
        _read(project.corpora / "youtube", part, n_rows) for part in ("train", "valid", "test")
    )
    train, valid, test = (_texts(table, table["votes"].to_pylist(), HAM_SPAM) for table in tables)
    return TextSet("youtube", HAM_SPAM, "accuracy", train, valid, test, published="Youtube_acc")


def _sms(project: Project, n_rows: int | None) -> TextSet:
    """The 73 stored votes; two fifths are kept out."""
    table = _read(project.corpora / "sms", "train", n_rows)
    parts = _parts(_texts(table, table["votes"].to_pylist(), HAM_SPAM))
    return TextSet("sms", HAM_SPAM, "F1 of spam", *parts, alike="SMS_f1")


def _imdb(project: Project, n_rows: int | None) -> TextSet:
    """The 136 phrases, applied; two fifths are kept out."""
    table = _read(project.corpora / "imdb", "dev", n_rows)
    path = project.root / "input" / "imdb_votes.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)
    values = {"source.path": str(path), "label_model": {"type": "majority"}}
    run = project.run("imdb", values, out="imdb_votes")
    names = [row["lf"] for row in run.snapshots[0].report["functions"]]
    votes = votes_of(run, names, MOODS)
    of_row = dict(zip(run.labels.to_arrow()["id"].to_pylist(), votes, strict=True))
    in_order = [of_row[row] for row in table["id"].to_pylist()]
    return TextSet(
        "imdb", MOODS, "accuracy", *_parts(_texts(table, in_order, MOODS)), alike="IMDb_acc"
    )


def _parts(whole: Texts) -> tuple[Texts, Texts, Texts]:
    """Train, valid and test of a corpus that has no splits."""
    fifth = np.array([hashed(text) % 5 for text in whole.texts])
    train = (fifth != APART["test"]) & (fifth != APART["valid"])
    return (
        whole.some(train),
        whole.some(fifth == APART["valid"]),
        whole.some(fifth == APART["test"]),
    )


def _texts(table: pa.Table, votes: Sequence[Sequence[int]], labels: Sequence[str]) -> Texts:
    gold = pc.index_in(table["label"], pa.array(labels)).to_numpy().astype(np.int64)
    return Texts(tuple(table["text"].to_pylist()), np.array(votes, dtype=np.int8), gold)


def _votes(rows: Iterator[tuple[int, int, int, int, int]]) -> Votes:
    columns = np.array(sorted(rows), dtype=np.int32).reshape(-1, 5).T.copy()
    function, doc, start, end, label = columns
    return Votes(doc, function, label, start, end, pa.nulls(len(doc), "str"))


def _read(folder: Path, part: str, n_rows: int | None) -> pa.Table:
    return pq.read_table(folder / f"{part}.parquet").slice(0, n_rows)
