"""What a config asks of the machine: files that it names exist, models are installed."""

from glob import has_magic
from importlib.util import find_spec
from pathlib import Path

from labelmill.config.assembly import mention
from labelmill.config.nodes import Trail
from labelmill.config.scene import Scene
from labelmill.errors import nearest
from labelmill.io.s3 import INSTALL, is_installed
from labelmill.io.stores import problem_of


def check_resources(scene: Scene, folder: Path) -> None:
    """Note every file that is not there and every package that is not installed.

    The source is not looked for: it may come later.
    """
    for part in (*scene.assembly.functions, *scene.assembly.augment, *scene.assembly.checks):
        needs = scene.needs.get(part.trail)
        if needs is None:
            continue
        for file in needs.files:
            _check_file(scene, mention(part.entry, file, scene.findings), folder, file)
        for package in needs.packages:
            _check_package(scene, mention(part.entry, package, scene.findings), package)
    for name, values in scene.assembly.draft.gazetteers.items():
        if values is None:
            continue
        _check_file(scene, ("gazetteers", name, "path"), folder, values["path"])
        if isinstance(values.get("stop"), str):
            _check_file(scene, ("gazetteers", name, "stop"), folder, values["stop"])
    _check_gold(scene, folder)
    _check_stores(scene)


def _check_stores(scene: Scene) -> None:
    """Note URLs that cannot be used; whether anything is there is seen when it is read."""
    draft = scene.assembly.draft
    header = draft.header or {}
    places: dict[Trail, str | None] = {(key,): header.get(key) for key in ("output", "state")}
    for section in ("source", "gold"):
        places[section, "path"] = (draft.sections[section] or {}).get("path")
    for trail, place in places.items():
        if place is None or not is_url(place):
            continue
        problem = problem_of(place)
        if problem:
            scene.add(trail, "value", problem)
        elif not is_installed():
            scene.add(trail, "package", INSTALL)


def is_url(path: str) -> bool:
    """Whether a path is a URL.

    Example:
        >>> is_url("s3://bucket/rows"), is_url("data/rows")
        (True, False)
    """
    scheme, mark, _ = path.partition("://")
    return bool(mark) and scheme.isalnum()


def _check_gold(scene: Scene, folder: Path) -> None:
    path = (scene.assembly.draft.sections["gold"] or {}).get("path")
    if path is not None and not has_magic(path):
        _check_file(scene, ("gold", "path"), folder, path)


def _check_file(scene: Scene, trail: Trail, folder: Path, file: str) -> None:
    path = folder / file
    if is_url(file) or path.exists():
        return
    siblings = path.parent.iterdir() if path.parent.is_dir() else ()
    close = nearest(path.name, [other.name for other in siblings])
    hint = close if "did you mean" in close else ""
    scene.add(trail, "file", f"no file '{file}' in the project{hint}")


def _check_package(scene: Scene, trail: Trail, package: str) -> None:
    if package.isidentifier() and find_spec(package) is None:
        message = f"the model '{package}' is not installed; run: python -m spacy download {package}"
        scene.add(trail, "package", message)
