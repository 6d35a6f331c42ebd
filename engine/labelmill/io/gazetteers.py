"""Reading lists of terms: CSV, JSON, JSON lines, plain text, each also gzipped."""

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from labelmill.errors import BadResource
from labelmill.io.gazetteer_cache import cache_name, keep_table, read_table
from labelmill.text.gazetteer import CompiledGazetteer, Entry
from labelmill.text.words import Case

_HALF_A_PAIR = re.compile("[\ud800-\udfff]")
_LONG_LIST = 1 << 18  # bytes; a shorter one is compiled faster than anybody can tell


def load_gazetteer(
    path: Path,
    *,
    label: str | None = None,
    case: Case = "exact",
    min_length: int = 1,
    stop: tuple[str, ...] = (),
    cache: Path | None = None,
) -> CompiledGazetteer:
    """Read a list of terms and compile it.

    A long list is kept compiled in the folder `cache`, under a digest of all that it hangs on, and
    mapped into memory the next time.

    Args:
        path: the file; its ending says which format it has (see `read_entries`).
        label: of terms for which the file has none.
        case: how upper and lower case are read.
        min_length: terms with fewer characters are left out.
        stop: terms to leave out.
        cache: a folder for compiled lists; left out, nothing is kept.

    Raises:
        BadResource: if the file cannot be read, or has no term left.
    """
    content = _content_of(path)
    kept = None
    if cache is not None and len(content) >= _LONG_LIST:
        ending = _ending(path) + path.suffix
        name = cache_name(content, ending, label, case, min_length, stop)
        kept = cache / name
        table = read_table(kept)
        if table is not None:
            return CompiledGazetteer.of_table(table, case)
    gazetteer = CompiledGazetteer(
        _entries(path, content), label=label, case=case, min_length=min_length, stop=stop
    )
    if not len(gazetteer):
        raise BadResource(str(path), "holds no terms (or all are too short or stopped)")
    if kept is None:
        return gazetteer
    return CompiledGazetteer.of_table(keep_table(kept, gazetteer.table), case)


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
    return _entries(path, _content_of(path))


def _content_of(path: Path) -> bytes:
    name = str(path)
    if _ending(path) not in _READERS:
        known = ", ".join(_READERS)
        message = f"ends in '{_ending(path)}'; wanted {known}, or one of these with .gz"
        raise BadResource(name, message)
    if not path.is_file():
        raise BadResource(name, "no such file; wanted a list of terms")
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadResource(name, f"cannot be read: {error}") from error


def _entries(path: Path, content: bytes) -> Iterator[Entry]:
    name = str(path)
    try:
        data = gzip.decompress(content) if path.suffix == ".gz" else content
        text = data.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise BadResource(name, f"cannot be read as UTF-8 text: {error}") from error
    return _READERS[_ending(path)](name, text)


def _ending(path: Path) -> str:
    """The part of a file's name that says its format."""
    ending = path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix
    return ending.lower()


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
    entry = Entry(term.strip(), label or None, None if id_ in (None, "") else str(id_))
    if _HALF_A_PAIR.search("".join(map(str, entry))):
        message = f"{entry.term!a} holds half of a surrogate pair, which is no character"
        raise BadResource(name, message, line=line)
    return entry


def _shown(value: Any) -> str:
    shown = json.dumps(value, ensure_ascii=False)
    return shown if len(shown) <= 60 else shown[:57] + "..."


_READERS: dict[str, Callable[[str, str], Iterator[Entry]]] = {
    ".csv": _csv,
    ".jsonl": _jsonl,
    ".json": _json,
    ".txt": _txt,
}
