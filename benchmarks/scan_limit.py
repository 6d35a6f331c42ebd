"""The label stage over 200 MB of each corpus, against a bare Hyperscan scan of the same bytes.

The stage reads Parquet, lets the 73 patterns of sms or the 136 phrases of imdb vote on every text
and writes votes and patterns, shard by shard in one process. The limit is one call of Hyperscan
over the joined texts of each shard, with the same expressions and nothing told of any match. The
texts are those of the corpus, repeated, each time with a new name and number. The Parquet file is
not compressed, for a codec has its own price; ids are numbers, and rows are split by id. `ratio`
is the limit's seconds by ours, that of the corpus where it is smaller. Time is that of the
processor.
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import hyperscan
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from benchmarks.measure import Claim, corpora, interleaved, options_of, report
from benchmarks.projects import Project
from benchmarks.scan import processor_seconds

from labelmill.io.votes import read_votes
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.face import load_job
from labelmill.pipeline.plan import make_plan
from labelmill.pipeline.stages import Work, label_shard
from labelmill.text.scan.alphabet import Alphabet
from labelmill.text.scan.joined import joined
from labelmill.text.scan.translate import translated, tree_of
from labelmill.text.scan.tree import points_of

MEGABYTES = 200
REPEATS = 5


@dataclass(frozen=True, slots=True)
class Stage:
    """The label stage of a job, and the same bytes for the limit."""

    bound: BoundJob
    works: list[Work]
    buffers: list[Any]
    database: hyperscan.Database

    def label(self) -> None:
        """Our side."""
        for work in self.works:
            label_shard(self.bound, work)

    def scan(self) -> None:
        """The limit."""
        for buffer in self.buffers:
            self.database.scan(buffer, match_event_handler=None)

    def n_votes(self) -> int:
        """How many votes were written."""
        return sum(len(read_votes(work.file("votes"))) for work in self.works)


def write_source(corpus: Path, target: Path, size: int) -> None:
    """Write the texts of a corpus again and again, each time with a new name and number."""
    base = pq.read_table(corpus, columns=["text"])["text"].combine_chunks()
    rng = np.random.default_rng(11)
    written = n_rows = 0
    schema = pa.schema([("id", pa.int64()), ("text", pa.string())])
    with pq.ParquetWriter(target, schema, compression="none", use_dictionary=False) as writer:
        while written < size:
            block = pa.chunked_array(list(_noisy(base, rng, 20_000))).combine_chunks()
            ids = pa.array(np.arange(n_rows, n_rows + len(block)))
            writer.write_table(pa.table([ids, block], schema=schema))
            n_rows += len(block)
            written += block.nbytes


def _noisy(base: pa.Array, rng: np.random.Generator, rows: int) -> Iterator[pa.Array]:
    """At least so many texts, each with a made-up name before it and a number after it."""
    while rows > 0:
        letters = rng.integers(97, 123, (len(base), 7), dtype=np.uint8)
        names = pa.array([bytes(row).decode().capitalize() for row in letters])
        numbers = pa.array(rng.integers(10_000, 1_000_000, len(base))).cast(pa.string())
        yield pc.binary_join_element_wise(names, base, numbers, " ")
        rows -= len(base)


def stage_of(project: Project, name: str, size: int) -> Stage:
    """Write the source of a job, and make both sides ready; everything is compiled."""
    source = project.root / f"{name}.parquet"
    file = "train.parquet" if name == "sms" else "dev.parquet"
    write_source(project.corpora / name / file, source, size)
    config = project.root / "configs" / f"{name}.yaml"
    paths = {"source.path": str(source), "output": str(project.output(name))}
    bound = BoundJob(load_job(config, {**paths, "source.gold": None, "split.group": "id"}))
    folder = project.root / f"work-{name}"
    folder.mkdir()
    shards = enumerate(make_plan(bound.job).shards)
    works = [Work(folder, shard, number) for number, shard in shards]
    texts = pq.read_table(source, columns=["text"])["text"].combine_chunks()
    rows = [0, *np.cumsum([len(work.shard) for work in works]).tolist()]
    buffers = [joined(texts[a:b]).between(0, b - a - 1) for a, b in pairwise(rows)]
    return Stage(bound, works, buffers, _database(bound))


def _database(bound: BoundJob) -> hyperscan.Database:
    trees = [tree_of(probe.pattern) for probe in bound.scan.probes]
    alphabet = Alphabet(points for tree in trees if tree for points in points_of(tree))
    said = [translated(tree, alphabet, only_ascii=True).expressions for tree in trees]
    expressions = [(text, probe) for probe, texts in enumerate(said) for text in texts]
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[text for text, _ in expressions],
        ids=[probe for _, probe in expressions],
        elements=len(expressions),
        flags=[0] * len(expressions),
    )
    return database


def check(stage: Stage) -> int:
    """See that the votes of the first shard are those of `re`, and count all votes."""
    work = stage.works[0]
    read = read_votes(work.file("votes"))
    texts = pq.read_table(work.shard.file.path, columns=["text"])["text"][:500].to_pylist()
    probes = [voter.probes() for voter in stage.bound.voters.values()]
    meant = {
        (doc, function)
        for function, (probe,) in enumerate(probes)
        for doc, text in enumerate(texts)
        if probe.stands_in(text)
    }
    assert meant == {
        (doc, function)
        for doc, function in zip(read.doc.tolist(), read.function.tolist(), strict=True)
        if doc < len(texts)
    }
    return stage.n_votes()


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure both corpora."""
    options = options_of(__doc__, arguments)
    size = (1 if options.quick else MEGABYTES) * 1_000_000
    figures: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        project = Project.at(Path(folder), corpora())
        for name in ("sms", "imdb"):
            stage = stage_of(project, name, size)
            stage.label()
            n_votes = check(stage)
            ours, limit = interleaved(stage.label, stage.scan, REPEATS, timed=processor_seconds)
            figures[name] = {
                "ours": ours,
                "limit": limit,
                "ratio": limit / ours,
                "megabytes": sum(map(len, stage.buffers)) / 1e6,
                "rows": sum(len(work.shard) for work in stage.works),
                "votes": n_votes,
            }
    worst = min(figures.values(), key=lambda figure: figure["ratio"])
    claim = Claim("scan_limit", worst["ours"], worst["limit"], "seconds", worst["ratio"], **figures)
    return report(claim, options)


if __name__ == "__main__":
    sys.exit(main())
