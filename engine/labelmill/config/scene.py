"""What the checks of the second pass look at."""

from collections.abc import Mapping
from dataclasses import dataclass

from labelmill.config.assembly import Assembly
from labelmill.config.nodes import Findings, Trail
from labelmill.core.labels import LabelSpace
from labelmill.core.protocols import Needs, Unit


@dataclass(frozen=True, slots=True)
class Scene:
    """The parts of a config, what they need, and where problems go."""

    assembly: Assembly
    needs: Mapping[Trail, Needs]
    findings: Findings

    @property
    def space(self) -> LabelSpace | None:
        """The labels, where the task could be made."""
        task = self.assembly.task
        return None if task is None else task.kind.space()

    @property
    def unit(self) -> Unit | None:
        """What votes are about, where the task could be made."""
        task = self.assembly.task
        return None if task is None else task.kind.unit

    def add(self, trail: Trail, code: str, message: str, *, at_key: bool = False) -> None:
        """Note a problem."""
        self.findings.add(trail, code, message, at_key=at_key)
