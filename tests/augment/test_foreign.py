"""What running foreign code promises."""

import random  # noqa: TID251 (its state is what the tests look at)
from pathlib import Path

import numpy as np
import pytest

from labelmill.augment.foreign import ProjectFunction, lent_randomness
from labelmill.core.seeds import keyed_rng


def drawn() -> tuple[float, float]:
    return random.random(), float(np.random.random())  # noqa: NPY002, S311 (as foreign code does)


def draw_and_fail() -> None:
    with lent_randomness(keyed_rng(4)):
        drawn()
        raise ZeroDivisionError


def test_global_draws_depend_on_the_generator_alone() -> None:
    draws = []
    for _ in range(2):
        drawn()
        with lent_randomness(keyed_rng(1)):
            draws.append(drawn())
    with lent_randomness(keyed_rng(2)):
        draws.append(drawn())

    assert draws[0] == draws[1] != draws[2]


def test_global_generators_are_put_back_even_after_an_error() -> None:
    with lent_randomness(keyed_rng(3)):
        expected = [drawn(), drawn()]

    with lent_randomness(keyed_rng(3)):
        found = [drawn()]
        with pytest.raises(ZeroDivisionError):
            draw_and_fail()
        found.append(drawn())

    assert found == expected


def test_a_failure_names_the_function_and_the_exception() -> None:
    def broken() -> None:
        message = "no"
        raise KeyError(message)

    with pytest.raises(ValueError, match=r"f\.py:broken raised KeyError: .*no"):
        ProjectFunction(Path(), "f.py:broken", broken).call(keyed_rng(1))
