"""Matrices of votes as people hand them over: checked, and turned into vote patterns."""

from typing import Any

import numpy as np
import numpy.typing as npt

from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import Gold, VoteSpace
from labelmill.errors import UsageError

ABSTAIN = -1


def matrix_of(L: Any, n_labels: int, name: str = "L") -> npt.NDArray[Any]:  # noqa: N803
    """The votes as a matrix [n_items, n_functions] of ints; floats are checked and made ints.

    An error calls the matrix by its `name`, here and below.

    Raises:
        UsageError: says what was found and what was wanted.
    """
    wanted = _wanted(n_labels)
    try:
        found = np.asarray(L)
    except ValueError as error:
        message = f"{name} has rows of different lengths; {wanted}"
        raise UsageError(message) from error
    if found.dtype.kind not in "iuf":
        message = f"{name} holds {found.dtype} values; {wanted}"
        raise UsageError(message)
    if found.ndim != 2 or found.shape[1] == 0:
        message = f"{name} has the shape {list(found.shape)}; {wanted}"
        raise UsageError(message)
    if found.dtype.kind == "f":
        _check_cells(found, n_labels, name)
        found = found.astype(np.int32)
    return found


def patterns_of(
    votes: npt.NDArray[Any],
    n_labels: int,
    rows: slice = slice(None),
    *,
    distinct: bool = True,
    name: str = "L",
) -> VotePatterns:
    """The vote patterns of some rows of a matrix of ints.

    Raises:
        UsageError: if a number is neither -1 nor the index of a label.
    """
    try:
        return VotePatterns.of_matrix(votes[rows], n_labels, ABSTAIN, distinct=distinct)
    except ValueError:
        _check_cells(votes, n_labels, name)
        raise


def _check_cells(votes: npt.NDArray[Any], n_labels: int, name: str) -> None:
    """Refuse the first number that is neither -1 nor the index of a label."""
    strange = (votes != np.floor(votes)) | (votes < ABSTAIN) | (votes >= n_labels)
    if strange.any():
        row, column = np.argwhere(strange)[0].tolist()
        message = f"{name}[{row}, {column}] is {votes[row, column]}; {_wanted(n_labels)}"
        raise UsageError(message)


def _wanted(n_labels: int) -> str:
    return f"give a matrix [n_items, n_functions] of ints, -1 (abstain) to {n_labels - 1}"


def function_names(L: Any, n_functions: int) -> tuple[str, ...]:  # noqa: N803
    """The columns of a DataFrame, or lf_0, lf_1, ..."""
    columns = getattr(L, "columns", None)
    if columns is None:
        return _numbered(n_functions)
    names = tuple(map(str, columns))
    if len(set(names)) < len(names):
        message = f"two columns of L have one name: {list(names)}"
        raise UsageError(message)
    return names


def _numbered(n_functions: int) -> tuple[str, ...]:
    return tuple(f"lf_{i}" for i in range(n_functions))


def check_columns(
    L: Any,  # noqa: N803
    n_columns: int,
    functions: tuple[str, ...],
    name: str = "L",
) -> None:
    """Refuse a matrix that has not a column for each function.

    Raises:
        UsageError: says what was found and what was wanted.
    """
    if n_columns != len(functions):
        message = (
            f"{name} has {n_columns} columns and the model was fitted on {len(functions)} "
            "functions; give one column for each, in that order"
        )
        raise UsageError(message)
    names = function_names(L, n_columns)
    if hasattr(L, "columns") and functions not in (names, _numbered(n_columns)):
        message = (
            f"{name} has the columns {list(names)} and the model was fitted on "
            f"{list(functions)}; give the same, in that order"
        )
        raise UsageError(message)


def gold_of(L_gold: Any, y_gold: Any, space: VoteSpace) -> Gold | None:  # noqa: N803
    """Votes with known labels; None where there are none.

    Raises:
        UsageError: if one of both is missing, they do not fit each other or the votes, a label is
            unknown, or all labels are the same.
    """
    if L_gold is None and y_gold is None:
        return None
    if L_gold is None or y_gold is None:
        given, missing = ("L_gold", "y_gold") if y_gold is None else ("y_gold", "L_gold")
        message = f"{given} is given without {missing}; gold takes both: votes and their labels"
        raise UsageError(message)
    n_labels = len(space.labels)
    votes = matrix_of(L_gold, n_labels, "L_gold")
    check_columns(L_gold, votes.shape[1], space.functions, "L_gold")
    patterns = patterns_of(votes, n_labels, name="L_gold")
    return Gold(patterns, _gold_labels(y_gold, len(votes), n_labels))


def _gold_labels(y_gold: Any, n_items: int, n_labels: int) -> npt.NDArray[np.int64]:
    wanted = f"give one label for each row of L_gold, 0 to {n_labels - 1}"
    found = np.asarray(y_gold)
    if found.shape != (n_items,) or (n_items and found.dtype.kind not in "iuf"):
        message = (
            f"y_gold holds {found.dtype} values in the shape {list(found.shape)} and L_gold has "
            f"{n_items} rows; {wanted}"
        )
        raise UsageError(message)
    strange = ~((found >= 0) & (found < n_labels) & (found == np.floor(found)))
    if strange.any():
        row = int(strange.argmax())
        message = f"y_gold[{row}] is {found[row]}; {wanted}"
        raise UsageError(message)
    kinds = np.unique(found)
    if len(kinds) < 2:
        told = f"only the label {int(kinds[0])}" if len(kinds) else "no labels"
        message = f"y_gold holds {told}; give gold of two labels or more, else nothing is learned"
        raise UsageError(message)
    labels: npt.NDArray[np.int64] = found.astype(np.int64)
    return labels
