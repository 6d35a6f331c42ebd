"""From complaints about a job's parts to problems with file, line and column."""

from collections.abc import Iterable
from dataclasses import dataclass

from labelmill.config.merge import gather
from labelmill.config.nodes import Findings, Node, Trail, plain
from labelmill.config.override import overridden
from labelmill.config.spec import Job
from labelmill.errors import Problem


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with one part of a job, found by trying it.

    `section` is the key of the config, `name` that of the entry (None in a section that is no
    list), `field` the key that is wrong, with dots that lead deeper, or "" for the whole entry.
    """

    section: str
    name: str | None
    field: str
    message: str
    code: str = "bad_parameter"


def located(job: Job, complaints: Iterable[Complaint], file: str) -> list[Problem]:
    """Place complaints in the config; `file` is what the problems call it.

    The config is read again, so that a job need not carry its lines around.
    """
    root, problems = gather(job.resolved.file, file)
    if root is None:
        return problems
    root, _ = overridden(root, job.resolved.overrides)
    findings = Findings(root)
    for complaint in complaints:
        findings.add(_trail(root, complaint), complaint.code, complaint.message)
    return findings.problems


def _trail(root: Node, complaint: Complaint) -> Trail:
    steps = tuple(complaint.field.split(".")) if complaint.field else ()
    if complaint.name is None:
        return (complaint.section, *steps)
    entries = plain(root).get(complaint.section)
    if isinstance(entries, dict):
        return (complaint.section, complaint.name, *steps)
    wanted = [complaint.name, complaint.name.rpartition(".")[0]]
    for name in wanted:
        for place, entry in enumerate(entries or ()):
            if name in (entry.get("name"), entry.get("type")):
                return (complaint.section, place, *steps)
    return (complaint.section, *steps)
