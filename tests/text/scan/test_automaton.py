"""Matches become texts of probes, in whatever order they are told."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from labelmill.text.scan import automaton

MATCHES = st.lists(st.tuples(st.sampled_from([0, 1, 255, 256, 70_000]), st.integers(0, 5)))


@given(MATCHES, st.booleans())
def test_each_probe_gets_its_texts_once_and_ascending(
    matches: list[tuple[int, int]], text_by_text: bool
) -> None:
    if text_by_text:
        matches = sorted(matches, key=lambda match: match[1])
    keys = np.array([probe << 32 | text for probe, text in matches], dtype=np.int64)

    found = automaton._by_probe(keys)

    meant = {probe: sorted({t for p, t in matches if p == probe}) for probe, _ in matches}
    assert {probe: texts.tolist() for probe, texts in found.items()} == meant
