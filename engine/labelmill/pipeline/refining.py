"""The refine stage: what the texts of a sample teach, and what they say of every row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from labelmill.aggregate.artifact import Artifact
from labelmill.core.batch import Batch
from labelmill.core.hashes import fractions, keys_of
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import VoteSpace
from labelmill.errors import UsageError
from labelmill.io.columns import one_chunk
from labelmill.io.durable import write_arrow
from labelmill.io.votes import read_patterns
from labelmill.io.work import read_arrow
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.fit import item_probs, items_of, vote_space
from labelmill.pipeline.gold_set import GoldSet
from labelmill.pipeline.infer import REFINE, ShardSummary
from labelmill.pipeline.keys import folded_texts, read_decisions
from labelmill.pipeline.works import Work, texts_of
from labelmill.refine.artifact import from_bytes
from labelmill.refine.reading import RESTS_ON, Known, Reading, Refinement, Setting

MOST_ROWS = 50_000
"""A refinement is fitted on about so many rows at most."""

Fit = Callable[[Reading, VoteSpace, Setting, Known | None], Refinement]


@dataclass(frozen=True, slots=True)
class SampleTask:
    """A shard, and the share of its rows that a refinement is fitted on."""

    work: Work
    share: float


def sample_tasks(works: Sequence[Work], n_rows: int) -> list[SampleTask]:
    """Every row of a small job, about MOST_ROWS of a large one."""
    share = min(1.0, MOST_ROWS / max(n_rows, 1))
    return [SampleTask(work, share) for work in works]


def sample_shard(bound: BoundJob, task: SampleTask) -> None:
    """Keep the rows of a shard that the refinement is fitted on: those whose ids hash low."""
    work = task.work
    keys = read_arrow(work.file("keys"))
    files = work.file("keys"), work.file("decisions")
    decisions = read_decisions(*files, bound.job.split.group)
    stays = pc.is_null(decisions["step"]).combine_chunks().to_numpy(zero_copy_only=False)
    low = fractions(keys["id_key"].to_numpy(), bound.job.seed, "refine sample") < task.share
    places = pa.array(np.flatnonzero(stays & low))
    columns = {
        "place": places,
        "id": one_chunk(keys["id"]).take(places),
        "text": texts_of(bound, work).take(places),
        "group": one_chunk(decisions["group"]).take(places),
    }
    write_arrow(work.file("sample"), pa.table(columns))


def refine(
    bound: BoundJob, model: Artifact, reading: Reading, gold: GoldSet | None = None
) -> Refinement:
    """Fit the job's refinement.

    Args:
        bound: the job.
        model: its label model, fitted.
        reading: the sample.
        gold: rows with known labels, if there are some.
    """
    known = None if gold is None else _known(bound, model, gold)
    return _fit_of(bound)(reading, vote_space(bound), setting_of(bound), known)


def setting_of(bound: BoundJob) -> Setting:
    """How the job wants texts to be read.

    Raises:
        UsageError: if it wants no such thing.
    """
    spec = bound.job.refine
    if spec is None:
        raise UsageError("this job has no `refine`")
    return Setting(
        spec.folds,
        spec.rounds,
        spec.min_agreement,
        label_uncovered=spec.label_uncovered,
        drop=spec.drop,
        seed=bound.job.seed,
    )


def read_sample(bound: BoundJob, model: Artifact, works: Sequence[Work]) -> Reading:
    """What `sample_shard` kept of all shards."""
    tables = [read_arrow(work.file("sample")) for work in works]
    patterns = [
        _patterns(read_patterns(work.file("patterns")), table["place"].to_numpy())
        for work, table in zip(works, tables, strict=True)
    ]
    table = pa.concat_tables(tables)
    return Reading(
        Batch(one_chunk(table["id"]), one_chunk(table["text"]), analysis=bound.analysis),
        VotePatterns.concatenated(patterns),
        np.concatenate([item_probs(model, part) for part in patterns]),
        table["group"].to_numpy(),
    )


def reading_of(model: Artifact, batch: Batch, patterns: VotePatterns) -> Reading:
    """Rows in memory; those of equal text are one group."""
    groups = keys_of(folded_texts(batch.texts))
    return Reading(batch, patterns, item_probs(model, patterns), groups)


def read_refinement(bound: BoundJob, path: Path | None) -> Refinement | None:
    """The refinement of a run, where it has one that is used."""
    if path is None:
        return None
    found = whole_refinement(bound, path)
    return found if found.review.used else None


def whole_refinement(bound: BoundJob, path: Path) -> Refinement:
    """A refinement, used or not."""
    from labelmill.refine import multi_label, spans, text  # noqa: PLC0415 (only where texts are read)

    kinds = (text.FittedText, multi_label.FittedMultiLabelText, spans.FittedSpans)
    return from_bytes(path.read_bytes(), vote_space(bound), kinds)


def refine_report(
    bound: BoundJob, path: Path | None, summary: ShardSummary
) -> dict[str, Any] | None:
    """What the report says of it; None where texts are not read."""
    if path is None:
        return None
    found = whole_refinement(bound, path)
    denied = [] if summary.doubts is None else summary.doubts.rows(bound.names)
    return {
        **found.review.row(),
        "rests_on": {name: summary.rests_on[name] for name in RESTS_ON},
        "dropped": summary.filtered[REFINE],
        "denied": denied,
    }


def _fit_of(bound: BoundJob) -> Fit:
    from labelmill.refine import multi_label, spans, text  # noqa: PLC0415 (only where texts are read)

    if bound.unit == "span":
        return spans.fit
    return multi_label.fit if bound.multi_label else text.fit


def _known(bound: BoundJob, model: Artifact, gold: GoldSet) -> Known:
    batch = Batch(gold.texts, gold.texts, analysis=bound.analysis)
    return Known(reading_of(model, batch, gold.gold.patterns), gold.gold.labels)


def _patterns(patterns: VotePatterns, places: npt.NDArray[np.int64]) -> VotePatterns:
    """The patterns of some rows of a shard."""
    sequences = patterns.sequences
    rows = np.zeros(len(patterns.index) if sequences is None else len(sequences) - 1, dtype=bool)
    rows[places] = True
    return patterns.kept(items_of(rows, sequences))
