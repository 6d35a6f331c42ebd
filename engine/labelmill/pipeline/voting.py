"""The label stage: every labeling function votes on a batch."""

from collections.abc import Collection
from dataclasses import dataclass

from labelmill.core.batch import Batch
from labelmill.core.votes import RowError, Votes
from labelmill.errors import FunctionFailed, LabelmillError
from labelmill.io.modules import RAISED, shortened
from labelmill.pipeline.bind import BoundJob


@dataclass(frozen=True, slots=True)
class Ballot:
    """The votes on a batch, and the failures of each function by name."""

    votes: Votes
    errors: dict[str, list[RowError]]


def vote(bound: BoundJob, batch: Batch, only: Collection[str] | None = None) -> Ballot:
    """Let every function of a job vote, or only some; those that they read must be among them.

    Raises:
        FunctionFailed: if a function raises anything but an error of ours.
    """
    index = {name: i for i, name in enumerate(bound.names)}
    earlier: dict[str, Votes] = {}
    errors: dict[str, list[RowError]] = {}
    voters = {n: v for n, v in bound.voters.items() if only is None or n in only}
    for name, voter in voters.items():
        try:
            hits = voter.vote(batch, earlier)
        except LabelmillError:
            raise
        except RAISED as error:
            message = f"labeling function '{name}': {type(error).__name__}: {shortened(str(error))}"
            raise FunctionFailed(message) from error
        earlier[name] = bound.items.settle(hits, index[name], batch)
        if hits.errors:
            errors[name] = hits.errors
    voted = (earlier[name] for name in bound.names if name in earlier)
    return Ballot(Votes.joined(voted), errors)
