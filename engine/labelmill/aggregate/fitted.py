"""The `fitted` type: a label model that an earlier run fitted."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field

from labelmill.aggregate.artifact import FILE_NAME, Artifact, from_json, with_prior
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import BOTH, FittedLabelModel, Gold, Needs, Unit, VoteSpace
from labelmill.core.registry import LABEL_MODELS
from labelmill.errors import BadParameter, BadResource


@LABEL_MODELS.add("fitted")
@dataclass(frozen=True, slots=True)
class Fitted:
    """Apply a label model that was fitted before; nothing is learned.

    The labeling functions of the job must be those of the fit, in the same order, and so must the
    labels; anything else is refused. A class balance of the job replaces that of the fit where an
    item has no votes. The fitted model answers as its own type does, so a fitted `skweak_hmm`
    reads the tokens of a text in order.

    Attributes:
        source: (`from` in YAML) a snapshot, an output folder (its `current` snapshot) or a
            label_model.json; relative to the project root.

    Example:
        >>> Fitted(source="out/comments").needs(Path("/project")).files
        ('out/comments/current/label_model.json',)
    """

    source: Annotated[str, Field(alias="from")]

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = BOTH
    sequential: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not self.source.strip():
            raise BadParameter("from", "is empty; name a snapshot, output or label_model.json")
        if "://" in self.source:
            raise BadParameter("from", "lies in a store; name a copy of its label_model.json here")

    def located(self, root: Path) -> "Fitted":
        """The same with the file's absolute path, found from the project root."""
        return Fitted(str(_model_file(root / self.source)))

    def needs(self, root: Path) -> Needs:
        """The file, relative to the root where it lies under it."""
        file = _model_file(root / self.source)
        name = file.relative_to(root) if file.is_relative_to(root) else file
        return Needs(files=(str(name),))

    def artifact(self) -> Artifact:
        """Read the fitted model.

        Raises:
            BadResource: if the file cannot be read, or `located` was not called.
        """
        path = Path(self.source)
        if not path.is_absolute():
            raise BadResource(self.source, "is a relative path; call located(root) first")
        file = _model_file(path)
        try:
            data = file.read_bytes()
        except OSError as error:
            message = f"cannot be read ({error.strerror}); name a snapshot that holds {FILE_NAME}"
            raise BadResource(str(file), message) from error
        return from_json(data, str(file))

    def applied(self, space: VoteSpace) -> Artifact:
        """The fitted model as its own type, for the votes of a job.

        Raises:
            BadResource: if the file cannot be used.
            BadParameter: if the model was fitted on other functions or labels.
        """
        found = self.artifact()
        check_is_of(found.space, space)
        if not space.balance_given:
            return found
        return with_prior(found, space.prior)

    def fit(
        self,
        patterns: VotePatterns,  # noqa: ARG002 (the protocol's)
        space: VoteSpace,
        gold: Gold | None = None,  # noqa: ARG002 (nothing to learn from it)
    ) -> FittedLabelModel:
        """Restore the model; the patterns are not read.

        Raises:
            BadResource: if the file cannot be used.
            BadParameter: if the model was fitted on other functions or labels.
        """
        return self.applied(space).fitted

    @classmethod
    def restore(cls, parameters: Mapping[str, Any], space: VoteSpace) -> FittedLabelModel:
        """Refuse: a fitted model is kept under its own type, never as `fitted`."""
        del parameters, space
        raise BadParameter("type", "a fitted model is kept under the type that it was fitted with")


def check_is_of(fitted: VoteSpace, space: VoteSpace) -> None:
    """Make sure that the votes that a model was fitted on are such as those of a job.

    Raises:
        BadParameter: if the functions or labels are others, or stand in another order.
    """
    _check("labeling functions", fitted.functions, space.functions)
    _check("labels", fitted.labels.names, space.labels.names)
    _check("task", _kind_of_labels(fitted), _kind_of_labels(space))
    _check("label sets", _set_names(fitted), _set_names(space))


def _model_file(path: Path) -> Path:
    """The file that a snapshot, an output folder or a file name stands for."""
    if path.suffix == ".json":
        return path
    if (path / FILE_NAME).is_file():
        return path / FILE_NAME
    return _current(path)


def _current(output: Path) -> Path:
    """The model of the live snapshot; of a partitioned output the one that all partitions share."""
    current = output / "current"
    parts = sorted(current.glob(f"*=*/{FILE_NAME}"))
    if not parts:
        return current / FILE_NAME
    if len({part.read_bytes() for part in parts}) > 1:
        names = ", ".join(part.parent.name for part in parts[:5])
        message = f"its partitions hold different models; name one snapshot ({names}, ...)"
        raise BadResource(str(output), message)
    return parts[-1]


def _kind_of_labels(space: VoteSpace) -> tuple[str, ...]:
    return ("several labels for a text" if space.labels.multi_label else "one label for a text",)


def _set_names(space: VoteSpace) -> tuple[str, ...]:
    sets = range(len(space.labels), len(space.labels.sets))
    return tuple(space.labels.said(i).replace("|", " or ") for i in sets)


def _check(what: str, fitted: tuple[str, ...], wanted: tuple[str, ...]) -> None:
    if fitted == wanted:
        return
    here = f"this job has ({', '.join(wanted)}) and the model was fitted on ({', '.join(fitted)})"
    if sorted(fitted) == sorted(wanted):
        message = f"the {what} stand in another order: {here}; put them in the order of the fit"
    else:
        message = f"other {what}: {here}; fit again, or give the job those of the fit"
    raise BadParameter("from", message)
