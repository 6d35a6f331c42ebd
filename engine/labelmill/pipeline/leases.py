"""Who works on a job whose state lies in a store: one machine at a time, as far as one can tell.

The lock of a job guards its state on one machine. In a store there is an object beside it, which
whoever works on the job writes again and again; it is free where it says so, or where nobody has
written it for a while and nobody writes it while one looks. All of that is done by conditional
writes. A machine that stood still may think that it holds what it has lost: it ends when it
notices, and the conditional write of what is live is what keeps an output whole until then.
"""

import json
import platform
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep, time
from typing import Any

from labelmill.config.spec import Job
from labelmill.errors import LockHeld
from labelmill.io import durable
from labelmill.io.stores import Changed, Gone, Seen, Store, StoreError
from labelmill.pipeline.lasting import Lasting, lasting

BEAT = 15.0
"""Seconds after which a lease is written again."""

TERM = 90.0
"""Seconds after which a lease that nobody has written is free."""

SURE = TERM
"""So many seconds after its last write a lease is surely still held."""

PATIENCE = 10.0
"""So long the end of a run waits for an answer of the store to the last beat."""

RECORDS = 400
"""So many records of runs are fetched, the newest."""


@dataclass
class Lease:
    """A lease that is held; a thread writes it again until it ends or is lost.

    `kept` is when the write was sent that the store last took.
    """

    store: Store
    key: str
    facts: dict[str, Any]
    etag: str
    lost: str = ""
    kept: float = field(default_factory=monotonic)
    _ended: Event = field(default_factory=Event)
    _thread: Thread | None = None

    def begin(self) -> None:
        """Let it be written from now on."""
        self._thread = Thread(target=self._keep, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Give it back, if it was not lost."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(PATIENCE)
        if not self.lost:
            with suppress(StoreError):
                self.store.write_if(self.key, _bytes(self.facts | {"free": True}), self.etag)

    def _keep(self) -> None:
        """Write it again; where the store does not answer, as long as nobody else may take it."""
        beats = 0
        while not self.lost and not self._ended.wait(BEAT):
            beats, sent = beats + 1, monotonic()
            try:
                facts = _bytes(self.facts | {"beats": beats})
                self.etag = self.store.write_if(self.key, facts, self.etag)
                self.kept = sent
            except Changed:
                self.lost = "another machine has taken it over"
            except StoreError as error:
                if self.is_over:
                    self.lost = f"it could not be kept ({error})"

    @property
    def is_over(self) -> bool:
        """Whether nobody has written it for so long that another machine may take it."""
        return monotonic() - self.kept > SURE


_HELD: list[Lease] = []


@contextmanager
def leased(job: Job, part: str = "") -> Iterator[None]:
    """Hold the lease of a job, or of a part of it, and have what lasts of its state here.

    Without a store this does nothing.

    Raises:
        LockHeld: if a run on another machine holds it, or a part of the job is at work there.
        OutputFailed: if the store cannot be used.
    """
    lasts = lasting(job)
    if lasts is None:
        yield
        return
    with lasts.told():
        lease = _taken(lasts, job, part)
    lease.begin()
    _HELD.append(lease)
    memo = lasts.folder / "digests" / f"{job.name}.json"
    try:
        fetch_records(job)
        if not memo.exists():
            lasts.fetch(memo.parent, memo.name)
        before = _stamp(memo)
        yield
        if _stamp(memo) != before:
            lasts.send(memo.parent, memo.name)
    finally:
        _HELD.remove(lease)
        lease.end()


def fetch_records(job: Job) -> None:
    """Have the records of earlier runs here, where they lie in a store."""
    lasts = lasting(job)
    if lasts is not None:
        lasts.fetch_newest(lasts.folder / "runs", "run.json", RECORDS)


def check_leases() -> None:
    """Make sure that no lease was lost.

    Raises:
        LockHeld: if one was.
    """
    for lease in _HELD:
        if lease.lost or lease.is_over:
            why = lease.lost or "the store has not answered for too long"
            message = f"the lease {lease.key} of this run was lost: {why}; run again"
            raise LockHeld(message)


def _taken(lasts: Lasting, job: Job, part: str) -> Lease:
    """Take the lease, and then look whether others are at work that it does not go with."""
    me = {"job": job.name, "holder": _holder(lasts.folder), "host": platform.node()}
    key = lasts.key(lasts.folder / "leases" / f"{job.name}{part and f'.{part}'}.json")
    lease = Lease(lasts.store, key, me, _take(lasts.store, key, me))
    try:
        for other in _others(lasts, job, part):
            _refuse_if_held(lasts.store, other, me)
    except BaseException:
        lease.end()
        raise
    return lease


def _take(store: Store, key: str, me: dict[str, Any]) -> str:
    etag = _refuse_if_held(store, key, me)
    try:
        return store.write_if(key, _bytes(me | {"taken": secrets.token_hex(8)}), etag)
    except Changed:
        message = f"a run on another machine has just taken {key}; wait for it to end"
        raise LockHeld(message) from None


def _refuse_if_held(store: Store, key: str, me: dict[str, Any]) -> str | None:
    """The etag of a lease that nobody else holds; None where there is none."""
    seen = store.look(key)
    if seen is None:
        return None
    try:
        told = json.loads(store.read(key, seen.etag))
    except Gone:
        return None
    except Changed:
        told = {"host": "another machine"}  # it was written at this moment
    except ValueError:
        told = {}
    free = told.get("free") or told.get("holder") == me["holder"]
    if free or (time() - seen.modified.timestamp() > TERM and _is_left(store, seen)):
        return seen.etag
    message = f"a run on {told.get('host')} holds {key}; wait for it to end"
    raise LockHeld(message)


def _is_left(store: Store, seen: Seen) -> bool:
    """Whether nobody writes a lease any more; one's own clock alone does not say so."""
    sleep(2 * BEAT)
    now = store.look(seen.key)
    return now is not None and now.etag == seen.etag


def _others(lasts: Lasting, job: Job, part: str) -> list[str]:
    """The leases that this one does not go with: a run with none, a part with the run."""
    folder = lasts.folder / "leases"
    own = lasts.key(folder / f"{job.name}.json")
    if part:
        return [own]
    start = own.removesuffix("json")
    found = [seen.key for seen in lasts.store.list(lasts.key(folder))]
    return [key for key in found if key.startswith(f"{start}label-") and key != own]


def _holder(state: Path) -> str:
    """What tells this folder of state from those of other machines.

    Whoever holds the lock in this folder and finds its lease held from here knows that its holder
    was killed.
    """
    path = state / "locks" / "holder"
    if not path.exists():
        durable.write_bytes(path, secrets.token_hex(16).encode())
    return path.read_text("ascii")


def _stamp(path: Path) -> tuple[int, int] | None:
    return (path.stat().st_mtime_ns, path.stat().st_ino) if path.exists() else None


def _bytes(facts: dict[str, Any]) -> bytes:
    return json.dumps(facts, sort_keys=True).encode()
