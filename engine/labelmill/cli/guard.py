"""Carrying out a command line: every error becomes a message and an exit code."""

import _thread
import atexit
import gc
import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from labelmill.cli import logs
from labelmill.cli.deaf import deaf_to_errors, deaf_to_leaving
from labelmill.cli.jobs import HERE, HIDDEN
from labelmill.cli.outcome import Unprintable, complain, show_error, show_failure
from labelmill.core.hiding import hidden_in, hide_in_error
from labelmill.errors import LabelmillError, Terminated
from labelmill.io.leaving import end_soon
from labelmill.pipeline import ending

INTERRUPTED = 130
TERMINATED = 143
CODES = {1: "Unexpected", 2: "UsageError"}
"""What `--json` calls an end that no error of labelmill's own stands for, by exit code."""
_TERMINATING = (signal.SIGTERM, signal.SIGHUP)
"""Signals that say that a process has to end; the second comes when its terminal is closed."""


def carry_out(arguments: Sequence[str]) -> int:
    """Carry out a command line.

    Returns:
        The exit code.
    """
    as_json = "--json" in arguments
    HERE.set(None)
    HIDDEN.set({})
    logs.set_format(None)
    _never_fail_to_print()
    _start_and_end_quickly()
    with _not_collecting(), _told_of_end() as ends:
        try:
            code = _invoke(arguments, as_json=as_json)
            sys.stdout.flush()
        except (Unprintable, OSError) as error:
            sys.stdout = io.TextIOWrapper(io.BytesIO())
            reason = getattr(error, "strerror", None) or str(error)
            _tell(1, f"error: stdout cannot be written ({reason})", as_json=False)
            return 1
        except KeyboardInterrupt:
            code = INTERRUPTED
        if code == INTERRUPTED:
            code = TERMINATED if ends and ends[0] in _TERMINATING else INTERRUPTED
            _tell(code, "interrupted; run the same command again", as_json=as_json)
    return code


def leaving(code: int) -> int:
    """An exit code with which this process ends, whatever threads a job's code has left at work."""
    left = end_soon(code)
    if left and not logs.is_json():
        count = "a thread" if len(left) == 1 else f"{len(left)} threads"
        are = "is" if len(left) == 1 else "are"
        complain(f"labelmill: {count} of the job's code ({left[0]}) {are} still at work; given up")
    return code


def _invoke(arguments: Sequence[str], *, as_json: bool) -> int:
    import typer  # noqa: PLC0415 (only where a command line is carried out)

    from labelmill.cli.app import app  # noqa: PLC0415 (the same)

    command = typer.main.get_command(app)
    code: object = 0
    try:
        code = command.main(
            args=list(arguments) or ["--help"], prog_name="labelmill", standalone_mode=False
        )
    except LabelmillError as error:
        hide_in_error(error, HIDDEN.get())
        show_error(error, as_json=as_json)
        code = error.exit_code
    except SystemExit as error:
        code = error.code
    except typer.Abort:
        code = INTERRUPTED
    except Unprintable:
        raise
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # the front door: whatever it is, no traceback leaves it
        if isinstance(error.__cause__, KeyboardInterrupt):  # Python wraps those in class bodies
            return INTERRUPTED
        code = _explain(error, arguments, as_json=as_json)
    return code if isinstance(code, int) else 0


def _explain(error: BaseException, arguments: Sequence[str], *, as_json: bool) -> int:
    # What typer raises for a bad command line has no public class in all its versions.
    if hasattr(error, "format_message"):
        return _usage(error, as_json=as_json)
    return _unexpected(error, arguments, as_json=as_json)


def _usage(error: BaseException, *, as_json: bool) -> int:
    """A command line that cannot be read; typer says what is wrong with it."""
    message = str(getattr(error, "format_message", str)()).replace("Value error, ", "")
    context = getattr(error, "ctx", None)
    if context is not None and not as_json:
        message += f"\n{context.get_usage()}\nTry: {context.command_path} --help"
    _tell(2, message, as_json=as_json)
    return 2


