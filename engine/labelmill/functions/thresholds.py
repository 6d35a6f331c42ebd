"""Rules about a number, as they stand in YAML: '>= 0.5', '< 0', '-0.1 .. 0.1', '== 3'."""

import math
import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_NUMBER = r"([+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)"
_ONE_SIDED = re.compile(rf"(>=|<=|>|<|==)\s*{_NUMBER}")
_BETWEEN = re.compile(rf"{_NUMBER}\s*\.\.\s*{_NUMBER}")


@dataclass(frozen=True, slots=True)
class Threshold:
    """The numbers from `low` to `high`; each bound belongs to them where its flag says so.

    Example:
        >>> rule = Threshold.parse("-0.1 .. 0.1")
        >>> rule.holds(0.1), rule.holds(0.2)
        (True, False)
    """

    low: float
    high: float
    with_low: bool = True
    with_high: bool = True

    @classmethod
    def parse(cls, rule: str) -> "Threshold":
        """Read a rule.

        Raises:
            ValueError: if it is none, or no number fits it.
        """
        text = rule.strip()
        if match := _ONE_SIDED.fullmatch(text):
            return cls._one_sided(match[1], float(match[2]))
        if match := _BETWEEN.fullmatch(text):
            low, high = float(match[1]), float(match[2])
            if low > high:
                message = f"'{rule}' runs from high to low; wanted '{high:g} .. {low:g}'"
                raise ValueError(message)
            return cls(low, high)
        message = f"'{rule}' is no rule; wanted one like '>= 0.5', '< 0', '-0.1 .. 0.1' or '== 3'"
        raise ValueError(message)

    @classmethod
    def _one_sided(cls, sign: str, bound: float) -> "Threshold":
        if sign == "==":
            return cls(bound, bound)
        if sign[0] == ">":
            return cls(bound, math.inf, with_low=sign == ">=")
        return cls(-math.inf, bound, with_high=sign == "<=")

    def holds(self, number: float) -> bool:
        """Whether the rule is true of a number."""
        above = number > self.low or (self.with_low and number == self.low)
        below = number < self.high or (self.with_high and number == self.high)
        return above and below

    def holds_for(self, numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Of which numbers the rule is true."""
        above = (numbers >= self.low) if self.with_low else (numbers > self.low)
        below = (numbers <= self.high) if self.with_high else (numbers < self.high)
        return above & below

    def overlaps(self, other: "Threshold") -> bool:
        """Whether both rules are true of some number.

        Example:
            >>> Threshold.parse("> 0").overlaps(Threshold.parse("<= 0"))
            False
        """
        low, high = max(self.low, other.low), min(self.high, other.high)
        return low < high or (low == high and self.holds(low) and other.holds(low))
