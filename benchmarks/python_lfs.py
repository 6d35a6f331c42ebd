"""Ten snorkel labeling functions over 50,000 news texts on one core, against PandasLFApplier.

The very same `LabelingFunction` objects: five regular expressions, three word sets and two
measures. snorkel begins with a DataFrame and ends with its matrix; labelmill begins with Arrow
and ends with settled votes. The texts are those of agnews, each with a new name and number in it.
Modules are kept out of the garbage collector's rounds, as workers do it, which helps both sides.
"""

import gc
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from benchmarks.measure import Claim, Side, corpora, interleaved, options_of, report
from benchmarks.news import LABELS, base_texts, noisy_blocks
from snorkel.labeling import LabelingFunction, PandasLFApplier

from labelmill.core.batch import Batch
from labelmill.core.settling import settle_documents
from labelmill.functions.snorkel import Form, SnorkelVoter

WORLD, SPORTS, BUSINESS, SCIENCE = range(4)
ABSTAIN = -1
ROWS = 50_000
SHARD_ROWS = 20_000
"""Rows that are worked on together, as in a job at its defaults."""

AGENCY = re.compile(r"\((?:AFP|AP|Reuters)\)")
SCORE = re.compile(r"\b\d{1,3}-\d{1,3}\b")
DOLLARS = re.compile(r"\$\s?\d[\d.]*\s?(?:million|billion|bn|m)\b")
TICKER = re.compile(r"\([A-Z]{2,5}\.[A-Z]{1,2}\)")
SIZE = re.compile(r"\b\d+(?:\.\d+)?\s?(?:[GMK]B|[GM]Hz)\b")

CONFLICT = frozenset(
    (
        "iraq",
        "iran",
        "baghdad",
        "gaza",
        "troops",
        "rebels",
        "militants",
        "killed",
        "bomb",
        "hostage",
    )
)
GAMES = frozenset(
    (
        "coach",
        "season",
        "game",
        "match",
        "league",
        "playoffs",
        "quarterback",
        "striker",
        "cup",
        "goal",
    )
)
MARKETS = frozenset(
    ("stocks", "shares", "profit", "oil", "prices", "dollar", "earnings", "investors", "sales")
)


def agency(x: Any) -> int:
    """A regular expression."""
    return WORLD if AGENCY.search(x.text) else ABSTAIN


def scores(x: Any) -> int:
    """A regular expression."""
    return SPORTS if SCORE.search(x.text) else ABSTAIN


def dollars(x: Any) -> int:
    """A regular expression."""
    return BUSINESS if DOLLARS.search(x.text) else ABSTAIN


def tickers(x: Any) -> int:
    """A regular expression."""
    return BUSINESS if TICKER.search(x.text) else ABSTAIN


def sizes(x: Any) -> int:
    """A regular expression."""
    return SCIENCE if SIZE.search(x.text) else ABSTAIN


def holds_any(x: Any, words: frozenset[str], label: int) -> int:
    """A word set."""
    return ABSTAIN if words.isdisjoint(x.text.lower().split()) else label


def brief(x: Any) -> int:
    """A measure: the length of the text."""
    return SPORTS if len(x.text) < 100 else ABSTAIN


def capitals(x: Any) -> int:
    """A measure: the share of words that begin with a capital letter."""
    words = x.text.split()
    return SPORTS if sum(map(str.istitle, words)) > 0.6 * len(words) else ABSTAIN


FUNCTIONS = (
    LabelingFunction("agency", agency),
    LabelingFunction("scores", scores),
    LabelingFunction("dollars", dollars),
    LabelingFunction("tickers", tickers),
    LabelingFunction("sizes", sizes),
    LabelingFunction("conflict", holds_any, {"words": CONFLICT, "label": WORLD}),
    LabelingFunction("games", holds_any, {"words": GAMES, "label": SPORTS}),
    LabelingFunction("markets", holds_any, {"words": MARKETS, "label": BUSINESS}),
    LabelingFunction("brief", brief),
    LabelingFunction("capitals", capitals),
)
Matrix = npt.NDArray[np.int64]


def ours_on(table: pa.Table) -> Matrix:
    """The votes of labelmill, as snorkel writes them: [n_rows, n_functions]."""
    voters = [SnorkelVoter(f, LABELS, (0, 1, 2, 3), Form(), Path()) for f in FUNCTIONS]
    votes = np.full((len(table), len(FUNCTIONS)), ABSTAIN)
    for start in range(0, len(table), SHARD_ROWS):
        shard = table.slice(start, SHARD_ROWS).combine_chunks()
        batch = Batch(shard["id"].chunk(0), shard["text"].chunk(0))
        for place, voter in enumerate(voters):
            hits = voter.vote(batch, {})
            if hits.errors:
                raise AssertionError(hits.errors[0])
            settled = settle_documents(hits, place, batch.lengths)
            votes[start + settled.doc, place] = settled.label
    return votes


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report."""
    options = options_of(__doc__, arguments)
    n_rows = 2_000 if options.quick else ROWS
    texts = [text for block in noisy_blocks(base_texts(corpora()), n_rows) for text in block]
    table = pa.table({"id": [f"news-{row}" for row in range(n_rows)], "text": texts})
    frame = table.to_pandas()
    applier = PandasLFApplier(list(FUNCTIONS))
    found: dict[str, Matrix] = {}
    gc.freeze()

    def run_ours() -> None:
        found["ours"] = ours_on(table)

    def run_peer() -> None:
        found["peer"] = applier.apply(frame, progress_bar=False)

    ours, peer = interleaved(
        run_ours, run_peer, repeats=1 if options.quick else 7, timed=processor_seconds
    )
    if not np.array_equal(found["ours"], found["peer"]):
        message = "the votes differ"
        raise AssertionError(message)
    bare = _bare(texts)
    claim = Claim(
        "python_lfs",
        ours,
        peer,
        "seconds of one core",
        peer / ours,
        rows=n_rows,
        functions=len(FUNCTIONS),
        votes=int((found["ours"] != ABSTAIN).sum()),
        microseconds_a_row={"ours": ours / n_rows * 1e6, "peer": peer / n_rows * 1e6, "bare": bare},
    )
    return report(claim, options)


def processor_seconds(side: Side) -> float:
    """How long one call keeps the processor: both sides use one core and wait for nothing."""
    gc.collect()
    started = process_time()
    side()
    return process_time() - started


def _bare(texts: Sequence[str]) -> float:
    """Microseconds a row for nothing but the functions themselves: what no engine can go below."""
    rows = [Bare(text) for text in texts]

    def call() -> None:
        for function in FUNCTIONS:
            inner, resources = function._f, function._resources
            for row in rows:
                inner(row, **resources)

    taken, _ = interleaved(call, lambda: None, repeats=3, timed=processor_seconds)
    return taken / len(rows) * 1e6


class Bare:
    """A text and nothing else."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        """Hold the text."""
        self.text = text


if __name__ == "__main__":
    sys.exit(main())