def _unexpected(error: BaseException, arguments: Sequence[str], *, as_json: bool) -> int:
    if isinstance(error, MemoryError) or "can't start new thread" in str(error):
        message = (
            f"error: this process got no more memory or threads ({type(error).__name__}: {error}); "
            "run again with fewer workers or a smaller execution.shard_rows, or raise its limits"
        )
        _tell(1, message, as_json=as_json)
        return 1
    place = _save_trace(error, arguments)
    told = hidden_in(f"unexpected error: {type(error).__name__}: {error}", HIDDEN.get())
    please = f"; please report it with the file {place}" if place else "; please report it"
    _tell(1, told + please, as_json=as_json)
    return 1


def _tell(code: int, message: str, *, as_json: bool) -> None:
    if as_json:
        show_failure(code, [{"code": CODES.get(code, "Interrupted"), "message": message}])
    elif logs.is_json():
        logs.log("error", {"message": message, "exit_code": code})
    else:
        complain(f"labelmill: {message}" if code != 2 else f"labelmill: error: {message}")


def _save_trace(error: BaseException, arguments: Sequence[str]) -> Path | None:
    """Write what happened to a file of the project's state, or say that it could not be kept."""
    import secrets  # noqa: PLC0415 (only for a trace)
    import traceback  # noqa: PLC0415
    from datetime import UTC, datetime  # noqa: PLC0415

    from labelmill import __version__  # noqa: PLC0415
    from labelmill.errors import OutputFailed  # noqa: PLC0415
    from labelmill.io.durable import write_bytes  # noqa: PLC0415

    name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}.txt"
    place = (HERE.get() or Path.cwd()) / ".labelmill" / "errors" / name
    lines = [
        f"labelmill {__version__}, Python {sys.version}, {sys.platform}\n",
        f"arguments: {list(arguments)}\n\n",
        *traceback.format_exception(error),
    ]
    try:
        write_bytes(
            place, hidden_in("".join(lines), HIDDEN.get()).encode("utf-8", "backslashreplace")
        )
    except OutputFailed:
        return None
    return place


def _start_and_end_quickly() -> None:
    """Let numpy start no threads, and Python look for no garbage at its end.

    Algebra over many cores has no place here: its sums depend on how many there are.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)


def _never_fail_to_print() -> None:
    """A character that the terminal's encoding lacks is shown as a question mark.

    Where the caller closed a stream (`>&-`), what would go there is dropped; so is what stderr
    does not take, for a full disk of logs or a reader that has left is no reason to end a run. A
    reader of stdout may leave too, as `head` does: the exit code is that of the work.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))
    if sys.stderr is sys.__stderr__ and isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr = deaf_to_errors(sys.stderr)
    if sys.stdout is sys.__stdout__ and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout = deaf_to_leaving(sys.stdout)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


@contextmanager
def _not_collecting() -> Iterator[None]:
    """Look for no garbage while modules load and a job is read: all of it stays.

    Reading a job turns the collector on again.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


@contextmanager
def _told_of_end() -> Iterator[list[int]]:
    """Let SIGTERM and SIGHUP end the work as Ctrl-C does; the list says what came.

    A run ends when it has finished what it is at (see `labelmill.pipeline.ending`).
    """
    ends: list[int] = []

    def end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 (a handler's signature)
        ends.append(number)
        if ending.noted(number):
            return
        for other in _TERMINATING:
            signal.signal(other, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        raise Terminated if number in _TERMINATING else KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield ends
        return
    hook = sys.unraisablehook
    # Under nohup a run goes on when its terminal is closed.
    heard = [n for n in _TERMINATING if signal.getsignal(n) != signal.SIG_IGN]
    before = {number: signal.signal(number, end) for number in (*heard, signal.SIGINT)}
    sys.unraisablehook = lambda lost: _interrupt_again(lost, hook)
    try:
        yield ends
    finally:
        sys.unraisablehook = hook
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt_again(lost: Any, hook: Callable[[Any], Any]) -> None:
    """Python drops an interrupt that comes inside a callback, such as at an import; repeat it."""
    if issubclass(lost.exc_type, KeyboardInterrupt):
        threading.Timer(0.05, _thread.interrupt_main).start()
    else:
        hook(lost)
