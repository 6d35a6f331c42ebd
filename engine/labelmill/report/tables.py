"""The table of labeling functions as text: which columns a report has, and how values read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Report = Mapping[str, Any]
NOTHING = "-"
MOST_NAMES = 5


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the key in a report row, its title, what it means, and how a value reads."""

    key: str
    title: str
    meaning: str
    read: Callable[[Any], str]
    number: bool = True

    def of(self, row: Mapping[str, Any]) -> str:
        """The value of a row as text."""
        return self.read(row.get(self.key))


def whole(value: Any) -> str:
    """A count, with thousands apart.

    Example:
        >>> whole(12345), whole(None)
        ('12,345', '-')
    """
    return NOTHING if value is None else f"{value:,}"


def share(value: Any) -> str:
    """A share as a percentage; a share above 0 never reads as 0.0%, nor one below 1 as 100.0%.

    Example:
        >>> share(0.1234), share(0.0), share(0.00001), share(0.99999), share(None)
        ('12.3%', '0.0%', '<0.1%', '>99.9%', '-')
    """
    if value is None:
        return NOTHING
    if 0 < value < 0.0005:
        return "<0.1%"
    return ">99.9%" if 0.9995 <= value < 1 else f"{value:.1%}"


def decimal(value: Any) -> str:
    """A learned weight or a score.

    Example:
        >>> decimal(0.75), decimal(None)
        ('0.750', '-')
    """
    return NOTHING if value is None else f"{value:.3f}"


def words(value: Any) -> str:
    """A name, or names one after the other; of many names the first few.

    Example:
        >>> words(["ham", "spam"]), words([]), words("link"), words(list("abcdefg"))
        ('ham, spam', '-', 'link', 'a, b, c, d, e +2')
    """
    if isinstance(value, str):
        return value
    rest = f" +{len(value) - MOST_NAMES}" if len(value) > MOST_NAMES else ""
    return ", ".join(value[:MOST_NAMES]) + rest if value else NOTHING


_ALWAYS = (
    Column("lf", "LF", "the labeling function", words, number=False),
    Column("type", "Type", "its type", words, number=False),
    Column("polarity", "Polarity", "the labels that it voted for", words, number=False),
    Column("votes", "Votes", "how many votes it gave", whole),
    Column("coverage", "Coverage", "share of texts that it voted on", share),
    Column("overlaps", "Overlaps", "share of texts where another function voted too", share),
    Column("conflicts", "Conflicts", "share of texts where another function disagreed", share),
)
_GOLD = (
    Column("correct", "Correct", "votes that agree with gold", whole),
    Column("incorrect", "Incorrect", "votes that disagree with gold", whole),
)
_ACCURACY = (Column("empirical_accuracy", "Emp. acc.", "correct votes of those with gold", share),)
_SPANS = (
    Column("precision", "Precision", "spans found that are right", share),
    Column("recall", "Recall", "gold spans of its labels that it found", share),
    Column("f1", "F1", "harmonic mean of precision and recall", share),
)
_WEIGHT = (Column("weight", "Weight", "what the label model learned of it", decimal),)
_ERRORS = (Column("errors", "Errors", "rows on which it failed", whole),)


def function_columns(report: Report) -> tuple[Column, ...]:
    """The columns of the function table that say something in this report.

    Without gold there are no verdicts, a label model that learns no weights shows none, and where
    no function failed nobody looks for errors. For spans the accuracy of votes is their precision,
    so it stands once.
    """
    rows = report["functions"]
    judged = report["gold"] is not None
    scores = _SPANS if any("f1" in row for row in rows) else _ACCURACY
    return (
        *_ALWAYS,
        *((*_GOLD, *scores) if judged else ()),
        *(_WEIGHT if any(row["weight"] is not None for row in rows) else ()),
        *(_ERRORS if any(row["errors"] for row in rows) else ()),
    )


def class_counts(report: Report) -> dict[str, int]:
    """How often each label was given, in the declared order of the labels.

    A report that was read from a file has its keys in another order.
    """
    return {label: report["classes"].get(label, 0) for label in report["labels"]}


def labels_given(report: Report) -> int:
    """What shares of labels are of: all labels, or the labeled rows if these can have several."""
    if report.get("multi_label"):
        return int(report["totals"]["status"].get("labeled", 0))
    return sum(report["classes"].values())


OF_FUNCTIONS = {
    "below_chance": "taken by the label model for a sign of the opposite",
    "contradicts": "contradicts the other functions more often than chance would",
    "dead": "agrees with the other functions no more often than by chance",
    "constant": "votes the same on everything",
}
"""What a finding about single functions means, by its code."""


def model_words(report: Report) -> str:
    """Which label model made the labels, and which was asked for where that is another.

    Example:
        >>> model_words({"label_model": {"type": "majority", "seed": 0, "asked": "dawid_skene"}})
        'label model majority (dawid_skene was asked for) with seed 0'
    """
    model = report["label_model"]
    asked = f" ({model['asked']} was asked for)" if model["asked"] != model["type"] else ""
    return f"label model {model['type']}{asked} with seed {model['seed']}"


