"""Explained rows in a terminal."""

from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from labelmill.pipeline.explanation import (
    Belief,
    Decision,
    ExplainedVote,
    Explanation,
    ReadText,
    UsedModel,
)
from labelmill.report.explained import explained_view

GOLDEN = Path(__file__).parent / "golden"
MODEL = UsedModel("lift", "snapshot", "lift, that of the live snapshot 3f2a9c", "3f2a9c")
SPAM = Explanation(
    id="c7",
    text="song: subscribe to\nmy channel",
    partition=None,
    status="labeled",
    why="'spam' is the most probable, with 0.905",
    fate="goes into a split",
    label="spam",
    confidence=0.905,
    votes=(
        ExplainedVote("begging", "spam", 0, 29, None, 0.91, 0, 2.31, 0.488),
        ExplainedVote("praise", "ham|news", 0, 29, None, 0.74, 0, -1.02, 0.964),
        ExplainedVote("list", "spam", 0, 29, "channel-1", None, 0, 27.0, 0.0),
    ),
    errors=(("broken", "ValueError", "seven"),),
    probs={"ham": 0.095, "spam": 0.905},
    decisions=(
        Decision(
            0,
            29,
            "spam",
            None,
            (
                Belief("prior", {"ham": 0.5, "spam": 0.5}),
                Belief("votes", {"ham": 0.05, "spam": 0.95}),
                Belief("temperature", {"ham": 0.095, "spam": 0.905}),
            ),
        ),
    ),
    model=MODEL,
    notes=("changed since the label model was fitted: praise",),
)
NEWS = Explanation(
    id="n1",
    text="Acme Ltd hired Jane.",
    partition="2026-03-01",
    status="labeled",
    why="its least sure span, 'Acme Ltd', is ORG with 0.700",
    fate="goes into a split",
    confidence=0.7,
    votes=(
        ExplainedVote("known_company", "ORG", 0, 4, "acme", 0.9, 0, 1.5, 0.31),
        ExplainedVote("legal_form", "ORG", 0, 8, None, 0.8, 0, 2.0, 0.22),
        ExplainedVote("first_name", "PERSON", 15, 19, None, 0.4, 1, -0.004, 0.8),
    ),
    entities=((0, 8, "ORG", 0.7),),
    decisions=(
        Decision(
            0,
            8,
            "ORG",
            (5, 8),
            (
                Belief("prior", {"O": 0.99, "ORG": 0.005, "PERSON": 0.005}),
                Belief("votes", {"O": 0.2, "ORG": 0.7, "PERSON": 0.1}),
            ),
        ),
        Decision(
            15,
            19,
            "O",
            (15, 19),
            (
                Belief("prior", {"O": 0.99, "ORG": 0.005, "PERSON": 0.005}),
                Belief("votes", {"O": 0.8, "ORG": 0.0, "PERSON": 0.2}),
            ),
        ),
    ),
    model=MODEL,
)


def shown(*rows: Explanation, labels: tuple[str, ...], width: int = 80, block: str = "#") -> str:
    console = Console(width=width, no_color=True, highlight=False, markup=False, emoji=False)
    with console.capture() as capture:
        for part in explained_view(rows, labels, width, block):
            console.print(part)
    return capture.get()


def test_a_text_is_explained_in_eighty_columns() -> None:
    told = shown(SPAM, labels=("ham", "spam"))

    assert told == (GOLDEN / "explained.txt").read_text()
    assert max(map(len, told.splitlines())) <= 80


def test_spans_are_explained_one_by_one() -> None:
    told = shown(NEWS, labels=("ORG", "PERSON"))

    assert told == (GOLDEN / "explained_spans.txt").read_text()


def test_bars_are_of_blocks_where_the_terminal_has_them() -> None:
    told = shown(SPAM, labels=("ham", "spam"), block="█")

    assert "█" * 22 in told
    assert "#" not in told


def test_of_many_labels_the_last_are_added_up() -> None:
    names = tuple(f"label{i}" for i in range(20))
    probs = dict.fromkeys(names, 0.05)
    decision = Decision(0, 4, "label0", None, (Belief("prior", probs), Belief("votes", probs)))
    row = replace(SPAM, text="text", votes=(), decisions=(decision,))

    told = shown(row, labels=names)

    assert "12 others  0.600  0.600" in told
    assert "label8" not in told


def test_of_many_places_the_first_are_shown() -> None:
    row = replace(NEWS, votes=(), decisions=NEWS.decisions[:1] * 15)

    assert "and 3 more places (--json shows all)" in shown(row, labels=("ORG", "PERSON"))


def test_a_row_that_was_left_out_says_why() -> None:
    row = Explanation("x", "", None, "filtered", "drop_empty: empty", "left out of the splits")

    told = shown(row, labels=("ham", "spam"))

    assert "Status  filtered: drop_empty: empty" in told
    assert "Model" not in told


@pytest.mark.parametrize("width", [40, 80, 160])
def test_what_the_text_says_stands_on_lines_of_its_own(width: int) -> None:
    words = "spam 0.8, ham 0.2, by a model that has not seen it; there are no votes"
    row = replace(SPAM, text_read=ReadText("it holds", "snapshot", words, used=True))

    told = shown(row, labels=("ham", "spam"), width=max(width, 80))

    assert "  Text    spam 0.8, ham 0.2, by a model that has not seen it\n" in told
    assert "          there are no votes\n" in told


@pytest.mark.parametrize("width", [40, 80, 160])
def test_control_characters_never_reach_the_terminal(width: int) -> None:
    row = replace(SPAM, text="\x1b[31mred", why="\x1b[31m", notes=("\x1b[0m",))

    assert "\x1b" not in shown(row, labels=("ham", "spam"), width=width)
