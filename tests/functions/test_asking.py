"""Asking a function about many rows gives what asking it row by row gives."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelmill.core.labels import LabelSpace
from labelmill.functions.answers import AnswerReader, BadAnswer
from labelmill.functions.asking import Failures, ask, looked_up, read_odd

SPACE = LabelSpace(("ham", "spam"))


class Name(str):
    """A string of a class of its own."""

    __slots__ = ()


ANSWERS: st.SearchStrategy[Any] = st.sampled_from(
    ["ham", "spam", "eggs", Name("spam"), np.str_("ham"), None, True, False, np.True_, 0, 1, [], {}]
)


@pytest.mark.parametrize("label", [None, 1])
@given(answers=st.lists(ANSWERS, max_size=8))
def test_a_table_reads_answers_as_the_reader_does(label: int | None, answers: list[Any]) -> None:
    reader = AnswerReader(SPACE, "document", label)
    expected: list[int] = []
    refused: Failures = {}
    for doc, answer in enumerate(answers):
        try:
            hits = reader.read(answer, 5)
        except BadAnswer as error:
            refused[doc] = (error.reason, error.message)
            hits = []
        expected.append(hits[0][2] if hits else -1)

    failed: Failures = {}
    codes = looked_up(answers, *reader.plain())
    read_odd(codes, answers, lambda a: (reader.read(a, 5) or [(0, 0, -1)])[0][2], Path(), failed)

    assert codes.tolist() == expected
    assert failed == refused


@given(st.lists(st.sampled_from([ValueError, StopIteration, SystemExit, GeneratorExit, None])))
def test_every_row_is_asked_once_whatever_others_raise(raised: list[type[BaseException]]) -> None:
    asked = []

    def function(row: int, *, extra: int) -> int:
        asked.append(row)
        if raised[row] is not None:
            raise raised[row]("no")
        return row + extra

    failed: Failures = {}
    answers = ask(function, range(len(raised)), {"extra": 10}, Path(), failed, -1)

    assert asked == list(range(len(raised)))
    assert answers == [-1 if kind else row + 10 for row, kind in enumerate(raised)]
    assert {row: reason for row, (reason, _) in failed.items()} == {
        row: kind.__name__ for row, kind in enumerate(raised) if kind
    }


def test_an_interrupt_ends_the_asking() -> None:
    def function(row: int) -> int:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ask(function, [1], {}, Path(), {}, None)
