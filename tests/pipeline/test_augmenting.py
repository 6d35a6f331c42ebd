"""Children of train rows, with their labels intact."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.pipeline.conftest import Project

from labelmill.config.spec import AugmentSpec
from labelmill.core.schema import examples_schema
from labelmill.pipeline.augmenting import augment, chosen_copies
from labelmill.pipeline.bind import BoundJob

TEXT = "Acme Ltd  said\tthat Ann Lee of Acme Ltd rose."
SPANS = [(0, 8, "ORG"), (20, 27, "PERSON"), (31, 39, "ORG")]
LFS = [{"name": "x", "type": "regex", "label": "ORG", "pattern": "Acme"}]


def ner(project: Project, steps: Sequence[dict[str, Any]], code: str = "") -> BoundJob:
    (project.root / "steps.py").write_text(code)
    project.configure(
        task={"type": "ner", "labels": ["ORG", "PERSON"]},
        labeling_functions=LFS,
        augment=list(steps),
    )
    return BoundJob(project.job())


def rows(n: int = 1) -> pa.Table:
    schema = examples_schema(pa.string(), [], ["ORG", "PERSON"], spans=True)
    entities = [{"start": s, "end": e, "label": label, "confidence": 1.0} for s, e, label in SPANS]
    base = {"text": TEXT, "entities": entities, "probs": None, "weight": 1.0, "made_by": None}
    return pa.Table.from_pylist(
        [base | {"id": f"r{i}", "origin": f"r{i}"} for i in range(n)], schema=schema
    )


MENTIONS = {"ORG": ("Zebra GmbH", "Ox Inc"), "PERSON": ("Bo Ek",)}

STEPS: list[dict[str, Any]] = [
    {"type": "entity_swap"},
    {"type": "word_dropout", "rate": 0.3},
    {"type": "nlpaug", "augmenter": "char.KeyboardAug"},
    {"type": "nlpaug", "augmenter": "char.OcrAug"},
    {"type": "nlpaug", "augmenter": "word.RandomWordAug", "params": {"action": "swap"}},
    {"type": "nlpaug", "augmenter": "word.SplitAug"},
]


@pytest.mark.parametrize("step", STEPS, ids=lambda s: str(s.get("augmenter", s["type"])))
def test_children_hold_their_entities_and_the_space_between(
    project: Project, step: dict[str, Any]
) -> None:
    bound = ner(project, [step | {"copies": 8, "name": "s"}])

    copies = augment(bound, rows(4), {}, MENTIONS)

    assert copies.made["s"] + sum(copies.dropped.values()) == 32
    assert copies.made["s"] > 0
    for child in copies.table.to_pylist():
        assert [e["label"] for e in child["entities"]] == ["ORG", "PERSON", "ORG"]
        for entity in child["entities"]:
            words = child["text"][entity["start"] : entity["end"]]
            assert words == words.strip() != ""
        assert child["origin"] in child["id"]
        assert child["made_by"] == "s"


def test_protected_entities_keep_their_words(project: Project) -> None:
    step = {"type": "nlpaug", "augmenter": "char.RandomCharAug", "copies": 10}
    bound = ner(project, [step | {"name": "s", "protect": "entities"}])

    copies = augment(bound, rows(3), {}, {})

    assert len(copies.table)
    for child in copies.table.to_pylist():
        found = [child["text"][e["start"] : e["end"]] for e in child["entities"]]
        assert found == ["Acme Ltd", "Ann Lee", "Acme Ltd"]


def test_a_rows_children_do_not_depend_on_the_other_rows(project: Project) -> None:
    bound = ner(project, [{"type": "word_dropout", "rate": 0.3, "copies": 3}])

    alone = augment(bound, rows(5).slice(3, 1), {}, {}).table.to_pylist()
    among = augment(bound, rows(5), {}, {}).table.to_pylist()

    assert [child for child in among if child["origin"] == "r3"] == alone != []


def test_a_child_whose_span_does_not_survive_is_dropped_and_counted(project: Project) -> None:
    code = "def cut(example, rng):\n    return example.text.replace('Ltd  said', 'said')\n"
    bound = ner(project, [{"name": "c", "type": "python", "function": "steps.py:cut"}], code)

    copies = augment(bound, rows(), {}, {})

    assert len(copies.table) + sum(copies.dropped.values()) == 1
    for child in copies.table.to_pylist():
        assert child["text"][: child["entities"][0]["end"]] == "Acme"


def test_a_step_that_changes_nothing_or_fails_is_counted_by_its_reason(project: Project) -> None:
    code = (
        "def same(example, rng):\n    return example.text\n\n\n"
        "def boom(example, rng):\n    raise KeyError('gone')\n\n\n"
        "def nothing(example, rng):\n    return ' '\n"
    )
    names = ("same", "boom", "nothing")
    steps = [{"name": n, "type": "python", "function": f"steps.py:{n}"} for n in names]
    bound = ner(project, steps, code)

    copies = augment(bound, rows(2), {}, {})

    assert len(copies.dropped) == 3
    assert sum(copies.dropped.values()) == 6
    assert copies.dropped["same: nothing changed"] == 2
    assert list(copies.failures) == ["boom"]
    assert copies.failures["boom"].startswith("row r0: ")
    assert "gone" in copies.failures["boom"]


def test_a_text_that_no_file_can_hold_is_dropped_and_counted(project: Project) -> None:
    code = "def half(example, rng):\n    return chr(0xD800) + example.text\n"
    bound = ner(project, [{"name": "h", "type": "python", "function": "steps.py:half"}], code)

    copies = augment(bound, rows(2), {}, {})

    assert dict(copies.dropped) == {"h: failed (UnicodeEncodeError)": 2}


def test_the_fraction_chooses_rows_by_id() -> None:
    spec = AugmentSpec("s", "t", None, copies=2, fraction=0.5)  # type: ignore[arg-type]
    picked = [bool(chosen_copies(spec, {"id": f"r{i}", "label": "a"}, 0)) for i in range(2000)]

    assert 0.45 < sum(picked) / 2000 < 0.55
    assert list(chosen_copies(spec, {"id": "r0", "label": "a"}, 0)) in ([], [0, 1])


def test_only_limits_a_step_to_rows_with_a_label() -> None:
    spec = AugmentSpec("s", "t", None, only=("spam",))  # type: ignore[arg-type]

    assert list(chosen_copies(spec, {"id": "r", "label": "spam"}, 0)) == [0]
    assert list(chosen_copies(spec, {"id": "r", "label": "ham"}, 0)) == []
    assert list(chosen_copies(spec, {"id": "r", "entities": [{"label": "spam"}]}, 0)) == [0]


def test_only_train_is_augmented_and_mentions_come_from_train_alone(project: Project) -> None:
    texts = [f"Firm{i} Ltd rose" for i in range(40)]
    project.write({"id": list(range(40)), "text": texts})
    project.configure(
        task={"type": "ner", "labels": ["ORG"]},
        labeling_functions=[
            {"name": "firm", "type": "regex", "label": "ORG", "pattern": r"Firm\d+ Ltd"}
        ],
        split={"train": 0.5, "dev": 0.5},
        augment=[{"name": "swap", "type": "entity_swap"}],
        checks=[{"type": "leakage"}],
    )

    run = project.run()

    train, dev = run.train.to_arrow().to_pylist(), run.dev.to_arrow().to_pylist()
    own = {row["text"].split()[0] for row in train if row["made_by"] is None}
    made = {row["text"].split()[0] for row in train if row["made_by"] == "swap"}
    assert made <= own
    assert made
    assert all(row["made_by"] is None for row in dev)
    assert {row["origin"] for row in train}.isdisjoint(row["origin"] for row in dev)


def test_the_output_folder_holds_the_children_after_their_parents(project: Project) -> None:
    project.configure(augment=[{"type": "word_dropout", "rate": 0.9, "min_words": 1}])

    train = project.run().train.to_arrow()

    made_by = train["made_by"].to_pylist()
    assert made_by == sorted(made_by, key=lambda name: name is not None)
    assert "word_dropout" in made_by
    assert isinstance(project.output, Path)
