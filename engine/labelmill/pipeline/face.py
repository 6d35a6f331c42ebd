"""labelmill from Python: run a job, label a DataFrame, preview votes."""

from collections.abc import Mapping, Sequence
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labelmill import kinds
from labelmill.config import find_root, load
from labelmill.config.spec import Job
from labelmill.core.digests import canonical_json
from labelmill.errors import UsageError
from labelmill.pipeline.backfill import run_partitions
from labelmill.pipeline.explain import explain as explain_rows
from labelmill.pipeline.explanation import Explanation
from labelmill.pipeline.memory import label_frame
from labelmill.pipeline.preview import PreviewRow
from labelmill.pipeline.preview import preview as preview_job
from labelmill.pipeline.record import refusal_recorded
from labelmill.pipeline.result import Run
from labelmill.pipeline.run import run_job
from labelmill.pipeline.several import jobs_of

if TYPE_CHECKING:
    import pandas as pd

Overrides = Mapping[str, Any] | Sequence[str]


def run(  # noqa: PLR0913 (an option each)
    config: str | PathLike[str],
    *,
    overrides: Overrides = (),
    partition: str | None = None,
    partitions: str | None = None,
    since_last_success: bool = False,
    keep_going: bool = False,
    full_refresh: bool = False,
    relabel: bool = False,
    refit: bool = False,
    verify: bool = False,
    take_over: bool = False,
) -> Run:
    """Run a job and publish its training set.

    Args:
        config: path of the YAML file.
        overrides: values that replace those of the file: a map from dotted key to value, or
            "key=value" strings as on the command line.
        partition: take one partition only.
        partitions: take these, as "FIRST..LAST" with both ends, each in a run of its own, the
            newest first.
        since_last_success: take in the same way the partitions after the newest that is live, and
            those that changed.
        keep_going: where a partition fails, go on with the next; the error comes at the end.
        full_refresh: do everything anew, whatever is known or published.
        relabel: make those partitions too that are published and would be labeled by another
            model.
        refit: fit a label model that would be kept anew, on the newest partitions.
        verify: read the bytes of all input, also of files that were not touched since a run.
        take_over: publish although what is live in the output is of a job of another name.

    Returns:
        The run; its `labels`, `train`, `dev` and `test` open with `to_arrow()` or `to_pandas()`. Of
        several partitions it is that of the whole, with the snapshots and warnings of all.

    Raises:
        LabelmillError: whatever stopped the run; its message says what to do. Of several partitions
            those stay published that were, and run.json tells of each.
    """
    several = partitions is not None or since_last_success
    if sum((partition is not None, partitions is not None, since_last_success)) > 1:
        message = "give one of partition, partitions and since_last_success"
        raise UsageError(message)
    if keep_going and not several:
        message = "keep_going: only with partitions or since_last_success"
        raise UsageError(message)
    run_one = partial(
        run_job,
        full_refresh=full_refresh,
        relabel=relabel,
        refit=refit,
        verify=verify,
        take_over=take_over,
    )
    with refusal_recorded(Path(config), find_root(Path(config))):
        if not several:
            job = load_job(config, overrides, partition)
        else:
            job, job_of = jobs_of(lambda value: load_job(config, overrides, value), partitions)
    if not several:
        return run_one(job, partition=partition)
    many = run_partitions(
        job,
        wanted=partitions,
        keep_going=keep_going,
        relabel=relabel,
        job_of=job_of,
        run_one=partial(run_one, has_lock=True),
        verify=verify,
    )
    if many.error is not None:
        raise many.error
    return many.as_run()


def label(
    frame: "pd.DataFrame", config: str | PathLike[str], *, overrides: Overrides = ()
) -> "pd.DataFrame":
    """Label the rows of a pandas DataFrame in memory; nothing is written.

    The label model is fitted on these rows (`label_model: {type: fitted}` applies an earlier
    one). Steps that look across rows (`drop_duplicates`) are left out, so every row comes back.

    Args:
        frame: rows with the id and text columns that the config names under `source`.
        config: path of the YAML file.
        overrides: as in `run`.

    Returns:
        A copy of the frame with `status`, `confidence`, `votes` and `probs`, and with `label`
        (document tasks) or `entities` and `tokens` (ner).
    """
    return label_frame(load_job(config, overrides), frame)


def preview(
    config: str | PathLike[str],
    *,
    rows: int = 10,
    ids: Sequence[str] = (),
    overrides: Overrides = (),
) -> list[PreviewRow]:
    """Votes on a few rows of the source; nothing is written."""
    return preview_job(load_job(config, overrides), rows=rows, ids=ids)


def explain(
    config: str | PathLike[str],
    ids: Sequence[str],
    *,
    overrides: Overrides = (),
    partition: str | None = None,
) -> list[Explanation]:
    """Explain single rows of the source: their votes, and how their labels came to be.

    The label model is that of the live snapshot where it fits the job, else one that is fitted
    on the first rows; each explanation says which. Nothing is written.

    Args:
        config: path of the YAML file.
        ids: ids of rows of the source.
        overrides: as in `run`.
        partition: look in this partition only.

    Raises:
        UsageError: if no row has one of the ids.
    """
    return explain_rows(load_job(config, overrides, partition), ids, partition)


def load_job(
    config: str | PathLike[str], overrides: Overrides = (), partition: str | None = None
) -> Job:
    """Read and check a config.

    Raises:
        ConfigErrors: with every problem of the file.
    """
    kinds.announce_all()
    return load(str(config), overrides=_as_strings(overrides), partition=partition)


def _as_strings(overrides: Overrides) -> tuple[str, ...]:
    if isinstance(overrides, Mapping):
        return tuple(f"{key}={canonical_json(value)}" for key, value in overrides.items())
    return tuple(overrides)
