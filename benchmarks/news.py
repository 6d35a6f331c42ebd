"""The news job of the end-to-end benchmarks: forty labeling functions, and any number of texts.

The texts are those of agnews, repeated, each time with new names and numbers mixed in, so that
no two are alike and the vocabulary keeps growing.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from ruamel.yaml import YAML

LABELS = ("world", "sports", "business", "science")
BLOCK_ROWS = 100_000
"""Rows that are made and written together; a row group of the file."""

SYLLABLES = re.findall(
    r"\w+",
    "al an ar bar bel bo bri ca cas cor da del do dra el en er fa fen fon gal ger go ha hem ho in "
    "is jo ka kel ko la len lo ma mel mo na nor o os pa per po ra ren ri sa sel sor ta ten to ul "
    "va ver vo wen yo za",
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One labeling function; `words` are phrases (keyword), one pattern (regex) or scored terms."""

    name: str
    type: Literal["keyword", "regex", "lexicon"]
    label: str
    words: tuple[str, ...]
    ignore_case: bool = True


def _keyword(name: str, label: str, words: str) -> Rule:
    return Rule(name, "keyword", label, tuple(words.split(", ")))


def _regex(name: str, label: str, pattern: str, *, ignore_case: bool = False) -> Rule:
    return Rule(name, "regex", label, (pattern,), ignore_case)


def _lexicon(name: str, label: str, terms: str) -> Rule:
    return Rule(name, "lexicon", label, tuple(terms.split()))


RULES = (
    _keyword("places", "world", "iraq, iran, baghdad, israel, gaza, sudan, ukraine, pakistan"),
    _keyword("leaders", "world", "president, prime minister, foreign minister, secretary general"),
    _keyword("fighting", "world", "troops, rebels, insurgents, militants, soldiers, gunmen"),
    _keyword("dying", "world", "killed, dead, wounded, bomb, car bomb, suicide attack, hostage"),
    _keyword("voting", "world", "election, elections, vote, ballot, parliament, opposition"),
    _keyword("diplomacy", "world", "peace talks, united nations, summit, treaty, nuclear"),
    _regex("agency", "world", r"\((?:AFP|Reuters)\)"),
    _regex("tolls", "world", r"\b(?:kill|wound|injur)(?:s|ed|ing)\s+\w+\s+\w+", ignore_case=True),
    _regex("weapons", "world", r"\b(?:nuclear|atomic)\s+(?:weapon|programme?|talk)s?\b"),
    _lexicon("unrest", "world", "war peace rebel army attack attacks border violence crisis"),
    _keyword("matches", "sports", "game, match, season, league, playoffs, tournament, bowl"),
    _keyword("people", "sports", "coach, quarterback, striker, pitcher, captain, manager, players"),
    _keyword("results", "sports", "victory, defeat, win, wins, beat, beats, scored, title"),
    _keyword("clubs", "sports", "yankees, red sox, arsenal, chelsea, lakers, pacers, patriots"),
    _keyword(
        "contests", "sports", "world cup, super bowl, grand slam, olympic, olympics, nba, nfl"
    ),
    _keyword("goals", "sports", "goal, goals, touchdown, touchdowns, home run, innings, wicket"),
    _regex("scores", "sports", r"\b\d{1,3}-\d{1,3}\b"),
    _regex("rounds", "sports", r"\b(?:semi|quarter)-?finals?\b", ignore_case=True),
    _regex("ranked", "sports", r"\bNo\.\s?\d+\b"),
    _lexicon("sporting", "sports", "team teams cup football cricket tennis golf champion player"),
    _keyword("markets", "business", "stocks, shares, stock market, wall street, nasdaq, dow jones"),
    _keyword(
        "money", "business", "dollar, euro, yen, currency, interest rates, inflation, deficit"
    ),
    _keyword("oil", "business", "oil prices, crude, opec, barrel, barrels, gasoline, futures"),
    _keyword(
        "firms", "business", "wal-mart, yukos, boeing, airbus, general motors, delta air lines"
    ),
    _keyword(
        "deals", "business", "merger, takeover, acquisition, bid, buyout, bankruptcy, lawsuit"
    ),
    _keyword(
        "earnings", "business", "profit, profits, earnings, revenue, sales, quarterly, forecast"
    ),
    _regex("dollars", "business", r"\$\s?\d[\d.]*\s?(?:million|billion|bn|m)\b", ignore_case=True),
    _regex("tickers", "business", r"\b[A-Z]{2,5}\.[A-Z]\b"),
    _regex("percents", "business", r"\b\d+(?:\.\d+)?\s?(?:percent|per cent|pct)\b"),
    _lexicon("economy", "business", "economy economic market investors company bank growth trade"),
    _keyword("software", "science", "software, windows, linux, browser, firefox, operating system"),
    _keyword("web", "science", "internet, web, online, google, yahoo, search engine, e-mail, spam"),
    _keyword(
        "gadgets", "science", "phone, phones, ipod, laptop, computer, computers, console, chip"
    ),
    _keyword("space", "science", "nasa, space, mars, shuttle, spacecraft, satellite, telescope"),
    _keyword(
        "research", "science", "scientists, researchers, study, species, fossil, climate, gene"
    ),
    _keyword("danger", "science", "virus, worm, hacker, hackers, spyware, phishing, security flaw"),
    _regex(
        "versions", "science", r"\b(?:version|release|beta)\s+\d+(?:\.\d+)*\b", ignore_case=True
    ),
    _regex("sizes", "science", r"\b\d+(?:\.\d+)?\s?(?:[GMK]B|[GM]Hz|megabytes?|gigabytes?)\b"),
    _regex("makers", "science", r"\b(?:Microsoft|Intel|IBM|Sony|Apple|Nokia)(?:'s)?\b"),
    _lexicon("technology", "science", "technology digital wireless video users network device"),
)
"""Ten for each label."""

