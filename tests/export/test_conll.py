from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.training.converters.conll_ner_to_docs import conll_ner_to_docs

from labelmill.core.protocols import ExportCount, ExportSetting
from labelmill.core.spans import Span
from labelmill.errors import BadParameter
from labelmill.export.conll import Conll
from labelmill.export.tagging import Tagged
from labelmill.text.bio import Scheme, decode, encode
from labelmill.text.language import Language

ENGLISH = Language()


def sentences(text: str, delimiter: str = " ") -> Iterator[list[list[str]]]:
    for block in text.split("\n\n"):
        if block:
            yield [line.split(delimiter) for line in block.split("\n") if line[:2] != "# "]


def test_news_are_written_as_kept(
    news: list[pa.RecordBatch], news_setting: ExportSetting, write: Any, golden: Any
) -> None:
    count, path = write(Conll(), news, news_setting)

    assert count == ExportCount(4, {"entity not on token bounds": 1, "no tokens": 1})
    golden("news.conll", (path / "data.conll").read_bytes())


def test_ids_stand_above_their_tokens(
    news: list[pa.RecordBatch], news_setting: ExportSetting, write: Any, golden: Any
) -> None:
    _, path = write(Conll(scheme="BILUO", delimiter="tab", ids=True), news, news_setting)
    text = (path / "data.conll").read_text("utf-8")

    golden("news.biluo.tab.conll", text.encode())
    assert text.count("# id = ") == 4
    assert ["#", "O"] in [line.split("\t") for line in text.split("\n")]


@pytest.mark.parametrize("scheme", get_args(Scheme))
def test_tags_decode_to_the_entities(
    news: list[pa.RecordBatch], news_setting: ExportSetting, write: Any, scheme: Scheme
) -> None:
    _, path = write(Conll(scheme=scheme), news, news_setting)
    read = list(sentences((path / "data.conll").read_text("utf-8")))

    found = [
        [
            (" ".join(token for token, _ in lines[first:last]), label)
            for first, last, label in decode([tag for _, tag in lines], scheme)
        ]
        for lines in read
    ]
    neighbours = [("Acme", "ORG"), ("Bolt Ltd", "ORG")]
    as_one = [("Acme Bolt Ltd", "ORG")]
    assert found == [
        [("Acme Ltd", "ORG"), ("Zoë", "PERSON")],
        [],
        as_one if scheme == "IO" else neighbours,
        [("Bolt", "ORG"), ("Zoë", "PERSON")],
    ]


@given(st.data())
@settings(max_examples=60)
def test_a_written_sentence_decodes_to_its_spans(data: st.DataObject) -> None:
    text = data.draw(st.text(max_size=40).filter(str.strip))
    bounds = Language(tokenizer="whitespace").tokens([text]).bounds(0)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(bounds)), max_size=6)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    spans = [Span(bounds[a][0], bounds[b - 1][1], "ORG") for a, b in pairs]
    words = [text[start:end] for start, end in bounds]

    block = Conll().block(Tagged({"id": "1"}, words, encode(bounds, spans, "BIO")))
    lines = [line.split(" ") for line in block.split("\n") if line]

    assert [line[0] for line in lines] == words
    assert decode([line[1] for line in lines], "BIO") == [(a, b, "ORG") for a, b in pairs]


@given(st.text(max_size=60))
@settings(max_examples=60)
def test_no_token_breaks_a_line(text: str) -> None:
    bounds = ENGLISH.tokens([text]).bounds(0)
    words = [text[start:end] for start, end in bounds]

    row = Tagged({"id": "1"}, words, ["O"] * len(words))
    for exporter in (Conll(delimiter="space"), Conll(delimiter="tab")):
        lines = exporter.block(row).splitlines()
        assert [line.split() for line in lines if line] == [[word, "O"] for word in words]


def test_spacy_converts_the_file(
    news: list[pa.RecordBatch], news_setting: ExportSetting, write: Any
) -> None:
    _, path = write(Conll(), news, news_setting)
    text = (path / "data.conll").read_text("utf-8")

    (doc,) = conll_ner_to_docs(text, no_print=True)  # type: ignore[no-untyped-call]

    found = [(entity.text, entity.label_) for entity in doc.ents]
    assert found == [
        ("Acme Ltd", "ORG"),
        ("Zoë", "PERSON"),
        ("Acme", "ORG"),
        ("Bolt Ltd", "ORG"),
        ("Bolt", "ORG"),
        ("Zoë", "PERSON"),
    ]


def test_ids_need_tabs() -> None:
    with pytest.raises(BadParameter, match="delimiter: tab"):
        Conll(ids=True)


def test_a_split_without_rows_is_an_empty_file(
    news_setting: ExportSetting, write: Any, tmp_path: Path
) -> None:
    count, path = write(Conll(), [], news_setting)

    assert count == ExportCount(0)
    assert (path / "data.conll").read_bytes() == b""
