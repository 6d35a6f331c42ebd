"""Rows and gold are read from a store as they are from disk."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.pipeline.conftest import NIGHTLY, Project, fill
from tests.stores.server import Bucket

from labelmill.cli.guard import carry_out
from labelmill.errors import BadResource, InputMissing
from labelmill.io.shard_reader import read_shard
from labelmill.io.source import find_files, shards_of


def source(bucket: Bucket, **more: object) -> dict[str, object]:
    return {"path": f"{bucket.url}/lake/rows", "id": "id", "text": "text", **more}


def without_manifest(files: dict[str, bytes]) -> dict[str, bytes]:
    return {k: v for k, v in files.items() if k not in ("manifest.json", "README.md")}


def test_input_in_a_store_gives_the_same_bytes_as_on_disk(project: Project, bucket: Bucket) -> None:
    project.run("output=plain")
    bucket.fill(project.root / "input", "lake/rows")
    project.configure(source=source(bucket))

    done = project.run()

    plain = project.root / "plain" / "current"
    made = without_manifest(project.files())
    assert made == {name: (plain / name).read_bytes() for name in made}
    assert "labels/part-00000.parquet" in made
    inputs = [
        json.loads((root / "manifest.json").read_bytes())["fingerprints"]["input"]
        for root in (plain, project.output / "current")
    ]
    assert inputs[0] == inputs[1]
    bucket.server.requests.clear()
    assert project.run().status == "nothing to do"
    assert done.status == "published"
    read = bucket.server.count("GET", "a.parquet")
    project.run("execution.workers=0", verify=True)
    assert bucket.server.count("GET", "a.parquet") == 2 * read + 1, "its digest is known"


@pytest.mark.slow
def test_workers_read_from_the_store_too(project: Project, bucket: Bucket) -> None:
    ids = [f"r{i}" for i in range(40)]
    project.write({"id": ids, "text": ["buy it" if i % 3 else "a song" for i in range(40)]})
    project.run("output=plain")
    bucket.fill(project.root / "input", "lake/rows")
    project.configure(source=source(bucket))

    project.run("execution={workers: 2, shard_rows: 7}")
    project.run("execution={workers: 0, shard_rows: 7}", "output=alone")

    alone = project.root / "alone" / "current"
    assert project.files() == {name: (alone / name).read_bytes() for name in project.files()}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("lake/rows", ["a.parquet", "deep/b.parquet"]),
        ("lake/rows/", ["a.parquet", "deep/b.parquet"]),
        ("lake/rows/a.parquet", ["a.parquet"]),
        ("lake/rows/*.parquet", ["a.parquet"]),
        ("lake/rows/**/*.parquet", ["a.parquet", "deep/b.parquet"]),
        ("lake/*/d[aeiou]*/?.parquet", ["rows/deep/b.parquet"]),
    ],
)
def test_a_key_a_folder_or_a_pattern_names_objects(
    tmp_path: Path, bucket: Bucket, path: str, found: list[str]
) -> None:
    names = ("a.parquet", "deep/b.parquet", "_tmp/c.parquet", "deep/.d.parquet", "note.txt")
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        pq.write_table(pa.table({"id": ["1"]}), tmp_path / name)
    bucket.fill(tmp_path, "lake/rows")
    bucket.fill(tmp_path, "lake/rowsmore")

    files = find_files(f"{bucket.url}/{path}", None)

    wanted = [f for f in files if "_tmp" not in f.name and "rowsmore" not in f.name]
    assert [file.name for file in wanted] == found
    assert all(file.rows == 1 for file in files)


def test_row_groups_are_read_by_range(tmp_path: Path, bucket: Bucket) -> None:
    table = pa.table(
        {
            "id": [f"{i:06}" for i in range(40_000)],
            "wide": [f"{i * 7919 % 65_537:x}" * 20 for i in range(40_000)],
        }
    )
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=10_000)
    bucket.fill(tmp_path, "lake")
    (file,) = find_files(f"{bucket.url}/lake", None)
    shard = shards_of([file], 10_000)[2]

    read = read_shard(shard, ["id"])

    assert read["id"].to_pylist() == table["id"].to_pylist()[20_000:30_000]
    assert bucket.server.count("GET", "a.parquet") < 12


def test_partitions_and_their_marker_lie_in_a_store(nightly: Project, bucket: Bucket) -> None:
    bucket.fill(nightly.root / "input", "lake/rows")
    nightly.configure(
        source={**NIGHTLY, **source(bucket), "ready_when": {"file": "_SUCCESS", "min_age": "0s"}}
    )
    with pytest.raises(InputMissing, match=r"there is no s3://.*/date=20/_SUCCESS yet"):
        nightly.run()
    for day in ("20", "21"):
        bucket.put(f"lake/rows/date={day}/_SUCCESS", b"")

    run = nightly.run()

    assert [snapshot.partition for snapshot in run.snapshots] == ["20", "21"]
    fill(nightly, "21", rows=4)
    bucket.fill(nightly.root / "input" / "date=21", "lake/rows/date=21")
    assert [s.report["totals"]["rows_in"] for s in nightly.run().snapshots] == [2, 4]


def test_gold_lies_in_a_store_and_apart_from_the_rows(project: Project, bucket: Bucket) -> None:
    gold = project.write({"id": ["g1", "g2"], "text": ["buy", "song"], "label": ["spam", "ham"]})
    bucket.put("gold/gold.parquet", gold.read_bytes())
    project.write({"id": ["r1", "r2"], "text": ["buy", "song"]})
    project.configure(gold={"path": f"{bucket.url}/gold/gold.parquet"})

    assert project.run().status == "published"

    bucket.put("lake/rows/gold.parquet", gold.read_bytes())
    project.configure(source=source(bucket), gold={"path": f"{bucket.url}/lake/rows/*.parquet"})
    with pytest.raises(BadResource, match="is in the source too"):
        project.run()


def test_an_object_that_was_replaced_since_it_was_listed_is_not_read(
    project: Project, bucket: Bucket
) -> None:
    bucket.fill(project.root / "input", "lake/rows")
    project.configure(source=source(bucket))
    other = project.write({"id": ["new"], "text": ["buy"]}).read_bytes()
    replace = lambda: bucket.put("lake/rows/a.parquet", other)  # noqa: E731
    bucket.server.at("GET", "a.parquet", replace, before=3)

    with pytest.raises(InputMissing, match=r"a\.parquet: it was replaced since it was listed"):
        project.run()

    assert not (project.output / "current").exists()
    assert project.run().snapshots[0].report["totals"]["rows_in"] == 1


def test_an_object_that_vanishes_is_missing(project: Project, bucket: Bucket) -> None:
    bucket.fill(project.root / "input", "lake/rows")
    project.configure(source=source(bucket))
    bucket.server.at("GET", "a.parquet", lambda: bucket.drop("lake/rows/a.parquet"))

    with pytest.raises(InputMissing, match=r"a\.parquet: it is gone"):
        project.run()


@pytest.mark.parametrize(
    ("fault", "path", "said"),
    [
        (None, "s3://no-such-bucket/rows", "there is no bucket 'no-such-bucket'"),
        (None, "{bucket}/nothing", "there is nothing of that name"),
        (None, "{bucket}/nothing/*.parquet", "no object matches this pattern"),
        (None, "{bucket}/notes", "the folder holds no *.parquet object"),
        (None, "{bucket}/empty.parquet", "the file is empty (0 bytes)"),
        (None, "{bucket}/torn.parquet", "the file is truncated"),
        (("403 Forbidden", "InvalidAccessKeyId"), "{bucket}/notes", "access was denied (HTTP 403"),
        (("403 Forbidden", "AccessDenied"), "{bucket}/notes", "check the credentials and their"),
        (("400 Bad Request", "Odd"), "{bucket}/notes", "the store refused (HTTP 400"),
    ],
)
def test_what_is_wrong_with_an_input_is_said_and_ends_with_4(
    project: Project,
    bucket: Bucket,
    capsys: pytest.CaptureFixture[str],
    fault: tuple[str, str] | None,
    path: str,
    said: str,
) -> None:
    bucket.put("empty.parquet", b"")
    bucket.put("torn.parquet", (project.root / "input" / "a.parquet").read_bytes()[:-5])
    bucket.put("notes/note.txt", b"hello")
    project.configure(source=source(bucket) | {"path": path.format(bucket=bucket.url)})
    if fault is not None:
        bucket.server.fail("HEAD", "/notes", *fault, times=9)
        bucket.server.fail("GET", "prefix=notes", *fault, times=9)
    bucket.server.requests.clear()

    code = carry_out(["run", str(project.config)])

    err = capsys.readouterr().err
    assert (code, said in err) == (4, True), err
    assert "AKIDEXAMPLEKEY" not in err
    assert "wJalrXUtnFEMIsecret" not in err
    assert len(bucket.server.requests) <= 5, "what no waiting mends is not tried again"


def test_a_busy_store_is_asked_again(project: Project, bucket: Bucket) -> None:
    bucket.fill(project.root / "input", "lake/rows")
    project.configure(source=source(bucket))
    bucket.server.fail("GET", "prefix=lake")
    bucket.server.fail("GET", "a.parquet", times=1, before=1)

    assert project.run().status == "published"


@pytest.mark.slow
def test_a_store_that_stays_busy_ends_the_run_with_4(project: Project, bucket: Bucket) -> None:
    bucket.fill(project.root / "input", "lake/rows")
    project.configure(source=source(bucket))
    bucket.server.fail("GET", "a.parquet", times=99)

    with pytest.raises(InputMissing, match=r"too busy \(HTTP 503 SlowDown\); tried 4 times"):
        project.run()


@pytest.mark.slow
def test_a_store_that_nobody_answers_for_ends_the_run_with_4(
    project: Project, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.configure(source=source(bucket))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")

    with pytest.raises(InputMissing, match="the store cannot be reached; tried 4 times"):
        project.run()
