"""Texts that are searched piece by piece and not kept give the votes of whole shards."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.pipeline.conftest import Project

from labelmill.io.source import find_files, shards_of
from labelmill.pipeline import rows, works
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.deadly import write_deadly
from labelmill.pipeline.rows import needs_texts
from labelmill.pipeline.stages import label_shard
from labelmill.pipeline.works import Work

SPLIT = {"train": 1.0, "group": "id"}
FUNCTIONS: list[dict[str, Any]] = [
    {"name": "buy", "type": "keyword", "label": "spam", "any": ["buy"], "none": ["not"]},
    {"name": "fold", "type": "keyword", "label": "ham", "any": ["straße"], "case": "fold"},
    {"name": "twice", "type": "regex", "label": "spam", "pattern": r"(\w)\1$"},
    {"name": "any", "type": "regex", "label": "ham", "pattern": ["^$", "^[a-é]", "中"]},
]
TEXTS = (b"buy", b"do not buy", b"", None, b"STRASSE", "é 中".encode(), b"\xff", b"abb", b"x" * 99)


@given(
    st.lists(st.sampled_from(TEXTS), min_size=1, max_size=12),
    st.sets(st.integers(0, 11)),
    st.integers(1, 300),
    st.integers(1, 5),
)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_pieces_of_a_shard_give_the_files_of_the_whole(
    project: Project,
    tmp_path_factory: pytest.TempPathFactory,
    texts: list[bytes | None],
    without_id: set[int],
    size: int,
    shard_rows: int,
) -> None:
    ids = [None if i in without_id else f"é{i}" for i in range(len(texts))]
    table = pa.table(
        {"id": pa.array(ids, pa.string()), "text": pa.array(texts, pa.binary()).view(pa.string())}
    )
    path = project.write(table)
    project.configure(labeling_functions=FUNCTIONS, split=SPLIT)
    bound = BoundJob(project.job())
    shards = [
        (
            Work(tmp_path_factory.mktemp("pieces"), shard, number),
            Work(tmp_path_factory.mktemp("whole"), shard, number),
        )
        for number, shard in enumerate(shards_of(find_files(str(path), None), shard_rows))
    ]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "PIECE_BYTES", size)
        pieces = [label_shard(bound, in_pieces) for in_pieces, _ in shards]
        patch.setattr(works, "needs_texts", lambda _: True)
        whole = [label_shard(bound, as_whole) for _, as_whole in shards]

    assert not needs_texts(bound)
    assert pieces == whole
    assert [written(a.folder) for a, _ in shards] == [written(b.folder) for _, b in shards]


def written(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize(
    "parts",
    [
        {"split": {"train": 1.0, "group": "exact"}},
        {"prepare": [{"type": "drop_empty"}]},
        {"prepare": [{"type": "drop_duplicates"}]},
        {"source": {"path": "input", "id": "id", "text": "text", "where": "id != 'r1'"}},
        {"labeling_functions": [FUNCTIONS[0] | {"min_hits": 2}]},
        {"labeling_functions": [FUNCTIONS[2] | {"group": 1}]},
        {
            "labeling_functions": [
                {"name": "two", "type": "regex", "labels": {"spam": "buy", "ham": "song"}}
            ]
        },
        {
            "labeling_functions": [
                FUNCTIONS[0],
                {"name": "short", "type": "expression", "label": "ham", "when": "n_words < 2"},
            ]
        },
    ],
)
def test_texts_are_kept_where_something_reads_them(project: Project, parts: dict[str, Any]) -> None:
    project.configure(**{"labeling_functions": FUNCTIONS, "split": SPLIT, **parts})

    assert needs_texts(BoundJob(project.job()))


def test_a_row_that_ends_a_process_is_not_searched(project: Project, tmp_path: Path) -> None:
    path = project.write({"id": ["a", "b"], "text": ["buy", "buy"]})
    project.configure(labeling_functions=FUNCTIONS, split=SPLIT)
    (shard,) = shards_of(find_files(str(path), None), 9)
    work = Work(tmp_path, shard, 0)
    write_deadly(work.file("deadly"), {1: "died"})

    record = label_shard(BoundJob(project.job()), work)

    assert (record.rows, record.faults) == (1, 1)
