import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from labelmill.errors import BadParameter, BadResource
from labelmill.text.language import Language

ENGLISH = Language()
CHUNKS = Language(tokenizer="whitespace")
BLANK = spacy.blank("en")

TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.text("ab'. \n\t\u00a0é🎉:)(", max_size=30),
)


@given(TEXTS)
def test_tokens_are_those_of_spacy_without_white_space(text: str) -> None:
    expected = [(t.idx, t.idx + len(t)) for t in BLANK(text) if not t.is_space]

    assert ENGLISH.tokens([text]).bounds(0) == expected


@given(TEXTS)
def test_whitespace_tokens_are_those_of_split(text: str) -> None:
    bounds = CHUNKS.tokens([text]).bounds(0)

    assert [text[low:high] for low, high in bounds] == text.split()


@pytest.mark.parametrize("language", [ENGLISH, CHUNKS])
@given(text=TEXTS)
def test_docs_keep_the_text_and_the_tokens(language: Language, text: str) -> None:
    (doc,) = language.docs([text], None)

    found = [(t.idx, t.idx + len(t)) for t in doc if not t.is_space]
    assert doc.text == text
    assert found == language.tokens([text]).bounds(0)


def test_a_text_longer_than_spacys_limit_is_read() -> None:
    text = "word " * 300_000

    tokens = ENGLISH.tokens([text])

    assert len(text) > BLANK.max_length
    assert len(tokens.start) == 300_000


def test_a_pipeline_is_made_once() -> None:
    language = Language()

    assert language.vocab() is language.docs(["a"], None)[0].vocab


def test_a_missing_model_says_how_to_get_it() -> None:
    with pytest.raises(BadResource, match="python -m spacy download en_core_web_zz"):
        ENGLISH.docs(["a"], "en_core_web_zz")


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(BadParameter, match="language 'qq'"):
        Language("qq").tokens(["a"])
