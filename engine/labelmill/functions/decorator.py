"""The decorator that tells labelmill what a project's Python function reads and is tested with."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar, overload

from labelmill.errors import BadParameter, nearest

Function = TypeVar("Function", bound=Callable[..., Any])

BatchForm = Literal["pandas", "arrow", "rows"]
BATCH_FORMS: tuple[BatchForm, ...] = ("pandas", "arrow", "rows")
READINGS = ("tokens", "doc")

Texts = str | Sequence[str]


@dataclass(frozen=True, slots=True)
class FunctionFacts:
    """What the decorator knows of a function.

    Attributes:
        needs: source columns that it reads, beside the id and the text.
        readings: `tokens`, `doc` or both.
        should: texts that it must vote for, by label; under None, for any label.
        should_not: texts on which it must abstain.
        batch: the form in which a batch function gets its rows; None for a row function.
    """

    needs: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()
    should: Mapping[str | None, tuple[str, ...]] = field(default_factory=dict)
    should_not: tuple[str, ...] = ()
    batch: BatchForm | None = None


@overload
def labeling_function(function: Function, /) -> Function: ...


@overload
def labeling_function(
    *,
    needs: Texts = ...,
    should: Texts | Mapping[str, Texts] = ...,
    should_not: Texts = ...,
    batch: BatchForm | None = ...,
) -> Callable[[Function], Function]: ...


def labeling_function(
    function: Any = None,
    /,
    *,
    needs: Texts = (),
    should: Texts | Mapping[str, Texts] = (),
    should_not: Texts = (),
    batch: BatchForm | None = None,
) -> Any:
    """Say what a labeling function reads, and texts that it is tested with.

    The function stays as it is and can be called as before. Without the decorator a function
    reads the text and has no examples of its own.

    Args:
        function: the function, where the decorator stands without parentheses.
        needs: what the function reads: `"text"`, names of source columns, `"tokens"`, `"doc"`.
        should: texts that it must vote for; a map from label to texts says which label.
        should_not: texts on which it must abstain.
        batch: let the function take a whole batch, as a `pandas` DataFrame, an `arrow` Table or
            a list of `rows`.

    Example:
        >>> @labeling_function(needs="text", should=["BUY NOW"], should_not=["ok"])
        ... def shouting(row, *, ratio=0.6):
        ...     return "spam" if row.text.isupper() else None
        >>> facts_of(shouting).should, facts_of(shouting).should_not
        ({None: ('BUY NOW',)}, ('ok',))
    """
    read = _texts("needs", needs)
    facts = FunctionFacts(
        needs=tuple(name for name in read if name not in ("id", "text", *READINGS)),
        readings=tuple(name for name in READINGS if name in read),
        should=_should(should),
        should_not=_texts("should_not", should_not),
        batch=_batch(batch),
    )

    def attach(decorated: Any) -> Any:
        if not callable(decorated):
            message = f"stands on a function, found {type(decorated).__name__}"
            raise BadParameter("labeling_function", message)
        decorated.__labelmill__ = facts
        return decorated

    return attach if function is None else attach(function)


def facts_of(function: Callable[..., Any]) -> FunctionFacts:
    """What the decorator noted on a function, or the defaults."""
    facts = getattr(function, "__labelmill__", None)
    return facts if isinstance(facts, FunctionFacts) else FunctionFacts()


def _should(should: Texts | Mapping[str, Texts]) -> dict[str | None, tuple[str, ...]]:
    if isinstance(should, Mapping):
        return {label: _texts(f"should.{label}", texts) for label, texts in should.items()}
    texts = _texts("should", should)
    return {None: texts} if texts else {}


def _texts(name: str, texts: Texts) -> tuple[str, ...]:
    given = (texts,) if isinstance(texts, str) else tuple(texts)
    for text in given:
        if not isinstance(text, str):
            raise BadParameter(name, f"takes strings, found {text!r}{_elsewhere(text)}")
    return given


def _elsewhere(example: object) -> str:
    return "; examples that are rows stand in the config" if isinstance(example, Mapping) else ""


def _batch(batch: Any) -> BatchForm | None:
    if batch is not None and batch not in BATCH_FORMS:
        message = f"no form of batch is called {batch!r}{nearest(str(batch), BATCH_FORMS)}"
        raise BadParameter("batch", message)
    form: BatchForm | None = batch
    return form
