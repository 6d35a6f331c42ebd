"""A row of the table of results."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """What one job gave; scores and coverage are percents, measured on the test rows."""

    job: str
    metric: str
    label_model: str
    functions: int
    rows: int
    emitted: int
    coverage: float
    label_model_score: float
    end_model_score: float
    gold_score: float
    seconds: float

    def plain(self) -> dict[str, Any]:
        """The row as JSON takes it, rounded as the table shows it."""
        rounded = {
            key: round(value, 1 if key in {"coverage", "seconds"} else 2)
            for key, value in asdict(self).items()
            if isinstance(value, float)
        }
        return asdict(self) | rounded
