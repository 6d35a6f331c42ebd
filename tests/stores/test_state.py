"""State in a store outlives the machine, and lets one machine at a time work on a job."""

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from tests.pipeline.conftest import NIGHTLY, Project
from tests.stores.server import Bucket

from labelmill.cli.guard import carry_out
from labelmill.errors import ChecksFailed, LockHeld, OutputFailed
from labelmill.pipeline import leases
from labelmill.pipeline.locks import locked
from labelmill.pipeline.result import Run
from labelmill.pipeline.slices import Slice, label_slice
from labelmill.pipeline.status import status
from labelmill.pipeline.sweep import sweep


@pytest.fixture
def away(project: Project, bucket: Bucket) -> Project:
    """The small job, whose state lies in a bucket."""
    project.configure(state=f"{bucket.url}/state")
    return project


def functions(*words: str) -> list[dict[str, Any]]:
    return [
        {
            "name": word,
            "type": "keyword",
            "label": "spam" if word == "buy" else "ham",
            "any": [word],
        }
        for word in words
    ]


def cells(project: Project, run: Run) -> dict[str, Any]:
    """What a run says of cells."""
    record = project.state / "runs" / run.id / "run.json"
    found: dict[str, Any] = json.loads(record.read_bytes())["cells"]
    return found


def lease(bucket: Bucket) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bucket.get("state/leases/job.json"))
    return found


@pytest.mark.slow
def test_another_machine_knows_votes_and_runs(away: Project, bucket: Bucket) -> None:
    url = f"{bucket.url}/state"
    away.configure(state=url, checks=[{"name": "many", "type": "row_count", "min": 99}])
    with pytest.raises(ChecksFailed):
        away.run()
    shutil.rmtree(away.state)

    assert status(away.job()).partitions[0].run_id
    away.configure(state=url, labeling_functions=functions("buy", "song", "nice"))
    done = away.run()

    assert cells(away, done) == {"cast": {"nice": 1}, "known": 2}
    assert not [key for key in bucket.list("state") if b"wJalrXUtnFEMIsecret" in bucket.get(key)]
    kinds = {key.split("/")[1] for key in bucket.list("state")}
    assert kinds == {"leases", "runs", "seen", "votes"}


