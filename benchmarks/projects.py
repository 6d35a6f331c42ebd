"""The real jobs over the corpora of LABELMILL_DATA, for benchmarks and for tests/real."""

import csv
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

import labelmill
from labelmill.pipeline.result import Run

ROOT = Path(__file__).resolve().parents[1]
PIECES = ROOT / "tests" / "real"
POSITIVE_PHRASES = 57
"""So many phrases of imdb's list are positive; they stand first."""


def find_corpora() -> Path | None:
    """The folder of LABELMILL_DATA, set in the environment for jobs to read; None without it."""
    place = os.environ.get("LABELMILL_DATA") or str(ROOT.parent / "shared" / "data")
    folder = Path(place).resolve()
    if not folder.is_dir():
        return None
    os.environ["LABELMILL_DATA"] = str(folder)
    return folder


@dataclass(frozen=True, slots=True)
class Project:
    """A folder of its own with the real jobs, so that runs at the same time never meet."""

    root: Path
    corpora: Path

    @classmethod
    def at(cls, root: Path, corpora: Path) -> "Project":
        """Copy the jobs there, and write the two whose rules lie with their corpora."""
        for name in ("configs", "labeling_functions"):
            shutil.copytree(PIECES / name, root / name)
        project = cls(root, corpora)
        project.write("sms", {"labeling_functions": sms_rules(corpora)})
        project.write("imdb", {"labeling_functions": imdb_phrases(corpora)})
        return project

    def write(self, name: str, parts: Mapping[str, Any]) -> None:
        """Write a job that builds on a piece under base/."""
        job = {"version": 1, "name": name, "extends": [f"base/{name}.yaml"], **parts}
        with (self.root / "configs" / f"{name}.yaml").open("w") as file:
            YAML(typ="safe").dump(job, file)

    def run(self, name: str, overrides: Mapping[str, Any] | None = None, out: str = "") -> Run:
        """Run a job; `out` names its output folder, `name` where it is not given."""
        values = {"output": str(self.output(out or name)), **(overrides or {})}
        return labelmill.run(self.root / "configs" / f"{name}.yaml", overrides=values)

    def output(self, name: str) -> Path:
        """Where the job of that name publishes."""
        return self.root / "out" / name


def sms_rules(corpora: Path) -> list[dict[str, Any]]:
    """The 73 rules of the sms corpus as labeling functions, in the order of its votes."""
    labels = ("ham", "spam")
    return [
        {
            "name": f"rule_{row['lf_column']}",
            "type": "regex",
            "label": labels[int(row["label_id"])],
            "pattern": row["pattern"],
        }
        for row in rules_of(corpora / "sms" / "lf_rules.tsv")
    ]


def imdb_phrases(corpora: Path) -> list[dict[str, Any]]:
    """The 136 phrases of the imdb corpus, each as a labeling function of its own."""
    lines = (corpora / "imdb" / "keyword_lfs.txt").read_text("utf-8").splitlines()
    phrases = [line.split() for line in lines if line.strip()]
    return [
        {
            "name": "_".join(words[:-1]),
            "type": "keyword",
            "label": "positive" if number < POSITIVE_PHRASES else "negative",
            "any": " ".join(words[:-1]),
        }
        for number, words in enumerate(phrases)
    ]


def rules_of(path: Path) -> list[dict[str, str]]:
    """The lines of a table of rules."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def votes_of(run: Run, functions: Sequence[str], labels: Sequence[str]) -> list[list[int]]:
    """The votes of some functions of a run as corpora store them: for each an index or -1."""
    place = {name: i for i, name in enumerate(functions)}
    rows = []
    for votes in run.labels.to_arrow()["votes"].to_pylist():
        row = [-1] * len(functions)
        for vote in votes:
            if vote["lf"] in place:
                row[place[vote["lf"]]] = labels.index(vote["label"])
        rows.append(row)
    return rows
