"""What each benchmark must reach, and the table that tells whether it did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Bound:
    """A field of a benchmark's JSON object and what it must be; a map must hold it throughout."""

    field: str
    sign: Literal["≥", "≤"]
    value: float
    unit: str = "x"

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """Whether it is reached; a field that is not there is not."""
        found = _values(facts.get(self.field))
        if self.sign == "≥":
            return bool(found) and min(found) >= self.value
        return bool(found) and max(found) <= self.value

    def wanted(self) -> str:
        """What is wanted, for the table."""
        return f"{self.sign} {_number(self.value, self.unit)}{_named(self.field)}"

    def reached(self, facts: Mapping[str, Any]) -> str:
        """What was found, for the table; the worst value of a map."""
        found = _values(facts.get(self.field))
        if not found:
            return "-"
        worst = min(found) if self.sign == "≥" else max(found)
        told = f"{_number(worst, self.unit)}{_named(self.field)}"
        return told if self.holds(facts) else f"**{told}**"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A benchmark of the table: what is done, what it is held against, and what it must reach."""

    name: str
    work: str
    against: str
    bounds: tuple[Bound, ...]


TABLE = (
    Wanted(
        "scan",
        "73 regexes of sms and 136 keywords of imdb over their texts, one core",
        "snorkel's PandasLFApplier",
        (Bound("ratio", "≥", 600), Bound("ratio_unicode", "≥", 100)),
    ),
    Wanted(
        "scan_limit",
        "the same over 200 MB of each corpus through the whole label stage, one core",
        "a bare Hyperscan scan of the same buffer",
        (Bound("ratio", "≥", 0.4),),
    ),
    Wanted(
        "python_lfs",
        "ten mixed snorkel functions, 50,000 rows, one core",
        "snorkel's PandasLFApplier",
        (Bound("ratio", "≥", 5),),
    ),
    Wanted(
        "tokens",
        "agnews: 12,000 texts (small) and 500,000 with a growing vocabulary",
        "spaCy's blank `nlp.pipe`",
        (Bound("ratio_small", "≥", 5), Bound("ratio", "≥", 10)),
    ),
    Wanted(
        "gazetteer",
        "554,000 places and companies over the same two sizes",
        "spaCy's tokenizer and skweak's GazetteerAnnotator",
        (Bound("ratio_small", "≥", 10), Bound("ratio", "≥", 20)),
    ),
    Wanted(
        "label_model",
        "1,000,000 rows x 50 functions, fit and predict from the dense matrix",
        "snorkel's LabelModel",
        (Bound("ratio", "≥", 20),),
    ),
    Wanted(
        "fit",
        "fit of 164 functions x 9 labels x 1,749 rows: the slowest of the native label models",
        "snorkel's LabelModel",
        (Bound("ratio", "≥", 20),),
    ),
    Wanted(
        "hmm",
        "592 abstracts of ner_ncbi with the spans of five functions: fit, and predict spans",
        "skweak's HMM",
        (Bound("ratio", "≥", 10), Bound("ratio_predict", "≥", 10)),
    ),
    Wanted(
        "quality",
        "mean score of the default label models on every set with votes ([results](results.md))",
        "the best peer's mean",
        (
            Bound("ratio", "≥", 1),
            Bound("youtube", "≥", 85, "%"),
            Bound("youtube_gold", "≥", 87, "%"),
            Bound("youtube_refined", "≥", 94, "%"),
            Bound("sms_end", "≥", 88, "%"),
            Bound("imdb_end", "≥", 79, "%"),
            Bound("laptop", "≥", 73.3, "%"),
            Bound("laptop_refined", "≥", 73.6, "%"),
            Bound("ncbi", "≥", 78.8, "%"),
            Bound("ncbi_refined", "≥", 80.5, "%"),
        ),
    ),
    Wanted(
        "end_to_end",
        "1,000,000 news texts, 40 functions, label model, split, Parquet; two workers",
        "the script of a snorkel user",
        (Bound("ratio", "≥", 60),),
    ),
    Wanted(
        "end_to_end_limit",
        "the same",
        "read, one bare scan, write the same bytes; two workers",
        (Bound("ratio", "≥", 0.5),),
    ),
    Wanted(
        "memory",
        "the same job at 10,000,000 rows: peak of all processes",
        "1,000,000 rows",
        (Bound("growth", "≤", 1.15), Bound("ours", "≤", 1500, "MB")),
    ),
    Wanted(
        "incremental",
        "one Python function of forty changed, over fifty nights of 20,000 texts; two workers",
        "the label stage of the whole job",
        (Bound("ratio", "≥", 6.6), Bound("nothing_seconds", "≤", 2.0, "s")),
    ),
    Wanted(
        "ray",
        "the job of `incremental` over a hundred nights, by two workers of a Ray cluster",
        "two workers without one",
        (Bound("overhead", "≤", 1.3),),
    ),
    Wanted(
        "startup",
        "`labelmill --help`, and `labelmill validate` of the slowest demo job",
        "`python -c pass`",
        (Bound("ours", "≤", 0.3, "s"), Bound("validate_seconds", "≤", 1.0, "s")),
    ),
)
"""In the order of the table."""

HEADER = (
    "| benchmark | work | against | wanted | reached | ours | theirs |\n"
    "|---|---|---|---|---|---|---|\n"
)


def table_of(results: Mapping[str, Mapping[str, Any]]) -> str:
    """The table in Markdown; a benchmark without a result has dashes, what is missed is bold."""
    return HEADER + "".join(_row(wanted, results.get(wanted.name)) for wanted in TABLE)


def missed(results: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A line for each bound that is not reached, of the benchmarks that have a result."""
    return [
        f"{wanted.name}: {bound.field} is {bound.reached(results[wanted.name]).strip('*')}, "
        f"wanted {bound.wanted()}"
        for wanted in TABLE
        if wanted.name in results
        for bound in wanted.bounds
        if not bound.holds(results[wanted.name])
    ]


def _row(wanted: Wanted, facts: Mapping[str, Any] | None) -> str:
    cells = [f"`{wanted.name}`", wanted.work, wanted.against, _joined(wanted.bounds, None)]
    if facts is None:
        cells += ["-", "-", "-"]
    else:
        unit = str(facts["unit"])
        scaled = " (scaled)" if facts.get("scaled") else ""
        cells += [_joined(wanted.bounds, facts)]
        cells += [f"{_number(facts['ours'])} {unit}", f"{_number(facts['peer'])} {unit}{scaled}"]
    return f"| {' | '.join(cells)} |\n"


def _joined(bounds: Sequence[Bound], facts: Mapping[str, Any] | None) -> str:
    return ", ".join(b.wanted() if facts is None else b.reached(facts) for b in bounds)


def _named(field: str) -> str:
    names = {"ratio": "", "ours": "", "validate_seconds": " validate"}
    return names.get(field, f" {field.removeprefix('ratio_')}")


def _number(value: float, unit: str = "") -> str:
    exact = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{exact}x" if unit == "x" else f"{exact} {unit}".strip()


def _values(found: Any) -> list[float]:
    if isinstance(found, Mapping):
        return [float(value) for value in found.values()]
    return [] if found is None else [float(found)]
