"""Votes that texts deny."""

import numpy as np
import pyarrow as pa

from labelmill.core.labels import LabelSpace, Not
from labelmill.core.votes import Votes
from labelmill.pipeline.doubts import Doubts, doubts_of

SPACE = LabelSpace(("a", "b", "c")).including([Not("a")])


def votes_on(doc: list[int], function: list[int], label: list[int]) -> Votes:
    place = np.zeros(len(doc), dtype=np.int32)
    return Votes(
        np.array(doc, dtype=np.int32),
        np.array(function, dtype=np.int32),
        np.array(label, dtype=np.int32),
        place,
        place,
        pa.nulls(len(doc), pa.string()),
    )


def doubts(doc: list[int], function: list[int], label: list[int], best: list[int]) -> Doubts:
    probs = np.full((len(best), 3), 0.1)
    probs[np.arange(len(best)), best] = 0.8
    names = [f"t{i}" for i in range(len(best))]
    table = pa.table({"id": names, "text": names})
    return doubts_of(votes_on(doc, function, label), probs, table, SPACE, 2)


def test_a_vote_is_denied_where_the_text_says_something_else() -> None:
    found = doubts([0, 0, 1], [0, 1, 1], [0, 1, 1], best=[0, 1])

    assert found.votes.tolist() == [1, 2]
    assert found.denied.tolist() == [0, 1]
    assert [(each.id, each.label) for each in found.examples] == [("t0", "b")]


def test_a_vote_for_one_of_several_stands_with_any_of_them() -> None:
    found = doubts([0, 1], [0, 0], [3, 3], best=[2, 0])

    assert found.denied.tolist() == [1, 0]
    assert found.examples[0].label == "b | c"


def test_doubts_add_up_and_keep_the_strongest_examples() -> None:
    parts = [doubts([0] * 5, [0] * 5, [1] * 5, best=[0]) for _ in range(3)]

    whole = parts[0] + parts[1] + parts[2]

    assert whole.denied.tolist() == [15, 0]
    assert len(whole.examples) == 3
    assert whole.rows(["f", "g"])[0]["lf"] == "f"
    assert len(whole.rows(["f", "g"])) == 1


def test_no_votes_are_no_doubts() -> None:
    found = doubts([], [], [], best=[0])

    assert found.rows(["f", "g"]) == []
