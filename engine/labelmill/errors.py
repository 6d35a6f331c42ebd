"""Every error a user can meet, each with the exit code that a scheduler acts on.

LabelmillError                 1  the run failed; it can be resumed
├── ConfigErrors               2  one or more problems in a config, all at once
├── BadParameter               2  a type was given a parameter that it cannot use
├── BadResource                2  a file, model or function that the config names is unusable
├── BadColumn                  2  a column is missing from the input or has the wrong type
├── UsageError                 2  a command line or a call asks for something impossible
├── InputMissing               4  input that is not there yet
│   └── DamagedInput           4  a file of it is empty, torn or not Parquet, or odd among others
├── ChecksFailed               3  a check failed; nothing was published
├── OverBudget                 3  more rows or votes failed than the error budget allows
├── FunctionFailed             1  a labeling function failed as a whole
├── OutputFailed               1  the output or the state could not be written
├── WorkersLost                1  a worker process died or could not start
├── LockHeld                   5  another run of this job, or of this output, holds the lock
├── PartlyPublished            6  some partitions were published and some were not
└── NotConserved               1  rows were lost or doubled; a defect in labelmill
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any


def nearest(name: str, known: Iterable[str]) -> str:
    """Say the nearest known name as a hint, or the whole list when it is short.

    Example:
        >>> nearest("regx", ["keyword", "regex"])
        " (did you mean 'regex'?)"
        >>> nearest("zzz", ["keyword", "regex"])
        ' (known: keyword, regex)'
    """
    names = sorted(known)
    close = get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f" (did you mean '{close[0]}'?)"
    return f" (known: {', '.join(names)})" if 0 < len(names) <= 30 else ""


class LabelmillError(Exception):
    """Root of all errors that are raised on purpose; they pass unharmed between processes."""

    exit_code = 1

    def __reduce__(self) -> tuple[Any, ...]:
        """Carry the sentence and the fields, for the sentence alone cannot be built from."""
        return _rebuilt, (type(self), self.args, self.__dict__)


def _rebuilt(
    cls: type[LabelmillError], args: tuple[Any, ...], fields: dict[str, Any]
) -> LabelmillError:
    error = cls.__new__(cls, *args)
    error.__dict__.update(fields)
    return error


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a config, and where it stands.

    `line` and `col` count from 1; 0 means that the place has no line (a default or an override).
    """

    file: str
    line: int
    col: int
    code: str
    path: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.col}" if self.line else self.file
        subject = f" {self.path}" if self.path else ""
        return f"{place}: error[{self.code}]{subject}: {self.message}"


class ConfigErrors(LabelmillError):
    """All problems of a config, in the order of their lines."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep the problems, sorted by place."""
        self.problems = tuple(
            sorted(problems, key=lambda p: (p.file, p.line, p.col, p.path, p.message))
        )
        super().__init__("\n".join(str(p) for p in self.problems))


class BadParameter(LabelmillError):
    """A parameter that a type cannot use; the config reader adds file and line."""

    exit_code = 2

    def __init__(self, field: str, message: str, *, code: str = "bad_parameter") -> None:
        """Name the field (as in YAML; dots lead deeper) and what is wrong with it."""
        self.field = field
        self.message = message
        self.code = code
        super().__init__(f"{field}: {message}")


class BadResource(LabelmillError):
    """A file, model or function that the config names cannot be used."""

    exit_code = 2

    def __init__(self, name: str, message: str, *, line: int = 0) -> None:
        """Name the resource, the line inside it where there is one, and what to do."""
        self.name = name
        self.line = line
        self.message = message
        super().__init__(f"{name}:{line}: {message}" if line else f"{name}: {message}")


class BadColumn(LabelmillError):
    """A column that is missing from the input or has the wrong type."""

    exit_code = 2

    def __init__(self, file: str, column: str, message: str) -> None:
        """Name the file and the column, what was found and what was wanted."""
        self.file = file
        self.column = column
        self.message = message
        super().__init__(f"{file}: column '{column}': {message}")


class UsageError(LabelmillError):
    """A call that asks for something impossible."""

    exit_code = 2


class InputMissing(LabelmillError):
    """Input that is not there, is empty, or is damaged; it may come later."""

    exit_code = 4

    def __init__(self, path: str, message: str) -> None:
        """Name the path, what was found and what to do."""
        self.path = path
        self.message = message
        super().__init__(f"{path}: {message}")


class DamagedInput(InputMissing):
    """A file of the input whose content cannot be read, whoever tries, and however often.

    `path` is that of the file.
    """


class ChecksFailed(LabelmillError):
    """One or more checks of severity `error` failed, so nothing was published."""

    exit_code = 3

    def __init__(
        self, messages: Sequence[str], snapshot: str | None = None, partition: str | None = None
    ) -> None:
        """Keep one sentence for each failed check, and the snapshot that is held for it."""
        self.messages = tuple(messages)
        self.snapshot = snapshot
        self.partition = partition
        kept = (
            f"\nthe snapshot is kept for inspection: snapshots/{snapshot}"
            "\nif it is good after all: labelmill publish, with --override-check and --reason"
        )
        super().__init__("\n".join(self.messages) + (kept if snapshot else ""))


class OverBudget(LabelmillError):
    """More rows or votes failed than the error budget allows."""

    exit_code = 3


class FunctionFailed(LabelmillError):
    """A labeling function failed as a whole, in a way that its type did not foresee."""


class OutputFailed(LabelmillError):
    """The output or the state could not be written."""


class WorkersLost(LabelmillError):
    """A worker process died or could not be started."""


class Terminated(KeyboardInterrupt):
    """The process was told to end (SIGTERM); like an interrupt, but the exit code is 143."""


class LockHeld(LabelmillError):
    """Another run of the same job holds the lock."""

    exit_code = 5


class PartlyPublished(LabelmillError):
    """Of several partitions some were published and some were not."""

    exit_code = 6


class NotConserved(LabelmillError):
    """The rows that came out do not add up to the rows that went in."""
