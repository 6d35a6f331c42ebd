"""The schedules for Airflow and Dagster, loaded and carried out by these themselves."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.lacking import lacking

ROOT = Path(__file__).resolve().parents[2]
SCHEDULE = ROOT / "docs" / "schedule"
PYTHON = ROOT / ".venv" / "schedulers" / "bin" / "python"
NIGHT = "2026-11-20"

COMMAND = """\
#!/bin/sh
echo "$@" > "$0.asked"
exit "$CODE"
"""

AIRFLOW = """
import json, os, sys
from airflow.dag_processing.dagbag import DagBag

bag = DagBag(dag_folder=sys.argv[1])
task = bag.dags["labelmill_comments"].get_task("run")
ends = {}
for code in range(7):
    os.environ["CODE"] = str(code)
    try:
        task.python_callable(ds=sys.argv[2])
        ends[code] = "done"
    except Exception as error:
        ends[code] = type(error).__name__
print(json.dumps({"errors": bag.import_errors, "retries": task.retries, "ends": ends}))
"""

DAGSTER = """
import importlib.util, json, os, sys
from dagster import Definitions, Failure, build_asset_context

spec = importlib.util.spec_from_file_location("nights", sys.argv[1] + "/dagster_job.py")
nights = importlib.util.module_from_spec(spec)
spec.loader.exec_module(nights)
Definitions.validate_loadable(nights.definitions)
schedules = [one.cron_schedule for one in nights.definitions.get_repository_def().schedule_defs]
ends = {}
for code in range(7):
    os.environ["CODE"] = str(code)
    try:
        nights.video_comments(build_asset_context(partition_key=sys.argv[2]))
        ends[code] = "done"
    except Failure as error:
        ends[code] = "again" if error.allow_retries else "never again"
print(json.dumps({"schedules": schedules, "ends": ends}))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the schedules, set up for it, and a command that ends as CODE says."""
    if not PYTHON.exists():
        lacking("this test needs Airflow and Dagster: make .venv/schedulers.stamp")
    command = tmp_path / ".venv" / "bin" / "labelmill"
    command.parent.mkdir(parents=True)
    command.write_text(COMMAND)
    command.chmod(0o755)
    for path in SCHEDULE.glob("*.py"):
        text = path.read_text("utf-8")
        (tmp_path / path.name).write_text(text.replace("/srv/comments", str(tmp_path)))
    return tmp_path


def told(script: str, project: Path) -> Any:
    """What a script prints at last that is given the project and the night."""
    homes = {"AIRFLOW_HOME": str(project / "home"), "DAGSTER_HOME": "", "CODE": "0"}
    done = subprocess.run(
        [PYTHON, "-c", script, str(project), NIGHT],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **homes, "AIRFLOW__CORE__LOAD_EXAMPLES": "False"},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def asked(project: Path) -> list[str]:
    """The arguments that labelmill got last."""
    return (project / ".venv" / "bin" / "labelmill.asked").read_text().split()


@pytest.mark.slow
def test_airflow_loads_its_dag_and_tries_again_what_may_pass(project: Path) -> None:
    (project / "dagster_job.py").unlink()

    found = told(AIRFLOW, project)

    final = {str(code): "AirflowFailException" for code in (2, 3)}
    again = {str(code): "RuntimeError" for code in (1, 4, 5, 6)}
    assert found == {"errors": {}, "retries": 12, "ends": {"0": "done"} | final | again}
    assert asked(project) == ["run", f"{project}/configs/nightly.yaml", "--partition", NIGHT]


@pytest.mark.slow
def test_dagster_loads_its_job_and_tries_again_what_may_pass(project: Path) -> None:
    found = told(DAGSTER, project)

    final = {str(code): "never again" for code in (2, 3)}
    again = {str(code): "again" for code in (1, 4, 5, 6)}
    assert found == {"schedules": ["0 2 * * *"], "ends": {"0": "done"} | final | again}
    assert asked(project) == ["run", f"{project}/configs/nightly.yaml", "--partition", NIGHT]
