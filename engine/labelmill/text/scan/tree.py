"""What a pattern says, as a tree over sets of code points."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from labelmill.text.scan.points import Points

Place = Literal["start", "end", "line_start", "line_end", "last_line_end"]


@dataclass(frozen=True, slots=True)
class Char:
    """One character out of a set."""

    points: Points


@dataclass(frozen=True, slots=True)
class Byte:
    """One byte out of a set, whose bits are `mask`: what a Char becomes in an alphabet."""

    mask: int


@dataclass(frozen=True, slots=True)
class Seq:
    """One after the other; the empty one matches the empty string."""

    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Alt:
    """One of several; of none nothing matches."""

    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Rep:
    """Again and again, `least` to `most` times; without `most` there is no end to it."""

    item: "Node"
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class At:
    """A place of the text or of a line."""

    place: Place


@dataclass(frozen=True, slots=True)
class Bound:
    """A word begins or ends here, or with `inside` does not; `word` are the word characters."""

    word: Points
    inside: bool


@dataclass(frozen=True, slots=True)
class Look:
    """What stands ahead or behind, or with `refused` what does not."""

    item: "Node"
    ahead: bool
    refused: bool


@dataclass(frozen=True, slots=True)
class Loose:
    """Something that matches where the pattern does, and perhaps elsewhere too."""

    item: "Node"


Node: TypeAlias = Char | Byte | Seq | Alt | Rep | At | Bound | Look | Loose

EMPTY = Seq(())
NEVER = Alt(())


def points_of(node: Node) -> set[Points]:
    """Every set of code points that a tree names."""
    found: set[Points] = set()
    rest = [node]
    while rest:
        part = rest.pop()
        match part:
            case Char(points):
                found.add(points)
            case Bound(word, _):
                found.add(word)
            case Seq(items) | Alt(items):
                rest += items
            case Rep(item, _, _) | Look(item, _, _) | Loose(item):
                rest.append(item)
    return found
