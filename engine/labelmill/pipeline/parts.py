"""The partitions that a label model may be fitted on, each looked at when it is asked for."""

from collections.abc import Iterable
from functools import cached_property

import pyarrow as pa

from labelmill.config.spec import Job
from labelmill.errors import BadColumn, InputMissing
from labelmill.pipeline.damage import Torn, sound
from labelmill.pipeline.plan import PartitionPlan, columns_of, partition_of
from labelmill.pipeline.survey import Found, in_order, survey


class Parts:
    """The partitions of a source.

    A model can be fitted on one if it is complete, has rows and can be read, and has the columns
    of the partition that the model is for; `left_out` says why where it cannot.
    """

    def __init__(
        self, job: Job, known: Iterable[PartitionPlan] = (), torn: Torn | None = None
    ) -> None:
        """Nothing is looked at yet; `known` are partitions that were, `torn` as for `make_plan`."""
        self._torn = torn or {}
        self._job = job
        self._seen: dict[str | None, PartitionPlan | None] = {part.value: part for part in known}
        self._columns: dict[str | None, dict[str, pa.DataType]] = {}
        self.left_out: dict[str | None, str] = {}

    @cached_property
    def _found(self) -> dict[str | None, Found]:
        return {found.partition: found for found in survey(self._job)}

    @cached_property
    def names(self) -> list[str | None]:
        """All partitions of the source, in natural order."""
        return in_order(self._found)

    def get(self, name: str | None, like: str | None = None) -> PartitionPlan | None:
        """A partition; None if no model for the partition `like` can be fitted on it."""
        if name not in self._seen:
            self._seen[name] = self._look(name)
        part = self._seen[name]
        if part is None:
            return None
        if not part.shards:
            self.left_out[name] = "it has no rows"
            return None
        if like is not None and like != name and not self._is_like(part, like):
            return None
        return part

    def _look(self, name: str | None) -> PartitionPlan | None:
        found = self._found.get(name)
        if found is None:
            self.left_out[name] = "it is gone from the source"
            return None
        if found.awaited:
            self.left_out[name] = found.awaited
            return None
        try:
            return partition_of(self._job, sound(self._job, found.files(), self._torn), name)
        except InputMissing as error:
            self.left_out[name] = str(error)
            return None

    def _is_like(self, part: PartitionPlan, like: str) -> bool:
        """Whether a partition has the columns of another that the job names, in their types."""
        other = self.get(like)
        if other is None:
            return True
        try:
            own, wanted = self._columns_of(part), self._columns_of(other)
        except (InputMissing, BadColumn) as error:
            self.left_out[part.value] = str(error)
            return False
        differ = [name for name, kind in wanted.items() if own.get(name) != kind]
        if differ:
            self.left_out[part.value] = f"its column '{differ[0]}' is missing or of another type"
        return not differ

    def _columns_of(self, part: PartitionPlan) -> dict[str, pa.DataType]:
        if part.value not in self._columns:
            self._columns[part.value] = columns_of(self._job, part.files)
        return self._columns[part.value]
