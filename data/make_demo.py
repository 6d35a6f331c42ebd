"""Write the demo data: comments, news and reviews, the same bytes at every run.

Usage: python data/make_demo.py [FOLDER]      (default: the folder `demo` beside this file)

Every text is put together from the templates below. People, companies, artists and products are
invented; the gold columns say what the template meant, so they are exact.
"""  # noqa: INP001 (a script)

import re
import sys
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from make_demo_words import (
    ARTISTS,
    COMPANIES,
    EMOJI,
    FIRST_NAMES,
    FOREIGN,
    HAM,
    HAM_HARD,
    HANDLES,
    LAST_NAMES,
    LEGAL_FORMS,
    NEWS,
    NEWS_LATER,
    NEWS_PLAIN,
    NOTHING,
    PLACES,
    PRODUCTS,
    REVIEWS,
    REVIEWS_HARD,
    SONGS,
    SPAM,
    SPAM_HARD,
)

SEED = 20_241
FIRST_DAY = date(2026, 3, 1)
ENTITY = pa.struct([("start", pa.int32()), ("end", pa.int32()), ("label", pa.string())])
SLOT = re.compile(r"\{(\w+)\}")

Rng = np.random.Generator


def pick(rng: Rng, choices: Sequence[Any]) -> Any:
    """One of some choices, each as likely."""
    return choices[int(rng.integers(len(choices)))]


def chance(rng: Rng, share: float) -> bool:
    """True with this chance."""
    return bool(rng.random() < share)


def filled(rng: Rng, template: str, words: dict[str, Sequence[str]]) -> str:
    """A template with a word in each slot; {a|b|c} is a choice that stands in the template."""
    template = re.sub(r"\{([^{}]*\|[^{}]*)\}", lambda m: pick(rng, m[1].split("|")), template)
    return SLOT.sub(lambda m: pick(rng, words[m[1]]), template)


# Comments


COMMENT_WORDS: dict[str, Sequence[str]] = {
    "song": SONGS,
    "artist": ARTISTS,
    "emoji": EMOJI,
    "minute": [f"{m}:{s:02d}" for m in range(1, 5) for s in range(3, 60, 7)],
    "year": [str(year) for year in range(2009, 2026)],
    "number": [str(n) for n in (2, 3, 5, 10, 20, 100, 500, 1000)],
    "place": PLACES,
    "site": [f"{a}-{b}.example" for a in ("free", "beat", "fast", "win") for b in ("hub", "drop")],
}


