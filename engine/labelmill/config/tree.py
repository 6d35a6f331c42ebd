"""Read YAML 1.2 into a tree of nodes, with all its problems at once."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from labelmill.config.nodes import Node, Place, Trail, written
from labelmill.errors import Problem

LARGEST = 200_000
"""More values than this in one file are refused: aliases can multiply without end."""

_TAG = "tag:yaml.org,2002:"
_TEXTS = frozenset({"str", "timestamp", "value"})
_WORDS = {"true": True, "false": False}


def read(path: Path, shown: str) -> tuple[Node | None, list[Problem]]:
    """Read a config file; `shown` is its name in messages.

    Returns:
        The tree, or None where the file cannot be read as YAML, and the problems.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        return None, [Problem(shown, 0, 0, "file", "", f"cannot be read: {reason}")]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        col = error.start - data.rfind(b"\n", 0, error.start)
        message = f"byte {data[error.start]:#04x} is not UTF-8; save the file as UTF-8"
        return None, [Problem(shown, line, col, "yaml", "", message)]
    tree, problems = parse(text, lambda line, col: Place(shown, line, col))
    if tree is not None and tree.value is None:
        return Node({}, tree.place), problems
    if tree is not None and not isinstance(tree.value, dict):
        message = "a config is a map of keys such as `name:` and `task:`"
        return None, [*problems, _problem(tree.place, "yaml", (), message)]
    return tree, problems


def parse(text: str, place: Callable[[int, int], Place]) -> tuple[Node | None, list[Problem]]:
    """Parse YAML; `place` makes a place from a line and a column, both from 1.

    Example:
        >>> tree, problems = parse("a: NO", lambda line, col: Place("x.yaml", line, col))
        >>> tree.value["a"].value, tree.value["a"].place.col, problems
        ('NO', 4, [])
    """
    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except (YAMLError, RecursionError) as error:
        return None, [_syntax_problem(error, place)]
    if root is None:
        return Node(None, place(1, 1)), []
    reader = _Reader(place)
    try:
        return reader.node(root, None, ()), reader.problems
    except _TooLargeError:
        message = f"more than {LARGEST:,} values; aliases multiply too often"
        return None, [_problem(place(1, 1), "yaml", (), message)]


class _TooLargeError(Exception):
    """A file with more values than anybody writes."""