def test_a_job_is_worked_on_by_one_machine(
    away: Project, bucket: Bucket, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Project(tmp_path / "other")
    shutil.copytree(away.root / "input", other.root / "input")
    other.configure(state=f"{bucket.url}/state")

    with locked(away.job()):
        assert carry_out(["run", str(other.config)]) == 5
        assert "holds state/leases/job.json; wait for it to end" in capsys.readouterr().err
        with pytest.raises(LockHeld):
            label_slice(other.job(), Slice(1, 2))

    assert lease(bucket)["free"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(leases.Lease, "end", lambda _: None)  # as where the run is killed
        away.run()
    assert "free" not in lease(bucket)
    with pytest.raises(LockHeld):
        other.run()
    assert away.run().status == "nothing to do", "it is known to be our own"


def test_a_lease_that_nobody_writes_is_free(
    away: Project, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put("state/leases/job.json", b'{"holder": "x", "host": "elsewhere"}')
    with pytest.raises(LockHeld, match="a run on elsewhere holds"):
        away.run()
    monkeypatch.setattr(leases, "TERM", -9.0)
    monkeypatch.setattr(leases, "BEAT", 0.02)

    assert away.run().status == "published"


def test_a_lease_that_only_looks_old_is_not_taken(
    away: Project, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "TERM", -9.0)  # as where our clock is ahead
    monkeypatch.setattr(leases, "BEAT", 0.02)
    lease = "state/leases/job.json"
    bucket.put(lease, b'{"holder": "x", "host": "elsewhere"}')
    beat = b'{"holder": "x", "host": "elsewhere", "beats": 1}'
    bucket.server.at("HEAD", lease, lambda: bucket.put(lease, beat), before=1)

    with pytest.raises(LockHeld, match="a run on elsewhere holds"):
        away.run()

    assert bucket.get(lease) == beat


def test_who_has_lost_a_lease_publishes_nothing(
    away: Project, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "BEAT", 0.05)
    held = leases.check_leases

    def stand_still() -> None:
        bucket.put("state/leases/job.json", b'{"holder": "x", "host": "elsewhere"}')
        time.sleep(0.3)
        held()

    monkeypatch.setattr("labelmill.pipeline.shop.check_leases", stand_still)

    with pytest.raises(LockHeld, match="was lost: another machine has taken it over"):
        away.run()

    assert not (away.output / "current").exists()
    assert lease(bucket)["host"] == "elsewhere"


def test_a_lease_is_written_again_and_again(
    away: Project, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "BEAT", 0.02)

    with locked(away.job()):
        time.sleep(0.3)
        leases.check_leases()
        assert lease(bucket)["beats"] > 1

    assert lease(bucket)["free"]


@pytest.mark.slow
def test_slices_on_machines_without_a_common_disk_are_put_together(
    away: Project, bucket: Bucket, tmp_path: Path
) -> None:
    parts = {"state": f"{bucket.url}/state", "execution": {"workers": 0, "shard_rows": 2}}
    machines = [Project(tmp_path / name) for name in ("a", "b")]
    for number, machine in enumerate(machines, 1):
        shutil.copytree(away.root / "input", machine.root / "input")
        machine.configure(**parts)
        label_slice(machine.job(), Slice(number, 2))
    away.configure(**parts)

    assert status(away.job()).ahead == ("1/2", "2/2")
    done = away.run()

    assert cells(away, done)["cast"] == {}
    away.configure()
    away.run("state=kept", "output=plain", "execution={workers: 0, shard_rows: 2}")
    plain = away.root / "plain" / "current"
    assert away.files() == {name: (plain / name).read_bytes() for name in away.files()}


@pytest.mark.slow
def test_few_files_of_votes_lie_in_the_store(away: Project, bucket: Bucket) -> None:
    words = ["buy", "song"]
    for word in ("nice", "lovely", "gold", "today", "here"):
        words.append(word)
        away.configure(state=f"{bucket.url}/state", labeling_functions=functions(*words))
        away.run()
        shutil.rmtree(away.state)

    votes = bucket.list("state/votes")
    assert len(votes) < 4
    away.configure(state=f"{bucket.url}/state", labeling_functions=functions(*reversed(words)))
    assert cells(away, away.run())["cast"] == {}


@pytest.mark.slow
def test_old_records_are_removed_from_the_store(
    away: Project, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        away.run()
    monkeypatch.setattr("labelmill.pipeline.sweep.RECORDS", 2)

    sweep(away.job())

    assert len(bucket.list("state/runs")) == 3, "two, and that of gc"


@pytest.mark.slow
def test_workers_send_and_fetch_votes(away: Project, bucket: Bucket) -> None:
    ids = [f"r{i}" for i in range(40)]
    away.write({"id": ids, "text": ["buy it" if i % 3 else "a song" for i in range(40)]})
    parts = {"state": f"{bucket.url}/state", "execution": {"workers": 2, "shard_rows": 7}}
    away.configure(**parts)
    away.run()
    made = away.files()
    shutil.rmtree(away.state)
    shutil.rmtree(away.output)

    done = away.run()

    assert cells(away, done) == {"cast": {}, "known": 12}
    assert away.files() == made


def test_a_state_that_cannot_be_used_is_told(away: Project, bucket: Bucket) -> None:
    bucket.server.fail("PUT", "/votes/", "403 Forbidden", "AccessDenied", times=9)

    with pytest.raises(OutputFailed, match=r"^state s3://.*/state cannot be used \(access was"):
        away.run()

    assert lease(bucket)["free"]
    assert any("runs" in key for key in bucket.list("state"))


def test_a_lease_is_given_back_where_the_others_cannot_be_listed(
    away: Project, bucket: Bucket
) -> None:
    bucket.server.fail("GET", "leases", "403 Forbidden", "AccessDenied")

    with pytest.raises(OutputFailed):
        away.run()

    assert lease(bucket)["free"]


@pytest.mark.slow
def test_input_that_one_machine_has_read_is_not_read_by_another(
    away: Project, bucket: Bucket
) -> None:
    bucket.fill(away.root / "input", "lake")
    source = {"path": f"{bucket.url}/lake", "id": "id", "text": "text"}
    away.configure(state=f"{bucket.url}/state", output=f"{bucket.url}/out", source=source)
    time.sleep(2.1)  # what was written only just now is not taken to be known
    away.run()
    shutil.rmtree(away.state)
    bucket.server.requests.clear()

    assert away.run().status == "nothing to do"

    footers = bucket.server.count("GET", "/lake/a.parquet")
    away.run(verify=True)
    assert bucket.server.count("GET", "/lake/a.parquet") == 2 * footers + 1, "and all of it"


@pytest.mark.slow
def test_plan_asks_the_store_once_which_votes_it_has(
    nightly: Project, bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    nightly.configure(source=NIGHTLY, state=f"{bucket.url}/state")
    nightly.run()
    for folder in (nightly.state, nightly.output):
        shutil.rmtree(folder)
    bucket.server.requests.clear()

    assert carry_out(["plan", str(nightly.config), "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert [cell["votes_on"] for cell in told["cells"]] == [0, 0, 0, 0]
    assert bucket.server.count("GET", "prefix=state%2Fvotes") == 1


@pytest.mark.slow
def test_votes_that_could_not_be_sent_are_sent_by_the_next_run(
    away: Project, bucket: Bucket
) -> None:
    bucket.server.fail("PUT", "/votes/", "403 Forbidden", "AccessDenied")
    with pytest.raises(OutputFailed):
        away.run()

    away.run()

    assert [key for key in bucket.list("state/votes") if key.endswith(".arrow")]


@pytest.mark.slow
def test_votes_of_all_machines_are_kept_below_a_size(away: Project, bucket: Bucket) -> None:
    away.run()
    shutil.rmtree(away.state)
    assert bucket.list("state/votes")

    swept = sweep(away.job(), cache=10)

    assert {item.kind for item in swept.rubbish} >= {"votes"}
    assert not bucket.list("state/votes")
    assert away.run("label_model.seed=3").status == "published"