def comments(rng: Rng) -> pa.Table:
    """Comments under videos: spam or ham, some in other languages, some posted twice."""
    rows: list[dict[str, Any]] = []
    for number in range(760):
        label, text, lang = comment(rng)
        if rows and chance(rng, 0.06):
            earlier = rows[int(rng.integers(len(rows)))]
            label, lang = earlier["label"], earlier["lang"]
            text = again(rng, earlier["text"])
        rows.append(
            {
                "comment_id": f"c{number:04d}",
                "text": text,
                "author": f"{pick(rng, HANDLES)}{int(rng.integers(10, 100))}",
                "date": FIRST_DAY + timedelta(days=number // 40),
                "lang": lang,
                "label": label,
            }
        )
    schema = pa.schema([(key, pa.string()) for key in rows[0]])
    return pa.Table.from_pylist(
        rows, schema.set(schema.get_field_index("date"), pa.field("date", pa.date32()))
    )


def comment(rng: Rng) -> tuple[str, str, str]:
    """Label, text and language of a comment."""
    if chance(rng, 0.06):
        lang = pick(rng, list(FOREIGN))
        label, text = pick(rng, FOREIGN[lang])
        return label, filled(rng, text, COMMENT_WORDS), lang
    if chance(rng, 0.03):
        return "ham", pick(rng, NOTHING), "en"
    label = "spam" if chance(rng, 0.44) else "ham"
    easy, hard = (SPAM, SPAM_HARD) if label == "spam" else (HAM, HAM_HARD)
    chosen = [easy[i] for i in rng.choice(len(easy), 2, replace=False)]
    if chance(rng, 0.14):
        chosen[0] = pick(rng, hard)
    parts = [filled(rng, template, COMMENT_WORDS) for template in chosen]
    parts = parts if chance(rng, 0.35) else parts[:1]
    joint = pick(rng, (" ", ". ", " - ", "\n"))
    return label, dressed(rng, joint.join(parts), shout=0.16 if label == "spam" else 0.03), "en"


def dressed(rng: Rng, text: str, *, shout: float) -> str:
    """A text as people type it: without capitals, in capitals, with emoji or full-width marks."""
    if chance(rng, shout):
        text = re.sub(r"(?<!\S)(?!http|www)\S+", lambda m: m[0].upper(), text)
    elif chance(rng, 0.3):
        text = text.lower()
    if chance(rng, 0.2):
        text += " " + pick(rng, EMOJI) * int(rng.integers(1, 4))
    if chance(rng, 0.04):
        text = text.replace("!", "！")
    return text.replace(" ", "  ", 1) if chance(rng, 0.05) else text


def again(rng: Rng, text: str) -> str:
    """The same comment once more, as it is or nearly so."""
    change = int(rng.integers(4))
    return [text, text + "!", text.replace("!", "!!"), "PLEASE READ: " + text][change]


# News


class Story:
    """A text that grows sentence by sentence and remembers where its entities stand."""

    def __init__(self, rng: Rng) -> None:
        """Draw the people, companies and sums of the story."""
        name, short = pick(rng, COMPANIES)
        other, other_short = pick(rng, COMPANIES)
        first, last = pick(rng, FIRST_NAMES), pick(rng, LAST_NAMES)
        form = f" {pick(rng, LEGAL_FORMS)}" if chance(rng, 0.4) else ""
        self.rng = rng
        self.text = ""
        self.entities: list[dict[str, Any]] = []
        self.cast: dict[str, tuple[str, Callable[[], str]]] = {
            "ORG": ("ORG", lambda: name + form),
            "SHORT": ("ORG", lambda: short),
            "ORG2": ("ORG", lambda: other),
            "SHORT2": ("ORG", lambda: other_short),
            "PERSON": ("PERSON", lambda: f"{first} {last}"),
            "LAST": ("PERSON", lambda: last),
            "PERSON2": ("PERSON", lambda: f"{pick(rng, FIRST_NAMES)} {pick(rng, LAST_NAMES)}"),
            "MONEY": ("MONEY", lambda: money(rng)),
            "MONEY2": ("MONEY", lambda: money(rng)),
        }

    def tell(self, template: str) -> None:
        """Add a sentence."""
        place = pick(self.rng, PLACES)
        template = filled(
            self.rng,
            re.sub(r"\{([A-Z]+2?)\}", r"<\1>", template),
            {
                "place": [place],
                "percent": [f"{int(self.rng.integers(2, 40))}%"],
                "count": [f"{int(self.rng.integers(3, 90)) * 10:,}"],
                "year": [str(int(self.rng.integers(1990, 2026)))],
            },
        )
        self.text += " " if self.text else ""
        for i, part in enumerate(re.split(r"<([A-Z]+2?)>", template)):
            if i % 2 == 0:
                self.text += part
                continue
            label, word = self.cast[part]
            start = len(self.text)
            self.text += word()
            self.entities.append({"start": start, "end": len(self.text), "label": label})


def money(rng: Rng) -> str:
    """A sum of money, written in one of several ways."""
    small = f"{int(rng.integers(2, 950)):,},000"
    large = f"{rng.integers(11, 990) / 10:.1f}"
    forms = [
        f"${large} million",
        f"€{large} million",
        f"${small}",
        f"€{small}",
        f"EUR {large} million",
        f"USD {small}",
        f"£{large} billion",
        f"{int(rng.integers(2, 90))} million euros",
        f"{int(rng.integers(2, 90))} million dollars",
        f"{pick(rng, ('two', 'three', 'five'))} million dollars",
        "half a million dollars",
    ]
    return str(pick(rng, forms))


def news(rng: Rng) -> pa.Table:
    """Short news about companies, with the exact places of their names."""
    rows = []
    for number in range(440):
        story = Story(rng)
        if chance(rng, 0.12):
            for sentence in rng.choice(len(NEWS_PLAIN), 2, replace=False):
                story.tell(NEWS_PLAIN[sentence])
        else:
            story.tell(pick(rng, NEWS))
            for sentence in rng.choice(len(NEWS_LATER), int(rng.integers(1, 4)), replace=False):
                story.tell(NEWS_LATER[sentence])
        rows.append(
            {
                "doc_id": f"n{number:04d}",
                "body": story.text,
                "published_at": FIRST_DAY + timedelta(days=number // 12),
                "entities": story.entities,
            }
        )
    schema = pa.schema(
        [
            ("doc_id", pa.string()),
            ("body", pa.string()),
            ("published_at", pa.date32()),
            ("entities", pa.list_(ENTITY)),
        ]
    )
    return pa.Table.from_pylist(rows, schema)


# Reviews


STARS = {"negative": (1, 1, 2, 2, 3), "neutral": (2, 3, 3, 3, 4), "positive": (4, 5, 5, 5, 3)}


def reviews(rng: Rng) -> pa.Table:
    """Product reviews; the stars are missing on a third of them, and not always meant so."""
    rows = []
    for number in range(640):
        label = pick(rng, ("negative",) * 3 + ("neutral",) * 2 + ("positive",) * 5)
        words = {
            "product": [pick(rng, PRODUCTS)],
            "number": ["two", "three", "four", "six"],
            "person": ["daughter", "husband", "mother", "flatmate", "brother"],
            "emoji": EMOJI,
        }
        easy = REVIEWS[label]
        chosen = [easy[i] for i in rng.choice(len(easy), int(rng.integers(1, 4)), replace=False)]
        if chance(rng, 0.12):
            chosen[0] = pick(rng, REVIEWS_HARD[label])
        parts = [filled(rng, template, words) for template in chosen]
        stars = int(pick(rng, STARS[label]))
        if chance(rng, 0.03):
            stars = 6 - stars
        rows.append(
            {
                "review_id": 10_000 + number,
                "text": dressed(rng, " ".join(parts), shout=0.04),
                "stars": None if chance(rng, 0.35) else stars,
                "sentiment": label,
            }
        )
    schema = pa.schema(
        [
            ("review_id", pa.int64()),
            ("text", pa.string()),
            ("stars", pa.int8()),
            ("sentiment", pa.string()),
        ]
    )
    return pa.Table.from_pylist(rows, schema)


def main(folder: Path) -> None:
    """Write each data set as two Parquet files."""
    for place, make in enumerate((comments, news, reviews)):
        table = make(np.random.default_rng([SEED, place]))
        target = folder / make.__name__
        target.mkdir(parents=True, exist_ok=True)
        half = len(table) // 2
        for part, piece in enumerate((table.slice(0, half), table.slice(half))):
            pq.write_table(piece, target / f"part-{part}.parquet", compression="zstd")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "demo")
