"""What runs are at when they are ended: the jobs of the crash sweep."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa
from benchmarks.crash_site import Act, Process, Site
from benchmarks.small_job import SMALL_JOB

import labelmill
from labelmill.pipeline.backfill import run_partitions
from labelmill.pipeline.face import load_job
from labelmill.pipeline.held import publish_held
from labelmill.pipeline.rollback import rollback
from labelmill.pipeline.sweep import sweep
from labelmill.pipeline.views import live_view

TEXTS = ("buy now", "buy gold today", "nice song", "lovely song", "nothing here", "song of gold")
SOURCE = SMALL_JOB["source"]
CODE = "def long(row):\n    return 'ham' if len(row.text) > 40 else None\n"

SMALL: dict[str, Any] = {
    **SMALL_JOB,
    "label_model": {"type": "majority"},
    "execution": {"shard_rows": 40},
}
"""The smallest job: nothing but what every run does."""

RICH: dict[str, Any] = SMALL | {
    "prepare": [{"type": "drop_duplicates"}],
    "gazetteers": {"metals": {"path": "metals.csv", "label": "spam", "case": "fold"}},
    "labeling_functions": [
        *SMALL["labeling_functions"],
        {"name": "metal", "type": "gazetteer", "gazetteer": "metals"},
        {"name": "long", "type": "python", "function": "code.py:long"},
        {"name": "nothing", "type": "regex", "label": "ham", "pattern": "^nothing"},
    ],
    "split": {"train": 0.8, "dev": 0.1, "test": 0.1, "group": "near_duplicates"},
    "augment": [{"name": "fewer", "type": "word_dropout", "fraction": 0.5}],
    "export": [{"type": "jsonl"}, {"type": "huggingface"}],
    "checks": [{"type": "row_count", "min": 10}],
    "record": {"prometheus": "job.prom", "openlineage": "lineage.jsonl"},
}
"""A job that writes all kinds of files."""

NIGHTLY: dict[str, Any] = RICH | {"source": SOURCE | {"partition": "date"}}
LAST = "last"
HELD = [{"type": "row_count", "min": 1000}]


@dataclass(frozen=True)
class Scene:
    """Something that is done, over and over, and is ended in between.

    `before` makes what was there before. `act` is what is ended, `again` what is done after
    that: the same, where nothing else is said. `codes` are the exit codes that the second may end
    with.
    """

    name: str
    before: Callable[[Site], None]
    act: Callable[[Site], Act]
    again: Callable[[Site], Act] | None = None
    codes: Collection[int] = (0,)


def rows(count: int, first: int = 0) -> pa.Table:
    """So many rows."""
    places = range(first, first + count)
    texts = [f"{TEXTS[place % len(TEXTS)]} {place // 3} of {place % 7}" for place in places]
    return pa.table({"id": [f"r{place:06}" for place in places], "text": texts})


def done(site: Site, act: Act) -> None:
    """Do something in a process of its own; it has to end well.

    Raises:
        RuntimeError: if it does not.
    """
    ended = Process.start(act, site.root / "said.txt").wait()
    if ended.code:
        msg = f"what was to be there before ended with {ended.code}:\n{ended.said}"
        raise RuntimeError(msg)


def run(site: Site, workers: int = 0, **options: Any) -> Act:
    """A run of the site's job."""
    return partial(
        labelmill.run, site.config, overrides=[f"execution.workers={workers}"], **options
    )


def _configured(site: Site, job: Mapping[str, Any], **parts: Any) -> None:
    site.root.mkdir(parents=True, exist_ok=True)
    (site.root / "metals.csv").write_text("term\ngold\nsilver\n")
    (site.root / "code.py").write_text(CODE)
    site.configure(**{**job, **parts})


def _nothing(site: Site) -> None:
    _configured(site, SMALL)
    site.write_long_ago("a.parquet", rows(60))


def _first_of_all(site: Site) -> None:
    _configured(site, RICH)
    for number, name in enumerate("abc"):
        site.write_long_ago(f"{name}.parquet", rows(60, first=60 * number))


def _older(site: Site) -> None:
    """Something is live; then a file comes, one goes and one is another."""
    _first_of_all(site)
    done(site, run(site))
    site.write_long_ago("b.parquet", rows(60, first=300))
    site.write_long_ago("d.parquet", rows(60, first=400))
    (site.root / "input" / "c.parquet").unlink()


