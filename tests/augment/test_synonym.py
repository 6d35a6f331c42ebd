"""What the synonym type promises."""

from collections.abc import Callable
from pathlib import Path

import pytest

from labelmill.augment.synonym import Synonym, SynonymRewriter, from_list
from labelmill.core.protocols import Bench, Rewriter
from labelmill.core.seeds import keyed_rng
from labelmill.core.spans import Example
from labelmill.errors import BadParameter, BadResource
from labelmill.text.edits import apply
from labelmill.text.language import Language

Benches = Callable[..., Bench]
LANGUAGE = Language()


def texts(rewriter: Rewriter, text: str, copies: int = 30) -> list[str]:
    example = Example("1", text, tokens=tuple(LANGUAGE.tokens([text]).bounds(0)))
    return [apply(text, rewriter.rewrite(example, keyed_rng(copy))) for copy in range(copies)]


def test_each_synonym_of_the_list_takes_its_turn(bench: Benches) -> None:
    rewriter = Synonym("synonyms.csv", rate=1.0).bind(bench())

    found = texts(rewriter, "GOOD  film,\nFilm to Kick\toff!")

    assert set(found) == {
        f"FINE  {a},\n{b} to Start!" for a in ("movie", "picture") for b in ("Movie", "Picture")
    }


def test_the_share_is_of_the_words_that_have_synonyms(bench: Benches) -> None:
    text = "film film film film and many words that have none"

    half = texts(Synonym("synonyms.csv", rate=0.5).bind(bench()), text)
    least = texts(Synonym("synonyms.csv", rate=0.01).bind(bench()), text)
    most = texts(Synonym("synonyms.csv", rate=1.0, max_words=3).bind(bench()), text)

    assert {found.split().count("film") for found in half} == {2}
    assert {found.split().count("film") for found in least} == {3}
    assert {found.split().count("film") for found in most} == {1}


def test_a_text_without_known_words_is_left_alone(bench: Benches) -> None:
    rewriter = Synonym("synonyms.csv").bind(bench())

    assert set(texts(rewriter, "filming goods kick")) == {"filming goods kick"}


def test_a_word_is_never_its_own_synonym() -> None:
    lookup = from_list({"film": ("FILM", "movie"), "only": ("Only",)})

    assert lookup("film") == ("movie",)
    assert SynonymRewriter(lookup, 4, 1.0, None).rewrite(Example("1", "only"), keyed_rng(1)) == ()


def test_wordnet_gives_the_words_of_the_most_frequent_sense(
    bench: Benches, nltk_data: Path
) -> None:
    rewriter = Synonym("wordnet", rate=1.0).bind(bench())

    assert set(texts(rewriter, "the Film, two films")) == {
        "the Movie, two films",
        "the Moving picture, two films",
    }


def test_wordnet_is_english(bench: Benches) -> None:
    with pytest.raises(BadParameter, match="this job is in 'de'; give a CSV"):
        Synonym("wordnet").bind(bench(language="de"))


def test_wordnet_is_never_downloaded(bench: Benches, no_nltk_data: Path) -> None:
    with pytest.raises(BadResource, match="is not installed"):
        Synonym("wordnet").bind(bench())

    assert list(no_nltk_data.iterdir()) == []


def test_a_missing_list_is_an_error(bench: Benches) -> None:
    with pytest.raises(BadResource, match="no such file"):
        Synonym("missing.csv").bind(bench())


def test_the_list_is_a_file_that_is_needed() -> None:
    assert Synonym("synonyms.csv").needs(Path()).files == ("synonyms.csv",)
    assert Synonym("wordnet").needs(Path()).files == ()


@pytest.mark.parametrize(
    ("lexicon", "rate", "max_words", "field"),
    [(" ", 0.3, None, "lexicon"), ("x", 0.0, None, "rate"), ("x", 1.1, None, "rate"),
     ("x", 0.3, 0, "max_words")],
)  # fmt: skip
def test_what_cannot_be_is_refused(
    lexicon: str, rate: float, max_words: int | None, field: str
) -> None:
    with pytest.raises(BadParameter) as caught:
        Synonym(lexicon, rate, max_words)

    assert caught.value.field == field
