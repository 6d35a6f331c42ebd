import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import load_dataset

from labelmill.core.protocols import ExportCount, ExportSetting
from labelmill.errors import BadParameter
from labelmill.export.huggingface import Huggingface
from labelmill.export.rows import json_line

pytestmark = pytest.mark.usefixtures("offline")


def load(path: Path, **options: Any) -> Any:
    return load_dataset("parquet", data_files=str(path / "*.parquet"), split="train", **options)


def test_comments_load_with_their_label_names(
    comments: list[pa.RecordBatch], comment_setting: ExportSetting, write: Any, golden: Any
) -> None:
    count, path = write(Huggingface(), comments, comment_setting)
    data = load(path)

    assert count == ExportCount(6)
    assert data.features["label"].names == ["ham", "spam"]
    assert data["label"][:4] == [0, 1, None, 0]
    assert data.features["probs"].feature.dtype == "float32"
    golden("comments.huggingface.jsonl", b"".join(json_line(row) for row in data))


def test_news_load_with_tokens_and_tag_names(
    news: list[pa.RecordBatch], news_setting: ExportSetting, write: Any, golden: Any
) -> None:
    count, path = write(Huggingface(), news, news_setting)
    data = load(path)

    assert count == ExportCount(4, {"entity not on token bounds": 1, "no tokens": 1})
    tags = data.features["ner_tags"].feature
    assert tags.names == ["O", "B-ORG", "I-ORG", "B-PERSON", "I-PERSON"]
    assert data[0]["tokens"] == ["Acme", "Ltd", "rose", ",", "said", "Zoë", "."]
    assert tags.int2str(data[0]["ner_tags"])[:3] == ["B-ORG", "I-ORG", "O"]
    golden("news.huggingface.jsonl", b"".join(json_line(row) for row in data))


@pytest.mark.parametrize("rows_per_file", [1, 2, 4, 6, 7])
def test_files_hold_so_many_rows_in_order(
    comments: list[pa.RecordBatch],
    comment_setting: ExportSetting,
    write: Any,
    rows_per_file: int,
) -> None:
    count, path = write(Huggingface(rows_per_file=rows_per_file), comments, comment_setting)
    files = sorted(path.iterdir())

    assert count.written == 6
    assert [file.name for file in files] == [f"data-{n:05d}.parquet" for n in range(len(files))]
    sizes = [pq.read_metadata(file).num_rows for file in files]
    assert all(size == rows_per_file for size in sizes[:-1])
    ids = [row for file in files for row in pq.read_table(file)["id"].to_pylist()]
    assert ids == pa.Table.from_batches(comments)["id"].to_pylist()


def test_the_cut_into_batches_changes_no_byte(
    comments: list[pa.RecordBatch], comment_setting: ExportSetting, write: Any
) -> None:
    write(Huggingface(), comments, comment_setting)
    _, path = write(Huggingface(), comments, comment_setting)
    first = (path / "data-00000.parquet").read_bytes()

    whole = pa.Table.from_batches(comments).combine_chunks().to_batches()
    _, path = write(Huggingface(), whole, comment_setting)

    assert len(whole) == 1
    assert (path / "data-00000.parquet").read_bytes() == first


def test_a_split_without_rows_has_no_file(
    comments: list[pa.RecordBatch], comment_setting: ExportSetting, write: Any
) -> None:
    count, path = write(Huggingface(), [comments[1]], comment_setting)

    assert count == ExportCount(0)
    assert not path.exists()


def test_the_features_are_plain_json_in_the_schema(
    comments: list[pa.RecordBatch], comment_setting: ExportSetting, write: Any
) -> None:
    _, path = write(Huggingface(), comments, comment_setting)
    metadata = pq.read_schema(path / "data-00000.parquet").metadata

    told = json.loads(metadata[b"huggingface"])["info"]["features"]
    assert told == {"label": {"names": ["ham", "spam"], "_type": "ClassLabel"}}


def test_a_file_holds_at_least_one_row() -> None:
    with pytest.raises(BadParameter, match="rows_per_file"):
        Huggingface(rows_per_file=0)
