"""What the snorkel type of augmenters promises."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from snorkel.augmentation import ApplyOnePolicy, PandasTFApplier

from labelmill.augment.snorkel import Snorkel
from labelmill.core.protocols import Bench, Rewriter
from labelmill.core.seeds import keyed_rng
from labelmill.core.spans import Edit, Example, Span
from labelmill.errors import BadParameter, BadResource
from labelmill.io.modules import load_function
from labelmill.text.edits import apply, project

Benches = Callable[..., Bench]
FILE = "augmenters/rewriting.py"


def bound(name: str, bench: Benches) -> Rewriter:
    return Snorkel(f"{FILE}:{name}").bind(bench())


def test_it_gives_the_texts_of_snorkels_own_applier(project: Path, bench: Benches) -> None:
    texts = ["one two  three", "a\tb c", "alone", ""]
    function = load_function(project, f"{FILE}:drop_first_word")
    frame = pd.DataFrame({"text": texts})
    applier = PandasTFApplier([function], ApplyOnePolicy(1, keep_original=False))
    expected = applier.apply(frame, progress_bar=False).text.tolist()

    rewriter = bound("drop_first_word", bench)
    found = [apply(t, rewriter.rewrite(Example("1", t), keyed_rng(1))) for t in texts]

    assert [new for new, old in zip(found, texts, strict=True) if new != old] == expected
    assert found[2:] == texts[2:]


def test_the_function_sees_columns_and_label(bench: Benches) -> None:
    example = Example("1", "text", label="ham", columns={"stars": 4})

    edits = bound("label_in_front", bench).rewrite(example, keyed_rng(1))

    assert edits == (Edit(0, 0, "ham 4 "),)
    assert Snorkel(f"{FILE}:label_in_front").needs(bench().root).columns is None


def test_entities_outside_the_change_are_carried(bench: Benches) -> None:
    text = "Big Acme rose"
    spans = (Span(0, 3, "ORG"), Span(4, 8, "ORG"))

    edits = bound("drop_first_word", bench).rewrite(Example("1", text, spans=spans), keyed_rng(1))

    assert apply(text, edits) == "Acme rose"
    assert project(spans, edits) == [None, Span(0, 4, "ORG")]


def test_draws_of_the_function_depend_on_the_generator_alone(bench: Benches) -> None:
    rewriter = bound("random_word", bench)
    example = Example("1", "one two three four")

    found = [rewriter.rewrite(example, keyed_rng(key)) for key in (1, 1, 2, 3)]

    assert found[0] == found[1]
    assert len(set(found)) > 1


def test_an_answer_without_a_text_is_an_error(bench: Benches) -> None:
    with pytest.raises(ValueError, match="forgetful gave back 'a text'; wanted None, or a data"):
        bound("forgetful", bench).rewrite(Example("1", "x"), keyed_rng(1))


def test_a_function_that_raises_is_an_error_with_its_place(bench: Benches) -> None:
    with pytest.raises(ValueError, match=r"raised KeyError: augmenters/rewriting\.py:\d+: 'stars'"):
        bound("label_in_front", bench).rewrite(Example("1", "x"), keyed_rng(1))


def test_a_plain_function_is_refused_with_what_to_do(bench: Benches) -> None:
    with pytest.raises(BadResource, match="wanted a snorkel TransformationFunction"):
        bound("shout", bench)
    with pytest.raises(BadParameter, match="a name in it"):
        Snorkel("rewriting")
