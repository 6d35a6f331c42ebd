"""A worker: the process that carries out tasks, one after the other, until nobody sends any.

It is started by `labelmill.pipeline.crew` as a plain interpreter that imports this module and
nothing of the program that started it. It says that it is up, gets the job, and answers each task
with its result, or with the error that it raised.
"""

import ctypes
import gc
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any

from labelmill import kinds
from labelmill.errors import LabelmillError
from labelmill.io.leaving import end_soon
from labelmill.io.pandas_later import keep_pandas_out
from labelmill.io.torch_later import keep_torch_out_of_spacy
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.foreign import runs_foreign_code

TASKS = "labelmill.pipeline.stages"
"""Where the tasks are that workers get."""

UP = "up"
DONE = "done"
RAISED = "raised"


PARENT_DIED = 1
"""What prctl is asked for: a signal when the process dies that started this one."""


def main(descriptor: int, parent: int, modules: Sequence[str] = ()) -> None:
    """Serve at an open pipe until its other end is closed.

    The garbage collector is off when this is called, and on from the first task.

    Args:
        descriptor: of the pipe.
        parent: the number of the process that started this one.
        modules: what the job will need, imported while it is not there yet.
    """
    end_with(parent)
    os.set_inheritable(descriptor, False)  # noqa: FBT003 (takes no keyword)
    with Connection(descriptor) as connection:
        keep_pandas_out()
        try:
            connection.send(UP)
            for module in (TASKS, *modules):
                import_module(module)
            job, kit = connection.recv()
            if not runs_foreign_code(job):
                keep_torch_out_of_spacy()
            bound = BoundJob(job, kit)
            kinds.announce_all()  # a model's file names its type
            gc.freeze()
            gc.enable()
            connection.send(answer(bound, *connection.recv()))
            gc.collect()
            gc.freeze()  # what the job is bound to is there by now and will stay
            while True:
                connection.send(answer(bound, *connection.recv()))
        except (EOFError, BrokenPipeError, ConnectionResetError):
            end_soon(0)


def end_with(parent: int) -> None:
    """End at once when the process dies that started this one; what it is at is nobody's then.

    Where the system knows no such thing, the task at hand is finished first.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PARENT_DIED, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)


def answer(bound: BoundJob, task: Any, payload: Any) -> tuple[str, Any]:
    """What is said of a task: its result, or what it raised."""
    try:
        return DONE, task(bound, payload)
    except LabelmillError as error:
        return RAISED, error
    except BaseException as error:  # a defect: it is raised again where people see it
        return RAISED, Defect("".join(traceback.format_exception(error)))


class Defect(Exception):
    """What a task raised that was not raised on purpose, with its traceback as its message."""
