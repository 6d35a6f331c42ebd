"""Nothing is pickled, nothing leaves the project unasked, and texts are never markup."""

import pickle  # noqa: TID251 (to know one when we see it)
import pickletools
from pathlib import Path

import pytest
from tests.faults.conftest import Site

ENGINE = Path(__file__).resolve().parents[2] / "engine" / "labelmill"


def _is_pickle(data: bytes) -> bool:
    """Whether bytes are a pickle of any protocol from 2 on: its mark, and opcodes to the end."""
    if data[:1] != b"\x80" or data[1:2] not in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return False
    try:
        return any(code.name == "STOP" for code, _, _ in pickletools.genops(data))
    except ValueError:
        return False


def test_a_pickle_would_be_known() -> None:
    assert all(_is_pickle(pickle.dumps({"a": [1]}, protocol)) for protocol in (2, 3, 4, 5))
    assert not _is_pickle(b"PAR1")


@pytest.mark.parametrize("workers", ["0", "2"])
def test_no_file_that_a_run_leaves_is_a_pickle(site: Site, workers: str) -> None:
    site.write(site.rows(200))
    site.configure(refine=True, export=[{"type": "jsonl"}])

    code = site.run("--workers", workers).code

    files = [path for path in site.root.rglob("*") if path.is_file()]
    assert code == 0
    assert len(files) > 10
    assert [path for path in files if _is_pickle(path.read_bytes())] == []
    assert [path for path in files if path.suffix in {".pkl", ".pickle", ".joblib"}] == []


def test_the_engine_names_no_pickle() -> None:
    words = ("import pickle", "joblib", "import dill", "cloudpickle", "allow_pickle=True")
    files = sorted(ENGINE.rglob("*.py"))

    assert len(files) > 100
    found = [(p.name, w) for p in files for w in words if w in p.read_text("utf-8")]
    assert found == []


@pytest.mark.parametrize("output", ["../elsewhere", "out/../../elsewhere"])
def test_output_outside_the_project_is_refused(site: Site, output: str) -> None:
    site.write(site.rows(60))
    site.configure(output=output)

    ended = site.run()

    assert ended.code == 2
    assert "leads out of the project; write an absolute path if that is meant" in ended.err
    assert not (site.root.parent / "elsewhere").exists()


def test_output_outside_the_project_is_taken_where_it_is_absolute(
    site: Site, tmp_path_factory: pytest.TempPathFactory
) -> None:
    site.write(site.rows(60))
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    site.configure(output=str(elsewhere / "out"))

    code = site.run().code

    assert code == 0
    assert (elsewhere / "out" / "current" / "manifest.json").exists()


def test_the_page_escapes_texts(site: Site) -> None:
    rows = site.rows(60)
    texts = [f"<script>alert({n})</script> song & all" for n in range(60)]
    site.write(rows.set_column(1, "text", [texts]))

    code = site.run().code

    page = site.published()["report.html"].decode()
    assert code == 0
    assert "<script>alert(" not in page
    assert "&lt;script&gt;alert(" in page
