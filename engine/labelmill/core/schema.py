"""Column names and Arrow schemas of everything a run leaves (design: what a run leaves)."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

SPLITS = ("train", "dev", "test")

VOTE = pa.struct(
    [
        ("lf", pa.string()),
        ("label", pa.string()),
        ("one_of", pa.list_(pa.string())),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("entry", pa.string()),
        ("weight", pa.float32()),
    ]
)
"""One vote of a labels table; `weight` is what the label model learned of its function, null where
the model has no such number."""
STATEMENT = pa.struct([*VOTE, ("all_of", pa.list_(pa.string())), ("not", pa.string())])
"""A vote where a text can have several labels; of four fields that say what it is for, one is
filled."""
TOKEN = pa.struct([("start", pa.int32()), ("end", pa.int32())])
ENTITY = pa.struct(
    [
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("label", pa.string()),
        ("confidence", pa.float32()),
    ]
)
TOKEN_PROB = pa.struct([("token", pa.int32()), ("label", pa.string()), ("prob", pa.float32())])

RESTS_ON = pa.field("rests_on", pa.string())
TEXT_PROBS = pa.field("text_probs", pa.list_(pa.float32()))

QUARANTINE = pa.schema(
    [
        ("id", pa.string()),
        ("lf", pa.string()),
        ("reason", pa.string()),
        ("message", pa.string()),
    ]
)
FILTERED = pa.schema([("id", pa.string()), ("step", pa.string()), ("reason", pa.string())])


def said(vote: Mapping[str, Any]) -> str:
    """What a row of the `votes` column votes for, in words.

    Example:
        >>> said({"label": None, "one_of": ["ORG", "PERSON"]})
        'ORG|PERSON'
        >>> said({"label": None, "one_of": None, "all_of": None, "not": "sport"})
        'not sport'
    """
    if vote["label"] is not None:
        return str(vote["label"])
    if vote["one_of"] is not None:
        return "|".join(vote["one_of"])
    return "+".join(vote["all_of"]) if vote["all_of"] is not None else f"not {vote['not']}"


def labels_schema(
    id_type: pa.DataType,
    carried: Sequence[pa.Field],
    names: Sequence[str],
    *,
    spans: bool,
    multi_label: bool = False,
    refined: bool = False,
) -> pa.Schema:
    """Schema of labels/*.parquet; the order of `probs` stands in its metadata under `labels`.

    Where texts are `refined`, `rests_on` says what a label rests on (votes, votes+text or text),
    and `text_probs` what the text alone says, out of sample; not in ner.
    """
    fields = [
        pa.field("id", id_type),
        pa.field("text", pa.string()),
        pa.field("status", pa.string()),
        pa.field("confidence", pa.float32()),
        *([pa.field("tokens", pa.list_(TOKEN))] if spans else []),
        *_answer(spans=spans, multi_label=multi_label),
        pa.field("votes", pa.list_(STATEMENT if multi_label else VOTE)),
        *([RESTS_ON] if refined else []),
        *([TEXT_PROBS] if refined and not spans else []),
        *carried,
    ]
    return pa.schema(fields, metadata={"labels": "\n".join(names)})


def examples_schema(
    id_type: pa.DataType,
    carried: Sequence[pa.Field],
    names: Sequence[str],
    *,
    spans: bool,
    multi_label: bool = False,
    refined: bool = False,
) -> pa.Schema:
    """Schema of train/parquet/*.parquet and of what exporters get.

    An augmented row has an id of its own (a string), `origin` is the id of the row it comes
    from and `made_by` the augment step; for an original row `origin` is its own id and `made_by`
    null.
    """
    fields = [
        pa.field("id", pa.string()),
        pa.field("text", pa.string()),
        *_answer(spans=spans, multi_label=multi_label),
        pa.field("weight", pa.float32()),
        pa.field("origin", id_type),
        pa.field("made_by", pa.string()),
        *([RESTS_ON] if refined else []),
        *carried,
    ]
    return pa.schema(fields, metadata={"labels": "\n".join(names)})


def _answer(*, spans: bool, multi_label: bool) -> list[pa.Field]:
    """What was found of a text, and how probable it is."""
    if spans:
        return [pa.field("entities", pa.list_(ENTITY)), pa.field("probs", pa.list_(TOKEN_PROB))]
    labels = pa.field("labels", pa.list_(pa.string()))
    given = labels if multi_label else pa.field("label", pa.string())
    return [given, pa.field("probs", pa.list_(pa.float32()))]
