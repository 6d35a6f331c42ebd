"""Reading a lexicon: terms with a score each."""

import csv
import math
from collections.abc import Sequence
from pathlib import Path

from labelmill.errors import BadResource


def read_lexicon(path: Path) -> dict[str, float]:
    """Read the score of each term from a CSV file with the header `term,score`.

    Other columns are ignored, as are blank lines.

    Raises:
        BadResource: if the file is missing, is not UTF-8, holds no terms, or has a line without a
            term, without a score, or with a term that stands already.
    """
    name = str(path)
    if not path.is_file():
        raise BadResource(name, "no such file; wanted a CSV file with the header term,score")
    scores: dict[str, float] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            _check_header(name, reader.fieldnames or ())
            for row in reader:
                term, score = _line(name, reader.line_num, row)
                if term in scores:
                    message = f"the term '{term}' stands already, with {scores[term]}"
                    raise BadResource(name, message, line=reader.line_num)
                scores[term] = score
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadResource(name, f"is not a CSV file in UTF-8: {error}") from error
    if not scores:
        raise BadResource(name, "holds no terms")
    return scores


def _check_header(name: str, header: Sequence[str]) -> None:
    if not {"term", "score"} <= set(header):
        found = ",".join(header) or "nothing"
        raise BadResource(name, f"the header must be term,score; found {found}", line=1)


def _line(name: str, number: int, row: dict[str, str | None]) -> tuple[str, float]:
    term, cell = (row["term"] or "").strip(), (row["score"] or "").strip()
    try:
        score = float(cell)
    except ValueError:
        score = math.nan
    if not term or not math.isfinite(score):
        message = f"wanted a term and a number; found '{term}' and '{cell}'"
        raise BadResource(name, message, line=number)
    return term, score
