"""Votes and shards that no run would ask for go; few files lie on disk whatever happens."""

import os
import shutil
from pathlib import Path
from time import time
from typing import Any

import pytest
from tests.pipeline.conftest import NIGHTLY, Project, fill

import labelmill
from labelmill.errors import UsageError
from labelmill.pipeline.slices import Slice, label_slice
from labelmill.pipeline.sweep import Swept, sweep
from labelmill.pipeline.unneeded import size_of


def age(folder: Path, days: float = 3) -> None:
    """Let all that is in a folder have been written some days ago."""
    then = time() - days * 86_400
    for path in folder.rglob("*"):
        os.utime(path, (then, then))


@pytest.fixture
def nights(nightly: Project) -> Project:
    """Two nights that were published some days ago."""
    age(nightly.root / "input")
    nightly.run()
    age(nightly.state)
    return nightly


def swept(project: Project, **asked: Any) -> Swept:
    """What gc removes, which is what it says that it would."""
    would = sweep(project.job(), dry_run=True, **asked)
    done = sweep(project.job(), **asked)
    assert done == would
    assert not any(item.path.exists() for item in done.rubbish)
    assert sweep(project.job(), **asked).rubbish == ()
    return done


def kinds(done: Swept) -> list[str]:
    return sorted(item.kind for item in done.rubbish)


def cast(project: Project) -> dict[str, int]:
    """On how many shards functions vote, when something makes all be made again."""
    from tests.pipeline.test_cells import cast as cast_of  # noqa: PLC0415 (its fixtures stay there)

    return dict(cast_of(project, "label_model.type=lift"))


def test_what_a_run_would_ask_for_stays(nights: Project) -> None:
    assert swept(nights).rubbish == ()
    assert cast(nights) == {}


def test_votes_and_shards_of_files_that_are_gone_go(nights: Project) -> None:
    shutil.rmtree(nights.root / "input" / "date=20")

    assert kinds(swept(nights)) == ["shard", "votes"]
    assert len(list((nights.state / "votes" / "job").iterdir())) == 1
    assert cast(nights) == {}


def test_votes_of_rows_that_were_rewritten_go(nights: Project) -> None:
    fill(nights, "20", rows=4)
    nights.run()
    age(nights.state)

    assert "votes" in kinds(swept(nights))
    assert len(list((nights.state / "votes" / "job").iterdir())) == 2
    assert cast(nights) == {}


def test_votes_of_functions_that_are_others_go(nights: Project) -> None:
    functions = [
        {"name": "buy", "type": "keyword", "label": "spam", "any": ["buy", "sale"]},
        {"name": "song", "type": "keyword", "label": "ham", "any": ["song", "tune"]},
    ]
    nights.configure(source=NIGHTLY, labeling_functions=functions)
    nights.run()
    age(nights.state)

    done = swept(nights)

    assert kinds(done) == ["votes", "votes"]
    assert all(item.path.suffix == ".arrow" for item in done.rubbish)
    assert cast(nights) == {}


def test_votes_on_rows_that_would_be_prepared_otherwise_stay_as_long_as_their_files(
    nights: Project,
) -> None:
    nights.configure(source=NIGHTLY, prepare=[{"type": "drop_long", "max_chars": 9}])

    assert "votes" not in kinds(swept(nights))


def test_what_was_written_within_a_day_stays(nights: Project) -> None:
    shutil.rmtree(nights.root / "input" / "date=20")
    age(nights.state, 0.9)
    assert swept(nights).rubbish == ()


def test_what_was_labeled_ahead_stays_for_a_day(nights: Project) -> None:
    fill(nights, "22")
    label_slice(nights.job(), Slice(1, 1), partition="22")

    assert kinds(swept(nights)) == ["unfinished"]
    assert cast(nights) == {}


def test_nothing_goes_because_the_source_is_away(nights: Project) -> None:
    (nights.root / "input").rename(nights.root / "away")
    assert swept(nights).rubbish == ()


def test_nothing_goes_where_nobody_knows_what_was_seen(nights: Project) -> None:
    shutil.rmtree(nights.state / "seen")
    assert swept(nights).rubbish == ()


def test_nothing_goes_as_long_as_there_are_files_that_no_run_has_seen(nights: Project) -> None:
    shutil.rmtree(nights.state / "seen")
    labelmill.run(nights.config, partition="21", overrides={"label_model.type": "lift"})
    age(nights.state)

    assert "votes" not in kinds(swept(nights))
    assert cast(nights) == {}


def test_over_a_size_the_oldest_go(nights: Project) -> None:
    fill(nights, "22", rows=9)
    nights.run()
    sizes = [path.stat().st_size for path in (nights.state / "votes").rglob("*.*")]
    newest = max((nights.state / "votes" / "job").iterdir(), key=lambda p: p.stat().st_mtime)

    assert swept(nights, cache=10_000_000).rubbish == ()
    done = swept(nights, cache=sum(sizes) // 2)

    assert {"shard", "votes"} == set(kinds(done))
    assert newest.exists()
    assert len(list((nights.state / "votes" / "job").iterdir())) < 3
    assert swept(nights, cache=0).bytes > 0
    assert not any((nights.state / "votes" / "job").iterdir())
    assert cast(nights) == {"buy": 3, "song": 3}


@pytest.mark.parametrize("text", ["", "2 PB", "-1GB", "much", "1e3"])
def test_a_size_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"--cache .*expected a number of bytes"):
        size_of(text)


@pytest.mark.slow
def test_many_functions_and_shards_leave_few_files(project: Project) -> None:
    rows = 200
    texts = [f"buy song {i}" for i in range(rows)]
    project.write({"id": [f"r{i}" for i in range(rows)], "text": texts})
    functions: list[dict[str, Any]] = [
        {"name": f"f{i}", "type": "expression", "label": "ham", "when": f"n_chars > {i}"}
        for i in range(200)
    ]
    for word in ("first", "second", "third", "fourth", "fifth"):
        functions[0] = {"name": "f0", "type": "keyword", "label": "spam", "any": [word]}
        project.configure(
            labeling_functions=functions,
            label_model={"type": "majority"},
            execution={"workers": 0, "shard_rows": 10},
        )
        project.run()

    shelves = _files(project.state / "votes" / "job")
    assert len(shelves) == 20
    assert max(shelves.values()) <= 5  # four of votes, one of keys
    shards = _files(project.state / "shards" / "job")
    assert max(shards.values(), default=0) <= 5 * 20


def _files(base: Path) -> dict[str, int]:
    folders = sorted(base.iterdir()) if base.is_dir() else []
    return {f.name: sum(p.is_file() for p in f.rglob("*")) for f in folders}
