"""Values that have the right type and still make no sense."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa

from labelmill.config.keys_nested import Every
from labelmill.config.nodes import Findings
from labelmill.config.resources import is_url
from labelmill.config.sections import Draft
from labelmill.config.spec import STATE
from labelmill.core import schema
from labelmill.core.protocols import Unit
from labelmill.errors import BadParameter
from labelmill.text.expression import Expression

RECORDS = {"prometheus": (".prom",), "openlineage": (".jsonl", ".ndjson", ".json", ".log")}
"""Keys under `record` that name a file, and how the names of such files end."""

FRACTIONS = ("train", "dev", "test")
TAKEN = frozenset(
    name
    for spans, multi_label in ((True, False), (False, False), (False, True))
    for made in (schema.labels_schema, schema.examples_schema)
    for name in made(pa.null(), (), (), spans=spans, multi_label=multi_label, refined=True).names
)
"""Columns of the output; a carried column may not take their names."""


def check_sanity(draft: Draft, folder: Path, findings: Findings) -> None:
    """Note splits that do not add up, carried columns that collide, and odd paths."""
    own = (_check_split, _check_carry, _check_where, _check_ready, _check_fit, _check_engine)
    for check in own:
        check(draft, findings)
    _check_output(draft, folder, findings)
    _check_state(draft, folder, findings)
    _check_gold(draft, folder, findings)
    _check_record(draft, folder, findings)


def _check_engine(draft: Draft, findings: Findings) -> None:
    given = draft.sections["execution"] or {}
    if given.get("address") is not None and given.get("engine", "local") != "ray":
        trail = ("execution", "address")
        findings.add(trail, "value", "is that of a Ray cluster; add engine: ray")


def split_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """The split with its defaults: as soon as any fraction is given, the others are 0.

    Example:
        >>> split_of({"train": 1.0})
        {'train': 1.0, 'dev': 0.0, 'test': 0.0}
        >>> split_of({"group": "id"})
        {'group': 'id'}
    """
    if not any(name in given for name in FRACTIONS):
        return dict(given)
    return {**given, **{name: float(given.get(name, 0)) for name in FRACTIONS}}


def select_of(given: Mapping[str, Any], unit: Unit) -> dict[str, Any]:
    """The selection with the default that hangs on the task.

    In ner a row without votes is kept: without such rows a model never sees a text that has no
    entities.
    """
    return {"uncovered": "keep" if unit == "span" else "drop", **given}


def gold_of(draft: Draft, unit: Unit) -> dict[str, Any] | None:
    """The gold section with its columns filled in, or None where the job has none."""
    given, source = draft.sections["gold"], draft.sections["source"] or {}
    if not given:
        return None
    label = source.get("gold") or ("entities" if unit == "span" else "label")
    return {"id": source.get("id"), "text": source.get("text"), "label": label, **given}


def output_of(draft: Draft) -> str:
    """The output as it was written, or its default."""
    header = draft.header or {}
    return str(header.get("output") or f"data/out/{header.get('name', '')}")


def seconds_of(duration: str | None) -> float:
    """A duration such as `30m` in seconds; 0 where there is none.

    Example:
        >>> seconds_of("30m"), seconds_of("1.5h"), seconds_of(None)
        (1800.0, 5400.0, 0.0)
    """
    if duration is None:
        return 0.0
    return float(duration[:-1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[duration[-1]]


def placed(path: str, folder: Path) -> str:
    """A path of the config as an absolute one; a URL stays."""
    return path if is_url(path) else os.path.normpath(folder / path)


def _check_split(draft: Draft, findings: Findings) -> None:
    given = draft.sections["split"]
    if given is None:
        return
    fractions = split_of(given)
    total = sum(fractions[name] for name in FRACTIONS if name in fractions)
    if "train" in fractions and abs(total - 1) > 1e-6:
        message = f"train, dev and test sum to {total:g}; they must sum to 1"
        findings.add(("split",), "value", message)


def _check_carry(draft: Draft, findings: Findings) -> None:
    source = draft.sections["source"] or {}
    carry = source.get("carry", ())
    for index, column in enumerate(carry):
        trail = ("source", "carry", index)
        if column in (source.get("id"), source.get("text")):
            findings.add(trail, "value", f"'{column}' is in the output already; leave it out")
        elif column in TAKEN:
            message = f"the output has a column '{column}' of its own, so it cannot be carried"
            findings.add(trail, "value", message)
        elif column in carry[:index]:
            findings.add(trail, "value", f"'{column}' stands twice")


def _check_where(draft: Draft, findings: Findings) -> None:
    where = (draft.sections["source"] or {}).get("where")
    if where is None:
        return
    try:
        Expression.parse(where, "where")
    except BadParameter as error:
        findings.add(("source", "where"), error.code, error.message)


def _check_ready(draft: Draft, findings: Findings) -> None:
    ready = (draft.sections["source"] or {}).get("ready_when")
    if ready is not None and ready.file is None and ready.min_age is None:
        message = "says nothing; write {file: _SUCCESS}, {min_age: 30m} or both"
        findings.add(("source", "ready_when"), "value", message)


def _check_fit(draft: Draft, findings: Findings) -> None:
    """Partitions are counted only where there are some."""
    fit = None if draft.label_model is None else draft.label_model.frame.get("fit")
    partition = (draft.sections["source"] or {}).get("partition")
    if fit is not None and isinstance(fit.when, Every) and partition is None:
        message = "counts partitions and the job has none; write on_change, or source.partition"
        findings.add(("label_model", "fit", "when"), "value", message)


def _check_output(draft: Draft, folder: Path, findings: Findings) -> None:
    output, source = output_of(draft), draft.sections["source"] or {}
    target = placed(output, folder)
    if "\0" in output:
        findings.add(("output",), "value", "holds a NUL character; no folder can be named so")
    if not is_url(output) and not Path(output).is_absolute() and not _inside(target, str(folder)):
        message = f"'{output}' leads out of the project; write an absolute path if that is meant"
        findings.add(("output",), "value", message)
    path = source.get("path")
    if path is None or is_url(output) != is_url(path):
        return
    rows = placed(path, folder)
    if _inside(target, rows) or _inside(rows, target):
        message = "the output and the source lie in each other; a run would read what it wrote"
        findings.add(("output",), "value", message)


def _check_state(draft: Draft, folder: Path, findings: Findings) -> None:
    """The state lies apart from what is read and what is written."""
    state = (draft.header or {}).get("state")
    if state is None:
        _check_beside_state(draft, folder, findings)
        return
    if "\0" in state:
        findings.add(("state",), "value", "holds a NUL character; no folder can be named so")
        return
    target = placed(state, folder)
    if not is_url(state) and not Path(state).is_absolute() and not _inside(target, str(folder)):
        message = f"'{state}' leads out of the project; write an absolute path if that is meant"
        findings.add(("state",), "value", message)
    source = (draft.sections["source"] or {}).get("path")
    for name, path in (("output", output_of(draft)), ("source", source)):
        if path is None or is_url(path) != is_url(state):
            continue
        other = placed(path, folder)
        if _inside(target, other) or _inside(other, target):
            message = (
                f"the state and the {name} lie in each other; give the state a place of its own"
            )
            findings.add(("state",), "value", message)


def _check_beside_state(draft: Draft, folder: Path, findings: Findings) -> None:
    """What is published does not lie where the state is kept, which anybody may remove."""
    output = output_of(draft)
    if not is_url(output) and _inside(placed(output, folder), placed(STATE, folder)):
        message = f"lies in {STATE}, which holds what can be made anew; give a place of its own"
        findings.add(("output",), "value", message)


def _check_gold(draft: Draft, folder: Path, findings: Findings) -> None:
    """Gold lies apart from what is read and what is written."""
    gold = (draft.sections["gold"] or {}).get("path")
    source = (draft.sections["source"] or {}).get("path")
    if gold is None or is_url(gold):
        return
    rows, output = placed(gold, folder), output_of(draft)
    if source is not None and not is_url(source) and _inside(rows, placed(source, folder)):
        message = "lies in the source, so its rows would be emitted; keep gold apart from the rows"
        findings.add(("gold", "path"), "value", message)
    if not is_url(output) and _inside(rows, placed(output, folder)):
        message = "lies in the output; a run would read what it wrote"
        findings.add(("gold", "path"), "value", message)


def _check_record(draft: Draft, folder: Path, findings: Findings) -> None:
    """A run writes beside its output only where that was plainly asked for."""
    given, output = draft.sections["record"] or {}, output_of(draft)
    for key, endings in RECORDS.items():
        path = given.get(key)
        if path is None or _is_endpoint(key, path, findings):
            continue
        target = placed(path, folder)
        if not target.endswith(endings):
            message = f"must end with {' or '.join(endings)}, so that no other file is hit"
            findings.add(("record", key), "value", message)
        if not Path(path).is_absolute() and not _inside(target, str(folder)):
            message = f"'{path}' leads out of the project; write an absolute path if that is meant"
            findings.add(("record", key), "value", message)
        if not is_url(output) and _inside(target, placed(output, folder)):
            message = "lies in the output, whose files are those of snapshots alone"
            findings.add(("record", key), "value", message)


def _is_endpoint(key: str, path: str, findings: Findings) -> bool:
    """Whether a value under `record` is a URL; one of a wrong kind is noted."""
    if not is_url(path):
        return False
    if key != "openlineage":
        findings.add(("record", key), "value", "only a local file can be written; give a path")
    elif not path.startswith(("http://", "https://")):
        message = "only http and https can be spoken; give such a URL, or a path"
        findings.add(("record", key), "value", message)
    elif not _can_be_called(path):
        findings.add(("record", key), "value", "is no URL with a host and a port that there are")
    return True


def _can_be_called(url: str) -> bool:
    """Whether a URL has a host, a port that there can be, and nothing that no URL may hold.

    Example:
        >>> _can_be_called("http://lineage:5000/api"), _can_be_called("http://lineage:99999/")
        (True, False)
    """
    try:
        parts = urlsplit(url)
        known = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return known and url.isprintable() and " " not in url


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
