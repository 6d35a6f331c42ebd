"""The house: what stands where, how long files are, what start-up costs."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from labelmill import kinds
from labelmill.core.registry import REGISTRIES

ROOT = Path(__file__).resolve().parents[1]
ENGINE = ROOT / "engine" / "labelmill"
HEAVY = {
    "ray",
    "torch",
    "spacy",
    "snorkel",
    "skweak",
    "nlpaug",
    "pandas",
    "sklearn",
    "skops",
    "nltk",
}

FILES = sorted(ENGINE.rglob("*.py"))


def test_there_are_files_to_look_at() -> None:
    assert len(FILES) > 100


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(ENGINE).as_posix())
def test_a_file_is_short_and_says_what_stands_in_it(path: Path) -> None:
    source = path.read_text("utf-8")

    assert len(source.splitlines()) <= 420
    assert ast.get_docstring(ast.parse(source))


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(ENGINE).as_posix())
def test_heavy_packages_are_imported_inside_functions(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))

    at_the_top = {
        name.split(".")[0]
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
        )
    }
    assert not at_the_top & HEAVY


def test_only_one_module_writes_files() -> None:
    verbs = {"write_text", "write_bytes", "mkdir", "unlink", "rename", "symlink_to", "rmtree"}
    writers = set()
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in verbs
                and not (isinstance(node.func.value, ast.Name) and node.func.value.id == "durable")
            ):
                writers.add(path.relative_to(ENGINE).as_posix())

    assert writers == {"io/durable.py"}


def test_nothing_pickles_or_evaluates() -> None:
    found = [
        (path.name, node.lineno)
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("eval", "exec")
    ]

    assert found == []


def test_every_module_with_a_type_is_on_the_contents_page() -> None:
    adding = {
        "labelmill." + ".".join(path.relative_to(ENGINE).with_suffix("").parts)
        for path in FILES
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef)
        for mark in node.decorator_list
        if isinstance(mark, ast.Call)
        and isinstance(mark.func, ast.Attribute)
        and mark.func.attr == "add"
    }

    assert adding == set(kinds.MODULES)
    assert sum(len(registry) for registry in REGISTRIES.values()) == len(kinds.MODULES)


def test_every_type_has_the_name_of_its_module_under_the_section_of_its_package() -> None:
    found = {
        section: {
            name: registry.get(name).__module__.removeprefix("labelmill.") for name in registry
        }
        for section, registry in REGISTRIES.items()
    }

    assert found == {
        section: {name: f"{package}.{name}" for name in REGISTRIES[section]}
        for package, section in kinds.SECTIONS.items()
    }


def test_a_job_loads_the_types_that_it_uses_and_no_others() -> None:
    code = (
        "import sys\n"
        "from labelmill import kinds\n"
        "from labelmill.config import load\n"
        "kinds.announce_all()\n"
        f"load({str(ROOT / 'configs' / 'video-comments.yaml')!r})\n"
        "print('LOADED', *(name for name in kinds.MODULES if name in sys.modules))\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    loaded = set(done.stdout.split("LOADED")[1].split())
    assert "labelmill.functions.keyword" in loaded
    assert not loaded & {"labelmill.tasks.ner", "labelmill.functions.skweak"}


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["explain", "--help"]])
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    code = (
        "import sys\n"
        "from labelmill.cli import main\n"
        f"sys.argv = ['labelmill', *{words!r}]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "print('LOADED', *sorted({name.split('.')[0] for name in sys.modules}))\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    loaded = set(done.stdout.split("LOADED")[1].split())
    assert not loaded & (HEAVY | {"numpy", "pyarrow", "ruamel"})


def test_validating_a_light_job_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from labelmill import kinds\n"
        "from labelmill.config import load\n"
        "kinds.announce_all()\n"
        f"load({str(ROOT / 'configs' / 'video-comments.yaml')!r})\n"
        "print('LOADED', *sorted({name.split('.')[0] for name in sys.modules}))\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    loaded = set(done.stdout.split("LOADED")[1].split())
    assert not loaded & HEAVY
