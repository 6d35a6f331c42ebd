"""Label models in worlds with known truth (see benchmarks/made_up.py).

`python -m benchmarks.worlds SEED` fits label models on rows without labels, and scores them on
fresh rows that have a vote: their accuracy (a tie counts by its share), how much better than
majority vote that is, in how many worlds it is worse by more than one point and two standard
errors, the expected calibration error, and in how many unsound worlds (most functions wrong or
dead) and sound ones (none is) the guard spoke up. snorkel's LabelModel and crowd-kit's DawidSkene
stand beside them, at their defaults. Seed 0 may be looked at while a model is built.

What was found of a world is kept in a folder while it runs; name one (`--keep`) to go on later, or
to try another label model without asking the peers again. `--write` adds the seed to
docs/benchmarks/worlds.json, and writes the table and the picture of docs/results.md. Two hundred
worlds take about an hour of one core for each peer, and minutes for ours: `--jobs` shares them out,
`--peer-worlds` asks peers in the first worlds alone.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from benchmarks.made_up import WORLDS, Floats, Int8, Terms, World, drawn
from benchmarks.world_peers import INSTALL, PEERS, asked, there
from threadpoolctl import threadpool_limits

import labelmill
from benchmarks import world_page
from labelmill.core.registry import LABEL_MODELS
from labelmill.core.reliability import Reliability
from labelmill.core.soft import TIE_TOLERANCE
from labelmill.kinds import register_all

ROWS = 20_000
FEWEST = 50
"""A world in which fewer fresh rows have a vote says nothing."""


@dataclass(frozen=True, slots=True)
class Score:
    """What a label model did in a world; accuracies are shares of the fresh rows with votes.

    `calibration` is the expected calibration error of these rows, `calibration_all` that of all
    fresh rows, where one without votes is a tie of all labels. `fired` are the codes of what the
    guard found about the model as a whole, `used` is the type that it let through.
    """

    accuracy: float
    majority: float
    true: float
    error: float  # standard error of the difference to majority
    calibration: float
    calibration_all: float
    fired: tuple[str, ...] = ()
    used: str = ""

    @property
    def worse(self) -> bool:
        """Whether it is clearly worse than majority vote."""
        return self.accuracy < self.majority - 0.01 - 2 * self.error


def score(world: World, models: Sequence[str], n_rows: int) -> dict[str, Score]:
    """Fit label models on rows of a world and score them on others.

    Args:
        world: the world.
        models: types of label models, or names of peers.
        n_rows: so many rows to fit on, and as many to score.

    Returns:
        A score by model; none in a world where hardly a row has a vote.
    """
    train, _ = world.sample(n_rows, 1)
    votes, truth = world.sample(n_rows, 2)
    covered = (votes >= 0).any(axis=1)
    if covered.sum() < FEWEST:
        return {}
    votes, truth, share = votes[covered], truth[covered], float(covered.mean())
    majority = right(_proba("majority", world, train, votes)[0], truth)
    true = right(world.posterior(votes), truth)
    scores = {}
    for name in models:
        probs, fired, used = _proba(name, world, train, votes)
        each = right(probs, truth)
        error = float((each - majority).std() / np.sqrt(len(each)))
        means = float(each.mean()), float(majority.mean()), float(true.mean())
        away = calibration_error(probs, truth)
        scores[name] = Score(*means, error, away, share * away, fired, used)
    return scores


def right(probs: Floats, truth: Int8) -> Floats:
    """How far each row is right, [n_rows]: 1, 0, or a share where labels are tied."""
    best = probs >= probs.max(axis=1, keepdims=True) - TIE_TOLERANCE
    hit: Floats = best[np.arange(len(truth)), truth] / best.sum(axis=1)
    return hit


def calibration_error(probs: Floats, truth: Int8) -> float:
    """Expected calibration error of the best labels, as reports have it; 0 without rows."""
    return Reliability.of(probs.max(axis=1), probs.argmax(axis=1) == truth).error or 0.0


def summary(scores: Sequence[Score]) -> dict[str, float]:
    """Means over worlds, in percent where they are shares."""
    gain = [s.accuracy - s.majority for s in scores]
    bound = [s.true - s.majority for s in scores]
    return {
        "worlds": len(scores),
        "gain": 100 * float(np.mean(gain)),
        "true_gain": 100 * float(np.mean(bound)),
        "worse": sum(s.worse for s in scores),
        "calibration_error": float(np.mean([s.calibration for s in scores])),
        "calibration_error_all": float(np.mean([s.calibration_all for s in scores])),
    }


def guarded(terms: Sequence[Terms], scores: Sequence[Score]) -> dict[str, tuple[int, int]]:
    """In how many worlds the guard spoke up, and how many there are: unsound ones, sound ones."""
    pairs = list(zip(terms, scores, strict=True))
    return {
        "unsound": _counted([bool(s.fired) for t, s in pairs if t.unsound]),
        "sound": _counted([bool(s.fired) for t, s in pairs if t.sound]),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Score models over the worlds of a seed."""
    options = _options(arguments)
    worlds = drawn(options.seed, options.worlds)
    peers = [name for name in PEERS if options.peer_worlds and there(name)]
    if len(peers) < len(PEERS) and options.peer_worlds:
        print(INSTALL, file=sys.stderr)
    names = [
        [*options.models, *(peers if number < options.peer_worlds else ())]
        for number in range(len(worlds))
    ]
    with TemporaryDirectory() as folder:
        keep = options.keep or Path(folder)
        keep.mkdir(parents=True, exist_ok=True)
        known = partial(_scored, seed=options.seed, n_rows=options.rows, keep=keep)
        found = _all(known, list(zip(range(len(worlds)), worlds, names, strict=True)), options.jobs)
    told = told_of(worlds, found, [*options.models, *peers])
    if options.write:
        world_page.keep(options.seed, told)
        world_page.write(world_page.kept())
    print(json.dumps({"name": "worlds", "seed": options.seed, "models": told["models"]}))
    return 0


