"""Expressions compiled into databases of Hyperscan, and these as bytes for other processes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any


@cache
def hyperscan() -> ModuleType | None:
    """Hyperscan, or None on a system for which there is none."""
    try:
        import hyperscan as module  # noqa: PLC0415 (not there on every system)
    except ImportError:
        return None
    found: ModuleType = module
    return found


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression over bytes, and the number of the probe that it belongs to."""

    text: bytes
    probe: int


@dataclass(frozen=True, slots=True)
class Compiled:
    """What came of compiling, for other processes of this machine; `database` as bytes."""

    database: bytes | None
    refused: frozenset[int]
    seconds: float


def flags_of(*names: str) -> int:
    """Flags of Hyperscan by their names."""
    module = hyperscan()
    return sum(getattr(module, name) for name in names)


def compiled_of(expressions: Sequence[Expression], flags: int) -> tuple[Any, frozenset[int]]:
    """A database without the probes that cannot be compiled, None if it is empty; and those."""
    module = hyperscan()
    if not expressions or module is None:
        return None, frozenset(e.probe for e in expressions)
    try:
        return _database(module, expressions, flags), frozenset()
    except module.HyperscanError:
        refused = _refused(module, expressions, flags)
    rest = [e for e in expressions if e.probe not in refused]
    return (_database(module, rest, flags) if rest else None), refused


def _database(module: ModuleType, expressions: Sequence[Expression], flags: int) -> Any:
    database = module.Database(mode=module.HS_MODE_BLOCK)
    database.compile(
        expressions=[e.text for e in expressions],
        ids=[e.probe for e in expressions],
        elements=len(expressions),
        flags=[flags] * len(expressions),
    )
    return database


def dumped(database: Any) -> bytes | None:
    """A database as bytes; None for none."""
    module = hyperscan()
    if database is None or module is None:
        return None
    found: bytes = module.dumpb(database)
    return found


def loaded(content: bytes | None) -> Any:
    """What `dumped` gave, at work."""
    module = hyperscan()
    if content is None or module is None:
        return None
    database = module.loadb(content, module.HS_MODE_BLOCK)
    database.scratch = module.Scratch(database)
    return database


def _refused(module: ModuleType, expressions: Sequence[Expression], flags: int) -> frozenset[int]:
    """The probes of expressions that do not compile, found by halves."""
    try:
        _database(module, expressions, flags)
    except module.HyperscanError:
        if len(expressions) == 1:
            return frozenset({expressions[0].probe})
        half = len(expressions) // 2
        parts = expressions[:half], expressions[half:]
        return frozenset().union(*(_refused(module, part, flags) for part in parts))
    return frozenset()
