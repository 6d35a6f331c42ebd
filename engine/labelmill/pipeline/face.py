"""labelmill from Python: run a job, label a DataFrame, preview votes."""

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labelmill import kinds
from labelmill.config import find_root, load
from labelmill.config.spec import Job
from labelmill.core.digests import canonical_json
from labelmill.pipeline.explain import explain as explain_rows
from labelmill.pipeline.explanation import Explanation
from labelmill.pipeline.memory import label_frame
from labelmill.pipeline.preview import PreviewRow
from labelmill.pipeline.preview import preview as preview_job
from labelmill.pipeline.record import refusal_recorded
from labelmill.pipeline.result import Run
from labelmill.pipeline.run import run_job

if TYPE_CHECKING:
    import pandas as pd

Overrides = Mapping[str, Any] | Sequence[str]


def run(  # noqa: PLR0913 (an option each)
    config: str | PathLike[str],
    *,
    overrides: Overrides = (),
    partition: str | None = None,
    full_refresh: bool = False,
    relabel: bool = False,
    refit: bool = False,
    verify: bool = False,
) -> Run:
    """Run a job and publish its training set.

    Args:
        config: path of the YAML file.
        overrides: values that replace those of the file: a map from dotted key to value, or
            "key=value" strings as on the command line.
        partition: take one partition only.
        full_refresh: do everything anew, whatever is known or published.
        relabel: make those partitions too that are published and would be labeled by another
            model.
        refit: fit a label model that would be kept anew, on the newest partitions.
        verify: read the bytes of all input, also of files that were not touched since a run.

    Returns:
        The run; its `labels`, `train`, `dev` and `test` open with `to_arrow()` or `to_pandas()`.

    Raises:
        LabelmillError: whatever stopped the run; its message says what to do.
    """
    with refusal_recorded(Path(config), find_root(Path(config))):
        job = load_job(config, overrides, partition)
    return run_job(
        job,
        partition=partition,
        full_refresh=full_refresh,
        relabel=relabel,
        refit=refit,
        verify=verify,
    )


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
