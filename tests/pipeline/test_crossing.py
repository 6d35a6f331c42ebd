"""The cross table of a plan: for each change of a job or its input, what would vote, and why."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.pipeline.conftest import NIGHTLY, Project

from labelmill.pipeline.crossing import Crossing
from labelmill.pipeline.foresight import Foreseen, foresee
from labelmill.pipeline.plan import make_plan

FUNCTIONS: list[dict[str, Any]] = [
    {"name": "buy", "type": "keyword", "label": "spam", "any": ["buy"]},
    {"name": "stars", "type": "expression", "label": "ham", "when": "stars > 2"},
    {"name": "song", "type": "keyword", "label": "ham", "any": ["song"]},
]
SONGS = {"name": "song", "type": "regex", "label": "ham", "pattern": "song"}
ALL = ("buy", "stars", "song")


def night(
    project: Project,
    day: str,
    text: str = "song",
    stars: int = 3,
    rows: int = 4,
    length: int | None = None,
) -> None:
    """Write the rows of a night; shards hold two of them."""
    texts = [f"{'Buy' if i % 2 else text} buy {day} {i}" for i in range(rows)]
    ids = [f"{day}-{i}" for i in range(rows)]
    columns: dict[str, list[Any]] = {"id": ids, "text": texts, "stars": [stars] * rows}
    if length is not None:
        columns["length"] = [length] * rows
    project.write(columns, f"date={day}/a.parquet")


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, dict[Path, bytes]]:
    """Three nights that were run, and their files; nobody changes its state."""
    project = Project(tmp_path_factory.mktemp("nights"))
    return project, made(project)


def made(project: Project) -> dict[Path, bytes]:
    """Run three nights; gives their files."""
    for day in ("1", "2", "3"):
        night(project, day)
    configure(project)
    project.run()
    return {path: path.read_bytes() for path in (project.root / "input").rglob("*.parquet")}


@pytest.fixture
def nights(ran: tuple[Project, dict[Path, bytes]]) -> Project:
    """The nights as they were run."""
    project, files = ran
    shutil.rmtree(project.root / "input")
    for path, content in files.items():
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
    configure(project)
    return project


@pytest.fixture
def own(tmp_path: Path) -> Project:
    """Three nights that were run, all for a test of its own."""
    project = Project(tmp_path)
    made(project)
    return project


def configure(project: Project, **parts: Any) -> None:
    given: dict[str, Any] = {
        "source": NIGHTLY,
        "labeling_functions": FUNCTIONS,
        "execution": {"workers": 0, "shard_rows": 2},
    }
    project.configure(**given | parts)


def changed(name: str, **parts: Any) -> list[dict[str, Any]]:
    return [f | parts if f["name"] == name else f for f in FUNCTIONS]


def foreseen(project: Project) -> Foreseen:
    return foresee(make_plan(project.job()), project.output)


def voting(project: Project) -> dict[str, dict[str, str]]:
    """Per partition the functions that would vote: on how many shards, and why."""
    found: dict[str, dict[str, str]] = {}
    for cell in foreseen(project).cells:
        if cell.why:
            told = f"{sum(cell.why.values())}/{cell.shards} {'; '.join(cell.why)}"
            found.setdefault(cell.partition or "", {})[cell.function] = told
    return found


def everywhere(why: str, *functions: str) -> dict[str, dict[str, str]]:
    return {day: dict.fromkeys(functions, f"2/2 {why}") for day in ("1", "2", "3")}


def test_after_a_run_nothing_would_be_done(nights: Project) -> None:
    seen = foreseen(nights)
    assert (seen.made, seen.cells, seen.models, seen.warnings) == ([], (), (), ())


def test_before_a_run_all_is_new(tmp_path: Path) -> None:
    project = Project(tmp_path)
    for day in ("1", "2", "3"):
        night(project, day)
    configure(project)

    assert voting(project) == everywhere("new file", *ALL)


def test_a_new_partition_runs_whole_and_alone(nights: Project) -> None:
    night(nights, "4")

    assert voting(nights) == {"4": dict.fromkeys(ALL, "2/2 new file")}
    assert foreseen(nights).made == ["4"]


CHANGES: dict[str, tuple[dict[str, Any], dict[str, dict[str, str]]]] = {
    "function": (
        {"labeling_functions": changed("buy", any=["buy", "sale"])},
        everywhere("function changed: parameters", "buy"),
    ),
    "type": (
        {"labeling_functions": [*FUNCTIONS[:2], SONGS]},
        everywhere("function changed: type, parameters", "song"),
    ),
    "new function": (
        {"labeling_functions": [*FUNCTIONS, FUNCTIONS[0] | {"name": "bye"}]},
        everywhere("new function", "bye"),
    ),
    "removed function": ({"labeling_functions": FUNCTIONS[:2]}, {}),
    "another order": ({"labeling_functions": FUNCTIONS[::-1]}, {}),
    "labels": (
        {"task": {"type": "classification", "labels": ["ham", "spam", "eggs"]}},
        everywhere("task changed", *ALL),
    ),
    "seed": ({"seed": 3}, everywhere("seed changed", *ALL)),
    "language": ({"language": "de"}, everywhere("language changed", *ALL)),
    "where that changes rows": (
        {"source": NIGHTLY | {"where": "id != '1-0' and id != '2-2'"}},
        {day: dict.fromkeys(ALL, "1/2 source.where changed") for day in ("1", "2")},
    ),
    "where that changes no row": ({"source": NIGHTLY | {"where": "stars > 0"}}, {}),
    "prepare that changes no text": ({"prepare": [{"type": "drop_empty"}]}, {}),
    "prepare that changes rows": (
        {"prepare": [{"type": "drop_long", "max_chars": 11}]},
        everywhere("prepare changed", *ALL),
    ),
    "shards": (
        {"execution": {"workers": 0, "shard_rows": 3}},
        everywhere("cut into other shards", *ALL),
    ),
    "label model": ({"label_model": {"type": "dawid_skene"}}, {}),
    "export": ({"export": [{"type": "jsonl"}]}, {}),
}


@pytest.mark.parametrize("what", CHANGES)
def test_each_change_of_the_job_asks_what_hangs_on_it(nights: Project, what: str) -> None:
    parts, wanted = CHANGES[what]
    configure(nights, **parts)

    assert voting(nights) == wanted
    assert foreseen(nights).made == ["1", "2", "3"]


def append(project: Project) -> None:
    night(project, "2", rows=5)


def other_texts(project: Project) -> None:
    night(project, "2", text="tune")


def other_stars(project: Project) -> None:
    night(project, "2", stars=1)


def late(project: Project) -> None:
    project.write({"id": ["x"], "text": ["buy"], "stars": [1]}, "date=2/b.parquet")


def touched(project: Project) -> None:
    path = project.root / "input" / "date=2" / "a.parquet"
    path.write_bytes(path.read_bytes())


def renamed(project: Project) -> None:
    path = project.root / "input" / "date=2" / "a.parquet"
    path.rename(path.with_name("b.parquet"))


def copied(project: Project) -> None:
    path = project.root / "input" / "date=2" / "a.parquet"
    shutil.copy(path, path.with_name("b.parquet"))


@pytest.mark.parametrize(
    ("change", "wanted", "files"),
    [
        (append, dict.fromkeys(ALL, "1/3 rewritten file"), {"rewritten": ("date=2/a.parquet",)}),
        (
            other_texts,
            dict.fromkeys(ALL, "2/2 rewritten file"),
            {"rewritten": ("date=2/a.parquet",)},
        ),
        (
            other_stars,
            {"stars": "2/2 column 'stars' changed"},
            {"rewritten": ("date=2/a.parquet",)},
        ),
        (late, dict.fromkeys(ALL, "1/3 late file"), {"new": ("date=2/b.parquet",)}),
        (touched, {}, {}),
        (renamed, {}, {"renamed": ("date=2/a.parquet -> date=2/b.parquet",)}),
        (copied, {}, {"new": ("date=2/b.parquet",)}),
    ],
)
def test_each_change_of_the_input_asks_who_sees_it(
    nights: Project,
    change: Callable[[Project], None],
    wanted: dict[str, str],
    files: dict[str, tuple[str, ...]],
) -> None:
    change(nights)
    seen = foreseen(nights)

    assert voting(nights) == ({"2": wanted} if wanted else {})
    told = {value: changed_of(seen, value) for value in ("1", "2", "3")}
    assert told == {"1": {}, "2": files, "3": {}}


def changed_of(seen: Foreseen, partition: str) -> dict[str, tuple[str, ...]]:
    files = seen.files[partition]
    names = ("new", "rewritten", "renamed", "deleted")
    return {name: found for name in names if (found := getattr(files, name))}


def test_rows_that_stand_in_two_new_nights_are_voted_on_once(nights: Project) -> None:
    for day in ("4", "5"):
        (nights.root / "input" / f"date={day}").mkdir()
    night(nights, "4", text="tune")
    path = nights.root / "input" / "date=4" / "a.parquet"
    shutil.copy(path, path.parent.with_name("date=5"))

    assert voting(nights) == {"4": dict.fromkeys(ALL, "2/2 new file")}


def test_a_new_function_may_read_a_column_that_nobody_has_looked_at(own: Project) -> None:
    for day in ("1", "2", "3"):
        night(own, day, length=4)
    own.run()
    new = {"name": "long", "type": "expression", "label": "ham", "when": "length > 2"}
    configure(own, labeling_functions=[*FUNCTIONS, new])

    assert voting(own) == everywhere("new function", "long")


def test_votes_that_are_lost_are_not_missed_where_shards_are_kept(tmp_path: Path) -> None:
    project = Project(tmp_path)
    for day in ("1", "2", "3"):
        night(project, day)
        os.utime(tmp_path / "input" / f"date={day}" / "a.parquet", (1_600_000_000, 1_600_000_000))
    configure(project)
    project.run()
    shutil.rmtree(project.state / "votes")
    configure(project, select={"min_confidence": 0.1})

    assert foreseen(project).made == ["1", "2", "3"]
    assert voting(project) == {}


def test_what_is_deleted_is_named(own: Project) -> None:
    late(own)
    own.run()
    (own.root / "input" / "date=2" / "b.parquet").unlink()
    shutil.rmtree(own.root / "input" / "date=1")

    seen = foreseen(own)

    assert seen.dropped == ("1",)
    assert changed_of(seen, "2") == {"deleted": ("date=2/b.parquet",)}


def test_votes_that_are_lost_are_said_to_be(own: Project) -> None:
    for name in ("votes", "shards"):
        shutil.rmtree(own.root / ".labelmill" / name, ignore_errors=True)
    night(own, "4")

    assert voting(own) == everywhere("votes lost", *ALL) | {"4": dict.fromkeys(ALL, "2/2 new file")}


def test_votes_on_what_is_live_are_lost_with_the_state(own: Project) -> None:
    shutil.rmtree(own.root / ".labelmill")
    night(own, "4")

    assert voting(own)["1"] == dict.fromkeys(ALL, "2/2 votes lost")
    assert voting(own)["4"] == dict.fromkeys(ALL, "2/2 new file")


def test_a_function_votes_again_where_one_that_it_reads_does(project: Project) -> None:
    tagging: dict[str, Any] = {
        "task": {"type": "ner", "labels": ["ORG"]},
        "labeling_functions": [
            {"name": "acme", "type": "keyword", "label": "ORG", "any": ["song"]},
            {"name": "same", "type": "document_majority", "reads": ["acme"]},
        ],
    }
    project.configure(**tagging)
    project.run()
    tagging["labeling_functions"][0]["any"] = ["buy"]
    project.configure(**tagging)

    assert voting(project)[""] == {
        "acme": "1/1 function changed: parameters",
        "same": "1/1 'acme', which it reads, changed",
    }


def test_label_models_and_what_they_look_at_are_told(own: Project) -> None:
    fit = {"type": "dawid_skene", "fit": {"when": "always", "window": 2}}
    configure(own, label_model=fit)
    own.run()
    night(own, "2", text="tune")
    night(own, "4")

    seen = foreseen(own)
    alone = foresee(make_plan(own.job(), "4"), own.output)

    told = [([part.value for part in choice.parts], labels) for choice, labels in seen.models]
    assert told == [(["1", "2"], ("2",)), (["3", "4"], ("4",))]
    assert seen.relabeled == ("3",)
    assert (alone.made, alone.looked_at) == (["4"], ("3",))
    assert {cell.partition for cell in alone.cells} == {"4", "3"}


def test_rows_are_read_up_to_some_and_what_is_not_known_then_is_said(nights: Project) -> None:
    configure(nights, prepare=[{"type": "whitespace"}])
    plan = make_plan(nights.job())

    cells = Crossing(plan, read_at_most=6).cells()

    assert [sum(cell.unsure.values()) for cell in cells if cell.function == "buy"] == [0, 1, 2]
    assert {why for cell in cells for why in cell.unsure} == {"prepare changed"}
    assert not any(cell.why for cell in cells)


def test_a_damaged_note_of_what_was_seen_costs_words_alone(nights: Project) -> None:
    configure(nights, labeling_functions=changed("buy", any=["sale"]))
    note = nights.root / ".labelmill" / "seen" / "job.json"
    whole = note.read_text()
    assert json.loads(whole)["version"] == 1

    for damage in ("", "{}", '{"version": 1}', '{"version": 1, "files": []}', whole[:-9]):
        note.write_text(damage)
        assert voting(nights) == everywhere("votes lost", "buy")
    note.write_text(whole)
    assert voting(nights) == everywhere("function changed: parameters", "buy")
