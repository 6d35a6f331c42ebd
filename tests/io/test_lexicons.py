from pathlib import Path

import pytest

from labelmill.errors import BadResource
from labelmill.io.lexicons import read_lexicon


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "mood.csv"
    path.write_text(text, encoding=encoding)
    return path


def test_terms_and_scores_are_read(tmp_path: Path) -> None:
    path = written(tmp_path, '\ufeffscore,note,term\n2,x, good \n\n-1.5e0,,"well, no"\n')

    assert read_lexicon(path) == {"good": 2.0, "well, no": -1.5}


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("word,score\ngood,1\n", 1, "the header must be term,score; found word,score"),
        ("", 1, "found nothing"),
        ("term,score\ngood,much\n", 2, "found 'good' and 'much'"),
        ("term,score\ngood,nan\n", 2, "found 'good' and 'nan'"),
        ("term,score\n,1\n", 2, "found '' and '1'"),
        ("term,score\ngood\n", 2, "found 'good' and ''"),
        ("term,score\ngood,1\ngood,2\n", 3, "'good' stands already, with 1.0"),
        ("term,score\n", 0, "holds no terms"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, text: str, line: int, message: str) -> None:
    with pytest.raises(BadResource) as caught:
        read_lexicon(written(tmp_path, text))

    assert caught.value.line == line
    assert message in caught.value.message


def test_a_file_that_is_missing_or_not_utf8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadResource, match="no such file"):
        read_lexicon(tmp_path / "none.csv")
    with pytest.raises(BadResource, match="not a CSV file in UTF-8"):
        read_lexicon(written(tmp_path, "term,score\nschön,1\n", "latin-1"))
