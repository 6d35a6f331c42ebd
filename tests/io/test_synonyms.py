"""What reading a list of synonyms promises."""

from pathlib import Path

import pytest

from labelmill.errors import BadResource
from labelmill.io.synonyms import read_synonyms


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "synonyms.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        "word,synonym\nfilm,movie\ngood,fine\nfilm,picture\n",
        "\ufeffword,synonym,source\nfilm,movie,a\n\ngood,fine,b\nfilm, picture ,c\nfilm,movie,d\n",
        "word,synonyms\nfilm,movie|picture\ngood,fine\n",
        'id,synonyms,word\n1,"movie | picture | film ||",film\r\n2,fine,good\r\n',
    ],
)
def test_both_headers_give_the_synonyms_of_each_word(content: str, tmp_path: Path) -> None:
    synonyms = read_synonyms(written(tmp_path, content))

    assert synonyms == {"film": ("movie", "picture"), "good": ("fine",)}


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ("", 1, "found nothing"),
        ("term,synonym\n", 1, "found term,synonym"),
        ("word,score\n", 1, "must be word,synonym"),
        ("word,synonym\n", 0, "holds no synonyms"),
        ("word,synonym\nfilm,movie\nfilm\n", 3, "found 'film' and ''"),
        ("word,synonym\n,movie\n", 2, "found '' and 'movie'"),
        ("word,synonyms\nfilm,|\n", 2, "wanted a word and its synonyms"),
        (b"word,synonym\nfilm,\xff\n", 0, "not a CSV file in UTF-8"),
    ],
)
def test_a_bad_file_is_an_error_with_its_line(
    content: str | bytes, line: int, message: str, tmp_path: Path
) -> None:
    with pytest.raises(BadResource, match=r"synonyms\.csv") as caught:
        read_synonyms(written(tmp_path, content))

    assert caught.value.line == line
    assert message in caught.value.message


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadResource, match="no such file; wanted a CSV file"):
        read_synonyms(tmp_path / "none.csv")
