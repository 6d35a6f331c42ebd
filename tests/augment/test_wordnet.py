"""What the adapter of WordNet promises."""

import zipfile
from pathlib import Path

import pytest

from labelmill.augment.wordnet import open_wordnet, require_nltk_data
from labelmill.errors import BadResource


def test_the_most_frequent_sense_gives_the_synonyms(nltk_data: Path) -> None:
    wordnet = open_wordnet()

    assert wordnet.synonyms("Film") == ("movie", "moving picture")


def test_an_inflected_word_an_unknown_and_an_uncounted_one_have_no_synonyms(
    nltk_data: Path,
) -> None:
    wordnet = open_wordnet()

    assert [wordnet.synonyms(word) for word in ("films", "zzz", "movie", "hot", "dog")] == [()] * 5


def test_missing_data_is_an_error_that_says_where_to_put_it(no_nltk_data: Path) -> None:
    with pytest.raises(BadResource, match="'corpora/wordnet' is not installed") as caught:
        open_wordnet()

    assert str(no_nltk_data) in str(caught.value)
    assert "NLTK_DATA" in str(caught.value)


def test_each_required_resource_is_looked_for(nltk_data: Path) -> None:
    require_nltk_data("corpora/wordnet", "taggers/averaged_perceptron_tagger_eng")

    with pytest.raises(BadResource, match=r"omw-1\.4"):
        require_nltk_data("corpora/wordnet", "corpora/omw-1.4")


def test_data_in_a_zip_file_is_found(no_nltk_data: Path) -> None:
    (no_nltk_data / "corpora").mkdir()
    with zipfile.ZipFile(no_nltk_data / "corpora" / "wordnet.zip", "w") as archive:
        archive.writestr("wordnet/", "")
        archive.writestr("wordnet/lexnames", "")

    require_nltk_data("corpora/wordnet")
    assert not (no_nltk_data / "corpora" / "wordnet").exists()


def test_incomplete_data_is_an_error(no_nltk_data: Path) -> None:
    (no_nltk_data / "corpora" / "wordnet").mkdir(parents=True)

    with pytest.raises(BadResource, match="damaged or not complete"):
        open_wordnet()
