"""What holds for every registered type."""

import dataclasses
import doctest
import importlib
from pathlib import Path
from typing import Any

import pytest

from labelmill import kinds
from labelmill.config.explain import explain
from labelmill.core.facts import Check
from labelmill.core.protocols import (
    Augmenter,
    Exporter,
    LabelingFunction,
    LabelModel,
    PrepareStep,
    Task,
)
from labelmill.core.registry import REGISTRIES

ROOT = Path(__file__).resolve().parents[1]
kinds.register_all()

TYPES = [(section, name) for section, registry in REGISTRIES.items() for name in registry]
IDS = [f"{section}-{name}" for section, name in TYPES]

WANTED = {
    "prepare": {"unicode", "drop_empty", "drop_duplicates", "whitespace", "drop_long"},
    "labeling_functions": {
        "keyword", "regex", "gazetteer", "lexicon", "expression", "column", "votes",
        "token_pattern", "python", "snorkel", "skweak", "spacy", "sklearn", "document_majority",
        "near", "span_filter",
    },
    "task": {"classification", "sentiment", "ner"},
    "label_model": {
        "auto", "majority", "weighted", "dawid_skene", "lift", "triplet", "hmm", "snorkel",
        "skweak_hmm", "fitted",
    },
    "augment": {"nlpaug", "synonym", "entity_swap", "word_dropout", "python", "snorkel"},
    "checks": {
        "row_count", "coverage", "class_balance", "leakage", "schema", "unique_ids", "null_text",
        "conflict", "abstain_rate", "error_budget", "span_validity", "drift", "gold_agreement",
        "end_model", "python",
    },
    "export": {"jsonl", "huggingface", "spacy", "conll", "csv", "openai_chat"},
}  # fmt: skip

PROTOCOLS: dict[str, Any] = {
    "prepare": PrepareStep,
    "labeling_functions": LabelingFunction,
    "task": Task,
    "label_model": LabelModel,
    "augment": Augmenter,
    "checks": Check,
    "export": Exporter,
}


def test_the_types_are_these() -> None:
    assert {section: set(registry) for section, registry in REGISTRIES.items()} == WANTED


@pytest.mark.parametrize(("section", "name"), TYPES, ids=IDS)
def test_a_type_is_a_frozen_dataclass_that_fulfils_its_protocol(section: str, name: str) -> None:
    cls = REGISTRIES[section].get(name)

    assert dataclasses.is_dataclass(cls)
    assert cls.__dataclass_params__.frozen  # type: ignore[attr-defined]
    wanted = {m for m in dir(PROTOCOLS[section]) if not m.startswith("_")}
    wanted |= set(PROTOCOLS[section].__annotations__)
    assert wanted <= set(dir(cls))


@pytest.mark.parametrize(("section", "name"), TYPES, ids=IDS)
def test_a_type_explains_itself_and_every_key(section: str, name: str) -> None:
    told = explain(section, name)

    assert told.summary.endswith(".")
    assert told.example
    assert all(key.description for key in (*told.fields, *told.frame))


@pytest.mark.parametrize(("section", "name"), TYPES, ids=IDS)
def test_the_example_of_a_type_runs(section: str, name: str) -> None:
    cls = REGISTRIES[section].get(name)
    module = importlib.import_module(cls.__module__)
    finder = doctest.DocTestFinder(recurse=False)
    (example,) = finder.find(cls, globs=dict(vars(module)))

    outcome = doctest.DocTestRunner().run(example)

    assert outcome.attempted > 0
    assert outcome.failed == 0


@pytest.mark.parametrize(("section", "name"), TYPES, ids=IDS)
def test_a_type_stands_in_the_reference_and_in_a_test(section: str, name: str) -> None:
    page = ROOT / "docs" / "reference" / f"{section.replace('_', '-')}.md"
    cls = REGISTRIES[section].get(name).__name__
    tests = [
        path
        for path in (ROOT / "tests").rglob("test_*.py")
        if cls in path.read_text("utf-8") or f'"{name}"' in path.read_text("utf-8")
    ]

    assert f"\n## {name}\n" in page.read_text("utf-8")
    assert [path for path in tests if path.name != "test_kinds.py"]
