"""Being connected to Ray: to a cluster that is there, or to one that is started here."""

import logging
import os
import secrets
import signal
import socket
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from time import sleep
from typing import Any

from labelmill.config.spec import Job
from labelmill.errors import BadParameter, OutputFailed, Terminated, WorkersLost
from labelmill.io import durable

STORE = 100_000_000
"""Bytes of Ray's object store where Ray is started here; what is carried is small."""

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DISABLE_IMPORT_WARNING": "1",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DEDUP_LOGS_SKIP_REGEX": "^",  # or it prints to stdout, where results stand
}
"""Settings of Ray: it tells nobody of its use, and says nothing to those who did not ask."""

_LASTING: ContextVar[ExitStack | None] = ContextVar("lasting", default=None)

KNOCK = 10.0
"""Seconds in which a cluster must answer at all; Ray itself would try for minutes."""

PAUSES = (1.0, 4.0)
"""Seconds before a cluster is asked again that answered, and could not start a server for us."""


@contextmanager
def one_cluster() -> Iterator[None]:
    """While the with block runs, what connects to Ray, or starts it, does so once for all."""
    with ExitStack() as stack:
        before = _LASTING.set(stack)
        try:
            yield
        finally:
            _LASTING.reset(before)


def entered(job: Job, own: ExitStack, workers: int) -> Any:
    """Ray, connected for as long as `one_cluster` says; else until its own stack is closed."""
    lasting, address = _LASTING.get(), job.execution.address
    if lasting is None:
        return own.enter_context(_connected(address, workers))
    own.push(partial(_given_up, lasting))
    return lasting.enter_context(
        _connected(address, max(workers, job.execution.workers or os.cpu_count() or 1))
    )


def _given_up(lasting: ExitStack, kind: type[BaseException] | None, *_: object) -> None:
    """Where a cluster has lost all workers, whoever comes next begins with another one."""
    if kind is not None and issubclass(kind, WorkersLost):
        lasting.close()


@contextmanager
def _connected(address: str | None, workers: int) -> Iterator[Any]:
    """Ray, connected; what is connected already is left as it is."""
    try:
        with _quiet():
            import ray  # noqa: PLC0415 (heavy, and an extra)
    except ImportError as error:
        message = f"ray cannot be imported ({error}): pip install 'labelmill[ray]'"
        raise BadParameter("execution.engine", message) from error
    if ray.is_initialized():
        yield ray
        return
    folder = _short_folder() if address is None else None
    try:
        with _quiet():
            _connect(ray, address, workers, folder)
        yield ray
    finally:
        with _quiet():
            ray.shutdown()
        if folder is not None:
            with suppress(OutputFailed):  # a process of Ray may still be writing its log
                durable.remove_folder(folder)


def _connect(ray: Any, address: str | None, workers: int, folder: Path | None) -> None:
    common: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    try:
        _knock(address or "")
        if address is None:
            ray.init(
                "local",
                num_cpus=workers,
                include_dashboard=False,
                object_store_memory=STORE,
                _temp_dir=str(folder),
                **common,
            )
        else:
            join(partial(ray.init, address, **common))
    except SystemExit as end:  # while it starts, Ray answers SIGTERM in this way
        raise Terminated from end
    except (ConnectionError, TimeoutError, socket.gaierror) as error:
        message = f"the Ray cluster at '{address}' cannot be reached: {_cause(error)}"
        raise WorkersLost(message) from error
    except (OSError, ValueError, RuntimeError) as error:
        message = f"'{address or 'local'}' cannot be used: {_cause(error)}"
        raise BadParameter("execution.address", message) from error


def join(init: Callable[[], Any]) -> None:
    """Join a cluster; one that could not start a server for this client is asked again.

    The head forks a server for each client while threads of gRPC run in it. On a busy machine many
    a child is ended by gRPC's own handlers of the fork (SIGABRT, SIGSEGV) before it has begun.
    """
    for pause in PAUSES:
        try:
            init()
        except ConnectionAbortedError:
            sleep(pause)
        else:
            return
    init()


def _knock(address: str) -> None:
    """See whether anybody is there, where an address names a host and a port."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host, int(port)), timeout=KNOCK).close()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Ray from saying what nobody asked for, and from taking over what a signal does."""
    before = {name: os.environ.get(name) for name in QUIET}
    main = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGTERM) if main else None
    logger = logging.getLogger("ray")
    level = logger.level
    os.environ.update({name: value for name, value in QUIET.items() if before[name] is None})
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
        if main and handler is not None:
            signal.signal(signal.SIGTERM, handler)


def _short_folder() -> Path:
    """A folder for Ray's files, whose sockets may not have long names."""
    place = tempfile.gettempdir()
    short = place if len(place) <= 20 else "/tmp"  # noqa: S108 (its name is new, and Ray makes it)
    return Path(short) / f"lm-{secrets.token_hex(4)}"


def _cause(error: BaseException) -> str:
    """The kind of an error and what it says; of a traceback from elsewhere, its head and end."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = " ".join(dict.fromkeys(lines[:1] + lines[-1:]))
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
