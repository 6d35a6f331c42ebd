"""The fit stage: one label model from the vote patterns of all shards."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from labelmill.aggregate.artifact import Artifact
from labelmill.aggregate.fitted import Fitted
from labelmill.aggregate.fitting import fit_model, stand_in
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import Gold, VoteSpace
from labelmill.io.votes import read_patterns
from labelmill.io.work import read_arrow
from labelmill.pipeline.bind import BoundJob


def vote_space(bound: BoundJob) -> VoteSpace:
    """What the label model is told about the votes.

    In ner the prior is uniform over tags; elsewhere it is the class balance, where one is given.
    Where texts can have several labels, it has the share of each label that is given.
    """
    spec = bound.job.label_model
    names = bound.item_space.names
    prior = np.full(len(names), 1 / len(names))
    if bound.multi_label:
        shares = spec.class_balance or {}
        prior = np.array([shares.get(name, np.nan) for name in names], dtype=np.float64)
    elif spec.class_balance is not None:
        prior = np.array([spec.class_balance[name] for name in names], dtype=np.float64)
        prior /= prior.sum()
    return VoteSpace(
        bound.names,
        bound.item_space,
        prior,
        spec.seed,
        balance_given=spec.class_balance is not None,
        targets=_targets(bound) if bound.multi_label else (),
    )


def _targets(bound: BoundJob) -> tuple[tuple[int, ...], ...]:
    """The label sets that each function declares to vote for."""
    return tuple(
        tuple(bound.space.index(target) for target in function.kind.targets())
        for function in bound.job.functions
    )


def fit(bound: BoundJob, shards: Sequence[tuple[Path, Path]], gold: Gold | None = None) -> Artifact:
    """Fit the job's label model.

    Args:
        bound: the job.
        shards: the patterns file of each shard, and its decisions file, which need not be there;
            rows that were taken out do not count.
        gold: the labeled set, where the job has one.
    """
    return fit_patterns(bound, (kept_patterns(*files) for files in shards), gold)


def fit_patterns(
    bound: BoundJob, parts: Iterable[VotePatterns], gold: Gold | None = None
) -> Artifact:
    """Fit the job's label model on the patterns of some shards, under guard.

    Under `fitted` the result is the earlier model as its own type, with the job's prior.
    """
    spec, space = bound.job.label_model, vote_space(bound)
    kind = spec.kind
    if isinstance(kind, Fitted):
        kind = kind.located(bound.job.root)
    _, used = stand_in(spec.type, kind, bound.unit)
    if used.sequential:
        joined = VotePatterns.concatenated(list(parts))
    else:
        joined = VotePatterns.added(parts)
    return fit_model(spec.type, kind, joined, space, gold, bound.unit)


def kept_patterns(patterns: Path, decisions: Path) -> VotePatterns:
    """The patterns of a shard, counting only the rows that stay."""
    found = read_patterns(patterns)
    if not decisions.exists():
        return found
    stays = pc.is_null(read_arrow(decisions)["step"])
    keep = stays.combine_chunks().to_numpy(zero_copy_only=False)
    if keep.all():
        return found
    return found.kept(items_of(keep, found.sequences))


def item_probs(model: Artifact, patterns: VotePatterns) -> npt.NDArray[np.float64]:
    """Calibrated probabilities of every item, [n_items, n_labels]."""
    probs = model.predict(patterns)
    return probs if model.fitted.sequential else probs[patterns.index]


def items_of(
    texts: npt.NDArray[np.bool_], sequences: npt.NDArray[np.int64] | None
) -> npt.NDArray[np.bool_]:
    """A mask over texts as a mask over their items."""
    return texts if sequences is None else np.repeat(texts, np.diff(sequences))
