"""The script that a snorkel user would write for the news job, with a clock around each step.

    python -m benchmarks.news_snorkel ROWS.parquet OUT_FOLDER

It labels the rows of the file, writes train, dev and test as Parquet and the votes as
`votes.npy`. The last line of its output is one JSON object: the seconds of each step.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from benchmarks.news import LABELS, RULES, THRESHOLD, Rule, scored
from snorkel.labeling import LabelingFunction, PandasLFApplier
from snorkel.labeling.model import LabelModel

ABSTAIN = -1


def pattern_function(pattern: re.Pattern[str], label: int) -> Callable[[Any], int]:
    """Look for a pattern."""

    def vote(row: Any) -> int:
        return label if pattern.search(row.text) else ABSTAIN

    return vote


def lexicon_function(scores: dict[str, float], label: int) -> Callable[[Any], int]:
    """Compare the mean score of a text's words with the threshold."""

    def vote(row: Any) -> int:
        found = [scores[word] for word in WORD.findall(row.text.lower()) if word in scores]
        return label if found and sum(found) / len(found) >= THRESHOLD else ABSTAIN

    return vote


WORD = re.compile(r"\w+")


def function_of(rule: Rule) -> LabelingFunction:
    """A rule as a snorkel labeling function."""
    label = LABELS.index(rule.label)
    if rule.type == "lexicon":
        return LabelingFunction(rule.name, lexicon_function(scored(rule), label))
    words = rule.words
    if rule.type == "keyword":
        either = "|".join(re.escape(word) for word in rule.words)
        words = (rf"\b(?:{either})\b",)
    flags = re.IGNORECASE if rule.ignore_case else 0
    return LabelingFunction(rule.name, pattern_function(re.compile(words[0], flags), label))


def main(source: Path, out: Path) -> dict[str, float]:
    """Label the rows; what it returns are seconds."""
    clock: dict[str, float] = {}
    with timed(clock, "read"):
        frame = pd.read_parquet(source, columns=["id", "text"])
    with timed(clock, "apply"):
        applier = PandasLFApplier([function_of(rule) for rule in RULES])
        votes = applier.apply(frame, progress_bar=False)
    with timed(clock, "fit"):
        model = LabelModel(cardinality=len(LABELS), verbose=False)
        model.fit(votes, seed=0, progress_bar=False)
    with timed(clock, "predict"):
        probs = model.predict_proba(votes)
    with timed(clock, "write"):
        covered = (votes != ABSTAIN).any(axis=1)
        labeled = frame.assign(
            label=[LABELS[best] for best in probs.argmax(axis=1)], probs=probs.tolist()
        )[covered]
        out.mkdir(parents=True, exist_ok=True)
        side = pd.util.hash_pandas_object(labeled["id"], index=False) % 100
        for split, chosen in (
            ("train", side < 80),
            ("dev", (side >= 80) & (side < 90)),
            ("test", side >= 90),
        ):
            labeled[chosen].to_parquet(out / f"{split}.parquet", compression="zstd")
    np.save(out / "votes.npy", votes.astype(np.int8))
    return clock


@contextmanager
def timed(clock: dict[str, float], step: str) -> Iterator[None]:
    """Note the seconds of a step."""
    started = perf_counter()
    yield
    clock[step] = perf_counter() - started


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]))))
