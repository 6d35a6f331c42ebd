"""User text as Markdown and as YAML: whatever it holds, it is shown and never acts."""

import re
from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&$!])")
_JOINERS = "\u200c\u200d"  # they hold letters and emoji together
_OPENING = re.compile(r"^(\d+(?=[.)](?: |$))|(?=[-+=]))")


def escaped(text: str) -> str:
    r"""User text on one line, shown as it is written.

    White space becomes single spaces and characters that cannot be seen are left out.

    Example:
        >>> print(escaped("- a *bold*\n<b>claim</b>"))
        \- a \*bold\* \<b\>claim\</b\>
    """
    line = " ".join("".join(filter(_is_shown, text)).split())
    return _OPENING.sub(r"\1\\", _SPECIAL.sub(r"\\\1", line))


def table(header: Sequence[str], rows: Iterable[Sequence[str]], align: str = "") -> str:
    """A table; cells are Markdown on one line.

    Args:
        header: a title for each column.
        rows: cells, as many as there are titles.
        align: a letter for each column, `l` or `r`; left where it is empty.

    Example:
        >>> print(table(["split", "rows"], [["train", "8"]], "lr"))
        | split | rows |
        | --- | ---: |
        | train | 8 |
    """
    marks = ["---:" if letter == "r" else "---" for letter in align or "l" * len(header)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, marks, *rows))


def quoted(text: str) -> str:
    r"""User text as a double-quoted YAML scalar in plain ASCII.

    Example:
        >>> print(quoted('say "é"\n'))
        "say \"\u00E9\"\n"
    """
    return f'"{"".join(map(_yaml_char, text))}"'


def _is_shown(char: str) -> bool:
    return char.isprintable() or char.isspace() or char in _JOINERS


def _yaml_char(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    if char == "\n":
        return "\\n"
    if " " <= char <= "~":
        return char
    code = ord(char)
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"
