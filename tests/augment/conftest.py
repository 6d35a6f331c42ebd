"""A small project with every file that an augmenter may name, and a small WordNet."""

import gc
import json
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import nltk.data
import pytest

from labelmill.core.labels import LabelSpace
from labelmill.core.mentions import Mention
from labelmill.core.protocols import Bench

FUNCTIONS = '''
"""Rewriting functions of a project."""
import random

import numpy as np
from snorkel.augmentation import transformation_function

def shout(example, rng, *, sign="!"):
    return example.text.upper() + sign

def first_letter(example, rng):
    return [(0, 1, rng.choice(["x", "yy"]).item())] if example.text else None

def globally_random(example, rng):
    return f"{random.random()} {np.random.random()}"

def shuffled(example, rng):
    words = example.text.split()
    random.shuffle(words)
    return " ".join(words)

def silent(example, rng):
    return None

def broken(example, rng):
    return {}["nothing"]

def seven(example, rng):
    return 7

def outside(example, rng):
    return [(0, 10_000, "x")]

def half_an_edit(example, rng):
    return [(0, 1)]

@transformation_function()
def drop_first_word(x):
    words = x.text.split(" ")
    if len(words) < 2:
        return None
    x.text = " ".join(words[1:])
    return x

@transformation_function()
def label_in_front(x):
    x.text = f"{x.label} {x['stars']} {x.text}"
    return x

@transformation_function()
def random_word(x):
    words = x.text.split(" ")
    words[random.randrange(len(words))] = str(np.random.randint(100))
    x.text = " ".join(words)
    return x

@transformation_function()
def forgetful(x):
    return "a text"
'''

SYNONYMS = """word,synonym
film,movie
film,picture
good,fine
kick off,start
"""


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    (root / "augmenters").mkdir()
    (root / "augmenters" / "rewriting.py").write_text(FUNCTIONS)
    (root / "synonyms.csv").write_text(SYNONYMS)
    tfidf = root / "tfidf"
    tfidf.mkdir()
    (tfidf / "tfidfaug_w2idf.txt").write_text("film 0.5\ngood 1.5\nvideo 2.0\n")
    (tfidf / "tfidfaug_w2tfidf.txt").write_text("film 0.25\ngood 0.25\nvideo 0.5\n")
    (root / "spelling.txt").write_text("film flim filn\n")
    return root


class Companies:
    """A gazetteer of three companies and a person."""

    names: Mapping[str, tuple[str, ...]] = {
        "ORG": ("Acme Ltd", "Globex", " ", "Initech"),
        "PERSON": ("Jane Doe",),
    }

    def find(self, text: str, tokens: object) -> list[Mention]:  # noqa: ARG002 (the protocol's)
        return []

    def __contains__(self, term: object) -> bool:
        return any(term in names for names in self.names.values())

    def terms(self, label: str | None = None) -> tuple[str, ...]:
        return self.names.get(label or "", ())

    def __len__(self) -> int:
        return 4


@pytest.fixture(scope="session")
def bench(project: Path) -> Callable[..., Bench]:
    def make(**changes: object) -> Bench:
        facts: dict[str, object] = {
            "name": "step",
            "root": project,
            "labels": LabelSpace(("ORG", "PERSON")),
            "unit": "span",
            "gazetteers": {"companies": Companies()},
            "mentions": {"ORG": ("Acme Ltd", "Hooli"), "PERSON": ("Jane Doe",)},
        }
        return Bench(**{**facts, **changes})  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def nltk_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nltk_data")
    wordnet = folder / "corpora" / "wordnet"
    wordnet.mkdir(parents=True)
    for name, text in wordnet_files().items():
        (wordnet / name).write_text(text)
    tagger = folder / "taggers" / "averaged_perceptron_tagger_eng"
    tagger.mkdir(parents=True)
    parts = {
        "tagdict": {"film": "NN", "hot": "JJ", "a": "DT", "the": "DT"},
        "weights": {"bias": {"IN": 1.0}},
        "classes": ["DT", "IN", "JJ", "NN"],
    }
    for part, content in parts.items():
        (tagger / f"{tagger.name}.{part}.json").write_text(json.dumps(content))
    return folder


@pytest.fixture
def nltk_data(nltk_folder: Path) -> Iterator[Path]:
    yield from _only_nltk_folder(nltk_folder)


@pytest.fixture
def no_nltk_data(tmp_path: Path) -> Iterator[Path]:
    yield from _only_nltk_folder(tmp_path)


def _only_nltk_folder(folder: Path) -> Iterator[Path]:
    kept = list(nltk.data.path)
    nltk.data.path[:] = [str(folder)]
    gc.freeze()  # what is there already need not be looked at again
    yield folder
    nltk.data.path[:] = kept
    with warnings.catch_warnings():
        # NLTK leaves its files to the garbage collector, which would complain in any later test.
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
    gc.unfreeze()


def wordnet_files() -> dict[str, str]:
    """A WordNet of five synsets, in the format of Princeton's database files."""
    nouns = [(["film", "movie", "moving_picture"], 10), (["film", "haze"], 19), (["dog"], 5)]
    adjectives = [(["hot"], 0), (["cold"], 0)]
    noun_data, noun_index = _written("n", nouns, {})
    adjective_data, adjective_index = _written("a", adjectives, {0: 1, 1: 0})
    empty = ("data.verb", "data.adv", "index.verb", "index.adv")
    exceptions = ("adj.exc", "adv.exc", "noun.exc", "verb.exc")
    return {
        **dict.fromkeys((*empty, *exceptions), ""),
        "data.noun": noun_data,
        "index.noun": noun_index,
        "data.adj": adjective_data,
        "index.adj": adjective_index,
        "lexnames": "".join(f"{i:02d}\tlexname{i}\t1\n" for i in range(45)),
        "index.sense": "hot%3:00:00:: 00000000 1 1\n",
        "cntlist.rev": "dog%1:05:00:: 1 42\nfilm%1:10:00:: 1 9\nfilm%1:19:00:: 2 3\n",
    }


def _written(
    pos: str, synsets: list[tuple[list[str], int]], antonyms: dict[int, int]
) -> tuple[str, str]:
    offsets = [0] * len(synsets)
    for _ in range(2):
        lines, place = [], 0
        for i, (words, lexname) in enumerate(synsets):
            lemmas = " ".join(f"{word} 0" for word in words)
            points = f"001 ! {offsets[antonyms[i]]:08d} {pos} 0101" if i in antonyms else "000"
            head = f"{place:08d} {lexname:02d} {pos} {len(words):02x}"
            lines.append(f"{head} {lemmas} {points} | a gloss  \n")
            offsets[i] = place
            place += len(lines[-1])
    senses: dict[str, list[int]] = {}
    for (words, _), offset in zip(synsets, offsets, strict=True):
        for word in words:
            senses.setdefault(word, []).append(offset)
    index = [
        f"{word} {pos} {len(places)} 0 {len(places)} 0 {' '.join(f'{p:08d}' for p in places)}  \n"
        for word, places in sorted(senses.items())
    ]
    return "".join(lines), "".join(index)
