"""Between spans and the tags of tokens: spreading votes over tokens, and reading spans back."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from labelmill.core.batch import Batch
from labelmill.core.labels import LabelSpace
from labelmill.core.protocols import Readout
from labelmill.core.schema import ENTITY, TOKEN, TOKEN_PROB
from labelmill.core.soft import Codes, SoftLabels, Status
from labelmill.core.tokens import Tokens
from labelmill.core.votes import Votes

Scheme = Literal["IO", "BIO"]
SURE_OUTSIDE = 0.99
"""Tokens with at least this probability of "O" are left out of the `probs` column."""

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def tag_space(space: LabelSpace, scheme: Scheme) -> LabelSpace:
    """Tags for some labels, "O" first, with a tag set (or a B- and an I- set) for each label set.

    Example:
        >>> from labelmill.core.labels import OneOf
        >>> space = LabelSpace(("ORG", "PER", "LOC")).including([OneOf(("ORG", "PER"))])
        >>> tag_space(space, "IO").sets[-1]
        (1, 2)
        >>> tag_space(space, "BIO").names
        ('O', 'B-ORG', 'I-ORG', 'B-PER', 'I-PER', 'B-LOC', 'I-LOC')
    """
    if scheme == "IO":
        names = ("O", *space.names)
        wide = [tuple(1 + i for i in members) for members in space.sets[len(space) :]]
    else:
        names = ("O", *(f"{prefix}-{name}" for name in space.names for prefix in "BI"))
        wide = [
            tuple(1 + 2 * i + inside for i in members)
            for members in space.sets[len(space) :]
            for inside in (0, 1)
        ]
    return LabelSpace(names, sets=(*((i,) for i in range(len(names))), *wide))


@dataclass(frozen=True, slots=True)
class Spread:
    """The tokens under each vote: parallel arrays, a row for each (vote, token) pair."""

    vote: Ints
    token: Ints
    inside: Bools  # false for the first token of a vote


def spread(votes: Votes, tokens: Tokens) -> Spread:
    """Find the tokens that each vote's span covers; spans lie on token bounds."""
    place = tokens.start_places
    doc = votes.doc.astype(np.int64) << 32
    first = np.searchsorted(place, doc | votes.start)
    count = np.searchsorted(place, doc | votes.end) - first
    vote = np.repeat(np.arange(len(votes)), count)
    step = np.arange(len(vote)) - np.repeat(np.cumsum(count) - count, count)
    return Spread(vote, first[vote] + step, step > 0)


def tag_sets(votes: Votes, where: Spread, space: LabelSpace, scheme: Scheme) -> Ints:
    """The tag set that each (vote, token) pair stands for, an index into `tag_space(...).sets`."""
    label = votes.label[where.vote].astype(np.int64)
    if scheme == "IO":
        return label + 1
    n_labels = len(space)
    wide = label - n_labels
    first = np.where(label < n_labels, 1 + 2 * label, 1 + 2 * n_labels + 2 * wide)
    return first + where.inside


def read(
    probs: Floats,
    votes: Votes,
    batch: Batch,
    space: LabelSpace,
    min_confidence: float,
    scheme: Scheme,
) -> Readout:
    """Read spans off tag probabilities, [n_tokens, n_tags].

    A span's confidence is the lowest probability of its label over its tokens; a text's is that
    of its least confident span, or of "O" where it has no span. A text with a tie on a token of
    one of its spans has status `tie`.
    """
    soft = SoftLabels.of(probs)
    of_label = by_labels(probs, len(space), scheme)
    label = _labels_of_tags(soft.best, scheme)
    begins = _begins(label, soft.best, _joined(votes, batch.tokens, label, space), batch, scheme)
    found = _entities(label, begins, of_label, soft.tied, batch.tokens)
    confidence = _confidence(found, probs[:, 0], batch.tokens)
    status = _status(votes, found.doc[found.tied], confidence, min_confidence, len(batch))
    answers = {
        "tokens": _token_lists(batch.tokens),
        "entities": _entity_lists(found, space, len(batch)),
        "probs": _prob_lists(of_label, probs[:, 0], batch.tokens, space),
    }
    return Readout(status, confidence, answers)


def by_labels(probs: Floats, n_labels: int, scheme: Scheme) -> Floats:
    """Tag probabilities [n_tokens, n_tags] as those of labels, [n_tokens, n_labels].

    Example:
        >>> by_labels(np.array([[0.5, 0.2, 0.3]]), 1, "BIO").tolist()
        [[0.5]]
    """
    inside = probs[:, 1:]
    return inside if scheme == "IO" else inside.reshape(-1, n_labels, 2).sum(axis=2)


def _labels_of_tags(best: Ints, scheme: Scheme) -> Ints:
    return best - 1 if scheme == "IO" else (best + 1) // 2 - 1


