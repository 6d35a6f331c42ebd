"""The demo data is what its script makes, and what its README says."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from labelmill.text.language import Language

DATA = Path(__file__).parents[2] / "data"
FILES = sorted(path.relative_to(DATA / "demo") for path in (DATA / "demo").rglob("*.parquet"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    subprocess.run([sys.executable, DATA / "make_demo.py", folder], check=True)
    return folder


def rows(name: str) -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = pq.read_table(DATA / "demo" / name).to_pylist()
    return read


def test_the_script_makes_the_committed_files(made: Path) -> None:
    assert len(FILES) == 6
    for file in FILES:
        committed, new = DATA / "demo" / file, made / file

        assert pq.read_table(new).equals(pq.read_table(committed), check_metadata=True)
        if pq.read_metadata(new).created_by == pq.read_metadata(committed).created_by:
            assert new.read_bytes() == committed.read_bytes()


def test_the_demo_data_is_small() -> None:
    assert sum((DATA / "demo" / file).stat().st_size for file in FILES) < 400_000


@pytest.mark.parametrize(("name", "key"), [("news", "doc_id"), ("reviews", "review_id")])
def test_ids_are_unique(name: str, key: str) -> None:
    ids = [row[key] for row in rows(name)]

    assert len(set(ids)) == len(ids) >= 400


def test_gold_spans_hold_names_on_token_bounds() -> None:
    news = rows("news")
    tokens = Language("en").tokens([row["body"] for row in news])
    checked = 0
    for i, row in enumerate(news):
        starts = {start for start, _ in tokens.bounds(i)}
        ends = {end for _, end in tokens.bounds(i)}
        for span in row["entities"]:
            text = row["body"][span["start"] : span["end"]]
            checked += 1
            assert text == text.strip()
            assert text[0].isupper() or span["label"] == "MONEY"
            assert span["start"] in starts
            assert span["end"] in ends
    assert checked > 1000


def test_comments_have_copies_other_languages_and_full_width_marks() -> None:
    comments = rows("comments")
    texts = [row["text"] for row in comments]

    assert len(set(texts)) < len(texts)
    assert {row["lang"] for row in comments} == {"en", "de", "es", "ja"}
    assert any("！" in text for text in texts)
    assert any("🔥" in text for text in texts)


def test_a_third_of_the_reviews_has_no_stars() -> None:
    stars = [row["stars"] for row in rows("reviews")]

    assert 0.25 < stars.count(None) / len(stars) < 0.45
