"""The `openai_chat` export: conversations for fine-tuning a chat model."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from labelmill.core.protocols import BOTH, ExportCount, ExportSetting, Folder, Unit
from labelmill.core.registry import EXPORTERS
from labelmill.errors import BadParameter
from labelmill.export.rows import json_line, rows

_SLOT = "{text}"


@EXPORTERS.add("openai_chat")
@dataclass(frozen=True, slots=True)
class OpenaiChat:
    """Write one conversation a line for fine-tuning a chat model, in `data.jsonl`.

    Each line is `{"messages": [...]}` with the roles system (where it is given), user (the text)
    and assistant (the label; where a text can have several, a JSON list of labels). In ner the
    assistant answers with a JSON list of the entities in their order, each with `text` and `label`;
    a text without entities is answered with `[]`.

    The format knows neither weights nor soft labels nor ids: they do not travel. Use `min_weight`
    to leave out rows that are not worth as much as the others. Rows without a label and rows whose
    text is empty or white space are left out and counted.

    Attributes:
        system: the system message; none where it is null.
        template: the user message, with `{text}` where the text belongs.
        min_weight: leave out rows with a smaller weight.

    Example:
        >>> chat = OpenaiChat(system="Ham or spam?")
        >>> line = chat.line({"text": "buy now", "label": "spam", "weight": 1.0})
        >>> [message["role"] for message in line["messages"]], line["messages"][-1]["content"]
        (['system', 'user', 'assistant'], 'spam')
    """

    system: str | None = None
    template: str = _SLOT
    min_weight: float = 0.0

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = BOTH

    def __post_init__(self) -> None:
        if self.system is not None and not self.system.strip():
            raise BadParameter("system", "is empty; leave it out, or say what to do")
        if _SLOT not in self.template:
            raise BadParameter("template", f"has no {_SLOT}, so the text would not be shown")
        if not 0 <= self.min_weight <= 1:
            raise BadParameter("min_weight", f"{self.min_weight} is not between 0 and 1")

    def write(
        self, batches: Iterable[pa.RecordBatch], setting: ExportSetting, folder: Folder
    ) -> ExportCount:
        """Write the rows of a split that can be learned from."""
        del setting
        written, left_out = 0, Counter[str]()
        with folder.file("data.jsonl") as file:
            for row in rows(batches):
                reason = self._reason_against(row)
                if reason is None:
                    file.write(json_line(self.line(row)))
                    written += 1
                else:
                    left_out[reason] += 1
        return ExportCount(written, dict(sorted(left_out.items())))

    def line(self, row: dict[str, Any]) -> dict[str, Any]:
        """The conversation of one row."""
        user = self.template.replace(_SLOT, row["text"])
        messages = [
            {"role": "user", "content": user},
            {"role": "assistant", "content": _answer(row)},
        ]
        if self.system is not None:
            messages.insert(0, {"role": "system", "content": self.system})
        return {"messages": messages}

    def _reason_against(self, row: dict[str, Any]) -> str | None:
        if "entities" not in row and row[_given(row)] is None:
            return "no label"
        if not row["text"].strip():
            return "empty text"
        if row["weight"] is not None and row["weight"] < self.min_weight:
            return "below min_weight"
        return None


def _given(row: dict[str, Any]) -> str:
    """The key of what a text was given in a document task."""
    return "labels" if "labels" in row else "label"


def _answer(row: dict[str, Any]) -> str:
    if "labels" in row:
        return json.dumps(row["labels"], ensure_ascii=False)
    if "entities" not in row:
        return str(row["label"])
    found = [
        {"text": row["text"][entity["start"] : entity["end"]], "label": entity["label"]}
        for entity in sorted(row["entities"] or [], key=lambda e: (e["start"], e["end"]))
    ]
    return json.dumps(found, ensure_ascii=False)
