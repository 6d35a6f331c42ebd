"""spaCy's tokens of news texts, against spaCy's own blank pipeline, on one core.

Texts in an Arrow array go in; the bounds of all tokens come out. spaCy gets Python strings and
gives its Docs through `nlp.pipe`; reading bounds off them is not counted. The tokens are
compared, text by text.

Two sizes: 12,000 texts of agnews as they are, and 500,000, which are the same texts repeated, each
time with a new name and number in it. The larger size is cut in shards of 20,000, as a run does,
and spaCy is timed on a sample, after a warm-up on other texts. Every repeat begins with a fresh
cutter and a fresh pipeline, which have met no text; making these is timed apart.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import spacy
from benchmarks.measure import Claim, corpora, interleaved, options_of, own_seconds, report
from benchmarks.news import base_texts, noisy_blocks

from labelmill.core.batch import Batch
from labelmill.core.tokens import Tokens
from labelmill.text.chunks import ChunkCutter, bounds_of
from labelmill.text.language import Language

ROWS = 500_000
SHARD_ROWS = 20_000
SAMPLE = 10_000
WARM_UP = 5_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, compare and report."""
    options = options_of(__doc__, arguments)
    rows, sample, warm_up, repeats = (20_000, 500, 500, 1) if options.quick else (
        ROWS, SAMPLE, WARM_UP, 5
    )  # fmt: skip
    folder = corpora()
    texts = base_texts(folder)
    if options.quick:
        texts = texts[:500]
    check(pa.array(texts), texts)
    ours_small, peer_small = interleaved(
        lambda: cut_all([pa.array(texts)]),
        lambda: pipe(texts, ()),
        repeats,
        timed=own_seconds,
    )
    shards = shards_of(texts, rows)
    picked = np.random.default_rng(0).permutation(rows)[: sample + warm_up]
    sampled = [shards[row // SHARD_ROWS][row % SHARD_ROWS].as_py() for row in picked.tolist()]
    check_sample(shards, picked[:sample])
    ours, peer_sample = interleaved(
        lambda: cut_all(shards),
        lambda: pipe(sampled[:sample], sampled[sample:]),
        repeats,
        timed=own_seconds,
    )
    peer = peer_sample * rows / sample
    claim = Claim(
        "tokens",
        ours,
        peer,
        "seconds",
        peer / ours,
        ratio_small=peer_small / ours_small,
        ours_small=ours_small,
        peer_small=peer_small,
        rows=rows,
        rows_small=len(texts),
        scaled=True,
        sample=sample,
        **counts(pa.array(texts), shards),
        prepare_seconds=seconds_to_prepare(),
        sst2_seconds=seconds_of_a_batch(folder / "sst2" / "train.parquet"),
    )
    return report(claim, options)


def cut_all(shards: Sequence[pa.Array]) -> float:
    """Cut shards with a fresh cutter; the seconds of the processor without its preparation."""
    cutter = ChunkCutter(spacy.blank("en").tokenizer)
    started = process_time()
    for shard in shards:
        cutter.cut(shard)
    return process_time() - started


def pipe(texts: Sequence[str], warm_up: Sequence[str]) -> float:
    """Let a fresh pipeline of spaCy read texts; the seconds of the processor after a warm-up."""
    nlp = spacy.blank("en")
    for _ in nlp.pipe(warm_up):
        pass
    started = process_time()
    for _ in nlp.pipe(texts):
        pass
    return process_time() - started


def shards_of(texts: Sequence[str], rows: int) -> list[pa.Array]:
    """So many noisy texts in Arrow arrays of the size of a shard."""
    return [
        pa.array(block[start : start + SHARD_ROWS])
        for block in noisy_blocks(texts, rows)
        for start in range(0, len(block), SHARD_ROWS)
    ]


def check(array: pa.Array, texts: Sequence[str]) -> None:
    """Assert that both sides give the same tokens for every text."""
    found = ChunkCutter(spacy.blank("en").tokenizer).cut(array)
    wanted = Tokens.of([bounds_of(doc) for doc in spacy.blank("en").pipe(texts)])
    assert len(wanted.start) > len(texts)
    for name in ("starts", "start", "end"):
        assert np.array_equal(getattr(found, name), getattr(wanted, name)), name


def check_sample(shards: Sequence[pa.Array], picked: Any) -> None:
    """Assert that both sides give the same tokens for some rows of all the shards."""
    cutter, nlp = ChunkCutter(spacy.blank("en").tokenizer), spacy.blank("en")
    for place, shard in enumerate(shards):
        tokens = cutter.cut(shard)
        rows = picked[picked // SHARD_ROWS == place] % SHARD_ROWS
        for row, doc in zip(rows.tolist(), nlp.pipe(shard.take(rows).to_pylist()), strict=True):
            assert tokens.bounds(row) == bounds_of(doc), shard[row]


def counts(small: pa.Array, shards: Sequence[pa.Array]) -> dict[str, int]:
    """Distinct chunks, shapes and texts read whole at the smaller size, shapes at the larger."""
    cutter = ChunkCutter(spacy.blank("en").tokenizer)
    cuts = cutter.cut_chunks(small)
    n_shapes = cutter.n_shapes
    for shard in shards:
        cutter.cut(shard)
    return {
        "chunks_small": len(cuts.table.distinct),
        "shapes_small": n_shapes,
        "whole_small": len(cuts.whole),
        "shapes": cutter.n_shapes,
    }


def seconds_to_prepare() -> float:
    """How long it takes to read the rules and regular expressions of a tokenizer."""
    tokenizer = spacy.blank("en").tokenizer
    started = process_time()
    ChunkCutter(tokenizer)
    return process_time() - started


def seconds_of_a_batch(path: Path) -> float:
    """How long a batch takes to give the tokens of a corpus, preparation and all."""
    texts = pq.read_table(path, columns=["text"])["text"].combine_chunks()
    language = Language()
    language.vocab()
    batch = Batch(pa.array(range(len(texts))), texts, analysis=language)
    started = perf_counter()
    assert len(batch.tokens) == len(texts)
    return perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
