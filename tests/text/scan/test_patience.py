"""A limit of time for `re`."""

import re
import signal
import time

import pytest

from labelmill.text.scan import Overdue, Patience

BLOWS = re.compile("^(a+)+$")
TEXT = "a" * 40 + "b"


def test_a_long_look_is_ended_in_time() -> None:
    started = time.monotonic()

    with Patience(0.1) as patience, pytest.raises(Overdue):
        patience.within(BLOWS.search, TEXT)

    assert time.monotonic() - started < 30


def test_many_short_looks_are_not_ended() -> None:
    with Patience(0.05) as patience:
        ended = time.monotonic() + 0.3
        while time.monotonic() < ended:
            assert patience.within(BLOWS.search, "aaa") is not None


def test_each_row_has_the_limit_for_itself() -> None:
    with Patience(0.1) as patience:
        for _ in range(2):
            with pytest.raises(Overdue):
                patience.within(BLOWS.search, TEXT)
        assert patience.within(BLOWS.search, "a") is not None


def test_what_was_set_before_is_set_again() -> None:
    def mine(number: int, frame: object) -> None:
        raise AssertionError

    before = signal.signal(signal.SIGVTALRM, mine)
    try:
        with Patience(1):
            assert signal.getsignal(signal.SIGVTALRM) is not mine
        assert signal.getsignal(signal.SIGVTALRM) is mine
        assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)
    finally:
        signal.signal(signal.SIGVTALRM, before)
