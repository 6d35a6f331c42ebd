"""A snapshot held against those before it, measure by measure."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

from labelmill.checks.effects import (
    chance_index,
    median_shares,
    rates_differ,
    relative_change,
    stability_index,
)
from labelmill.core.facts import Facts, Finding, Past

Report = Mapping[str, Any]
Rate = Callable[[Report], float | None]
Counts = Callable[[Report], Sequence[float]]

_ADVICE = "look at the source and at the functions named"
_MOST = 5
"""So many bins or labels that moved are named at most."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a measure may move, and what it takes to compare: what `drift` declares."""

    at_least: int
    min_rows: int
    alarm: float
    note: float
    change: float
    confidence: float
    measures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """How far a measure has moved, as a share of what is allowed; or what was expected of it."""

    told: str
    size: float = 0.0
    noted: bool = False
    expected: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """A snapshot and those it is compared with, the newest first."""

    limits: Limits
    facts: Facts
    past: tuple[Past, ...]

    def effects(self) -> Iterator[Effect]:
        """Compare everything that is asked for."""
        asked = set(self.limits.measures)
        if asked & {"coverage", "conflict"}:
            yield from self._functions(asked)
        if asked & {"class_balance", "abstain_rate", "confidence"}:
            yield from self._labels(asked)
        if "text_length" in asked:
            yield from self._shares("lengths of texts", self.past, text_sizes)

    def _functions(self, asked: Collection[str]) -> Iterator[Effect]:
        newest = self.past[0].functions
        for name in self.facts.functions:
            own = self.facts.fingerprints.get(name, {})
            if newest.get(name) != own:
                yield Effect(f"{name} {_changed(newest.get(name), own)}", expected=True)
                continue
            same = [p for p in self.past if p.functions.get(name) == own]
            if len(same) < self.limits.at_least:
                told = f"{name} was changed {len(same)} snapshots ago"
                yield Effect(told, expected=True)
                continue
            for measure, key in (("coverage", "coverage"), ("conflict", "conflicts")):
                if measure in asked:
                    rate = partial(function_rate, name=name, key=key)
                    yield from self._rate(f"{measure} of {name}", same, rate)

    def _labels(self, asked: Collection[str]) -> Iterator[Effect]:
        newest, labels = self.past[0].functions, self.facts.report["labels"]
        same = [p for p in self.past if p.functions == newest and p.report["labels"] == labels]
        if len(same) < self.limits.at_least:
            told = f"only {len(same)} snapshots have these labels and the functions of the newest"
            yield Effect(told, expected=True)
            return
        if "class_balance" in asked:
            yield from self._shares("shares of labels", same, label_counts, labels)
        if "abstain_rate" in asked:
            yield from self._rate("abstain rate", same, abstain_rate)
        if "confidence" in asked:
            yield from self._confidence(same)

    def _rate(self, what: str, past: Sequence[Past], rate: Rate) -> Iterator[Effect]:
        known = {id(p): found for p in past if (found := rate(p.report)) is not None}
        now = rate(self.facts.report)
        if len(known) < self.limits.at_least or now is None:
            return
        before = median(known.values())
        rows = median(readable_rows(p.report) for p in past if id(p) in known)
        if not rates_differ(now, self.facts.readable, before, rows):
            return
        change = relative_change(now, before)
        told = f"{what} is {now:.4g}, was {before:.4g} (change {change:.2g}"
        yield Effect(f"{told}, limit {self.limits.change:g})", change / self.limits.change)

    def _confidence(self, past: Sequence[Past]) -> Iterator[Effect]:
        known = [found for p in past if (found := mean_confidence(p.report)) is not None]
        now = mean_confidence(self.facts.report)
        if len(known) < self.limits.at_least or now is None:
            return
        before, limit = median(known), self.limits.confidence
        told = f"mean confidence is {now:.4g}, was {before:.4g} (limit {limit:g})"
        yield Effect(told, abs(now - before) / limit)

    def _shares(
        self, what: str, past: Sequence[Past], counts: Counts, names: Sequence[str] | None = None
    ) -> Iterator[Effect]:
        """The stability index of a distribution; snapshots with few rows of it are left out."""
        own = list(counts(self.facts.report))
        every = [list(counts(p.report)) for p in past]
        rows = [row for row in every if sum(row) >= self.limits.min_rows]
        if len(rows) < self.limits.at_least or sum(own) < self.limits.min_rows:
            return
        width = max(len(row) for row in (own, *rows))
        own, *rows = ([*row, *[0.0] * (width - len(row))] for row in (own, *rows))
        before, n_before = median_shares(rows), median(sum(row) for row in rows)
        index = stability_index(own, before, n_before)
        bins = sum(1 for column in zip(own, *rows, strict=True) if any(column))
        if index <= chance_index(bins, sum(own), n_before):
            return
        limits = self.limits
        told = f"{what} moved (PSI {index:.2g}, limit {limits.alarm:g}"
        moved = "" if names is None else _moved(names, own, before)
        noted = limits.note < index <= limits.alarm
        yield Effect(f"{told}{moved})", index / limits.alarm, noted=noted)


