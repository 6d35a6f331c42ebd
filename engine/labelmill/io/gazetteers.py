"""Reading lists of terms: CSV, JSON, JSON lines, plain text, each also gzipped."""

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from labelmill.errors import BadResource
from labelmill.text.gazetteer import CompiledGazetteer, Entry
from labelmill.text.words import Case


def load_gazetteer(
    path: Path,
    *,
    label: str | None = None,
    case: Case = "exact",
    min_length: int = 1,
    stop: tuple[str, ...] = (),
) -> CompiledGazetteer:
    """Read a list of terms and compile it.

    Args:
        path: the file; its ending says which format it has (see `read_entries`).
        label: of terms for which the file has none.
        case: how upper and lower case are read.
        min_length: terms with fewer characters are left out.
        stop: terms to leave out.

    Raises:
        BadResource: if the file cannot be read, or has no term left.
    """
    gazetteer = CompiledGazetteer(
        read_entries(path), label=label, case=case, min_length=min_length, stop=stop
    )
    if not len(gazetteer):
        raise BadResource(str(path), "holds no terms (or all are too short or stopped)")
    return gazetteer


def read_entries(path: Path) -> Iterator[Entry]:
    r"""Terms of a file, in its order.

    - `.csv`: a header with `term` and, if wanted, `label` and `id`; other columns are ignored.
    - `.jsonl`: on each line `{"term": …, "label": …, "id": …}`, or spaCy's form
      `{"label": …, "pattern": "…", "id": …}`.
    - `.json`: skweak's form `{"LABEL": ["term", ["to", "ken"], …]}`, or a list of terms.
    - `.txt`: a term on each line.

    Each may be gzipped (`.json.gz`). Blank lines and white space around terms are ignored.

    Raises:
        BadResource: if the file is missing, damaged, not UTF-8, or a line holds no term.
    """
    name = str(path)
    ending = path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix
    reader = _READERS.get(ending.lower())
    if reader is None:
        known = ", ".join(_READERS)
        raise BadResource(name, f"ends in '{ending}'; wanted {known}, or one of these with .gz")
    if not path.is_file():
        raise BadResource(name, "no such file; wanted a list of terms")
    return reader(name, _text_of(path))


def _text_of(path: Path) -> str:
    try:
        data = path.read_bytes()
        data = gzip.decompress(data) if path.suffix == ".gz" else data
        return data.decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise BadResource(str(path), f"cannot be read as UTF-8 text: {error}") from error


def _csv(name: str, text: str) -> Iterator[Entry]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        header = reader.fieldnames or []
        if "term" not in header:
            found = ",".join(header) or "nothing"
            message = f"the header must be term or term,label,id; found {found}"
            raise BadResource(name, message, line=1)
        for row in reader:
            if None in row:
                message = f"wanted {len(header)} cells, found more: {row[None]}; quote commas"
                raise BadResource(name, message, line=reader.line_num)
            yield _entry(name, reader.line_num, row)
    except csv.Error as error:
        message = f"is not CSV: {error}"
        raise BadResource(name, message, line=reader.reader.line_num) from error


def _jsonl(name: str, text: str) -> Iterator[Entry]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        value = _parsed(name, line, number)
        if not isinstance(value, dict):
            message = f'found {_shown(value)}; wanted an object like {{"term": "Acme"}}'
            raise BadResource(name, message, line=number)
        if "term" not in value and "pattern" in value:
            value = {**value, "term": value["pattern"]}
            if not isinstance(value["term"], str):
                message = "a token pattern is no term; use the type token_pattern for it"
                raise BadResource(name, message, line=number)
        yield _entry(name, number, value)


def _json(name: str, text: str) -> Iterator[Entry]:
    value = _parsed(name, text, 0)
    lists = {None: value} if isinstance(value, list) else value
    if not isinstance(lists, dict):
        wanted = 'wanted {"LABEL": ["term", …]} or a list of terms'
        raise BadResource(name, f"found {_shown(value)}; {wanted}")
    for label, terms in lists.items():
        if not isinstance(terms, list):
            raise BadResource(name, f"'{label}' holds {_shown(terms)}; wanted a list of terms")
        for term in terms:
            is_tokens = isinstance(term, list) and all(isinstance(part, str) for part in term)
            joined = " ".join(term) if is_tokens else term
            yield _entry(name, 0, {"term": joined, "label": label})


def _txt(name: str, text: str) -> Iterator[Entry]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield _entry(name, number, {"term": line})


def _parsed(name: str, text: str, line: int) -> Any:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        at = getattr(error, "lineno", 0)
        raise BadResource(name, f"is not JSON: {error}", line=line or at) from error


def _entry(name: str, line: int, fields: dict[Any, Any]) -> Entry:
    term = fields.get("term")
    if not isinstance(term, str) or not term.strip():
        raise BadResource(name, f"found {_shown(term)}; wanted a term", line=line)
    label, id_ = fields.get("label"), fields.get("id")
    if label is not None and not isinstance(label, str):
        message = f"the term '{term}' has the label {_shown(label)}; wanted a name"
        raise BadResource(name, message, line=line)
    if id_ is not None and not isinstance(id_, str | int):
        message = f"the term '{term}' has the id {_shown(id_)}; wanted a text or a whole number"
        raise BadResource(name, message, line=line)
    return Entry(term.strip(), label or None, None if id_ in (None, "") else str(id_))


def _shown(value: Any) -> str:
    shown = json.dumps(value, ensure_ascii=False)
    return shown if len(shown) <= 60 else shown[:57] + "..."


_READERS: dict[str, Callable[[str, str], Iterator[Entry]]] = {
    ".csv": _csv,
    ".jsonl": _jsonl,
    ".json": _json,
    ".txt": _txt,
}
