"""Reports, plans and runs as lines for a terminal."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.text import Text

from labelmill.core.schema import SPLITS
from labelmill.report.crossed import cross_view, inputs_view, models_view
from labelmill.report.layout import Heading, View, heading, indented, table, training_set
from labelmill.report.marking import visible
from labelmill.report.tables import (
    Report,
    class_counts,
    decimal,
    denied_functions,
    function_columns,
    gold_calibration,
    labels_given,
    model_calibration,
    model_fit,
    model_notices,
    model_trials,
    model_words,
    notices,
    refine_lines,
    share,
    skipped_files,
    whole,
)

STATUS_ORDER = ("labeled", "tie", "low_confidence", "uncovered", "error")


def report_view(report: Report, page: Path | str, width: int) -> View:
    """A whole report.

    Args:
        report: what report.json holds.
        page: where the same stands as a page.
        width: columns of the terminal.
    """
    title = _title(report)
    return [
        Text(title, style="bold"),
        f"{report['task']}, {model_words(report)}",
        *model_fit(report),
        *model_trials(report),
        *model_calibration(report),
        *_noted(skipped_files(report)),
        *_noted(model_notices(report)),
        "",
        *totals_view(report),
        *heading("Labeling functions"),
        *function_table(report, width),
        *_noted(notices(report)),
        *_texts(report, width),
        *heading("Classes"),
        *_classes(report, width),
        *_gold(report, width),
        *_checks(report),
        "",
        f"Page: {page}",
    ]


def function_table(report: Report, width: int) -> View:
    """The table of labeling functions, with the columns that snorkel's has and our own."""
    columns = function_columns(report)
    headings = [Heading(column.title, column.number) for column in columns]
    rows = [[visible(column.of(row)) for column in columns] for row in report["functions"]]
    return table(headings, rows, width) if rows else ["There were no texts to vote on."]


def totals_view(report: Report) -> View:
    """Rows by status, and the sizes of the splits."""
    totals = report["totals"]
    status = totals["status"]
    known = {name: status[name] for name in STATUS_ORDER if name in status}
    counts = {**known, **{n: c for n, c in status.items() if n not in known}}
    if totals["filtered"]:
        counts["filtered"] = totals["filtered"]
    told = ", ".join(f"{whole(count)} {name}" for name, count in counts.items())
    made = sum(report["augmented"]["made"].values())
    splits = [f"{name} {whole(report['splits'].get(name, 0))}" for name in SPLITS]
    if made:
        splits[0] += f" + {whole(made)} augmented"
    return [
        f"Rows      {whole(totals['rows_in'])}: {told or 'none'}",
        f"Coverage  {share(totals['coverage'])} of readable rows have a vote",
        f"Splits    {', '.join(splits)}",
        *_quarantine(totals.get("quarantined", 0)),
    ]


def _quarantine(rows: int) -> View:
    """How many rows something went wrong on, if it did."""
    if not rows:
        return []
    are = "1 row is" if rows == 1 else f"{whole(rows)} rows are"
    return [f"Errors    {are} in quarantine: unreadable, or a function failed (see quarantine/)"]


def run_view(run: Any, output: str) -> View:
    """What a run published, and where the training set lies.

    Args:
        run: what `labelmill.pipeline.run.run_job` gives.
        output: the output folder, or its URL.
    """
    if not run.snapshots:
        done = f"No data: the source has no rows, so nothing was published ({run.status})."
        return [done, *_noted(run.warnings)]
    if run.status == "nothing to do":
        done = f"Nothing to do: {_all_live(run.snapshots)} up to date in {output}."
        return [done, *_noted(run.warnings)]
    made = [snapshot for snapshot in run.snapshots if snapshot.id not in run.unchanged]
    same = [snapshot for snapshot in run.snapshots if snapshot.id in run.unchanged]
    view: View = []
    for snapshot in made:
        view += [
            Text(f"{_title(snapshot.report)}: snapshot {snapshot.id} is live", style="bold"),
            *totals_view(snapshot.report),
            f"Classes   {_short_classes(snapshot.report)}",
            "",
        ]
    if same:
        view.append(f"Nothing to do for the rest: {_all_live(same)} up to date.")
    single = len(run.snapshots) == 1 and run.snapshots[0].partition is None
    return [*view, training_set(output, several=not single), *_noted(run.warnings)]


def _all_live(snapshots: Sequence[Any]) -> str:
    if len(snapshots) > 1:
        return f"{whole(len(snapshots))} partitions are"
    one = snapshots[0]
    return f"snapshot {one.id} is" if one.partition is None else f"partition {one.partition} is"


def plan_view(facts: Mapping[str, Any], width: int) -> View:
    """A plan: what would be read, what changed, what would be done, and why."""
    functions = [[f["lf"], f["type"] or "-", f["state"]] for f in facts["functions"]]
    steps = [[step["step"], step["does"]] for step in facts["steps"]]
    return [
        Text(f"{facts['job']} ({facts['task']})", style="bold"),
        f"reads  {facts['source']}",
        f"writes {facts['output']}",
        *_gold_read(facts["gold"]),
        *heading("Input"),
        *inputs_view(facts["partitions"], facts["dropped"], width),
        *heading("Labeling functions"),
        *table([Heading("LF"), Heading("Type"), Heading("Against what is live")], functions, width),
        *heading("What would vote"),
        *cross_view(facts["cells"], width),
        *models_view(facts["models"], facts["relabels"]),
        *heading("Steps"),
        *table([Heading("Step"), Heading("Does")], steps, width),
        *_noted(facts["warnings"]),
    ]


