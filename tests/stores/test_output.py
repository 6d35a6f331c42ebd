"""What is published in a store is what would be published on disk, and as safely."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pyarrow.fs import S3FileSystem
from tests.pipeline.conftest import NIGHTLY, Project, fill
from tests.stores.server import Bucket, Fault

import labelmill
from labelmill.cli.guard import carry_out
from labelmill.core.digests import digest_bytes
from labelmill.errors import ChecksFailed, LockHeld, OutputFailed, PartlyPublished, UsageError
from labelmill.io.steps import CRASH, noted
from labelmill.io.stores import Changed, Gone, store_of
from labelmill.pipeline.held import publish_held
from labelmill.pipeline.rollback import rollback
from labelmill.pipeline.run import run_job
from labelmill.pipeline.status import status
from labelmill.pipeline.sweep import sweep

STORING = {"put", "drop"}


def live(bucket: Bucket) -> dict[str | None, str]:
    facts = json.loads(bucket.get("out/_CURRENT.json"))
    return facts["partitions"] if "partitions" in facts else {None: facts["snapshot"]}


def snapshot(bucket: Bucket, name: str) -> dict[str, bytes]:
    start = f"out/snapshots/{name}/"
    return {key.removeprefix(start): bucket.get(key) for key in bucket.list(start)}


def check_whole(bucket: Bucket) -> None:
    """What a reader of the store finds live is there, byte by byte."""
    if "out/_CURRENT.json" not in bucket.list("out"):
        return
    for name in live(bucket).values():
        files = snapshot(bucket, name)
        listed = {f["path"]: f["sha256"] for f in json.loads(files.pop("manifest.json"))["files"]}
        assert listed == {path: digest_bytes(data) for path, data in files.items()}


def watch(bucket: Bucket) -> list[int]:
    """Look as a reader does before each change of the bucket; the list says how often."""
    seen: list[int] = []

    def look() -> None:
        seen.append(1)
        check_whole(bucket)

    for method in ("PUT", "POST", "DELETE"):
        bucket.server.faults.append(Fault(method, bucket.name, "", "", 9999, 0, look))
    return seen


@pytest.fixture
def away(project: Project, bucket: Bucket) -> Project:
    """The small job, which publishes to a bucket."""
    project.configure(output=f"{bucket.url}/out")
    return project


@pytest.fixture
def nights_away(nightly: Project, bucket: Bucket) -> Project:
    """The job of two nights, which publishes to a bucket."""
    nightly.configure(source=NIGHTLY, output=f"{bucket.url}/out")
    return nightly


def test_a_store_holds_the_bytes_of_a_run_on_disk(project: Project, bucket: Bucket) -> None:
    project.run()

    done = project.run(f"output={bucket.url}/out")

    assert snapshot(bucket, live(bucket)[None]) == project.files()
    assert len(done.train) == 4
    assert done.labels.to_pandas()["id"].tolist() == [f"r{i}" for i in range(6)]
    bucket.server.requests.clear()
    again = project.run(f"output={bucket.url}/out")
    assert again.status == "nothing to do"
    assert not bucket.server.count("PUT")
    assert bucket.server.count("GET", "/out/") == 0, "what did not change is not read again"
    assert len(again.train) == 4


@pytest.mark.slow
def test_a_reader_finds_the_old_or_the_new_whole(nights_away: Project, bucket: Bucket) -> None:
    seen = watch(bucket)
    nights_away.run()
    first = live(bucket)
    fill(nights_away, "21", rows=4)
    nights_away.run()
    second = live(bucket)

    moved = rollback(nights_away.job(), partition="21")

    assert [move.after for move in moved.moves] == [first["21"]]
    assert live(bucket) == first
    assert first["20"] == second["20"]
    sweep(nights_away.job(), keep=3)
    assert f"out/snapshots/{second['21']}/manifest.json" in bucket.list(), "a view still names it"
    nights_away.run()
    assert live(bucket) == second
    swept = sweep(nights_away.job(), keep=1)
    assert [item.path.name for item in swept.rubbish if item.kind == "snapshot"] == [first["21"]]
    assert not bucket.list(f"out/snapshots/{first['21']}/")
    assert len(bucket.list("out/views")) == 1
    check_whole(bucket)
    assert len(seen) > 30


@pytest.mark.slow
def test_of_two_machines_that_race_one_is_told_and_nothing_is_lost(
    nights_away: Project, bucket: Bucket, tmp_path: Path
) -> None:
    nights_away.run()
    other = Project(tmp_path / "other")
    shutil.copytree(nights_away.root / "input", other.root / "input")
    shutil.copytree(nights_away.root / "configs", other.root / "configs")
    fill(nights_away, "20", rows=3)
    fill(other, "21", rows=4)
    bucket.server.at("PUT", "_CURRENT.json", lambda: other.run(partition="21"))

    with pytest.raises(LockHeld, match="another run has published there meanwhile"):
        nights_away.run(partition="20")

    check_whole(bucket)
    theirs = live(bucket)
    assert carry_out(["run", str(nights_away.config), "--partition", "20"]) == 0
    assert live(bucket)["21"] == theirs["21"]
    assert live(bucket)["20"] != theirs["20"]
    check_whole(bucket)


@pytest.mark.slow
def test_a_mirror_that_is_gone_is_pulled_again(nights_away: Project, bucket: Bucket) -> None:
    nights_away.run()
    before = {key: bucket.get(key) for key in bucket.list()}
    shutil.rmtree(nights_away.state)

    assert nights_away.run().status == "nothing to do"
    assert status(nights_away.job()).output == f"{bucket.url}/out"
    assert [s.state for s in status(nights_away.job()).partitions] == ["published"] * 2
    assert {key: bucket.get(key) for key in bucket.list()} == before


@pytest.mark.slow
def test_what_somebody_took_from_the_store_is_made_again(away: Project, bucket: Bucket) -> None:
    away.run()
    (name,) = live(bucket).values()
    whole = snapshot(bucket, name)
    bucket.drop(f"out/snapshots/{name}/train/parquet/part-00000.parquet")

    assert status(away.job()).partitions[0].changed == ("files",)
    assert away.run().status == "published"

    assert snapshot(bucket, name) == whole


@pytest.mark.slow
def test_a_snapshot_that_is_damaged_is_not_live_again(away: Project, bucket: Bucket) -> None:
    away.run()
    (name,) = live(bucket).values()
    away.write({"id": ["n1", "n2"], "text": ["buy", "song"]}, "b.parquet")
    away.run()
    key = f"out/snapshots/{name}/train/parquet/part-00000.parquet"
    bucket.put(key, bucket.get(key)[::-1])

    with pytest.raises(OutputFailed, match=f"^{bucket.url}/out/snapshots/{name}: was changed"):
        rollback(away.job())


@pytest.mark.slow
def test_what_a_check_holds_can_be_published_later(away: Project, bucket: Bucket) -> None:
    away.configure(
        output=f"{bucket.url}/out",
        checks=[{"name": "many", "type": "row_count", "min": 100}],
    )
    with pytest.raises(ChecksFailed):
        away.run()
    assert "out/_CURRENT.json" not in bucket.list()
    shutil.rmtree(away.state / "mirrors")
    assert status(away.job()).partitions[0].state == "held"

    done = publish_held(away.job(), checks=["many"], reason="a small day")

    assert live(bucket) == {None: done.held.snapshot}
    assert status(away.job()).partitions[0].override == "a small day"
    assert not [key for key in bucket.list() if key.endswith(".held.json")]
    check_whole(bucket)


@pytest.mark.slow
def test_report_and_explain_read_what_lies_in_the_store(
    away: Project, bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    assert carry_out(["run", str(away.config)]) == 0
    assert f"Training set: {bucket.url}/out/snapshots/" in capsys.readouterr().out
    assert carry_out(["report", str(away.config), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["folder"] == f"{bucket.url}/out/snapshots/{live(bucket)[None]}"
    (row,) = labelmill.explain(away.config, ["r0"])
    assert row.model is not None
    assert row.model.origin == "snapshot"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "said", "code"),
    [
        (("404 Not Found", "NoSuchBucket"), "there is no bucket", 1),
        (("403 Forbidden", "AccessDenied"), "access was denied (HTTP 403 AccessDenied)", 1),
    ],
)
def test_what_is_wrong_with_an_output_is_said(
    away: Project,
    bucket: Bucket,
    capsys: pytest.CaptureFixture[str],
    fault: tuple[str, str],
    said: str,
    code: int,
) -> None:
    bucket.server.fail("PUT", "/snapshots/", *fault, times=99)

    assert carry_out(["run", str(away.config)]) == code

    err = capsys.readouterr().err
    assert f"output {bucket.url}/out cannot be written ({said}" in err
    assert "wJalrXUtnFEMIsecret" not in err
    bucket.server.faults.clear()
    assert away.run().status == "published"
    check_whole(bucket)


def test_a_bucket_that_is_not_there_is_told_before_work_begins(
    project: Project, server: object, capsys: pytest.CaptureFixture[str]
) -> None:
    assert server
    project.configure(output="s3://no-such-bucket/out")

    assert carry_out(["run", str(project.config)]) == 1

    assert "cannot be read (there is no bucket 'no-such-bucket')" in capsys.readouterr().err


@pytest.mark.slow
def test_a_run_tells_how_much_is_written(away: Project, bucket: Bucket) -> None:
    told: list[tuple[str, int, int]] = []

    run_job(away.job(), progress=lambda *step: told.append(step))

    steps = [step for step in told if step[0] == "upload"]
    files = len(snapshot(bucket, live(bucket)[None]))
    assert steps[0] == ("upload", 0, files)
    assert steps[-1] == ("upload", files, files)
    assert len(steps) > 5


@pytest.mark.slow
def test_what_another_job_has_live_in_a_store_is_not_replaced(
    away: Project, bucket: Bucket
) -> None:
    away.run()
    before = published(bucket)
    away.configure(name="other", output=f"{bucket.url}/out")

    with pytest.raises(UsageError, match="is of job 'job', not of 'other'"):
        away.run()

    assert published(bucket) == before


def test_a_url_is_no_target_of_report(bucket: Bucket, capsys: pytest.CaptureFixture[str]) -> None:
    assert carry_out(["report", f"{bucket.url}/out"]) == 2
    assert "give the config of the job that publishes there" in capsys.readouterr().err


@pytest.mark.slow
def test_a_busy_store_is_written_to_again(away: Project, bucket: Bucket) -> None:
    bucket.server.fail("PUT", "/snapshots/", times=2)
    bucket.server.fail("PUT", "_CURRENT.json")

    assert away.run().status == "published"

    check_whole(bucket)


def published(bucket: Bucket) -> dict[str, bytes]:
    return {key: bucket.get(key) for key in bucket.list("out")}


def killed(job: Project, log: Path, number: int) -> int:
    """Run a job from nothing in a process that ends at a step; gives its exit code."""
    shutil.rmtree(job.state, ignore_errors=True)
    done = subprocess.run(
        [sys.executable, "-c", "import sys, labelmill\nlabelmill.run(sys.argv[1])", job.config],
        env=os.environ | {CRASH: f"{log}:{number}"},
        start_new_session=True,
        check=False,
    )
    return done.returncode


@pytest.mark.slow
def test_a_run_that_is_killed_at_any_write_is_finished_on_another_machine(
    away: Project, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labelmill.pipeline.leases.TERM", -9.0)  # nobody waits for the killed one
    monkeypatch.setattr("labelmill.pipeline.leases.BEAT", 0.1)
    away.configure(output=f"{bucket.url}/out", state=f"{bucket.url}/state")
    away.run()
    away.write({"id": ["n1", "n2"], "text": ["buy", "song"]}, "b.parquet")
    before = {key: bucket.get(key) for key in bucket.list()}
    assert killed(away, tmp_path / "log", 10**6) == 0
    after = published(bucket)
    writes = [n for n, step in enumerate(noted(tmp_path / "log"), 1) if step.kind in STORING]

    codes = []
    for number in writes[::2]:
        bucket.set(before)
        codes.append(killed(away, tmp_path / f"log-{number}", number))
        check_whole(bucket)
        shutil.rmtree(away.state)
        away.run()
        assert published(bucket) == after

    assert set(codes) <= {0, -signal.SIGKILL}, "a heartbeat more or less moves the last steps"
    assert codes.count(-signal.SIGKILL) > 5


@pytest.mark.slow
def test_a_reader_of_the_store_does_as_the_guide_says(
    nights_away: Project, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = Path(__file__).parents[2] / "docs" / "guide" / "object-stores.md"
    (code,) = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    code = code.replace("lake/training/comments", f"{bucket.name}/out")
    host = bucket.server.url.removeprefix("http://")
    monkeypatch.setattr(
        "pyarrow.fs.S3FileSystem",
        partial(S3FileSystem, endpoint_override=host, scheme="http", region="us-east-1"),
    )
    nights_away.run()

    names: dict[str, Any] = {}
    exec(compile(code, str(page), "exec"), names)  # noqa: S102 (it is our own page)

    assert sorted(names["train"]["id"].to_pylist()) == ["20-0", "20-1", "21-0", "21-1"]


@pytest.mark.slow
def test_an_answer_that_is_lost_takes_nothing_back(away: Project, bucket: Bucket) -> None:
    for path in ("/views/1/", "_CURRENT.json", "part-00000.parquet"):
        fault = Fault("PUT", path, "503 Slow Down", "SlowDown", 1, lost=True)
        bucket.server.faults.append(fault)

    assert away.run().status == "published"

    check_whole(bucket)


def test_of_two_who_write_one_object_the_later_is_told(bucket: Bucket, tmp_path: Path) -> None:
    store = store_of(bucket.name)
    etag = store.write_if("a", b"1", None)
    with pytest.raises(Changed):
        store.write_if("a", b"2", None)
    assert store.write_if("a", b"3", etag) != etag
    with pytest.raises(Changed):
        store.write_if("a", b"4", etag)
    with pytest.raises(Changed):
        store.write_if("b", b"4", etag)
    with pytest.raises(Gone, match="there is no bucket"):
        store_of("no-such-bucket").write_if("a", b"1", None)
    bucket.server.fail("PUT", "/c", "409 Conflict", "ConditionalRequestConflict")
    assert store.write_if("c", b"5", None)
    bucket.drop("c")
    assert bucket.list() == ["a"]
    assert bucket.get("a") == b"3"


@pytest.mark.slow
def test_a_big_file_is_written_in_parts(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labelmill.io.s3.WHOLE", 1 << 20)
    monkeypatch.setattr("labelmill.io.s3.PART", 5 << 20)
    (tmp_path / "big").write_bytes(os.urandom(6 << 20))

    store_of(bucket.name).write("big", tmp_path / "big")

    assert bucket.server.count("PUT", "partNumber=2") == 1
    assert bucket.get("big") == (tmp_path / "big").read_bytes()


@pytest.mark.slow
def test_a_snapshot_of_big_files_is_published_and_known(
    away: Project, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labelmill.io.s3.WHOLE", 1000)

    assert away.run().status == "published"

    assert bucket.server.count("POST", "uploadId=") > 3
    check_whole(bucket)
    assert away.run().status == "nothing to do"


@pytest.mark.slow
def test_what_could_not_be_published_is_not_live_with_the_next(
    nights_away: Project, bucket: Bucket
) -> None:
    bucket.server.fail("PUT", "_CURRENT.json", "403 Forbidden", "AccessDenied")

    with pytest.raises(PartlyPublished):
        nights_away.run(partitions="20..21", keep_going=True)

    assert list(live(bucket)) == ["20"], "the newest comes first"
    assert nights_away.run().status == "published"
    assert sorted(map(str, live(bucket))) == ["20", "21"]


@pytest.mark.slow
def test_names_that_lead_elsewhere_are_left_alone(
    away: Project, bucket: Bucket, tmp_path: Path
) -> None:
    away.run()
    for name in ("views/9/.x/a.json", "snapshots/.a/b.json", "other/a.json", "snapshots/a.txt"):
        bucket.put(f"out/{name}", b"{}")

    there = bucket.list()
    assert away.run().status == "nothing to do"

    assert bucket.list() == there
    mirrors = away.state / "mirrors"
    assert not [p for p in mirrors.rglob("*") if p.name in ("a.json", "b.json", "a.txt")]
    assert Path(tmp_path, ".labelmill") == away.state
