"""The `snorkel` type: a transformation function of snorkel, unchanged."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from labelmill.augment.foreign import ProjectFunction
from labelmill.core.protocols import BOTH, Bench, Needs, Unit
from labelmill.core.registry import AUGMENTERS
from labelmill.core.spans import Edit, Example
from labelmill.errors import BadResource
from labelmill.io.modules import Reference, load_function, module_files
from labelmill.text.edits import diff


@AUGMENTERS.add("snorkel")
@dataclass(frozen=True, slots=True)
class Snorkel:
    """Apply a transformation function written for snorkel, unchanged.

    The function sees a pandas Series with the columns of the row and `text`, `id` and `label`, as
    under snorkel's own PandasTFApplier, and preprocessors run as they do there. It gives back the
    data point with another `text`, or None where it has nothing to do; what it does to other
    columns is not taken over. The new text is compared with the old one word by word; in ner,
    entities survive where nothing that crosses their bounds has changed.

    What it draws from `random` or `numpy.random` depends on the seed, the step, the row and the
    copy alone. A function with `memoize=True` gives every copy of a text the same answer. A
    function that raises costs that copy, which is counted.

    Attributes:
        function: path of a file under the project and name of the transformation function in it,
            as `labeling_functions/legacy.py:swap_adjectives`.

    Example:
        >>> from labelmill.core.seeds import keyed_rng
        >>> from snorkel.augmentation import transformation_function
        >>> @transformation_function()
        ... def shout(x):
        ...     x.text = x.text.upper()
        ...     return x
        >>> rewriter = SnorkelRewriter(ProjectFunction(Path(), "shout", shout))
        >>> rewriter.rewrite(Example("1", "fine FILM"), keyed_rng(1))
        (Edit(start=0, end=4, replacement='FINE'),)
    """

    function: str

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = BOTH

    def __post_init__(self) -> None:
        Reference.parse(self.function)

    def needs(self, root: Path) -> Needs:
        """Every column, the file of the function and the files that it imports."""
        files = module_files(root, Reference.parse(self.function).file)
        return Needs(columns=None, files=files)

    def bind(self, bench: Bench) -> "SnorkelRewriter":
        """Load the transformation function.

        Raises:
            BadResource: if it cannot be loaded, or is no transformation function.
        """
        from snorkel.map import BaseMapper  # noqa: PLC0415 (heavy)

        function = load_function(bench.root, self.function)
        if not isinstance(function, BaseMapper):
            message = (
                f"is a {type(function).__name__}; wanted a snorkel TransformationFunction "
                "(decorate it with @transformation_function(), or use type: python)"
            )
            raise BadResource(self.function, message)
        return SnorkelRewriter(ProjectFunction(bench.root, self.function, function))


@dataclass(frozen=True, slots=True)
class SnorkelRewriter:
    """A loaded transformation function."""

    function: ProjectFunction

    def rewrite(self, example: Example, rng: np.random.Generator) -> tuple[Edit, ...]:
        """Edits from the old text to that of the transformed data point.

        Raises:
            ValueError: if the function raises, or gives back no data point with a text.
        """
        from pandas import Series  # noqa: PLC0415 (heavy)

        own = {"id": example.id, "text": example.text, "label": example.label}
        answer = self.function.call(rng, Series({**example.columns, **own}, dtype=object))
        if answer is None:
            return ()
        text = getattr(answer, "text", None)
        if not isinstance(text, str):
            raise self.function.unusable(answer, "None, or a data point with a text")
        return diff(example.text, text)
