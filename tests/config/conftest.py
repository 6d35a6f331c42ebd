"""The types that the tests of the config reader know, and a way to write a project."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Protocol

import pytest
from pydantic import Field

import labelmill.aggregate.majority
import labelmill.aggregate.weighted
import labelmill.augment.entity_swap
import labelmill.augment.word_dropout
import labelmill.checks.class_balance
import labelmill.checks.coverage
import labelmill.export.conll
import labelmill.export.jsonl
import labelmill.functions.expression
import labelmill.functions.gazetteer
import labelmill.functions.keyword
import labelmill.functions.python
import labelmill.functions.regex
import labelmill.functions.votes
import labelmill.prepare.unicode
import labelmill.tasks.classification
import labelmill.tasks.ner
import labelmill.tasks.sentiment  # noqa: F401 (importing registers)
from labelmill.config import load
from labelmill.config.spec import Job
from labelmill.core.labels import Target
from labelmill.core.protocols import BOTH, Bench, Needs, Unit, Voter
from labelmill.core.registry import REGISTRIES, Registry

KNOWN = {
    "prepare": ("unicode",),
    "labeling_functions": ("expression", "gazetteer", "keyword", "python", "regex", "votes"),
    "task": ("classification", "ner", "sentiment"),
    "label_model": ("majority", "weighted"),
    "augment": ("entity_swap", "word_dropout"),
    "checks": ("class_balance", "coverage"),
    "export": ("conll", "jsonl"),
}


@dataclass(frozen=True, slots=True)
class Echo:
    """Repeat what other labeling functions say.

    It takes what no other type takes, so that the reader is tested with it.

    Attributes:
        reads: the functions to repeat.
        from_: a key that is a word of Python.
        model: a spaCy model.
        share: a number.
        limit: a number, or null for none.
    """

    reads: tuple[str, ...]
    from_: Annotated[str, Field(alias="from")] = "all"
    model: str | None = None
    share: float = 0.5
    limit: int | None = 7

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = BOTH

    def targets(self) -> tuple[Target, ...]:
        return ()

    def needs(self, root: Path) -> Needs:  # noqa: ARG002 (the protocol's)
        packages = () if self.model is None else (self.model,)
        return Needs(reads=self.reads, packages=packages)

    def bind(self, bench: Bench) -> Voter:
        raise NotImplementedError


@pytest.fixture(scope="session")
def registries() -> dict[str, Registry]:
    """A fixed set of types, so that messages do not hang on what other tests import."""
    fixed = {}
    for section, names in KNOWN.items():
        fixed[section] = Registry(REGISTRIES[section].kind)
        for name in names:
            fixed[section].add(name)(REGISTRIES[section].get(name))
    fixed["labeling_functions"].add("echo")(Echo)
    return fixed


class Write(Protocol):
    """Write a file of a project."""

    def __call__(self, name: str, text: str) -> Path: ...


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file under a fresh project folder."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


BASE = """\
version: 1
name: demo
task: {type: classification, labels: [ham, spam]}
source: {path: data/rows, id: key, text: body}
labeling_functions:
  - {name: link, type: regex, label: spam, pattern: 'https?://'}
  - {name: thanks, type: keyword, label: ham, any: [thank you]}
"""


@pytest.fixture
def job(write: Write, registries: dict[str, Registry]) -> Callable[..., Job]:
    """Load a small config with something added to it."""

    def job(text: str = "", /, *, base: str = BASE, **options: Any) -> Job:
        path = write("configs/demo.yaml", base + text)
        options.setdefault("env", {})
        return load(path, registries=registries, **options)

    return job


Loader = Callable[..., Job]
Registries = Mapping[str, Registry]