def _nights(site: Site) -> None:
    """Two nights are live; one is written anew, and one comes."""
    _configured(site, NIGHTLY)
    for day in (20, 21):
        site.write_long_ago(f"date={day}/a.parquet", rows(50, first=1000 * day))
    done(site, run(site))
    for day in (21, 22):
        site.write_long_ago(f"date={day}/a.parquet", rows(60, first=1000 * day + 20))


def _noted(site: Site) -> None:
    """Note which view is live before something is rolled back."""
    view = live_view(site.output)
    (site.root / LAST).write_text(str(view.number if view is not None else 0))


def _two_runs(site: Site) -> None:
    _first_of_all(site)
    done(site, run(site))
    site.write_long_ago("b.parquet", rows(60, first=300))
    done(site, run(site))
    _noted(site)


def _two_nights(site: Site) -> None:
    _nights(site)
    done(site, run(site))
    _noted(site)


def _held(site: Site) -> None:
    """A snapshot is held by a check, over one that is live."""
    _first_of_all(site)
    done(site, run(site))
    site.write_long_ago("b.parquet", rows(60, first=300))
    _configured(site, RICH, checks=HELD)
    ended = Process.start(run(site), site.root / "said.txt").wait()
    if ended.code != 3:
        msg = f"no check failed: {ended.code}\n{ended.said}"
        raise RuntimeError(msg)


def _rubbish(site: Site) -> None:
    """Three views, a held snapshot, a night that is gone, and what a killed run left."""
    _two_nights(site)
    _configured(site, NIGHTLY, checks=HELD)
    site.write_long_ago("date=22/a.parquet", rows(30, first=77_000))
    Process.start(run(site, partition="22"), site.root / "said.txt").wait()
    (site.root / "input" / "date=20" / "a.parquet").unlink()
    for left in (site.output / "snapshots" / ".making-x", site.state / "work" / "job"):
        left.mkdir(parents=True)
        (left / "part").write_text("half")


def _rolled_back(site: Site, **options: Any) -> Act:
    return lambda: rollback(load_job(site.config), **options)


def _rolled_back_for_sure(site: Site, **options: Any) -> Act:
    """Go back, unless that was done already: going back once more would go one further."""

    def act() -> None:
        view = live_view(site.output)
        if view is not None and str(view.number) == (site.root / LAST).read_text():
            rollback(load_job(site.config), **options)
        else:
            sweep(load_job(site.config), keep=1000)  # whatever is done next mends what is left

    return act


def _night_back(back: Callable[..., Act]) -> Callable[[Site], Act]:
    return lambda site: back(site, partition="21")


def _swept(site: Site) -> Act:
    """Two views are kept: a reader may be at the one that was live a moment ago."""
    return lambda: sweep(load_job(site.config), keep=2, dropped=True)


def _published(site: Site) -> Act:
    return lambda: publish_held(load_job(site.config), checks=["row_count"], reason="it is good")


def _filled(site: Site) -> Act:
    return lambda: run_partitions(load_job(site.config), wanted="20..22")


def _by(workers: int) -> Callable[[Site], Act]:
    return lambda site: run(site, workers)


SCENES: tuple[Scene, ...] = (
    Scene("first", _nothing, _by(0)),
    Scene("first, 1 worker", _nothing, _by(1), _by(0)),
    Scene("first, 2 workers", _nothing, _by(2), _by(0)),
    Scene("second", _older, _by(0)),
    Scene("second, 1 worker", _older, _by(1), _by(0)),
    Scene("second, 2 workers", _older, _by(2), _by(0)),
    Scene("nights", _nights, _by(0)),
    Scene("nights, 2 workers", _nights, _by(2), _by(0)),
    Scene("backfill", _nights, _filled),
    Scene("rollback", _two_runs, _rolled_back, _rolled_back_for_sure),
    Scene(
        "rollback of a night",
        _two_nights,
        _night_back(_rolled_back),
        _night_back(_rolled_back_for_sure),
    ),
    Scene("publish --override-check", _held, _published, codes=(0, 2)),
    Scene("gc", _rubbish, _swept),
)
