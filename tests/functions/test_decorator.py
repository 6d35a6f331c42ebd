from typing import Any

import pytest

from labelmill.errors import BadParameter
from labelmill.functions.decorator import FunctionFacts, facts_of, labeling_function


def plain(row: Any) -> str | None:
    """Say nothing."""
    return None


def test_a_function_without_the_decorator_has_the_defaults() -> None:
    assert facts_of(plain) == FunctionFacts()


def test_the_function_stays_as_it_is() -> None:
    def quiet(row: Any) -> str:
        return "ham"

    assert labeling_function(needs="text")(quiet) is quiet
    assert quiet(None) == "ham"


def test_the_decorator_stands_with_or_without_parentheses() -> None:
    @labeling_function
    def bare(row: Any) -> None: ...

    @labeling_function()
    def called(row: Any) -> None: ...

    assert facts_of(bare) == facts_of(called) == FunctionFacts()


def test_needs_are_columns_beside_the_text_and_readings() -> None:
    @labeling_function(needs=("doc", "text", "stars", "tokens", "id", "author"))
    def function(row: Any) -> None: ...

    facts = facts_of(function)
    assert (facts.needs, facts.readings) == (("stars", "author"), ("tokens", "doc"))


@pytest.mark.parametrize(
    ("should", "expected"),
    [
        ("BUY", {None: ("BUY",)}),
        (["BUY", "SELL"], {None: ("BUY", "SELL")}),
        ({"spam": "BUY", "ham": ["hi", "ho"]}, {"spam": ("BUY",), "ham": ("hi", "ho")}),
        ((), {}),
    ],
)
def test_examples_are_kept_by_label(should: Any, expected: Any) -> None:
    @labeling_function(should=should, should_not="ok")
    def function(row: Any) -> None: ...

    assert (facts_of(function).should, facts_of(function).should_not) == (expected, ("ok",))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"needs": (3,)}, "needs: takes strings, found 3"),
        ({"should": [{"text": "hi"}]}, "'hi'}; examples that are rows stand in the config"),
        ({"should": {"spam": [None]}}, "should.spam: takes strings, found None"),
        ({"batch": "panda"}, r"batch: no form of batch is called 'panda' \(did you mean 'pandas'"),
    ],
)
def test_wrong_arguments_are_refused(arguments: Any, message: str) -> None:
    with pytest.raises(BadParameter, match=message):
        labeling_function(**arguments)


def test_it_stands_on_functions_only() -> None:
    with pytest.raises(BadParameter, match="stands on a function, found int"):
        labeling_function()(3)  # type: ignore[type-var]
