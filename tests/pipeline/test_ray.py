"""A real Ray cluster of several nodes: the same bytes, whatever becomes of nodes and workers."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.lacking import lacking
from tests.pipeline.conftest import NIGHTLY, Project, fill

from labelmill.errors import BadParameter, LabelmillError, UsageError, WorkersLost
from labelmill.pipeline import ray_executor
from labelmill.pipeline.crew import MachineLost, WorkerDied
from labelmill.pipeline.handout import LOSSES, Crew, Handout
from labelmill.pipeline.ray_host import Host, Premises, this_machine
from labelmill.pipeline.slices import Slice, label_slice
from labelmill.pipeline.worker import DONE, RAISED

pytestmark = pytest.mark.filterwarnings(  # Ray does not close the logs of its client server
    "ignore:Exception ignored in.*ray_client_server:pytest.PytestUnraisableExceptionWarning"
)

ROWS = 60
SHARD = 5
NODES = 2
WAIT = 120.0


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


CLIENTS = free_port()
"""Where the cluster hears clients."""

CLIENT = ["execution.engine=ray", f"execution.address=ray://127.0.0.1:{CLIENTS}"]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head that works on nothing, and two nodes with a CPU each."""
    try:
        from ray.cluster_utils import Cluster  # noqa: PLC0415 (an extra)
    except ImportError:
        lacking("this test needs ray: pip install 'labelmill[ray]'")
    with pytest.MonkeyPatch.context() as setting:
        setting.setenv("RAY_USAGE_STATS_ENABLED", "0")
        setting.setenv("RAY_DISABLE_IMPORT_WARNING", "1")
        # What gRPC does at a fork ends the servers of clients where the machine is busy.
        setting.setenv("GRPC_ENABLE_FORK_SUPPORT", "0")
        head = {"num_cpus": 0, "include_dashboard": False, "ray_client_server_port": CLIENTS}
        made: Any = Cluster(initialize_head=True, head_node_args=head)
        for _ in range(NODES):
            made.add_node(num_cpus=1)
    yield made
    made.shutdown()


Write = Callable[..., None]


@pytest.fixture
def write(project: Project) -> Write:
    """Write a job with a Python function `f(row)` beside a keyword."""

    def put(body: str, **parts: Any) -> None:
        setting: dict[str, Any] = {
            "labeling_functions": project.write_code(body, ROWS),
            "error_budget": 0.5,
            "execution": {"workers": 2, "shard_rows": SHARD},
        }
        project.configure(**(setting | parts))

    return put


@pytest.fixture
def expected(project: Project, write: Write) -> dict[str, bytes]:
    """What this process alone publishes of the plain function."""
    write(PLAIN)
    project.run("execution.workers=0")
    return project.files()


def on(cluster: Any, *others: str) -> list[str]:
    return ["execution.engine=ray", f"execution.address={cluster.address}", *others]


PLAIN = """
    def f(row):
        if row.text.endswith("7"):
            raise ValueError("no sevens")
        return "ham" if "nice" in row.text else None
"""


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_a_cluster_gives_the_bytes_of_this_process_alone(
    project: Project, cluster: Any, expected: dict[str, bytes], workers: int
) -> None:
    project.run(*on(cluster, f"execution.workers={workers}"), full_refresh=True)

    assert project.files() == expected


@pytest.mark.slow
def test_a_client_of_a_cluster_gives_the_same(
    project: Project, cluster: Any, expected: dict[str, bytes]
) -> None:
    running = command(project, *CLIENT, refresh=True)

    assert code(running, 3 * WAIT) == 0  # Ray lets a client that it refuses wait for a minute

    assert project.files() == expected


