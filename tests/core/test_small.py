"""Tokens, soft labels, seeds, digests and registries."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelmill.core.digests import canonical_json, digest
from labelmill.core.hiding import hidden_in
from labelmill.core.registry import Registry
from labelmill.core.seeds import keyed_fraction, keyed_hash, keyed_rng
from labelmill.core.soft import SoftLabels
from labelmill.core.tokens import Tokens
from labelmill.errors import BadParameter


@given(st.lists(st.lists(st.integers(1, 4), max_size=5), max_size=5))
def test_token_bounds_come_back_as_they_went_in(lengths: list[list[int]]) -> None:
    texts = []
    for of_text in lengths:
        ends = np.cumsum([n + 1 for n in of_text]).tolist()
        texts.append([(end - n - 1, end - 1) for n, end in zip(of_text, ends, strict=True)])

    tokens = Tokens.of(texts)

    assert [tokens.bounds(i) for i in range(len(tokens))] == texts


def test_a_tie_stays_a_tie_however_small_the_rest() -> None:
    soft = SoftLabels.of(np.array([[0.5, 0.5, 0.0], [0.5 + 1e-6, 0.5 - 1e-6, 0.0]]))

    assert soft.tied.tolist() == [True, False]
    assert soft.confidence.tolist() == pytest.approx([0.5, 0.5], abs=1e-5)


def test_soft_labels_of_no_items_are_empty() -> None:
    assert len(SoftLabels.of(np.zeros((0, 3))).probs) == 0


@given(st.text(), st.integers())
def test_keyed_choices_are_the_same_every_time(text: str, number: int) -> None:
    assert keyed_hash(text, number) == keyed_hash(text, number)
    assert 0 <= keyed_fraction(text, number) < 1
    assert keyed_rng(text, number).integers(1 << 30) == keyed_rng(text, number).integers(1 << 30)


def test_keyed_hashes_are_pinned_across_versions() -> None:
    assert keyed_hash(0, "split", "row-1") == 2787436955459836112


def test_canonical_json_does_not_depend_on_the_order_of_keys() -> None:
    assert canonical_json({"a": 1, "b": [2.5, None]}) == canonical_json({"b": (2.5, None), "a": 1})
    assert digest({"a": 1}) != digest({"a": 1.5})


def test_a_type_can_be_registered_once_and_a_miss_names_the_nearest() -> None:
    shapes = Registry("shape")
    shapes.add("square")(int)

    with pytest.raises(ValueError, match="registered twice"):
        shapes.add("square")(str)
    with pytest.raises(BadParameter, match="did you mean 'square'"):
        shapes.get("sqare")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bad secret-token-1…", "bad ${env.X}…"),
        ("bad secret-t… and secr...", "bad ${env.X}… and ${env.X}..."),
        ("no sec… is left", "no sec… is left"),
        ("two\nlines", "two\nlines"),
    ],
)
def test_the_beginning_of_a_hidden_text_is_hidden_where_it_was_cut(
    text: str, expected: str
) -> None:
    assert hidden_in(text, {"secret-token-123": "${env.X}"}) == expected


def test_a_hidden_text_of_several_lines_is_hidden_in_one_line_too() -> None:
    assert hidden_in("key: a b c d", {"a\nb\n\nc d": "${env.X}"}) == "key: ${env.X}"
