"""Code of a project that does odd things: the run comes to its end, and says what it met."""

import time

import pytest
from tests.faults.conftest import Site

THREAD = """\
import threading, time

def own(row):
    if not any(t.name == "stays" for t in threading.enumerate()):
        threading.Thread(target=time.sleep, args=(600,), name="stays").start()
    return None
"""

WRAPS = """\
import codecs, io, sys

sys.stdout = codecs.getwriter("utf-8")(sys.stdout.buffer)
sys.stderr = io.TextIOWrapper(sys.stderr.buffer, encoding="utf-8")

def own(row):
    return None
"""

CANCELS = """\
import asyncio

def own(row):
    raise asyncio.CancelledError
"""

ODD = """\
class Odd(BaseException):
    pass

def own(row):
    raise Odd
"""


def _with(site: Site, code: str, **parts: object) -> Site:
    (site.root / "own.py").write_text(code)
    site.write(site.rows(60))
    functions = [
        {"name": "buy", "type": "keyword", "label": "spam", "any": ["buy"]},
        {"name": "song", "type": "keyword", "label": "ham", "any": ["song"]},
        {"name": "own", "type": "python", "label": "ham", "function": "own.py:own"},
    ]
    site.configure(labeling_functions=functions, **parts)
    return site


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 2])
def test_threads_that_are_left_at_work_keep_no_run_from_its_end(site: Site, workers: int) -> None:
    _with(site, THREAD, execution={"workers": workers, "shard_rows": 20})

    began = time.monotonic()
    ended = site.run()

    assert ended.code == 0
    assert time.monotonic() - began < 30
    assert ("a thread of the job's code (stays) is still at work" in ended.err) is (not workers)
    assert site.published()


def test_streams_that_a_module_replaces_get_no_results(site: Site) -> None:
    _with(site, WRAPS)

    ended = site.run("--json")

    assert ended.code == 0
    assert '"status": "published"' in ended.out
    assert "label: 1 of 1 done" in ended.err


def test_what_is_raised_beside_exceptions_shows_no_traceback(site: Site) -> None:
    _with(site, ODD)

    ended = site.run()

    assert ended.code == 1
    assert "unexpected error: Odd" in ended.err
    assert "Traceback" not in ended.err
    assert [record["exit_code"] for record in site.records()] == [1]


def test_what_asyncio_cancels_fails_rows_and_not_the_run(site: Site) -> None:
    _with(site, CANCELS)

    ended = site.run()

    assert ended.code == 3
    assert "function 'own' failed on 60 of 60 rows" in ended.err
    assert "row 'r000000': CancelledError: own.py:4: CancelledError" in ended.err