@pytest.mark.slow
def test_slices_can_be_labeled_on_a_cluster(
    project: Project, cluster: Any, expected: dict[str, bytes]
) -> None:
    subprocess.run(["rm", "-rf", project.root / ".labelmill", project.output], check=True)

    done = label_slice(project.job(*on(cluster)), Slice())

    assert (done.shards, done.cells["known"]) == (ROWS // SHARD, 0)
    project.run("execution.workers=0")
    assert project.files() == expected


@pytest.mark.slow
def test_a_cluster_without_a_free_cpu_is_told(
    project: Project, cluster: Any, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(PLAIN)
    monkeypatch.setattr(ray_executor, "PATIENCE", 3.0)
    monkeypatch.setattr(ray_executor, "CPUS", NODES + 1)

    with pytest.raises(WorkersLost, match=r"no Ray worker came up within 3 s: the cluster has 2"):
        project.run(*on(cluster))


@pytest.mark.slow
def test_what_is_started_here_gives_the_same_and_is_gone_afterwards(
    project: Project, write: Write
) -> None:
    write(PLAIN)
    project.run("execution.workers=0")
    expected = project.files()

    done = command(project, "execution.engine=ray", "select.min_confidence=0.01")
    assert code(done) == 0
    project.run(full_refresh=True)

    assert project.files() == expected


COUNTED = """
import json, sys
import labelmill, ray

started, init = [], ray.init

def counted(*words, **named):
    started.append(words)
    return init(*words, **named)

ray.init = counted
done = labelmill.run(sys.argv[1], partitions="20..22")
made = [one.partition for one in done.snapshots]
print(json.dumps({"partitions": made, "started": len(started), "left": ray.is_initialized()}))
"""


@pytest.mark.slow
def test_several_partitions_share_what_is_started_here(project: Project) -> None:
    try:
        import ray  # noqa: F401, PLC0415 (an extra)
    except ImportError:
        lacking("this test needs ray: pip install 'labelmill[ray]'")
    (project.root / "input" / "a.parquet").unlink()
    for day in ("20", "21", "22"):
        fill(project, day)
    functions = project.write_code(PLAIN, 2)
    (project.root / "input" / "a.parquet").unlink()
    execution = {"workers": 2, "engine": "ray"}
    project.configure(source=NIGHTLY, execution=execution, labeling_functions=functions)
    # In a process of its own: one process and two clusters of Ray do not go together.
    done = subprocess.run(
        [sys.executable, "-c", COUNTED, str(project.config)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    found = {"partitions": ["20", "21", "22"], "started": 1, "left": False}
    assert json.loads(done.stdout.splitlines()[-1]) == found


@pytest.mark.slow
def test_a_row_that_ends_its_process_is_quarantined_as_it_is_without_a_cluster(
    project: Project, cluster: Any, write: Write
) -> None:
    write("def f(row):\n    os._exit(3) if row.text.endswith(' 17') else None\n")
    project.run()
    expected = project.files()
    assert any(name.startswith("quarantine/") for name in expected)

    project.run(*on(cluster), full_refresh=True)

    assert project.files() == expected


SLOWLY = """
    LOG = Path(__file__).parent.parent / "raylets"

    def f(row):
        with LOG.open("a") as file:
            file.write(os.environ.get("RAY_RAYLET_PID", "") + "\\n")
        time.sleep(0.05)
"""


@pytest.mark.slow
def test_a_node_that_is_killed_in_mid_run_costs_time_alone(
    project: Project, cluster: Any, write: Write
) -> None:
    write(SLOWLY)
    project.run("execution.workers=0")
    expected = project.files()
    log = project.root / "raylets"
    log.unlink()
    doomed = cluster.add_node(num_cpus=2)
    raylet = str(doomed.all_processes["raylet"][0].process.pid)

    running = command(project, *on(cluster, "execution.workers=4"), refresh=True)
    wait_for(lambda: log.exists() and raylet in log.read_text().split())
    cluster.remove_node(doomed, allow_graceful=False)
    before = len(log.read_text().split())

    assert code(running) == 0
    assert project.files() == expected
    assert len(log.read_text().split()) > before


@pytest.mark.slow
def test_hosts_that_are_killed_now_and_then_cost_time_alone(
    project: Project, cluster: Any, write: Write
) -> None:
    write(SLOWLY)
    project.run("execution.workers=0")
    expected = project.files()
    (project.root / "raylets").unlink()
    nodes = [node.all_processes["raylet"][0].process.pid for node in cluster.worker_nodes]

    running = command(project, *on(cluster), refresh=True)
    killed: set[int] = set()
    wait_for((project.root / "raylets").exists)
    while running.poll() is None and len(killed) < 5:
        hosts = [
            child
            for node in nodes
            for child in psutil.Process(node).children()
            if child.name().startswith("ray::Host") and child.pid not in killed
        ]
        for host in hosts[:1]:
            killed.add(host.pid)
            host.kill()
        time.sleep(1.5)

    assert code(running) == 0
    assert len(killed) >= 2
    assert project.files() == expected


@pytest.mark.slow
def test_a_task_that_ends_whoever_looks_after_it_ends_the_run(
    project: Project, cluster: Any, write: Write
) -> None:
    write(
        """
        def f(row):
            if row.text.endswith(" 17"):
                os.kill(os.getppid(), signal.SIGKILL)
                time.sleep(60)
        """
    )

    with pytest.raises(WorkersLost, match=f"at work on {LOSSES + 1} workers that were lost"):
        project.run(*on(cluster))

    assert not (project.output / "current").exists()


@pytest.mark.slow
def test_an_error_on_the_cluster_is_the_same_error(
    project: Project, cluster: Any, write: Write
) -> None:
    write(PLAIN)
    rows = {"id": [f"r{i}" for i in range(6)], "text": ["buy"] * 6, "gold": ["eggs"] * 6}
    project.write(rows)
    source = {"path": "input", "id": "id", "text": "text", "gold": "gold"}
    write_gold = {"source": source, "labeling_functions": [BUY]}
    project.configure(**write_gold, execution={"workers": 2})

    found = [told(project, *overrides) for overrides in ([], on(cluster))]

    assert type(found[0]) is type(found[1])
    assert str(found[0]) == str(found[1])


BUY = {"name": "buy", "type": "keyword", "label": "spam", "any": ["buy"]}


def told(project: Project, *overrides: str) -> LabelmillError:
    with pytest.raises(LabelmillError) as caught:
        project.run(*overrides)
    return caught.value


@pytest.mark.slow
def test_ray_says_nothing_and_stdout_holds_the_result_alone(
    project: Project, cluster: Any, write: Write
) -> None:
    write(
        """
        def f(row):
            print("noise")
            if row.text.endswith(" 17") and not Path("lost").exists():
                Path("lost").touch()
                os.kill(os.getppid(), signal.SIGKILL)
                time.sleep(60)
    """.replace("lost", str(project.root / "lost"))
    )
    words = [word for override in on(cluster) for word in ("--set", override)]
    command = [sys.executable, "-m", "labelmill", "run", str(project.config), "--json", *words]

    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert json.loads(done.stdout)["ok"] is True
    stages = ("label", "fit", "infer")
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == list(stages)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("address", "kind", "said"),
    [
        ("127.0.0.1:1", WorkersLost, "cannot be reached: ConnectionRefusedError"),
        ("ray://127.0.0.1:1", WorkersLost, "cannot be reached"),
        ("nonsense", BadParameter, "execution.address: 'nonsense' cannot be used"),
    ],
)
def test_a_cluster_that_is_not_there_is_told(
    project: Project, address: str, kind: type[LabelmillError], said: str
) -> None:
    overrides = ["execution.engine=ray", f"execution.address={address}", "execution.workers=1"]

    error = told(project, *overrides)

    assert type(error) is kind
    assert said in str(error)


@pytest.mark.slow
def test_sigterm_ends_a_run_on_a_cluster_and_the_next_one_goes_on(
    project: Project, cluster: Any, write: Write
) -> None:
    write(SLOWLY)
    project.run("execution.workers=0")
    expected = project.files()
    log = project.root / "raylets"
    log.unlink()

    running = command(project, *on(cluster), refresh=True)
    wait_for(log.exists)
    running.terminate()

    assert code(running) == 143
    assert code(command(project, *on(cluster), refresh=True)) == 0
    assert project.files() == expected


def command(project: Project, *overrides: str, refresh: bool = False) -> "subprocess.Popen[bytes]":
    """A run from the command line."""
    words = ["run", str(project.config), *(["--full-refresh"] if refresh else [])]
    sets = [word for override in overrides for word in ("--set", override)]
    return subprocess.Popen([sys.executable, "-m", "labelmill", *words, *sets])


def code(running: "subprocess.Popen[bytes]", seconds: float = WAIT) -> int:
    """The exit code of a run, which is killed where it does not end."""
    try:
        return running.wait(seconds)
    finally:
        running.kill()
        running.wait()


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_without_ray_it_is_said_how_to_get_it(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)

    error = told(project, "execution.engine=ray", "execution.workers=1")

    assert type(error) is BadParameter
    assert "execution.engine: ray cannot be imported" in str(error)
    assert "pip install 'labelmill[ray]'" in str(error)


def test_a_small_job_and_one_without_workers_need_no_cluster(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)

    project.run("execution.engine=ray", "execution.workers=0")
    project.configure(execution={"engine": "ray"})

    assert project.run(full_refresh=True).status == "published"


def test_a_machine_that_does_not_see_the_disk_is_told(project: Project) -> None:
    mark = project.root / "mark"
    mark.write_text("one")
    seen = Premises.here(project.root, {mark: "one"})
    others = [
        Premises.here(project.root, {mark: "two"}),
        Premises.here(project.root, {project.root / "gone": "one"}),
        Premises.here(project.root / "nowhere", {}),
    ]
    host = Host(project.job(), None, 2)

    for other in others:
        kind, error = host.begin(other, None, this_machine())
        assert (kind, type(error)) == (RAISED, UsageError)
        assert f"does not see {project.root}" in str(error)
    assert host.begin(seen, None, this_machine()) == (DONE, None)
    host.close()


def test_a_machine_with_other_versions_is_told(tmp_path: Path) -> None:
    here = Premises.here(tmp_path, {})
    other = Premises(tmp_path, dict(here.versions) | {"spacy": "0.1"}, "3.99.0", {})

    here.check()
    with pytest.raises(UsageError, match=r"has spacy \d.* \(not 0.1\), Python 3\.\d.*not 3.99.0"):
        other.check()


class Lossy(Crew):
    """A crew of one, whose worker is lost with its machine again and again."""

    def __init__(self, losses: int) -> None:
        self.left = losses
        self.sent: list[Any] = []
        self.workers: list[Any] = [self]
        self.up = True

    def send(self, task: Any, payload: Any) -> None:  # noqa: ARG002 (as workers have it)
        self.sent.append(payload)

    def listen(
        self,
        busy: Any,  # noqa: ARG002 (the same)
    ) -> Iterator[tuple[Any, tuple[str, Any] | WorkerDied]]:
        self.left -= 1
        yield self, MachineLost("gone") if self.left >= 0 else (DONE, self.sent[-1])

    def relieve(self, worker: Any) -> None:
        assert worker is self

    def attempt(self, task: Any, payload: Any) -> str | None:
        raise AssertionError(task, payload)


def test_a_lost_task_is_handed_out_again_but_not_for_ever() -> None:
    task: Any = None
    assert list(Handout(Lossy(LOSSES), task, ["a", "b"], None, ())) == ["a", "b"]
    with pytest.raises(WorkersLost, match="gone; run again when the cluster is well"):
        list(Handout(Lossy(LOSSES + 1), task, ["a", "b"], None, ()))
