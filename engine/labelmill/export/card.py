"""The dataset card: README.md of a snapshot, for people and for `datasets.load_dataset`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from labelmill.core.protocols import Unit
from labelmill.core.schema import SPLITS
from labelmill.export.markdown import escaped, quoted, table

HUB_SPLITS = {"train": "train", "dev": "validation", "test": "test"}
"""What a split is called when `datasets` loads it: scripts made for it look for `validation`."""

_SIZES = ((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"))
_LARGER = ((10**7, "1M<n<10M"), (10**8, "10M<n<100M"), (10**9, "100M<n<1B"))
_HUB_TASKS = {
    "classification": ("text-classification", None),
    "sentiment": ("text-classification", "sentiment-classification"),
    "ner": ("token-classification", "named-entity-recognition"),
}


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What the card says; everything here must follow from the input and the config alone.

    `status` counts the rows by status, with those that were taken out as `filtered`; `classes`
    counts the labels of labeled rows (in ner the entities). `splits` counts the rows of each split
    without augmented ones, `augmented` the rows that each step added to train. `written` counts
    the rows in the files of each export, by export name and split; `exports` maps the name of an
    export to its type. `functions` are rows of the report (`lf`, `type`, `coverage`, `conflicts`,
    `weight`) and `checks` rows with `check`, `severity`, `passed` and `message`. `input`, `plan`
    and `model` are fingerprints.
    """

    job: str
    task: str
    unit: Unit
    language: str
    labels: tuple[str, ...]
    label_model: str
    rows_in: int
    status: Mapping[str, int]
    classes: Mapping[str, int]
    splits: Mapping[str, int]
    input: str
    plan: str
    model: str
    seed: int
    version: str
    description: str = ""
    definitions: Mapping[str, str] = field(default_factory=dict)
    functions: Sequence[Mapping[str, Any]] = ()
    augmented: Mapping[str, int] = field(default_factory=dict)
    exports: Mapping[str, str] = field(default_factory=dict)
    written: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    checks: Sequence[Mapping[str, Any]] = ()
    license: str | None = None
    multi_label: bool = False

    def rows(self, split: str) -> int:
        """Rows of a split with augmented ones, which only train has."""
        made = sum(self.augmented.values()) if split == "train" else 0
        return self.splits.get(split, 0) + made


