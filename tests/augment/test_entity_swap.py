"""What the entity_swap type promises."""

from collections.abc import Callable
from pathlib import Path

import pytest

from labelmill.augment.entity_swap import EntitySwap, Pool
from labelmill.core.protocols import Bench
from labelmill.core.seeds import keyed_rng
from labelmill.core.spans import Edit, Example, Span
from labelmill.errors import BadParameter
from labelmill.text.edits import apply, project

Benches = Callable[..., Bench]
TEXT = "Jane Doe of Acme Ltd said Acme Ltd rose."
EXAMPLE = Example("1", TEXT, spans=(Span(0, 8, "PERSON"), Span(12, 20, "ORG"), Span(26, 34, "ORG")))


def test_an_entity_is_swapped_for_another_term_of_its_label(bench: Benches) -> None:
    rewriter = EntitySwap("companies").bind(bench(only=("ORG",)))

    found = {apply(TEXT, rewriter.rewrite(EXAMPLE, keyed_rng(i))) for i in range(30)}

    assert found == {f"Jane Doe of {other} said {other} rose." for other in ("Globex", "Initech")}


def test_entities_of_the_training_split_stand_in_where_no_gazetteer_is_named(
    bench: Benches,
) -> None:
    rewriter = EntitySwap().bind(bench())

    edits = rewriter.rewrite(EXAMPLE, keyed_rng(1))

    assert edits == (Edit(12, 20, "Hooli"), Edit(26, 34, "Hooli"))
    carried = project(EXAMPLE.spans, edits)
    assert [s and apply(TEXT, edits)[s.start : s.end] for s in carried] == [
        "Jane Doe",
        "Hooli",
        "Hooli",
    ]


def test_what_it_takes_from_is_declared() -> None:
    assert EntitySwap().needs(Path()).mentions
    assert EntitySwap("companies").needs(Path()).gazetteers == ("companies",)
    assert not EntitySwap("companies").needs(Path()).mentions


def test_the_only_entity_of_a_label_is_left_alone(bench: Benches) -> None:
    rewriter = EntitySwap("companies").bind(bench(only=("PERSON",)))

    assert rewriter.rewrite(EXAMPLE, keyed_rng(1)) == ()


def test_the_rate_is_the_chance_of_each_entity(bench: Benches) -> None:
    rewriter = EntitySwap("companies", rate=0.25).bind(bench())

    swapped = [bool(rewriter.rewrite(EXAMPLE, keyed_rng(i))) for i in range(400)]

    assert 60 < sum(swapped) < 140


def test_of_entities_that_overlap_the_first_is_swapped(bench: Benches) -> None:
    example = Example("1", "Acme Ltd Oslo", spans=(Span(5, 13, "ORG"), Span(0, 8, "ORG")))

    edits = EntitySwap("companies").bind(bench()).rewrite(example, keyed_rng(1))

    assert [(edit.start, edit.end) for edit in edits] == [(0, 8)]


def test_every_other_entity_is_as_likely() -> None:
    pool = Pool.of(["a", "b", " c ", "", "b"])

    drawn = [pool.other_than("b", keyed_rng(i)) for i in range(200)]
    assert set(drawn) == {"a", "c"}
    assert 70 < drawn.count("a") < 130
    assert {pool.other_than("new", keyed_rng(i)) for i in range(50)} == {"a", "b", "c"}
    assert Pool.of(["a"]).other_than("a", keyed_rng(1)) is None


def test_an_unknown_gazetteer_is_refused_with_the_nearest(bench: Benches) -> None:
    with pytest.raises(BadParameter, match="did you mean 'companies'"):
        EntitySwap("company").bind(bench())


def test_a_gazetteer_without_terms_of_the_labels_is_refused(bench: Benches) -> None:
    with pytest.raises(BadParameter, match="has no term of MONEY"):
        EntitySwap("companies").bind(bench(only=("MONEY",)))


def test_a_rate_of_nothing_is_refused() -> None:
    with pytest.raises(BadParameter, match="above 0 and at most 1"):
        EntitySwap(rate=0.0)
