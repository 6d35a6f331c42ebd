"""Python files of a project: loading a function out of one, and which files it imports."""

import ast
import re
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from traceback import walk_tb
from types import CodeType, ModuleType
from typing import Any

from labelmill.core.digests import digest, digest_bytes
from labelmill.core.hiding import CUT
from labelmill.errors import BadParameter, BadResource, nearest


@dataclass(frozen=True, slots=True)
class Reference:
    """A name in a Python file of the project.

    Example:
        >>> Reference.parse("labeling_functions/comments.py:shouting")
        Reference(file='labeling_functions/comments.py', name='shouting')
    """

    file: str
    name: str

    @classmethod
    def parse(cls, text: str) -> "Reference":
        """Read `path/of/file.py:name`.

        Raises:
            BadParameter: if the text has another form.
        """
        file, colon, name = text.rpartition(":")
        if not colon or not file.endswith(".py") or not name.isidentifier():
            wanted = (
                "a file of the project and a name in it: labeling_functions/comments.py:shouting"
            )
            raise BadParameter("function", f"found {text!r}; wanted {wanted}")
        return cls(Path(file).as_posix(), name)


@dataclass(slots=True)
class _Project:
    """Modules that the Python files of one project imported; they are in no one else's way."""

    known: dict[str, Path] = field(default_factory=dict)
    modules: dict[str, ModuleType] = field(default_factory=dict)
    digests: dict[Path, str] = field(default_factory=dict)


_PROJECTS: dict[Path, _Project] = {}
_RUN: set[str] = set()
_LOCK = threading.RLock()


def load_function(root: Path, reference: str) -> Any:
    """Load what `reference` names out of a Python file of the project.

    The file is run under a private name that hangs on its place and its content, so it is run
    once, and again after it or a project module that it imports has changed. It may import other
    modules of the project by their path from the root (`from labeling_functions.words import
    GREETINGS`) and anything that is installed; `sys.path` stays as it is.

    Args:
        root: the project root.
        reference: `path/of/file.py:name`, relative to the root.

    Raises:
        BadParameter: if the reference has another form.
        BadResource: if the file is missing, stands outside the project, does not import, or has
            nothing callable of that name.
    """
    wanted = Reference.parse(reference)
    path = _inside(root, wanted.file)
    if not path.is_file():
        raise BadResource(wanted.file, _missing(path))
    module = _module(root.resolve(), path)
    names = [name for name, value in vars(module).items() if callable(value)]
    if not hasattr(module, wanted.name):
        message = f"has no function '{wanted.name}'{nearest(wanted.name, _public(names))}"
        raise BadResource(wanted.file, message)
    found = getattr(module, wanted.name)
    if not callable(found):
        message = f"'{wanted.name}' is {_article(type(found).__name__)}, which cannot be called"
        raise BadResource(wanted.file, message)
    return found


def module_files(root: Path, file: str) -> tuple[str, ...]:
    """A Python file and the project modules that it imports, at any depth, relative to the root.

    Only import statements are followed, wherever they stand in the file. A file that is missing
    or does not parse stands for itself; loading it says what is wrong.

    Raises:
        BadResource: if the file stands outside the project.
    """
    path = _inside(root, file)
    base = root.resolve()
    found = {path.relative_to(base).as_posix()}
    found |= {p.relative_to(base).as_posix() for p in _imports(base, path).values() if p.is_file()}
    return tuple(sorted(found))


@contextmanager
def importable(root: Path) -> Iterator[None]:
    """Let functions of the project find its modules while they run.

    A function may import a module of its project in its body, or pickle an object whose class
    stands in one; both need the module by its name. What the functions print goes to stderr,
    since stdout is for results.
    """
    with _LOCK, redirect_stdout(sys.stderr):
        project = _PROJECTS.setdefault(root.resolve(), _Project())
        finder = _Finder(project.known)
        outside = {name: sys.modules.pop(name) for name in project.known if name in sys.modules}
        sys.modules.update(project.modules)
        sys.meta_path.insert(0, finder)
        try:
            yield
        finally:
            sys.meta_path.remove(finder)
            found = [name for name in project.known if name in sys.modules]
            project.modules = {name: sys.modules.pop(name) for name in found}
            sys.modules.update(outside)


