"""Trees over bytes as expressions for Hyperscan, each construct in its plainest form."""

from functools import lru_cache

from labelmill.text.scan.tree import Alt, Byte, Node, Rep, Seq


def written(node: Node) -> bytes:
    r"""Write a tree of bytes as an expression.

    Example:
        >>> print(written(Seq((Byte(1 << 65 | 1 << 97), Rep(Byte(3), 2, None)))).decode())
        [\x41\x61][\x00\x01]{2,}
    """
    return _text(node).encode("ascii")


def _text(node: Node) -> str:
    match node:
        case Byte(mask):
            return _set(mask)
        case Seq(items):
            return "".join(f"(?:{_text(i)})" if isinstance(i, Alt) else _text(i) for i in items)
        case Alt(items):
            return "|".join(map(_text, items))
        case Rep(item, least, most):
            body = _text(item)
            return (body if isinstance(item, Byte) else f"(?:{body})") + _times(least, most)
    raise TypeError(node)


def _times(least: int, most: int | None) -> str:
    plain = {(0, 1): "?", (0, None): "*", (1, None): "+", (1, 1): ""}
    if (least, most) in plain:
        return plain[least, most]
    if most is None:
        return f"{{{least},}}"
    return f"{{{least}}}" if least == most else f"{{{least},{most}}}"


@lru_cache(maxsize=4096)
def _set(mask: int) -> str:
    runs = _runs(mask)
    if len(runs) == 1 and runs[0][0] == runs[0][1]:
        return _byte(runs[0][0])
    return "[" + "".join(_run(first, last) for first, last in runs) + "]"


def _run(first: int, last: int) -> str:
    if last - first < 2:
        return "".join(map(_byte, range(first, last + 1)))
    return f"{_byte(first)}-{_byte(last)}"


def _byte(byte: int) -> str:
    return f"\\x{byte:02x}"


def _runs(mask: int) -> list[tuple[int, int]]:
    """First and last byte of each run of a set."""
    runs: list[tuple[int, int]] = []
    for byte in range(256):
        if mask >> byte & 1:
            if runs and runs[-1][1] == byte - 1:
                runs[-1] = (runs[-1][0], byte)
            else:
                runs.append((byte, byte))
    return runs
