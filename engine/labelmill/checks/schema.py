"""The `schema` check: the columns of a table and their types."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import pyarrow as pa
import pyarrow.types as kinds

from labelmill.core.facts import Facts, Finding
from labelmill.core.registry import CHECKS
from labelmill.errors import BadParameter, nearest


def _is_text(kind: pa.DataType) -> bool:
    if kinds.is_dictionary(kind):
        return _is_text(kind.value_type)
    return bool(kinds.is_string(kind) or kinds.is_large_string(kind) or kinds.is_string_view(kind))


FAMILIES: dict[str, Callable[[pa.DataType], bool]] = {
    "any": lambda _: True,
    "string": _is_text,
    "integer": kinds.is_integer,
    "float": kinds.is_floating,
    "number": lambda kind: kinds.is_integer(kind) or kinds.is_floating(kind),
    "boolean": kinds.is_boolean,
    "time": kinds.is_temporal,
    "list": lambda kind: kinds.is_list(kind) or kinds.is_large_list(kind),
    "struct": kinds.is_struct,
}
"""Names that stand for several Arrow types, and what they hold for."""


@CHECKS.add("schema")
@dataclass(frozen=True, slots=True)
class Schema:
    """Compare the columns of a table with those that its readers expect.

    `of` says which table: a split or `labels` as they are written, or `source`, which is every
    input file of the snapshot. The columns that the job itself names are checked in any case before
    a run; this check is for what others rely on, such as carried columns, and for columns of the
    source that should not change unnoticed. A column's type is a family (`any`, `string`,
    `integer`, `float`, `number`, `boolean`, `time`, `list`, `struct`), or exactly one Arrow type
    such as `int64` or `float32`. The value found is the number of columns that are not as wanted.

    Attributes:
        columns: type of each column that has to be there, by name.
        of: `labels`, `train`, `dev`, `test` or `source`.
        others: whether columns that are not named are allowed, or refused.

    Example:
        >>> from labelmill.core.tables import HeldTables
        >>> train = pa.table({"id": ["a"], "stars": [5.0]})
        >>> facts = Facts(1, {}, {}, {}, (), {}, tables=HeldTables({"train": train}))
        >>> Schema({"id": "string", "stars": "integer"}).check(facts).message.partition(";")[0]
        'train: the column stars holds double, wanted integer'
    """

    columns: Mapping[str, str]
    of: Literal["labels", "train", "dev", "test", "source"] = "train"
    others: Literal["allow", "refuse"] = "allow"

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if not self.columns:
            raise BadParameter("columns", "name at least one column", code="missing")
        for name, wanted in self.columns.items():
            if wanted not in FAMILIES and _exact(wanted) is None:
                message = f"no type '{wanted}'{nearest(wanted, FAMILIES)}; there are "
                message += f"{', '.join(FAMILIES)}, and Arrow's own names such as int64"
                field = f"columns.{name}"
                raise BadParameter(field, message)

    @property
    def looks_at_source(self) -> bool:
        """Whether the schemas of the input files are needed."""
        return self.of == "source"

    def check(self, facts: Facts) -> Finding:
        """Compare the columns."""
        schemas = {self.of: facts.tables.schema(self.of)} if self.of != "source" else {}
        problems = [
            f"{name}: {problem}"
            for name, schema in (schemas or facts.source.files).items()
            for problem in self._problems(schema)
        ]
        if problems:
            shown = "; ".join(problems[:_SHOWN]) + ("; ..." if len(problems) > _SHOWN else "")
            return Finding.broken(float(len(problems)), f"{shown}; {_ADVICE[self.of == 'source']}")
        message = f"{self.of} has the {len(self.columns)} columns that are wanted"
        return Finding.kept(0.0, message)

    def _problems(self, schema: pa.Schema) -> Iterator[str]:
        for name, wanted in self.columns.items():
            if name not in schema.names:
                yield f"no column {name}{nearest(name, schema.names)}"
            elif not _fits(schema.field(name).type, wanted):
                yield f"the column {name} holds {schema.field(name).type}, wanted {wanted}"
        for name in schema.names if self.others == "refuse" else ():
            if name not in self.columns:
                yield f"the column {name} is not among those that are wanted"


_SHOWN = 5
_ADVICE = {
    True: "look at who writes the source, or change `columns` if it is meant to be so",
    False: "look at `source.carry` and the task, or change `columns` if it is meant to be so",
}


def _exact(name: str) -> pa.DataType | None:
    try:
        return pa.type_for_alias(name)
    except ValueError:
        return None


def _fits(kind: pa.DataType, wanted: str) -> bool:
    family = FAMILIES.get(wanted)
    return family(kind) if family is not None else bool(kind == _exact(wanted))
