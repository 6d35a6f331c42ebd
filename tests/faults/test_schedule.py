"""The ready-made schedules: their syntax, and how they read exit codes."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from tests.lacking import lacking

from labelmill.pipeline.record import RETRYABLE

ROOT = Path(__file__).resolve().parents[2]
SCHEDULE = ROOT / "docs" / "schedule"
FINAL = {2, 3}
"""Exit codes after which nothing is tried again."""


def test_what_is_final_here_is_what_a_run_calls_final() -> None:
    assert not FINAL & RETRYABLE
    assert {1, 4, 5, 6, 130, 143} == RETRYABLE


def test_every_schedule_stands_on_the_page() -> None:
    page = (SCHEDULE / "index.md").read_text("utf-8")

    files = [path.name for path in SCHEDULE.iterdir() if path.suffix not in {".md", ".pyc", ""}]
    assert len(files) >= 6
    assert [name for name in files if f"({name})" not in page] == []


@pytest.mark.parametrize("name", ["airflow_dag.py", "dagster_job.py"])
def test_python_schedules_compile_and_know_what_is_final(name: str) -> None:
    source = (SCHEDULE / name).read_text("utf-8")

    compile(source, name, "exec")
    (line,) = [line for line in source.splitlines() if line.startswith("NEEDS_A_PERSON")]
    values: Any = YAML(typ="safe").load(line.partition("=")[2])
    assert set(values) == FINAL


def test_the_units_are_what_systemd_reads(tmp_path: Path) -> None:
    tool = shutil.which("systemd-analyze")
    if tool is None:
        lacking("this test needs systemd-analyze: apt-get install systemd")
    for name in ("labelmill.service", "labelmill.timer"):
        text = (SCHEDULE / name).read_text("utf-8")
        here = text.replace("/srv/comments/.venv/bin/labelmill", sys.executable)
        (tmp_path / name).write_text(here.replace("User=labelmill\n", ""))

    units = [str(tmp_path / name) for name in ("labelmill.service", "labelmill.timer")]
    done = subprocess.run(
        [tool, "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )

    about_ours = [line for line in done.stderr.splitlines() if "labelmill" in line]
    assert about_ours == []
    assert done.returncode == 0, done.stderr


def test_the_service_does_not_try_again_what_is_final() -> None:
    lines = (SCHEDULE / "labelmill.service").read_text("utf-8").splitlines()

    (final,) = [line for line in lines if line.startswith("RestartPreventExitStatus=")]
    assert set(map(int, final.partition("=")[2].split())) == FINAL


def test_the_cron_job_has_the_fields_of_kubernetes() -> None:
    job = YAML(typ="safe").load((SCHEDULE / "cronjob.yaml").read_text("utf-8"))

    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "CronJob")
    spec = job["spec"]
    assert len(spec["schedule"].split()) == 5
    assert spec["concurrencyPolicy"] in {"Allow", "Forbid", "Replace"}
    inner = spec["jobTemplate"]["spec"]
    pod = inner["template"]["spec"]
    assert pod["restartPolicy"] == "Never"
    assert pod["terminationGracePeriodSeconds"] > 30
    (container,) = pod["containers"]
    rule = inner["podFailurePolicy"]["rules"][0]
    assert rule["onExitCodes"]["containerName"] == container["name"]
    assert (rule["action"], rule["onExitCodes"]["operator"]) == ("FailJob", "In")
    assert set(rule["onExitCodes"]["values"]) == FINAL
    mounted = {mount["name"] for mount in container["volumeMounts"]}
    assert mounted == {volume["name"] for volume in pod["volumes"]}


def test_the_indexed_job_labels_every_slice_once(tmp_path: Path) -> None:
    job = YAML(typ="safe").load((SCHEDULE / "array.yaml").read_text("utf-8"))

    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "Job")
    spec = job["spec"]
    assert spec["completionMode"] == "Indexed"
    (container,) = spec["template"]["spec"]["containers"]
    rule = spec["podFailurePolicy"]["rules"][0]["onExitCodes"]
    assert (rule["containerName"], set(rule["values"])) == (container["name"], FINAL)
    asked = [
        _asked([*container["command"], *container["args"]], tmp_path, JOB_COMPLETION_INDEX=str(n))
        for n in range(spec["completions"])
    ]
    total = spec["completions"]
    assert [words[-1] for words in asked] == [f"{n}/{total}" for n in range(1, total + 1)]


def test_the_array_for_slurm_labels_every_slice_once_and_sends_one_run(tmp_path: Path) -> None:
    source = (SCHEDULE / "array.sbatch").read_text("utf-8")
    script = tmp_path / "array.sbatch"
    script.write_text(source.replace("/srv/comments", str(tmp_path)))
    total = 8
    assert f"#SBATCH --array=1-{total}\n" in source

    setting = {"SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_COUNT": str(total)}
    setting |= {"SLURM_ARRAY_JOB_ID": "77", "SLURM_CPUS_PER_TASK": "4"}
    asked = [
        _asked(["bash", "-u", str(script)], tmp_path, SLURM_ARRAY_TASK_ID=str(n), **setting)
        for n in range(1, total + 1)
    ]

    assert [words[-1] for words in asked] == [f"{n}/{total}" for n in range(1, total + 1)]
    (sent,) = (tmp_path / "sbatch.log").read_text().splitlines()
    assert "--dependency=afterany:77 " in sent
    assert sent.endswith("exec .venv/bin/labelmill run configs/video-comments.yaml")


def _asked(command: list[str], folder: Path, **variables: str) -> list[str]:
    """What a command calls labelmill with."""
    log = folder / "labelmill.log"
    log.unlink(missing_ok=True)
    bins = folder / ".venv" / "bin"
    bins.mkdir(parents=True, exist_ok=True)
    programs = {
        "labelmill": f'echo "$@" > {log}',
        "sbatch": f'echo "$@" >> {folder}/sbatch.log',
        "srun": 'exec "$@"',
    }
    for name, body in programs.items():
        (bins / name).write_text(f"#!/bin/sh\n{body}\n")
        (bins / name).chmod(0o755)
    path = f"{bins}:{os.environ['PATH']}"
    subprocess.run(command, env=os.environ | variables | {"PATH": path}, check=True, cwd=folder)
    words = log.read_text().split()
    assert words[:3] == ["run", "configs/video-comments.yaml", words[2]]
    assert words[-4:-1] == ["--stage", "label", "--shards"]
    return words


@pytest.mark.parametrize(
    ("codes", "tries", "end"), [([0], 1, 0), ([4, 1, 0], 3, 0), ([3], 1, 3), ([5, 2], 2, 2)]
)
def test_the_line_for_cron_tries_again_what_may_pass(
    tmp_path: Path, codes: list[int], tries: int, end: int
) -> None:
    lines = (SCHEDULE / "crontab.txt").read_text("utf-8").splitlines()
    (line,) = [line for line in lines if line[:1].isdigit()]
    command = line.split(maxsplit=5)[5]
    assert "%" not in command  # cron takes it for a line break
    program = tmp_path / ".venv" / "bin" / "labelmill"
    program.parent.mkdir(parents=True)
    program.write_text(
        f"#!/bin/sh\necho x >> {tmp_path}/tries\n"
        f"set -- {' '.join(map(str, codes))}\n"
        f"shift $(($(wc -l < {tmp_path}/tries) - 1))\nexit $1\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    sleep = tmp_path / "sleep"
    sleep.write_text("#!/bin/sh\n")
    sleep.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"

    done = subprocess.run(
        ["sh", "-c", command.replace("/srv/comments", str(tmp_path))],
        env=dict(os.environ) | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == end
    assert len((tmp_path / "tries").read_text().splitlines()) == tries
    assert (f"labelmill ended with {end}" in done.stdout) is (end != 0)
