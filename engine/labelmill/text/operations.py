"""What the operators and functions of the expression language do with values and nulls."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

Number = (int, float, Decimal)


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language, and how many arguments it takes."""

    call: Callable[..., Any]
    least: int
    most: int

    def wanted(self) -> str:
        """How many arguments, in words.

        Example:
            >>> Function(len, 1, 1).wanted(), Function(max, 2, 3).wanted()
            ('1 argument', '2 to 3 arguments')
        """
        if self.least == self.most:
            return f"{self.least} argument{'s' if self.least != 1 else ''}"
        return f"{self.least} to {self.most} arguments"


def is_null(value: Any) -> bool:
    """Whether a value is null or NaN.

    Example:
        >>> is_null(None), is_null(float("nan")), is_null(0)
        (True, True, False)
    """
    return value is None or (isinstance(value, float) and value != value)  # noqa: PLR0124 (NaN)


def compare(sign: str, operation: Callable[[Any, Any], Any], left: Any, right: Any) -> bool:
    """Compare two values of one kind; false where one is null.

    A date or time may be compared with a text in ISO form.

    Raises:
        TypeError: if the values are of different kinds.

    Example:
        >>> import operator
        >>> compare("<", operator.lt, 1, 2.5), compare("!=", operator.ne, None, 1)
        (True, False)
        >>> compare("<", operator.lt, date(2026, 1, 1), "2026-11-21")
        True
    """
    if is_null(left) or is_null(right):
        return False
    left, right = _dated(left, right), _dated(right, left)
    if kind(left) != kind(right):
        message = f"{_shown(left)} {sign} {_shown(right)} compares different kinds"
        raise TypeError(message)
    return bool(operation(left, right))


def arithmetic(sign: str, operation: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    """Work out a sum, product, ...; null where one side is null. Two texts can be added.

    Raises:
        TypeError: if the values are neither two numbers nor, for +, two texts.

    Example:
        >>> import operator
        >>> arithmetic("*", operator.mul, 2, 3), arithmetic("*", operator.mul, 2, None)
        (6, None)
    """
    if is_null(left) or is_null(right):
        return None
    kinds = {kind(left), kind(right)}
    if kinds == {"number"} or (kinds == {"text"} and sign == "+"):
        return operation(left, right)
    message = f"{_shown(left)} {sign} {_shown(right)} is not defined"
    raise TypeError(message)


def contains(whole: Any, part: Any) -> bool | None:
    """Whether a text stands in a text, or a value in a list; None where one is null.

    Raises:
        TypeError: if there is nothing to look in.

    Example:
        >>> contains("fine film", "film"), contains([1, 2], 3), contains(None, 3)
        (True, False, None)
    """
    if is_null(whole) or is_null(part):
        return None
    if isinstance(whole, str):
        if not isinstance(part, str):
            message = f"{_shown(part)} cannot stand in a text"
            raise TypeError(message)
        return part in whole
    if isinstance(whole, list | tuple):
        return _is_item(part, [item for item in whole if not is_null(item)])
    message = f"{_shown(whole)} is neither a text nor a list, so nothing stands in it"
    raise TypeError(message)


def kind(value: Any) -> str:
    """What a value is, as far as comparing goes.

    Example:
        >>> kind(1), kind(True), kind("a"), kind([1])
        ('number', 'truth value', 'text', 'list')
    """
    if isinstance(value, bool):
        return "truth value"
    if isinstance(value, Number):
        return "number"
    if isinstance(value, str):
        return "text"
    return "list" if isinstance(value, list | tuple) else type(value).__name__


def compiled_regex(pattern: str) -> re.Pattern[str]:
    """Compile a regular expression.

    Raises:
        ValueError: if it does not compile.
    """
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        message = f"the pattern {pattern!r} does not compile: {error}"
        raise ValueError(message) from error


def _is_item(value: Any, items: list[Any]) -> bool:
    alike = [item for item in items if kind(item) == kind(value)]
    if items and not alike:
        message = f"{_shown(value)} is sought in a list of another kind, {_shown(items)}"
        raise TypeError(message)
    return value in alike


def _dated(value: Any, other: Any) -> Any:
    if isinstance(value, str) and isinstance(other, date):
        try:
            return type(other).fromisoformat(value)
        except ValueError as error:
            wanted = "2026-11-21T02:00:00" if isinstance(other, datetime) else "2026-11-21"
            message = f"{value!r} cannot be compared with a date; write it like {wanted}"
            raise TypeError(message) from error
    return value


def _shown(value: Any) -> str:
    shown = repr(value)
    return f"{shown if len(shown) <= 40 else shown[:37] + '...'} ({kind(value)})"


def _text(value: Any) -> str:
    if not isinstance(value, str):
        message = f"{_shown(value)} is not a text"
        raise TypeError(message)
    return value


def _number(value: Any) -> Any:
    if kind(value) != "number":
        message = f"{_shown(value)} is not a number"
        raise TypeError(message)
    return value


def _of_texts(call: Callable[..., Any]) -> Callable[..., Any]:
    """A function of texts that gives null for a null."""

    def lifted(*values: Any) -> Any:
        return None if any(map(is_null, values)) else call(*map(_text, values))

    return lifted


def _of_numbers(call: Callable[..., Any]) -> Callable[..., Any]:
    def lifted(*values: Any) -> Any:
        return None if any(map(is_null, values)) else call(*map(_number, values))

    return lifted


def _length(value: Any) -> int | None:
    if is_null(value):
        return None
    return len(value) if isinstance(value, Sequence) else len(_text(value))


def _matches(value: Any, pattern: re.Pattern[str]) -> bool | None:
    return None if is_null(value) else pattern.search(_text(value)) is not None


def _coalesce(*values: Any) -> Any:
    return next((value for value in values if not is_null(value)), None)


FUNCTIONS: dict[str, Function] = {
    "len": Function(_length, 1, 1),
    "lower": Function(_of_texts(str.lower), 1, 1),
    "upper": Function(_of_texts(str.upper), 1, 1),
    "strip": Function(_of_texts(str.strip), 1, 1),
    "abs": Function(_of_numbers(abs), 1, 1),
    "min": Function(_of_numbers(min), 2, 20),
    "max": Function(_of_numbers(max), 2, 20),
    "round": Function(_of_numbers(round), 1, 2),
    "contains": Function(contains, 2, 2),
    "startswith": Function(_of_texts(str.startswith), 2, 2),
    "endswith": Function(_of_texts(str.endswith), 2, 2),
    "matches": Function(_matches, 2, 2),
    "count": Function(_of_texts(str.count), 2, 2),
    "is_null": Function(is_null, 1, 1),
    "coalesce": Function(_coalesce, 1, 20),
}
"""Every function of the language; all but is_null and coalesce give null for a null."""
