import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelmill.core.spans import Span
from labelmill.text.bio import Scheme, decode, encode, tag_names


@st.composite
def spans_on_tokens(draw: st.DrawFn) -> tuple[list[tuple[int, int]], list[tuple[int, int, str]]]:
    n_tokens = draw(st.integers(0, 10))
    tokens = [(3 * i, 3 * i + 2) for i in range(n_tokens)]
    places = sorted(draw(st.lists(st.integers(0, n_tokens), unique=True, max_size=8)))
    pairs = zip(places[::2], places[1::2], strict=False)
    return tokens, [(low, high, draw(st.sampled_from("AB"))) for low, high in pairs]


def characters(tokens: list[tuple[int, int]], ranges: list[tuple[int, int, str]]) -> list[Span]:
    return [Span(tokens[low][0], tokens[high - 1][1], label) for low, high, label in ranges]


@pytest.mark.parametrize("scheme", ["BIO", "BILUO"])
@given(case=spans_on_tokens())
def test_spans_come_back_from_their_tags(
    case: tuple[list[tuple[int, int]], list[tuple[int, int, str]]], scheme: Scheme
) -> None:
    tokens, ranges = case

    tags = encode(tokens, characters(tokens, ranges), scheme)

    assert decode(tags, scheme) == ranges
    assert set(tags) <= set(tag_names("AB", scheme))


@given(case=spans_on_tokens())
def test_io_merges_neighbours_of_one_label_and_nothing_else(
    case: tuple[list[tuple[int, int]], list[tuple[int, int, str]]],
) -> None:
    tokens, ranges = case
    merged: list[tuple[int, int, str]] = []
    for low, high, label in ranges:
        if merged and merged[-1][1] == low and merged[-1][2] == label:
            low = merged.pop()[0]  # noqa: PLW2901 (the merged span begins where the first did)
        merged.append((low, high, label))

    assert decode(encode(tokens, characters(tokens, ranges), "IO"), "IO") == merged


@pytest.mark.parametrize("scheme", ["IO", "BIO", "BILUO"])
@given(data=st.data())
def test_any_sequence_of_tags_is_read_and_covers_every_tagged_token(
    data: st.DataObject, scheme: Scheme
) -> None:
    tags = data.draw(st.lists(st.sampled_from(tag_names(["A", "B-C"], scheme)), max_size=12))

    spans = decode(tags, scheme)

    covered = [i for low, high, _ in spans for i in range(low, high)]
    assert covered == [i for i, tag in enumerate(tags) if tag != "O"]
    assert all(tags[i][2:] == label for low, high, label in spans for i in range(low, high))


def test_biluo_marks_the_first_the_last_and_the_only_token() -> None:
    tokens = [(0, 1), (2, 3), (4, 5), (6, 7)]

    tags = encode(tokens, [Span(0, 5, "A"), Span(6, 7, "B")], "BILUO")

    assert tags == ["B-A", "I-A", "L-A", "U-B"]


def test_overlapping_spans_are_refused() -> None:
    with pytest.raises(ValueError, match="overlaps another span"):
        encode([(0, 5)], [Span(0, 2, "A"), Span(3, 5, "B")], "BIO")


def test_a_span_without_a_token_is_refused() -> None:
    with pytest.raises(ValueError, match="touches no token"):
        encode([(0, 1), (2, 3)], [Span(1, 2, "A")], "BIO")


@pytest.mark.parametrize("tag", ["L-A", "X", "B", "B-", "-A", ""])
def test_a_tag_of_another_scheme_is_refused(tag: str) -> None:
    with pytest.raises(ValueError, match="is no BIO tag"):
        decode([tag], "BIO")


def test_every_scheme_puts_outside_first() -> None:
    assert tag_names(["A"], "IO") == ("O", "I-A")
    assert tag_names(["A"], "BILUO") == ("O", "B-A", "I-A", "L-A", "U-A")