def _gold_read(gold: Mapping[str, Any] | None) -> View:
    return [] if gold is None else [f"gold   {gold['path']} ({whole(gold['rows'])} rows)"]


def examples_view(results: Sequence[Any]) -> View:
    """The examples that failed, and how many passed."""
    failed = [result for result in results if not result.passed]
    view: View = []
    for result in failed:
        view += [
            Text(f"FAILED {result.lf}: {visible(result.text)}", style="bold red"),
            *indented([f"wanted: {visible(result.wanted)}", f"found:  {visible(result.found)}"]),
        ]
    functions = len({result.lf for result in results})
    passed = len(results) - len(failed)
    counted = f"{len(results)} examples of {functions} labeling functions"
    return [*view, f"{counted}: {passed} passed, {len(failed)} failed"]


def _title(report: Report) -> str:
    part = report["partition"]
    return f"{report['job']}, partition {visible(part)}" if part else str(report["job"])


def _noted(sentences: Sequence[str]) -> View:
    lines: View = [Text(f"! {visible(sentence)}", style="yellow") for sentence in sentences]
    return ["", *lines] if lines else []


def _classes(report: Report, width: int) -> View:
    classes = class_counts(report)
    total = labels_given(report)
    rows = [
        [visible(name), whole(count), share(count / total if total else 0.0)]
        for name, count in classes.items()
    ]
    unit = "Entities" if report["task"] == "ner" else "Rows"
    headings = [Heading("Label"), Heading(unit, number=True), Heading("Share", number=True)]
    return table(headings, rows, width)


def _texts(report: Report, width: int) -> View:
    lines = refine_lines(report)
    if not lines:
        return []
    rows = [
        [visible(row["lf"]), whole(row["votes"]), share(row["denied"] / row["votes"])]
        for row in denied_functions(report)
    ]
    headings = [
        Heading("LF"),
        Heading("Votes", number=True),
        Heading("Denied by texts", number=True),
    ]
    shown = table(headings, rows, width) if rows else []
    return [*heading("Reading the texts"), *map(visible, lines), *shown]


def _short_classes(report: Report) -> str:
    most = 12
    told = [f"{visible(name)} {whole(count)}" for name, count in class_counts(report).items()]
    rest = f" and {len(told) - most} more" if len(told) > most else ""
    return ", ".join(told[:most]) + rest


def _gold(report: Report, width: int) -> View:
    gold = report["gold"]
    if gold is None:
        return []
    if "exact_match" in gold:
        by_label = _gold_by_label(gold, width)
        return [*heading("Agreement with gold"), *by_label, "", *gold_calibration(report)]
    if "f1" in gold:
        scores = [f"{name} {share(gold[name])}" for name in ("precision", "recall", "f1")]
        told = f"{', '.join(scores)} on {whole(gold['wanted'])} gold spans"
    else:
        judged = gold["right"] + gold["wrong"]
        told = f"accuracy {share(gold['accuracy'])} on {whole(judged)} labeled rows with gold"
    return [*heading("Agreement with gold"), told, *gold_calibration(report)]


def _gold_by_label(gold: Mapping[str, Any], width: int) -> View:
    judged = gold["right"] + gold["wrong"]
    told = f"micro F1 {share(gold['micro']['f1'])}, macro F1 {share(gold['macro_f1'])}, all labels "
    told += f"right on {share(gold['exact_match'])} of {whole(judged)} labeled rows with gold"
    names = ("precision", "recall", "f1")
    rows = [
        [visible(row["label"]), whole(row["wanted"]), *(share(row[name]) for name in names)]
        for row in gold["by_label"]
    ]
    titles = ("In gold", "Precision", "Recall", "F1")
    headings = [Heading("Label"), *(Heading(title, number=True) for title in titles)]
    return [told, "", *table(headings, rows, width)] if rows else [told]


def _checks(report: Report) -> View:
    lines: View = []
    for check in report["checks"]:
        if check["passed"]:
            lines.append(f"passed  {check['name']}: {visible(check['message'])}")
        else:
            told = f"FAILED  {check['name']} ({check['severity']}): {visible(check['message'])}"
            lines.append(Text(told, style="yellow"))
    return [*heading("Checks"), *lines] if lines else []


def posterior(probs: Mapping[str, float], most: int = 5) -> str:
    """The likeliest labels with their probabilities.

    Example:
        >>> posterior({"ham": 0.2, "spam": 0.8})
        'spam 0.800, ham 0.200'
    """
    ranked = sorted(probs.items(), key=lambda pair: -pair[1])[:most]
    return ", ".join(f"{visible(label)} {decimal(prob)}" for label, prob in ranked)
