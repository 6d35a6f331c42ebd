"""The `conll` export: a token and its tag on each line."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

import pyarrow as pa

from labelmill.core.protocols import SPAN, ExportCount, ExportSetting, Folder, Unit
from labelmill.core.registry import EXPORTERS
from labelmill.errors import BadParameter
from labelmill.export.tagging import Tagged, tagged
from labelmill.text.bio import Scheme

_DELIMITERS = {"space": " ", "tab": "\t"}


@EXPORTERS.add("conll")
@dataclass(frozen=True, slots=True)
class Conll:
    """Write a token and its tag on each line, a blank line after each text, in `data.conll`.

    A text is one sentence. White space between tokens is not written, so the text itself cannot be
    read back. Under `IO` two neighbouring entities of one label become one. A row whose entity
    begins or ends inside a token, and a text without tokens, are left out and counted. Confidence,
    weight and origin do not travel.

    With `ids` the line `# id = ...` stands above each text. Many readers take it for a token
    (`spacy convert` does), so it is off by default; it needs `delimiter: tab`, as only a tab tells
    it from the token `#`: it has none, and every token line has exactly one.

    Attributes:
        scheme: `IO`, `BIO` or `BILUO`.
        delimiter: what stands between token and tag, `space` or `tab`.
        ids: write the id of a row above its tokens.

    Example:
        >>> row = Tagged({"id": "7"}, ["Acme", "rose"], ["B-ORG", "O"])
        >>> print(Conll().block(row), end="")
        Acme B-ORG
        rose O
        <BLANKLINE>
    """

    scheme: Scheme = "BIO"
    delimiter: Literal["space", "tab"] = "space"
    ids: bool = False

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = SPAN

    def __post_init__(self) -> None:
        if self.ids and self.delimiter != "tab":
            message = "needs `delimiter: tab`; else nothing tells an id from the token '#'"
            raise BadParameter("ids", message)

    def write(
        self, batches: Iterable[pa.RecordBatch], setting: ExportSetting, folder: Folder
    ) -> ExportCount:
        """Write the rows of a split whose entities lie on token bounds."""
        written, left_out = 0, Counter[str]()
        with folder.file("data.conll") as file:
            for row in tagged(batches, setting, self.scheme):
                if row.reason is None:
                    file.write(self.block(row).encode())
                    written += 1
                else:
                    left_out[row.reason] += 1
        return ExportCount(written, dict(sorted(left_out.items())))

    def block(self, row: Tagged) -> str:
        """The lines of one text."""
        between = _DELIMITERS[self.delimiter]
        lines = [f"{token}{between}{tag}" for token, tag in zip(row.tokens, row.tags, strict=True)]
        if self.ids:
            shown = " ".join(str(row.row["id"]).split())
            lines.insert(0, f"# id = {shown}")
        return "\n".join([*lines, "", ""])