def model_notices(report: Report) -> list[str]:
    """What a person should know of the label model: why it is not the one asked for, what is odd.

    That a function never votes stands with the functions already.
    """
    model = report["label_model"]
    found = model["findings"]
    changed = model["asked"] != model["type"] or any(each["fatal"] for each in found)
    why = [f"label model '{model['asked']}': {model['why']}"] if changed else []
    whole = [each["message"] for each in found if each["function"] is None]
    named = {
        words: [each["function"] for each in found if each["code"] == code]
        for code, words in OF_FUNCTIONS.items()
    }
    single = [f"{words}: {', '.join(names)}" for words, names in named.items() if names]
    return why + [f"label model: {message}" for message in whole] + single


def model_trials(report: Report) -> list[str]:
    """The models that were tried, the best first, and why one of them was chosen."""
    model = report["label_model"]
    tried = sorted(model["tried"], key=lambda trial: (-trial["score"], trial["name"]))
    scores = [f"{trial['name']} {decimal(trial['score'])}" for trial in tried]
    return [f"tried: {', '.join(scores)}", f"chosen: {model['why']}"] if tried else []


def model_fit(report: Report) -> list[str]:
    """On which partitions the model was fitted, in a job that has some.

    Example:
        >>> fit = {"inputs": {"9": "ab", "10": "cd"}, "rows": 1200, "up_to": "10"}
        >>> model_fit({"label_model": {"fit": fit}})
        ["fitted on 2 partitions up to '10' with 1,200 rows"]
    """
    fit = report["label_model"].get("fit")
    if fit is None or fit["up_to"] is None:
        return []
    n = len(fit["inputs"])
    what = "1 partition" if n == 1 else f"{n} partitions"
    return [f"fitted on {what} up to '{fit['up_to']}' with {whole(fit['rows'])} rows"]


def model_calibration(report: Report) -> list[str]:
    """At which temperature the probabilities are given, and what that did, if gold told one."""
    model = report["label_model"]
    found = model.get("calibration")
    if found is None:
        return _calibration_by_label(model.get("by_label", ()))
    unit = "tokens" if report["task"] == "ner" else "rows"
    heat = f"temperature {found['temperature']:.2f} from {whole(found['items'])} {unit} of gold"
    before, after = decimal(found["error_before"]), decimal(found["error_after"])
    return [f"calibrated: {heat}; calibration error {before} before, {after} after"]


def _calibration_by_label(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The same where each label has a model of its own; errors are means over the labels."""
    told = {row["label"]: row["calibration"] for row in rows if row.get("calibration")}
    if not told:
        return []
    heats = {label: found["temperature"] for label, found in told.items()}
    if len(heats) > MOST_NAMES:
        low, high = min(heats.values()), max(heats.values())
        words = f"{len(heats)} labels at temperatures from {low:.2f} to {high:.2f}"
    else:
        words = ", ".join(f"{label} at temperature {heat:.2f}" for label, heat in heats.items())
    before, after = (
        decimal(sum(found[key] for found in told.values()) / len(told))
        for key in ("error_before", "error_after")
    )
    errors = f"calibration error {before} before, {after} after, on average over the labels"
    return [f"calibrated on gold: {words}; {errors}"]


def gold_calibration(report: Report) -> list[str]:
    """How far the confidence of labels can be believed, in a report that has gold."""
    error = (report["gold"] or {}).get("calibration_error")
    return [] if error is None else [f"expected calibration error {decimal(error)}"]


def refine_lines(report: Report) -> list[str]:
    """What reading the texts did, in sentences; nothing where they are not read."""
    refine = report.get("refine")
    if refine is None:
        return []
    if not refine["used"]:
        return [f"the texts are not used: {refine['why']}"]
    rests = refine["rests_on"]
    told = [f"the texts are used: {refine['why']}"]
    both, alone = whole(rests["votes+text"]), whole(rests["text"])
    told += [f"labels rest on votes and text in {both} rows, on the text alone in {alone}"]
    if refine["dropped"]:
        told += [f"{whole(refine['dropped'])} rows least to be trusted are taken out of train"]
    return told


def denied_functions(report: Report, most: int = 20) -> list[Mapping[str, Any]]:
    """Functions whose votes the texts deny, the most doubtful first."""
    found = (report.get("refine") or {}).get("denied", [])
    return list(found[:most])


def skipped_files(report: Report) -> list[str]:
    """The files of the input that were left out since they are damaged, each with the reason."""
    rows = report.get("skipped_files", ())
    return [f"input file {row['file']} was left out: {row['reason']}" for row in rows]


def notices(report: Report) -> list[str]:
    """What a person should look at in the table of functions."""
    rows = report["functions"]
    kinds = (
        ("never voted", [row["lf"] for row in rows if not row["votes"]]),
        ("failed on some rows (see quarantine/)", [r["lf"] for r in rows if r["errors"]]),
        (
            "disagrees with gold more often than not",
            [row["lf"] for row in rows if (row["incorrect"] or 0) > (row["correct"] or 0)],
        ),
    )
    return [f"{text}: {', '.join(names)}" for text, names in kinds if names]
