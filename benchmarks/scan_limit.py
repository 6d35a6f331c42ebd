"""The label stage over 200 MB of each corpus, against a bare Hyperscan scan of the same bytes.

The stage reads Parquet, lets the 73 patterns of sms or the 136 phrases of imdb vote on every text
and writes votes and patterns, shard by shard in one process. The limit is one call of Hyperscan
over the joined texts of each shard, with the patterns said as they are and nothing told of any
match; our own scan may say them in a quicker way that means the same. The texts are those of the
corpus, repeated, each time with a new name and number. The Parquet file is not compressed, for a
codec has its own price; ids are numbers, and rows are split by id. `ratio` is the limit's seconds
by ours, that of the corpus where it is smaller. Time is that of the processor. `--profile` tells
where the seconds of ours go, for one corpus.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import hyperscan
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from benchmarks.measure import Claim, corpora, interleaved, options_of, report
from benchmarks.projects import Project
from benchmarks.scan import processor_seconds

from labelmill.io.shard_reader import ShardReader
from labelmill.io.votes import read_votes
from labelmill.pipeline import stages, works
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.face import load_job
from labelmill.pipeline.plan import make_plan
from labelmill.pipeline.stages import label_shard
from labelmill.pipeline.works import Work
from labelmill.text.scan.alphabet import Alphabet
from labelmill.text.scan.automaton import Automaton
from labelmill.text.scan.joined import Joined, joined
from labelmill.text.scan.translate import translated, tree_of
from labelmill.text.scan.tree import points_of

MEGABYTES = 200
REPEATS = 15
CORPORA = ("sms", "imdb")
SCAN = "scan and be told of matches"
PARTS: tuple[tuple[str, Any, str], ...] = (
    ("read Parquet", ShardReader, "read"),
    ("check texts and ids", works, "read_rows"),
    ("put separators between texts", Joined, "between"),
    (SCAN, Automaton, "_matches"),
    ("find the text of each match", Automaton, "search"),
    ("let functions vote", stages, "vote"),
    ("write votes", stages, "write_votes"),
    ("write patterns", stages, "write_patterns"),
    ("write keys", stages, "write_keys"),
)
REST = "find patterns, and the rest"


@dataclass(frozen=True, slots=True)
class Stage:
    """The label stage of a job, and the same bytes for the limit."""

    bound: BoundJob
    works: list[Work]
    buffers: list[Any]
    database: Any  # of Hyperscan, whose stubs ask for a handler

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
    voters: list[Any] = list(stage.bound.voters.values())
    probes = [voter.probes() for voter in voters]
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


@dataclass(slots=True)
class Stopwatch:
    """Seconds of the processor that functions take for themselves, without those within."""

    seconds: dict[str, float] = field(default_factory=dict)
    _within: list[float] = field(default_factory=lambda: [0.0])

    def around(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, with its seconds counted under a name."""

        def timed(*arguments: Any, **named: Any) -> Any:
            self._within.append(0.0)
            started = process_time()
            try:
                return function(*arguments, **named)
            finally:
                taken = process_time() - started
                own = taken - self._within.pop()
                self._within[-1] += taken
                self.seconds[name] = self.seconds.get(name, 0.0) + own

        return timed


def profile(stage: Stage) -> str:
    """Where the seconds of ours go, as a table in Markdown; medians of several repeats."""
    rounds = [_profiled(stage) for _ in range(REPEATS)]
    limit = median(processor_seconds(stage.scan) for _ in range(REPEATS))
    parts = {name: median(taken[name] for taken in rounds) for name in rounds[0]}
    whole = sum(parts.values())
    lines = [f"| {name} | {taken:.3f} | {taken / whole:.0%} |" for name, taken in parts.items()]
    return "\n".join(
        [
            "| part | seconds | share |",
            "|---|---|---|",
            *lines,
            f"| all | {whole:.3f} | 100% |",
            f"| the limit | {limit:.3f} | {limit / whole:.0%} |",
        ]
    )


def _profiled(stage: Stage) -> dict[str, float]:
    watch = Stopwatch()
    plain = [(owner, name, getattr(owner, name)) for _, owner, name in PARTS]
    try:
        for part, (owner, name, function) in zip(PARTS, plain, strict=True):
            setattr(owner, name, watch.around(part[0], function))
        watch.around(REST, stage.label)()
    finally:
        for owner, name, function in plain:
            setattr(owner, name, function)
    return {name: watch.seconds[name] for name in (*(part[0] for part in PARTS), REST)}


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--profile", choices=CORPORA, help="show where our seconds go, and nothing else"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure both corpora, or profile one."""
    options = options_of(__doc__, arguments, _add_options)
    size = (1 if options.quick else MEGABYTES) * 1_000_000
    figures: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        project = Project.at(Path(folder), corpora())
        if options.profile:
            stage = stage_of(project, options.profile, size)
            stage.label()
            print(profile(stage))
            return 0
        for name in CORPORA:
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