THRESHOLD = 0.5
"""A lexicon votes where its mean score is at least this; a term scores 1, every third one 0.25."""


def scored(rule: Rule) -> dict[str, float]:
    """The terms of a lexicon with their scores."""
    return {term: 0.25 if i % 3 == 2 else 1.0 for i, term in enumerate(rule.words)}


def write_job(folder: Path, *, workers: int, label_model: str | None = None) -> Path:
    """Write the job, as a user would write it, and give the path of its config.

    Args:
        folder: the project's folder; the job reads `news.parquet` and writes `out` there.
        workers: worker processes.
        label_model: a type of label model; that of the product where it is not given.
    """
    job: dict[str, Any] = {
        "version": 1,
        "name": "news",
        "task": {"type": "classification", "labels": list(LABELS)},
        "source": {"path": "news.parquet", "id": "id", "text": "text"},
        "labeling_functions": [_declared(rule) for rule in RULES],
        "split": {"train": 0.8, "dev": 0.1, "test": 0.1, "group": "id"},
        "execution": {"workers": workers},
        "output": "out",
    }
    if label_model is not None:
        job["label_model"] = {"type": label_model}
    (folder / "configs").mkdir(parents=True, exist_ok=True)
    (folder / "gazetteers").mkdir(exist_ok=True)
    for rule in RULES:
        if rule.type == "lexicon":
            with (folder / "gazetteers" / f"{rule.name}.csv").open("w", newline="") as file:
                csv.writer(file).writerows([("term", "score"), *scored(rule).items()])
    path = folder / "configs" / "news.yaml"
    with path.open("w") as file:
        YAML(typ="safe").dump(job, file)
    return path


def write_news(path: Path, texts: Sequence[str], n_rows: int, *, seed: int = 0) -> None:
    """Write so many rows of noisy texts, with the columns `id` and `text`."""
    schema = pa.schema([("id", pa.string()), ("text", pa.string())])
    path.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(path, schema, compression="zstd", compression_level=1) as writer:
        start = 0
        for block in noisy_blocks(texts, n_rows, seed=seed):
            ids = [f"news-{row:08d}" for row in range(start, start + len(block))]
            writer.write_table(pa.table([ids, block], schema=schema))
            start += len(block)


def noisy_blocks(texts: Sequence[str], n_rows: int, *, seed: int = 0) -> Iterator[list[str]]:
    """So many texts, in blocks: the given ones in turn, each with a new name and number in it.

    Example:
        >>> (block,) = noisy_blocks(["Shares rose again."], 2, seed=3)
        >>> [len(text) > len("Shares rose again.") for text in block], block[0] != block[1]
        ([True, True], True)
    """
    gaps = [[match.start() for match in re.finditer(" ", text)] or [0] for text in texts]
    firsts, lasts = _names(2), _names(3)
    for start in range(0, n_rows, BLOCK_ROWS):
        rows = range(start, min(start + BLOCK_ROWS, n_rows))
        rng = np.random.default_rng([seed, start])
        first = rng.integers(0, len(firsts), len(rows)).tolist()
        last = rng.integers(0, len(lasts), len(rows)).tolist()
        number = rng.integers(1, 10_000_000, len(rows)).tolist()
        place = rng.integers(0, 1 << 30, len(rows)).tolist()
        block = []
        for row, a, b, c, d in zip(rows, first, last, number, place, strict=True):
            base = row % len(texts)
            text, gap = texts[base], gaps[base]
            cut = gap[d % len(gap)]
            block.append(f"{text[:cut]} {firsts[a]} {lasts[b]} {c}{text[cut:]}")
        yield block


def names_of(n_names: int) -> Iterator[str]:
    """So many names of people, of the kind that noisy texts have.

    Example:
        >>> len(set(names_of(1000)))
        1000
    """
    firsts, lasts = _names(2), _names(3)
    for i in range(n_names):
        first = i * 17 + i // len(lasts)  # no pair comes twice before all have come
        yield f"{firsts[first % len(firsts)]} {lasts[i * 7919 % len(lasts)]}"


def words_of(texts: Sequence[str]) -> list[str]:
    """The words of four letters and more that stand in some texts, in order."""
    found = {word for text in texts for word in re.findall(r"[a-z]{4,}", text)}
    return sorted(found)


def _names(n_syllables: int) -> list[str]:
    return ["".join(parts).capitalize() for parts in product(SYLLABLES, repeat=n_syllables)]


def base_texts(corpora: Path) -> list[str]:
    """The texts of agnews."""
    table = pq.read_table(corpora / "agnews" / "dev.parquet", columns=["text"])
    return [str(text) for text in table["text"].to_pylist()]


def _declared(rule: Rule) -> dict[str, Any]:
    own: dict[str, Any]
    if rule.type == "keyword":
        own = {"label": rule.label, "any": list(rule.words)}
    elif rule.type == "regex":
        case = {"case": "ignore"} if rule.ignore_case else {}
        own = {"label": rule.label, "pattern": rule.words[0], **case}
    else:
        own = {
            "lexicon": f"gazetteers/{rule.name}.csv",
            "labels": {rule.label: f">= {THRESHOLD}"},
        }
    return {"name": rule.name, "type": rule.type, **own}
