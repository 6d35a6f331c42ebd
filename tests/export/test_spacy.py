import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import spacy
from spacy.cli.init_config import init_config
from spacy.tokens import DocBin
from spacy.training import Example

from labelmill.core.protocols import ExportCount, ExportSetting
from labelmill.errors import BadParameter
from labelmill.export.rows import json_line
from labelmill.export.spacy import Spacy


def docs_of(path: Path) -> list[Any]:
    vocab = spacy.blank("en").vocab
    files = sorted(path.iterdir())
    return [doc for file in files for doc in DocBin().from_disk(file).get_docs(vocab)]


def shown(docs: list[Any]) -> bytes:
    return b"".join(json_line({**doc.to_json(), "user_data": dict(doc.user_data)}) for doc in docs)


def test_comments_are_written_as_kept(
    comments: list[pa.RecordBatch], comment_setting: ExportSetting, write: Any, golden: Any
) -> None:
    count, path = write(Spacy(), comments, comment_setting)

    assert count == ExportCount(4, {"no label": 1, "no tokens": 1})
    golden("comments.spacy.jsonl", shown(docs_of(path)))


def test_news_are_written_as_kept(
    news: list[pa.RecordBatch], news_setting: ExportSetting, write: Any, golden: Any
) -> None:
    count, path = write(Spacy(), news, news_setting)

    assert count == ExportCount(4, {"entity not on token bounds": 1, "no tokens": 1})
    golden("news.spacy.jsonl", shown(docs_of(path)))


def test_docs_keep_text_entities_and_origin(
    news: list[pa.RecordBatch], news_setting: ExportSetting, write: Any
) -> None:
    _, path = write(Spacy(), news, news_setting)
    docs = docs_of(path)

    assert docs[2].text == "🎉 Acme\r\n\tBolt Ltd 👩‍🚀 won"
    assert [(e.text, e.label_) for e in docs[2].ents] == [("Acme", "ORG"), ("Bolt Ltd", "ORG")]
    assert docs[3].user_data == {
        "id": "n1~swap~0",
        "weight": 0.75,
        "origin": "n1",
        "made_by": "swap",
    }


def test_a_text_without_entities_is_known_to_have_none(
    news: list[pa.RecordBatch], news_setting: ExportSetting, write: Any
) -> None:
    _, path = write(Spacy(), news, news_setting)
    empty = docs_of(path)[1]

    assert [token.ent_iob_ for token in empty] == ["O"] * len(empty)


def test_soft_scores_are_the_probabilities_and_keep_unlabeled_rows(
    comments: list[pa.RecordBatch], comment_setting: ExportSetting, write: Any
) -> None:
    count, path = write(Spacy(cats="soft"), comments, comment_setting)

    assert count == ExportCount(5, {"no tokens": 1})
    assert docs_of(path)[2].cats == {"ham": 0.5, "spam": 0.5}


