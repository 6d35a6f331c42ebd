"""The page says what the report says, safely, in one file."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelmill.report.marking import pieces
from labelmill.report.page import report_page

VOID = {"meta", "link", "br", "img", "rect", "line"}
Report = dict[str, Any]


class _Outline(HTMLParser):
    """Tags of a page, checked for balance, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.text += data


def _read(page: str) -> _Outline:
    outline = _Outline()
    outline.feed(page)
    outline.close()
    assert not outline.open
    return outline


@pytest.fixture(params=["comments", "news"])
def report(request: pytest.FixtureRequest) -> Report:
    found: Report = request.getfixturevalue(request.param)
    return found


def test_the_page_is_well_formed_and_the_same_each_time(report: Report) -> None:
    page = report_page(report)

    _read(page)
    assert page == report_page(report)


def test_the_page_needs_no_network_and_no_script(report: Report) -> None:
    outline = _read(report_page(report))

    tags = {tag for tag, _ in outline.tags}
    assert not tags & {"script", "link", "img", "iframe"}
    for tag, attributes in outline.tags:
        assert not any(name.startswith("on") for name in attributes)
        assert (attributes.get("href") or "#").startswith("#"), tag


def test_links_lead_to_sections_that_are_there(report: Report) -> None:
    outline = _read(report_page(report))

    ids = {attributes.get("id") for _, attributes in outline.tags}
    links = {a["href"] for tag, a in outline.tags if tag == "a"}
    assert len(links) >= 8
    assert {f"#{name}" for name in ids if name} >= links


def test_every_table_has_a_caption_and_every_heading_a_scope(report: Report) -> None:
    outline = _read(report_page(report))

    tags = [tag for tag, _ in outline.tags]
    headings = [attributes for tag, attributes in outline.tags if tag == "th"]
    assert tags.count("table") == tags.count("caption") >= 3
    assert headings
    assert all(attributes.get("scope") in {"row", "col"} for attributes in headings)


def test_text_of_rows_is_escaped(comments: Report) -> None:
    page = report_page(comments)

    assert "<b>my</b>" not in page
    assert "Check out &lt;b&gt;my&lt;/b&gt; channel" in page


def test_control_characters_are_shown_as_pictures(comments: Report) -> None:
    page = report_page(comments)

    assert "\x00" not in page
    assert "␀" in page


def test_the_numbers_of_the_report_stand_on_the_page(comments: Report) -> None:
    text = _read(report_page(comments)).text

    for told in ("1,956", "1,402", "79.5%", "92.0%", "97.1%", "ham drifted by 0.31", "336"):
        assert told in text, told


def test_functions_to_look_at_are_named(comments: Report) -> None:
    text = _read(report_page(comments)).text

    assert "never voted: old_rule" in text
    assert "failed on some rows (see quarantine/): mood" in text
    assert "disagrees with gold more often than not: short" in text


def test_without_gold_there_are_no_verdicts(comments: Report) -> None:
    text = _read(report_page(comments | {"gold": None})).text

    assert "Incorrect" not in text
    assert "Agreement with gold" not in text


def test_votes_of_samples_stand_with_their_weight(comments: Report) -> None:
    weighed = {"lf": "begging", "label": "spam", "start": 0, "end": 46, "weight": 0.9125}
    comments["samples"][0]["votes"][0] = weighed

    page = report_page(comments)

    assert 'begging → spam <span class="quiet">weight 0.912</span>' in page
    assert "<li>short → ham</li>" in page


def test_entities_are_marked_with_their_label(news: Report) -> None:
    page = report_page(news)

    assert re.search(r"<mark[^>]*>Jane Doe<b>PERSON</b></mark>", page)


def test_a_ner_report_shows_precision_recall_and_f1(news: Report) -> None:
    text = _read(report_page(news)).text

    assert "Precision 90.9%, recall 75.0%, F1 82.2%" in text
    assert "Emp. acc." not in text


def test_many_labels_get_a_list_of_mistakes(comments: Report) -> None:
    labels = [f"topic_{i}" for i in range(60)]
    confusion = [{"gold": "topic_1", "label": "topic_2", "texts": 9}]
    gold = comments["gold"] | {"confusion": confusion}

    text = _read(report_page(comments | {"labels": labels, "gold": gold})).text

    assert "The most frequent mistakes." in text


def test_a_report_of_nothing_is_a_page(comments: Report) -> None:
    totals = {"rows_in": 0, "filtered": 0, "status": {}, "coverage": 0.0, "labeled": 0.0}
    empty: Report = comments | {
        "totals": totals,
        "filtered": {},
        "functions": [],
        "conflicts": [],
        "classes": {"ham": 0, "spam": 0},
        "confidence": [0] * 10,
        "splits": {"train": 0, "dev": 0, "test": 0},
        "augmented": {"made": {}, "dropped": {}},
        "gold": None,
        "exports": {},
        "samples": [],
        "checks": [],
    }

    assert "There were no texts to vote on." in _read(report_page(empty)).text


def test_names_that_look_like_methods_are_shown(comments: Report) -> None:
    exports = {"items": {"train": {"written": 777, "left_out": {"values": 3}}}}

    text = _read(report_page(comments | {"exports": exports})).text

    assert "777" in text
    assert "3 values" in text


def test_a_label_model_that_gave_way_is_told(comments: Report) -> None:
    story = {"type": "majority", "why": "it is not used, because a label is lost"}

    text = _read(report_page(comments | {"label_model": comments["label_model"] | story})).text

    assert "label model majority (dawid_skene was asked for) with seed 7" in text
    assert "label model 'dawid_skene': it is not used, because a label is lost" in text


SPANS = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9), st.sampled_from("AB")))


@given(st.text(max_size=25), SPANS)
@settings(max_examples=80)
def test_pieces_joined_are_the_text(text: str, spans: list[tuple[int, int, str]]) -> None:
    entities = [{"start": s, "end": s + n, "label": label} for s, n, label in spans]

    assert "".join(piece.text for piece in pieces(text, entities)) == text
