"""Reading a list of synonyms from a CSV file."""

import csv
from collections.abc import Iterator
from pathlib import Path

from labelmill.errors import BadResource

SEVERAL = "|"
"""What separates synonyms in a column `synonyms`."""


def read_synonyms(path: Path) -> dict[str, tuple[str, ...]]:
    """Read the synonyms of each word, in the order of the file, each once.

    The header is `word,synonym` (one synonym a line, a word may have many lines) or
    `word,synonyms` (separated by `|`). Other columns are ignored, as are blank lines. Words are
    kept as written; a word that is its own synonym is not.

    Raises:
        BadResource: if the file is missing, is not UTF-8 or has a line without word or synonym.
    """
    name = str(path)
    if not path.is_file():
        raise BadResource(name, "no such file; wanted a CSV file with the header word,synonym")
    synonyms: dict[str, dict[str, None]] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for word, others in _rows(name, file):
                synonyms.setdefault(word, {}).update(dict.fromkeys(others))
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadResource(name, f"is not a CSV file in UTF-8: {error}") from error
    if not synonyms:
        raise BadResource(name, "holds no synonyms")
    return {word: tuple(o for o in others if o != word) for word, others in synonyms.items()}


def _rows(name: str, lines: Iterator[str]) -> Iterator[tuple[str, list[str]]]:
    reader = csv.DictReader(lines)
    header = reader.fieldnames or []
    column = next((c for c in ("synonym", "synonyms") if c in header), None)
    if "word" not in header or column is None:
        found = ",".join(header) or "nothing"
        message = f"the header must be word,synonym or word,synonyms; found {found}"
        raise BadResource(name, message, line=1)
    for row in reader:
        word, cell = (row["word"] or "").strip(), (row[column] or "").strip()
        others = [cell] if column == "synonym" else [part.strip() for part in cell.split(SEVERAL)]
        if not word or not any(others):
            message = f"wanted a word and its {column}; found '{word}' and '{cell}'"
            raise BadResource(name, message, line=reader.line_num)
        yield word, [other for other in others if other]
