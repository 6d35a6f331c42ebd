import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelmill.core.spans import Edit, Span
from labelmill.text.edits import apply, checked, compose, diff, project

TEXTS = st.text(alphabet="ab .é\n", max_size=20)


@st.composite
def edit_lists(draw: st.DrawFn, length: int) -> tuple[Edit, ...]:
    places = sorted(draw(st.lists(st.integers(0, length), max_size=8)))
    pairs = zip(places[::2], places[1::2], strict=False)
    return tuple(Edit(low, high, draw(st.text("XYZ", max_size=3))) for low, high in pairs)


@st.composite
def edited(draw: st.DrawFn) -> tuple[str, tuple[Edit, ...]]:
    text = draw(TEXTS)
    return text, draw(edit_lists(len(text)))


def reference(text: str, edits: tuple[Edit, ...]) -> str:
    for edit in reversed(edits):
        text = text[: edit.start] + edit.replacement + text[edit.end :]
    return text


@given(edited())
def test_apply_equals_edits_made_one_by_one_from_the_end(
    case: tuple[str, tuple[Edit, ...]],
) -> None:
    text, edits = case

    assert apply(text, checked(edits, text)) == reference(text, edits)


@given(edited(), st.data())
def test_compose_does_what_two_lists_do(
    case: tuple[str, tuple[Edit, ...]], data: st.DataObject
) -> None:
    text, first = case
    middle = apply(text, first)
    second = data.draw(edit_lists(len(middle)))

    both = checked(compose(first, second), text)

    assert apply(text, both) == apply(middle, second)


@given(TEXTS, TEXTS)
def test_the_diff_of_two_texts_makes_one_of_the_other(old: str, new: str) -> None:
    edits = diff(old, new)

    assert apply(old, checked(edits, old)) == new
    assert all(old[e.start : e.end] != e.replacement for e in edits)


@given(edited(), st.data())
def test_spans_that_no_edit_touches_keep_their_words(
    case: tuple[str, tuple[Edit, ...]], data: st.DataObject
) -> None:
    text, edits = case
    low, high = sorted((data.draw(st.integers(0, len(text))), data.draw(st.integers(0, len(text)))))

    (moved,) = project([Span(low, high, "X")], edits)

    untouched = all(e.end <= low or e.start >= high for e in edits)
    if untouched and low < high:
        assert moved is not None
        assert apply(text, edits)[moved.start : moved.end] == text[low:high]


@given(edited(), st.data())
def test_a_surviving_span_has_the_text_of_its_own_edits(
    case: tuple[str, tuple[Edit, ...]], data: st.DataObject
) -> None:
    text, edits = case
    low, high = sorted((data.draw(st.integers(0, len(text))), data.draw(st.integers(0, len(text)))))

    (moved,) = project([Span(low, high, "X")], edits)

    if moved is not None:
        inside = [
            Edit(e.start - low, e.end - low, e.replacement)
            for e in edits
            if e.start >= low
            and e.end <= high
            and not (e.start == e.end and e.start in (low, high))
        ]
        assert apply(text, edits)[moved.start : moved.end] == apply(text[low:high], inside)


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (Edit(2, 2, "xx"), Span(4, 6, "A")),
        (Edit(4, 4, "xx"), Span(2, 4, "A")),
        (Edit(3, 3, "xx"), Span(2, 6, "A")),
        (Edit(2, 4, "x"), Span(2, 3, "A")),
        (Edit(2, 4, ""), None),
        (Edit(1, 3, "x"), None),
        (Edit(3, 5, "x"), None),
        (Edit(1, 5, "xxxx"), None),
        (Edit(0, 2, ""), Span(0, 2, "A")),
    ],
)
def test_an_edit_moves_a_span_by_where_it_stands(edit: Edit, expected: Span | None) -> None:
    assert project([Span(2, 4, "A")], [edit]) == [expected]


def test_an_empty_span_does_not_survive() -> None:
    assert project([Span(2, 2, "A")], []) == [None]


@pytest.mark.parametrize(
    "edits", [[Edit(0, 2, ""), Edit(1, 3, "")], [Edit(0, 9, "")], [Edit(2, 1, "")]]
)
def test_edits_that_overlap_or_do_not_fit_are_refused(edits: list[Edit]) -> None:
    with pytest.raises(ValueError, match="the edit"):
        checked(edits, "abcd")


def test_inserts_at_one_place_keep_their_order() -> None:
    edits = checked([Edit(1, 2, "-"), Edit(1, 1, "z"), Edit(1, 1, "a")], "abc")

    assert apply("abc", edits) == "aza-c"
