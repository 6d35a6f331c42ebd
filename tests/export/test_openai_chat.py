import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from labelmill.core.protocols import ExportCount, ExportSetting
from labelmill.errors import BadParameter
from labelmill.export.openai_chat import OpenaiChat


def conversations(path: Path) -> list[list[dict[str, str]]]:
    with (path / "data.jsonl").open(encoding="utf-8") as file:
        return [json.loads(line)["messages"] for line in file]


def assert_can_be_learned_from(messages: list[dict[str, str]]) -> None:
    assert all(set(message) == {"role", "content"} for message in messages)
    assert all(message["content"].strip() for message in messages)
    roles = [message["role"] for message in messages]
    assert roles in (["system", "user", "assistant"], ["user", "assistant"])


def test_comments_are_written_as_kept(
    comments: list[pa.RecordBatch], comment_setting: ExportSetting, write: Any, golden: Any
) -> None:
    count, path = write(OpenaiChat(system="Ham or spam?"), comments, comment_setting)

    assert count == ExportCount(4, {"empty text": 1, "no label": 1})
    golden("comments.chat.jsonl", (path / "data.jsonl").read_bytes())


@pytest.mark.parametrize("system", [None, "Ham or spam?"])
def test_every_line_is_a_whole_conversation(
    comments: list[pa.RecordBatch], comment_setting: ExportSetting, write: Any, system: str | None
) -> None:
    _, path = write(OpenaiChat(system=system), comments, comment_setting)
    found = conversations(path)

    assert len(found) == 4
    for messages in found:
        assert_can_be_learned_from(messages)
        assert (messages[0]["role"] == "system") == (system is not None)


def test_news_are_answered_with_their_entities(
    news: list[pa.RecordBatch], news_setting: ExportSetting, write: Any
) -> None:
    count, path = write(OpenaiChat(template="Find names in: {text}"), news, news_setting)
    found = conversations(path)

    assert count == ExportCount(5, {"empty text": 1})
    assert found[0][0]["content"] == "Find names in: Acme Ltd rose, said Zoë."
    assert json.loads(found[0][1]["content"]) == [
        {"text": "Acme Ltd", "label": "ORG"},
        {"text": "Zoë", "label": "PERSON"},
    ]
    assert found[1][1]["content"] == "[]"
    for messages in found:
        assert_can_be_learned_from(messages)


def test_light_rows_are_left_out_and_counted(
    comments: list[pa.RecordBatch], comment_setting: ExportSetting, write: Any
) -> None:
    count, path = write(OpenaiChat(min_weight=0.8), comments, comment_setting)

    assert count.left_out == {"below min_weight": 1, "empty text": 1, "no label": 1}
    assert len(conversations(path)) == count.written == 3


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"system": " "}, "system"),
        ({"template": "Classify"}, "template"),
        ({"min_weight": 2.0}, "min_weight"),
    ],
)
def test_a_bad_parameter_is_named(parameters: dict[str, Any], field: str) -> None:
    with pytest.raises(BadParameter) as caught:
        OpenaiChat(**parameters)

    assert caught.value.field == field
