"""The documentation is true: its commands run, its configs load, its Python works.

Every page is carried out from top to bottom in a folder of its own. A comment of one line above a
fenced block says what the block is, where the language alone does not:

    <!-- file: configs/x.yaml -->     the block is that file; `append:` adds to its end
    <!-- output -->                   what the block above shows; `...` stands for anything
    <!-- exit: 3 -->                  the commands end with this code, instead of 0
    <!-- not run: why -->             the block is left alone
    <!-- start: empty -->             the page begins in an empty folder, not in a new project
    <!-- skeleton: ner -->            fragments of YAML from here on are parts of such a job

Blocks of `bash` and `python` run; a block of `yaml` is a whole config where it has `version:`, else
a fragment. In the tutorials every command is a process of its own, as for a reader. In the README
and the guide those that call nothing but `labelmill` are carried out by its `main` in this process,
which has loaded already what each would load again.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pytest

from labelmill import kinds
from labelmill.cli import main
from labelmill.config import load
from labelmill.core.registry import REGISTRIES

ROOT = Path(__file__).parents[1]
SHIPPED = ("configs", "labeling_functions", "gazetteers", "data/demo")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PAGES += [
    page for part in ("tutorial", "guide") for page in sorted((ROOT / "docs" / part).glob("*.md"))
]
LONG = {"running.md", "exports.md", "first-ner-job.md", "coming-from-snorkel.md", "python-api.md"}
"""Pages that take long to carry out."""

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"<!-- ?(start|skeleton|file|append|output|exit|not run):? ?(.*?) ?-->\s*$")

SIGNS = {"|", ">", ">>", "<", "&&", "||", ";", "2>&1"}
"""What makes a line more than a call."""

SKELETONS = {
    "classification": """
        version: 1
        name: page
        task: {type: classification, labels: [ham, spam]}
        source: {path: data/demo/comments, id: comment_id, text: text, gold: label}
        gazetteers: {artists: {path: gazetteers/artists.csv, label: ham}}
        labeling_functions: [{name: begging, type: keyword, label: spam, any: [subscribe]}]
        """,
    "ner": """
        version: 1
        name: page
        task: {type: ner, labels: [ORG, PERSON, MONEY]}
        source: {path: data/demo/news, id: doc_id, text: body, gold: entities}
        gazetteers:
          companies: {path: gazetteers/companies.csv, label: ORG}
          first_names: {path: gazetteers/first_names.csv, label: PERSON}
        labeling_functions:
          - {name: known_company, type: gazetteer, gazetteer: companies}
          - {name: capitals, type: regex, label: ORG, pattern: '[A-Z]\\w+(?: [A-Z]\\w+)*'}
        """,
    "sentiment": """
        version: 1
        name: page
        task: {type: sentiment, labels: [negative, neutral, positive]}
        source: {path: data/demo/reviews, id: review_id, text: text}
        labeling_functions: [{name: refund, type: keyword, label: negative, any: [refund]}]
        """,
}

INTERPRETER = """
import contextlib, io, json, sys, traceback
space = {"__name__": "__main__"}
for line in sys.stdin:
    shown, failed = io.StringIO(), False
    with contextlib.redirect_stdout(shown):
        try:
            exec(compile(json.loads(line), "<page>", "exec"), space)
        except BaseException:
            failed = True
            shown.write(traceback.format_exc())
    print(json.dumps([failed, shown.getvalue()]), flush=True)
