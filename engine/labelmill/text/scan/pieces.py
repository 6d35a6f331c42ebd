"""Trees without places: what a match needs before and after it is taken into the match.

Any tree is a union of *pieces*: a core that asks nothing of its surroundings, with the bytes that
may stand before it and after it. Every text has a separator before it and after it, so that the
byte before and the byte after always exist. A core may match the empty string; then the byte
before stands next to the byte after.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from labelmill.text.scan.tree import EMPTY, NEVER, Alt, Byte, Node, Rep, Seq

ALL = (1 << 256) - 1
"""Any byte, that is: nothing is asked."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A core, and the bytes that may stand before and after it."""

    core: Node
    before: int = ALL
    after: int = ALL

    @property
    def bare(self) -> bool:
        """Whether it asks nothing of its surroundings."""
        return self.before == ALL == self.after


def then(first: Iterable[Piece], second: Iterable[Piece]) -> list[Piece]:
    """One after the other."""
    second = list(second)
    return gathered(piece for a in first for b in second for piece in _joined(a, b))


def _joined(first: Piece, second: Piece) -> Iterable[Piece]:
    if first.after == ALL == second.before:
        yield Piece(chain(first.core, second.core), first.before, second.after)
        return
    left = last_in(first.core, second.before)
    right = first_in(second.core, first.after)
    before, after = first.before & second.before, first.after & second.after
    if NEVER not in {left, right}:
        yield Piece(chain(left, right), first.before, second.after)
    if skippable(second.core):
        yield Piece(left, first.before, after)
    if skippable(first.core):
        yield Piece(right, before, second.after)
    if skippable(first.core) and skippable(second.core):
        yield Piece(EMPTY, before, after)


def gathered(pieces: Iterable[Piece]) -> list[Piece]:
    """Without the impossible ones; those that ask the same of their surroundings are one."""
    cores: dict[tuple[int, int], list[Node]] = {}
    for piece in pieces:
        if piece.before and piece.after and piece.core != NEVER:
            cores.setdefault((piece.before, piece.after), []).append(piece.core)
    return [Piece(either(nodes), before, after) for (before, after), nodes in cores.items()]


def chain(*nodes: Node) -> Node:
    """One after the other, in one list."""
    items: list[Node] = []
    for node in nodes:
        items += node.items if isinstance(node, Seq) else (node,)
    return items[0] if len(items) == 1 else Seq(tuple(items))


def either(nodes: Iterable[Node]) -> Node:
    """One of several, in one list, single bytes as one set."""
    items: dict[Node, None] = {}
    mask = 0
    for node in nodes:
        for item in node.items if isinstance(node, Alt) else (node,):
            if isinstance(item, Byte):
                mask |= item.mask
            else:
                items[item] = None
    optional = items.pop(EMPTY, 0) is None
    kept = ([Byte(mask)] if mask else []) + list(items)
    found = kept[0] if len(kept) == 1 else Alt(tuple(kept))
    if not optional or skippable(found):
        return found
    return Rep(found, 0, 1) if kept else EMPTY


def skippable(node: Node) -> bool:
    """Whether the empty string matches."""
    match node:
        case Seq(items):
            return all(map(skippable, items))
        case Alt(items):
            return any(map(skippable, items))
        case Rep(item, least, _):
            return least == 0 or skippable(item)
    return False


def first_bytes(node: Node, *, backwards: bool = False) -> int:
    """The bytes with which a match can begin, or `backwards` end."""
    match node:
        case Byte(mask):
            return mask
        case Alt(items):
            return _union(first_bytes(item, backwards=backwards) for item in items)
        case Rep(item, _, most):
            return 0 if most == 0 else first_bytes(item, backwards=backwards)
        case Seq(items):
            mask = 0
            for item in reversed(items) if backwards else items:
                mask |= first_bytes(item, backwards=backwards)
                if not skippable(item):
                    break
            return mask
    raise TypeError(node)


def first_in(node: Node, mask: int, *, backwards: bool = False) -> Node:
    """The matches that are not empty and begin, or `backwards` end, with one of some bytes."""
    if not skippable(node) and not first_bytes(node, backwards=backwards) & ~mask:
        return node
    match node:
        case Byte(own):
            return Byte(own & mask) if own & mask else NEVER
        case Alt(items):
            kept = (first_in(item, mask, backwards=backwards) for item in items)
            return either(item for item in kept if item != NEVER)
        case Rep(item, least, most):
            if most == 0:
                return NEVER
            once = first_in(item, mask, backwards=backwards)
            more = Rep(item, max(least - 1, 0), None if most is None else most - 1)
            return _linked(once, (more,), backwards=backwards)
        case Seq(items):
            return _first_of(items, mask, backwards=backwards)
    raise TypeError(node)


def last_in(node: Node, mask: int) -> Node:
    """The matches that are not empty and end with one of some bytes."""
    return first_in(node, mask, backwards=True)


def _first_of(items: tuple[Node, ...], mask: int, *, backwards: bool) -> Node:
    """For a sequence: the first item begins the match, or it is empty and the next does."""
    branches: list[Node] = []
    rest = tuple(reversed(items)) if backwards else items
    while rest:
        head, rest = rest[0], rest[1:]
        once = first_in(head, mask, backwards=backwards)
        others = tuple(reversed(rest)) if backwards else rest
        linked = _linked(once, others, backwards=backwards)
        if linked != NEVER:
            branches.append(linked)
        if not skippable(head):
            break
    return either(branches)


def _linked(once: Node, others: tuple[Node, ...], *, backwards: bool) -> Node:
    kept = tuple(item for item in others if not (isinstance(item, Rep) and item.most == 0))
    if once == NEVER:
        return NEVER
    return chain(*kept, once) if backwards else chain(once, *kept)


def shortest(node: Node, *, backwards: bool = False) -> Node:
    """The part of a match that decides whether there is one, when anything may stand after it.

    What may be left out at the end (or `backwards` at the beginning) is left out.
    """
    if skippable(node):
        return EMPTY
    match node:
        case Seq(items):
            kept = list(reversed(items)) if backwards else list(items)
            while skippable(kept[-1]):
                kept.pop()
            kept[-1] = shortest(kept[-1], backwards=backwards)
            return chain(*(reversed(kept) if backwards else kept))
        case Alt(items):
            return either(shortest(item, backwards=backwards) for item in items)
        case Rep(item, least, _) if least == 1:
            return shortest(item, backwards=backwards)
        case Rep(item, least, _) if least > 1:
            return Rep(item, least, least)
    return node


def _union(masks: Iterable[int]) -> int:
    found = 0
    for mask in masks:
        found |= mask
    return found
