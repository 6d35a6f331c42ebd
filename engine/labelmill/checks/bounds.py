"""Bounds that checks share: whether they make sense, and whether a value keeps them."""

from labelmill.errors import BadParameter


def check_bounds(
    low: float | None, high: float | None, *, highest: float | None = None, where: str = ""
) -> None:
    """Refuse bounds that no value, or every value, would keep.

    Args:
        low: the smallest value allowed.
        high: the largest value allowed.
        highest: the largest value there can be; 1 for a share.
        where: what follows `min` and `max` in the name of the field.

    Raises:
        BadParameter: if a bound is negative or above `highest`, or `min` is above `max`.

    Example:
        >>> check_bounds(0.9, 0.1, highest=1)
        Traceback (most recent call last):
        labelmill.errors.BadParameter: min: 0.9 is above max (0.1), so the check can never pass
    """
    least, most = f"min{where}", f"max{where}"
    for name, bound in ((least, low), (most, high)):
        if bound is not None and not bound >= 0:
            raise BadParameter(name, f"{bound} is not 0 or more")
        if bound is not None and highest is not None and bound > highest:
            raise BadParameter(name, f"{bound} is above {highest}; write a share, 0.5 for half")
    if low is not None and high is not None and low > high:
        raise BadParameter(least, f"{low} is above {most} ({high}), so the check can never pass")


def broken(value: float, low: float | None, high: float | None) -> str | None:
    """Which bound a value breaks, in words.

    Example:
        >>> broken(0.25, 0.5, None), broken(0.5, 0.5, 0.5)
        ('below min 0.5', None)
    """
    if low is not None and value < low:
        return f"below min {low:g}"
    if high is not None and value > high:
        return f"above max {high:g}"
    return None


def wanted(low: float | None, high: float | None) -> str:
    """The bounds in words.

    Example:
        >>> wanted(1, None), wanted(None, 9), wanted(1, 9)
        ('at least 1', 'at most 9', 'between 1 and 9')
    """
    if low is not None and high is not None:
        return f"between {low:g} and {high:g}"
    return f"at least {low:g}" if low is not None else f"at most {high:g}"
