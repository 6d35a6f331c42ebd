"""Rows that end a process are noted and read again."""

from pathlib import Path

from labelmill.pipeline.deadly import read_deadly, write_deadly


def test_rows_come_back_in_order(tmp_path: Path) -> None:
    write_deadly(tmp_path / "d.parquet", {7: "SIGSEGV", 2: "exit code 3"})

    assert list(read_deadly(tmp_path / "d.parquet").items()) == [(2, "exit code 3"), (7, "SIGSEGV")]


def test_where_there_is_no_file_no_row_is_deadly(tmp_path: Path) -> None:
    assert read_deadly(tmp_path / "d.parquet") == {}
