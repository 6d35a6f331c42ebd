"""Models that an earlier run fitted."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.aggregate.worlds import World, space_of, world

from labelmill.aggregate.artifact import to_json
from labelmill.aggregate.dawid_skene import DawidSkene
from labelmill.aggregate.fitted import Fitted
from labelmill.core.labels import LabelSpace, OneOf
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import VoteSpace
from labelmill.errors import BadParameter, BadResource

SEEN = world([0.9, 0.7, 0.8], [0.5, 0.8, 0.6], balance=(0.3, 0.7))
NOTHING = VotePatterns.of(*(np.zeros(0, dtype=np.int64),) * 3, 0)


def model_bytes(seen: World = SEEN) -> bytes:
    return to_json("dawid_skene", 1, DawidSkene().fit(seen.patterns(), seen.space()), seen.space())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with an output folder that has one snapshot."""
    snapshot = tmp_path / "out" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (snapshot / "label_model.json").write_bytes(model_bytes())
    (tmp_path / "out" / "current").symlink_to("snapshots/abc")
    return tmp_path


def partitioned(root: Path, models: list[bytes]) -> Path:
    output = root / "nightly"
    for day, model in enumerate(models):
        snapshot = output / "snapshots" / f"s{day}"
        snapshot.mkdir(parents=True)
        (snapshot / "label_model.json").write_bytes(model)
        view = output / "views" / "1"
        view.mkdir(parents=True, exist_ok=True)
        (view / f"date=2026-01-0{day + 1}").symlink_to(f"../../snapshots/s{day}")
    (output / "current").symlink_to("views/1")
    return output


@pytest.mark.parametrize(
    "source", ["out", "out/current", "out/snapshots/abc", "out/current/label_model.json"]
)
def test_it_answers_as_the_model_did_wherever_it_is_named(root: Path, source: str) -> None:
    patterns = SEEN.patterns()

    fitted = Fitted(source).located(root).fit(NOTHING, SEEN.space())

    usual = DawidSkene().fit(patterns, SEEN.space())
    assert (fitted.predict(patterns) == usual.predict(patterns)).all()
    assert fitted.sequential is False


def test_its_file_is_what_it_needs(root: Path) -> None:
    assert Fitted("out").needs(root).files == ("out/current/label_model.json",)
    assert Fitted(str(root / "out")).needs(root / "out").files == ("current/label_model.json",)


def test_it_is_applied_as_the_type_of_the_fit(root: Path) -> None:
    model = Fitted("out").located(root)

    assert model.applied(SEEN.space()).type == "dawid_skene"
    assert model.applied(SEEN.space(balance=[0.8, 0.2])).space.prior.tolist() == [0.8, 0.2]


def test_partitions_with_one_model_stand_for_it(root: Path) -> None:
    partitioned(root, [model_bytes(), model_bytes()])

    assert Fitted("nightly").located(root).artifact().type == "dawid_skene"


def test_partitions_with_different_models_are_refused(root: Path) -> None:
    partitioned(root, [model_bytes(), model_bytes(world([0.6] * 3, [0.9] * 3))])

    with pytest.raises(BadResource, match=r"name one snapshot \(date=2026-01-01, date=2026-01-02"):
        Fitted("nightly").located(root)


def renamed(*functions: str) -> VoteSpace:
    return replace(SEEN.space(), functions=functions)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (renamed("f1", "f0", "f2"), "functions stand in another order: .*in the order of the fit"),
        (renamed("f0", "f1", "new"), r"other labeling functions: this job has \(f0, f1, new\)"),
        (renamed("f0", "f1"), r"was fitted on \(f0, f1, f2\)"),
        (replace(SEEN.space(), labels=LabelSpace(("l1", "l0"))), "labels stand in another order"),
        (space_of(3, 3), "other labels: "),
    ],
)
def test_other_votes_than_those_of_the_fit_are_refused(
    root: Path, told: VoteSpace, message: str
) -> None:
    with pytest.raises(BadParameter, match=f"^from: .*{message}"):
        Fitted("out").located(root).fit(NOTHING, told)


def test_other_label_sets_are_refused(root: Path) -> None:
    seen = world([0.8] * 3, [0.9] * 3, balance=(0.3, 0.3, 0.4))
    (root / "three.json").write_bytes(model_bytes(seen))
    told = space_of(3, 3, targets=[OneOf(("l0", "l2"))])

    with pytest.raises(BadParameter, match=r"other label sets: this job has \(l0 or l2\)"):
        Fitted("three.json").located(root).fit(NOTHING, told)


def test_a_balance_of_the_job_is_for_items_without_votes(root: Path) -> None:
    told = SEEN.space(balance=[0.8, 0.2])
    silent = VotePatterns.of(*(np.zeros(0, dtype=np.int64),) * 3, 1)

    fitted = Fitted("out").located(root).fit(NOTHING, told)

    assert fitted.predict(silent).tolist() == [[0.8, 0.2]]


def test_a_missing_file_is_an_error_that_names_it(root: Path) -> None:
    with pytest.raises(BadResource, match=r"nowhere/current/label_model.json: cannot be read"):
        Fitted("nowhere").located(root).fit(NOTHING, SEEN.space())


def test_a_relative_path_is_never_taken_from_the_working_directory(root: Path) -> None:
    with pytest.raises(BadResource, match=r"relative path; call located"):
        Fitted("out").fit(NOTHING, SEEN.space())


def test_an_empty_path_is_refused() -> None:
    with pytest.raises(BadParameter, match=r"^from: is empty"):
        Fitted(" ")


def test_there_is_no_model_of_type_fitted() -> None:
    with pytest.raises(BadParameter, match="kept under the type"):
        Fitted.restore({}, SEEN.space())
