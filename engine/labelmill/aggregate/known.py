"""Gold for label models: whether there is enough of it, and parts of it."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from labelmill.aggregate.story import Finding
from labelmill.core.labels import LabelSpace
from labelmill.core.protocols import Gold, VoteSpace

ROWS = 50
"""With fewer rows than this gold says less than the votes do."""
OF_EACH = 5
"""A label with fewer items than this is not known from gold."""
SIGNIFICANT = 1.5
"""What gold teaches is used where it is better by so many standard errors on other gold."""

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


def usable(gold: Gold | None, space: VoteSpace) -> tuple[Gold | None, tuple[Finding, ...]]:
    """Gold if there is enough of it, else none, and a finding that says why.

    Example:
        >>> from labelmill.core.patterns import VotePatterns
        >>> space = VoteSpace(("f",), LabelSpace(("ham", "spam")), np.array([0.5, 0.5]))
        >>> few = Gold(VotePatterns.of_matrix(np.array([[0], [1]]), 2), np.array([0, 1]))
        >>> usable(few, space)[1][0].message
        'gold is not used: it has 2 rows, and 50 are needed'
    """
    if gold is None:
        return None, ()
    n_rows = rows_of(gold)
    if n_rows < ROWS:
        message = f"gold is not used: it has {_counted(n_rows, 'row')}, and {ROWS} are needed"
        return None, (Finding("gold_too_small", message, value=float(n_rows)),)
    unit = "row" if gold.patterns.sequences is None else "token"
    for name, count in _of_each(gold, space.labels):
        if count < OF_EACH:
            message = (
                f"gold is not used: it has {_counted(count, unit)} of the label '{name}', and "
                f"{OF_EACH} of each are needed"
            )
            return None, (Finding("gold_too_small", message, value=float(count)),)
    return gold, ()


def rows_of(gold: Gold) -> int:
    """How many texts it has; those without any token do not count."""
    sequences = gold.patterns.sequences
    return len(gold.labels) if sequences is None else int((np.diff(sequences) > 0).sum())


def part(gold: Gold, items: Bools) -> Gold:
    """Some of its items, by a mask [n_items]; in ner whole texts."""
    return Gold(gold.patterns.kept(items), gold.labels[items])


def clearly_more(before: Bools, after: Bools, gold: Gold) -> bool:
    """Whether clearly more items are right (`after`, [n_items]) than were `before`.

    Clearly is by SIGNIFICANT standard errors of the gain; in ner that is over texts, since the
    tokens of a text are right or wrong together.
    """
    gain = after.astype(np.float64) - before
    sequences = gold.patterns.sequences
    if sequences is not None:
        total = np.concatenate([[0.0], np.cumsum(gain)])
        gain = total[sequences[1:]] - total[sequences[:-1]]
    return bool(gain.sum() > SIGNIFICANT * gain.std() * np.sqrt(len(gain)))


def _of_each(gold: Gold, labels: LabelSpace) -> Iterator[tuple[str, int]]:
    """Each label with the number of its items; the two BIO tags of a label count together."""
    counts = np.bincount(gold.labels, minlength=len(labels)).tolist()
    names = labels.names
    pairs = list(zip(names[1::2], names[2::2], strict=False))
    if len(names) % 2 == 0 or any((b[:2], i) != ("B-", f"I-{b[2:]}") for b, i in pairs):
        yield from zip(names, counts, strict=True)
        return
    yield names[0], counts[0]
    for place, (begin, _) in enumerate(pairs):
        yield begin[2:], counts[1 + 2 * place] + counts[2 + 2 * place]


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
