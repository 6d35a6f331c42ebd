"""Texts as reports show them: cut at their entities, with every character visible."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_PICTURES: dict[int, int] = {
    **{code: 0x2400 + code for code in range(32) if chr(code) not in "\n\t"},
    0x7F: 0x2421,
    **dict.fromkeys(range(0x80, 0xA0), 0xFFFD),
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text: inside an entity with a label, or between entities."""

    text: str
    label: str | None = None


def visible(text: str) -> str:
    r"""A text whose control characters are pictures, so that no terminal or browser obeys them.

    Line breaks and tabs stay.

    Example:
        >>> visible("red \x1b[31m text\n")
        'red ␛[31m text\n'
    """
    return text.translate(_PICTURES)


def pieces(text: str, entities: Sequence[Mapping[str, Any]]) -> list[Piece]:
    """Cut a text at its entities; one that overlaps an earlier one is left out.

    Example:
        >>> pieces("Acme rose", [{"start": 0, "end": 4, "label": "ORG"}])
        [Piece(text='Acme', label='ORG'), Piece(text=' rose', label=None)]
    """
    cut, last = [], 0
    for entity in sorted(entities, key=lambda e: (e["start"], -e["end"])):
        start, end = entity["start"], entity["end"]
        if start < last or end > len(text):
            continue
        cut += [Piece(text[last:start]), Piece(text[start:end], entity["label"])]
        last = end
    return [piece for piece in (*cut, Piece(text[last:])) if piece.text]
