"""Noisy texts: any number, all different, always the same."""

from pathlib import Path

import pyarrow.parquet as pq
from benchmarks.news import LABELS, RULES, names_of, noisy_blocks, write_job, write_news

from labelmill.config import load

TEXTS = ("Shares rose again in Paris on Friday.", "No spaces-here", "Nothing", "")


def test_no_two_texts_are_alike_and_each_keeps_its_words() -> None:
    (block,) = noisy_blocks(TEXTS, 1000)

    assert len(set(block)) == 1000
    assert all(word in text for text in block[::4] for word in TEXTS[0].split())


def test_the_texts_hang_on_the_seed_alone() -> None:
    assert list(noisy_blocks(TEXTS, 50)) == list(noisy_blocks(TEXTS, 50))
    assert list(noisy_blocks(TEXTS, 50)) != list(noisy_blocks(TEXTS, 50, seed=1))


def test_names_are_all_different() -> None:
    assert len(set(names_of(250_000))) == 250_000


def test_the_job_is_whole(tmp_path: Path) -> None:
    write_news(tmp_path / "news.parquet", TEXTS, 10)

    job = load(write_job(tmp_path, workers=2, label_model="dawid_skene"))

    assert len(pq.read_table(job.source.path)) == 10
    assert [function.name for function in job.functions] == [rule.name for rule in RULES]
    assert len(RULES) == 40
    assert {rule.label for rule in RULES} == set(LABELS)
