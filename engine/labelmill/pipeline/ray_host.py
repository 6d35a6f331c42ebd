"""A host: what stands for one worker on a machine of a Ray cluster.

Ray starts it there and carries tasks to it. It starts one of our own worker processes, the same
that does the work without a cluster, and looks after it: so a row that ends its process, or one
that makes it grow, ends in the same way and is told of in the same words.
"""

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labelmill.config.spec import Job
from labelmill.errors import LabelmillError, UsageError
from labelmill.pipeline.apart import Apart
from labelmill.pipeline.crew import SHARE, Outfit, WorkerDied, machine_memory
from labelmill.pipeline.fingerprint import versions
from labelmill.pipeline.labeled import BOOT, boot
from labelmill.pipeline.worker import DONE, RAISED
from labelmill.text.scan import Kit

DIED = "died"
"""What is said of a task that ended its process; beside it stands how."""


def this_machine() -> str:
    """What tells this machine, or container, from others."""
    started = boot() if BOOT.exists() else ""
    return f"{platform.node()} {started}"


@dataclass(frozen=True, slots=True)
class Premises:
    """What every machine must have in common with the one that a run was started on.

    `root` is the project, and `marks` are files with the text that each holds, one in each folder
    that they share.
    """

    root: Path
    versions: Mapping[str, str]
    python: str
    marks: Mapping[Path, str]

    @classmethod
    def here(cls, root: Path, marks: Mapping[Path, str]) -> "Premises":
        """Those of this machine."""
        return cls(root, versions(), platform.python_version(), marks)

    def check(self) -> None:
        """Hold this machine against them.

        Raises:
            UsageError: names this machine, and what differs.
        """
        unseen = [path.parent for path, text in self.marks.items() if _text_of(path) != text]
        if not self.root.is_dir():
            unseen.insert(0, self.root)
        if unseen:
            message = (
                f"Ray node {platform.node()} does not see {unseen[0]} as the machine does that the "
                "run was started on; put the project, its state and its output on a disk that all "
                "nodes mount at the same path"
            )
            raise UsageError(message)
        own = versions() | {"Python": platform.python_version()}
        wanted = dict(self.versions) | {"Python": self.python}
        differ = [
            f"{name} {own[name]} (not {wanted.get(name)})"
            for name in own
            if own[name] != wanted.get(name)
        ]
        if differ:
            message = (
                f"Ray node {platform.node()} has {', '.join(differ)}; the bytes of an output hang "
                "on versions, so install the same on all nodes"
            )
            raise UsageError(message)


class Host:
    """One worker process and who looks after it; every answer is a pair, as workers give it."""

    def __init__(self, job: Job, memory: int | None, cores: int) -> None:
        """Start the process and do not wait for it.

        Args:
            job: what it works on.
            memory: bytes that it may take; by default its share of the machine's.
            cores: as many workers may stand on this machine.
        """
        self._outfit = Outfit(job)
        self._apart = Apart(self._outfit, memory or int(machine_memory() * SHARE / max(1, cores)))
        self._apart.begin()

    def begin(self, premises: Premises, kit: Kit | None, machine: str) -> tuple[str, Any]:
        """Wait until the process is up.

        Args:
            premises: what this machine must be like.
            kit: a scan, compiled for the processors of one machine.
            machine: which machine that is.
        """
        if machine == this_machine():
            self._outfit.kit = kit
        try:
            premises.check()
            self._apart.ready()
        except LabelmillError as error:
            return RAISED, error
        return DONE, None

    def close(self) -> None:
        """End the process."""
        for worker in self._apart.everyone():
            worker.dismiss()
            worker.kill()

    def answer(self, task: Any, payload: Any) -> tuple[str, Any]:
        """Carry out a task."""
        try:
            return self._apart.answer(task, payload) or (DONE, None)
        except WorkerDied as death:
            return DIED, str(death)
        except LabelmillError as error:
            return RAISED, error


def _text_of(path: Path) -> str | None:
    try:
        return path.read_text("ascii")
    except (OSError, ValueError):
        return None
