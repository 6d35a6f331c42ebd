"""Input that has no rows any more: what is live of it stays, and that is told."""

import pytest
from tests.pipeline.conftest import NIGHTLY, Project, fill

from labelmill.errors import InputMissing

TOLD = "has no rows any more; what is live of it stays live"


def test_a_run_of_all_partitions_tells_of_one_that_was_emptied(nightly: Project) -> None:
    nightly.run()
    fill(nightly, "20", rows=0)
    fill(nightly, "22", rows=0)

    assert nightly.run().warnings == (f"partition 20 {TOLD}",)
    fill(nightly, "21", rows=3)
    assert f"partition 20 {TOLD}" in nightly.run().warnings
    assert len(list((nightly.output / "current").glob("date=*"))) == 2


def test_a_partition_without_rows_is_named(nightly: Project) -> None:
    fill(nightly, "20", rows=0)

    with pytest.raises(InputMissing, match="partition '20' has no rows"):
        nightly.run(partition="20")


def test_an_empty_night_that_is_allowed_is_told_of_where_something_is_live(
    nightly: Project,
) -> None:
    nightly.configure(source=NIGHTLY | {"allow_empty": True})
    nightly.run()
    fill(nightly, "20", rows=0)
    fill(nightly, "22", rows=0)

    assert nightly.run(partition="22").warnings == ()
    done = nightly.run(partition="20")

    assert (done.status, done.warnings) == ("no data", (f"partition 20 {TOLD}",))
