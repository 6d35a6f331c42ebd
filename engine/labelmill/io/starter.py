"""The starter project that comes with labelmill, and copying it into a folder."""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from labelmill.errors import OutputFailed, UsageError
from labelmill.io.durable import write_bytes

PARTS = ("configs", "labeling_functions", "gazetteers", "data/demo")
IGNORED = "# What labelmill makes\n.labelmill/\ndata/out/\n"


@dataclass(frozen=True, slots=True)
class Started:
    """A new project: the files written and those left alone, and a config to begin with.

    All paths are relative to the project.
    """

    files: tuple[Path, ...]
    left: tuple[str, ...]
    config: Path


def copy_starter(folder: Path) -> Started:
    """Copy the starter into a folder, with a .gitignore if there is none.

    Raises:
        UsageError: if a file to be written is there already; nothing is written then.
    """
    source = _starter()
    wanted = [
        path.relative_to(source)
        for part in PARTS
        for path in sorted((source / part).rglob("*"))
        if path.is_file() and not _is_generated(path.relative_to(source))
    ]
    taken = [path for path in wanted if (folder / path).exists()]
    if taken:
        others = f" and {len(taken) - 1} more" if len(taken) > 1 else ""
        message = f"{folder / taken[0]}{others}: exists already; nothing was written"
        raise UsageError(message)
    for path in wanted:
        write_bytes(folder / path, (source / path).read_bytes())
    left = (".gitignore",) if (folder / ".gitignore").exists() else ()
    if not left:
        write_bytes(folder / ".gitignore", IGNORED.encode())
        wanted.append(Path(".gitignore"))
    return Started(tuple(wanted), left, _first_config(wanted))


def _starter() -> Path:
    """The starter: inside an installed package, or around the package in a checkout."""
    package = Path(str(files("labelmill")))
    checkout = package.parents[1]
    for place in (package / "starter", checkout):
        if (place / "configs").is_dir() and (place / "data" / "demo").is_dir():
            return place
    message = f"{package}: the starter is missing from this installation; install labelmill again"
    raise OutputFailed(message)


def _is_generated(path: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.parts)
    return hidden or "__pycache__" in path.parts or path.suffix == ".pyc"


def _first_config(paths: list[Path]) -> Path:
    configs = [path for path in paths if path.parent == Path("configs") and path.suffix == ".yaml"]
    simple = [path for path in configs if path.stem == "video-comments"]
    return (simple or configs)[0]
