"""The examples in the docstrings of benchmarks."""

import doctest
from importlib import import_module

import pytest

MODULES = ("charts", "drawing", "measure", "news", "pages", "quality", "quality_page")


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_benchmark_run(name: str) -> None:
    done = doctest.testmod(import_module(f"benchmarks.{name}"))

    assert done.attempted
    assert not done.failed
