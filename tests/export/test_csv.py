import csv
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelmill.core.protocols import ExportCount, ExportSetting
from labelmill.core.schema import examples_schema
from labelmill.errors import BadColumn
from labelmill.export.csv import Csv
from labelmill.io.durable import OutputFolder

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t"}
SETTING = ExportSetting("job", "classification", "document", ("ham", "spam"), "train", "en")


def test_comments_are_written_as_kept(
    comments: list[pa.RecordBatch], comment_setting: ExportSetting, write: Any, golden: Any
) -> None:
    count, path = write(Csv(), comments, comment_setting)

    assert count == ExportCount(6)
    golden("comments.csv", (path / "data.csv").read_bytes())


@pytest.mark.parametrize(("delimiter", "char"), DELIMITERS.items())
def test_every_cell_reads_back_exactly(
    comments: list[pa.RecordBatch],
    comment_setting: ExportSetting,
    write: Any,
    delimiter: Any,
    char: str,
) -> None:
    _, path = write(Csv(delimiter=delimiter), comments, comment_setting)
    with (path / "data.csv").open(encoding="utf-8", newline="") as file:
        read = list(csv.DictReader(file, delimiter=char))

    table = pa.Table.from_batches(comments)
    assert [row["text"] for row in read] == table["text"].to_pylist()
    assert [row["label"] or None for row in read] == table["label"].to_pylist()
    assert [float(row["prob_spam"]) for row in read] == [0.1, 0.8, 0.5, 0.3, 0.4, 0.1]
    assert read[1]["tags"] == '["a", "b"]'


@given(text=st.text(), delimiter=st.sampled_from(["comma", "semicolon", "tab"]))
def test_any_text_reads_back(text: str, delimiter: Any) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = OutputFolder(Path(place))
        Csv(delimiter=delimiter).write([comment(text)], SETTING, folder)
        with (folder.path / "data.csv").open(encoding="utf-8", newline="") as file:
            read = list(csv.reader(file, delimiter=DELIMITERS[delimiter]))

    assert read[1] == ["1", text, "ham", "1.0", "0.75", "0.25", "1", ""]


def comment(text: str) -> pa.RecordBatch:
    schema = examples_schema(pa.string(), [], SETTING.labels, spans=False)
    row = {"id": "1", "text": text, "label": "ham", "probs": [0.75, 0.25], "weight": 1.0}
    return pa.RecordBatch.from_pylist([{**row, "origin": "1"}], schema=schema)


def test_pandas_reads_the_same_texts(
    comments: list[pa.RecordBatch], comment_setting: ExportSetting, write: Any
) -> None:
    _, path = write(Csv(), comments, comment_setting)
    with (path / "data.csv").open(encoding="utf-8", newline="") as file:
        frame = pd.read_csv(file, engine="python")

    assert frame["text"].tolist() == pa.Table.from_batches(comments)["text"].to_pylist()


def test_formulas_are_disarmed_only_on_request(
    comments: list[pa.RecordBatch], comment_setting: ExportSetting, write: Any
) -> None:
    _, path = write(Csv(formula_safe=True), comments, comment_setting)
    with (path / "data.csv").open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]

    assert texts[1].startswith("'=SUM")
    assert not any(text.startswith("=") for text in texts)


def test_a_carried_column_that_collides_is_named(
    comments: list[pa.RecordBatch], comment_setting: ExportSetting, write: Any
) -> None:
    clashing = [b.rename_columns([*b.schema.names[:-1], "prob_spam"]) for b in comments]

    with pytest.raises(BadColumn, match=r"prob_spam.*rename it in the source"):
        write(Csv(), clashing, comment_setting)


def test_a_split_without_rows_has_a_header(comment_setting: ExportSetting, write: Any) -> None:
    setting = replace(comment_setting, labels=("a", "b,c"))

    count, path = write(Csv(), [], setting)

    assert count == ExportCount(0)
    header = b'id,text,label,weight,prob_a,"prob_b,c",origin,made_by\r\n'
    assert (path / "data.csv").read_bytes() == header
