"""S3 and what speaks like it: the only module that knows the client library, obstore.

Endpoint, region and credentials come from the environment in the standard way (`AWS_ENDPOINT_URL`,
`AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`; without keys those
of the container, the web identity or the instance). Nothing of them is ever shown: of what a store
answers only its code and its sentence are.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from time import sleep
from typing import Any, TypeVar

from labelmill.errors import UsageError
from labelmill.io.patience import PAUSES, patiently
from labelmill.io.stores import Changed, Denied, Gone, Seen, StoreError, Unreachable

Result = TypeVar("Result")

INSTALL = "reading and writing s3:// needs the extra s3; run: pip install 'labelmill[s3]'"
KEYS = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
CLIENT = {"timeout": "60s", "connect_timeout": "10s"}
RETRIES: Any = {"max_retries": 0}
"""What may pass is tried again by `labelmill.io.patience`, as everywhere."""

AT_ONCE = 1000
"""So many objects a store lists or removes in one request."""

WHOLE = 32 << 20
"""Up to so many bytes a file is written in one request; its etag is then that of the bytes."""

PART = 16 << 20
"""Bytes of a part of a bigger file."""

_STATUS = re.compile(r"status code: (\d{3})")
_CODE = re.compile(r"<Code>(\w+)</Code>")
_SENTENCE = re.compile(r"<Message>([^<]*)</Message>")
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})


def is_installed() -> bool:
    """Whether the extra s3 is there."""
    return find_spec("obstore") is not None


def open_bucket(bucket: str) -> "Bucket":
    """A bucket as the environment says that it is reached.

    Raises:
        UsageError: if the extra s3 is not installed.
    """
    if not is_installed():
        raise UsageError(INSTALL)
    return _bucket(bucket, tuple(sorted((k, v) for k, v in os.environ.items() if _is_ours(k))))


def _is_ours(name: str) -> bool:
    return name.startswith("AWS_")


@cache
def _bucket(bucket: str, environment: tuple[tuple[str, str], ...]) -> "Bucket":
    return Bucket(bucket, dict(environment))


class _Faltering(ConnectionError):
    """What may have passed a moment later."""


class Bucket:
    """A bucket (see `labelmill.io.stores.Store`)."""

    def __init__(self, name: str, environment: dict[str, str]) -> None:
        """Nothing is asked of the store yet."""
        from obstore.store import S3Store  # noqa: PLC0415 (an extra)

        names = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
        endpoint = next((environment[key] for key in names if environment.get(key)), None)
        config: Any = {} if endpoint is None else {"endpoint": endpoint}
        options: Any = CLIENT | {"allow_http": bool(endpoint and endpoint.startswith("http:"))}
        self.name = name
        with _answers(name):
            self._store: S3Store = S3Store(
                name, config=config, client_options=options, retry_config=RETRIES
            )

    def list(self, folder: str) -> list[Seen]:
        """All objects below a folder, sorted by key."""
        import obstore  # noqa: PLC0415 (an extra)

        def found() -> list[Seen]:
            batches = obstore.list(self._store, folder or None, chunk_size=AT_ONCE)
            return [_seen(entry) for batch in batches for entry in batch]

        return sorted(self._patiently(found), key=lambda seen: seen.key)

    def look(self, key: str) -> Seen | None:
        """What an object is like now; None where there is none."""
        import obstore  # noqa: PLC0415 (an extra)

        try:
            return _seen(self._patiently(lambda: obstore.head(self._store, key)))
        except Gone:
            return None

    def read(self, key: str, etag: str | None = None) -> bytes:
        """A whole object."""
        return self._read(key, etag, {})

    def read_range(self, key: str, start: int, stop: int, etag: str | None = None) -> bytes:
        """Some bytes of an object."""
        return self._read(key, etag, {"range": (start, stop)})

    def _read(self, key: str, etag: str | None, options: dict[str, Any]) -> bytes:
        import obstore  # noqa: PLC0415 (an extra)

        wanted: Any = options if etag is None else {**options, "if_match": etag}
        try:
            return self._patiently(
                lambda: obstore.get(self._store, key, options=wanted).bytes().to_bytes()
            )
        except Changed as error:
            raise Changed("it was replaced since it was listed; run again") from error

    def write(self, key: str, data: bytes | Path) -> str:
        """Write bytes or a file; a big file goes in parts, and is there when all of them are."""
        return self._put(key, data, "overwrite")

    def write_if(self, key: str, data: bytes, etag: str | None) -> str:
        """Write if the object is the one with this etag, or with None if there is none."""
        mode: Any = "create" if etag is None else {"e_tag": etag}
        for pause in (*PAUSES, None):
            try:
                return self._put(key, data, mode)
            except (Changed, Gone) as error:
                if etag is None and isinstance(error, Gone):
                    raise  # there is no such bucket
            # The answer to an attempt that was taken may have been lost on its way; and one who
            # comes at the same moment may be refused although nobody has changed anything.
            seen = self.look(key)
            if seen is not None and seen.size == len(data) and self.read(key, seen.etag) == data:
                return seen.etag
            if (seen and seen.etag) != etag or pause is None:
                break
            sleep(pause)
        raise Changed("somebody else has written it in the meantime")

    def _put(self, key: str, data: bytes | Path, mode: Any) -> str:
        import obstore  # noqa: PLC0415 (an extra)

        big = isinstance(data, Path) and data.stat().st_size > WHOLE
        put = partial(obstore.put, self._store, key, data, mode=mode, use_multipart=big)
        done = self._patiently(partial(put, chunk_size=PART))
        return str(done["e_tag"])

    def remove(self, keys: Sequence[str]) -> None:
        """Remove objects."""
        import obstore  # noqa: PLC0415 (an extra)

        for start in range(0, len(keys), AT_ONCE):
            some = list(keys[start : start + AT_ONCE])
            self._patiently(partial(obstore.delete, self._store, some))

    def _patiently(self, attempt: Callable[[], Result]) -> Result:
        def answered() -> Result:
            with _answers(self.name):
                return attempt()

        try:
            return patiently(answered)
        except _Faltering as error:
            told = f"{error}; tried {len(PAUSES) + 1} times"
            raise Unreachable(told) from None


def _seen(entry: Any) -> Seen:
    return Seen(
        entry["path"], entry["size"], entry["e_tag"] or "", entry["last_modified"], entry["version"]
    )


@contextmanager
def _answers(bucket: str) -> Iterator[None]:
    """Turn what the client library raises into what labelmill knows of."""
    from obstore import exceptions as known  # noqa: PLC0415 (an extra)

    try:
        yield
    except (known.PreconditionError, known.AlreadyExistsError):
        raise Changed("somebody else has written it in the meantime") from None
    except (known.BaseError, FileNotFoundError, PermissionError) as error:
        raise _told(bucket, str(error)) from None


def _told(bucket: str, answer: str) -> Exception:
    """What an answer means."""
    status = next((int(number) for number in _STATUS.findall(answer)), 0)
    code = "".join(_CODE.findall(answer)[:1])
    if code == "NoSuchBucket":
        return Gone(f"there is no bucket '{bucket}'")
    if "169.254.169.254" in answer or "Missing access key" in answer:
        return Denied(f"there are no credentials; {KEYS}")
    if "redirect" in answer.lower():
        return StoreError(f"bucket '{bucket}' lies in another region; set AWS_REGION")
    return _by_status(status, code, answer)


def _by_status(status: int, code: str, answer: str) -> Exception:
    """What an answer means by its number."""
    said = f"HTTP {status}{f' {code}' if code else ''}"
    if status in (401, 403):
        sentence = "".join(_SENTENCE.findall(answer)[:1])
        why = f": {sentence}" if code in ("SignatureDoesNotMatch", "RequestTimeTooSkewed") else ""
        return Denied(f"access was denied ({said}{why}); check the credentials and their rights")
    if status == 404 or (not status and "not found" in answer.lower()):
        return Gone(f"it is gone, or was never there ({said})")
    if status in _BUSY or not status:
        return _Faltering(f"the store is too busy ({said})" if status else _unreached(answer))
    return StoreError(f"the store refused ({said})")


def _unreached(answer: str) -> str:
    """Why there was no answer at all."""
    late = "timed out" in answer
    return "the store did not answer in time" if late else "the store cannot be reached"