def _joined(votes: Votes, tokens: Tokens, label: Ints, space: LabelSpace) -> Bools:
    """Whether some vote for a token's label also covers the token before it, [n_tokens]."""
    where = spread(votes, tokens)
    pairs = where.inside & (label[where.token] >= 0)
    token, vote = where.token[pairs], where.vote[pairs]
    agrees = space.membership()[votes.label[vote], label[token]]
    joined = np.zeros(len(label), dtype=np.bool_)
    joined[token[agrees]] = True
    return joined


def _begins(label: Ints, best: Ints, joined: Bools, batch: Batch, scheme: Scheme) -> Bools:
    """Whether a span begins at each token, [n_tokens]."""
    changes = np.ones(len(label), dtype=np.bool_)
    changes[1:] = label[1:] != label[:-1]
    changes[batch.tokens.starts[:-1][np.diff(batch.tokens.starts) > 0]] = True
    fresh = best % 2 == 1 if scheme == "BIO" else ~joined
    return (label >= 0) & (changes | fresh)


@dataclass(frozen=True, slots=True)
class Entities:
    """Spans that were read off tags, by text and place; parallel arrays [n_spans]."""

    doc: Ints
    start: npt.NDArray[np.int32]
    end: npt.NDArray[np.int32]
    label: Ints
    confidence: npt.NDArray[np.float32]
    tied: Bools


def _entities(
    label: Ints, begins: Bools, of_label: Floats, tied: Bools, tokens: Tokens
) -> Entities:
    """The spans: each token with a label belongs to the span that begins at it or before it."""
    inside = np.flatnonzero(label >= 0)
    first = np.flatnonzero(begins[inside])
    last = np.append(first[1:], len(inside))[: len(first)] - 1
    opens = inside[first]
    probs = of_label[inside, label[inside]].astype(np.float32)
    none = len(first) == 0
    return Entities(
        np.searchsorted(tokens.starts, opens, side="right") - 1,
        tokens.start[opens],
        tokens.end[inside[last]],
        label[opens],
        probs if none else np.minimum.reduceat(probs, first),
        tied[inside] if none else np.logical_or.reduceat(tied[inside], first),
    )


def _entity_lists(found: Entities, space: LabelSpace, n_texts: int) -> pa.Array:
    offsets = np.zeros(n_texts + 1, dtype=np.int32)
    np.cumsum(np.bincount(found.doc, minlength=n_texts), out=offsets[1:])
    arrays = [
        pa.array(found.start),
        pa.array(found.end),
        pa.array(space.names, pa.string()).take(pa.array(found.label)),
        pa.array(found.confidence),
    ]
    spans = pa.StructArray.from_arrays(arrays, fields=list(ENTITY))
    return pa.ListArray.from_arrays(pa.array(offsets), spans)


def _confidence(found: Entities, outside: Floats, tokens: Tokens) -> npt.NDArray[np.float32]:
    confidence = np.ones(len(tokens), dtype=np.float32)
    filled = np.flatnonzero(np.diff(tokens.starts))
    if len(filled):
        confidence[filled] = np.minimum.reduceat(outside, tokens.starts[filled])
    confidence[found.doc] = 1.0
    np.minimum.at(confidence, found.doc, found.confidence)
    return confidence


def _status(
    votes: Votes,
    tied: Ints,
    confidence: npt.NDArray[np.float32],
    min_confidence: float,
    n_docs: int,
) -> Codes:
    status = np.full(n_docs, Status.LABELED.code, dtype=np.int8)
    status[confidence < min_confidence] = Status.LOW_CONFIDENCE.code
    status[tied] = Status.TIE.code
    covered = np.zeros(n_docs, dtype=np.bool_)
    covered[votes.doc] = True
    status[~covered] = Status.UNCOVERED.code
    return status


def _token_lists(tokens: Tokens) -> pa.Array:
    bounds = pa.StructArray.from_arrays(
        [pa.array(tokens.start), pa.array(tokens.end)], fields=list(TOKEN)
    )
    return pa.ListArray.from_arrays(pa.array(tokens.starts.astype(np.int32)), bounds)


def _prob_lists(of_label: Floats, outside: Floats, tokens: Tokens, space: LabelSpace) -> pa.Array:
    open_tokens = np.flatnonzero(outside < SURE_OUTSIDE)
    rows, labels = np.nonzero(of_label[open_tokens] > 0)
    token = open_tokens[rows]
    doc = np.searchsorted(tokens.starts, token, side="right") - 1
    offsets = np.zeros(len(tokens) + 1, dtype=np.int32)
    np.cumsum(np.bincount(doc, minlength=len(tokens)), out=offsets[1:])
    values = pa.StructArray.from_arrays(
        [
            pa.array((token - tokens.starts[doc]).astype(np.int32)),
            pa.array(space.names, pa.string()).take(pa.array(labels)),
            pa.array(of_label[token, labels].astype(np.float32)),
        ],
        fields=list(TOKEN_PROB),
    )
    return pa.ListArray.from_arrays(pa.array(offsets), values)
