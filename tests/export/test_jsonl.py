import json
from typing import Any

import pyarrow as pa

from labelmill.core.protocols import ExportCount, ExportSetting
from labelmill.export.jsonl import Jsonl


def test_comments_are_written_as_kept(
    comments: list[pa.RecordBatch], comment_setting: ExportSetting, write: Any, golden: Any
) -> None:
    count, path = write(Jsonl(), comments, comment_setting)

    assert count == ExportCount(6)
    golden("comments.jsonl", (path / "data.jsonl").read_bytes())


def test_news_are_written_as_kept(
    news: list[pa.RecordBatch], news_setting: ExportSetting, write: Any, golden: Any
) -> None:
    _, path = write(Jsonl(), news, news_setting)

    golden("news.jsonl", (path / "data.jsonl").read_bytes())


def test_every_text_reads_back_exactly(
    comments: list[pa.RecordBatch], comment_setting: ExportSetting, write: Any
) -> None:
    _, path = write(Jsonl(), comments, comment_setting)
    lines = (path / "data.jsonl").read_text("utf-8").splitlines()

    wanted = [text for batch in comments for text in batch.column("text").to_pylist()]
    assert [json.loads(line)["text"] for line in lines] == wanted


def test_entities_stand_where_the_text_says(
    news: list[pa.RecordBatch], news_setting: ExportSetting, write: Any
) -> None:
    _, path = write(Jsonl(), news, news_setting)
    lines = (path / "data.jsonl").read_text("utf-8").splitlines()
    read = [json.loads(line) for line in lines]

    found = [[r["text"][e["start"] : e["end"]] for e in r["entities"]] for r in read]
    assert found[2] == ["Acme", "Bolt Ltd"]


def test_soft_labels_can_be_left_out(
    comments: list[pa.RecordBatch], comment_setting: ExportSetting, write: Any
) -> None:
    _, path = write(Jsonl(probs=False), comments, comment_setting)
    first = json.loads((path / "data.jsonl").read_text("utf-8").splitlines()[0])

    assert "probs" not in first
    assert first["weight"] == 0.9


def test_a_split_without_rows_is_an_empty_file(comment_setting: ExportSetting, write: Any) -> None:
    count, path = write(Jsonl(), [], comment_setting)

    assert count == ExportCount(0)
    assert (path / "data.jsonl").read_bytes() == b""
