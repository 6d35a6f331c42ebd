"""Finding, cutting and reading the input."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelmill.errors import BadColumn, InputMissing
from labelmill.io.shard_reader import ShardReader, read_shard
from labelmill.io.source import Shard, find_files, runs_of, shards_of


def write(path: Path, n_rows: int, row_group: int = 1000) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.table({"id": list(range(n_rows)), "text": [f"t{i}" for i in range(n_rows)]})
    pq.write_table(table, path, row_group_size=row_group)
    return path


def test_a_folder_gives_its_parquet_files_in_order_without_hidden_ones(tmp_path: Path) -> None:
    for name in ("b.parquet", "a/z.parquet", "_tmp/x.parquet", ".hidden.parquet", "c.txt"):
        write(tmp_path / name, 1)

    assert [f.name for f in find_files(str(tmp_path), None)] == ["a/z.parquet", "b.parquet"]


def test_a_glob_and_a_file_are_sources_too(tmp_path: Path) -> None:
    path = write(tmp_path / "in" / "a.parquet", 2)
    write(tmp_path / "in" / "b.parquet", 3)

    assert [f.rows for f in find_files(str(tmp_path / "in" / "*.parquet"), None)] == [2, 3]
    assert [f.path for f in find_files(str(path), None)] == [path]


def test_hive_folders_give_the_partition(tmp_path: Path) -> None:
    write(tmp_path / "date=2026-11-21" / "a.parquet", 1)

    (file,) = find_files(str(tmp_path), "date")

    assert file.partition == "2026-11-21"
    with pytest.raises(InputMissing, match="hour=<value>"):
        find_files(str(tmp_path), "hour")
    write(tmp_path / "date=" / "a.parquet", 1)
    with pytest.raises(InputMissing, match="date=<value>"):
        find_files(str(tmp_path), "date")


@pytest.mark.parametrize("name", ["missing", "missing/*.parquet"])
def test_a_source_that_is_not_there_is_said(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputMissing, match=r"no such file|no file matches"):
        find_files(str(tmp_path / name), None)


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 60))
def test_shards_give_every_row_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, n_rows: int, row_group: int, shard_rows: int
) -> None:
    path = write(tmp_path_factory.mktemp("s") / "a.parquet", n_rows, row_group)
    files = find_files(str(path), None)

    tables = [read_shard(shard, ["id"]) for shard in shards_of(files, shard_rows)]

    assert pa.concat_tables(tables)["id"].to_pylist() == list(range(n_rows))


@given(
    st.integers(1, 60),
    st.integers(1, 60),
    st.lists(st.tuples(st.integers(0, 59), st.integers(1, 20)), min_size=1, max_size=8),
)
def test_a_reader_gives_any_rows_in_any_order(
    tmp_path_factory: pytest.TempPathFactory,
    n_rows: int,
    row_group: int,
    wanted: list[tuple[int, int]],
) -> None:
    path = write(tmp_path_factory.mktemp("s") / "a.parquet", n_rows, row_group)
    (file,) = find_files(str(path), None)
    bounds = [(start % n_rows, min(n_rows, start % n_rows + size)) for start, size in wanted]
    reader = ShardReader()

    read = [reader.read(Shard(file, *rows), ["text", "id"]) for rows in bounds]

    assert [table["id"].to_pylist() for table in read] == [list(range(*rows)) for rows in bounds]
    assert all(table.column_names == ["text", "id"] for table in read)


def test_shards_that_follow_each_other_are_read_from_one_open_file(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", 1000)
    (file,) = find_files(str(path), None)
    reader = ShardReader()
    reader.read(Shard(file, 0, 100), ["id"])
    path.write_bytes(b"this file was replaced")

    assert reader.schema(file).names[0] == "id"
    assert reader.read(Shard(file, 300, 400), ["id"])["id"].to_pylist() == list(range(300, 400))
    reader.close()
    with pytest.raises(InputMissing, match="not a Parquet file"):
        reader.schema(file)
    with pytest.raises(InputMissing, match="not a Parquet file"):
        reader.read(Shard(file, 0, 100), ["id"])


def test_shards_of_one_row_group_are_a_run(tmp_path: Path) -> None:
    for name, n_rows in (("a", 50), ("b", 5), ("c", 30)):
        write(tmp_path / f"{name}.parquet", n_rows, 20)

    shards = shards_of(find_files(str(tmp_path), None), 8)

    places = [(shard.file.name[0], shard.start) for shard in shards]
    assert list(zip(places, runs_of(shards), strict=True)) == [
        *(
            (("a", start), run)
            for start, run in zip(range(0, 50, 8), (0, 0, 0, 1, 1, 2, 2), strict=True)
        ),
        (("b", 0), 3),
        *((("c", start), run) for start, run in zip(range(0, 30, 8), (4, 4, 4, 5), strict=True)),
    ]


def test_a_missing_column_names_the_nearest(tmp_path: Path) -> None:
    (file,) = find_files(str(write(tmp_path / "a.parquet", 2)), None)

    with pytest.raises(BadColumn, match="did you mean 'text'"):
        read_shard(Shard(file, 0, 2), ["texts"])


def test_a_file_that_changed_since_it_was_listed_is_said(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", 9)
    (file,) = find_files(str(path), None)
    write(path, 3)

    with pytest.raises(InputMissing, match="has changed since"):
        read_shard(Shard(file, 0, 9), ["id"])


def test_a_path_that_the_system_refuses_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputMissing, match="cannot be read"):
        find_files(str(tmp_path / ("a" * 5000)), None)
