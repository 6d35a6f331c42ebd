"""What a second run asks of functions, and that it publishes the same as a first one would."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from tests.pipeline.conftest import SPAM, Project

FUNCTIONS: list[dict[str, Any]] = [
    {"name": "buy", "type": "keyword", "label": "spam", "any": ["buy"]},
    {"name": "song", "type": "regex", "label": "ham", "pattern": "song"},
    {"name": "stars", "type": "expression", "label": "ham", "when": "stars > 3"},
    {
        "name": "code",
        "type": "python",
        "function": "labeling_functions/rules.py:code",
        "params": {"word": "gold"},
    },
]
CODE = """
    from labeling_functions.helper import spam
    from labelmill import labeling_function

    @labeling_function(needs="text")
    def code(row, *, word):
        if "nothing" in row.text:
            raise ValueError("no idea")
        return spam() if word in row.text else None
"""


@pytest.fixture
def rows(project: Project) -> Project:
    folder = project.root / "labeling_functions"
    folder.mkdir(exist_ok=True)
    (folder / "rules.py").write_text(dedent(CODE))
    (folder / "helper.py").write_text("def spam():\n    return 'spam'\n")
    texts = [f"{text} {i}" for i in range(6) for text in SPAM]
    ids = [f"r{i}" for i in range(len(texts))]
    project.write({"id": ids, "text": texts, "stars": [i % 6 for i in range(len(ids))]})
    configure(project)
    return project


def configure(project: Project, **parts: Any) -> None:
    project.configure(**(setting() | parts))


def setting() -> dict[str, Any]:
    return {
        "task": {"type": "classification", "labels": ["ham", "spam", "other"]},
        "labeling_functions": FUNCTIONS,
        "error_budget": 0.5,
        "execution": {"workers": 0, "shard_rows": 12},
    }


def cast(project: Project, *overrides: str) -> Mapping[str, int]:
    """On how many shards each function had to vote in a run."""
    run = project.run(*overrides)
    record = project.root / ".labelmill" / "runs" / run.id / "run.json"
    found: Mapping[str, int] = json.loads(record.read_text())["cells"]["cast"]
    return found


def changed(name: str, **parts: Any) -> list[dict[str, Any]]:
    return [{**f, **parts} if f["name"] == name else f for f in FUNCTIONS]


def test_a_first_run_asks_all_and_a_second_nobody(rows: Project) -> None:
    assert cast(rows) == {"buy": 3, "code": 3, "song": 3, "stars": 3}
    first = rows.files()
    assert cast(rows, "label_model.type=lift") == {}
    assert cast(rows) == {}
    assert rows.files() == first


def test_errors_stand_in_the_order_of_the_functions_whoever_was_asked(rows: Project) -> None:
    twice = [{**changed("code")[-1], "name": name} for name in ("a", "b", "c")]
    configure(rows, labeling_functions=twice)
    rows.run()
    twice[1]["params"] = {"word": "today"}
    configure(rows, labeling_functions=twice)

    assert set(cast(rows)) == {"b"}
    found = rows.files()
    forget(rows)
    rows.run()

    assert rows.files() == found


def forget(project: Project) -> None:
    """Let nothing be known or published."""
    shutil.rmtree(project.root / ".labelmill")
    shutil.rmtree(project.output)


def change_a_pattern(project: Project) -> None:
    configure(project, labeling_functions=changed("song", pattern="songs?"))


def change_parameters(project: Project) -> None:
    configure(project, labeling_functions=changed("code", params={"word": "today"}))


def change_code(project: Project) -> None:
    path = project.root / "labeling_functions" / "rules.py"
    path.write_text(path.read_text().replace("no idea", "none at all"))


def change_what_code_imports(project: Project) -> None:
    path = project.root / "labeling_functions" / "helper.py"
    path.write_text(path.read_text() + "# why\n")


def add_a_function(project: Project) -> None:
    new = {"name": "new", "type": "keyword", "label": "ham", "any": ["nice"]}
    configure(project, labeling_functions=[new, *FUNCTIONS])


def remove_a_function(project: Project) -> None:
    configure(project, labeling_functions=FUNCTIONS[1:])


def put_functions_in_another_order(project: Project) -> None:
    configure(project, labeling_functions=FUNCTIONS[::-1])


def change_a_column(project: Project) -> None:
    texts = [f"{text} {i}" for i in range(6) for text in SPAM]
    ids = [f"r{i}" for i in range(len(texts))]
    stars = [i % 6 for i in range(len(ids))]
    stars[20] = 9
    project.write({"id": ids, "text": texts, "stars": stars})


def change_a_text(project: Project) -> None:
    texts = [f"{text} {i}" for i in range(6) for text in SPAM]
    texts[30] = "quite another song"
    ids = [f"r{i}" for i in range(len(texts))]
    project.write({"id": ids, "text": texts, "stars": [i % 6 for i in range(len(ids))]})


def rename_the_file(project: Project) -> None:
    (project.root / "input" / "a.parquet").rename(project.root / "input" / "b.parquet")


def prepare_texts(project: Project) -> None:
    configure(project, prepare=[{"type": "drop_empty"}])


def add_a_set_of_labels(project: Project) -> None:
    one = {"name": "either", "type": "keyword", "label": {"one_of": ["ham", "spam"]}, "any": ["x"]}
    configure(project, labeling_functions=[*FUNCTIONS, one])


@pytest.mark.parametrize(
    ("change", "asked"),
    [
        (change_a_pattern, {"song": 3}),
        (change_parameters, {"code": 3}),
        (change_code, {"code": 3}),
        (change_what_code_imports, {"code": 3}),
        (add_a_function, {"new": 3}),
        (remove_a_function, {}),
        (put_functions_in_another_order, {}),
        (change_a_column, {"stars": 1}),
        (change_a_text, {"buy": 1, "song": 1, "stars": 1, "code": 1}),
        (rename_the_file, {}),
        (prepare_texts, {}),
        (add_a_set_of_labels, {"either": 3, "code": 3}),
    ],
    ids=lambda each: each.__name__ if callable(each) else "",
)
def test_a_change_asks_those_whom_it_concerns_and_the_output_is_that_of_a_fresh_run(
    rows: Project, change: Callable[[Project], None], asked: Mapping[str, int]
) -> None:
    rows.run()
    change(rows)

    assert cast(rows) == asked

    known = rows.files()
    rows.run(full_refresh=True)
    assert rows.files() == known


def test_who_reads_a_function_is_asked_again_with_it(project: Project) -> None:
    functions: list[dict[str, Any]] = [
        {"name": "org", "type": "regex", "label": "ORG", "pattern": "Acme"},
        {"name": "same", "type": "document_majority", "reads": ["org"]},
        {"name": "money", "type": "regex", "label": "MONEY", "pattern": r"\$\d+"},
    ]
    task = {"type": "ner", "labels": ["ORG", "MONEY"]}
    project.write({"id": ["a", "b"], "text": ["Acme pays $5. Acme rose.", "Bolt sold $7"]})
    parts: dict[str, Any] = {"task": task, "labeling_functions": functions}
    project.configure(**parts)
    assert cast(project) == {"money": 1, "org": 1, "same": 1}
    functions[0] |= {"pattern": "Acme|Bolt"}
    project.configure(**parts)

    assert cast(project) == {"org": 1, "same": 1}


def test_the_rows_that_a_function_failed_on_are_known_too(rows: Project) -> None:
    first = rows.run()
    lost = (first.snapshots[0].folder / "quarantine").glob("*.parquet")
    assert len(list(lost)) == 3
    before = rows.files()
    assert cast(rows, "label_model.type=lift") == {}

    rows.run()

    assert rows.files() == before


def test_damage_to_what_is_known_costs_time_alone(rows: Project) -> None:
    rows.run()
    before = rows.files()
    for path in (rows.root / ".labelmill" / "votes").rglob("*.arrow"):
        path.write_bytes(path.read_bytes()[:100])
    for path in (rows.root / ".labelmill" / "shards").rglob("record.json"):
        path.write_text("{")

    asked = cast(rows, "label_model.type=lift")

    assert asked == {"buy": 3, "code": 3, "song": 3, "stars": 3}
    rows.run()
    assert rows.files() == before


def test_few_files_stay_however_often_functions_change(rows: Project) -> None:
    for word in "abcdefgh":
        configure(rows, labeling_functions=changed("song", pattern=word))
        rows.run()

    shelves: list[Path] = list((rows.root / ".labelmill" / "votes" / "job").iterdir())
    assert len(shelves) == 3
    assert all(len(list(shelf.iterdir())) <= 4 for shelf in shelves)
