"""How far something has moved: sizes of effects, and whether chance alone could have done it."""

from collections.abc import Sequence
from math import inf, log, sqrt
from statistics import median

ERRORS = 4.0
"""What lies within so many standard errors is chance. Eighty rates that are looked at every night
cross it about twice in a year."""


def relative_change(now: float, before: float) -> float:
    """How much of the larger of two rates the difference is: 0.5 for half or double, 1 for none.

    Example:
        >>> relative_change(0.1, 0.2), relative_change(0.2, 0.1), relative_change(0, 0.1)
        (0.5, 0.5, 1.0)
    """
    largest = max(now, before)
    return abs(now - before) / largest if largest else 0.0


def rates_differ(now: float, n_now: float, before: float, n_before: float) -> bool:
    """Whether two rates of so many rows differ by more than chance would make them.

    Example:
        >>> rates_differ(0.05, 100, 0.1, 100), rates_differ(0.05, 5000, 0.1, 5000)
        (False, True)
    """
    pooled = (now * n_now + before * n_before) / (n_now + n_before)
    error = sqrt(max(pooled * (1 - pooled), 0.0) * (1 / n_now + 1 / n_before))
    return abs(now - before) > ERRORS * error


def stability_index(counts: Sequence[float], shares: Sequence[float], n_before: float) -> float:
    """The population stability index (PSI) of counts against the shares of before.

    The sum over all bins of (p - q) ln(p / q), with half a row added to every bin so that an empty
    one is not infinitely far away. Below 0.1 is little, above 0.25 much (Siddiqi, 2006).

    Example:
        >>> stability_index([50, 50], [0.5, 0.5], 100)
        0.0
        >>> 0.3 < stability_index([20, 80], [0.5, 0.5], 100) < 0.5
        True
    """
    bins, total = len(counts), sum(counts)
    index = 0.0
    for count, share in zip(counts, shares, strict=True):
        p = (count + 0.5) / (total + 0.5 * bins)
        q = (share * n_before + 0.5) / (n_before + 0.5 * bins)
        index += (p - q) * log(p / q)
    return index


def chance_index(bins: int, n_now: float, n_before: float) -> float:
    """The stability index that chance alone keeps below: that of two samples of one population.

    Such an index times n n' / (n + n') is about a chi-squared variable of bins - 1 degrees of
    freedom (Yurdakul and Naranjo, 2020).

    Example:
        >>> round(chance_index(2, 100, 100), 2), round(chance_index(2, 10_000, 10_000), 4)
        (0.13, 0.0013)
    """
    if not n_now or not n_before:
        return inf
    free = max(bins - 1, 1)
    return (free + ERRORS * sqrt(2 * free)) * (1 / n_now + 1 / n_before)


def median_shares(counts: Sequence[Sequence[float]]) -> list[float]:
    """The median over several snapshots of each bin's share, made to sum to 1.

    Example:
        >>> median_shares([[1, 1], [10, 30], [2, 6]])
        [0.25, 0.75]
    """
    shares = [[value / sum(row) for value in row] for row in counts]
    middle = [median(column) for column in zip(*shares, strict=True)]
    total = sum(middle)
    return [value / total for value in middle] if total else middle