def told_of(
    worlds: Sequence[World], found: Mapping[tuple[int, str], Score], names: Sequence[str]
) -> dict[str, Any]:
    """The summary of each model, and its gain in each world, in points."""
    models: dict[str, dict[str, Any]] = {}
    gains: list[dict[str, float]] = []
    for name in names:
        numbers = [number for number in range(len(worlds)) if (number, name) in found]
        scores = [found[number, name] for number in numbers]
        models[name] = summary(scores)
        if name not in PEERS:
            models[name] |= guarded([worlds[number].terms for number in numbers], scores)
    shared = [n for n in range(len(worlds)) if all((n, name) in found for name in names)]
    if set(PEERS) <= set(names) and shared:
        models[f"{names[0]}, same worlds as peers"] = summary([found[n, names[0]] for n in shared])
    for number in range(len(worlds)):
        each = {name: found[number, name] for name in names if (number, name) in found}
        if each:
            gain = {name: 100 * (s.accuracy - s.majority) for name, s in each.items()}
            first = next(iter(each.values()))
            gain["true"] = 100 * (first.true - first.majority)
            gains.append({name: round(value, 2) for name, value in gain.items()})
    return {"models": models, "gains": gains}


Task = tuple[int, World, list[str]]
"""A world by its number, and the models to score in it."""


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.worlds", description=__doc__)
    parser.add_argument("seed", type=int)
    parser.add_argument("--models", nargs="+", default=_default_models())
    parser.add_argument("--worlds", type=int, default=WORLDS)
    parser.add_argument("--peer-worlds", type=int, default=WORLDS, help="0 asks no peers")
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--jobs", type=int, default=1, help="so many processes")
    parser.add_argument("--keep", type=Path, help="keep what was found of each world there")
    parser.add_argument("--write", action="store_true", help="write docs/results.md")
    return parser.parse_args(arguments)


def _default_models() -> tuple[str, ...]:
    register_all()
    return tuple(name for name in ("auto", "lift", "dawid_skene") if name in LABEL_MODELS)


def _all(work: Any, tasks: Sequence[Task], jobs: int) -> dict[tuple[int, str], Score]:
    """Work through the worlds, one after the other or in several processes."""
    if jobs == 1:
        done = [work(task) for task in tasks]
    else:
        with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
            done = list(pool.map(work, tasks))
    return {
        (number, name): result
        for (number, _, _), scores in zip(tasks, done, strict=True)
        for name, result in scores.items()
    }


def _scored(task: Task, *, seed: int, n_rows: int, keep: Path) -> dict[str, Score]:
    """The scores of models in one world, each from the folder where it is known."""
    number, world, names = task
    paths = {
        name: keep / f"{seed}_{number}_{n_rows}_{name.replace(' ', '_')}.json" for name in names
    }
    missing = [name for name, path in paths.items() if not path.exists()]
    with threadpool_limits(1):
        fresh = score(world, missing, n_rows) if missing else {}
    for name in missing:
        told = asdict(fresh[name]) if name in fresh else None
        paths[name].write_text(json.dumps(told), "utf-8")
    known = {name: json.loads(path.read_text("utf-8")) for name, path in paths.items()}
    return {
        name: Score(**{**told, "fired": tuple(told["fired"])})
        for name, told in known.items()
        if told is not None
    }


def _proba(
    name: str, world: World, train: Int8, votes: Int8
) -> tuple[Floats, tuple[str, ...], str]:
    """Probabilities, what the guard found about the model as a whole, and the type that is used."""
    n_classes = world.terms.n_classes
    if name in PEERS:
        return asked(name, n_classes, train, votes), (), name
    model = labelmill.LabelModel(name, n_classes).fit(train)
    fired = tuple(each.code for each in model.findings if each.function is None)
    return model.predict_proba(votes), fired, model.story.used if model.story else name


def _counted(fired: Sequence[bool]) -> tuple[int, int]:
    return sum(fired), len(fired)


__all__ = ["Score", "Terms", "World", "calibration_error", "drawn", "right", "score", "summary"]

if __name__ == "__main__":
    sys.exit(main())