def dataset_card(facts: CardFacts) -> str:
    """Write the card of a snapshot.

    Its front matter makes `load_dataset` on the folder of the snapshot give the splits: from the
    files of the first `huggingface` export where there is one, else from `parquet`. The `dev`
    split loads as `validation`, and a split without rows is left out. The fingerprints stand there
    too, so that the cache of `datasets` never gives one snapshot for another.
    """
    parts = [
        _front_matter(facts),
        f"# {escaped(facts.job)}",
        escaped(facts.description),
        _summary(facts),
        *_section("Labels", _labels(facts)),
        *_section("Splits", _splits(facts)),
        *_section("How the labels were made", _making(facts)),
        *_section("Augmentation", _augmentation(facts)),
        *_section("Checks", _checks(facts)),
        *_section("What to keep in mind", _LIMITS),
        *_section("Provenance", _provenance(facts)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def size_category(rows: int) -> str:
    """The size class of a dataset on the Hugging Face hub.

    Example:
        >>> size_category(999), size_category(1000), size_category(3 * 10**9)
        ('n<1K', '1K<n<10K', 'n>1B')
    """
    return next((name for limit, name in (*_SIZES, *_LARGER) if rows < limit), "n>1B")


def _front_matter(facts: CardFacts) -> str:
    category, task_id = _HUB_TASKS[facts.task]
    task_id = "multi-label-classification" if facts.multi_label else task_id
    lists = {
        "language": [] if facts.language == "xx" else [facts.language],
        "task_categories": [category],
        "task_ids": [task_id] if task_id else [],
        "size_categories": [size_category(sum(facts.rows(split) for split in SPLITS))],
        "tags": ["labelmill", "weak-supervision"],
    }
    lines = ["---", f"pretty_name: {quoted(facts.job)}"]
    if facts.license is not None:
        lines.append(f"license: {quoted(facts.license)}")
    for key, items in lists.items():
        lines += [f"{key}:", *(f"- {quoted(item)}" for item in items)] if items else []
    return "\n".join([*lines, *_data_files(facts), "---"])


def _loaded(facts: CardFacts) -> tuple[str | None, Mapping[str, int]]:
    """The export that `datasets` loads (None is parquet), and its rows in each split."""
    name = next((name for name, kind in facts.exports.items() if kind == "huggingface"), None)
    rows = facts.written.get(name, {}) if name else {split: facts.rows(split) for split in SPLITS}
    return name, rows


def _data_files(facts: CardFacts) -> Iterator[str]:
    name, rows = _loaded(facts)
    filled = [split for split in SPLITS if rows.get(split)]
    if filled:
        # `datasets` caches by the name of the folder and this entry, not by the files; without
        # the fingerprints `current` would load whatever any job's `current` was loaded first.
        made_of = f"input {facts.input}, plan {facts.plan}, model {facts.model}, {facts.version}"
        yield from ("configs:", "- config_name: default", f"  description: {quoted(made_of)}")
        yield "  data_files:"
    for split in filled:
        yield f"  - split: {HUB_SPLITS[split]}"
        path = f"{split}/{name or 'parquet'}/*.parquet"
        yield f"    path: {quoted(path)}"


def _section(title: str, body: str) -> tuple[str, ...]:
    return (f"## {title}", body) if body else ()


def _summary(facts: CardFacts) -> str:
    kind = {
        "classification": "a label for each text",
        "sentiment": "a sentiment for each text, on an ordered scale",
        "ner": "named entities as character spans",
    }[facts.task]
    kind = "any number of labels for each text" if facts.multi_label else kind
    total = sum(facts.rows(split) for split in SPLITS)
    return (
        f"Training data with {kind}, made by weak supervision: labeling functions voted on "
        f"{facts.rows_in:,} rows and a label model weighed their votes. {total:,} rows stand in "
        "the splits."
    )


def _labels(facts: CardFacts) -> str:
    total = facts.status.get("labeled", 0) if facts.multi_label else sum(facts.classes.values())
    counted = "entities" if facts.unit == "span" else "rows"
    rows = []
    for label in facts.labels:
        n = facts.classes.get(label, 0)
        definition = escaped(facts.definitions.get(label, ""))
        rows.append([escaped(label), definition, f"{n:,}", _percent(n, total)])
    return table(["label", "definition", counted, "share"], rows, "llrr")


def _splits(facts: CardFacts) -> str:
    rows = []
    _, loaded = _loaded(facts)
    for split in SPLITS:
        n_loaded = loaded.get(split, 0)
        loads_as = f"{HUB_SPLITS[split]}, {n_loaded:,} rows" if n_loaded else "nothing"
        counts = (f"{facts.splits.get(split, 0):,}", f"{facts.rows(split):,}")
        rows.append([split, *counts, loads_as])
    header = ["split", "rows from the source", "rows with augmented ones", "loads as"]
    shown = ", ".join(f"{escaped(name)} ({escaped(kind)})" for name, kind in facts.exports.items())
    also = f" Each split folder also has: {shown}." if shown else ""
    return (
        f"{table(header, rows, 'lrrl')}\n\n"
        "`datasets.load_dataset` on this folder gives the splits that have rows; `dev` loads as "
        f"`validation`. Every row stands in `parquet/` of its split.{also}"
    )


def _making(facts: CardFacts) -> str:
    functions = [
        [
            escaped(str(row["lf"])),
            escaped(str(row["type"])),
            f"{row['coverage']:.1%}",
            f"{row['conflicts']:.1%}",
            _number(row.get("weight")),
        ]
        for row in facts.functions
    ]
    header = ["labeling function", "type", "coverage", "conflicts", "weight"]
    status = [[escaped(name), f"{n:,}", _percent(n, facts.rows_in)] for name, n in _statuses(facts)]
    return (
        f"Label model: {escaped(facts.label_model)}. Coverage is the share of texts that a "
        "function voted on, conflicts the share on which another function disagreed, weight what "
        f"the label model learned of it.\n\n{table(header, functions, 'llrrr')}\n\n"
        f"What became of the {facts.rows_in:,} rows of the source:\n\n"
        f"{table(['status', 'rows', 'share'], status, 'lrr')}"
    )


def _statuses(facts: CardFacts) -> list[tuple[str, int]]:
    return [(name, n) for name, n in sorted(facts.status.items()) if n]


def _augmentation(facts: CardFacts) -> str:
    if not facts.augmented:
        return ""
    rows = [[escaped(step), f"{n:,}"] for step, n in facts.augmented.items()]
    return (
        "Rows made from rows of train. They have the step in `made_by` and the id of their source "
        f"row in `origin`.\n\n{table(['step', 'rows added'], rows, 'lr')}"
    )


def _checks(facts: CardFacts) -> str:
    rows = []
    for row in facts.checks:
        result = "passed" if row["passed"] else f"failed ({row['severity']})"
        rows.append([escaped(row["check"]), result, escaped(row["message"])])
    return table(["check", "result", "found"], rows) if rows else ""


_LIMITS = """\
- The labels are what the labeling functions say, weighed by a model. They are wrong more often \
than labels given with care by people, and they are wrong in patterns: a mistake of a function is \
repeated on every text that it matches.
- `dev` and `test` are labeled in the same way. A score on them says how well a model agrees with \
the labeling functions, not how often it is right. Measure on labels given by people.
- Probabilities are the label model's belief. They are no measured error rates.
- Texts on which no function voted may be missing, so the texts here may be easier than those that \
a model will meet, and the labels may come in other proportions."""


def _provenance(facts: CardFacts) -> str:
    rows = [
        ["input", f"`{facts.input}`"],
        ["plan", f"`{facts.plan}`"],
        ["model", f"`{facts.model}`"],
        ["seed", str(facts.seed)],
        ["labelmill", escaped(facts.version)],
    ]
    return (
        "The same input, plan and model give the same bytes. Digests of all files stand in "
        f"`manifest.json`.\n\n{table(['what', 'fingerprint'], rows)}"
    )


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "0.0%"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
