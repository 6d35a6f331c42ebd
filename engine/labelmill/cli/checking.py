"""Verbs that check configs without a run: validate and test."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labelmill.cli.options import AsJson, Configs, Deep, Overrides, Partition, Project
from labelmill.errors import ConfigErrors, Problem

if TYPE_CHECKING:
    from labelmill.config.spec import Job

FAILED = 3


def validate(
    configs: Configs,
    *,
    overrides: Overrides = None,
    project: Project = None,
    partition: Partition = None,
    deep: Deep = False,
    as_json: AsJson = False,
) -> None:
    """Check configs and name all problems at once.

    Without data everything is checked but the columns of the source. With --deep labeling
    functions and augment steps are made as in a run, so that their code, models and patterns are
    tried too.
    """
    from labelmill.cli.jobs import read_job  # noqa: PLC0415 (--help reads no jobs)
    from labelmill.cli.outcome import show, show_json  # noqa: PLC0415
    from labelmill.config.located import located  # noqa: PLC0415
    from labelmill.pipeline.peek import check_source  # noqa: PLC0415
    from labelmill.pipeline.trial import try_job  # noqa: PLC0415

    facts: list[dict[str, Any]] = []
    problems: list[Problem] = []
    for config in configs:
        try:
            job = read_job(config, overrides, project, partition)
            against = check_source(job)
            problems += located(job, try_job(job, deep=deep), str(config))
        except ConfigErrors as error:
            problems += error.problems
        else:
            facts.append({"file": str(config), **_facts(job), **asdict(against)})
    if problems:
        raise ConfigErrors(problems)
    if as_json:
        show_json({"ok": True, "configs": facts})
    else:
        show([_sentence(fact) for fact in facts])


def try_examples(
    configs: Configs,
    *,
    overrides: Overrides = None,
    project: Project = None,
    partition: Partition = None,
    as_json: AsJson = False,
) -> int:
    """Run the examples of labeling functions.

    The examples stand under should and should_not, or beside Python functions. Exit code 3 says
    that some failed.
    """
    from labelmill.cli.jobs import read_job  # noqa: PLC0415 (--help reads no jobs)
    from labelmill.cli.outcome import show, show_json  # noqa: PLC0415
    from labelmill.pipeline.examples import run_examples  # noqa: PLC0415
    from labelmill.report.terminal import examples_view  # noqa: PLC0415

    jobs = [read_job(config, overrides, project, partition) for config in configs]
    results = {config: run_examples(job) for config, job in zip(configs, jobs, strict=True)}
    passed = all(result.passed for found in results.values() for result in found)
    if as_json:
        examples = _examples(results)
        show_json({"ok": passed, "exit_code": 0 if passed else FAILED, "examples": examples})
    else:
        for config, found in results.items():
            show([f"{config}:", *examples_view(found)])
    return 0 if passed else FAILED


def _facts(job: "Job") -> dict[str, Any]:
    return {"name": job.name, "task": job.task.type, "functions": len(job.functions)}


def _sentence(fact: dict[str, Any]) -> str:
    said = f"{fact['file']}: ok ({fact['task']}, {fact['functions']} labeling functions)"
    if fact["not_checked"]:
        return f"{said}; not checked: {fact['not_checked']}"
    return f"{said}; columns checked against {fact['checked']}"


def _examples(results: Mapping[Path, Sequence[Any]]) -> list[dict[str, Any]]:
    return [
        {"config": str(config), **asdict(result)}
        for config, found in results.items()
        for result in found
    ]