@pytest.mark.parametrize("rows_per_file", [1, 3, 4])
def test_files_hold_so_many_docs_and_only_those_that_are_kept(
    comments: list[pa.RecordBatch], comment_setting: ExportSetting, write: Any, rows_per_file: int
) -> None:
    count, path = write(Spacy(rows_per_file=rows_per_file), comments, comment_setting)
    names = sorted(file.name for file in path.iterdir())

    assert names == [f"data-{n:05d}.spacy" for n in range(-(-4 // rows_per_file))]
    assert count.written == len(docs_of(path)) == 4


def test_the_same_rows_give_the_same_bytes(
    news: list[pa.RecordBatch], news_setting: ExportSetting, write: Any
) -> None:
    _, path = write(Spacy(), news, news_setting)
    first = (path / "data-00000.spacy").read_bytes()

    whole = pa.Table.from_batches(news).combine_chunks().to_batches()
    write(Spacy(), whole, news_setting)

    assert (path / "data-00000.spacy").read_bytes() == first


@pytest.mark.slow
def test_another_process_gives_the_same_bytes(
    news: list[pa.RecordBatch], news_setting: ExportSetting, write: Any, tmp_path: Path
) -> None:
    pq.write_table(pa.Table.from_batches(news), tmp_path / "rows.parquet")
    _, path = write(Spacy(), news, news_setting)

    command = [sys.executable, "-c", _WRITE_ROWS, str(tmp_path)]
    subprocess.run(command, check=True, env={"PYTHONHASHSEED": "7"})

    there = tmp_path / "there" / "data-00000.spacy"
    assert there.read_bytes() == (path / "data-00000.spacy").read_bytes()


def test_the_bytes_are_those_that_spacy_itself_writes(
    news: list[pa.RecordBatch], news_setting: ExportSetting, write: Any
) -> None:
    _, path = write(Spacy(), news, news_setting)
    written = (path / "data-00000.spacy").read_bytes()

    bin_ = DocBin(attrs=["ENT_IOB", "ENT_TYPE"], store_user_data=True, docs=docs_of(path))

    assert bin_.to_bytes() == written


def test_user_data_can_be_left_out(
    news: list[pa.RecordBatch], news_setting: ExportSetting, write: Any
) -> None:
    _, path = write(Spacy(user_data=False), news, news_setting)

    assert [doc.user_data for doc in docs_of(path)] == [{}] * 4


def test_a_split_without_rows_has_no_file(news_setting: ExportSetting, write: Any) -> None:
    count, path = write(Spacy(), [], news_setting)

    assert count == ExportCount(0)
    assert not path.exists()


def test_a_file_holds_at_least_one_doc() -> None:
    with pytest.raises(BadParameter, match="rows_per_file"):
        Spacy(rows_per_file=0)


@pytest.mark.slow
def test_spacy_train_learns_entities(
    news: list[pa.RecordBatch], news_setting: ExportSetting, write: Any, tmp_path: Path
) -> None:
    _, path = write(Spacy(rows_per_file=2), news * 5, news_setting)

    trained = train(path, "ner", tmp_path)

    assert [(e.text, e.label_) for e in trained("Acme Ltd rose, said Zoë.").ents] == [
        ("Acme Ltd", "ORG"),
        ("Zoë", "PERSON"),
    ]


@pytest.mark.slow
def test_spacy_train_learns_labels(
    comments: list[pa.RecordBatch], comment_setting: ExportSetting, write: Any, tmp_path: Path
) -> None:
    _, path = write(Spacy(), comments * 5, comment_setting)

    trained = train(path, "textcat", tmp_path)

    cats = trained("love this song 🎵").cats
    assert set(cats) == {"ham", "spam"}
    assert cats["ham"] > cats["spam"]


def test_spacys_own_classifier_refuses_soft_scores(
    comments: list[pa.RecordBatch], comment_setting: ExportSetting, write: Any
) -> None:
    _, path = write(Spacy(cats="soft"), comments, comment_setting)
    nlp = spacy.blank("en")
    pipe = nlp.add_pipe("textcat")
    examples = [Example(nlp.make_doc(doc.text), doc) for doc in docs_of(path)]

    with pytest.raises(ValueError, match="E851"):
        pipe.initialize(lambda: examples, nlp=nlp)  # type: ignore[attr-defined]


def train(data: Path, pipe: str, tmp_path: Path) -> Any:
    """Run a few steps of the real `spacy train` and load what it made."""
    init_config(lang="en", pipeline=[pipe]).to_disk(tmp_path / "config.cfg")
    command = [sys.executable, "-m", "spacy", "train", str(tmp_path / "config.cfg")]
    settings = {
        "output": tmp_path / "model",
        "paths.train": data,
        "paths.dev": data,
        "training.max_steps": 30,
        "training.eval_frequency": 30,
    }
    options = [part for name, value in settings.items() for part in (f"--{name}", str(value))]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return spacy.load(tmp_path / "model" / "model-last")


_WRITE_ROWS = """
import sys
from pathlib import Path
import pyarrow.parquet as pq
from labelmill.core.protocols import ExportSetting
from labelmill.export.spacy import Spacy
from labelmill.io.durable import OutputFolder
from labelmill.text.language import Language

setting = ExportSetting("job", "ner", "span", ("ORG", "PERSON"), "train", "en", {}, Language())
here = Path(sys.argv[1])
batches = pq.read_table(here / "rows.parquet").to_batches()
Spacy().write(batches, setting, OutputFolder(here / "there"))
"""
