"""Worlds with known truth say what they say they do."""

import json
from pathlib import Path

import numpy as np
import pytest
from benchmarks.pages import with_table
from benchmarks.world_peers import PEERS, asked, there
from benchmarks.worlds import (
    Score,
    Terms,
    World,
    calibration_error,
    drawn,
    guarded,
    main,
    score,
    summary,
    told_of,
)

from benchmarks import world_page

TWO_SIDED = Terms(2, 10, 0.5, 0.0, 0.0, 0.5, (0.0, 0.0))
SOUND = Terms(2, 10, 0.5, 0.0, 1.0, 0.5, (0.0, 0.0))
UNSOUND = Terms(2, 10, 0.5, 0.0, 1.0, 0.5, (0.6, 0.0))


def test_a_seed_draws_the_same_worlds_again_and_another_draws_others() -> None:
    assert [w.terms for w in drawn(0, 20)] == [w.terms for w in drawn(0, 20)]
    assert [w.terms for w in drawn(0, 20)] != [w.terms for w in drawn(1, 20)]


@pytest.mark.parametrize(
    "number", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, 5))]
)
def test_the_true_posterior_is_calibrated_and_majority_vote_is_not_better(number: int) -> None:
    world = drawn(0, 5)[number]
    votes, truth = world.sample(20_000, 3)

    probs = world.posterior(votes)

    assert np.allclose(probs.sum(axis=1), 1)
    assert calibration_error(probs, truth) < 0.02
    assert abs((probs.argmax(axis=1) == truth).mean() - probs.max(axis=1).mean()) < 0.02
    assert all(s.true > s.majority - 0.01 for s in score(world, ["majority"], 20_000).values())


def test_members_of_a_group_do_what_their_leader_does() -> None:
    world = World(Terms(2, 10, 0.5, 1.0, 0.0, 0.5, (0.0, 0.0)), 7)
    votes, _ = world.sample(5000, 1)

    together = (votes[:, 0] == votes[:, 1]).mean()

    assert world.leader.tolist() == [-1, 0, 0, 0, 0, -1, 5, 5, 5, 5]
    assert together > 0.7


def test_tables_are_distributions_and_keep_to_the_terms() -> None:
    world = World(Terms(5, 100, 0.05, 0.0, 1.0, 0.2, (0.3, 0.1)), 3)

    assert np.allclose(world.tables.sum(axis=2), 1)
    assert (world.kinds == "adversarial").sum() == 30
    assert (world.kinds == "dead").sum() == 10
    assert all(((table[:, 1:] > 0).any(axis=0)).sum() <= 1 for table in world.tables)


def test_a_summary_counts_the_worlds_in_which_a_model_is_clearly_worse() -> None:
    scores = [Score(0.8, 0.9, 1.0, 0.01, 0.1, 0.1), Score(0.95, 0.9, 1.0, 0.01, 0.2, 0.2)]

    told = summary(scores)

    assert told["worse"] == 1
    assert told["gain"] == pytest.approx(-2.5)
    assert told["true_gain"] == pytest.approx(10.0)


@pytest.mark.parametrize("name", [name for name in PEERS if there(name)])
def test_a_peer_gives_distributions_that_tell_more_than_chance(name: str) -> None:
    world = World(TWO_SIDED, 7)
    train, _ = world.sample(500, 1)
    votes, truth = world.sample(500, 2)

    probs = asked(name, 2, train, votes)

    assert probs.shape == (500, 2)
    assert np.allclose(probs.sum(axis=1), 1)
    assert (probs.argmax(axis=1) == truth).mean() > 0.6


def test_the_guard_is_counted_in_unsound_and_in_sound_worlds() -> None:
    quiet, loud = (
        Score(0.8, 0.8, 0.9, 0.0, 0.1, 0.1),
        Score(0.8, 0.8, 0.9, 0.0, 0.1, 0.1, ("drift",)),
    )

    told = guarded([SOUND, SOUND, UNSOUND], [quiet, loud, loud])

    assert told == {"sound": (1, 2), "unsound": (1, 1)}


def test_a_world_is_scored_once_where_a_folder_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["0", "--worlds", "3", "--rows", "300", "--peer-worlds", "0", "--models", "lift"]

    main([*options, "--keep", str(tmp_path)])
    first = json.loads(capsys.readouterr().out)
    kept = sorted(tmp_path.iterdir())
    known = next(path for path in kept if path.read_text() != "null")
    known.write_text(json.dumps({**json.loads(known.read_text()), "calibration": 9.0}))
    main([*options, "--keep", str(tmp_path)])
    second = json.loads(capsys.readouterr().out)

    assert len(kept) == 3
    assert first["models"]["lift"]["calibration_error"] < 1
    assert second["models"]["lift"]["calibration_error"] > 1


def test_the_page_tells_gains_and_what_the_guard_did(tmp_path: Path) -> None:
    worlds = [World(SOUND, 1), World(UNSOUND, 2)]
    found = {
        (0, "lift"): Score(0.9, 0.7, 1.0, 0.0, 0.1, 0.1),
        (1, "lift"): Score(0.7, 0.8, 0.9, 0, 0, 0),
    }
    path = tmp_path / "worlds.json"

    world_page.keep(10, told_of(worlds, found, ["lift"]), path)
    world_page.keep(2, told_of(worlds, found, ["lift"]), path)
    kept = world_page.kept(path)

    assert list(kept) == ["2", "10"]
    row = "| 2 | lift | 2 | 1 | 5.00 | 20.00 | 25 % | 0.050 | 0.050 | 0 of 1 | 0 of 1 |"
    assert row in world_page.page_text(kept)
    assert "| 2, 10 | lift | 4 | 2 | 5.00 | 20.00 | 25 % | 0.050 | 0.050 | 0 of 2 | 0 of 2 |" in (
        world_page.page_text(kept)
    )
    assert world_page.picture(kept).count("h0") == 2 * 2


def test_the_first_model_is_told_for_the_worlds_of_the_peers_alone_too() -> None:
    worlds = [World(SOUND, 1), World(SOUND, 2)]
    good, bad = Score(0.9, 0.7, 1.0, 0.0, 0.1, 0.1), Score(0.6, 0.7, 0.9, 0, 0, 0)
    found = {(0, "auto"): good, (1, "auto"): bad} | {(1, peer): bad for peer in PEERS}

    models = told_of(worlds, found, ["auto", *PEERS])["models"]

    shared = models["auto, same worlds as peers"]
    assert (models["auto"]["worlds"], models["auto"]["gain"]) == (2, pytest.approx(5))
    assert (shared["worlds"], shared["gain"]) == (1, pytest.approx(-10))


def test_the_page_shows_the_worlds_that_are_kept() -> None:
    text = world_page.PAGE.read_text("utf-8")

    assert with_table(text, world_page.MARKS, world_page.page_text(world_page.kept())) == text