def finding_of(comparison: Comparison) -> Finding:
    """What a comparison found, in one sentence."""
    effects = list(comparison.effects())
    over = [effect.told for effect in effects if effect.size > 1]
    value = max((effect.size for effect in effects), default=0.0)
    whom = f"the median of {len(comparison.past)} snapshots before"
    aside = [
        f"{what}: {', '.join(told)}"
        for what, told in (
            ("noted", [effect.told for effect in effects if effect.noted]),
            ("expected", [effect.told for effect in effects if effect.expected]),
        )
        if told
    ]
    if over:
        parts = [f"drifted from {whom}: {', '.join(over)}", *aside, _ADVICE]
        return Finding.broken(value, "; ".join(parts))
    return Finding.kept(value, "; ".join([f"nothing drifted from {whom}", *aside]))


def readable_rows(report: Report) -> int:
    """Rows of a snapshot that somebody can read."""
    status = report["totals"]["status"]
    return int(sum(status.values()) - status.get("error", 0))


def function_rate(report: Report, *, name: str, key: str) -> float | None:
    """A rate of a labeling function."""
    return next((row[key] for row in report["functions"] if row["lf"] == name), None)


def abstain_rate(report: Report) -> float | None:
    """The share of uncovered rows."""
    return float(1 - report["totals"]["coverage"])


def label_counts(report: Report) -> list[float]:
    """How often each label was given, in the order of the task."""
    return [report["classes"][label] for label in report["labels"]]


def mean_confidence(report: Report) -> float | None:
    """The mean confidence of labeled rows; an older report may not have it."""
    found: float | None = report.get("measures", {}).get("mean_confidence")
    return found


def text_sizes(report: Report) -> list[float]:
    """How many texts there are of each size; an older report may not say."""
    return list(report.get("measures", {}).get("text_length", {}).get("by_size", ()))


def _moved(names: Sequence[str], own: Sequence[float], before: Sequence[float]) -> str:
    """The labels whose shares moved most, with the shares."""
    total = sum(own)
    rows = [(name, n / total, q) for name, n, q in zip(names, own, before, strict=True)]
    rows.sort(key=lambda row: -abs(row[1] - row[2]))
    told = [f"{name} {now:.3g}, was {was:.3g}" for name, now, was in rows[:_MOST]]
    return f": {'; '.join(told)}"


def _changed(before: Mapping[str, str] | None, now: Mapping[str, str]) -> str:
    """How a labeling function differs from its form in the newest snapshot."""
    if before is None:
        return "is new"
    parts = [part for part in sorted({*before, *now}) if before.get(part) != now.get(part)]
    return f"was changed ({', '.join(parts)})"
