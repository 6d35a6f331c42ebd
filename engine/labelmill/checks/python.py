"""The `python` check: a function of the project that looks at a snapshot."""

import inspect
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from labelmill.core.facts import Facts, Finding
from labelmill.core.protocols import Needs
from labelmill.core.registry import CHECKS
from labelmill.core.tables import Tables
from labelmill.errors import BadParameter, nearest
from labelmill.io.modules import (
    Reference,
    importable,
    load_function,
    module_files,
    raised,
    shortened,
    told,
)


@dataclass(frozen=True, slots=True)
class View:
    """What a function is shown of a snapshot: copies, and a reader of the tables.

    `facts` is what report.json will hold, `past` the same of snapshots that were published before,
    the newest first. `tables.batches("train", ["id", "text"])` gives Arrow record batches,
    `tables.table("dev")` a whole Arrow table; there are labels, train, dev, test, quarantine and
    filtered.
    """

    facts: Mapping[str, Any]
    tables: Tables
    past: tuple[Mapping[str, Any], ...] = ()


@CHECKS.add("python")
@dataclass(frozen=True, slots=True)
class Python:
    """Ask a Python function of the project.

    The function is called as `f(view, **params)`. `view.facts` is the report as plain data (totals,
    classes, functions, splits and so on), `view.tables` reads what was written, and `view.past`
    holds the reports of snapshots before. The function answers True where the snapshot may be
    published and False where it may not, or with a message that says why it may not. None is no
    answer. If it raises, or answers with something else, the check fails, and the finding names
    file and line.

    The answer may hang on nothing but what the function is shown, or the same run can end in two
    ways. The value found is 0 where it passes and 1 where it fails.

    Attributes:
        function: the file and the name in it: `checks/prices.py:prices_are_plain`.
        params: values for the function's keyword parameters.
        past: how many reports of snapshots before the function is shown.
        files: other files that the function reads; the snapshot is made anew when they change.

    Example:
        >>> check = Python("checks/lengths.py:short_enough", params={"longest": 500})
        >>> check.function, check.looks_back
        ('checks/lengths.py:short_enough', 0)
    """

    function: str
    params: Mapping[str, Any] = field(default_factory=dict)
    past: int = 0
    files: tuple[str, ...] = ()

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        Reference.parse(self.function)
        if self.past < 0:
            raise BadParameter("past", f"{self.past} is not 0 or more")

    @property
    def looks_back(self) -> int:
        """How many snapshots before are needed."""
        return self.past

    def needs(self, root: Path) -> Needs:
        """The function's file, the project modules that it imports, and the files it reads.

        Raises:
            BadParameter: if the parameters do not fit the function.
            BadResource: if the file is there and the function cannot be loaded.
        """
        file = Reference.parse(self.function).file
        files = (*module_files(root, file), *self.files)
        if (root / file).is_file():
            self._load(root)
        return Needs(files=files)

    def check(self, facts: Facts) -> Finding:
        """Ask the function."""
        function = self._load(facts.root)
        past = tuple(deepcopy(dict(p.report)) for p in facts.past[: self.past])
        view = View(deepcopy(dict(facts.report)), facts.tables, past)
        try:
            with importable(facts.root):
                answer = function(view, **self.params)
            said = _said(answer)
        except raised() as error:  # what a user's function raises
            what = f"{type(error).__name__} at {told(error, facts.root)}"
            return Finding.broken(1.0, f"{self.function} stopped with {what}")
        if said is None:
            return Finding.kept(0.0, f"{self.function} says yes")
        return Finding.broken(1.0, said or f"{self.function} says no")

    def _load(self, root: Path) -> Callable[..., Any]:
        function: Callable[..., Any] = load_function(root, self.function)
        try:
            signature = inspect.signature(function)
        except (TypeError, ValueError) as error:
            message = f"the function has no signature to check: {error}"
            raise BadParameter("function", message) from error
        known = list(signature.parameters)[1:]
        open_ended = any(p.kind is p.VAR_KEYWORD for p in signature.parameters.values())
        for name in self.params if not open_ended else ():
            if name not in known:
                place, hint = f"params.{name}", nearest(name, known)
                raise BadParameter(place, f"the function has no parameter '{name}'{hint}")
        try:
            signature.bind("view", **self.params)
        except TypeError as error:
            message = f"the function cannot be called as f(view, **params): {error}"
            raise BadParameter("params", message) from error
        return function


def _said(answer: Any) -> str | None:
    """None where an answer is yes, else why it is not; an empty text where it does not say.

    Raises:
        TypeError: if it is no answer.
    """
    if isinstance(answer, str):
        return shortened(answer, 1000)
    if answer is not None and type(answer).__name__ in ("bool", "bool_"):
        return None if answer else ""
    message = (
        f"the function answered {shortened(repr(answer), 60)}; wanted True, False or a message"
    )
    raise TypeError(message)
