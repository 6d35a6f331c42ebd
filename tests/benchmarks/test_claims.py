"""The table tells what was wanted and what was reached, and what was not in bold."""

from typing import Any

from benchmarks.claims import TABLE, Bound, missed, table_of
from benchmarks.pages import with_table

from benchmarks import all as every

SCAN: dict[str, Any] = {
    "name": "scan",
    "ours": 0.02,
    "peer": 15.0,
    "unit": "seconds",
    "ratio": 750.0,
    "ratio_unicode": 90.0,
}


def row_of(table: str, name: str) -> list[str]:
    (line,) = (line for line in table.splitlines() if line.startswith(f"| `{name}` |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_every_benchmark_has_a_row_also_without_a_result() -> None:
    table = table_of({})

    assert len(table.splitlines()) == 2 + len(TABLE)
    assert row_of(table, "memory")[3:] == ["≤ 1.15x growth, ≤ 1,500 MB", "-", "-", "-"]


def test_a_figure_that_is_not_reached_is_bold() -> None:
    cells = row_of(table_of({"scan": SCAN}), "scan")

    assert cells[3:] == [
        "≥ 600x, ≥ 100x unicode",
        "750x, **90x unicode**",
        "0.02 seconds",
        "15 seconds",
    ]


def test_a_scaled_peer_is_told() -> None:
    cells = row_of(table_of({"scan": {**SCAN, "scaled": True}}), "scan")

    assert cells[-1] == "15 seconds (scaled)"


def test_what_is_missed_is_listed_with_what_was_wanted() -> None:
    assert missed({"scan": SCAN}) == [
        "scan: ratio_unicode is 90x unicode, wanted ≥ 100x unicode",
    ]


def test_a_bound_on_a_map_holds_where_its_worst_value_does() -> None:
    bound = Bound("ratio", "≥", 0.4)

    assert bound.holds({"ratio": {"sms": 0.5, "imdb": 0.4}})
    assert not bound.holds({"ratio": {"sms": 0.5, "imdb": 0.3}})
    assert bound.reached({"ratio": {"sms": 0.5, "imdb": 0.3}}) == "**0.3x**"


def test_a_bound_on_a_field_that_is_not_there_does_not_hold() -> None:
    assert not Bound("ratio_small", "≥", 5).holds(SCAN)


def test_the_page_shows_the_results_that_are_kept() -> None:
    assert every.page_is_current()


def test_a_new_table_replaces_the_old_one_alone() -> None:
    page = every.PAGE.read_text("utf-8")

    begin, end = every.MARKS
    changed = with_table(page, every.MARKS, table_of({"scan": SCAN}))

    assert "750x" in changed
    assert changed.partition(begin)[0] == page.partition(begin)[0]
    assert changed.partition(end)[2] == page.partition(end)[2]
