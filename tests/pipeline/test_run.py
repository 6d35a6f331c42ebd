"""Whole runs on small projects."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from filelock import FileLock
from tests.pipeline.conftest import Project

import labelmill
from labelmill.errors import (
    BadColumn,
    BadResource,
    ChecksFailed,
    ConfigErrors,
    InputMissing,
    LabelmillError,
    LockHeld,
    OutputFailed,
    OverBudget,
)
from labelmill.io.durable import explained
from labelmill.pipeline.run import run_job
from labelmill.text.scan.databases import hyperscan


def statuses(run_labels: pa.Table) -> dict[str, str]:
    return dict(zip(run_labels["id"].to_pylist(), run_labels["status"].to_pylist(), strict=True))


def test_every_row_gets_a_status_and_only_labeled_ones_are_emitted(project: Project) -> None:
    run = project.run()

    assert statuses(run.labels.to_arrow()) == {
        "r0": "labeled",
        "r1": "labeled",
        "r2": "labeled",
        "r3": "labeled",
        "r4": "uncovered",
        "r5": "tie",
    }
    assert run.train.to_arrow()["id"].to_pylist() == ["r0", "r1", "r2", "r3"]
    assert run.train.to_pandas()["label"].tolist() == ["spam", "spam", "ham", "ham"]
    assert len(run.dev) == 0


def test_ties_and_uncovered_rows_can_be_kept_with_their_soft_labels(project: Project) -> None:
    project.configure(select={"tie": "keep", "uncovered": "keep"})

    train = project.run().train.to_arrow().to_pylist()

    assert [row["label"] for row in train] == ["spam", "spam", "ham", "ham", None, None]
    assert train[4]["probs"] == [0.5, 0.5]


@pytest.mark.parametrize("stage", ["fit", "infer"])
def test_an_input_that_is_replaced_while_it_is_read_is_not_published(
    project: Project, stage: str
) -> None:
    other = project.write({"id": ["r9"] * 6, "text": ["another text"] * 6}, "../other.parquet")
    first = project.run().snapshots[0].id

    def replace(current: str, done: int, total: int) -> None:
        if (current, done) == (stage, total) and other.exists():
            other.replace(project.root / "input" / "a.parquet")

    project.configure(description="again")
    with pytest.raises(InputMissing, match="was changed while it was read"):
        run_job(project.job(), progress=replace)

    assert (project.output / "current").readlink().name == first
    assert len(list((project.output / "snapshots").iterdir())) == 1


def test_a_run_that_stops_tells_the_digest_of_its_input(project: Project) -> None:
    project.run()
    project.configure(checks=[{"type": "coverage", "min": 1.0}])
    with pytest.raises(ChecksFailed):
        project.run()

    records = [
        json.loads(path.read_text("utf-8"))
        for path in (project.root / ".labelmill" / "runs").glob("*/run.json")
    ]

    assert {record["status"] for record in records} == {"published", "failed"}
    assert len({record["input"][0]["digest"] for record in records}) == 1


def test_a_run_without_hyperscan_warns_and_gives_the_same_bytes(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert project.run().warnings == ()
    before = project.files()
    monkeypatch.setitem(sys.modules, "hyperscan", None)
    hyperscan.cache_clear()

    warnings = project.run(full_refresh=True).warnings

    hyperscan.cache_clear()
    assert [warning.partition(" is not")[0] for warning in warnings] == ["hyperscan"]
    assert project.files() == before


def test_the_same_run_twice_gives_the_same_snapshot_and_bytes(project: Project) -> None:
    first = project.run()
    before = project.files()

    second = project.run()

    assert [s.id for s in first.snapshots] == [s.id for s in second.snapshots]
    assert project.files() == before
    assert len(before) > 5


def test_another_seed_is_another_snapshot(project: Project) -> None:
    first = project.run()

    assert project.run("seed=5").snapshots[0].id != first.snapshots[0].id


def test_where_the_output_lies_changes_no_byte(project: Project) -> None:
    project.run()
    before = project.files()

    run = project.run("output=elsewhere")

    moved = {p: (run.output / "current" / p).read_bytes() for p in before}
    assert moved == before


@pytest.mark.parametrize(
    "workers", [pytest.param(1, marks=pytest.mark.slow), 2, pytest.param(3, marks=pytest.mark.slow)]
)
def test_any_number_of_workers_gives_the_bytes_of_none(project: Project, workers: int) -> None:
    project.configure(
        augment=[{"type": "word_dropout", "rate": 0.5, "copies": 2}],
        execution={"workers": 0, "shard_rows": 2},
    )
    project.run()
    alone = project.files()

    run = project.run(f"execution.workers={workers}")

    assert project.files() == alone
    assert len(list((run.output / "current" / "labels").glob("*.parquet"))) == 3


def test_the_manifest_lists_every_file_with_its_digest(project: Project) -> None:
    project.run()

    files = project.files()
    manifest = json.loads(files["manifest.json"])
    assert {f["path"] for f in manifest["files"]} == set(files) - {"manifest.json"}
    assert manifest["fingerprints"].keys() == {"input", "plan", "model"}
    assert str(project.root) not in files["manifest.json"].decode()


def test_rows_that_where_leaves_out_are_filtered_with_the_step(project: Project) -> None:
    project.write({"id": [1, 2, 3], "text": ["buy", "buy", "song"], "lang": ["en", "de", None]})
    project.configure(source={"path": "input", "id": "id", "text": "text", "where": "lang == 'en'"})

    run = project.run()

    assert run.labels.to_arrow()["id"].to_pylist() == [1]
    filtered = pq.read_table(run.snapshots[0].folder / "filtered").to_pylist()
    assert [(row["id"], row["step"]) for row in filtered] == [("2", "where"), ("3", "where")]


def test_duplicates_are_dropped_after_voting_and_the_smallest_id_stays(project: Project) -> None:
    project.write({"id": [9, 2, 5], "text": ["buy", "buy", "song"]})
    project.configure(prepare=[{"type": "drop_duplicates"}])

    run = project.run()

    assert run.labels.to_arrow()["id"].to_pylist() == [2, 5]
    assert run.snapshots[0].report["filtered"] == {"drop_duplicates": 1}


def test_prepared_text_is_what_comes_out(project: Project) -> None:
    project.write({"id": [1, 2], "text": ["buy  \n cafe\u0301", "  "]})
    project.configure(
        prepare=[{"type": "unicode", "form": "NFC"}, {"type": "whitespace"}, {"type": "drop_empty"}]
    )

    run = project.run()

    assert run.labels.to_arrow()["text"].to_pylist() == ["buy café"]


def test_a_few_unreadable_rows_have_a_status_and_a_reason(project: Project) -> None:
    texts = pa.array([b"buy", b"caf\xe9 buy", None, b"song"], pa.binary()).view(pa.string())
    project.write({"id": [1, 2, 3, 4], "text": texts})
    project.configure(error_budget=0.5)

    run = project.run()

    labels = run.labels.to_arrow().to_pylist()
    assert [row["status"] for row in labels] == ["labeled", "error", "error", "labeled"]
    quarantine = pq.read_table(run.snapshots[0].folder / "quarantine").to_pylist()
    assert [(row["id"], row["message"]) for row in quarantine] == [
        ("2", "text: invalid UTF-8 at byte 3"),
        ("3", "text is null"),
    ]
    assert run.snapshots[0].report["totals"]["quarantined"] == 2


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"id": [1, 2, 3], "text": [None, None, "buy"]}, "nobody can read"),
        ({"id": [1, 1, 1], "text": ["buy", "song", "buy"]}, "a repeated id stands on 2"),
    ],
)
def test_too_many_bad_rows_stop_the_run(
    project: Project, columns: dict[str, list[object]], said: str
) -> None:
    project.run()
    before = project.files()
    project.write(columns)

    with pytest.raises(OverBudget, match=said):
        project.run()
    assert project.files() == before


def test_a_run_that_is_stopped_tells_the_first_failure(project: Project) -> None:
    (project.root / "lfs.py").write_text("def odd(row):\n    return {}[row.text]\n")
    project.configure(
        labeling_functions=[{"name": "odd", "type": "python", "function": "lfs.py:odd"}]
    )

    with pytest.raises(OverBudget, match=r"the first: row 'r0': KeyError: lfs.py:2: 'buy now'"):
        project.run()


def test_one_bad_row_never_stops_a_run(project: Project) -> None:
    project.write({"id": ["a", "a", None], "text": ["buy", "song", "buy"]})

    run = project.run()

    report = run.snapshots[0].report
    assert report["totals"]["status"]["error"] == 1
    assert report["filtered"] == {"unique_ids": 1}


def test_a_function_that_raises_loses_its_vote_on_that_row_only(project: Project) -> None:
    code = "def odd(row):\n    return {}[row.text] if 'gold' in row.text else 'ham'\n"
    (project.root / "lfs.py").write_text(code)
    project.configure(
        labeling_functions=[
            {"name": "odd", "type": "python", "function": "lfs.py:odd"},
            {"name": "buy", "type": "keyword", "label": "spam", "any": ["buy"]},
        ]
    )

    run = project.run()

    row = run.labels.to_arrow().to_pylist()[1]
    assert [vote["lf"] for vote in row["votes"]] == ["buy"]
    assert run.snapshots[0].report["functions"][0]["errors"] == 1
    quarantine = pq.read_table(run.snapshots[0].folder / "quarantine").to_pylist()
    assert [(r["id"], r["lf"], r["reason"]) for r in quarantine] == [("r1", "odd", "KeyError")]
    assert run.snapshots[0].report["totals"]["quarantined"] == 1


def test_a_row_is_in_quarantine_once_whatever_failed_on_it(project: Project) -> None:
    (project.root / "lfs.py").write_text(
        "def odd(row):\n    return 7\n\n\ndef worse(row):\n    raise KeyError('x')\n"
    )
    kinds = [
        {"name": name, "type": "python", "function": f"lfs.py:{name}", "label": "spam"}
        for name in ("odd", "worse")
    ]
    buy = {"name": "buy", "type": "keyword", "label": "spam", "any": ["buy"]}
    project.configure(labeling_functions=[*kinds, buy], error_budget=1)

    run = project.run()

    quarantine = pq.read_table(run.snapshots[0].folder / "quarantine").to_pylist()
    assert len(quarantine) == 12
    assert run.snapshots[0].report["totals"]["quarantined"] == 6


def test_votes_carry_what_the_model_learned_of_their_function(project: Project) -> None:
    project.configure(label_model={"type": "weighted", "weights": {"buy": 0.25}})
    run = project.run()
    project.configure(label_model={"type": "majority"})
    plain = project.run()

    weights = {
        (vote["lf"], vote["weight"])
        for votes in run.labels.to_arrow()["votes"].to_pylist()
        for vote in votes
    }
    assert weights == {("buy", 0.25), ("song", 1.0)}
    samples = run.snapshots[0].report["samples"]
    assert {(v["lf"], v["weight"]) for sample in samples for v in sample["votes"]} == weights
    votes = [v for votes in plain.labels.to_arrow()["votes"].to_pylist() for v in votes]
    assert votes
    assert {vote["weight"] for vote in votes} == {None}


def test_a_function_that_keeps_failing_stops_the_run(project: Project) -> None:
    (project.root / "lfs.py").write_text("def odd(row):\n    return 7\n")
    project.configure(
        labeling_functions=[{"name": "odd", "type": "python", "function": "lfs.py:odd"}]
    )

    with pytest.raises(OverBudget, match="'odd' failed on 6 of 6 rows"):
        project.run()


def test_an_empty_train_split_publishes_nothing(project: Project) -> None:
    project.configure(
        labeling_functions=[{"name": "x", "type": "keyword", "label": "ham", "any": ["zzz"]}]
    )

    with pytest.raises(ChecksFailed, match=r"train split is empty \(rows: 6 uncovered\)"):
        project.run()
    assert not (project.output / "current").exists()


def test_where_all_rows_are_one_text_the_empty_train_split_says_where_they_went(
    project: Project,
) -> None:
    project.write({"id": [f"r{i}" for i in range(6)], "text": ["buy now"] * 6})
    project.configure(split={"train": 0.0001, "dev": 0.9999})

    with pytest.raises(ChecksFailed, match=r"rows: 6 labeled\); 6 in dev: rows that `split.group`"):
        project.run()


@pytest.mark.parametrize(
    "check",
    [
        {"type": "row_count", "min": 7},
        {"type": "row_count", "max": 3},
        {"type": "coverage", "min": 0.99},
        {"type": "class_balance", "min": 0.6},
    ],
)
def test_each_check_can_stop_a_run_and_leaves_the_last_snapshot(
    project: Project, check: dict[str, object]
) -> None:
    project.run()
    before = project.files()
    project.configure(checks=[check])

    with pytest.raises(ChecksFailed, match=str(check["type"])):
        project.run()
    assert project.files() == before


def test_a_check_of_severity_warn_only_warns(project: Project) -> None:
    project.configure(checks=[{"type": "row_count", "min": 7, "severity": "warn"}])

    run = project.run()

    assert len(run.warnings) == 1
    assert run.snapshots[0].report["checks"][0]["passed"] is False


def test_labels_of_a_single_class_are_never_published_without_a_warning(project: Project) -> None:
    project.write({"id": ["a", "b"], "text": ["buy this now", "buy that"]})

    (told,) = project.run().warnings

    assert told.startswith("every label that was given is 'spam': nothing can be learned")


def test_the_story_of_the_label_model_stands_in_report_and_manifest(project: Project) -> None:
    run = project.run("label_model={type: dawid_skene}")

    (snapshot,) = run.snapshots
    manifest = json.loads((snapshot.folder / "manifest.json").read_text("utf-8"))
    story = snapshot.report["label_model"]
    assert (story["asked"], story["used"], story["type"]) == ("dawid_skene",) * 3
    assert story["why"] == "it was asked for"
    assert manifest["label_model"] == story


def test_a_label_model_that_collapses_gives_way_to_majority_vote(project: Project) -> None:
    rng = np.random.default_rng(31)
    truth = rng.random(4000) < 0.5
    words = [("buy", 1, 0.46, 0.06), ("song", 0, 0.35, 0.1), ("now", 1, 0.35, 0.04)]
    words += [("nice", 0, 0.07, 0.01), ("gold", 1, 0.49, 0.11)]
    fired = [
        (rng.random(4000) < np.where(truth == sort, hit, miss)) for _, sort, hit, miss in words
    ]
    texts = [
        " ".join(["text", *(word[0] for word, on in zip(words, row, strict=True) if on)])
        for row in zip(*fired, strict=True)
    ]
    project.write({"id": [f"{i:04}" for i in range(4000)], "text": texts})
    functions = [
        {"name": word, "type": "keyword", "label": ("ham", "spam")[sort], "any": [word]}
        for word, sort, _, _ in words
    ]
    project.configure(
        labeling_functions=functions, label_model={"type": "dawid_skene", "max_iter": 1000}
    )

    run = project.run()

    (told,) = run.warnings
    (snapshot,) = run.snapshots
    assert told.startswith("label model 'dawid_skene': it is not used, majority vote is, because")
    assert snapshot.report["label_model"]["used"] == "majority"
    assert snapshot.report["label_model"]["asked"] == "dawid_skene"


def test_doubtful_terms_of_a_gazetteer_are_told(project: Project) -> None:
    lines = ["term,label,id", "song,ham,1", "buy,spam,2", "song,spam,1", "buy,spam,2"]
    (project.root / "terms.csv").write_text("\n".join(lines))
    project.configure(
        gazetteers={"terms": {"path": "terms.csv"}, "unused": {"path": "terms.csv"}},
        labeling_functions=[{"name": "term", "type": "gazetteer", "gazetteer": "terms"}],
    )

    (said,) = project.run().warnings

    doubt = "1 term has two labels or ids (the first stands): 'song' ham, not spam"
    assert said == f"gazetteer 'terms': {doubt}; 1 duplicate, as 'buy'"


def test_a_stop_list_that_is_no_text_is_refused(project: Project) -> None:
    (project.root / "terms.csv").write_text("term,label\nbuy,spam\n")
    (project.root / "stop.txt").write_bytes(b"\xff")
    project.configure(
        gazetteers={"terms": {"path": "terms.csv", "stop": "stop.txt"}},
        labeling_functions=[{"name": "term", "type": "gazetteer", "gazetteer": "terms"}],
    )

    with pytest.raises(BadResource, match=r"stop\.txt: cannot be read as UTF-8"):
        project.run()


def test_the_leakage_check_finds_copies_that_the_group_id_kept_apart(project: Project) -> None:
    texts = ["buy now"] * 40
    project.write({"id": list(range(40)), "text": texts})
    project.configure(split={"train": 0.5, "dev": 0.5, "group": "id"}, checks=[{"type": "leakage"}])
    with pytest.raises(ChecksFailed, match="stand in both train and dev"):
        project.run()

    project.configure(split={"train": 1.0, "group": "exact"}, checks=[{"type": "leakage"}])

    assert len(project.run().train) == 40


def test_missing_input_is_exit_4(project: Project) -> None:
    (project.root / "input" / "a.parquet").unlink()

    with pytest.raises(InputMissing, match=r"holds no \*.parquet file") as caught:
        project.run()
    assert caught.value.exit_code == 4


def damaged(path: Path, kind: str) -> None:
    data = path.read_bytes()
    path.write_bytes({"empty": b"", "torn": data[:-20], "other": b"id,text\n1,buy\n"}[kind])


@pytest.mark.parametrize(
    ("kind", "said"),
    [("empty", "0 bytes"), ("torn", "truncated"), ("other", "not a Parquet file")],
)
def test_damaged_input_says_what_is_wrong(project: Project, kind: str, said: str) -> None:
    damaged(project.root / "input" / "a.parquet", kind)

    with pytest.raises(InputMissing, match=said):
        project.run()


def test_a_torn_page_in_the_middle_is_found(project: Project) -> None:
    path = project.write({"id": list(range(5000)), "text": [f"buy {i}" for i in range(5000)]})
    data = bytearray(path.read_bytes())
    data[len(data) // 3 : len(data) // 3 + 400] = b"\xff" * 400
    path.write_bytes(bytes(data))

    with pytest.raises(LabelmillError) as caught:
        project.run()
    assert caught.value.exit_code in (3, 4)


def test_no_rows_is_missing_input_unless_that_is_allowed(project: Project) -> None:
    project.write(pa.table({"id": pa.array([], pa.int64()), "text": pa.array([], pa.string())}))
    with pytest.raises(InputMissing, match="no rows"):
        project.run()

    run = project.run("source.allow_empty=true")

    assert run.status == "no data"
    assert not (project.output / "current").exists()


def test_a_missing_column_names_the_nearest(project: Project) -> None:
    project.configure(source={"path": "input", "id": "id", "text": "txt"})

    with pytest.raises(ConfigErrors, match="did you mean 'text'"):
        project.run()


def test_a_text_column_of_numbers_is_refused(project: Project) -> None:
    project.write({"id": [1], "text": [5]})

    with pytest.raises((BadColumn, ConfigErrors), match="int64") as caught:
        project.run()
    assert caught.value.exit_code == 2


def test_files_that_disagree_on_a_type_are_refused(project: Project) -> None:
    project.write({"id": [1], "text": ["buy"]}, "b.parquet")

    with pytest.raises(BadColumn, match="int64"):
        project.run()


@pytest.mark.parametrize("part", ["carry", "gold", "where"])
def test_a_file_that_lacks_a_column_of_the_others_is_refused(project: Project, part: str) -> None:
    project.write({"id": ["x"], "text": ["buy"], "lang": ["spam"]}, "a.parquet")
    project.write({"id": ["y"], "text": ["song"]}, "b.parquet")
    said = {"carry": ["lang"], "gold": "lang", "where": "lang == 'spam'"}
    project.configure(source={"path": "input", "id": "id", "text": "text", part: said[part]})

    with pytest.raises(BadColumn, match=r"b\.parquet: column 'lang': is missing, but a\.parquet"):
        project.run()


def test_a_file_without_rows_may_have_columns_of_no_type(project: Project) -> None:
    empty = {"id": pa.array([], pa.null()), "text": pa.array([], pa.null())}

    project.write(pa.table(empty), "0.parquet")
    assert project.run().status == "published"

    project.write(pa.table(empty), "a.parquet")
    with pytest.raises(InputMissing, match="no rows"):
        project.run()


def test_a_huge_text_is_labeled_like_any_other(project: Project) -> None:
    project.write({"id": [1, 2], "text": ["buy " + "x" * 10_000_000, "song"]})

    assert len(project.run().train) == 2


def test_one_function_alone_is_enough(project: Project) -> None:
    project.configure(
        labeling_functions=[{"name": "x", "type": "regex", "label": "spam", "pattern": "buy"}]
    )

    assert len(project.run().train) == 3


def test_output_that_cannot_be_written_is_said(project: Project) -> None:
    (project.root / "out").write_text("a file is in the way")

    with pytest.raises(OutputFailed, match="cannot be written") as caught:
        project.run()
    assert caught.value.exit_code == 1


def test_what_a_killed_run_left_is_removed_by_the_next(project: Project) -> None:
    left = project.output / "snapshots" / ".making-0123" / "labels"
    left.mkdir(parents=True)
    (left / "part-00000.parquet").write_bytes(b"half")

    run = project.run()

    assert [p.name for p in (project.output / "snapshots").iterdir()] == [run.snapshots[0].id]


def test_a_url_of_another_kind_as_output_is_refused(project: Project) -> None:
    with pytest.raises(ConfigErrors, match="s3://"):
        project.run("output='gs://bucket/x'")


def test_an_error_of_the_system_names_the_path(tmp_path: Path) -> None:
    with pytest.raises(OutputFailed, match="No space left"), explained(tmp_path):
        raise OSError(28, os.strerror(28))


def test_a_second_run_of_the_same_job_meets_the_lock(project: Project) -> None:
    lock = project.root / ".labelmill" / "locks" / "job.lock"
    lock.parent.mkdir(parents=True)
    with FileLock(lock), pytest.raises(LockHeld) as caught:
        run_job(project.job())
    assert caught.value.exit_code == 5


def test_run_json_is_written_for_good_and_for_bad(project: Project) -> None:
    good = project.run()
    project.configure(checks=[{"type": "row_count", "min": 99}])
    with pytest.raises(ChecksFailed):
        project.run()

    runs = project.root / ".labelmill" / "runs"
    records = [json.loads((folder / "run.json").read_bytes()) for folder in runs.iterdir()]
    codes = {record["run_id"] == good.id: record["exit_code"] for record in records}
    assert codes == {True: 0, False: 3}


def test_run_json_is_written_for_a_config_that_is_refused(project: Project) -> None:
    with pytest.raises(ConfigErrors):
        project.run("label_model.type=majorty")
    with pytest.raises(ConfigErrors):
        labelmill.run(project.root / "configs" / "nothing.yaml")

    (record,) = (project.root / ".labelmill" / "runs").glob("*/run.json")
    told = json.loads(record.read_bytes())
    assert (told["job"], told["exit_code"], told["retryable"]) == ("job", 2, False)
    assert "did you mean 'majority'" in told["error"]["message"]


def test_the_fitted_type_labels_new_rows_with_an_old_model(project: Project) -> None:
    project.configure(label_model={"type": "dawid_skene"})
    first = project.run()
    project.write({"id": ["new"], "text": ["buy this song"]})
    project.configure(
        label_model={"type": "fitted", "from": "out"}, output="next", select={"tie": "keep"}
    )

    second = project.run()

    tied = first.labels.to_arrow().to_pylist()[5]
    assert second.labels.to_arrow().to_pylist()[0]["probs"] == tied["probs"]


def test_partitions_are_published_in_one_view(project: Project) -> None:
    (project.root / "input" / "a.parquet").unlink()
    project.write({"id": [1], "text": ["buy"]}, "date=2026-11-20/x.parquet")
    project.write({"id": [2], "text": ["song"]}, "date=2026-11-21/x.parquet")
    source = {"path": "input", "id": "id", "text": "text", "partition": "date"}
    project.configure(source=source)

    run = project.run()

    live = project.output / "current"
    assert sorted(p.name for p in live.iterdir()) == [
        "date=2026-11-20",
        "date=2026-11-21",
        "manifest.json",
    ]
    assert [s.partition for s in run.snapshots] == ["2026-11-20", "2026-11-21"]
    train = pq.read_table(live / "date=2026-11-21" / "train" / "parquet")
    assert train["id"].to_pylist() == ["2"]
    assert live.readlink().parent == Path("views")


def test_the_key_of_a_partition_is_a_column_like_any_other(project: Project) -> None:
    project.write({"id": ["a", "b"], "text": ["buy", "buy"]}, "date=1/x.parquet")
    project.write({"id": ["c"], "text": ["song"]}, "date=2/x.parquet")
    late = {"name": "late", "type": "expression", "label": "ham", "when": "date == '2'"}
    project.configure(
        source={
            "path": "input",
            "id": "id",
            "text": "text",
            "partition": "date",
            "carry": ["date"],
            "where": "id != 'b' or date == '2'",
        },
        labeling_functions=[
            {"name": "buy", "type": "keyword", "label": "spam", "any": "buy"},
            late,
        ],
    )
    (project.root / "input" / "a.parquet").unlink()

    rows = project.run().labels.to_arrow().to_pylist()

    assert [(row["id"], row["date"], row["label"]) for row in rows] == [
        ("a", "1", "spam"),
        ("c", "2", "ham"),
    ]
    assert {row.status for row in labelmill.preview(project.config)} == {"labeled"}


def test_one_partition_can_be_run_and_the_others_stay(project: Project) -> None:
    (project.root / "input" / "a.parquet").unlink()
    for day in ("20", "21"):
        project.write({"id": [int(day)], "text": ["buy"]}, f"date={day}/x.parquet")
    project.configure(source={"path": "input", "id": "id", "text": "text", "partition": "date"})
    project.run()
    project.write({"id": [5], "text": ["song"]}, "date=21/x.parquet")

    labelmill.run(project.config, partition="21")

    live = project.output / "current"
    ids = {d: pq.read_table(live / f"date={d}/labels")["id"].to_pylist() for d in ("20", "21")}
    assert ids == {"20": [20], "21": [5]}
    with pytest.raises(InputMissing, match="no partition '22'"):
        labelmill.run(project.config, partition="22")
