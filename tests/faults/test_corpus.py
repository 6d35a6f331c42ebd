"""Damaged input: every kind has its message and its exit code, and nothing is published."""

import os
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.faults.conftest import Site

Damage = Callable[[Site], object]


@dataclass(frozen=True)
class Case:
    """One kind of input: how it is made, and what a run says of it."""

    make: Damage
    code: int
    said: str


CASES: dict[str, Case] = {}


def damaged(code: int, said: str = "") -> Callable[[Damage], Damage]:
    """Add a case by the name of its function."""

    def add(make: Damage) -> Damage:
        CASES[make.__name__] = Case(make, code, said)
        return make

    return add


def _strings(**columns: object) -> pa.Table:
    return pa.table(columns)


@damaged(4, "a.parquet: the file is empty (0 bytes); was it still being written?")
def zero_bytes(site: Site) -> None:
    site.write(site.rows(60)).write_bytes(b"")


@damaged(4, "the file is truncated (its footer is missing)")
def truncated_footer(site: Site) -> None:
    path = site.write(site.rows(60))
    path.write_bytes(path.read_bytes()[:-20])


@damaged(4, "a.parquet: the file is damaged")
def torn_page(site: Site) -> None:
    path = site.write(site.rows(60), compression="zstd", use_dictionary=False)
    data = bytearray(path.read_bytes())
    page = pq.read_metadata(path).row_group(0).column(1).data_page_offset
    data[page + 40 : page + 100] = bytes(60)
    path.write_bytes(data)


@damaged(4, "a.parquet: the file is damaged: could not verify page integrity")
def a_letter_that_a_checksum_denies(site: Site) -> None:
    path = site.write(site.rows(60))
    options = {"compression": "NONE", "use_dictionary": False, "write_page_checksum": True}
    pq.write_table(site.rows(60), path, **options)
    path.write_bytes(path.read_bytes().replace(b"nice song", b"evil song"))


@damaged(4, "this is not a Parquet file (it begins with b'XXXX'")
def wrong_magic(site: Site) -> None:
    path = site.write(site.rows(60))
    path.write_bytes(b"XXXX" + path.read_bytes()[4:])


@damaged(4, "this is not a Parquet file (it begins with b'id,t'")
def csv_named_parquet(site: Site) -> None:
    site.write(site.rows(60)).write_text("id,text\n1,a\n")


@damaged(4, "the file is encrypted, which cannot be read")
def encrypted_footer(site: Site) -> None:
    path = site.write(site.rows(60))
    path.write_bytes(b"PARE" + path.read_bytes()[4:-4] + b"PARE")


@damaged(4, "smaller than the size reported by footer")
def footer_longer_than_the_file(site: Site) -> None:
    path = site.write(site.rows(60))
    data = path.read_bytes()
    path.write_bytes(data[:-8] + struct.pack("<I", 2**31 - 1) + data[-4:])


@damaged(4, "a.parquet: the file is damaged: Couldn't deserialize thrift")
def garbage_for_a_footer(site: Site) -> None:
    path = site.write(site.rows(60))
    data = bytearray(path.read_bytes())
    (length,) = struct.unpack("<I", data[-8:-4])
    data[-8 - length : -8] = b"\xff" * length
    path.write_bytes(data)


@damaged(4, "a.parquet: the file is damaged: Couldn't deserialize thrift")
def bad_row_groups(site: Site) -> None:
    path = site.write(site.rows(60))
    data = bytearray(path.read_bytes())
    (length,) = struct.unpack("<I", data[-8:-4])
    place = bytes(data[-8 - length : -8]).rfind(b"\x19\x1c")
    data[len(data) - 8 - length + place + 1] = 0xFC
    path.write_bytes(data)


@damaged(4, "a.parquet: the file is damaged")
def nothing_but_magic(site: Site) -> None:
    site.write(site.rows(60)).write_bytes(b"PAR1\0\0\0\0PAR1")


@damaged(2, "no column 'text' in the source (known: body, id)")
def missing_column(site: Site) -> None:
    site.write(_strings(id=["a"], body=["x"]))


@damaged(2, "the column 'text' holds int64; expected strings")
def wrong_type(site: Site) -> None:
    site.write(_strings(id=["a"], text=[1]))


@damaged(2, "the column 'id' holds double; expected strings or whole numbers")
def ids_that_are_fractions(site: Site) -> None:
    site.write(_strings(id=[1.5], text=["a"]))


