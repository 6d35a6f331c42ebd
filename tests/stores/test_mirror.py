"""A mirror is what the store is, whoever writes there meanwhile, and never an order to empty it."""

import json
import shutil
from functools import partial

import pytest
from tests.pipeline.conftest import NIGHTLY, Project, fill
from tests.stores.server import Bucket

from labelmill.errors import OutputFailed, UsageError
from labelmill.pipeline.run import run_job
from labelmill.pipeline.status import status

FORGETFUL = """\
import shutil
from pathlib import Path

def forgetful(row):
    shutil.rmtree(Path(__file__).parent / ".labelmill" / "mirrors", ignore_errors=True)
    return True
"""


def test_what_is_replaced_or_removed_while_it_is_pulled_is_pulled_again(
    project: Project, bucket: Bucket
) -> None:
    project.configure(output=f"{bucket.url}/out")
    project.run()
    old = json.loads(bucket.get("out/_CURRENT.json"))["snapshot"]
    project.run("seed=5")
    pointer = bucket.get("out/_CURRENT.json")
    shutil.rmtree(project.state)

    def remove() -> None:
        for key in bucket.list(f"out/snapshots/{old}"):
            bucket.drop(key)

    bucket.server.at("GET", f"out/snapshots/{old}/", remove)
    written = partial(bucket.put, "out/_CURRENT.json", pointer + b" ")
    bucket.server.at("GET", "out/_CURRENT.json", written)

    assert status(project.job()).view == 2


def test_a_mirror_that_is_removed_in_mid_run_takes_nothing_off(
    nightly: Project, bucket: Bucket
) -> None:
    parts = {"source": NIGHTLY, "output": f"{bucket.url}/out"}
    nightly.configure(**parts)
    nightly.run()
    before = {key: bucket.get(key) for key in bucket.list("out")}
    fill(nightly, "22")
    (nightly.root / "forgetful.py").write_text(FORGETFUL)
    function = {"name": "f", "type": "python", "function": "forgetful.py:forgetful"}
    nightly.configure(**parts, labeling_functions=[function | {"label": "spam"}])

    with pytest.raises(OutputFailed, match="was removed while it was in use; run again"):
        nightly.run(partition="22")

    assert before.items() <= {key: bucket.get(key) for key in bucket.list("out")}.items()


def test_who_is_not_the_first_to_publish_asks_again_whose_the_output_is(
    project: Project, bucket: Bucket
) -> None:
    bucket.fill(project.root / "input", "rows")
    other = Project(project.root / "other")
    shutil.copytree(project.root / "input", other.root / "input")
    other.configure(name="other", output=str(project.output))
    project.configure(source={"path": f"{bucket.url}/rows", "id": "id", "text": "text"})
    job = project.job()
    bucket.server.at("GET", "rows", lambda: run_job(other.job()))

    with pytest.raises(UsageError, match="what is live there is of job 'other'"):
        run_job(job)

    manifest = json.loads((project.output / "current" / "manifest.json").read_bytes())
    assert manifest["job"] == "other"
