"""Which label model explains a row: the live one where it fits the job, else one made for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from labelmill.aggregate.artifact import Artifact
from labelmill.aggregate.fitted import Fitted
from labelmill.errors import BadParameter, BadResource
from labelmill.io.source import Shard
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.explanation import UsedModel
from labelmill.pipeline.finding import read_whole
from labelmill.pipeline.fit import fit_patterns, vote_space
from labelmill.pipeline.gold_set import gold_here
from labelmill.pipeline.plan import Plan, changes
from labelmill.pipeline.publish import (
    CURRENT,
    live_manifest,
    published_partitions,
    snapshot_folder,
)
from labelmill.pipeline.rows import read_rows
from labelmill.pipeline.voting import vote


@dataclass(frozen=True)
class Models:
    """The label models that explain the rows of a job, each made when it is first asked for."""

    bound: BoundJob
    plan: Plan
    _live: dict[str | None, tuple[Artifact, UsedModel]] = field(default_factory=dict)

    def of(self, partition: str | None) -> tuple[Artifact, UsedModel]:
        """The model for the rows of a partition."""
        if partition not in self._live:
            self._live[partition] = self._found(partition)
        return self._live[partition]

    def are_live(self, partition: str | None) -> bool:
        """Whether a snapshot of a partition is live."""
        return self._manifest(partition) is not None

    def changed(self, partition: str | None) -> list[str]:
        """Functions that are other ones now than when the live snapshot was made."""
        states = changes(self.plan, self._manifest(partition))
        return [name for name, state in states.items() if state.startswith("changed")]

    def taken_out(self, partition: str | None, id_: str, step: str) -> str | None:
        """Why a step took a row out when the live snapshot was made, if it did."""
        folder = self._folder(partition)
        for path in sorted((folder / "filtered").glob("*.parquet")) if folder else ():
            table = pq.read_table(path, use_threads=False)
            here = pc.and_(pc.equal(table["id"], id_), pc.equal(table["step"], step))
            reasons: list[str] = table["reason"].filter(here).to_pylist()
            if reasons:
                return reasons[0]
        return None

    @cached_property
    def sample(self) -> Artifact:
        """The job's label model, fitted on the first shard."""
        if isinstance(self.bound.job.label_model.kind, Fitted):
            return fit_patterns(self.bound, [])
        known = gold_here(self.bound)
        gold = None if known is None else known.gold
        return fit_patterns(self.bound, [_patterns(self.bound, self.plan, self._first)], gold)

    @property
    def _first(self) -> Shard:
        return self.plan.shards[0]

    def _found(self, partition: str | None) -> tuple[Artifact, UsedModel]:
        kind = self.bound.job.label_model.kind
        if isinstance(kind, Fitted):
            words = f"{self.sample.type}, fitted earlier ({kind.source})"
            return self.sample, UsedModel(self.sample.type, "fitted", words)
        manifest = self._manifest(partition)
        live, unfit = self._published(manifest, partition)
        if live is not None and manifest is not None:
            name = str(manifest["snapshot"])
            words = f"{live.type}, that of the live snapshot {name[:12]}"
            return live, UsedModel(live.type, "snapshot", words, name)
        model = self.sample
        told = f"{model.type}, fitted on the first {len(self._first):,} rows alone ({unfit})"
        return model, UsedModel(model.type, "sample", told)

    def _published(
        self, manifest: Mapping[str, Any] | None, partition: str | None
    ) -> tuple[Artifact | None, str]:
        """The live model, or why there is none that can be used."""
        folder = self._folder(partition)
        if manifest is None or folder is None:
            return None, "nothing is published"
        asked = self.bound.job.resolved.public
        for key in ("label_model", "gold"):
            if manifest["config"].get(key) != asked.get(key):
                return None, f"the live snapshot has another {key}"
        try:
            return Fitted(str(folder.absolute())).applied(vote_space(self.bound)), ""
        except BadParameter:
            return None, "the live snapshot has other labeling functions or labels"
        except BadResource as error:
            return None, f"that of the live snapshot cannot be used: {error}"

    def _folder(self, partition: str | None) -> Path | None:
        """The live snapshot of a partition."""
        if "://" in self.bound.job.output:
            return None
        output = Path(self.bound.job.output)
        if partition is None:
            return output / CURRENT
        snapshot = published_partitions(output).get(partition)
        return None if snapshot is None else snapshot_folder(output, snapshot)

    def _manifest(self, partition: str | None) -> dict[str, Any] | None:
        if self._folder(partition) is None:
            return None
        return live_manifest(Path(self.bound.job.output), partition)


def _patterns(bound: BoundJob, plan: Plan, shard: Shard) -> Any:
    """The vote patterns of a shard."""
    rows = read_rows(bound, read_whole(bound, plan, shard), shard.file.name)
    votes = vote(bound, rows.batch).votes
    return bound.items.patterns(votes, rows.batch, bound.space, len(bound.names))
