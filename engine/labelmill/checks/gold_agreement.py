"""The `gold_agreement` check: labels are like those that are known to be right."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from labelmill.checks.bounds import check_bounds
from labelmill.core.facts import Facts, Finding
from labelmill.core.registry import CHECKS
from labelmill.errors import BadParameter

Agreement = Mapping[str, Any]


@CHECKS.add("gold_agreement")
@dataclass(frozen=True, slots=True)
class GoldAgreement:
    """Bound how well labels agree with gold.

    With `on: source` the labels that are emitted are held against `source.gold`, as the report does
    it. With `on: gold` the label model answers for the rows of `gold`, by their votes alone (what
    `refine` reads in texts is left out), and rows without a vote do not count; a label model that
    learned from these rows, was chosen or calibrated by them looks better there than it is.

    `accuracy` is the share of labeled texts whose label is right, where a text can have several of
    those whose labels are all right; `macro_f1` the mean F1 of the labels in gold; `f1` that of
    entities with exact bounds in ner (with `on: gold` that of their tokens), or of all labels
    together where a text can have several. Where fewer than `min_rows` texts, or entities, can be
    judged, the check fails.

    Attributes:
        min: smallest score allowed, 0 to 1.
        metric: `accuracy`, `macro_f1` or `f1`; where it is null `f1` in ner and where a text can
            have several labels, else `accuracy`.
        on: the gold to agree with.
        min_rows: how many texts (in ner entities of gold) have to be judged.

    Example:
        >>> gold = {"right": 70, "wrong": 30, "accuracy": 0.7, "confusion": []}
        >>> facts = Facts(100, {}, {}, {}, (), {}, report={"gold": gold})
        >>> GoldAgreement(min=0.8).check(facts).message.partition(";")[0]
        'accuracy on source.gold is 0.7 (100 judged), below min 0.8'
    """

    min: float
    metric: Literal["accuracy", "macro_f1", "f1"] | None = None
    on: Literal["source", "gold"] = "source"
    min_rows: int = 1

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_bounds(self.min, None, highest=1)
        if self.min_rows < 1:
            raise BadParameter("min_rows", f"{self.min_rows} is not 1 or more")

    @property
    def wants_gold(self) -> str:
        """The section of the config in which there has to be gold."""
        return self.on

    def check(self, facts: Facts) -> Finding:
        """Compare the score with the bound.

        Raises:
            BadParameter: if the job has no such gold, or the task no such metric.
        """
        found = facts.report.get("gold") if self.on == "source" else facts.gold_of_job()
        where = "source.gold" if self.on == "source" else "gold"
        if found is None:
            raise BadParameter("on", f"this job has no {where}")
        metric, judged = self._metric(found), _judged(found)
        score = _score(found, metric)
        if score is None or judged < self.min_rows:
            told = f"{judged} judged on {where}, wanted at least {self.min_rows}"
            return Finding.broken(score or 0.0, f"{told}; {_ADVICE}")
        told = f"{metric} on {where} is {score:.4g} ({judged} judged)"
        if score < self.min:
            return Finding.broken(score, f"{told}, below min {self.min:g}; {_ADVICE}")
        return Finding.kept(score, f"{told}, at least {self.min:g} wanted")

    def _metric(self, found: Agreement) -> str:
        known = _metrics(found)
        if self.metric is not None and self.metric not in known:
            told = f"this task has no {self.metric}; there is {' and '.join(known)}"
            raise BadParameter("metric", told)
        return self.metric or known[0]


_ADVICE = "look at the labeling functions that are often wrong in the report"


def _metrics(found: Agreement) -> tuple[str, ...]:
    if "wanted" in found:
        return ("f1",)
    return ("f1", "macro_f1", "accuracy") if "micro" in found else ("accuracy", "macro_f1")


def _judged(found: Agreement) -> int:
    return int(found["wanted"] if "wanted" in found else found["right"] + found["wrong"])


def _score(found: Agreement, metric: str) -> float | None:
    several = "micro" in found
    if metric == "macro_f1" and not several:
        return _macro_f1(found["confusion"])
    names = {"accuracy": "exact_match"} if several else {}
    holder = found["micro"] if several and metric == "f1" else found
    score: float | None = holder[names.get(metric, metric)]
    return score


def _macro_f1(confusion: list[Mapping[str, Any]]) -> float | None:
    """The mean F1 of the labels in gold."""
    wanted: Counter[str] = Counter()
    given: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for cell in confusion:
        wanted[cell["gold"]] += cell["texts"]
        given[cell["label"]] += cell["texts"]
        right[cell["gold"]] += cell["texts"] if cell["gold"] == cell["label"] else 0
    scores = [2 * right[label] / (wanted[label] + given[label]) for label in sorted(wanted)]
    return sum(scores) / len(scores) if scores else None
