"""What the python type of augmenters promises."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labelmill.augment.foreign import ProjectFunction
from labelmill.augment.python import Python, PythonRewriter
from labelmill.core.protocols import Bench
from labelmill.core.seeds import keyed_rng
from labelmill.core.spans import Edit, Example
from labelmill.errors import BadParameter, BadResource
from labelmill.text.edits import apply

Benches = Callable[..., Bench]
FILE = "augmenters/rewriting.py"


def edits_of(answer: Any, text: str = "fine film") -> tuple[Edit, ...]:
    function = ProjectFunction(Path(), "f", lambda example, rng: answer)  # noqa: ARG005
    return PythonRewriter(function, {}).rewrite(Example("1", text), keyed_rng(1))


def test_a_new_text_becomes_edits_of_its_words(bench: Benches) -> None:
    rewriter = Python(f"{FILE}:shout", {"sign": " !"}).bind(bench())

    edits = rewriter.rewrite(Example("1", "fine FILM"), keyed_rng(1))

    assert edits == (Edit(0, 4, "FINE"), Edit(9, 9, " !"))


def test_edits_are_taken_as_they_are_in_order() -> None:
    answer = [(5, 9, "movie"), Edit(0, 4, "good"), (4, 5, " ")]

    assert edits_of(answer) == (Edit(0, 4, "good"), Edit(5, 9, "movie"))
    assert edits_of(iter([(0, 0, "a ")])) == (Edit(0, 0, "a "),)
    assert edits_of(None) == edits_of([]) == edits_of("fine film") == ()


def test_the_generator_decides_what_the_function_draws(bench: Benches) -> None:
    own = Python(f"{FILE}:first_letter").bind(bench())
    foreign = Python(f"{FILE}:globally_random").bind(bench())

    found = {own.rewrite(Example("1", "ab"), keyed_rng(key)) for key in range(20)}
    assert found == {(Edit(0, 1, "x"),), (Edit(0, 1, "yy"),)}
    texts = [apply("a", foreign.rewrite(Example("1", "a"), keyed_rng(key))) for key in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("broken", r"broken raised KeyError: augmenters/rewriting\.py:\d+: 'nothing'"),
        ("seven", "seven gave back 7; wanted a text, None, or a list of edits"),
        ("outside", "outside a text of 4 characters"),
        ("half_an_edit", r"gave back \(0, 1\); wanted"),
    ],
)
def test_a_failure_is_a_value_error_that_says_what_happened(
    name: str, message: str, bench: Benches
) -> None:
    rewriter = Python(f"{FILE}:{name}").bind(bench())

    with pytest.raises(ValueError, match=message):
        rewriter.rewrite(Example("1", "text"), keyed_rng(1))


@pytest.mark.parametrize(
    "answer",
    [[(0, 1, 7)], [("0", 1, "x")], [(0.0, 1, "x")], [7], [(0, 3, "x"), (2, 4, "y")], b"bytes"],
)
def test_other_answers_are_refused(answer: Any) -> None:
    with pytest.raises(ValueError, match=r"wanted|overlaps"):
        edits_of(answer)


@pytest.mark.parametrize(
    ("name", "params", "field", "message"),
    [
        ("shout", {"sing": "?"}, "params.sing", "did you mean 'sign'"),
        ("silent", {"x": 1}, "params.x", "no parameter 'x'"),
        ("shout", {"example": 1}, "params.example", "no parameter 'example'"),
    ],
)
def test_params_are_held_against_the_signature(
    name: str, params: dict[str, Any], field: str, message: str, bench: Benches
) -> None:
    with pytest.raises(BadParameter, match=message) as caught:
        Python(f"{FILE}:{name}", params).bind(bench())

    assert caught.value.field == field


def test_a_required_parameter_and_a_wrong_shape_are_errors(tmp_path: Path, bench: Benches) -> None:
    (tmp_path / "f.py").write_text(
        "def needs_more(example, rng, *, what): ...\ndef too_few(example): ...\n"
        "def open_ended(example, rng, **options): ...\n"
    )
    there = bench(root=tmp_path)

    with pytest.raises(BadParameter, match="'what'"):
        Python("f.py:needs_more").bind(there)
    with pytest.raises(BadParameter, match="cannot be called as"):
        Python("f.py:too_few").bind(there)
    assert Python("f.py:open_ended", {"any": 1}).bind(there).params == {"any": 1}


def test_the_file_must_be_there_and_is_needed(project: Path, bench: Benches) -> None:
    assert Python(f"{FILE}:shout").needs(project).files == (FILE,)
    with pytest.raises(BadResource):
        Python("augmenters/missing.py:shout").bind(bench())
    with pytest.raises(BadParameter, match="wanted a file of the project and a name in it"):
        Python("shout")
