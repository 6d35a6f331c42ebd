"""A worker: the process that carries out tasks, one after the other, until nobody sends any.

It is started by `labelmill.pipeline.crew` as a plain interpreter that imports this module and
nothing of the program that started it. It says that it is up, gets the job, and answers each task
with its result, or with the error that it raised.
"""

import gc
import os
import traceback
from collections.abc import Sequence
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any

from labelmill import kinds
from labelmill.errors import LabelmillError
from labelmill.io.pandas_later import keep_pandas_out
from labelmill.io.torch_later import keep_torch_out_of_spacy
from labelmill.pipeline.bind import BoundJob
from labelmill.pipeline.foreign import runs_foreign_code

TASKS = "labelmill.pipeline.stages"
"""Where the tasks are that workers get."""

UP = "up"
DONE = "done"
RAISED = "raised"


def main(descriptor: int, modules: Sequence[str] = ()) -> None:
    """Serve at an open pipe until its other end is closed.

    The garbage collector is off when this is called, and on from the first task.

    Args:
        descriptor: of the pipe.
        modules: what the job will need, imported while it is not there yet.
    """
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
            connection.send(_answer(bound, *connection.recv()))
            gc.collect()
            gc.freeze()  # what the job is bound to is there by now and will stay
            while True:
                connection.send(_answer(bound, *connection.recv()))
        except (EOFError, BrokenPipeError, ConnectionResetError):
            return


def _answer(bound: BoundJob, task: Any, payload: Any) -> tuple[str, Any]:
    try:
        return DONE, task(bound, payload)
    except LabelmillError as error:
        return RAISED, error
    except BaseException as error:  # a defect: it is raised again where people see it
        return RAISED, Defect("".join(traceback.format_exception(error)))


class Defect(Exception):
    """What a task raised that was not raised on purpose, with its traceback as its message."""