"""


@dataclass
class Block:
    """A fenced block: its language, its text, and what the comment above says of it."""

    language: str
    text: str
    says: str
    value: str


@dataclass
class Reader:
    """Somebody who does what a page says, in a folder."""

    folder: Path
    capsys: pytest.CaptureFixture[str]
    processes: bool
    skeleton: str = "classification"
    shown: str = ""
    done: list[str] = field(default_factory=list)
    python: "subprocess.Popen[str] | None" = None

    def follow(self, block: Block) -> None:
        """Do what a block says."""
        if block.says == "not run":
            assert block.value, "say why a block is not run"
        elif block.says == "output":
            self.compare(block.text)
        elif block.says in ("file", "append"):
            self.write(block)
        elif block.language == "bash":
            self.shell(block.text, int(block.value) if block.says == "exit" else 0)
        elif block.language == "python":
            self.run_python(block.text)
        elif block.language == "yaml":
            self.load_fragment(block.text)
        else:
            return
        self.done.append(block.language)

    def write(self, block: Block) -> None:
        path = self.folder / block.value
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_text(encoding="utf-8") if block.says == "append" else ""
        path.write_text(before + block.text, encoding="utf-8")

    def shell(self, commands: str, code: int) -> None:
        calls = [] if self.processes else calls_of(commands)
        if calls:
            self.call(calls, code)
        else:
            self.run_bash(commands, code)

    def call(self, calls: list[list[str]], code: int) -> None:
        """Carry out command lines in this process; only the last may fail."""
        self.shown = ""
        with chdir(self.folder), warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
            warnings.simplefilter("default")  # a page is no test of what others warn of
            patch.setenv("COLUMNS", "120")
            for place, arguments in enumerate(calls):
                self.capsys.readouterr()
                ended = main(arguments)
                captured = self.capsys.readouterr()
                self.shown += captured.out + captured.err
                wanted = code if place == len(calls) - 1 else 0
                assert ended == wanted, f"{arguments} ended with {ended}:\n{self.shown}"

    def run_bash(self, commands: str, code: int) -> None:
        bin_folder = str(Path(sys.executable).parent)
        env = os.environ | {"PATH": f"{bin_folder}:{os.environ['PATH']}", "COLUMNS": "120"}
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=self.folder,
            env=env,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        self.shown = ran.stdout
        assert ran.returncode == code, f"{commands}ended with {ran.returncode}:\n{ran.stdout}"

    def run_python(self, code: str) -> None:
        if self.python is None:
            self.python = subprocess.Popen(
                [sys.executable, "-c", INTERPRETER],
                cwd=self.folder,
                text=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        answers, questions = pipe(self.python.stdout), pipe(self.python.stdin)
        questions.write(json.dumps(code) + "\n")
        questions.flush()
        failed, self.shown = json.loads(answers.readline())
        assert not failed, f"{code}raised:\n{self.shown}"

    def load_fragment(self, text: str) -> None:
        configs = self.folder / "configs"
        if "version:" not in text and "extends:" not in text:
            lines = SKELETONS[self.skeleton].splitlines()
            base = "\n".join(line.removeprefix(" " * 8) for line in lines)
            (configs / "base" / "skeleton.yaml").write_text(base, encoding="utf-8")
            text = f"extends: [base/skeleton.yaml]\n{text}"
        path = configs / "from-a-page.yaml"
        path.write_text(text, encoding="utf-8")
        load(path)
        path.unlink()

    def compare(self, wanted: str) -> None:
        lines = iter([" ".join(line.split()) for line in self.shown.splitlines()])
        for line in filter(None, (" ".join(line.split()) for line in wanted.splitlines())):
            if line == "...":
                continue
            pattern = re.compile(re.escape(line).replace(r"\.\.\.", ".*"))
            assert any(pattern.fullmatch(found) for found in lines), (
                f"not shown, or not in this order: {line!r}\nwhat was shown:\n{self.shown}"
            )

    def close(self) -> None:
        if self.python is not None:
            self.python.communicate()


def calls_of(commands: str) -> list[list[str]]:
    """The arguments of each line that calls labelmill; none if a line does anything else."""
    calls = []
    for line in commands.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words[:1] != ["labelmill"] or set(words) & SIGNS or "$" in line:
            return []
        calls.append(words[1:])
    return calls


def pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


def blocks_of(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for match in FENCE.finditer(text):
        above = text[: match.start()].rstrip().rsplit("\n", 1)[-1]
        comment = COMMENT.search(above)
        says, value = (comment[1], comment[2]) if comment else ("", "")
        yield Block(match[1], match[2], says, value)


def skeletons_of(page: Path) -> Iterator[tuple[int, str]]:
    text = page.read_text(encoding="utf-8")
    for match in re.finditer(r"<!-- skeleton: (\w+) -->", text):
        yield match.start(), match[1]


def _carried_out() -> Iterator[Any]:
    for page in PAGES:
        marks = [pytest.mark.slow] if page.name in LONG else []
        yield pytest.param(page, id=str(page.relative_to(ROOT)), marks=marks)


@pytest.mark.parametrize("page", [*_carried_out()])
def test_a_page_does_what_it_says(
    page: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kinds.register_all()
    text = page.read_text(encoding="utf-8")
    if "<!-- start: empty -->" not in text:
        for name in SHIPPED:
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    reader = Reader(tmp_path, capsys, processes="tutorial" in page.parts)
    switches = list(skeletons_of(page))
    try:
        for match, block in zip(FENCE.finditer(text), blocks_of(page), strict=True):
            passed = [name for place, name in switches if place < match.start()]
            reader.skeleton = passed[-1] if passed else "classification"
            reader.follow(block)
    finally:
        reader.close()


def test_the_guide_shows_every_type() -> None:
    kinds.register_all()
    pages = "\n".join(page.read_text(encoding="utf-8") for page in PAGES if "guide" in page.parts)
    names = [(section, name) for section, types in REGISTRIES.items() for name in types]

    assert len(names) > 40
    missing = [pair for pair in names if not re.search(rf"type: {pair[1]}\b", pages)]
    assert missing == []


def test_lines_that_do_more_than_call_labelmill_go_to_a_shell() -> None:
    assert calls_of("labelmill run a.yaml \\\n  --set 'x=[1]'  # why\nlabelmill test b.yaml\n") == [
        ["run", "a.yaml", "--set", "x=[1]"],
        ["test", "b.yaml"],
    ]
    for line in ("labelmill run a.yaml > log", "labelmill run $JOB", "labelmill x || true", "ls"):
        assert calls_of(f"labelmill test b.yaml\n{line}\n") == []


def test_the_documentation_names_every_command() -> None:
    help_text = subprocess.run(
        [sys.executable, "-m", "labelmill", "--help"], capture_output=True, text=True, check=True
    ).stdout
    commands = help_text.partition("Commands:")[2].partition("\n\n")[0]
    verbs = re.findall(r"^  ([a-z]+) ", commands, re.MULTILINE)
    pages = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)

    assert len(verbs) >= 9
    assert [verb for verb in verbs if f"labelmill {verb}" not in pages] == []


def test_the_documentation_is_carried_out() -> None:
    blocks = [block for page in PAGES for block in blocks_of(page)]
    run = [b for b in blocks if b.says != "not run" and b.language in ("bash", "python", "yaml")]

    assert len(PAGES) >= 14
    assert len(run) > 0.8 * len([b for b in blocks if b.language in ("bash", "python", "yaml")])
