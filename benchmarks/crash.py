"""Runs that are ended at every durable step, by SIGKILL, and begun again.

Each run of each scene (a first run, one over changed input while something is live, nights,
rollback, publish, gc; with no, one and two workers) is ended before each of its durable steps in
turn, with all its workers, and half way through each write. Then it is begun again. After that
the output has to be what it is when nobody ends anything, byte for byte, with nothing left over;
and a reader, which looks at `current` all the while, has to see nothing but whole views, the old or
the new. Then as many runs as --random says are ended at random moments, up to three times in a
row. In `power cut` scenes the files that were not synced are damaged too, before the run begins
again.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from benchmarks.crash_cut import cut_power, started_anew
from benchmarks.crash_reader import Reader, look
from benchmarks.crash_scenes import SCENES, Scene
from benchmarks.crash_site import Ended, Process, Site, Tree, adopt_orphans, tree
from benchmarks.measure import machine

RANDOM_RUNS = 200
QUICK_POINTS = 24
SHOWN = 20


@dataclass
class Found:
    """What came out: steps that runs were ended at, how often one was, and what was wrong.

    `looks` are those of readers, and `damaged` the files that power cuts did harm to.
    """

    points: int = 0
    kills: int = 0
    looks: int = 0
    damaged: int = 0
    wrong: list[str] = field(default_factory=list)

    def facts(self) -> dict[str, Any]:
        """The same as plain data."""
        told = self.wrong[:SHOWN]
        counts = {"points": self.points, "kills": self.kills, "looks": self.looks}
        if self.damaged:
            counts["damaged"] = self.damaged
        return {**counts, "wrong": len(self.wrong), "what": told}


class Stage:
    """A scene, set up: what was there before, and what must be there after."""

    def __init__(self, scene: Scene, root: Path) -> None:
        """Make what was there before, and do what is to be done once, without an end."""
        self.scene = scene
        self.site = Site(root)
        self.log = root / "steps"
        scene.before(self.site)
        self.site.keep()
        self.before = look(self.site.output)
        self.site.restore()
        ended = self._ended(10**9)
        if ended.code:
            msg = f"{scene.name}: ended with {ended.code}:\n{ended.said}"
            raise RuntimeError(msg)
        self.seconds = ended.seconds
        self.steps = self.log.stat().st_size // 1024
        self.after = look(self.site.output)
        self.wanted = tree(self.site.output)

    def end_at(self, step: int, found: Found, *, power: int | None = None) -> bool:
        """End a run at a step and begin it again; whether it came to that step at all."""
        self.site.restore()
        with_reader = Reader(self.site.output, self.site.root / "seen.json")
        ended = self._ended(step)
        if ended.killed:
            found.kills += 1
            if power is not None:
                found.damaged += cut_power(self.log, power)
        name = f"{self.scene.name}, step {step}"
        self._finish(with_reader, found, name, ended, anew=power is not None)
        return ended.killed

    def end_at_moments(self, moments: Sequence[float], found: Found) -> None:
        """End one run after the other, each after so many seconds, and begin it at last."""
        self.site.restore()
        with_reader = Reader(self.site.output, self.site.root / "seen.json")
        ended = None
        for seconds in moments:
            process = Process.start(self._act(again=ended is not None), self._said)
            process.sleep(seconds)
            process.kill()
            ended = process.wait()
            found.kills += ended.killed
        name = f"{self.scene.name}, after {', '.join(f'{s:.3f} s' for s in moments)}"
        self._finish(with_reader, found, name, ended)

    @property
    def _said(self) -> Path:
        return self.site.root / "said.txt"

    def _act(self, *, again: bool) -> Callable[[], object]:
        act = self.scene.again if again and self.scene.again is not None else self.scene.act
        return act(self.site)

    def _ended(self, step: int) -> Ended:
        """Do it, up to a step."""
        self.log.unlink(missing_ok=True)
        return Process.start(self._act(again=False), self._said, f"{self.log}:{step}").wait()

    def _finish(
        self, reader: Reader, found: Found, name: str, ended: Ended | None, *, anew: bool = False
    ) -> None:
        """Begin again, and hold what comes out against what should."""
        problems = []
        if ended is not None and not ended.killed and ended.code:
            problems.append(f"ended with {ended.code}: {ended.said[-500:]}")
        act = self._act(again=True)
        again = Process.start(started_anew(act, self.site.root) if anew else act, self._said).wait()
        if again.code not in self.scene.codes:
            problems.append(f"begun again, it ended with {again.code}: {again.said[-500:]}")
        seen = reader.stop()
        found.looks += seen.looks
        problems += seen.broken + [v for v in seen.views if not self._may_be_live(v)]
        problems += _differences(self.wanted, tree(self.site.output))
        problems += [f"left over: {path}" for path in _left_over(self.site.state)]
        found.wrong += [f"{name}: {problem}" for problem in problems]

    def _may_be_live(self, view: str) -> bool:
        """Whether each partition of a view is that of the old view or of the new one."""
        seen, old, new = (json.loads(text) or {} for text in (view, self.before, self.after))
        values = {*seen, *old, *new}
        return all(seen.get(value) in {old.get(value), new.get(value)} for value in values)


def _differences(wanted: Tree, found: Tree) -> Iterator[str]:
    for name in sorted({*wanted, *found}):
        if wanted.get(name) != found.get(name):
            yield f"{name}: {found.get(name, 'missing')}, not {wanted.get(name, 'there')}"


def _left_over(state: Path) -> list[str]:
    """What killed runs left of their work; drafts of what is kept are seen to by `labelmill gc`."""
    return sorted(path.relative_to(state).as_posix() for path in (state / "work").glob("*"))


def swept(stage: Stage, points: int | None = None, *, power: bool = False) -> Found:
    """End a scene at each of its steps, or at so many of them."""
    found, step = Found(), 1.0
    stride = 1.0 if points is None else max(1.0, stage.steps / points)
    while stage.end_at(round(step), found, power=round(step) if power else None):
        found.points += 1
        step += stride
    return found


def at_random(stages: Sequence[Stage], runs: int, seed: int = 0) -> Found:
    """End runs at random moments, one to three times in a row."""
    found, drawn = Found(), np.random.default_rng(seed)
    for number in range(runs):
        stage = stages[number % len(stages)]
        moments = drawn.uniform(0, stage.seconds, size=drawn.integers(1, 4)).tolist()
        stage.end_at_moments(moments, found)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; the code is 1 where anything was wrong."""
    options = _options(arguments)
    adopt_orphans()
    results: dict[str, Found] = {}
    with TemporaryDirectory() as folder:
        for name, found in _swept_all(options, Path(folder)):
            results[name] = found
            print(f"{name}: {found.facts()}", file=sys.stderr, flush=True)
    wrong = [told for found in results.values() for told in found.wrong]
    facts = {
        "name": "crash",
        "points": sum(found.points for found in results.values()),
        "kills": sum(found.kills for found in results.values()),
        "looks": sum(found.looks for found in results.values()),
        "wrong": len(wrong),
        "what": wrong[:SHOWN],
        "scenes": {name: found.facts() for name, found in results.items()},
        "quick": options.quick,
        "machine": machine(),
    }
    if not options.json:
        for told in wrong:
            print(told)
    print(json.dumps(facts))
    return 1 if wrong else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    names = [scene.name for scene in SCENES]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the JSON object alone")
    parser.add_argument("--quick", action="store_true", help="some steps of the smallest job")
    parser.add_argument("--scene", choices=names, nargs="+", default=names, help="these alone")
    parser.add_argument("--points", type=int, help="so many steps of each scene, not all")
    parser.add_argument("--random", type=int, help="how many runs end at random moments")
    return parser.parse_args(arguments)


def _swept_all(options: argparse.Namespace, root: Path) -> Iterator[tuple[str, Found]]:
    names, points = options.scene, options.points
    runs = RANDOM_RUNS if options.random is None else options.random
    if options.quick:
        names, points = ["first", "first, 2 workers"], points or QUICK_POINTS // 2
        runs = 4 if options.random is None else options.random
    stages = {}
    for number, scene in enumerate(scene for scene in SCENES if scene.name in names):
        stages[scene.name] = stage = Stage(scene, root / str(number))
        yield scene.name, swept(stage, points)
        if scene.again is None and scene.name in POWER:
            yield f"{scene.name}, power cut", swept(stage, points, power=True)
    if runs:
        yield "at random moments", at_random(list(stages.values()), runs)


POWER = ("first", "second", "nights")
"""Scenes that are swept once more with a power cut at each step."""


if __name__ == "__main__":
    sys.exit(main())
