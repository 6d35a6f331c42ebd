"""A small, safe expression language over the columns of a row and the measures of its text."""

import ast
import operator
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from labelmill.errors import BadParameter, nearest
from labelmill.text.measures import MEASURES
from labelmill.text.operations import (
    FUNCTIONS,
    Function,
    arithmetic,
    compare,
    compiled_regex,
    contains,
    is_null,
)

_LINE_END = re.compile(r"[\r\n\f]")
MAX_LENGTH = 5_000
MAX_DEPTH = 40
_CONSTANTS = {"true": True, "false": False, "null": None}
_COMPARISONS = {
    ast.Eq: ("==", operator.eq),
    ast.NotEq: ("!=", operator.ne),
    ast.Lt: ("<", operator.lt),
    ast.LtE: ("<=", operator.le),
    ast.Gt: (">", operator.gt),
    ast.GtE: (">=", operator.ge),
}
_ARITHMETIC = {
    ast.Add: ("+", operator.add),
    ast.Sub: ("-", operator.sub),
    ast.Mult: ("*", operator.mul),
    ast.Div: ("/", operator.truediv),
    ast.FloorDiv: ("//", operator.floordiv),
    ast.Mod: ("%", operator.mod),
}


class Columns(Protocol):
    """A row, or anything else that gives the value of a column by its name."""

    def __getitem__(self, name: str, /) -> Any:
        """The value of a column."""
        ...


Evaluate = Callable[[Columns], Any]


@dataclass(frozen=True, slots=True)
class Expression:
    r"""An expression that was read and checked.

    The syntax is a part of Python's: `and`, `or`, `not`; comparisons, which may be chained; `in`
    and `not in` with a list or a text; `+ - * / // %`; numbers, texts in quotes, `true`, `false`,
    `null`; and calls of a fixed set of functions. A name is a measure of the text (`n_words`),
    `text`, `id`, or else a column; `column('odd name')` is any column. A backslash in a text
    stands for itself, as in regular expressions.

    A null (or NaN) is handled as in SQL's `where`: every comparison with it is false, `!=` and
    `not in` included; arithmetic with it is null; in `and`, `or` and `not` it counts as false. Ask
    for it with `is_null(x)`.

    Attributes:
        source: the expression as written.
        columns: the columns that it reads, besides `text` and `id`.

    Example:
        >>> expression = Expression.parse(r"stars >= 4 and not matches(text, '\bbut\b')")
        >>> expression.columns
        frozenset({'stars'})
        >>> expression.evaluate({"stars": 5, "text": "fine film"})
        True
        >>> expression.evaluate({"stars": None, "text": "fine film"})
        False
    """

    source: str
    columns: frozenset[str]
    _evaluate: Evaluate = field(repr=False, compare=False)

    @classmethod
    def parse(cls, source: str, field: str = "expression") -> "Expression":
        """Read an expression.

        Args:
            source: the expression.
            field: the parameter that an error names.

        Raises:
            BadParameter: if it is not one; says at which character.
        """
        reader = _Reader(source, field)
        evaluate = reader.read()
        return cls(source, frozenset(reader.columns), evaluate)

    def evaluate(self, row: Columns) -> Any:
        """The value for one row.

        Raises:
            ValueError: if the values do not fit the operations: 'a' < 1, 1 / 0, a missing column.
        """
        try:
            return self._evaluate(row)
        except (TypeError, ArithmeticError, KeyError) as error:
            message = f"{self.source!r} cannot be worked out: {_reason(error)}"
            raise ValueError(message) from error

    def holds(self, row: Columns) -> bool:
        """Whether the value is true; null is not.

        Raises:
            ValueError: as `evaluate`.
        """
        return _truth(self.evaluate(row))


