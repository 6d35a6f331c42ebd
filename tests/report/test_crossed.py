"""The cross table in a terminal: whole where it is small, and what is alike together."""

from collections.abc import Mapping
from typing import Any

import pytest

from labelmill.report.crossed import cross_view, inputs_view, models_view

Votes = Mapping[Any, str]


def cells(partitions: int, functions: int, votes: Votes) -> list[dict[str, Any]]:
    """Cells of partitions 01.. and functions f1.., of which some vote on all of their shards."""
    return [
        {"partition": f"{p:03}", "lf": f"f{f}", "shards": 2, **_voting(votes, f"{p:03}", f"f{f}")}
        for p in range(1, partitions + 1)
        for f in range(1, functions + 1)
    ]


def _voting(votes: Votes, partition: str, function: str) -> dict[str, Any]:
    why = votes.get((partition, function)) or votes.get((None, function))
    return {"votes_on": 2, "why": {why: 2}} if why else {"votes_on": 0, "why": {}}


def shown(found: list[dict[str, Any]], width: int) -> list[str]:
    return [str(line) for line in cross_view(found, width)]


def test_a_small_table_shows_each_partition_and_function() -> None:
    votes = {("002", "f1"): "new file", ("003", "f2"): "late file"}

    assert shown(cells(3, 3, votes), 80) == [
        "Partition  f1        f2         f3",
        "001        cached    cached     cached",
        "002        new file  cached     cached",
        "003        cached    late file  cached",
    ]


@pytest.mark.parametrize("width", [80, 120])
def test_a_large_table_stands_in_a_few_lines(width: int) -> None:
    votes: dict[Any, str] = {(None, "f7"): "function changed: parameters"}
    votes |= {("400", f"f{n}"): "new file" for n in range(1, 41)}

    assert shown(cells(400, 40, votes), width) == [
        "Partition         f1 and 38 more  f7",
        "001 .. 399 (399)  cached          function changed: parameters",
        "400               new file        new file",
    ]


def test_a_table_that_is_too_wide_becomes_a_list() -> None:
    votes = {(None, f"f{n}"): f"function changed: {'parameters, ' * n}" for n in (1, 2, 3)}

    lines = shown(cells(4, 6, votes), 80)

    assert lines[0] == "001 .. 004 (4)"
    assert lines[-1] == "  f4 and 2 more  cached"
    assert [line.split()[0] for line in lines[1:]] == ["f1", "f2", "f3", "f4"]


def test_of_very_many_lines_the_first_and_last_are_shown() -> None:
    votes = {(f"{n:03}", "f1"): "late file" for n in range(2, 400, 2)}

    lines = shown(cells(400, 2, votes), 80)

    assert len(lines) == 14
    assert "... 387 more partitions (--json has all)" in lines


def test_where_nothing_is_made_nothing_would_vote() -> None:
    assert shown([], 80) == ["Nothing: all is published as it would be made."]


def test_some_shards_and_rows_that_nobody_looked_at_are_said() -> None:
    cell = {"partition": None, "lf": "f1", "shards": 3, "votes_on": 1, "why": {"new file": 1}}

    assert shown([cell], 80)[1] == "-          new file (1 of 3 shards)"
    told = shown([cell | {"votes_on": 0, "why": {}, "unsure": {"prepare changed": 3}}], 80)[1]
    assert told == "-          prepare changed (where not known)"


def part(value: str, state: str, **files: list[str]) -> dict[str, Any]:
    counts = {"files": 1, "rows": 1_000, "shards": 2}
    return {"value": value, "state": state, "files_changed": files} | counts


def test_many_partitions_of_one_state_are_added_up() -> None:
    parts = [part(f"{n:03}", "unchanged") for n in range(1, 400)]
    parts.append(part("400", "changed: input", rewritten=["a", "b", "c", "d"], new=["x"]))

    lines = [str(line) for line in inputs_view(parts, ["000"], 80)]

    assert lines == [
        "Partition         Files     Rows  Shards  Against what is live",
        "001 .. 399 (399)    399  399,000     798  unchanged",
        "400                   1    1,000       2  changed: input",
        "",
        "400: rewritten: a, b, c and 1 more",
        "gone from the source, and live until gc --dropped: 000",
    ]


def test_label_models_tell_what_they_label_and_why() -> None:
    kept = {"why": "nothing changed", "snapshot": "0123456789abcdef", "fitted_on": []}
    fitted = {"why": "always", "snapshot": None, "fitted_on": ["1", "2", "3"], "labels": ["3"]}
    own = {"why": "the input changed", "snapshot": None, "fitted_on": [None], "labels": [None]}

    view = models_view([kept | {"labels": ["1", "2"]}, fitted], ["0"])

    assert [str(line) for line in view][2:] == [
        "1, 2",
        "  that of snapshot 0123456789ab: nothing changed",
        "3",
        "  fitted on 1 .. 3 (3): always",
        "0",
        "  another model would label it; run --relabel does",
    ]
    assert [str(line) for line in models_view([own], [])][2:] == ["fitted: the input changed"]
    assert models_view([], []) == []
