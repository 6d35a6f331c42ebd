"""Help is there for every verb, and costs nothing to show."""

import subprocess
import sys
from pathlib import Path

import pytest
import typer
from tests.cli.conftest import Call

from labelmill import __version__
from labelmill.cli.app import app

VERBS = (
    *("init", "validate", "explain", "schema", "plan", "preview", "test", "run", "report"),
    *("status", "publish", "rollback", "gc"),
)
HEAVY = {"pyarrow", "numpy", "spacy", "pandas", "pydantic", "torch", "sklearn", "nltk", "rich"}
FOREIGN = {"scipy", "snorkel", "skweak", "nlpaug", "skops", "vaderSentiment"}
SPY = """
import sys
from labelmill.cli import main
code = main(sys.argv[1:])
sys.stderr.write("loaded: " + " ".join(sorted(m for m in sys.modules if "." not in m)))
sys.exit(code)
"""


def _loaded(*arguments: str) -> tuple[int, set[str]]:
    done = subprocess.run(
        [sys.executable, "-c", SPY, *arguments], capture_output=True, text=True, check=False
    )
    return done.returncode, set(done.stderr.rpartition("loaded: ")[2].split())


def test_the_verbs_are_these() -> None:
    commands = typer.main.get_command(app)

    assert tuple(getattr(commands, "commands", {})) == VERBS


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_an_example(labelmill: Call, verb: str) -> None:
    answer = labelmill(verb, "--help")

    assert answer.code == 0
    assert f"Example: labelmill {verb}" in " ".join(answer.out.split())


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["--version"]])
def test_help_loads_no_heavy_package(arguments: list[str]) -> None:
    code, loaded = _loaded(*arguments)

    assert code == 0
    assert "typer" in loaded
    assert loaded & HEAVY == set()


def test_validate_loads_only_what_the_job_needs(config: str) -> None:
    code, loaded = _loaded("validate", config)

    assert code == 0
    assert loaded & HEAVY <= {"pyarrow", "numpy", "pydantic", "rich"}


@pytest.mark.parametrize("job", ["company-news", "product-reviews", "video-comments"])
def test_validate_of_a_demo_job_loads_no_heavy_package(project_root: Path, job: str) -> None:
    code, loaded = _loaded("validate", str(project_root / "configs" / f"{job}.yaml"))

    assert code == 0
    assert loaded & (HEAVY | FOREIGN) <= {"pyarrow", "numpy", "pydantic", "rich"}


def test_a_run_of_words_and_patterns_loads_no_heavy_package(config: str) -> None:
    code, loaded = _loaded("run", config)

    assert code == 0
    assert "pyarrow" in loaded
    assert loaded & (HEAVY | FOREIGN) <= {"pyarrow", "numpy", "pydantic", "rich"}


NER = """\
version: 1
name: names
task: {type: ner, labels: [ORG]}
source: {path: data/rows.parquet, id: id, text: text}
labeling_functions:
  - {name: caps, type: regex, label: ORG, pattern: '[A-Z]{3,}'}
  - {name: words, type: %s}
split: {train: 1, dev: 0, test: 0}
checks: []
output: data/out/names
"""
PLAIN = "keyword, label: ORG, any: [song]"
CODE = "python, function: 'lfs.py:songs', label: ORG"


@pytest.mark.parametrize(("function", "torch"), [(PLAIN, False), (CODE, True)])
def test_tokens_need_spacy_but_not_torch_unless_the_jobs_own_code_might(
    project: Path, function: str, *, torch: bool
) -> None:
    config = project / "configs" / "names.yaml"
    config.write_text(NER % function)
    (project / "lfs.py").write_text("def songs(row):\n    return []\n")

    code, loaded = _loaded("run", str(config), "--workers", "0")

    assert code == 0
    assert ("spacy" in loaded, "torch" in loaded) == (True, torch)


def test_no_arguments_show_the_help(labelmill: Call) -> None:
    answer = labelmill()

    assert answer.code == 0
    assert "Exit codes:" in answer.out


def test_the_version_is_told(labelmill: Call) -> None:
    assert labelmill("--version").out == f"labelmill {__version__}\n"


def test_the_module_is_the_command(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "labelmill", "--version"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )

    assert done.stdout == f"labelmill {__version__}\n"


def test_garbage_is_collected_again_once_a_job_is_read(config: str) -> None:
    spy = "import gc, sys; from labelmill.cli import main\n"
    spy += "main(['validate', sys.argv[1]]); print('collects', gc.isenabled())"
    done = subprocess.run(
        [sys.executable, "-c", spy, config], capture_output=True, text=True, check=True
    )

    assert done.stdout.endswith("collects True\n")