def raised() -> tuple[type[BaseException], ...]:
    """What the code of a project may raise without ending the run: all but an interrupt.

    asyncio's CancelledError, which a function that asks a service may let through, is no
    Exception; nobody has raised it where asyncio is not loaded.

    Example:
        >>> try:
        ...     exit("no")
        ... except raised() as error:
        ...     type(error).__name__
        'SystemExit'
    """
    cancelled = getattr(sys.modules.get("asyncio"), "CancelledError", GeneratorExit)
    return (Exception, SystemExit, GeneratorExit, cancelled)


def told(error: BaseException, root: Path) -> str:
    """An exception in one line: the place in the project where it arose, and its message.

    Memory addresses are left out and long messages are cut, so that a message is the same in
    every run.

    Example:
        >>> told(ValueError("no <object at 0x7f00>"), Path("."))
        'no <object>'
    """
    file, line = _place(error, root.resolve())
    message = shortened(_said(error).strip()) or type(error).__name__
    return f"{file}:{line}: {message}" if file else message


def _said(error: BaseException) -> str:
    """The message of an exception; what a project raises may fail even to say what it is."""
    try:
        return str(error)
    except raised():
        return ""


def shortened(text: str, limit: int = 300) -> str:
    """A text of one line that any file can hold, without memory addresses, cut to a length.

    Example:
        >>> shortened("<A object at 0x7f52> and more", limit=14)
        '<A object> an…'
    """
    text = text.encode("utf-8", "backslashreplace").decode()
    line = " ".join(re.sub(r" at 0x[0-9a-fA-F]+", "", text).split())
    return line if len(line) <= limit else line[: limit - 1] + CUT


def _inside(root: Path, file: str) -> Path:
    base = root.resolve()
    path = (base / file).resolve()
    if not path.is_relative_to(base):
        raise BadResource(file, "stands outside the project; only files of the project are run")
    return path


def _missing(path: Path) -> str:
    near = nearest(path.name, [p.name for p in path.parent.glob("*.py")])
    return f"there is no such file in the project{near}"


def _public(names: Sequence[str]) -> list[str]:
    return [name for name in names if not name.startswith("_")]


def _article(noun: str) -> str:
    return f"an {noun}" if noun[0].lower() in "aeiou" else f"a {noun}"


def _module(base: Path, path: Path) -> ModuleType:
    imports = _imports(base, path)
    files = sorted({path, *(p for p in imports.values() if p.is_file())})
    digests = {p: digest_bytes(p.read_bytes()) for p in files}
    key = digest([str(path), [[str(p), digests[p]] for p in files]])
    name = f"_labelmill_{path.stem}_{key[:16]}"
    with _LOCK:
        if name not in sys.modules:
            _renew(base, imports, digests)
            _run(base, path, name)
        return sys.modules[name]


def _renew(base: Path, imports: Mapping[str, Path], digests: Mapping[Path, str]) -> None:
    """Note the project modules that are about to be imported; forget them all if one changed."""
    project = _PROJECTS.setdefault(base, _Project())
    if any(project.digests.get(p, digests[p]) != digests[p] for p in digests):
        project.modules.clear()
        project.digests.clear()
    project.known.update(imports)
    project.digests.update({p: digests[p] for p in imports.values() if p in digests})


def _run(base: Path, path: Path, name: str) -> None:
    spec = spec_from_file_location(name, path, loader=_Source(name, str(path)))
    if spec is None or spec.loader is None:
        raise BadResource(path.name, "cannot be loaded as a Python module")
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        with importable(base), _streams_kept():
            spec.loader.exec_module(module)
    except raised() as error:  # what a user's module raises
        sys.modules.pop(name, None)
        _PROJECTS[base].modules.clear()
        raise _broken(base, path, error) from error


@contextmanager
def _streams_kept() -> Iterator[None]:
    """A module may put streams of its own in place of stdout and stderr, as old scripts do.

    Results and messages do not go there. The streams stay, for one that nobody holds any more
    would close what it wraps.
    """
    before = sys.stdout, sys.stderr
    try:
        yield
    finally:
        if (sys.stdout, sys.stderr) != before:
            _STREAMS.extend((sys.stdout, sys.stderr))
            sys.stdout, sys.stderr = before


