"""Which label model explains a row: the live one where it fits the job, else one made for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from labelmill.aggregate.artifact import Artifact
from labelmill.aggregate.fitted import Fitted
from labelmill.core.votes import Votes
from labelmill.errors import BadParameter, BadResource
from labelmill.io.source import Shard
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.explanation import UsedModel
from labelmill.pipeline.finding import read_whole
from labelmill.pipeline.fit import fit_patterns, vote_space
from labelmill.pipeline.gold_set import gold_here
from labelmill.pipeline.outputs import bring, local_output
from labelmill.pipeline.plan import Plan, changes
from labelmill.pipeline.publish import (
    CURRENT,
    live_manifest,
    pointer,
    published_partitions,
    snapshot_folder,
)
from labelmill.pipeline.refining import reading_of, refine, whole_refinement
from labelmill.pipeline.rows import Rows, read_rows
from labelmill.pipeline.voting import vote
from labelmill.refine.artifact import FILE_NAME
from labelmill.refine.reading import Refinement


@dataclass(frozen=True, slots=True)
class TextModel:
    """What was learned of texts, and where it comes from."""

    refinement: Refinement
    origin: Literal["snapshot", "sample"]
    words: str


@dataclass(frozen=True)
class Models:
    """The label models that explain the rows of a job, each made when it is first asked for."""

    bound: BoundJob
    plan: Plan
    _live: dict[str | None, tuple[Artifact, UsedModel]] = field(default_factory=dict)
    _texts: dict[str | None, TextModel] = field(default_factory=dict)

    @cached_property
    def output(self) -> Path:
        """Where the job publishes."""
        return local_output(self.bound.job)

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
        for path in sorted(bring(folder / "filtered").glob("*.parquet")) if folder else ():
            table = pq.read_table(path, use_threads=False)
            here = pc.and_(pc.equal(table["id"], id_), pc.equal(table["step"], step))
            reasons: list[str] = table["reason"].filter(here).to_pylist()
            if reasons:
                return reasons[0]
        return None

    def text_of(self, partition: str | None) -> TextModel | None:
        """What was learned of texts, for the rows of a partition; None where they are not read."""
        if self.bound.job.refine is None:
            return None
        if partition not in self._texts:
            found, unfit = self._published_text(self._manifest(partition), partition)
            self._texts[partition] = found or self._sample_text(partition, unfit)
        return self._texts[partition]

    def published_text(self, partition: str | None, id_: str) -> list[float] | None:
        """What the live snapshot has in `text_probs` for a row, if it has."""
        folder = self._folder(partition)
        if folder is None or not bring(folder / "labels").is_dir():
            return None
        table = pq.read_table(folder / "labels", columns=["id", "text_probs"], use_threads=False)
        here = pc.equal(pc.cast(table["id"], pa.string()), id_)
        found: list[list[float] | None] = table["text_probs"].filter(here).to_pylist()
        return found[0] if found else None

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

    def _sample_text(self, partition: str | None, unfit: str) -> TextModel:
        """What the texts of the first shard teach, beside the model of a partition."""
        model, _ = self.of(partition)
        rows, votes = _voted(self.bound, self.plan, self._first)
        items = self.bound.items
        patterns = items.patterns(votes, rows.batch, self.bound.space, len(self.bound.names))
        reading = reading_of(model, rows.batch, patterns)
        found = refine(self.bound, model, reading, gold_here(self.bound))
        told = f"learned from the first {len(self._first):,} rows alone ({unfit})"
        return TextModel(found, "sample", told)

    def _published_text(
        self, manifest: Mapping[str, Any] | None, partition: str | None
    ) -> tuple[TextModel | None, str]:
        """What the live snapshot learned of texts, or why it cannot be used."""
        folder = self._folder(partition)
        if manifest is None or folder is None:
            return None, "nothing is published"
        other = self._other(manifest, ("task", "label_model", "gold", "refine"))
        if other:
            return None, other
        try:
            found = whole_refinement(self.bound, folder / FILE_NAME)
        except (BadResource, OSError) as error:
            return None, f"that of the live snapshot cannot be used: {error}"
        return TextModel(found, "snapshot", "learned by the run of the live snapshot"), ""

    def _other(self, manifest: Mapping[str, Any], keys: Sequence[str]) -> str:
        """Which section of the config is another one in the live snapshot, if one is."""
        asked = self.bound.job.resolved.public
        changed = [key for key in keys if manifest["config"].get(key) != asked.get(key)]
        return f"the live snapshot has another {changed[0]}" if changed else ""

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
        other = self._other(manifest, ("label_model", "gold"))
        if other:
            return None, other
        try:
            return Fitted(str(folder.absolute())).applied(vote_space(self.bound)), ""
        except BadParameter:
            return None, "the live snapshot has other labeling functions or labels"
        except BadResource as error:
            return None, f"that of the live snapshot cannot be used: {error}"

    def _folder(self, partition: str | None) -> Path | None:
        """The live snapshot of a partition."""
        output = self.output
        if partition is None:
            return output / (pointer(output) or CURRENT)
        snapshot = published_partitions(output).get(partition)
        return None if snapshot is None else snapshot_folder(output, snapshot)

    def _manifest(self, partition: str | None) -> dict[str, Any] | None:
        if self._folder(partition) is None:
            return None
        return live_manifest(self.output, partition)


def _patterns(bound: BoundJob, plan: Plan, shard: Shard) -> Any:
    """The vote patterns of a shard."""
    rows, votes = _voted(bound, plan, shard)
    return bound.items.patterns(votes, rows.batch, bound.space, len(bound.names))


def _voted(bound: BoundJob, plan: Plan, shard: Shard) -> tuple[Rows, Votes]:
    """The rows of a shard and the votes on them."""
    rows = read_rows(bound, read_whole(bound, plan, shard), shard.file.name)
    return rows, vote(bound, rows.batch).votes
