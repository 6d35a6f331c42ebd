"""spaCy cuts texts without torch where that is asked for, and everybody else has torch as ever."""

import subprocess
import sys

SETTING = """
import sys
from labelmill.io.torch_later import keep_torch_out_of_spacy
keep_torch_out_of_spacy()
"""


def answers(work: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SETTING + work],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_spacy_cuts_texts_without_torch() -> None:
    work = """
import spacy
print(*spacy.blank("en")("Don't go."))
print("torch" in sys.modules)
"""
    assert answers(work) == ["Do", "n't", "go", ".", "False"]


def test_torch_can_be_imported_later() -> None:
    work = """
import spacy
from importlib.util import find_spec
print("torch" in sys.modules, find_spec("torch") is not None)
"""
    assert answers(work) == ["False", "True"]


def test_who_has_torch_already_keeps_it() -> None:
    work = """
import torch
import spacy
from thinc.compat import has_torch
print(has_torch, sys.modules["torch"] is torch)
"""
    assert answers(work) == ["True", "True"]
