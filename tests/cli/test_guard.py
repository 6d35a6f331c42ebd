"""Every error becomes a message and an exit code; nobody ever sees a traceback."""

import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from tests.cli.conftest import Call

from labelmill.cli import main


def test_a_bad_option_is_a_usage_error(labelmill: Call, config: str) -> None:
    answer = labelmill("run", config, "--wrkers", "2")

    assert answer.code == 2
    assert answer.out == ""
    assert "No such option: --wrkers" in answer.err
    assert "Try: labelmill run --help" in answer.err


def test_a_bad_option_is_told_as_json(labelmill: Call, config: str) -> None:
    answer = labelmill("run", config, "--wrkers", "2", "--json")

    assert answer.code == answer.json["exit_code"] == 2
    assert answer.json["ok"] is False
    assert "No such option: --wrkers" in answer.json["errors"][0]["message"]


def test_config_errors_are_lines_with_file_and_place(labelmill: Call, project: Path) -> None:
    config = project / "configs" / "comments.yaml"
    config.write_text(config.read_text().replace("type: regex", "type: regx"))

    answer = labelmill("plan", str(config))

    assert answer.code == 2
    assert answer.err.startswith(f"{config}:6:24: error[")
    assert "did you mean 'regex'?" in answer.err
    assert "1 problem; nothing was done" in answer.err


def test_config_errors_as_json_have_line_and_path(labelmill: Call, project: Path) -> None:
    config = project / "configs" / "comments.yaml"
    config.write_text(config.read_text().replace("min: 0.99", "min: high"))

    answer = labelmill("plan", str(config), "--json")

    (problem,) = answer.json["errors"]
    assert set(problem) == {"file", "line", "col", "code", "path", "message"}
    assert (problem["line"], problem["path"]) == (13, "checks.0.min")


def test_missing_input_is_exit_4(labelmill: Call, config: str) -> None:
    answer = labelmill("run", config, "--set", "source.path=nowhere", "--json")

    assert answer.code == answer.json["exit_code"] == 4
    assert answer.json["errors"][0]["code"] == "InputMissing"


def test_an_unexpected_error_leaves_a_trace_and_no_traceback(
    labelmill: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "report.json").write_text('{"job": "one that no report looks like"}')

    answer = labelmill("report", str(tmp_path))

    (trace,) = (tmp_path / ".labelmill" / "errors").iterdir()
    assert answer.code == 1
    assert answer.err.startswith("labelmill: unexpected error: KeyError")
    assert f"please report it with the file {trace}" in answer.err
    assert "Traceback" not in answer.err
    assert "Traceback" in trace.read_text()


def test_control_characters_never_reach_the_terminal(labelmill: Call) -> None:
    answer = labelmill("explain", "\x1b[31mred")

    assert answer.code == 2
    assert "\x1b" not in answer.err


def test_an_interrupt_is_exit_130(labelmill: Call, config: str) -> None:
    timer = threading.Timer(0.3, os.kill, [os.getpid(), signal.SIGINT])
    timer.start()

    answer = labelmill("run", *_endless(config))

    assert answer.code == 130
    assert "run the same command again" in answer.err


def test_sigterm_is_exit_143_and_as_json(labelmill: Call, config: str) -> None:
    timer = threading.Timer(0.3, os.kill, [os.getpid(), signal.SIGTERM])
    timer.start()

    answer = labelmill("run", *_endless(config), "--json")

    assert answer.code == answer.json["exit_code"] == 143


def _endless(config: str) -> list[str]:
    """A run that waits in a Python function of the project until it is interrupted."""
    root = Path(config).parents[1]
    (root / "slow.py").write_text("def slow(row):\n    import time\n    time.sleep(60)\n")
    text = Path(config).read_text()
    entry = "  - {name: slow, type: python, label: ham, function: 'slow.py:slow'}\n"
    Path(config).write_text(text.replace("label_model:", entry + "label_model:"))
    return [config, "--set", "execution.grace=0.1"]


def test_output_that_cannot_hold_a_character_does_not_crash(config: str) -> None:
    environment = dict(os.environ) | {"PYTHONIOENCODING": "ascii", "COLUMNS": "30"}
    text = Path(config).read_text().replace("[song, love]", "[song, love, 愛してる]")
    Path(config).write_text(text.replace("should: [love it]", "should: [愛してない]"))

    plain = _process("test", config, env=environment)
    as_json = _process("test", config, "--json", env=environment)

    assert plain.returncode == as_json.returncode == 3
    assert "FAILED praise: ???" in plain.stdout
    assert "\\u611b" in as_json.stdout


@pytest.mark.parametrize(("words", "code"), [("schema", 0), ("--help", 0), ("gc", 2)])
def test_a_reader_that_leaves_early_is_no_error(words: str, code: int) -> None:
    done = _unread([words], "head -c 10")

    assert done.returncode == code
    assert "Broken" not in done.stderr


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_run_that_nobody_reads_ends_with_its_own_exit_code(config: str, form: list[str]) -> None:
    strict = ["--set", "checks=[{type: coverage, min: 1}]"]

    published = _unread(["run", config, *form], "true")
    held = _unread(["run", config, *form, *strict], "true")

    assert published.returncode == 0
    assert held.returncode == 3
    assert "error" not in published.stderr
    assert "Broken" not in published.stderr + held.stderr


def _unread(words: list[str], reader: str) -> "subprocess.CompletedProcess[str]":
    """A command whose stdout goes to a reader that soon leaves."""
    command = shlex.join([sys.executable, "-m", "labelmill", *words])
    whole = ["bash", "-c", f"{command} | {reader}; exit ${{PIPESTATUS[0]}}"]
    return subprocess.run(whole, capture_output=True, text=True, check=False)


def test_no_colour_stands_in_a_pipe(config: str) -> None:
    done = _process("preview", config, env=dict(os.environ) | {"NO_COLOR": "1"})

    assert done.returncode == 0
    assert "\x1b" not in done.stdout


def _process(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "labelmill", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=env,
    )
    assert time.monotonic() - started < 120
    return done


def test_closed_streams_end_nothing(config: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)

    assert main(["validate", config]) == 0
    assert main(["validate", "nowhere.yaml"]) == 2


@pytest.mark.parametrize("end", ["2>/dev/full", "2> >(true)", "--log-format json 2>/dev/full"])
def test_a_stderr_that_takes_nothing_ends_no_run(config: str, end: str) -> None:
    line = f"{sys.executable} -m labelmill run {config} --full-refresh {end}"

    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)

    assert done.returncode == 0
    assert "is live" in done.stdout


def test_no_more_memory_is_told_without_a_trace(
    labelmill: Call, config: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def starved(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("labelmill.pipeline.run.make_plan", starved)

    answer = labelmill("run", config)

    assert answer.code == 1
    assert "got no more memory or threads (MemoryError: )" in answer.err
    assert "report" not in answer.err


def test_a_terminal_of_no_width_shows_all(config: str) -> None:
    command = [sys.executable, "-m", "labelmill", "status", config]

    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env=dict(os.environ) | {"COLUMNS": "0"}
    )

    assert "missing" in done.stdout
