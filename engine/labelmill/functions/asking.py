"""Asking a project's function about row after row, at next to no cost beside the function."""

from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from labelmill.core.batch import Batch
from labelmill.core.votes import Hits
from labelmill.errors import LabelmillError
from labelmill.functions.answers import ABSTAIN, BadAnswer
from labelmill.io.modules import raised, told

Failures = dict[int, tuple[str, str]]
"""Reason and message of each row that failed, by its place."""

ODD = -2


def ask(
    function: Callable[..., Any],
    rows: Iterable[Any],
    arguments: Mapping[str, Any],
    root: Path,
    failed: Failures,
    silent: Any,
) -> list[Any]:
    """Call a function with every row; one that raises is noted, and the others are asked still.

    Args:
        function: what is called, with the row and the arguments.
        rows: what it is called with.
        arguments: keyword arguments of every call.
        root: of the project, for places in messages.
        failed: gets the rows that failed.
        silent: what stands for the answer of a row that failed.

    Returns:
        The answers, one for each row.
    """
    answers: list[Any] = []
    left = iter(rows)
    while True:
        try:
            _go_on(function, left, arguments, answers.append)
        except LabelmillError:
            raise
        except raised() as error:  # what a user's function raises
            failed[len(answers)] = failure(error, root)
            answers.append(silent)
        else:
            return answers


def _go_on(
    function: Callable[..., Any],
    rows: Iterable[Any],
    arguments: Mapping[str, Any],
    note: Callable[[Any], None],
) -> None:
    if arguments:
        for row in rows:
            note(function(row, **arguments))
    else:
        for row in rows:
            note(function(row))


def failure(error: BaseException, root: Path) -> tuple[str, str]:
    """Reason and message of a row that failed."""
    if isinstance(error, BadAnswer):
        return error.reason, error.message
    return type(error).__name__, told(error, root)


def looked_up(
    answers: list[Any], types: Collection[type], table: Mapping[Any, int]
) -> npt.NDArray[np.int64]:
    """What a table says of each answer [n_answers]; `ODD` where it or the type is not there.

    Example:
        >>> looked_up(["spam", None, 1, "eggs"], {str, type(None)}, {"spam": 0, None: -1}).tolist()
        [0, -1, -2, -2]
    """
    get = table.get
    if set(map(type, answers)) <= set(types):
        codes = [*map(get, answers, repeat(ODD))]
    else:
        codes = [get(a, ODD) if type(a) in types else ODD for a in answers]
    return np.array(codes, dtype=np.int64)


def read_odd(
    codes: npt.NDArray[np.int64],
    answers: list[Any],
    read: Callable[[Any], int | None],
    root: Path,
    failed: Failures,
) -> None:
    """Put the label of each odd answer in its place; one that stands for nothing fails its row."""
    for doc in np.flatnonzero(codes == ODD).tolist():
        codes[doc] = ABSTAIN
        try:
            label = read(answers[doc])
        except LabelmillError:
            raise
        except raised() as error:  # what a user's answer raises when it is looked at
            failed[doc] = failure(error, root)
        else:
            codes[doc] = ABSTAIN if label is None else label


def document_hits(batch: Batch, codes: npt.NDArray[np.int64], failed: Failures) -> Hits:
    """Hits that span whole texts: a label set for each text, [n_texts], or `ABSTAIN`."""
    hits = Hits()
    docs = np.flatnonzero(codes != ABSTAIN)
    hits.add_all(docs, 0, batch.lengths[docs], codes[docs])
    for doc in sorted(failed):
        hits.fail(doc, *failed[doc])
    return hits
