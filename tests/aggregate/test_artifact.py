"""Fitted models as files."""

import json

import numpy as np
import pytest
from tests.aggregate.worlds import patterns_of, space_of

from labelmill.aggregate.artifact import from_json, to_json
from labelmill.aggregate.dawid_skene import DawidSkene
from labelmill.core.labels import Not
from labelmill.errors import BadResource


def kept() -> bytes:
    space = space_of(3, 2, balance=[0.1, 0.2, 0.7], seed=4, targets=[Not("l0")])
    fitted = DawidSkene().fit(patterns_of(np.array([[0, 1], [2, 3], [2, 2]])), space)
    return to_json("dawid_skene", 1, fitted, space)


def test_the_votes_that_it_was_fitted_on_come_back() -> None:
    found = from_json(kept())

    assert (found.type, found.version) == ("dawid_skene", 1)
    assert found.space.functions == ("f0", "f1")
    assert found.space.labels == space_of(3, 2, targets=[Not("l0")]).labels
    assert found.space.prior.tolist() == [0.1, 0.2, 0.7]
    assert (found.space.seed, found.space.balance_given) == (4, True)


def test_it_is_canonical_json() -> None:
    data = kept()

    facts = json.loads(data)

    assert list(facts) == sorted(facts)
    assert data.endswith(b"}\n")
    assert data.count(b"\n") == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"type": "dawid_skeen"}, "did you mean 'dawid_skene'"),
        ({"version": 99}, "holds version 99 of 'dawid_skene' and this labelmill has version 1"),
        ({"functions": None}, "damaged or no fitted label model"),
        ({"labels": ["a", "a"]}, "a label stands twice"),
        ({"parameters": {}}, "damaged or no fitted label model .KeyError: 'share'"),
        ({"parameters": {"share": [1], "votes": [1], "silence": []}}, "damaged"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_by_name(
    change: dict[str, object], message: str
) -> None:
    facts = {**json.loads(kept()), **change}

    with pytest.raises(BadResource, match=f"^out/label_model.json: .*{message}"):
        from_json(json.dumps(facts).encode(), "out/label_model.json")


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[]", b"3"])
def test_a_file_that_is_no_json_object_is_refused(data: bytes) -> None:
    with pytest.raises(BadResource, match=r"give a label_model.json"):
        from_json(data)
