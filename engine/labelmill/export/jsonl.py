"""The `jsonl` export: one JSON object a line."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from labelmill.core.protocols import BOTH, ExportCount, ExportSetting, Folder, Unit
from labelmill.core.registry import EXPORTERS
from labelmill.export.rows import OWN_COLUMNS, json_line, rows


@EXPORTERS.add("jsonl")
@dataclass(frozen=True, slots=True)
class Jsonl:
    """Write one JSON object a line, in `data.jsonl`.

    Keys, in this order: `id`, `text`, `label` (`labels`, a list, where a text can have several; in
    ner `entities`, a list of start, end, label and confidence, counted in characters), `probs`,
    `weight`, `origin`, `made_by`, then the carried columns. `probs` maps every label to its
    probability; in ner it lists token, label and prob for the tokens that may be inside an entity.
    A row kept without a label has `"label": null`.

    The file is UTF-8, not escaped. Dates are ISO 8601 strings, durations seconds, decimals
    strings, bytes base64, NaN and infinity null.

    Attributes:
        probs: write the soft labels.

    Example:
        >>> exporter = Jsonl()
        >>> row = {"id": "7", "text": "hi", "label": "ham", "probs": [0.9, 0.1], "stars": 4}
        >>> exporter.record(row, ("ham", "spam"))
        {'id': '7', 'text': 'hi', 'label': 'ham', 'probs': {'ham': 0.9, 'spam': 0.1}, 'stars': 4}
    """

    probs: bool = True

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = BOTH

    def write(
        self, batches: Iterable[pa.RecordBatch], setting: ExportSetting, folder: Folder
    ) -> ExportCount:
        """Write every row of a split."""
        written = 0
        with folder.file("data.jsonl") as file:
            for row in rows(batches):
                file.write(json_line(self.record(row, setting.labels)))
                written += 1
        return ExportCount(written)

    def record(self, row: dict[str, Any], labels: tuple[str, ...]) -> dict[str, Any]:
        """One row as it is written."""
        record = {name: row[name] for name in OWN_COLUMNS if name in row}
        record |= {name: value for name, value in row.items() if name not in record}
        if not self.probs:
            del record["probs"]
        elif "entities" not in row and row["probs"] is not None:
            record["probs"] = dict(zip(labels, row["probs"], strict=True))
        return record
