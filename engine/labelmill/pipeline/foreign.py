"""Which jobs carry out code that is not labelmill's own."""

from labelmill.config.spec import Job
from labelmill.core.protocols import Needs

CODE_AND_MODELS = (".py", ".cfg")
"""Ends of the names of files that are code, or belong to a spaCy model."""


def runs_foreign_code(job: Job) -> bool:
    """Whether a function or augment step is code of the project, or a model of a package."""
    needs = [spec.kind.needs(job.root) for spec in job.functions]
    needs += [spec.kind.needs(job.root) for spec in job.augment]
    return any(map(is_foreign, needs))


def is_foreign(needs: Needs) -> bool:
    """Whether who needs this is code of the project, or a model of a package."""
    return bool(needs.packages) or any(file.endswith(CODE_AND_MODELS) for file in needs.files)
