import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelmill.prepare.whitespace import Whitespace
from labelmill.text.edits import apply, checked

TEXTS = st.text("ab \t\n\u00a0\u2028", max_size=20)


@given(TEXTS)
def test_the_words_stand_with_one_space_between_them(text: str) -> None:
    edits = Whitespace().prepare(text)

    assert apply(text, checked(edits, text)) == " ".join(text.split())
    assert all(text[e.start : e.end] != e.replacement for e in edits)


@given(TEXTS)
def test_a_second_time_changes_nothing(text: str) -> None:
    step = Whitespace(lines="keep")
    once = apply(text, step.prepare(text))

    assert step.prepare(once) == ()


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (Whitespace(lines="keep"), "a\nb c"),
        (Whitespace(strip=False), " a b c "),
        (Whitespace(collapse=False), "a \n\n b\tc"),
        (Whitespace(collapse=False, strip=False), " a \n\n b\tc\n"),
    ],
)
def test_each_part_can_be_left_out(step: Whitespace, expected: str) -> None:
    text = " a \n\n b\tc\n"

    assert apply(text, step.prepare(text)) == expected
