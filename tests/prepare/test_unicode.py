from typing import Literal
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelmill.core.spans import Edit, Span
from labelmill.prepare.unicode import Unicode
from labelmill.text.edits import apply, checked, project

Form = Literal["NFC", "NFKC", "NFD", "NFKD"]
TEXTS = st.one_of(
    st.text(max_size=20), st.text("aeﬁﬃÅé\u0301\u0345\u0308ᄀ가\u1161\u11a8ﾊ\uff9e½ ", max_size=20)
)


@pytest.mark.parametrize("form", ["NFC", "NFKC", "NFD", "NFKD"])
@given(text=TEXTS)
def test_the_edits_make_the_normal_form(text: str, form: Form) -> None:
    edits = Unicode(form).prepare(text)

    assert apply(text, checked(edits, text)) == normalize(form, text)
    assert Unicode(form).prepare(normalize(form, text)) == ()


def test_spans_keep_their_words() -> None:
    text = "the cafe\u0301 in Zu\u0308rich"

    edits = Unicode().prepare(text)

    (moved,) = project([Span(13, 20, "LOC")], edits)
    assert moved is not None
    assert apply(text, edits)[moved.start : moved.end] == "Zürich"


def test_only_what_changes_is_edited() -> None:
    assert Unicode("NFKC").prepare("a ﬁn b") == (Edit(2, 3, "fi"),)