class _Reader:
    """Turns the syntax tree of one expression into nested functions."""

    def __init__(self, source: str, field: str) -> None:
        self.source = source
        self.field = field
        self.columns: set[str] = set()
        # A backslash stands for itself: Python is shown two.
        self.shown = _LINE_END.sub(" ", source).replace("\\", "\\\\")
        self.indent = len(self.shown) - len(self.shown.lstrip())

    def read(self) -> Evaluate:
        if not self.source.strip():
            raise self._bad(1, "it is empty")
        if len(self.source) > MAX_LENGTH:
            raise self._bad(MAX_LENGTH, f"it is longer than {MAX_LENGTH} characters")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Python's advice on style
                tree = ast.parse(self.shown.strip(), mode="eval")
        except SyntaxError as error:
            place = self._place((error.offset or len(self.shown) + 1) - 1)
            raise self._bad(place, f"this is no expression ({error.msg})") from error
        except (ValueError, MemoryError, RecursionError) as error:
            raise self._bad(1, f"this is no expression ({error})") from error
        return self._compile(tree.body, 0)

    def _compile(self, node: ast.expr, depth: int) -> Evaluate:
        if depth > MAX_DEPTH:
            raise self._wrong(node, f"it is nested deeper than {MAX_DEPTH} levels")
        compiler = self._compilers().get(type(node))
        if compiler is None:
            raise self._wrong(node, _refusal(node))
        return compiler(node, depth + 1)

    def _compilers(self) -> dict[type[ast.expr], Callable[[Any, int], Evaluate]]:
        return {
            ast.Constant: self._constant,
            ast.Name: self._name,
            ast.BoolOp: self._bool,
            ast.UnaryOp: self._unary,
            ast.BinOp: self._binary,
            ast.Compare: self._compare,
            ast.Call: self._call,
            ast.List: self._list,
            ast.Tuple: self._list,
        }

    def _constant(self, node: ast.Constant, _: int) -> Evaluate:
        value = node.value
        if value is not None and type(value) not in (str, bool, int, float):
            raise self._wrong(node, "only numbers, texts, true, false and null can stand here")
        if isinstance(value, str) and self._is_raw(node):
            value = value.replace("\\\\", "\\")
        return lambda _: value

    def _name(self, node: ast.Name, _: int) -> Evaluate:
        name = node.id
        if name in _CONSTANTS:
            value = _CONSTANTS[name]
            return lambda _: value
        if name in FUNCTIONS or name == "column":
            raise self._wrong(node, f"'{name}' is a function; call it: {name}(...)")
        if name in MEASURES:
            measure = MEASURES[name]
            return lambda row: measure(row["text"])
        return self._column(name)

    def _column(self, name: str) -> Evaluate:
        if name not in ("text", "id"):
            self.columns.add(name)
        return lambda row: row[name]

    def _bool(self, node: ast.BoolOp, depth: int) -> Evaluate:
        parts = [self._compile(value, depth) for value in node.values]
        if isinstance(node.op, ast.And):
            return lambda row: all(_truth(part(row)) for part in parts)
        return lambda row: any(_truth(part(row)) for part in parts)

    def _unary(self, node: ast.UnaryOp, depth: int) -> Evaluate:
        part = self._compile(node.operand, depth)
        if isinstance(node.op, ast.Not):
            return lambda row: not _truth(part(row))
        if isinstance(node.op, ast.USub):
            return lambda row: arithmetic("-", operator.sub, 0, part(row))
        raise self._wrong(node, "only `not` and `-` can stand before a value")

    def _binary(self, node: ast.BinOp, depth: int) -> Evaluate:
        if type(node.op) not in _ARITHMETIC:
            raise self._wrong(node, "only + - * / // % are known here")
        sign, operation = _ARITHMETIC[type(node.op)]
        left, right = self._compile(node.left, depth), self._compile(node.right, depth)
        return lambda row: arithmetic(sign, operation, left(row), right(row))

    def _compare(self, node: ast.Compare, depth: int) -> Evaluate:
        parts = [node.left, *node.comparators]
        for part in parts:
            if _is_null_literal(part):
                raise self._wrong(part, "no comparison with null is ever true; use is_null(...)")
        values = [self._compile(part, depth) for part in parts]
        checks = [self._comparison(op, node) for op in node.ops]

        def evaluate(row: Columns) -> bool:
            left = values[0](row)
            for check, value in zip(checks, values[1:], strict=True):
                right = value(row)
                if not check(left, right):
                    return False
                left = right
            return True

        return evaluate

    def _comparison(self, op: ast.cmpop, node: ast.Compare) -> Callable[[Any, Any], bool]:
        if isinstance(op, ast.In):
            return lambda left, right: contains(right, left) is True
        if isinstance(op, ast.NotIn):
            return lambda left, right: contains(right, left) is False
        if type(op) not in _COMPARISONS:
            raise self._wrong(node, "`is` is not known here; use == or is_null(...)")
        sign, operation = _COMPARISONS[type(op)]
        return lambda left, right: compare(sign, operation, left, right)

    def _list(self, node: ast.List | ast.Tuple, depth: int) -> Evaluate:
        parts = [self._compile(part, depth) for part in node.elts]
        return lambda row: [part(row) for part in parts]

    def _call(self, node: ast.Call, depth: int) -> Evaluate:
        if not isinstance(node.func, ast.Name):
            raise self._wrong(node, _refusal(node.func))
        name = node.func.id
        if node.keywords:
            raise self._wrong(node, f"{name}(...) takes no named arguments")
        if name == "column":
            wanted = "column('name') takes one name in quotes"
            if len(node.args) > 1:
                raise self._wrong(node, wanted)
            return self._column(self._literal(node, 0, wanted))
        if name not in FUNCTIONS:
            message = f"there is no function '{name}'{nearest(name, [*FUNCTIONS, 'column'])}"
            raise self._wrong(node, message)
        return self._checked_call(name, FUNCTIONS[name], node, depth)

    def _checked_call(self, name: str, function: Function, node: ast.Call, depth: int) -> Evaluate:
        if not function.least <= len(node.args) <= function.most:
            message = f"{name}(...) takes {function.wanted()}, found {len(node.args)}"
            raise self._wrong(node, message)
        if name == "matches":
            pattern = self._literal(node, 1, "the pattern must stand here in quotes")
            try:
                regex = compiled_regex(pattern)
            except ValueError as error:
                raise self._wrong(node.args[1], str(error)) from error
            subject = self._compile(node.args[0], depth)
            return lambda row: function.call(subject(row), regex)
        parts = [self._compile(part, depth) for part in node.args]
        return lambda row: function.call(*[part(row) for part in parts])

    def _literal(self, node: ast.Call, index: int, wanted: str) -> str:
        value = node.args[index] if index < len(node.args) else None
        if not isinstance(value, ast.Constant) or not isinstance(value.value, str):
            raise self._wrong(value or node, wanted)
        text = value.value
        return text.replace("\\\\", "\\") if self._is_raw(value) else text

    def _is_raw(self, node: ast.Constant) -> bool:
        return self.shown.strip()[self._offset(node) :][:1] in ("r", "R")

    def _offset(self, node: ast.expr) -> int:
        return len(self.shown.strip().encode()[: node.col_offset].decode())

    def _wrong(self, node: ast.expr, message: str) -> BadParameter:
        return self._bad(self._place(self._offset(node)), message)

    def _place(self, offset: int) -> int:
        """The character of the source, counted from 1, for an offset into what Python was shown."""
        head = self.shown[: self.indent + offset]
        return len(head) - head.count("\\\\") + 1

    def _bad(self, place: int, message: str) -> BadParameter:
        return BadParameter(self.field, f"{self.source!r}, character {place}: {message}")


def _truth(value: Any) -> bool:
    return not is_null(value) and bool(value)


def _is_null_literal(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return node.value is None
    return isinstance(node, ast.Name) and node.id == "null"


def _refusal(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"a dot is not known here; write {node.attr}(...) where it is a function"
    kind = type(node).__name__
    return f"this is not part of the expression language ({kind})"


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"there is no column {error.args[0]!r}" if error.args else "a column is missing"
    return str(error)
