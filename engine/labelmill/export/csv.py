"""The `csv` export: a table of texts and labels for spreadsheets and scripts."""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Any, ClassVar, Literal

import pyarrow as pa

from labelmill.core.protocols import DOCUMENT, ExportCount, ExportSetting, Folder, Unit
from labelmill.core.registry import EXPORTERS
from labelmill.errors import BadColumn
from labelmill.export.rows import carried, json_line, plain, rows

_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t"}
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


@EXPORTERS.add("csv")
@dataclass(frozen=True, slots=True)
class Csv:
    r"""Write a table with a header, in `data.csv`.

    Columns: `id`, `text`, `label` (`labels` where a text can have several, a JSON list), `weight`,
    one `prob_<label>` for each label, `origin`, `made_by`, then the carried columns. The format is
    RFC 4180: UTF-8, CRLF between rows, quotes doubled, and line ends inside a text kept as they
    are. A null is an empty cell, so an empty string cannot be told from it. A list or a struct is
    written as JSON.

    A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula. With
    `formula_safe` such strings get a `'` in front, which changes the text: leave it off for files
    that a program reads.

    Attributes:
        delimiter: what stands between two cells.
        formula_safe: put `'` in front of strings that a spreadsheet would run.

    Example:
        >>> Csv(formula_safe=True).cell("=1+1"), Csv().cell("=1+1"), Csv().cell([1, 2])
        ("'=1+1", '=1+1', '[1, 2]')
    """

    delimiter: Literal["comma", "semicolon", "tab"] = "comma"
    formula_safe: bool = False

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = DOCUMENT

    def write(
        self, batches: Iterable[pa.RecordBatch], setting: ExportSetting, folder: Folder
    ) -> ExportCount:
        """Write every row of a split.

        Raises:
            BadColumn: if a carried column has the name of another column of the table.
        """
        batches = iter(batches)
        first = next(batches, None)
        others = carried(first.schema) if first is not None else ()
        parts = batches if first is None else chain([first], batches)
        header = _header(setting, others)
        written = 0
        with folder.file("data.csv") as file:
            page = io.TextIOWrapper(file, encoding="utf-8", newline="")
            table = csv.writer(page, delimiter=_DELIMITERS[self.delimiter], lineterminator="\r\n")
            table.writerow([self.cell(name) for name in header])
            for row in rows(parts):
                table.writerow([self.cell(value) for value in _cells(row, setting, others)])
                written += 1
            page.detach()
        return ExportCount(written)

    def cell(self, value: Any) -> Any:
        """One value as it stands in the table."""
        if isinstance(value, list | dict):
            value = json_line(value).decode().rstrip("\n")
        value = plain(value)
        if self.formula_safe and isinstance(value, str) and value.startswith(_FORMULA_STARTS):
            return f"'{value}"
        return value


def _header(setting: ExportSetting, others: tuple[str, ...]) -> list[str]:
    probs = [f"prob_{label}" for label in setting.labels]
    header = ["id", "text", _answer(setting), "weight", *probs, "origin", "made_by", *others]
    for name, count in Counter(header).items():
        if count > 1:
            message = (
                "this column is carried, but the csv export has a column of that name; "
                "take it out of source.carry or rename it in the source"
            )
            raise BadColumn(setting.job, name, message)
    return header


def _answer(setting: ExportSetting) -> str:
    return "labels" if setting.multi_label else "label"


def _cells(row: dict[str, Any], setting: ExportSetting, others: tuple[str, ...]) -> list[Any]:
    probs = row["probs"] if row["probs"] is not None else [None] * len(setting.labels)
    return [
        *(row[name] for name in ("id", "text", _answer(setting), "weight")),
        *probs,
        *(row[name] for name in ("origin", "made_by", *others)),
    ]
