"""The `python` type: a function of the project that rewrites an example."""

import inspect
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from labelmill.augment.foreign import ProjectFunction
from labelmill.core.protocols import BOTH, Bench, Needs, Unit
from labelmill.core.registry import AUGMENTERS
from labelmill.core.spans import Edit, Example
from labelmill.errors import BadParameter, nearest
from labelmill.io.modules import Reference, load_function, module_files
from labelmill.text.edits import checked, diff

WANTED = "a text, None, or a list of edits (start, end, replacement)"


@AUGMENTERS.add("python")
@dataclass(frozen=True, slots=True)
class Python:
    """Call a function of the project that rewrites an example.

    The function is called as `f(example, rng, **params)`. The example has `id`, `text`, `label`,
    `spans`, `tokens` and `columns`; `rng` is a numpy Generator that depends on the seed, the step,
    the row and the copy, and on nothing else. The function gives back the new text, a list of
    edits (`Edit`, or tuples of start, end and replacement), or None where it has nothing to do.
    A new text is compared with the old one word by word, and spans survive where nothing that
    crosses their bounds has changed; edits say exactly what was replaced.

    Whatever the function draws from `random` or `numpy.random` is seeded too, and both are put
    back. A function that raises, or gives back something else, costs that copy, which is counted.

    Attributes:
        function: path of a file under the project and name of the function in it, as
            `augmenters/typos.py:swap_letters`.
        params: keyword arguments of the function.

    Example:
        >>> from labelmill.core.seeds import keyed_rng
        >>> def shout(example, rng, *, sign):
        ...     return example.text.upper() + sign
        >>> rewriter = PythonRewriter(ProjectFunction(Path(), "shout", shout), {"sign": "!"})
        >>> rewriter.rewrite(Example("1", "fine FILM"), keyed_rng(1))
        (Edit(start=0, end=4, replacement='FINE'), Edit(start=9, end=9, replacement='!'))
    """

    function: str
    params: Mapping[str, Any] = field(default_factory=dict)

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = BOTH

    def __post_init__(self) -> None:
        Reference.parse(self.function)

    def needs(self, root: Path) -> Needs:
        """The file of the function and the files of the project that it imports."""
        return Needs(files=module_files(root, Reference.parse(self.function).file))

    def bind(self, bench: Bench) -> "PythonRewriter":
        """Load the function and hold the parameters against its signature."""
        function = load_function(bench.root, self.function)
        _check_params(function, self.params)
        return PythonRewriter(ProjectFunction(bench.root, self.function, function), self.params)


@dataclass(frozen=True, slots=True)
class PythonRewriter:
    """A loaded function and its parameters."""

    function: ProjectFunction
    params: Mapping[str, Any]

    def rewrite(self, example: Example, rng: np.random.Generator) -> tuple[Edit, ...]:
        """Edits that the function asks for.

        Raises:
            ValueError: if the function raises, or its answer is neither text nor edits.
        """
        answer = self.function.call(rng, example, rng, **self.params)
        if answer is None:
            return ()
        if isinstance(answer, str):
            return diff(example.text, answer)
        if not isinstance(answer, Iterable):
            raise self.function.unusable(answer, WANTED)
        edits = checked((self._edit(item) for item in answer), example.text)
        return tuple(e for e in edits if example.text[e.start : e.end] != e.replacement)

    def _edit(self, item: Any) -> Edit:
        try:
            start, end, replacement = astuple(item) if isinstance(item, Edit) else item
            edit = Edit(operator.index(start), operator.index(end), replacement)
        except (TypeError, ValueError) as error:
            raise self.function.unusable(item, WANTED) from error
        if not isinstance(replacement, str):
            raise self.function.unusable(item, WANTED)
        return edit


def _check_params(function: Callable[..., Any], params: Mapping[str, Any]) -> None:
    signature = inspect.signature(function)
    names = list(signature.parameters)[2:]
    open_ended = any(p.kind is p.VAR_KEYWORD for p in signature.parameters.values())
    for param in params:
        if param not in names and not open_ended:
            place = f"params.{param}"
            message = f"the function has no parameter '{param}'{nearest(param, names)}"
            raise BadParameter(place, message)
    try:
        signature.bind("example", "rng", **params)
    except TypeError as error:
        message = f"the function cannot be called as f(example, rng, **params): {error}"
        raise BadParameter("params", message) from error