_STREAMS: list[Any] = []


def _broken(base: Path, path: Path, error: BaseException) -> BadResource:
    file, line = _place(error, base)
    own = path.relative_to(base).as_posix()
    message = shortened(error.msg if isinstance(error, SyntaxError) else _said(error))
    text = f"does not import: {type(error).__name__}: {message}"
    if isinstance(error, ImportError) and _sibling(path, error):
        package = ".".join(path.relative_to(base).parent.parts)
        text += f"; import modules of the project by their path: `from {package}.… import …`"
    if file and file != own:
        text += f" (imported by {own})"
    return BadResource(file or own, text, line=line)


def _sibling(path: Path, error: ImportError) -> bool:
    relative = error.name is None and "relative import" in str(error)
    return relative or (path.parent / f"{error.name}.py").is_file()


def _place(error: BaseException, base: Path) -> tuple[str, int]:
    """The last file of the project that an error passed through, and the line; ("", 0) if none."""
    places = [(frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        places.append((error.filename, error.lineno or 0))
    for filename, line in reversed(places):
        if filename in _RUN and Path(filename).is_relative_to(base):
            return Path(filename).relative_to(base).as_posix(), line
    return "", 0


class _Source(SourceFileLoader):
    """Reads source and nothing else: cached bytecode may be older than it looks."""

    def get_code(self, fullname: str) -> CodeType:
        """Compile the file, and note that it is run."""
        path = self.get_filename(fullname)
        _RUN.add(path)
        return self.source_to_code(self.get_data(path), path)


@dataclass(frozen=True, slots=True)
class _Finder:
    """Finds the modules of a project that its files import."""

    known: Mapping[str, Path]

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """The spec of a known module; a folder without `__init__.py` is a namespace."""
        del path, target
        place = self.known.get(name)
        if place is None or not place.exists():
            return None
        if place.is_dir():
            spec = ModuleSpec(name, None, is_package=True)
            spec.submodule_search_locations = [str(place)]
            return spec
        folder = [str(place.parent)] if place.name == "__init__.py" else None
        loader = _Source(name, str(place))
        return spec_from_file_location(
            name, place, loader=loader, submodule_search_locations=folder
        )


def _imports(base: Path, path: Path) -> dict[str, Path]:
    """Project modules that a file imports at any depth, and the packages that they stand in."""
    found: dict[str, Path] = {}
    waiting: list[tuple[Path, str | None]] = [(path, None)]
    while waiting:
        file, module = waiting.pop()
        for name in _imported_names(file, module):
            chain = _chain(base, name)
            fresh = {part: place for part, place in chain.items() if part not in found}
            found.update(fresh)
            waiting += [(place, part) for part, place in fresh.items() if place.is_file()]
    return found


def _chain(base: Path, name: str) -> dict[str, Path]:
    """A dotted name and its packages with their places; empty if it is no module of the project."""
    parts = name.split(".")
    names = [".".join(parts[: i + 1]) for i in range(len(parts))]
    places = [_module_place(base.joinpath(*parts[: i + 1])) for i in range(len(parts))]
    while places and (places[-1] is None or places[-1].is_dir()):
        places.pop()
    return {part: place for part, place in zip(names, places, strict=False) if place is not None}


def _module_place(stem: Path) -> Path | None:
    for place in (stem / "__init__.py", stem.with_name(stem.name + ".py")):
        if place.is_file():
            return place
    return stem if stem.is_dir() else None


def _imported_names(file: Path, module: str | None) -> Iterator[str]:
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, OSError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = _package(node, file, module)
            if package:
                yield package
                yield from (f"{package}.{alias.name}" for alias in node.names)


def _package(node: ast.ImportFrom, file: Path, module: str | None) -> str:
    """The absolute name of the module that `from … import` stands on; "" if it has none."""
    if not node.level:
        return node.module or ""
    if module is None:
        return ""
    parts = module.split(".")
    up = node.level - (file.name == "__init__.py")
    parts = parts[: len(parts) - up] if up else parts
    return ".".join([*parts, node.module] if node.module else parts)
