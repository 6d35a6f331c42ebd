"""Which jobs carry out code that is not labelmill's own."""

from pathlib import Path

from labelmill.config.spec import FunctionSpec, Job
from labelmill.core.protocols import Needs

CODE_AND_MODELS = (".py", ".cfg")
"""Ends of the names of files that are code, or belong to a spaCy model."""


def runs_foreign_code(job: Job) -> bool:
    """Whether a function or augment step is code of the project, or a model of a package."""
    steps = (step.kind.needs(job.root) for step in job.augment)
    return any(is_foreign(f, job.root) for f in job.functions) or any(map(_foreign, steps))


def is_foreign(function: FunctionSpec, root: Path) -> bool:
    """Whether a function is code of the project, or a model of a package."""
    return _foreign(function.kind.needs(root))


def _foreign(needs: Needs) -> bool:
    return bool(needs.packages) or any(file.endswith(CODE_AND_MODELS) for file in needs.files)
