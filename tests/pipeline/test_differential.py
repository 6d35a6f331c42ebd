"""Jobs at random come out the same, byte for byte, whatever way they are run."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from benchmarks.differential_jobs import all_ways, by_ray, by_slices, compared, known
from benchmarks.random_jobs import RandomJob
from tests.lacking import lacking

MANY = 24
BLOCK = 4


@pytest.mark.parametrize("seed", [105, 106, 115])
def test_a_job_is_the_same_in_slices_with_votes_known_and_after_changes(seed: int) -> None:
    assert compared([seed], {"slices": by_slices, "known": known}, changes=1) == []


@pytest.mark.slow
@pytest.mark.parametrize("first", range(200, 200 + MANY, BLOCK))
def test_many_jobs_are_the_same_in_all_ways(first: int) -> None:
    assert compared(range(first, first + BLOCK), all_ways()) == []


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where a Ray cluster of two nodes is."""
    try:
        from ray.cluster_utils import Cluster  # noqa: PLC0415 (an extra)
    except ImportError:
        lacking("this test needs ray: pip install 'labelmill[ray]'")
    head = {"num_cpus": 1, "include_dashboard": False}
    cluster: Any = Cluster(initialize_head=True, head_node_args=head)
    cluster.add_node(num_cpus=1)
    yield cluster.address
    cluster.shutdown()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(300, 308))
def test_jobs_are_the_same_on_a_cluster(seed: int, address: str) -> None:
    assert compared([seed], {"ray": by_ray(address)}, changes=0) == []


def test_jobs_at_random_are_of_many_kinds_and_hang_on_their_seed_alone(tmp_path: Path) -> None:
    jobs = [RandomJob(tmp_path / str(seed), seed) for seed in range(40)]
    again = RandomJob(tmp_path / "again", 7)

    assert again.config == jobs[7].config
    written = [path.read_bytes() for path in again.files()]
    assert written == [path.read_bytes() for path in jobs[7].files()]
    assert {job.config["task"]["type"] for job in jobs} == {"classification", "ner", "sentiment"}
    models = {job.config["label_model"]["type"] for job in jobs}
    assert models == {"majority", "dawid_skene", "lift", "auto", "hmm"}
    assert {job.partitioned for job in jobs} == {True, False}
    types = {function["type"] for job in jobs for function in job.config["labeling_functions"]}
    assert types >= {"keyword", "regex", "expression", "python", "column", "gazetteer"}
    assert types >= {"token_pattern", "document_majority", "span_filter"}
    assert any("refine" in job.config for job in jobs)
    told = {job.change() for job in jobs for _ in range(5)}
    assert len(told) == 10
