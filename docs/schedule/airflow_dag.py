"""An Airflow DAG (2.9 or later, and 3) that runs a job each night, one partition a day."""

import subprocess
from datetime import datetime, timedelta, timezone

try:
    from airflow.sdk import dag, task
    from airflow.sdk.exceptions import AirflowFailException
except ImportError:  # Airflow 2
    from airflow.decorators import dag, task
    from airflow.exceptions import AirflowFailException

PROJECT = "/srv/comments"
COMMAND = [f"{PROJECT}/.venv/bin/labelmill", "run", f"{PROJECT}/configs/nightly.yaml"]
NEEDS_A_PERSON = {2: "the config is wrong", 3: "a check failed; what was live stays live"}


@dag(
    dag_id="labelmill_comments",
    schedule="0 2 * * *",
    start_date=datetime(2026, 11, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 12, "retry_delay": timedelta(minutes=10)},
)
def labelmill_comments():
    """Make last night's training set."""

    @task(execution_timeout=timedelta(hours=6))
    def run(ds=None):
        """Run one partition; exit codes that may pass are tried again."""
        code = subprocess.run([*COMMAND, "--partition", ds], check=False).returncode
        if code in NEEDS_A_PERSON:
            raise AirflowFailException(f"labelmill ended with {code}: {NEEDS_A_PERSON[code]}")
        if code != 0:
            raise RuntimeError(f"labelmill ended with {code}; it is tried again")

    run()


labelmill_comments()
