"""What runs saw of the input: files, their shards, and what functions read of these.

One file in the state, `seen/<job>.json`. A plan tells by it what a run would do, and why, without
reading input that was not touched. It may be missing or out of date: what functions said is known
by content alone (see `labelmill.pipeline.cells`).
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from labelmill.core.digests import digest
from labelmill.core.protocols import Needs
from labelmill.io import durable
from labelmill.io.trust import is_ours

VERSION = 1

Bounds = tuple[int, int]
"""The first row of a shard in its file, and the one after its last."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What functions see of the rows of a shard, as digests.

    `rows` is that of ids and prepared texts, `columns` those of the columns that are read.
    `names` are all columns that there are, where a function reads all.
    """

    rows: str
    columns: Mapping[str, str]
    names: tuple[str, ...] | None = None

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> "Seen":
        """What `facts` gave."""
        names = facts["names"]
        return cls(facts["rows"], dict(facts["columns"]), None if names is None else tuple(names))

    def facts(self) -> dict[str, Any]:
        """The same as plain data."""
        return {"rows": self.rows, "columns": dict(self.columns), "names": self.names}

    def has_all(self, needs: Iterable[Needs]) -> bool:
        """Whether it is known of all columns that functions need what they hold."""
        wanted = [need.columns for need in needs]
        read = {name for columns in wanted for name in columns or ()}
        return read <= self.columns.keys() and (None not in wanted or self.names is not None)

    def with_those_of(self, other: "Seen | None") -> "Seen":
        """The same with what was looked at of these rows before."""
        if other is None or other.rows != self.rows:
            return self
        return Seen(self.rows, {**other.columns, **self.columns}, self.names or other.names)


@dataclass(frozen=True, slots=True)
class Form:
    """What votes hang on in a job besides the input, as digests.

    `functions` has the parts of each function's fingerprint, `texts` what makes the texts, and
    `setting` what all functions hang on.
    """

    functions: Mapping[str, Mapping[str, str]]
    texts: Mapping[str, str]
    setting: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SeenFile:
    """A file as it was labeled last: its content, what is known of its shards, and the form."""

    name: str
    partition: str | None
    content: str
    shards: Mapping[Bounds, Seen]
    form: Form


@dataclass(frozen=True)
class Sight:
    """All that was seen of a job's input, by the path of the file."""

    files: Mapping[str, SeenFile] = field(default_factory=dict)

    def of(self, path: str, partition: str | None, content: str) -> SeenFile | None:
        """What is known of a file; one that has another name now is known by its content."""
        found = self.files.get(path)
        if found is not None:
            return found
        same = (f for f in self.files.values() if f.content == content and f.partition == partition)
        return next(same, None)


def read_sight(path: Path) -> Sight:
    """What was seen; nothing where that cannot be read."""
    try:
        facts = json.loads(path.read_bytes()) if is_ours(path) else {}
        if facts["version"] != VERSION:
            return Sight()
        forms = {name: Form(**form) for name, form in facts["forms"].items()}
        return Sight({name: _file(told, forms) for name, told in facts["files"].items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Sight()


def write_sight(path: Path, sight: Sight) -> None:
    """Keep what was seen; it need not outlive a power cut."""
    forms = {id(file.form): file.form for file in sight.files.values()}
    names = {place: digest(asdict(form))[:16] for place, form in forms.items()}
    files = {
        name: {
            "name": file.name,
            "partition": file.partition,
            "content": file.content,
            "form": names[id(file.form)],
            "shards": [[*bounds, seen.facts()] for bounds, seen in file.shards.items()],
        }
        for name, file in sight.files.items()
    }
    told = {names[place]: asdict(form) for place, form in forms.items()}
    facts = {"version": VERSION, "forms": told, "files": files}
    durable.write_loose(path, json.dumps(facts, sort_keys=True).encode())


def _file(told: Mapping[str, Any], forms: Mapping[str, Form]) -> SeenFile:
    shards = {(start, stop): Seen.of(seen) for start, stop, seen in told["shards"]}
    return SeenFile(told["name"], told["partition"], told["content"], shards, forms[told["form"]])
