import pickle  # noqa: TID251 (in memory, as snorkel copies rows)
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from labelmill.errors import BadParameter, BadResource
from labelmill.io.modules import Reference, importable, load_function, module_files, told

Write = Callable[[str, str], None]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(file: str, source: str) -> None:
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(source), encoding="utf-8")

    return put


def test_a_function_is_loaded_by_path(tmp_path: Path, write: Write) -> None:
    write("lfs/a.py", "def one(row): return 'spam'")

    assert load_function(tmp_path, "lfs/a.py:one")(None) == "spam"


def test_the_same_content_is_run_once(tmp_path: Path, write: Write) -> None:
    write("lfs/a.py", "def one(row): return 'spam'")

    assert load_function(tmp_path, "lfs/a.py:one") is load_function(tmp_path, "lfs/a.py:one")


def test_changed_content_is_run_again_at_once(tmp_path: Path, write: Write) -> None:
    write("lfs/a.py", "def one(row): return 1")
    before = load_function(tmp_path, "lfs/a.py:one")
    write("lfs/a.py", "def one(row): return 2")

    assert (before(None), load_function(tmp_path, "lfs/a.py:one")(None)) == (1, 2)


def test_a_changed_helper_is_run_again_at_once(tmp_path: Path, write: Write) -> None:
    write("lfs/words.py", "WORD = 1")
    write("lfs/a.py", "from lfs.words import WORD\ndef one(row): return WORD")
    load_function(tmp_path, "lfs/a.py:one")
    write("lfs/words.py", "WORD = 2")

    assert load_function(tmp_path, "lfs/a.py:one")(None) == 2


def test_project_modules_are_shared_between_files(tmp_path: Path, write: Write) -> None:
    write("lfs/words.py", "WORDS = []")
    write("lfs/a.py", "from lfs.words import WORDS\ndef one(): return WORDS")
    write("lfs/b.py", "import lfs.words\ndef two(): return lfs.words.WORDS")

    assert load_function(tmp_path, "lfs/a.py:one")() is load_function(tmp_path, "lfs/b.py:two")()


def test_nothing_of_a_project_stays_importable(tmp_path: Path, write: Write) -> None:
    write("lfs/words.py", "WORD = 1")
    write("lfs/a.py", "from lfs.words import WORD\ndef one(row): return WORD")
    path, meta_path = list(sys.path), list(sys.meta_path)

    load_function(tmp_path, "lfs/a.py:one")

    assert (sys.path, sys.meta_path) == (path, meta_path)
    assert not [name for name in sys.modules if name == "lfs" or name.startswith("lfs.")]


def test_two_projects_with_the_same_names_are_kept_apart(tmp_path: Path, write: Write) -> None:
    for project in ("p", "q"):
        write(f"{project}/lfs/words.py", f"WORD = {project!r}")
        write(f"{project}/lfs/a.py", "from lfs.words import WORD\ndef one(): return WORD")

    first = load_function(tmp_path / "p", "lfs/a.py:one")
    second = load_function(tmp_path / "q", "lfs/a.py:one")

    assert (first(), second()) == ("p", "q")


def test_a_module_of_the_same_name_elsewhere_comes_back(tmp_path: Path, write: Write) -> None:
    write("textwrap.py", "NAME = 'project'")
    write("a.py", "import textwrap\ndef one(): return textwrap.NAME")
    outside = sys.modules["textwrap"]

    assert load_function(tmp_path, "a.py:one")() == "project"
    assert sys.modules["textwrap"] is outside


def test_a_folder_never_hides_an_installed_package(tmp_path: Path, write: Write) -> None:
    write("json/readme.txt", "not a module")
    write("a.py", "import json\ndef one(): return json.dumps(1)")

    assert load_function(tmp_path, "a.py:one")() == "1"
    assert module_files(tmp_path, "a.py") == ("a.py",)


def test_a_function_may_import_its_project_while_it_runs(tmp_path: Path, write: Write) -> None:
    write("lfs/words.py", "class Word: pass")
    write("lfs/a.py", "def one():\n    from lfs.words import Word\n    return Word()")
    function = load_function(tmp_path, "lfs/a.py:one")

    with importable(tmp_path):
        word = function()
        copy = pickle.loads(pickle.dumps(word))  # noqa: S301 (its own bytes)
        again = function()

    assert type(word) is type(copy) is type(again)
    assert "lfs.words" not in sys.modules


