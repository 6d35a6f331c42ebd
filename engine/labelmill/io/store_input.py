"""Which objects of a store a job reads: those of one key, of a folder, or of a pattern."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from glob import has_magic
from pathlib import PurePath

from labelmill.errors import InputMissing
from labelmill.io.stores import Place, StorePath, split_url


def found_in_store(url: str) -> tuple[StorePath, list[StorePath]]:
    """The objects behind a URL, pinned as they are now, and the folder that they are in.

    Raises:
        InputMissing: if there are none.
        StoreError: if the store cannot say.
    """
    if has_magic(url):
        base, found = matching(url)
        if not found:
            raise InputMissing(url, "no object matches this pattern")
        return base, found
    where = StorePath.of(url)
    alone = where.pinned()
    if alone is not None:
        return where.parent, [alone]
    below = where.below()
    found = [p for p in below if p.name.endswith(".parquet") and is_data(p.relative_to(where))]
    if not found:
        what = "the folder holds no *.parquet object" if below else "there is nothing of that name"
        raise InputMissing(url, what)
    return where, found


def matching(pattern: str) -> tuple[StorePath, list[StorePath]]:
    """The objects that a URL with wildcards matches, and the folder before the first of them.

    `*`, `?` and `[...]` stay within one part of a path, and none of them begins a match of a name
    that starts with a dot; `**` stands for any number of parts.
    """
    bucket, key = split_url(pattern)
    parts = key.split("/")
    plain = next(n for n, part in enumerate(parts) if has_magic(part))
    base = StorePath(bucket, "/".join(parts[:plain]))
    below = base.below()
    return base, [p for p in below if _matches(p.relative_to(base).parts, parts[plain:])]


def _matches(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether the parts of a path are those of a pattern."""
    if not pattern or not parts:
        return not parts and all(part == "**" for part in pattern)
    seen = not parts[0].startswith(".") or pattern[0].startswith(".")
    if pattern[0] == "**":
        return _matches(parts, pattern[1:]) or (seen and _matches(parts[1:], pattern))
    return seen and fnmatchcase(parts[0], pattern[0]) and _matches(parts[1:], pattern[1:])


def is_data(name: PurePath) -> bool:
    """Whether no part of a name starts with a dot or an underscore.

    Example:
        >>> is_data(PurePath("date=20/a.parquet")), is_data(PurePath("_temporary/a.parquet"))
        (True, False)
    """
    return not any(part.startswith((".", "_")) for part in name.parts)


def relative(path: Place, folder: Place) -> PurePath:
    """A path as it is seen from a folder that it is in."""
    if isinstance(path, StorePath) and isinstance(folder, StorePath):
        return path.relative_to(folder)
    return PurePath(str(path)).relative_to(str(folder))
