"""Reading the jobs that a command line names."""

import gc
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labelmill.config.spec import Job

HIDDEN: ContextVar[Mapping[str, str]] = ContextVar("HIDDEN", default={})  # noqa: B039 (not changed)
"""Texts of the job at hand that may not be shown, each with what is shown instead."""

HERE: ContextVar[Path | None] = ContextVar("HERE", default=None)
"""The project root of the job at hand, for the trace of an unexpected error."""


def read_job(
    config: Path,
    overrides: Sequence[str] | None = None,
    project: Path | None = None,
    partition: str | None = None,
) -> "Job":
    """Read and check one job.

    Raises:
        ConfigErrors: with everything that is wrong with it.
    """
    from labelmill import kinds  # noqa: PLC0415 (--help loads no types)
    from labelmill.config import find_root, load  # noqa: PLC0415
    from labelmill.io.pandas_later import keep_pandas_out  # noqa: PLC0415
    from labelmill.io.torch_later import keep_torch_out_of_spacy  # noqa: PLC0415
    from labelmill.pipeline.foreign import runs_foreign_code  # noqa: PLC0415

    keep_pandas_out()
    kinds.announce_all()
    HERE.set(find_root(config, project))
    try:
        job = load(config, project=project, overrides=overrides or (), partition=partition)
        HIDDEN.set(job.resolved.hidden)
    finally:
        gc.enable()  # the front door turned it off while modules load
    if not runs_foreign_code(job):
        keep_torch_out_of_spacy()
    return job
