"""Fit and apply a hidden Markov model to spans, on one core, against skweak's own.

Both sides get the spans that five labeling functions found in the texts of ner_ncbi, ours as
votes on texts whose tokens are known, skweak's as spans of spaCy Docs; neither has to find them.
A fit is one over the train texts. A prediction ends with spans: ours as the columns that a job
writes, skweak's in `Doc.spans`. Both use BIO tags and their defaults. Ours must be right at least
as often: entity F1 on the test texts, fitted on train. Imports are not timed, and nothing is kept
between calls.
"""

import argparse
import contextlib
import io
import logging
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from benchmarks.measure import Claim, corpora, interleaved, options_of, own_seconds, report
from benchmarks.ner_jobs import doc_of, spans_of
from benchmarks.scores import Spans, entity_f1
from threadpoolctl import threadpool_limits

from labelmill.aggregate.hmm import FittedHmm, Hmm
from labelmill.core.batch import Batch
from labelmill.core.protocols import VoteSpace
from labelmill.core.votes import Votes
from labelmill.tasks.ner import Ner
from labelmill.text.language import Language

CORPUS = "ner_ncbi"
LABEL = "Disease"
QUICK = 40


class Texts:
    """The texts of a split with the spans found in them, as each side takes them."""

    def __init__(self, path: Path, n_rows: int | None) -> None:
        """Read them."""
        table = pq.read_table(path).slice(0, n_rows).combine_chunks()
        self.table = table
        self.found = [list(row or ()) for row in table["lf_spans"].to_pylist()]
        self.gold: list[Spans] = [spans_of(row) for row in table["entities"].to_pylist()]
        language = Language("en", "whitespace")
        ids, texts = (table[name].combine_chunks() for name in ("id", "text"))
        self.batch = Batch(ids, texts, analysis=language)
        assert len(self.batch.tokens) == table.num_rows  # cut before anything is timed

    def votes(self, functions: Sequence[str]) -> Votes:
        """What was found, as votes."""
        rows = [
            (functions.index(span["lf"]), text, span["start"], span["end"])
            for text, spans in enumerate(self.found)
            for span in spans
        ]
        function, text, start, end = np.array(sorted(rows), dtype=np.int32).T.copy()
        return Votes(text, function, np.zeros_like(text), start, end, pa.nulls(len(text), "str"))

    def docs(self) -> list[Any]:
        """What was found, in Docs of their own."""
        import spacy  # noqa: PLC0415 (heavy)

        vocab = spacy.blank("en").vocab
        docs = [doc_of(vocab, tokens) for tokens in self.table["tokens"].to_pylist()]
        for doc, spans in zip(docs, self.found, strict=True):
            for name in sorted({span["lf"] for span in spans}):
                found = [s for s in spans if s["lf"] == name]
                doc.spans[name] = [doc.char_span(s["start"], s["end"], s["label"]) for s in found]
        return docs


class Ours:
    """labelmill's `hmm`."""

    def __init__(self, train: Texts, test: Texts) -> None:
        """Hold the votes on both."""
        self.train, self.test = train, test
        self.functions = sorted({span["lf"] for spans in train.found for span in spans})
        self.task = Ner(labels=(LABEL,), tags="BIO", tokens="whitespace")
        labels = self.task.item_space(self.task.space())
        prior = np.full(len(labels), 1 / len(labels))
        self.space = VoteSpace(tuple(self.functions), labels, prior)
        self.votes = {id(texts): texts.votes(self.functions) for texts in (train, test)}
        self.fitted: FittedHmm | None = None
        self.spans: list[Spans] = []

    def fit(self) -> float:
        """Processor seconds from votes to a fitted model."""
        begun = process_time()
        self.fitted = Hmm().fit(self._patterns(self.train), self.space)
        return process_time() - begun

    def predict(self) -> float:
        """Processor seconds from the votes on the train texts to spans."""
        assert self.fitted is not None
        begun = process_time()
        self._read(self.train, self.fitted)
        return process_time() - begun

    def score(self) -> float:
        """Entity F1 on the test texts."""
        assert self.fitted is not None
        answers = self._read(self.test, self.fitted)
        return entity_f1([spans_of(row) for row in answers.to_pylist()], self.test.gold)

    def _patterns(self, texts: Texts) -> Any:
        votes = self.votes[id(texts)]
        return self.task.patterns(votes, texts.batch, self.task.space(), len(self.functions))

    def _read(self, texts: Texts, fitted: FittedHmm) -> pa.Array:
        probs = fitted.predict(self._patterns(texts))
        votes = self.votes[id(texts)]
        read = self.task.read(probs, votes, texts.batch, self.task.space(), 0.0)
        return read.answers["entities"]


class Theirs:
    """skweak's HMM."""

    def __init__(self, train: Texts, test: Texts) -> None:
        """Hold the Docs of both."""
        self.test = test
        self.docs = train.docs()
        self.test_docs = test.docs()
        self.fitted: Any = None

    def fit(self) -> float:
        """Processor seconds from Docs with spans to a fitted model."""
        import skweak.generative  # noqa: PLC0415 (prints and changes the warning filters)

        model = skweak.generative.HMM("hmm", [LABEL], prefixes="BIO")
        begun = process_time()
        with muffled():
            model.fit(self.docs)
        taken = process_time() - begun
        self.fitted = model
        return taken

    def predict(self) -> float:
        """Processor seconds from the train Docs to spans in them."""
        begun = process_time()
        with muffled():
            for doc in self.docs:
                self.fitted(doc)
        taken = process_time() - begun
        for doc in self.docs:
            doc.spans.pop("hmm", None)
        return taken

    def score(self) -> float:
        """Entity F1 on the test texts."""
        with muffled():
            docs = [self.fitted(doc) for doc in self.test_docs]
        found = [doc.spans.get("hmm", []) for doc in docs]
        spans = [{(s.start_char, s.end_char, s.label_) for s in doc} for doc in found]
        return entity_f1(spans, self.test.gold)


@contextlib.contextmanager
def muffled() -> Iterator[None]:
    """Keep what skweak prints, logs and warns of to itself."""
    logging.getLogger("hmmlearn.base").setLevel(logging.ERROR)
    nowhere = io.StringIO()
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        warnings.simplefilter("ignore")
        yield


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of this benchmark alone."""
    parser.add_argument("--repeats", type=int, default=3)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it."""
    options = options_of(__doc__, arguments, add_options)
    folder = corpora() / CORPUS
    n_rows = QUICK if options.quick else None
    train, test = (Texts(folder / f"{split}.parquet", n_rows) for split in ("train", "test"))
    ours, theirs = Ours(train, test), Theirs(train, test)
    with threadpool_limits(1):
        ours.fit()  # imports, and what numpy makes once
        ours.predict()
        fit = interleaved(ours.fit, theirs.fit, options.repeats, timed=own_seconds)
        predict = interleaved(ours.predict, theirs.predict, options.repeats, timed=own_seconds)
        scores = ours.score(), theirs.score()
    assert scores[0] >= scores[1] or options.quick, "skweak's HMM is right more often"
    claim = Claim(
        "hmm",
        fit[0],
        fit[1],
        "seconds of one core",
        fit[1] / fit[0],
        texts=train.table.num_rows,
        tokens=len(train.batch.tokens.start),
        functions=len(ours.functions),
        predict_ours=predict[0],
        predict_peer=predict[1],
        ratio_predict=predict[1] / predict[0],
        f1_ours=scores[0],
        f1_peer=scores[1],
    )
    return report(claim, options)


if __name__ == "__main__":
    sys.exit(main())
