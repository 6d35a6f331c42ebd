import re
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from datasets import load_dataset
from ruamel.yaml import YAML

from labelmill.core.protocols import Exporter, ExportSetting
from labelmill.export.card import CardFacts, dataset_card, size_category
from labelmill.export.huggingface import Huggingface
from labelmill.export.jsonl import Jsonl
from labelmill.io.durable import OutputFolder, write_table

FACTS = CardFacts(
    job="video-comments",
    description="Spam or not, for comments\nunder videos.",
    task="classification",
    unit="document",
    language="en",
    labels=("ham", "spam"),
    definitions={"spam": "Advertises, or begs for *clicks* | likes."},
    label_model="snorkel",
    rows_in=20,
    status={"labeled": 9, "tie": 2, "uncovered": 6, "filtered": 3},
    classes={"ham": 7, "spam": 2},
    splits={"train": 7, "dev": 2, "test": 0},
    augmented={"typos": 3},
    functions=(
        {"lf": "link", "type": "regex", "coverage": 0.25, "conflicts": 0.0, "weight": 0.912},
        {"lf": "short", "type": "expression", "coverage": 0.5, "conflicts": 0.125, "weight": None},
    ),
    exports={"jsonl": "jsonl", "hub": "huggingface"},
    written={"jsonl": {"train": 10, "dev": 2}, "hub": {"train": 10, "dev": 2, "test": 0}},
    checks=(
        {"check": "coverage", "severity": "error", "passed": True, "message": "coverage is 0.65"},
        {"check": "balance", "severity": "warn", "passed": False, "message": "label spam is rare"},
    ),
    input="1a2b",
    plan="3c4d",
    model="5e6f",
    seed=7,
    version="0.1.0",
)


def front_matter(card: str) -> dict[str, Any]:
    head = card.split("---\n")[1]
    read: dict[str, Any] = YAML(typ="safe").load(StringIO(head))
    return read


def test_the_card_is_written_as_kept(golden: Callable[[str, bytes], None]) -> None:
    golden("card.md", dataset_card(FACTS).encode())


def test_the_front_matter_names_the_files_of_splits_that_have_rows() -> None:
    head = front_matter(dataset_card(FACTS))

    assert head["configs"] == [
        {
            "config_name": "default",
            "description": "input 1a2b, plan 3c4d, model 5e6f, 0.1.0",
            "data_files": [
                {"split": "train", "path": "train/hub/*.parquet"},
                {"split": "validation", "path": "dev/hub/*.parquet"},
            ],
        }
    ]
    assert head["task_categories"] == ["text-classification"]
    assert head["size_categories"] == ["n<1K"]
    assert "license" not in head


def test_without_a_huggingface_export_the_parquet_files_are_named() -> None:
    head = front_matter(dataset_card(replace(FACTS, exports={}, written={}, license="cc0-1.0")))

    paths = [file["path"] for file in head["configs"][0]["data_files"]]
    assert paths == ["train/parquet/*.parquet", "dev/parquet/*.parquet"]
    assert head["license"] == "cc0-1.0"


@pytest.mark.parametrize(
    ("task", "category"),
    [("sentiment", "text-classification"), ("ner", "token-classification")],
)
def test_each_task_has_its_category(task: str, category: str) -> None:
    unit: Any = "span" if task == "ner" else "document"

    card = dataset_card(replace(FACTS, task=task, unit=unit))

    assert front_matter(card)["task_categories"] == [category]
    assert ("| entities |" in card) == (task == "ner")


def test_parts_without_content_are_left_out() -> None:
    bare = replace(FACTS, splits={}, augmented={}, checks=(), exports={}, language="xx")

    card = dataset_card(bare)

    assert "## Augmentation" not in card
    assert "## Checks" not in card
    assert not {"configs", "language"} & set(front_matter(card))


def test_user_text_stays_inside_its_cell() -> None:
    evil = "---\n# x\n<script>|`\u202e\x00"
    card = dataset_card(replace(FACTS, job=evil, description=evil, definitions={"ham": evil}))

    assert front_matter(card)["pretty_name"] == evil
    prose = card.split("\n---\n", 1)[1]
    assert not re.search(r"(?<!\\)<script|^# x", prose, re.MULTILINE)
    assert "\u202e" not in card
    (row,) = [line for line in card.splitlines() if line.startswith("| ham |")]
    assert len(re.findall(r"(?<!\\)\|", row)) == 5


def test_sizes_follow_the_hub() -> None:
    assert [size_category(10**n) for n in range(2, 10)] == [
        "n<1K",
        "1K<n<10K",
        "10K<n<100K",
        "100K<n<1M",
        "1M<n<10M",
        "10M<n<100M",
        "100M<n<1B",
        "n>1B",
    ]


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("hub", [True, False])
def test_load_dataset_on_the_folder_gives_the_splits(
    comments: list[pa.RecordBatch], comment_setting: ExportSetting, tmp_path: Path, hub: bool
) -> None:
    snapshot = tmp_path / "out" / "snapshots" / "1f"
    exporters: dict[str, Exporter] = {"jsonl": Jsonl()}
    if hub:
        exporters["hub"] = Huggingface()
    written: dict[str, dict[str, int]] = {name: {} for name in exporters}
    batches = {"train": comments, "dev": comments[2:], "test": comments[1:2]}
    for split, part in batches.items():
        table = pa.Table.from_batches(part)
        if table.num_rows:
            write_table(snapshot / split / "parquet" / "0.parquet", table)
        for name, exporter in exporters.items():
            folder = OutputFolder(snapshot / split / name)
            written[name][split] = exporter.write(part, comment_setting, folder).written
    facts = replace(
        FACTS,
        splits={"train": 5, "dev": 2, "test": 0},
        augmented={"typos": 1},
        exports={name: "huggingface" if name == "hub" else name for name in exporters},
        written=written,
    )
    (snapshot / "README.md").write_text(dataset_card(facts), "utf-8")
    (tmp_path / "out" / "current").symlink_to("snapshots/1f")

    data = load_dataset(str(tmp_path / "out" / "current"))

    assert {split: len(rows) for split, rows in data.items()} == {"train": 6, "validation": 2}
    assert data["train"]["text"] == pa.Table.from_batches(comments)["text"].to_pylist()
    assert hasattr(data["train"].features["label"], "names") == hub


@pytest.mark.usefixtures("offline")
def test_another_snapshot_in_a_folder_of_that_name_is_loaded_anew(tmp_path: Path) -> None:
    found = []
    for number in (1, 2):
        folder = tmp_path / str(number) / "current"
        rows = pa.table({"text": [f"text {number}"], "label": ["ham"]})
        write_table(folder / "train" / "parquet" / "0.parquet", rows)
        facts = replace(FACTS, splits={"train": 1}, exports={}, input=f"input-{number}")
        (folder / "README.md").write_text(dataset_card(facts), "utf-8")
        found.append(load_dataset(str(folder), split="train")["text"][0])

    assert found == ["text 1", "text 2"]
