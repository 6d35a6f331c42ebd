"""The report page in a real browser: it is laid out, and fits a phone."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.lacking import lacking

from labelmill.report.page import report_page

pytestmark = pytest.mark.slow

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--allow-file-access-from-files",
    "--virtual-time-budget=4000",
]
FRAME = """<!doctype html><meta charset="utf-8"><iframe id="f" src="page.html" width="{width}"
height="900"></iframe><script>document.getElementById("f").onload = (event) => {{
const page = event.target.contentDocument;
const facts = {{wide: page.documentElement.scrollWidth,
tables: page.querySelectorAll("table").length,
headings: [...page.querySelectorAll("h2")].map((h) => h.textContent.trim()),
loaded: page.querySelectorAll("link, script, img, iframe").length}};
const out = document.createElement("pre"); out.id = "facts";
out.textContent = JSON.stringify(facts);
document.body.append(out); }};</script>"""


@pytest.fixture(scope="module")
def chromium() -> str:
    """The browser; without one the test skips, but fails in CI, which installs it."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        lacking("this test needs a browser: apt-get install chromium")
    return found


def looked_at(chromium: str, folder: Path, report: Mapping[str, Any], width: int) -> dict[str, Any]:
    """What the page is like in a frame of some width."""
    (folder / "page.html").write_text(report_page(report), "utf-8")
    (folder / "frame.html").write_text(FRAME.format(width=width), "utf-8")
    url = (folder / "frame.html").as_uri()
    profile = f"--user-data-dir={folder / 'profile'}"
    done = subprocess.run(
        [chromium, *FLAGS, profile, "--dump-dom", url],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    text = done.stdout.partition('<pre id="facts">')[2].partition("</pre>")[0]
    facts: dict[str, Any] = json.loads(text)
    return facts


@pytest.mark.parametrize("width", [1200, 400])
def test_the_page_fits_its_window_and_loads_nothing(
    chromium: str, tmp_path: Path, news: Mapping[str, Any], width: int
) -> None:
    facts = looked_at(chromium, tmp_path, news, width)

    assert 0 < facts["wide"] <= width
    assert facts["tables"] >= 3
    assert "Labeling functions" in facts["headings"]
    assert facts["loaded"] == 0
