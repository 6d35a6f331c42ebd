"""Jobs at random: a project with rows and a config that nobody chose, the same for the same seed.

A job may have any task, most kinds of declared functions and code, steps of preparation, label
models, splits, augmentation, exports, partitions, and rows that nobody can read. Some stop for a
good reason (an empty train split, too many errors); they have to do so whatever way they are run.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from ruamel.yaml import YAML

import labelmill
from labelmill.config import load
from labelmill.config.spec import Job
from labelmill.errors import LabelmillError

WORDS = ("buy", "song", "gold", "nice", "never", "free", "great", "awful", "ok", "now", "the", "a")
NAMES = ("Acme", "Globex Inc", "Ada Keller", "Paris", "Norvanta", "Elif Novak")
ODD = ("Stra\u00dfe", "\ufb01ne", "e\u0301clair", "7!", "\u4f60\u597d", "x" * 40)
CONDITIONS = ("stars > 3", "n_words < 5", "author == 'a'", "stars == 2 or n_chars > 30")
PATTERNS = (r"\bbuy\b", r"(?i)go+ld", r"n\w+e\b", r"^\S+ \S+$", r"song|free", r"\d")
CAPITALS = (r"\b[A-Z]\w+\b", r"\b[A-Z]\w+ [A-Z]\w+", r"\w+ Inc\b")
CODE = """
    from labelmill import Span, labeling_function

    @labeling_function(needs="text")
    def docs(row, *, word, label):
        if "awful" in row.text:
            raise ValueError("awful")
        return label if word in row.text else None

    @labeling_function(needs="text")
    def spans(row, *, word, label):
        start = row.text.find(word)
        return [Span(start, start + len(word), label)] if start >= 0 else None
"""
REWRITER = """
    def shout(example, rng):
        return example.text.upper() + "!" * int(rng.integers(1, 4))