@dataclass(slots=True)
class _Reader:
    """Turns composed YAML into nodes and gathers what is wrong."""

    place: Callable[[int, int], Place]
    problems: list[Problem] = field(default_factory=list)
    count: int = 0
    open: set[int] = field(default_factory=set)

    def node(self, raw: Any, key: Place | None, trail: Trail) -> Node:
        self.count += 1
        if self.count > LARGEST:
            raise _TooLargeError
        place = self._at(raw)
        if id(raw) in self.open:
            self._refuse(place, trail, "an alias stands inside what it names")
            return Node(None, place, key)
        self.open.add(id(raw))
        value = self._value(raw, place, trail)
        self.open.discard(id(raw))
        return Node(value, place, key)

    def _value(self, raw: Any, place: Place, trail: Trail) -> Any:
        tag = str(raw.tag)
        if isinstance(raw, ScalarNode):
            return self._scalar(tag.removeprefix(_TAG), raw.value, place, trail)
        if tag not in (_TAG + "map", _TAG + "seq"):
            self._refuse(place, trail, f"the tag {_short(tag)} has no meaning here")
        if isinstance(raw, SequenceNode):
            return tuple(self.node(item, None, (*trail, i)) for i, item in enumerate(raw.value))
        return self._map(raw, trail)

    def _map(self, raw: MappingNode, trail: Trail) -> dict[str, Node]:
        found: dict[str, Node] = {}
        merged: dict[str, Node] = {}
        for raw_key, raw_value in raw.value:
            at = self._at(raw_key)
            if str(raw_key.tag) == _TAG + "merge":
                merged |= self._merge_key(raw_value, at, trail)
                continue
            before = len(self.problems)
            key = self._key(raw_key, at, trail)
            wrong = len(self.problems) > before
            if key in found:
                first = found[key].key
                line = first.line if first is not None else 0
                self._refuse(at, (*trail, key), f"the key stands twice (first on line {line})")
            found[key] = replace(self.node(raw_value, at, (*trail, key)), broken=wrong)
        return {**merged, **found}

    def _merge_key(self, raw: Any, at: Place, trail: Trail) -> dict[str, Node]:
        parts = raw.value if isinstance(raw, SequenceNode) else [raw]
        merged: dict[str, Node] = {}
        for part in reversed(parts):
            value = self.node(part, at, (*trail, "<<")).value
            if isinstance(value, dict):
                merged |= value
            else:
                self._refuse(at, (*trail, "<<"), "`<<` takes a map or a list of maps")
        return merged

    def _key(self, raw: Any, at: Place, trail: Trail) -> str:
        if not isinstance(raw, ScalarNode):
            self._refuse(at, trail, "a key is a word, not a list or a map")
            return ""
        value = self._scalar(str(raw.tag).removeprefix(_TAG), raw.value, at, trail)
        if not isinstance(value, str):
            kind = {bool: "true or false", type(None): "nothing"}.get(type(value), "a number")
            self._refuse(
                at,
                (*trail, str(raw.value)),
                f"the key {raw.value} is read as {kind}; write it in quotes: '{raw.value}'",
            )
            return str(raw.value)
        return value

    def _scalar(self, tag: str, text: str, place: Place, trail: Trail) -> Any:
        if tag in _TEXTS:
            return self._text(text, place, trail)
        if tag == "null":
            return None
        if tag == "bool" and text.lower() in _WORDS:
            return _WORDS[text.lower()]
        try:
            if tag in _NUMBERS:
                return _NUMBERS[tag](text)
        except (ValueError, OverflowError):
            self._refuse(place, trail, f"the number {text[:40]} is none that can be used here")
            return 0
        self._refuse(place, trail, f"the tag {_short(tag)} has no meaning here")
        return text

    def _text(self, text: str, place: Place, trail: Trail) -> str:
        """A text; an escaped pair of surrogates, as JSON writes it, is one character."""
        if text.isascii():
            return text
        try:
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            self._refuse(place, trail, "half of a surrogate pair is no character")
            return ""

    def _at(self, raw: Any) -> Place:
        return self.place(raw.start_mark.line + 1, raw.start_mark.column + 1)

    def _refuse(self, place: Place, trail: Trail, message: str) -> None:
        self.problems.append(_problem(place, "yaml", trail, message))


def _whole_number(text: str) -> int:
    digits = text.replace("_", "")
    prefixed = digits.lstrip("+-")[:2].lower() in ("0x", "0o", "0b")
    return int(digits, 0 if prefixed else 10)


def _number(text: str) -> float:
    number = float(text.replace("_", ""))
    if not math.isfinite(number):
        raise ValueError
    return number


_NUMBERS: dict[str, Callable[[str], int | float]] = {"int": _whole_number, "float": _number}


def _short(tag: str) -> str:
    return "!!" + tag.removeprefix(_TAG) if not tag.startswith("!") else tag


def _problem(place: Place, code: str, trail: Trail, message: str) -> Problem:
    return Problem(place.file, place.line, place.col, code, written(trail), message)


def _syntax_problem(error: Exception, place: Callable[[int, int], Place]) -> Problem:
    if isinstance(error, MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        said = ", ".join(part for part in (error.context, error.problem) if part)
        line, col = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        return _problem(place(line, col), "yaml", (), _hinted(said))
    if isinstance(error, ReaderError):
        at = place(int(getattr(error, "line", 0)) + 1, int(getattr(error, "column", 0)) + 1)
        return _problem(at, "yaml", (), "holds a control character; write it as \\x.. in quotes")
    return _problem(place(1, 1), "yaml", (), f"cannot be read as YAML: {error}")


def _hinted(said: str) -> str:
    if "cannot start any token" in said and "\\t" in said:
        return "a tab cannot indent YAML; use spaces"
    if "mapping values are not allowed" in said:
        return f"{said}; put a text with ': ' in quotes"
    if "unknown escape character" in said:
        return f"{said}; put a regular expression in single quotes"
    return said