@damaged(2, "the column 'text' holds struct<t: string>; expected strings")
def nested_text(site: Site) -> None:
    site.write(_strings(id=["a"], text=[{"t": "x"}]))


@damaged(2, "the column 'text' holds binary; expected strings")
def binary_text(site: Site) -> None:
    site.write(_strings(id=["a"], text=pa.array([b"\xff"])))


@damaged(2, "the column 'text' stands twice in the source")
def a_column_twice(site: Site) -> None:
    arrays = [pa.array([value]) for value in "axy"]
    site.write(pa.Table.from_arrays(arrays, names=["id", "text", "text"]))


@damaged(2, "b.parquet: column 'id': holds int64, but string in a.parquet")
def two_schemas(site: Site) -> None:
    site.write(site.rows(60))
    site.write(_strings(id=[1], text=["x"]), "b.parquet")


@damaged(2, "b.parquet: column 'text': is missing, but a.parquet has it")
def one_file_lacks_a_column(site: Site) -> None:
    site.write(site.rows(60))
    site.write(_strings(id=["zz"]), "b.parquet")


@damaged(3, "nobody can read (null or invalid text or id, or a worker died of it) 3 of 3 rows")
def null_ids(site: Site) -> None:
    site.write(_strings(id=pa.array([None] * 3, pa.string()), text=list("abc")))


@damaged(3, "a repeated id stands on 4 of 5 rows")
def repeated_ids(site: Site) -> None:
    site.write(_strings(id=["a"] * 5, text=list("abcde")))


@damaged(3, "the first: row 'a': unreadable: text is null")
def null_texts(site: Site) -> None:
    site.write(_strings(id=list("abc"), text=pa.array([None] * 3, pa.string())))


@damaged(3, "the first: row 'a': unreadable: text: invalid UTF-8 at byte 0")
def invalid_utf8(site: Site) -> None:
    buffers = pa.array([b"\xff\xfe buy", b"\xff", b"song"]).buffers()
    text = pa.Array.from_buffers(pa.string(), 3, buffers)
    site.write(_strings(id=list("abc"), text=text))


@damaged(4, "input: the folder holds no *.parquet file")
def empty_folder(site: Site) -> None:
    (site.root / "input").mkdir()


@damaged(4, "input: the folder holds no *.parquet file")
def a_folder_in_place_of_the_file(site: Site) -> None:
    (site.root / "input" / "a.parquet").mkdir(parents=True)


@damaged(4, "b.parquet: it cannot be read (No such file or directory)")
def dangling_link(site: Site) -> None:
    site.write(site.rows(60))
    (site.root / "input" / "b.parquet").symlink_to("/nowhere/x.parquet")


@damaged(4, "b.parquet: it cannot be read (Too many levels of symbolic links)")
def a_link_to_itself(site: Site) -> None:
    site.write(site.rows(60))
    (site.root / "input" / "b.parquet").symlink_to("b.parquet")


@damaged(4, "b.parquet: the file is empty (0 bytes)")
def a_pipe_in_place_of_a_file(site: Site) -> None:
    site.write(site.rows(60))
    os.mkfifo(site.root / "input" / "b.parquet")


@damaged(4, "no folder named date=<value> leads to a.parquet")
def partition_folder_without_key(site: Site) -> None:
    site.write(site.rows(60))
    source = {"path": "input", "id": "id", "text": "text", "partition": "date"}
    site.configure(source=source)


@damaged(4, "would be a folder whose name has 605 bytes, in percent-encoding; 255 are possible")
def partition_with_a_long_value(site: Site) -> None:
    site.write(site.rows(60), f"date={'é' * 100}/a.parquet")
    source = {"path": "input", "id": "id", "text": "text", "partition": "date"}
    site.configure(source=source)


@damaged(4, "the input has no rows (source.allow_empty: true accepts that)")
def no_rows(site: Site) -> None:
    site.write(site.rows(0))


@damaged(0)
def nul_characters(site: Site) -> None:
    site.write(_strings(id=["a\0", "b", "c"], text=["buy\0now", "nice\0song", "song"]))


@damaged(0)
def ten_megabytes_in_one_text(site: Site) -> None:
    site.write(_strings(id=["a", "b"], text=["buy " * 2_600_000, "song"]))