def test_what_a_project_prints_goes_to_stderr(
    tmp_path: Path, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    write("a.py", "print('loading')\ndef one(): print('running')")

    function = load_function(tmp_path, "a.py:one")
    with importable(tmp_path):
        function()

    assert capsys.readouterr() == ("", "loading\nrunning\n")


def test_the_files_of_a_function_are_all_that_it_imports(tmp_path: Path, write: Write) -> None:
    write("lfs/pkg/__init__.py", "from .deep import D")
    write("lfs/pkg/deep.py", "from ..words import WORD as D")
    write("lfs/words.py", "import json\nfrom lfs import a")
    write("lfs/unused.py", "")
    write("lfs/a.py", "import numpy\ndef one():\n    import lfs.pkg\n    return lfs.pkg.D")

    files = ("lfs/a.py", "lfs/pkg/__init__.py", "lfs/pkg/deep.py", "lfs/words.py")
    assert module_files(tmp_path, "lfs/a.py") == files


@pytest.mark.parametrize("source", [None, "def one(:"])
def test_a_file_that_is_missing_or_broken_stands_for_itself(
    tmp_path: Path, write: Write, source: str | None
) -> None:
    if source is not None:
        write("lfs/a.py", source)

    assert module_files(tmp_path, "lfs/a.py") == ("lfs/a.py",)


@pytest.mark.parametrize(
    "reference", ["a.py", "a:one", "a.py:", "a.py:one.two", "lfs.a:one", "a.txt:one", ""]
)
def test_a_reference_of_another_form_is_refused(reference: str) -> None:
    with pytest.raises(BadParameter, match="wanted a file of the project and a name in it"):
        Reference.parse(reference)


def test_a_missing_file_names_the_nearest(tmp_path: Path, write: Write) -> None:
    write("lfs/comments.py", "")

    with pytest.raises(BadResource, match=r"lfs/coments.py: .* \(did you mean 'comments.py'"):
        load_function(tmp_path, "lfs/coments.py:one")


@pytest.mark.parametrize("file", ["../a.py", "/etc/a.py", "link.py"])
def test_a_file_outside_the_project_is_refused(tmp_path: Path, write: Write, file: str) -> None:
    write("a.py", "def one(): ...")
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "link.py").symlink_to(tmp_path / "a.py")

    with pytest.raises(BadResource, match="outside the project"):
        load_function(tmp_path / "p", f"{file}:one")


def test_a_missing_name_names_the_nearest(tmp_path: Path, write: Write) -> None:
    write("a.py", "def shouting(row): ...")

    with pytest.raises(BadResource, match=r"no function 'shoutin'.*did you mean 'shouting'"):
        load_function(tmp_path, "a.py:shoutin")


def test_what_cannot_be_called_is_refused(tmp_path: Path, write: Write) -> None:
    write("a.py", "one = 7")

    with pytest.raises(BadResource, match=r"a\.py: 'one' is an int, which cannot be called"):
        load_function(tmp_path, "a.py:one")


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("x = 1\nif x:\ny = 2", 3, "IndentationError: expected an indented block"),
        ("x = 1\ny = x / 0\n", 2, "ZeroDivisionError: division by zero"),
        ("\n\nimport nowhere_at_all", 3, "ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("import helper", 1, "import modules of the project by their path: `from lfs.… import …`"),
        ("from .helper import x", 1, "import modules of the project by their path"),
    ],
)
def test_a_file_that_does_not_import_says_where(
    tmp_path: Path, write: Write, source: str, line: int, message: str
) -> None:
    write("lfs/helper.py", "x = 1")
    write("lfs/a.py", source)

    with pytest.raises(BadResource) as caught:
        load_function(tmp_path, "lfs/a.py:one")

    assert str(caught.value).startswith(f"lfs/a.py:{line}: does not import: ")
    assert message in str(caught.value)


@pytest.mark.parametrize("source", ["\nraise ValueError('no words')", "\nx = = 1"])
def test_a_broken_helper_is_named_with_its_line(tmp_path: Path, write: Write, source: str) -> None:
    write("lfs/words.py", source)
    write("lfs/a.py", "\n\n\nimport lfs.words")

    with pytest.raises(BadResource, match=r"lfs/words.py:2: .* \(imported by lfs/a.py\)"):
        load_function(tmp_path, "lfs/a.py:one")


def test_a_repaired_file_imports(tmp_path: Path, write: Write) -> None:
    write("lfs/words.py", "1 / 0")
    write("lfs/a.py", "import lfs.words\ndef one(): return lfs.words.WORD")
    with pytest.raises(BadResource):
        load_function(tmp_path, "lfs/a.py:one")
    write("lfs/words.py", "WORD = 3")

    assert load_function(tmp_path, "lfs/a.py:one")() == 3


def test_no_bytecode_is_left_in_the_project(tmp_path: Path, write: Write) -> None:
    write("lfs/words.py", "WORD = 1")
    write("lfs/a.py", "import lfs.words\ndef one(): ...")

    load_function(tmp_path, "lfs/a.py:one")

    assert not list(tmp_path.rglob("__pycache__"))


def test_a_dataclass_with_string_annotations_loads(tmp_path: Path, write: Write) -> None:
    source = """
        from __future__ import annotations
        from dataclasses import dataclass
        @dataclass
        class Rule:
            words: tuple[str, ...]
    """
    write("a.py", source)

    assert load_function(tmp_path, "a.py:Rule")(("a",)).words == ("a",)


def test_an_error_is_told_with_its_place_in_the_project(tmp_path: Path, write: Write) -> None:
    write("a.py", "import json\ndef one(text):\n    return json.loads(text)")
    function = load_function(tmp_path, "a.py:one")

    with pytest.raises(ValueError, match="Expecting") as caught:
        function("{")

    assert told(caught.value, tmp_path).startswith("a.py:3: Expecting property name")
    assert str(tmp_path) not in told(caught.value, tmp_path)


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("error", "message"),
    [(Mute(), "Mute"), (SystemExit(), "SystemExit"), (ValueError("a \ud800"), "a \\ud800")],
)
def test_any_error_is_told_in_words_that_can_be_written(
    tmp_path: Path, error: BaseException, message: str
) -> None:
    assert told(error, tmp_path) == message


def test_a_file_that_ends_the_program_does_not_import(tmp_path: Path, write: Write) -> None:
    write("lfs/a.py", "import sys\nsys.exit(0)\n")

    with pytest.raises(BadResource, match=r"lfs/a.py:2: does not import: SystemExit: 0"):
        load_function(tmp_path, "lfs/a.py:one")
