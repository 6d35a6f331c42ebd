"""The `huggingface` export: Parquet that `datasets` loads with its label names."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from labelmill.core.protocols import BOTH, ExportCount, ExportSetting, Folder, Unit
from labelmill.core.registry import EXPORTERS
from labelmill.errors import BadParameter
from labelmill.export.rows import cut, files_of
from labelmill.export.tagging import tagged
from labelmill.io.durable import parquet_writer
from labelmill.text.bio import Scheme, tag_names

_GROUP_ROWS = 5_000


@EXPORTERS.add("huggingface")
@dataclass(frozen=True, slots=True)
class Huggingface:
    """Write Parquet that Hugging Face `datasets` loads with its label names.

    Files are `data-00000.parquet` and so on; a split without rows has none. The columns are those
    of the training set. In document tasks `label` is a `ClassLabel`: an integer that indexes the
    job's labels in their order (null for a row kept without a label), with soft labels in `probs`
    in the same order. Where a text can have several labels, `labels` is a list of `ClassLabel`. In
    ner there are also `tokens` (strings) and `ner_tags` (a `ClassLabel` each, `O` first); a row
    whose entity begins or ends inside a token, and a text without tokens, are left out and counted.

    The dataset card beside the splits makes `load_dataset("<output>/current")` find them.

    Attributes:
        scheme: how tags are written in ner, `IO`, `BIO` or `BILUO`.
        rows_per_file: begin a new file after this many rows.

    Example:
        >>> Huggingface().features(("ham", "spam"), "document")
        {'label': {'names': ['ham', 'spam'], '_type': 'ClassLabel'}}
    """

    scheme: Scheme = "BIO"
    rows_per_file: int = 500_000

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = BOTH

    def __post_init__(self) -> None:
        if self.rows_per_file < 1:
            raise BadParameter("rows_per_file", f"{self.rows_per_file} is less than 1")

    def write(
        self, batches: Iterable[pa.RecordBatch], setting: ExportSetting, folder: Folder
    ) -> ExportCount:
        """Write the rows of a split."""
        written, left_out = 0, Counter[str]()
        size = min(_GROUP_ROWS, self.rows_per_file)
        groups = cut(self._converted(batches, setting, left_out), size)
        for number, groups_of_file in enumerate(files_of(groups, self.rows_per_file // size)):
            first = next(groups_of_file)
            with (
                folder.file(f"data-{number:05d}.parquet") as file,
                parquet_writer(file, first.schema) as writer,
            ):
                for group in (first, *groups_of_file):
                    writer.write_batch(group)
                    written += group.num_rows
        return ExportCount(written, dict(sorted(left_out.items())))

    def features(
        self, labels: tuple[str, ...], unit: Unit, *, multi_label: bool = False
    ) -> dict[str, Any]:
        """What `datasets` must be told; it reads all other columns off the Arrow types."""
        if multi_label:
            feature = {"names": list(labels), "_type": "ClassLabel"}
            return {"labels": {"feature": feature, "_type": "Sequence"}}
        if unit == "document":
            return {"label": {"names": list(labels), "_type": "ClassLabel"}}
        tags = {"names": list(tag_names(labels, self.scheme)), "_type": "ClassLabel"}
        return {"ner_tags": {"feature": tags, "_type": "Sequence"}}

    def _converted(
        self,
        batches: Iterable[pa.RecordBatch],
        setting: ExportSetting,
        left_out: Counter[str],
    ) -> Iterator[pa.RecordBatch]:
        features = self.features(setting.labels, setting.unit, multi_label=setting.multi_label)
        told = {"info": {"features": features}}
        for batch in batches:
            if setting.multi_label:
                made = _with_label_indices(batch, setting.labels)
            elif setting.unit == "document":
                made = _with_label_index(batch, setting.labels)
            else:
                made = self._with_tags(batch, setting, left_out)
            metadata = {**(batch.schema.metadata or {}), b"huggingface": json.dumps(told).encode()}
            yield made.replace_schema_metadata(metadata)

    def _with_tags(
        self, batch: pa.RecordBatch, setting: ExportSetting, left_out: Counter[str]
    ) -> pa.RecordBatch:
        index = {name: i for i, name in enumerate(tag_names(setting.labels, self.scheme))}
        kept, tokens, tags = [], [], []
        for row in tagged([batch], setting, self.scheme):
            kept.append(row.reason is None)
            if row.reason is None:
                tokens.append(row.tokens)
                tags.append([index[tag] for tag in row.tags])
            else:
                left_out[row.reason] += 1
        made = batch.filter(pa.array(kept, pa.bool_()))
        at = made.schema.get_field_index("text") + 1
        made = made.add_column(at, "ner_tags", pa.array(tags, pa.list_(pa.int64())))
        return made.add_column(at, "tokens", pa.array(tokens, pa.list_(pa.string())))


def _with_label_index(batch: pa.RecordBatch, labels: tuple[str, ...]) -> pa.RecordBatch:
    at = batch.schema.get_field_index("label")
    index = pc.index_in(batch.column(at), pa.array(labels, pa.string()))
    return batch.set_column(at, "label", index.cast(pa.int64()))


def _with_label_indices(batch: pa.RecordBatch, labels: tuple[str, ...]) -> pa.RecordBatch:
    """The lists of labels as lists of their indices; a null list stays."""
    at = batch.schema.get_field_index("labels")
    lists = batch.column(at)
    index = pc.index_in(lists.flatten(), pa.array(labels, pa.string())).cast(pa.int64())
    lengths = pc.list_value_length(lists).fill_null(0).to_numpy(zero_copy_only=False)
    offsets = pa.array([0, *lengths.cumsum().tolist()], pa.int32())
    made = pa.ListArray.from_arrays(offsets, index, mask=lists.is_null())
    return batch.set_column(at, "labels", made)