@damaged(0)
def text_in_a_dictionary(site: Site) -> None:
    rows = site.rows(60)
    site.write(rows.set_column(1, "text", rows["text"].dictionary_encode()))


@damaged(0)
def large_strings(site: Site) -> None:
    schema = pa.schema([("id", pa.large_string()), ("text", pa.large_string())])
    site.write(site.rows(60).cast(schema))


@damaged(0)
def a_folder_of_parts(site: Site) -> None:
    site.write(site.rows(60), "rows.parquet/part-0.parquet")


def test_there_are_at_least_twenty_kinds_of_damage() -> None:
    assert sum(case.code != 0 for case in CASES.values()) >= 20


@pytest.mark.parametrize("name", CASES)
def test_damaged_input_has_its_message_and_exit_code(site: Site, name: str) -> None:
    case = CASES[name]
    case.make(site)

    ended = site.run()

    assert (ended.code, case.said in ended.err) == (case.code, True), ended.err
    assert "Traceback" not in ended.err
    assert "unexpected error" not in ended.err
    assert [record["exit_code"] for record in site.records()] == [case.code]
    assert bool(site.published()) is (case.code == 0)


@pytest.mark.parametrize("workers", ["0", "2"])
def test_damage_that_only_reading_finds_is_told_by_workers_too(site: Site, workers: str) -> None:
    torn_page(site)
    site.write(site.rows(60, first=60), "b.parquet")

    ended = site.run("--workers", workers)

    assert ended.code == 4
    assert "a.parquet: the file is damaged" in ended.err
    assert site.published() == {}


SLOW = """\
import time
from pathlib import Path

def slow(row):
    Path({on!r}).touch()
    end = time.monotonic() + 30
    while not Path({go!r}).exists() and time.monotonic() < end:
        time.sleep(0.01)
    return None
"""


def _meddled(site: Site, meddle: Callable[[Path], object]) -> tuple[int, str]:
    """Run a job, and do something to its second file while the first is labeled."""
    on, go = site.root / "on", site.root / "go"
    (site.root / "slow.py").write_text(SLOW.format(on=str(on), go=str(go)))
    functions = [{"name": "s", "type": "python", "label": "ham", "function": "slow.py:slow"}]
    site.configure(labeling_functions=functions)
    site.write(site.rows(4))
    second = site.write(site.rows(4, first=4), "b.parquet")
    process = site.start()
    while not on.exists():
        assert process.poll() is None
        time.sleep(0.02)
    meddle(second)
    go.touch()
    _, err = process.communicate(timeout=60)
    return process.returncode, err


def test_a_file_that_vanishes_while_a_run_reads_is_told(site: Site) -> None:
    code, err = _meddled(site, lambda path: path.unlink())

    assert code == 4
    assert "b.parquet: it cannot be read (No such file or directory)" in err
    assert site.published() == {}


def test_a_file_that_changes_while_a_run_reads_is_told(site: Site) -> None:
    code, err = _meddled(site, lambda path: pq.write_table(site.rows(4, first=8), path))

    assert code == 4
    assert "b.parquet: was changed while it was read" in err
    assert site.published() == {}


@pytest.mark.parametrize("number", [5, 11, 110, 116], ids=["EIO", "EAGAIN", "ETIMEDOUT", "ESTALE"])
def test_reading_that_fails_for_a_moment_is_tried_again(
    site: Site, failing_disk: dict[str, str], number: int
) -> None:
    site.write(site.rows(60))

    ended = site.run(env=failing_disk | {"FAIL_TIMES": "2", "FAIL_WITH": str(number)})

    assert ended.code == 0, ended.err
    assert site.published()


def test_reading_that_fails_again_and_again_is_given_up(
    site: Site, failing_disk: dict[str, str]
) -> None:
    site.write(site.rows(60))

    ended = site.run(env=failing_disk | {"FAIL_TIMES": "1000", "FAIL_WITH": "5"})

    assert ended.code == 4
    assert "a.parquet: it cannot be read (" in ended.err
    assert "tried 4 times" in ended.err


def test_what_cannot_change_is_not_tried_again(site: Site, failing_disk: dict[str, str]) -> None:
    site.write(site.rows(60))

    ended = site.run(env=failing_disk | {"FAIL_TIMES": "1000", "FAIL_WITH": "13"})

    assert ended.code == 4
    assert "Permission denied)" in ended.err
    assert "tried" not in ended.err
