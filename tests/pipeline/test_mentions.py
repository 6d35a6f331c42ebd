"""Mentions of all shards: distinct, bounded, and the same in any order."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelmill.pipeline import mentions
from labelmill.pipeline.mentions import Mentions, fewest, read_mentions, write_mentions

parts = st.lists(
    st.dictionaries(
        st.sampled_from(["ORG", "LOC"]), st.lists(st.sampled_from("abcdefgh")).map(tuple)
    ),
    max_size=6,
)


@given(found=parts, seed=st.integers(0, 9), data=st.data())
def test_the_order_of_shards_changes_nothing(
    found: list[dict[str, tuple[str, ...]]], seed: int, data: st.DataObject
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mentions, "MENTIONS_PER_LABEL", 1)
        one, other = Mentions(seed), Mentions(seed)
        for part in found:
            one.add(part)
        for part in data.draw(st.permutations(found)):
            other.add(part)

        assert one.rows() == other.rows()
        for label in {label for label, _ in one.rows()}:
            every = {text for part in found for text in part.get(label, ())}
            assert [t for name, t in one.rows() if name == label] == list(fewest(every, 1, seed))


def test_they_come_back_from_disk_by_label(tmp_path: Path) -> None:
    some = Mentions(0)
    some.add({"ORG": ("Acme", "Bolt"), "LOC": ("Oslo",)})
    some.add({"ORG": ("Acme",)})

    write_mentions(tmp_path / "m.parquet", some)

    assert read_mentions(tmp_path / "m.parquet") == {"LOC": ("Oslo",), "ORG": ("Acme", "Bolt")}
    assert read_mentions(None) == {}
