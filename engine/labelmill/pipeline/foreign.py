"""Which jobs carry out code that is not labelmill's own."""

from labelmill.config.spec import Job

CODE_AND_MODELS = (".py", ".cfg")
"""Ends of the names of files that are code, or belong to a spaCy model."""


def runs_foreign_code(job: Job) -> bool:
    """Whether a function or augment step is code of the project, or a model of a package."""
    needs = [function.kind.needs(job.root) for function in job.functions]
    needs += [step.kind.needs(job.root) for step in job.augment]
    return any(need.packages or any(_is_code(file) for file in need.files) for need in needs)


def _is_code(file: str) -> bool:
    return file.endswith(CODE_AND_MODELS)
