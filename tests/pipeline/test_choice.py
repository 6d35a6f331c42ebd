"""Which label model labels a partition: what each policy of `label_model.fit` means."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from tests.pipeline.conftest import NIGHTLY, Project, fill

import labelmill
from labelmill.errors import ConfigErrors, UsageError
from labelmill.pipeline.backfill import run_partitions
from labelmill.pipeline.status import status
from labelmill.pipeline.views import live_view

DAYS = ("8", "9", "10", "11", "12")
FUNCTIONS = [
    {"name": "buy", "type": "keyword", "label": "spam", "any": ["buy"]},
    {"name": "song", "type": "keyword", "label": "ham", "any": ["song"]},
    {"name": "now", "type": "keyword", "label": "spam", "any": ["now", "1"]},
    {"name": "nice", "type": "keyword", "label": "ham", "any": ["nice", "2"]},
]
MODEL = {"type": "dawid_skene"}


def learning(project: Project, when: Any = "on_change", window: int = 3, **parts: Any) -> Project:
    """Let a project learn how good its functions are, under a policy."""
    given: dict[str, Any] = {
        "source": NIGHTLY,
        "labeling_functions": FUNCTIONS,
        "label_model": MODEL | {"fit": {"when": when, "window": window}},
    }
    project.configure(**given | parts)
    return project


@pytest.fixture
def nights(project: Project) -> Project:
    """A job with five nights, each with other texts."""
    (project.root / "input" / "a.parquet").unlink()
    for place, day in enumerate(DAYS):
        night(project, day, place)
    return learning(project)


def night(project: Project, day: str, place: int, rows: int = 12) -> None:
    """Write the texts of a night."""
    words = ["buy now", "nice song", "buy", "song", "buy nice", "now song", "buy song now"]
    texts = [words[(i * (place + 2) + place) % len(words)] for i in range(rows)]
    ids = [f"{day}-{i}" for i in range(rows)]
    project.write({"id": ids, "text": texts}, f"date={day}/a.parquet")


def snapshots(project: Project, output: str = "out") -> Mapping[str | None, str]:
    """What is live."""
    view = live_view(project.root / output)
    return {} if view is None else view.snapshots


def fit_of(project: Project, day: str, output: str = "out") -> dict[str, Any]:
    """What the live snapshot of a night says of the fit of its model."""
    folder = project.root / output / "snapshots" / snapshots(project, output)[day]
    report = json.loads((folder / "report.json").read_bytes())
    found: dict[str, Any] = report["label_model"]["fit"]
    return found


def seen(project: Project, day: str, output: str = "out") -> list[str]:
    """The nights that the model of a night was fitted on."""
    return sorted(fit_of(project, day, output)["inputs"], key=int)


def told(project: Project, run: Any) -> list[dict[str, Any]]:
    """What the record of a run says of its models."""
    path = project.root / ".labelmill" / "runs" / run.id / "run.json"
    found: list[dict[str, Any]] = json.loads(path.read_bytes())["models"]
    return found


def stale(project: Project) -> dict[str | None, tuple[str, ...]]:
    """What is said of each night that is not published as it would be."""
    found = status(project.job()).partitions
    return {s.partition: s.changed for s in found if s.changed}


def models(project: Project) -> list[str]:
    """The models of the nights, in order, as letters."""
    texts = []
    for day in sorted(snapshots(project), key=lambda name: int(name or 0)):
        folder = project.root / "out" / "snapshots" / snapshots(project)[day]
        texts.append((folder / "label_model.json").read_bytes())
    names = {text: "abcde"[i] for i, text in enumerate(dict.fromkeys(texts))}
    return [names[text] for text in texts]


POLICIES: Sequence[Any] = ("on_change", "always", "frozen", {"every": 2})


@pytest.mark.slow
@pytest.mark.parametrize("when", POLICIES, ids=str)
def test_a_night_alone_gives_what_it_gives_among_all(nights: Project, when: Any) -> None:
    learning(nights, when)
    nights.run()

    for day in DAYS:
        labelmill.run(nights.config, partition=day, overrides={"output": f"alone-{day}"})
        assert snapshots(nights, f"alone-{day}")[day] == snapshots(nights)[day]


@pytest.mark.slow
@pytest.mark.parametrize("when", POLICIES, ids=str)
def test_no_order_of_a_backfill_changes_a_byte(nights: Project, when: Any) -> None:
    learning(nights, when)
    run_partitions(nights.job(), wanted="8..12")
    for day in DAYS:
        labelmill.run(nights.config, partition=day, overrides={"output": "other"})

    assert snapshots(nights, "other") == snapshots(nights)


def test_on_change_keeps_the_model_of_the_first_fit(nights: Project) -> None:
    first = nights.run(partition="9")
    night(nights, "13", 7)
    second = nights.run()

    assert seen(nights, "9") == ["10", "11", "12"]
    assert models(nights) == ["a"] * 6
    assert [m["fitted"] for m in told(nights, first)] == [True]
    assert told(nights, first)[0]["why"] == "nothing is published yet"
    (kept,) = told(nights, second)
    assert (kept["fitted"], kept["fitted_on"]) == (False, ["10", "11", "12"])
    assert kept["why"] == "on_change: nothing that it hangs on changed"
    assert kept["labels"] == ["10", "11", "12", "13", "8"]
    assert stale(nights) == {}


@pytest.mark.slow
def test_on_change_outlives_the_state(nights: Project) -> None:
    nights.run(partition="9")
    (nights.root / ".labelmill").rename(nights.root / "gone")
    night(nights, "13", 7)

    nights.run(partition="13")

    assert models(nights) == ["a", "a"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"labeling_functions": FUNCTIONS[:3]}, "the labeling functions changed"),
        ({"prepare": [{"type": "drop_empty"}]}, "the prepare steps changed"),
        ({"task": {"type": "sentiment", "labels": ["ham", "spam"]}}, "the task or its labels"),
        ({"label_model": {"type": "majority"}}, "the label model is another one"),
        ({"source": NIGHTLY | {"where": "n_words < 9"}}, "which rows and columns are read changed"),
        ({"refine": True}, "refine changed"),
        ({"gold": {"path": "gold", "label": "label"}}, "gold changed"),
    ],
)
def test_a_model_is_fitted_again_when_what_it_hangs_on_changed(
    nights: Project, parts: dict[str, Any], why: str
) -> None:
    nights.run()
    nights.write({"id": ["g"], "text": ["buy"], "label": ["spam"]}, "../gold/a.parquet")
    learning(nights, **parts)

    run = nights.run(partition="12")

    assert [m["fitted"] for m in told(nights, run)] == [True]
    assert told(nights, run)[0]["why"].startswith(why)
    assert stale(nights) == dict.fromkeys(("8", "9", "10", "11"), ("plan", "model"))


def test_what_changes_no_vote_fits_no_model(nights: Project) -> None:
    nights.run()
    learning(nights, export=[{"type": "jsonl"}])

    run = nights.run()

    assert [m["fitted"] for m in told(nights, run)] == [False]
    assert len(run.snapshots) == 5


def test_always_gives_each_night_a_model_of_its_window(nights: Project) -> None:
    learning(nights, "always")
    nights.run()

    windows = [["8"], ["8", "9"], ["8", "9", "10"], ["9", "10", "11"], ["10", "11", "12"]]
    assert [seen(nights, day) for day in DAYS] == windows
    assert models(nights) == list("abcde")


@pytest.mark.slow
def test_every_counts_partitions(nights: Project) -> None:
    learning(nights, {"every": 2}, window=2)
    nights.run()

    assert models(nights) == ["a", "a", "b", "b", "c"]
    assert seen(nights, "11") == ["9", "10"]
    night(nights, "13", 7)
    run = nights.run()
    assert [m["fitted"] for m in told(nights, run)] == [False]
    assert models(nights) == ["a", "a", "b", "b", "c", "c"]


def test_a_new_model_relabels_nothing_unless_that_is_wanted(nights: Project) -> None:
    learning(nights, "always")
    nights.run()
    before = dict(snapshots(nights))
    night(nights, "9", 5)

    run = nights.run()

    after = dict(snapshots(nights))
    assert [day for day in DAYS if before[day] != after[day]] == ["9"]
    assert stale(nights) == {"10": ("model",), "11": ("model",)}
    assert "another label model" in status(nights.job(), "10").partitions[0].why[0]
    assert nights.run().status == "nothing to do"
    run = nights.run(relabel=True)
    assert [snapshot.id for snapshot in run.snapshots] == [snapshots(nights)[day] for day in DAYS]
    assert stale(nights) == {}


@pytest.mark.slow
def test_since_the_last_success_relabels_where_that_is_wanted(nights: Project) -> None:
    learning(nights, "always")
    nights.run()
    night(nights, "11", 8)

    plain = run_partitions(nights.job())
    relabeling = run_partitions(nights.job(), relabel=True)

    assert [o.partition for o in plain.outcomes] == ["11"]
    assert [o.partition for o in relabeling.outcomes] == ["12"]


@pytest.mark.slow
def test_a_refit_sees_the_newest_nights_and_is_kept_from_then_on(nights: Project) -> None:
    for day in ("12", "11"):
        (nights.root / "input" / f"date={day}" / "a.parquet").rename(nights.root / day)
    nights.run()
    for day in ("12", "11"):
        (nights.root / day).rename(nights.root / "input" / f"date={day}" / "a.parquet")

    run = nights.run(refit=True)

    assert told(nights, run)[0]["why"] == "a new fit is asked for"
    assert models(nights) == ["a", "a", "a", "b", "b"]
    assert stale(nights) == dict.fromkeys(("8", "9", "10"), ("model",))
    night(nights, "13", 7)
    nights.run(partition="13")
    assert models(nights) == ["a", "a", "a", "b", "b", "b"]
    nights.run(relabel=True)
    assert models(nights) == ["a"] * 6


@pytest.mark.slow
def test_a_full_refresh_fits_on_the_same_nights(nights: Project) -> None:
    nights.run(partition="9")
    night(nights, "13", 7)
    nights.run()
    before = dict(snapshots(nights))

    run = nights.run(full_refresh=True)

    assert [m["fitted"] for m in told(nights, run)] == [True]
    assert dict(snapshots(nights)) == before


def test_frozen_is_never_fitted_again(nights: Project) -> None:
    nights.run()
    learning(nights, "frozen", labeling_functions=[FUNCTIONS[0] | {"any": ["bye"]}, *FUNCTIONS[1:]])

    run = nights.run(full_refresh=True)

    assert [(m["fitted"], m["why"]) for m in told(nights, run)] == [
        (False, "frozen: it is never fitted again")
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    "parts",
    [
        {"labeling_functions": FUNCTIONS[:3]},
        {"labeling_functions": FUNCTIONS[::-1]},
        {"task": {"type": "classification", "labels": ["spam", "ham"]}},
    ],
)
def test_frozen_refuses_other_functions_and_labels(nights: Project, parts: dict[str, Any]) -> None:
    nights.run()
    before = dict(snapshots(nights))
    learning(nights, "frozen", **parts)

    with pytest.raises(UsageError, match="to fit another one") as raised:
        nights.run()

    assert raised.value.exit_code == 2
    assert dict(snapshots(nights)) == before


def test_a_model_that_was_tampered_with_is_not_used(nights: Project) -> None:
    nights.run()
    snapshot = nights.root / "out" / "snapshots" / snapshots(nights)["12"]
    model = snapshot / "label_model.json"
    model.write_bytes(model.read_bytes().replace(b'"buy"', b'"bye"'))
    night(nights, "13", 7)

    run = nights.run(partition="13")
    other = nights.root / "out" / "snapshots" / run.snapshots[0].id / "label_model.json"

    assert b'"bye"' not in other.read_bytes()
    learning(nights, "frozen")
    for name in snapshots(nights).values():
        (nights.root / "out" / "snapshots" / name / "label_model.json").write_bytes(b"{}")
    with pytest.raises(UsageError, match="as its manifest has it"):
        nights.run()


def test_nights_that_cannot_be_used_are_passed_over(nights: Project) -> None:
    learning(nights, "always", source=NIGHTLY | {"carry": ["n"]})
    for place, day in enumerate(DAYS):
        ids, texts = [f"{day}-{i}" for i in range(4)], ["buy now", "song", "nice song", "buy"]
        columns: dict[str, Any] = {"id": ids, "text": texts, "n": [place] * 4}
        if day == "10":
            columns["n"] = ["x"] * 4
        nights.write(columns, f"date={day}/a.parquet")
    (nights.root / "input" / "date=11" / "a.parquet").write_bytes(b"PAR1 half")

    run = labelmill.run(nights.config, partition="12")

    assert told(nights, run)[0]["fitted_on"] == ["12"]
    assert stale(nights) == {}


def test_a_job_without_partitions_is_fitted_on_its_rows(project: Project) -> None:
    project.run()
    first = project.output.joinpath("current", "label_model.json").read_bytes()
    project.write({"id": ["z"], "text": ["buy now"]}, "z.parquet")

    run = project.run()
    fit = run.snapshots[0].report["label_model"]["fit"]

    assert fit["rows"] == 7
    assert list(fit["inputs"]) == [""]
    assert project.output.joinpath("current", "label_model.json").read_bytes() != first


def test_a_job_without_partitions_can_be_frozen(project: Project) -> None:
    project.run()
    first = project.output.joinpath("current", "label_model.json").read_bytes()
    project.write({"id": ["z"], "text": ["buy now"]}, "z.parquet")

    project.run("label_model.fit.when=frozen")

    assert project.output.joinpath("current", "label_model.json").read_bytes() == first


def test_partitions_are_counted_only_where_there_are_some(project: Project) -> None:
    with pytest.raises(ConfigErrors, match="counts partitions and the job has none"):
        project.job("label_model.fit={when: {every: 7}}")


@pytest.mark.slow
def test_another_policy_alone_makes_nothing_anew(nights: Project) -> None:
    nights.run()

    assert nights.run("label_model.fit={when: on_change, window: 9}").status == "nothing to do"
    assert nights.run("label_model.fit.when=always").status == "nothing to do"
    assert nights.run("label_model.fit.when=frozen").status == "nothing to do"


@pytest.mark.parametrize("when", ["never", {"every": 0}, {"each": 7}, 7])
def test_what_is_no_policy_is_refused(nights: Project, when: Any) -> None:
    learning(nights, when)

    with pytest.raises(ConfigErrors, match=r"label_model\.fit\.when"):
        nights.job()


def test_a_refinement_follows_its_model(nights: Project) -> None:
    learning(nights, refine=True)
    nights.run(partition="12")

    run = nights.run(partition="11")

    assert [m["fitted"] for m in told(nights, run)] == [False]
    both = [nights.root / "out" / "snapshots" / name for name in snapshots(nights).values()]
    assert len({(folder / "refinement.npz").read_bytes() for folder in both}) == 1
    assert fill(nights, "11").exists()
