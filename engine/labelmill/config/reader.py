"""From a file to a job: read, merge, override, fill in, check, build."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from labelmill.config.assembly import Assembly, assemble, needs_of
from labelmill.config.interpolate import Surroundings, interpolated
from labelmill.config.job import job_of
from labelmill.config.merge import gather
from labelmill.config.nodes import Findings, Node, Place, plain, planted, walk
from labelmill.config.override import overridden
from labelmill.config.public import public
from labelmill.config.references import check_references
from labelmill.config.resources import check_resources
from labelmill.config.sanity import check_sanity
from labelmill.config.scene import Scene
from labelmill.config.sections import draft
from labelmill.config.spec import Job, Resolved
from labelmill.core.hiding import hidden_in
from labelmill.core.registry import REGISTRIES, Registry
from labelmill.errors import ConfigErrors, Problem

CONFIGS = "configs"


def load(
    path: Path | str,
    *,
    project: Path | str | None = None,
    overrides: Sequence[str] = (),
    partition: str | None = None,
    env: Mapping[str, str] | None = None,
    registries: Mapping[str, Registry] = REGISTRIES,
) -> Job:
    """Read a config and everything it extends, check all of it, and build the job.

    Args:
        path: the config.
        project: the project root; found by `find_root` where it is not given.
        overrides: changes such as `label_model.seed=3`, as after `--set`.
        partition: what `${run.partition}` stands for.
        env: the environment; that of the process where it is not given.
        registries: the types that there are, by section.

    Raises:
        ConfigErrors: with every problem that could be found.
    """
    file = Path(path)
    root, problems = gather(file, str(path))
    if root is None:
        raise ConfigErrors(problems)
    root, found = overridden(root, overrides)
    findings = Findings(root, [*problems, *found])
    world = Surroundings(os.environ if env is None else env, partition)
    root, secrets = interpolated(root, world, findings)
    findings.root = root
    hidden = _hidden(root, secrets)
    folder = find_root(file, project)
    assembly = assemble(draft(root, findings, registries), findings)
    _check(assembly, folder, findings)
    if findings.problems:
        raise ConfigErrors([_scrubbed(problem, hidden) for problem in findings.problems])
    resolved = Resolved(
        file=file.absolute(),
        root=folder,
        tree=plain(root),
        public=public(assembly, root, folder),
        overrides=tuple(overrides),
        hidden=hidden,
        variables={} if partition is None else {"run.partition": partition},
    )
    return job_of(assembly, resolved)


def build(resolved: Resolved, registries: Mapping[str, Registry] = REGISTRIES) -> Job:
    """Build the job again from its tree, as a worker process does; no config file is read.

    Raises:
        ConfigErrors: if the tree is not one that `load` accepted.
    """
    root = planted(resolved.tree, Place(str(resolved.file)))
    findings = Findings(root)
    assembly = assemble(draft(root, findings, registries), findings)
    if findings.problems:
        raise ConfigErrors(findings.problems)
    return job_of(assembly, resolved)


def find_root(path: Path | str, project: Path | str | None = None) -> Path:
    """The project root of a config: the folder above the nearest `configs/` that it stands in.

    Without such a folder it is the config's own folder. The working directory never matters.

    Example:
        >>> find_root("/jobs/configs/base/x.yaml"), find_root("/jobs/x.yaml")
        (PosixPath('/jobs'), PosixPath('/jobs'))
    """
    if project is not None:
        return Path(os.path.abspath(project))  # noqa: PTH100 (resolve would follow links)
    file = Path(os.path.abspath(path))  # noqa: PTH100 (the same)
    above = [folder.parent for folder in file.parents if folder.name == CONFIGS]
    return above[0] if above else file.parent


def _check(assembly: Assembly, folder: Path, findings: Findings) -> None:
    """The second pass."""
    if not findings.problems and not assembly.functions:
        message = "declare at least one labeling function that is enabled"
        findings.add(("labeling_functions",), "missing", message)
    needs = {}
    for part in (*assembly.functions, *assembly.augment, *assembly.checks):
        needed = needs_of(part, folder, findings)
        if needed is not None:
            needs[part.trail] = needed
    scene = Scene(assembly, needs, findings)
    check_references(scene)
    check_resources(scene, folder)
    check_sanity(assembly.draft, folder, findings)


def _scrubbed(problem: Problem, hidden: Mapping[str, str]) -> Problem:
    """A problem without the texts that came from the environment."""
    return replace(problem, message=hidden_in(problem.message, hidden))


def _hidden(root: Node, secrets: Mapping[str, str]) -> dict[str, str]:
    """Texts that may not be shown, each with what is shown instead."""
    hidden = {value: f"${{env.{name}}}" for name, value in secrets.items()}
    for _, node in walk(root):
        if node.shown is not None and isinstance(node.value, str):
            hidden[node.value] = node.shown
    return hidden
