"""A damaged file of the input is left out where the job says so, and never in silence."""

import json
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.faults.conftest import Site

SKIP = {"path": "input", "id": "id", "text": "text", "on_corrupt": "skip"}


def _empty(site: Site) -> str:
    site.write(site.rows(60, first=60), "b.parquet").write_bytes(b"")
    return "the file is empty (0 bytes)"


def _truncated(site: Site) -> str:
    path = site.write(site.rows(60, first=60), "b.parquet")
    path.write_bytes(path.read_bytes()[:-20])
    return "the file is truncated (its footer is missing)"


def _csv(site: Site) -> str:
    site.write(site.rows(60, first=60), "b.parquet").write_text("id,text\n1,a\n")
    return "this is not a Parquet file"


def _torn(site: Site) -> str:
    options = {"compression": "zstd", "use_dictionary": False}
    path = site.write(site.rows(60, first=60), "b.parquet", **options)
    data = bytearray(path.read_bytes())
    page = pq.read_metadata(path).row_group(0).column(1).data_page_offset
    data[page + 40 : page + 100] = bytes(60)
    path.write_bytes(data)
    return "a page of it is damaged"


def _another_type(site: Site) -> str:
    site.write(pa.table({"id": [1], "text": ["x"]}), "b.parquet")
    return "column 'id' holds int64; holds string in most files"


def _a_column_less(site: Site) -> str:
    site.write(pa.table({"id": ["zz"]}), "b.parquet")
    return "column 'text' is missing; holds string in most files"


def _live_of(site: Site, day: str) -> dict[str, Any]:
    path = site.output / "current" / f"date={day}" / "manifest.json"
    facts: dict[str, Any] = json.loads(path.read_bytes())
    return facts


QUICK = [_empty, _torn]
SLOW = [_truncated, _csv, _another_type, _a_column_less]


def _live(site: Site, name: str) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((site.output / "current" / name).read_bytes())
    return facts


@pytest.mark.parametrize("damage", QUICK + [pytest.param(k, marks=pytest.mark.slow) for k in SLOW])
def test_a_damaged_file_is_left_out_and_told_of_everywhere(
    site: Site, damage: Callable[[Site], str]
) -> None:
    site.configure(source=SKIP)
    site.write(site.rows(60))
    reason = damage(site)

    ended = site.run()

    assert ended.code == 0, ended.err
    assert f"! input file b.parquet was left out: {reason}" in ended.out
    report, manifest, record = (
        _live(site, "report.json"),
        _live(site, "manifest.json"),
        site.records()[-1],
    )
    (told,) = report["skipped_files"]
    assert told["file"] == "b.parquet"
    assert told["reason"].startswith(reason)
    assert manifest["skipped_files"] == record["input"][0]["skipped_files"] == [told]
    assert record["warnings"][0].startswith(f"input file b.parquet was left out: {reason}")
    page = (site.output / "current" / "report.html").read_text("utf-8")
    assert "input file b.parquet was left out" in page
    assert report["totals"]["rows_in"] == 60
    assert str(site.root) not in json.dumps(report)


@pytest.mark.slow
@pytest.mark.parametrize("damage", [*QUICK, *SLOW])
def test_the_other_files_give_the_rows_that_they_give_without_it(
    site: Site, damage: Callable[[Site], str]
) -> None:
    site.configure(source=SKIP)
    site.write(site.rows(60))
    site.run()
    alone = {name: data for name, data in site.published().items() if name.startswith("labels/")}
    damage(site)

    site.run()

    names = [name for name in site.published() if name.startswith("labels/")]
    assert {name: site.published()[name] for name in names} == alone


@pytest.mark.slow
@pytest.mark.parametrize("damage", [_empty, _torn])
def test_a_file_that_is_mended_makes_the_output_stale(
    site: Site, damage: Callable[[Site], str]
) -> None:
    site.configure(source=SKIP)
    site.write(site.rows(60))
    damage(site)
    site.run()

    again = site.run()
    site.write(site.rows(60, first=60), "b.parquet")
    mended = site.run()

    assert "Nothing to do" in again.out
    assert "! input file b.parquet was left out" in again.out
    assert mended.code == 0
    assert "left out" not in mended.out
    assert _live(site, "report.json")["totals"]["rows_in"] == 120


@pytest.mark.slow
def test_workers_leave_out_what_they_find_torn(site: Site) -> None:
    site.configure(source=SKIP)
    site.write(site.rows(60))
    _torn(site)

    alone = site.run()
    before = site.published()
    by_two = site.run("--workers", "2", "--full-refresh")

    assert (alone.code, by_two.code) == (0, 0)
    assert site.published() == before


@pytest.mark.slow
def test_more_damaged_files_than_may_be_stop_a_run(site: Site) -> None:
    site.configure(source=SKIP)
    site.write(site.rows(60))
    _empty(site)
    site.write(site.rows(60, first=120), "c.parquet").write_bytes(b"")

    ended = site.run()
    allowed = site.run("--set", "source.max_corrupt=2")

    assert ended.code == 3
    assert "2 files of the source are damaged, 1 allowed (source.max_corrupt)" in ended.err
    assert "c.parquet: the file is empty" in ended.err
    assert allowed.code == 0, allowed.err


@pytest.mark.slow
def test_no_damaged_file_may_be_where_the_limit_is_zero(site: Site) -> None:
    site.configure(source=SKIP | {"max_corrupt": 0})
    site.write(site.rows(60))
    _torn(site)

    ended = site.run()

    assert ended.code == 3
    assert "b.parquet: a page of it is damaged" in ended.err
    assert site.published() == {}


@pytest.mark.slow
def test_a_source_of_which_nothing_can_be_read_is_missing(site: Site) -> None:
    site.configure(source=SKIP | {"allow_empty": True})
    site.write(site.rows(60)).write_bytes(b"")

    ended = site.run()

    assert ended.code == 4
    assert "the file is empty (0 bytes); was it still being written?; no other file" in ended.err


@pytest.mark.slow
def test_a_partition_tells_of_its_own_files_alone(site: Site) -> None:
    site.configure(source=SKIP | {"partition": "date"})
    for day in ("20", "21"):
        site.write(site.rows(60, first=1000 * int(day)), f"date={day}/a.parquet")
    site.write(site.rows(9), "date=21/b.parquet").write_bytes(b"")

    assert site.run("--partition", "20").code == 0
    ended = site.run("--partition", "21")

    assert "input file date=21/b.parquet was left out" in ended.out
    assert [len(_live_of(site, day)["skipped_files"]) for day in ("20", "21")] == [0, 1]


@pytest.mark.slow
def test_a_file_that_is_torn_in_a_night_that_a_model_is_fitted_on_is_left_out(site: Site) -> None:
    site.configure(source=SKIP | {"partition": "date"})
    for day in ("20", "21"):
        site.write(site.rows(60, first=1000 * int(day)), f"date={day}/a.parquet")
    _torn(site)
    (site.root / "input" / "b.parquet").rename(site.root / "input" / "date=20" / "b.parquet")

    ended = site.run("--partition", "21")

    assert ended.code == 0, ended.err
    assert _live_of(site, "21")["skipped_files"] == []


@pytest.mark.slow
def test_what_cannot_be_read_for_another_reason_is_no_damage(
    site: Site, failing_disk: dict[str, str]
) -> None:
    site.configure(source=SKIP)
    site.write(site.rows(60))

    ended = site.run(env=failing_disk | {"FAIL_TIMES": "1000", "FAIL_WITH": "13"})

    assert ended.code == 4
    assert "Permission denied" in ended.err
