"""The label stage: every labeling function votes on a batch."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby

from labelmill.core.batch import Batch
from labelmill.core.hiding import hidden_in
from labelmill.core.votes import Hits, RowError, Votes
from labelmill.errors import FunctionFailed, LabelmillError
from labelmill.io.cells import Cell
from labelmill.io.modules import raised, shortened
from labelmill.pipeline.bind import BoundJob


@dataclass(frozen=True, slots=True)
class Ballot:
    """The votes on a batch, the failures of each function by name, and who was asked for it.

    The others had said what they say before.
    """

    votes: Votes
    errors: dict[str, list[RowError]]
    asked: tuple[str, ...] = ()


def vote(
    bound: BoundJob,
    batch: Batch,
    only: Collection[str] | None = None,
    known: Mapping[str, Cell] | None = None,
) -> Ballot:
    """Let every function of a job vote, or only some; those that they read must be there too.

    Args:
        bound: the job.
        batch: prepared rows.
        only: functions to ask; all where it is None.
        known: what other functions said of these rows before; their votes and errors are in the
            answer, as if they had been asked.

    Raises:
        FunctionFailed: if a function raises anything but an error of ours.
    """
    earlier = _Earlier(bound, batch, known or {})
    errors = {name: list(cell.errors) for name, cell in (known or {}).items() if cell.errors}
    asked = tuple(name for name in bound.voters if only is None or name in only)
    for name in asked:
        try:
            hits = bound.voters[name].vote(batch, earlier)
        except LabelmillError:
            raise
        except raised() as error:
            message = f"labeling function '{name}': {type(error).__name__}: {shortened(str(error))}"
            raise FunctionFailed(message) from error
        earlier.note(name, hits)
        if hits.errors:
            errors[name] = _without_secrets(hits.errors, bound.job.resolved.hidden)
    in_order = {name: errors[name] for name in bound.names if name in errors}
    return Ballot(earlier.all(), in_order, asked)


def _without_secrets(errors: list[RowError], hidden: Mapping[str, str]) -> list[RowError]:
    """What functions said of rows they failed on goes into files; secrets do not."""
    if not hidden:
        return errors
    return [replace(error, message=hidden_in(error.message, hidden)) for error in errors]


class _Earlier(Mapping[str, Votes]):
    """The votes of the functions that voted, by name.

    Hits on whole texts take little room; they wait until somebody reads them, and settle together.
    """

    def __init__(self, bound: BoundJob, batch: Batch, known: Mapping[str, Cell]) -> None:
        self._items, self._batch = bound.items, batch
        self._index = {name: i for i, name in enumerate(bound.names)}
        self._waiting: dict[str, Hits] = {}
        self._settled = {name: cell.of(self._index[name]) for name, cell in known.items()}

    def note(self, name: str, hits: Hits) -> None:
        """Take what a function found."""
        self._waiting[name] = hits
        if hits.texts() is None:
            self._settle(name)

    def __getitem__(self, name: str) -> Votes:
        if name in self._waiting:
            self._settle(name)
        return self._settled[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._index if name in self._waiting or name in self._settled)

    def __len__(self) -> int:
        return len(self._waiting) + len(self._settled)

    def all(self) -> Votes:
        """All votes, in the order of the functions."""
        parts: list[Votes] = []
        for waiting, names in groupby(self, key=self._waiting.__contains__):
            if waiting:
                found = [(self._index[name], self._waiting[name]) for name in names]
                parts.append(self._items.settle_all(found, self._batch))
            else:
                parts += [self._settled[name] for name in names]
        return Votes.joined(parts)

    def _settle(self, name: str) -> None:
        hits = self._waiting.pop(name)
        self._settled[name] = self._items.settle(hits, self._index[name], self._batch)