"""
Item = TypeVar("Item")
Config = dict[str, Any]
Outcome = dict[str, bytes] | str
"""Every file that is live, or the error that stopped the run."""


@dataclass
class Draw:
    """Choices that hang on a seed alone."""

    seed: int
    rng: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)

    def below(self, stop: int) -> int:
        """A number from 0 on."""
        return int(self.rng.integers(stop))

    def often(self, chance: float) -> bool:
        """True with some chance."""
        return bool(self.rng.random() < chance)

    def one(self, items: Sequence[Item]) -> Item:
        """One of some things."""
        return items[self.below(len(items))]

    def some(self, items: Sequence[Item], least: int = 1) -> list[Item]:
        """Some of the things, in their order."""
        count = least + self.below(len(items) - least + 1)
        places = self.rng.permutation(len(items))[:count]
        return [items[place] for place in sorted(places.tolist())]


@dataclass
class RandomJob:
    """A project in a folder of its own; `config` is what its file says."""

    root: Path
    seed: int
    light: bool = False
    config: Config = field(default_factory=dict)
    draw: Draw = field(init=False)

    def __post_init__(self) -> None:
        """Draw the job and write all its files.

        With `light` it needs no package that takes long to load.
        """
        self.draw = Draw(self.seed)
        self.ner = self.draw.often(0.3) and not self.light
        self.partitioned = self.draw.often(0.5)
        self._shards = 0
        for name, text in {
            "labeling_functions/f.py": dedent(CODE),
            "augmenters/shout.py": dedent(REWRITER),
            "gazetteers/names.csv": "term,label\n" + "".join(f"{n},ORG\n" for n in NAMES[:4]),
        }.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        for number in range(1 + self.draw.below(4)):
            self.fill(number)
        self.config = self._drawn()
        self.save()

    @property
    def path(self) -> Path:
        """The job's file."""
        return self.root / "configs" / "job.yaml"

    @property
    def labels(self) -> list[str]:
        """The labels of the task."""
        return list(self.config["task"]["labels"])

    def save(self) -> None:
        """Write the job's file."""
        self.path.parent.mkdir(exist_ok=True)
        with self.path.open("w", encoding="utf-8") as file:
            YAML(typ="safe").dump(self.config, file)

    def fill(self, number: int, rows: int | None = None) -> None:
        """Write an input file with new rows; in a job with partitions it is one of them."""
        rows = self.draw.below(40) + 5 if rows is None else rows
        texts = [self._text() for _ in range(rows)]
        for place in range(rows):
            if self.draw.often(0.15):
                texts[place] = texts[self.draw.below(rows)]
        ids = [f"{number}-{place}" for place in range(rows)]
        table = {
            "id": ids,
            "text": [None if self.draw.often(0.02) else text for text in texts],
            "truth": [self.draw.one((None, "no", "maybe")) for _ in range(rows)],
            "stars": [None if self.draw.often(0.1) else self.draw.below(6) for _ in range(rows)],
            "author": [self.draw.one("abc") for _ in range(rows)],
        }
        types = pa.schema({name: pa.string() for name in table} | {"stars": pa.int64()})
        path = self.file(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(table, schema=types), path, row_group_size=16)

    def file(self, number: int) -> Path:
        """An input file."""
        if self.partitioned:
            return self.root / "input" / f"date={number:02}" / "part.parquet"
        return self.root / "input" / f"part-{number}.parquet"

    def files(self) -> list[Path]:
        """All input files."""
        return sorted((self.root / "input").rglob("*.parquet"))

    def run(self, *overrides: str, full_refresh: bool = False, relabel: bool = False) -> Outcome:
        """Run the job; gives what is live, or how it ended."""
        try:
            labelmill.run(
                self.path, overrides=overrides, full_refresh=full_refresh, relabel=relabel
            )
        except LabelmillError as error:
            return f"{type(error).__name__}: {error}"
        return self.published()

    def published(self) -> dict[str, bytes]:
        """Every file that is live; what a view says of itself hangs on the views before it."""
        live = self.root / "out" / "current"
        parts = sorted(live.glob("date=*" if self.partitioned else "*"))
        found = [path for part in parts for path in _below(part)]
        return {path.relative_to(live).as_posix(): path.read_bytes() for path in found}

    def job(self, *overrides: str) -> Job:
        """The checked job."""
        return load(self.path, overrides=overrides)

    def forget(self) -> None:
        """Let nothing be known or published."""
        for name in (".labelmill", "out"):
            shutil.rmtree(self.root / name, ignore_errors=True)

    def change(self) -> str:
        """Change something about the job or its input; says what."""
        changes: list[Callable[[], None]] = [
            *(self._another_function, self._changed_function, self._fewer_functions),
            *(self._another_file, self._rewritten_file, self._fewer_files, self._changed_code),
            *(self._another_choice, self._another_step, self._another_model),
        ]
        chosen = self.draw.one(changes)
        chosen()
        self.save()
        return chosen.__name__.strip("_").replace("_", " ")

    def _another_function(self) -> None:
        self.config["labeling_functions"].append(self._function("late"))

    def _changed_function(self) -> None:
        functions = self.config["labeling_functions"]
        place = self.draw.below(len(functions))
        if not any(functions[place]["name"] in f.get("reads", ()) for f in functions):
            functions[place] = self._function(functions[place]["name"])

    def _fewer_functions(self) -> None:
        functions = self.config["labeling_functions"]
        if len(functions) > 2 and not any("reads" in function for function in functions):
            functions.pop(self.draw.below(len(functions)))

    def _another_file(self) -> None:
        self.fill(50 + self.draw.below(40))

    def _rewritten_file(self) -> None:
        files = self.files()
        number = int("".join(c for c in self.draw.one(files).as_posix()[-20:] if c.isdigit()))
        self.fill(number)

    def _fewer_files(self) -> None:
        files = self.files()
        if len(files) > 1 and not self.partitioned:
            files[self.draw.below(len(files))].unlink()

    def _changed_code(self) -> None:
        path = self.root / "labeling_functions" / "f.py"
        path.write_text(path.read_text().replace('"awful"', f'"{self.draw.one(WORDS)}"'))

    def _another_model(self) -> None:
        self.config["label_model"] = self._model()

    def _another_choice(self) -> None:
        self.config["select"] = {"min_confidence": self.draw.one((0.0, 0.3, 0.55))}

    def _another_step(self) -> None:
        self.config["prepare"] = self._steps()

    def _text(self) -> str:
        words = [self.draw.one((*WORDS, *WORDS, *NAMES, *ODD)) for _ in range(self.draw.below(12))]
        return self.draw.one((" ", " ", " ", "  ", "\n")).join(words)

    def _drawn(self) -> Config:
        draw = self.draw
        config: Config = {
            "version": 1,
            "name": "job",
            "seed": draw.below(100),
            "task": self._task(),
        }
        self.config = config
        source: Config = {"path": "input", "id": "id", "text": "text", "carry": ["author"]}
        if self.partitioned:
            source["partition"] = "date"
        if draw.often(0.2):
            source["where"] = "stars != 2"
        if draw.often(0.3) and not self.ner and not config["task"].get("multi_label"):
            source["gold"] = "truth"
        gazetteers = {"names": {"path": "gazetteers/names.csv"}} if self.ner else None
        functions = [self._function(f"f{number}") for number in range(2 + draw.below(5))]
        if self.ner and draw.often(0.5):
            functions.append(self._reader(functions[0]["name"]))
        table = "conll" if self.ner else "csv"
        fractions: Config = draw.one(({"train": 1.0}, {}, {"train": 0.6, "dev": 0.4}))
        group = draw.one(("exact", "id", "near_duplicates"))
        parts: Config = {
            "source": source,
            "gazetteers": gazetteers,
            "prepare": self._steps(),
            "labeling_functions": functions,
            "label_model": self._model(),
            "select": {"tie": draw.one(("drop", "keep")), "uncovered": draw.one(("drop", "keep"))},
            "split": fractions | {"group": group},
            "augment": self._augment(),
            "refine": True if draw.often(0.15) and not self.light else None,
            "export": draw.some([{"type": "jsonl"}, {"type": table}], least=0),
            "error_budget": 0.6,
            "output": "out",
            "execution": {"workers": 0, "shard_rows": 3 + draw.below(20)},
        }
        return config | {key: value for key, value in parts.items() if value is not None}

    def _task(self) -> Config:
        if self.ner:
            return {"type": "ner", "labels": ["ORG", "PERSON"]}
        kind = self.draw.one(("classification", "classification", "multi_label", "sentiment"))
        labels = ["no", "maybe", "yes", "else"][: 2 + self.draw.below(3)]
        if kind == "multi_label":
            return {"type": "classification", "labels": labels, "multi_label": True}
        return {"type": kind, "labels": labels}

    def _model(self) -> Config:
        kinds = ("majority", "majority", "dawid_skene", "lift", "auto")
        model: Config = {"type": self.draw.one((*kinds, "hmm") if self.ner else kinds)}
        if self.partitioned:  # a model that is kept hangs on what was published before
            model["fit"] = {"when": "always", "window": 1 + self.draw.below(4)}
        return model

    def _steps(self) -> list[Config]:
        steps: list[Config] = [
            {"type": "unicode", "form": self.draw.one(("NFC", "NFKC"))},
            {"type": "whitespace"},
            {"type": "drop_empty"},
            {"type": "drop_long", "max_chars": 60},
            {"type": "drop_duplicates"},
        ]
        return self.draw.some(steps, least=0)

    def _augment(self) -> list[Config]:
        steps: list[Config] = [
            {"type": "word_dropout", "rate": 0.3, "copies": 2, "fraction": 0.5},
            *([{"type": "entity_swap", "only": ["ORG"], "gazetteer": "names"}] if self.ner else []),
        ]
        if not self.light:
            typos = {"augmenter": "char.KeyboardAug", "params": {"aug_char_max": 2}}
            steps.append({"type": "nlpaug", "fraction": 0.3, **typos})
        if not self.ner:
            steps.append({"type": "python", "function": "augmenters/shout.py:shout"})
        return self.draw.some(steps, least=0)

    def _function(self, name: str) -> Config:
        return {"name": name, **(self._of_spans() if self.ner else self._of_documents())}

    def _of_documents(self) -> Config:
        draw, labels = self.draw, self.labels
        label = draw.one(labels)
        code = {"word": draw.one(WORDS), "label": label}
        either = {"one_of": labels[:2]} if len(labels) > 2 else label
        both = {"all_of": labels[:2]} if self.config["task"].get("multi_label") else either
        column = {"no": [0, 1], labels[-1]: [4, 5]}
        return draw.one(
            (
                {"type": "keyword", "label": label, "any": draw.some(WORDS[:6])},
                {"type": "keyword", "label": both, "any": draw.some(WORDS[6:])},
                {"type": "regex", "label": label, "pattern": draw.one(PATTERNS)},
                {"type": "expression", "label": label, "when": draw.one(CONDITIONS)},
                {"type": "python", "function": "labeling_functions/f.py:docs", "params": code},
                {"type": "column", "column": "stars", "labels": column},
            )
        )

    def _of_spans(self) -> Config:
        draw = self.draw
        label = draw.one(self.labels)
        code = {"word": draw.one(NAMES), "label": label}
        title = {"IS_TITLE": True, "OP": "+"}
        return draw.one(
            (
                {"type": "regex", "label": label, "pattern": draw.one(CAPITALS)},
                {"type": "gazetteer", "gazetteer": "names"},
                {"type": "token_pattern", "label": label, "patterns": [[title]]},
                {"type": "keyword", "label": label, "any": draw.some(NAMES)},
                {"type": "python", "function": "labeling_functions/f.py:spans", "params": code},
            )
        )

    def _reader(self, name: str) -> Config:
        return self.draw.one(
            (
                {"name": "doc", "type": "document_majority", "reads": [name]},
                {"name": "kept", "type": "span_filter", "reads": [name], "when": "n_chars > 5"},
            )
        )


def _below(part: Path) -> list[Path]:
    """The files of a part of what is live; the links of a view are followed."""
    return sorted(p for p in part.rglob("*") if p.is_file()) if part.is_dir() else [part]
