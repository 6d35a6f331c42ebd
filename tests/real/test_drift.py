"""The drift check on news: ordinary nights pass, nights of other texts do not."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import labelmill
from labelmill.errors import ChecksFailed

pytestmark = pytest.mark.slow

ROWS = 800
NIGHTS = 12
JOB = """
version: 1
name: nightly
task: {type: classification, labels: [world, sport, business, technology]}
source: {path: input, id: id, text: text, partition: night}
labeling_functions:
  - {name: politics, type: keyword, label: world, any: [president, minister, troops, election]}
  - {name: play, type: keyword, label: sport, any: [game, season, coach, team, cup, league, win]}
  - {name: money, type: regex, label: business, pattern: '\\b(?:percent|shares|profit|stocks)\\b'}
  - {name: computers, type: keyword, label: technology, any: [software, microsoft, internet, web]}
  - {name: killed, type: keyword, label: world, any: [killed, bomb, rebels]}
label_model: {type: majority}
checks: [{type: drift}, {type: leakage, near_duplicates: true, max_near: 0.2, severity: warn}]
output: out
"""


@pytest.fixture(scope="module")
def news(corpora: Path) -> pa.Table:
    """News in the order of their ids."""
    return pq.read_table(corpora / "agnews" / "dev.parquet", columns=["id", "text", "label"])


@pytest.fixture(scope="module")
def project(news: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A job of which ten ordinary nights were published."""
    root = tmp_path_factory.mktemp("nightly")
    (root / "configs").mkdir()
    (root / "configs" / "job.yaml").write_text(JOB)
    for night in range(NIGHTS):
        write(root, f"n{night:02}", news.slice(night * ROWS, ROWS))
    for night in range(10):
        run(root, f"n{night:02}")
    return root


def write(root: Path, night: str, rows: pa.Table) -> None:
    folder = root / "input" / f"night={night}"
    folder.mkdir(parents=True)
    pq.write_table(rows.select(["id", "text"]), folder / "a.parquet")


def run(root: Path, night: str) -> dict[str, Any]:
    made = labelmill.run(root / "configs" / "job.yaml", partition=night)
    (check,) = [c for c in made.snapshots[0].report["checks"] if c["type"] == "drift"]
    return dict(check)


def test_ordinary_nights_are_all_published(project: Path) -> None:
    live = json.loads((project / "out" / "_CURRENT.json").read_bytes())["partitions"]

    assert len(live) >= 10
    assert run(project, "n10")["message"].startswith("nothing drifted from the median of 7")
    assert run(project, "n11")["value"] < 1


def test_a_night_of_sport_alone_is_not_published(project: Path, news: pa.Table) -> None:
    sport = news.filter(pc.equal(news["label"], "class_1"))
    assert len(sport) > ROWS
    write(project, "s", sport.slice(0, ROWS))

    with pytest.raises(ChecksFailed, match="shares of labels moved") as caught:
        run(project, "s")

    assert "coverage of politics is" in str(caught.value)


def test_a_night_of_film_reviews_is_not_published(project: Path, corpora: Path) -> None:
    (file,) = sorted((corpora / "imdb").glob("*.parquet"))[:1]
    films = pq.read_table(file, columns=["id", "text"])
    films = films.set_column(0, "id", pa.array(range(10**6, 10**6 + len(films))))
    write(project, "t", films.slice(0, ROWS))

    with pytest.raises(ChecksFailed, match="lengths of texts moved"):
        run(project, "t")
