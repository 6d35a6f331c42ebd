"""A Dagster asset with daily partitions, and a schedule that makes each night's."""

import subprocess

from dagster import (
    AssetExecutionContext,
    DailyPartitionsDefinition,
    Definitions,
    Failure,
    RetryPolicy,
    asset,
    build_schedule_from_partitioned_job,
    define_asset_job,
)

PROJECT = "/srv/comments"
COMMAND = [f"{PROJECT}/.venv/bin/labelmill", "run", f"{PROJECT}/configs/nightly.yaml"]
NEEDS_A_PERSON = {2: "the config is wrong", 3: "a check failed; what was live stays live"}


@asset(
    partitions_def=DailyPartitionsDefinition(start_date="2026-11-01"),
    retry_policy=RetryPolicy(max_retries=12, delay=600),
)
def video_comments(context: AssetExecutionContext) -> None:
    """The training set of one day; exit codes that may pass are tried again."""
    command = [*COMMAND, "--partition", context.partition_key]
    code = subprocess.run(command, check=False).returncode
    if code != 0:
        told = NEEDS_A_PERSON.get(code, "it is tried again")
        raise Failure(
            f"labelmill ended with {code}: {told}", allow_retries=code not in NEEDS_A_PERSON
        )


nightly = define_asset_job("nightly", selection=[video_comments])

definitions = Definitions(
    assets=[video_comments],
    jobs=[nightly],
    schedules=[build_schedule_from_partitioned_job(nightly, hour_of_day=2)],
)
