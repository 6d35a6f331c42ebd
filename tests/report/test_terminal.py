"""Reports as lines: the table of functions, and views that fit any terminal."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from labelmill.pipeline.preview import PreviewRow, PreviewVote
from labelmill.report.layout import Heading, View, table
from labelmill.report.rows import preview_view
from labelmill.report.terminal import function_table, report_view, totals_view

GOLDEN = Path(__file__).parent / "golden"
Report = dict[str, Any]


def _lines(view: View) -> list[str]:
    return [str(part) for part in view]


def _text(view: View) -> str:
    return "\n".join(_lines(view)) + "\n"


def test_the_table_of_functions_has_the_columns_of_snorkel_s(comments: Report) -> None:
    assert _text(function_table(comments, 160)) == (GOLDEN / "functions.txt").read_text()


def test_the_table_of_a_ner_job_has_precision_recall_and_f1(news: Report) -> None:
    assert _text(function_table(news, 160)) == (GOLDEN / "functions-ner.txt").read_text()


def test_a_whole_report_reads_so(comments: Report) -> None:
    view = report_view(comments, Path("out/report.html"), 160)

    assert _text(view) == (GOLDEN / "report.txt").read_text()


@pytest.mark.parametrize(("rows", "told"), [(1, "1 row is"), (1200, "1,200 rows are")])
def test_rows_in_quarantine_are_counted(comments: Report, rows: int, told: str) -> None:
    comments["totals"]["quarantined"] = rows

    assert f"Errors    {told} in quarantine" in "\n".join(map(str, totals_view(comments)))


def test_a_narrow_terminal_gets_the_table_in_parts(comments: Report) -> None:
    lines = _lines(function_table(comments, 40))

    assert max(map(len, lines)) <= 40
    assert sum(line.startswith("LF") for line in lines) > 3
    for name in ("Coverage", "Emp. acc.", "Weight", "Errors"):
        assert any(name in line for line in lines), name


def test_classes_stand_in_their_declared_order(comments: Report) -> None:
    turned = comments | {"classes": {"spam": 711, "ham": 691}}

    assert report_view(turned, Path(), 90) == report_view(comments, Path(), 90)


WORDS = st.text(st.characters(blacklist_categories=("C", "Z")), max_size=12)
ROWS = st.lists(st.tuples(WORDS, WORDS, WORDS), max_size=4)


@given(ROWS, st.integers(1, 60))
@settings(max_examples=60)
def test_every_cell_stands_in_a_table_of_any_width(
    rows: list[tuple[str, str, str]], width: int
) -> None:
    headings = [Heading("First"), Heading("Second", number=True), Heading("Third")]

    lines = _lines(table(headings, rows, width))

    joined = "\n".join(lines)
    assert all(cell in joined for row in rows for cell in row)
    assert all(cell_len(line) <= max(width, 40) for line in lines)


def _row(**changes: Any) -> PreviewRow:
    facts: dict[str, Any] = {
        "id": "d1",
        "text": "Acme Ltd rose.\nJane Doe left.",
        "status": "labeled",
        "label": None,
        "confidence": 0.9,
        "votes": (PreviewVote("firms", "ORG", 0, 4, "acme"),),
        "errors": (),
        "probs": {},
        "entities": ((0, 8, "ORG", 0.9), (15, 23, "PERSON", 0.95)),
    }
    return PreviewRow(**(facts | changes))


def test_entities_are_marked_in_brackets() -> None:
    text = _text(preview_view([_row()], ["ORG", "PERSON"], 80))

    assert "  [Acme Ltd ORG] rose.\n  [Jane Doe PERSON] left.\n" in text
    assert '  firms  ORG   "Acme"  acme\n' in text


def test_the_spans_of_one_function_are_marked_with_its_name() -> None:
    text = _text(preview_view([_row()], ["ORG", "PERSON"], 80, "firms"))

    assert "  [Acme ORG firms] Ltd rose." in text


def _with_story(report: Report, **parts: Any) -> Report:
    return report | {"label_model": report["label_model"] | parts}


LOST = {
    "code": "lost_label",
    "message": "the label 'ham' is lost",
    "function": None,
    "value": 0.0,
    "fatal": True,
}
DEAD = {"code": "dead", "message": "link is dead", "function": "link", "value": 0.1, "fatal": False}


def test_a_label_model_that_gave_way_is_told_with_the_reason(comments: Report) -> None:
    report = _with_story(comments, type="majority", why="it is not used", findings=[LOST, DEAD])

    text = _text(report_view(report, Path("out/report.html"), 120))

    assert "label model majority (dawid_skene was asked for) with seed 7" in text
    assert "! label model 'dawid_skene': it is not used\n" in text
    assert "! label model: the label 'ham' is lost\n" in text
    assert "! agrees with the other functions no more often than by chance: link\n" in text


def test_what_was_tried_is_told_the_best_first(comments: Report) -> None:
    tried = [{"name": "majority", "score": 0.8}, {"name": "lift", "score": 0.875}]
    report = _with_story(comments, tried=tried, why="lift was best")

    text = _text(report_view(report, Path("out/report.html"), 120))

    assert "tried: lift 0.875, majority 0.800\nchosen: lift was best\n" in text


def test_a_failed_function_is_told_with_its_reason() -> None:
    row = _row(errors=(("shouting", "exception", "KeyError: 'x'"), ("", "unreadable", "null text")))

    text = _text(preview_view([row], ["ORG"], 80))

    assert "  ! shouting failed (exception): KeyError: 'x'\n" in text
    assert "  ! the row cannot be used (unreadable): null text\n" in text


def test_long_texts_and_many_votes_are_cut() -> None:
    votes = tuple(PreviewVote("firms", "ORG", i, i + 1, None) for i in range(50))
    row = _row(text="x" * 5000, votes=votes, entities=())

    text = _text(preview_view([row], ["ORG"], 80))

    assert "... (5,000 characters)" in text
    assert "  and 20 more\n" in text
    assert len(text) < 3000


def test_control_characters_of_a_text_are_shown_as_pictures() -> None:
    text = _text(preview_view([_row(text="\x1b[31m", votes=(), entities=())], [], 80))

    assert "\x1b" not in text
    assert "␛[31m" in text


def test_nothing_to_show_is_said() -> None:
    assert _lines(preview_view([], ["ORG"], 80)) == ["No row to show."]
    assert "votes on none" in _text(preview_view([], ["ORG"], 80, "firms"))
