"""Both sides are timed in turns; a claim is one JSON object on the last line."""

import gc
import json
import sys
from collections.abc import Iterator

import pytest
from benchmarks.measure import (
    Claim,
    interleaved,
    options_of,
    own_seconds,
    report,
    run_command,
)

pytestmark = pytest.mark.usefixtures("little_to_collect")
FIELDS = {"name", "ours", "peer", "unit", "ratio"}


@pytest.fixture
def little_to_collect() -> Iterator[None]:
    """Garbage is collected before each call; what other tests left need not be looked at."""
    gc.freeze()
    yield
    gc.unfreeze()


def test_sides_take_turns_and_change_who_goes_first() -> None:
    calls: list[str] = []

    interleaved(lambda: calls.append("ours"), lambda: calls.append("peer"), 3)

    assert calls == ["ours", "peer", "peer", "ours", "ours", "peer"]


def test_the_medians_of_each_side_come_out() -> None:
    ours, peer = iter([3.0, 1.0, 2.0]), iter([10.0, 30.0, 20.0])

    medians = interleaved(lambda: next(ours), lambda: next(peer), 3, timed=own_seconds)

    assert medians == (2.0, 20.0)


def test_before_is_called_before_every_call() -> None:
    calls: list[str] = []

    interleaved(
        lambda: calls.append("ours"),
        lambda: calls.append("peer"),
        1,
        before=lambda: calls.append("clear"),
    )

    assert calls == ["clear", "ours", "clear", "peer"]


@pytest.mark.parametrize("arguments", [["--json"], []])
def test_the_last_line_is_the_claim(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    claim = Claim("scan", 0.123456, 12.3456, "seconds", 100.0, compile_seconds={"a": 1.23456})

    code = report(claim, options_of("", arguments))

    printed = capsys.readouterr().out.splitlines()
    facts = json.loads(printed[-1])
    assert code == 0
    assert set(facts) == FIELDS | {"compile_seconds", "machine"}
    assert (facts["ours"], facts["peer"], facts["ratio"]) == (0.1235, 12.35, 100.0)
    assert facts["compile_seconds"] == {"a": 1.235}
    assert (len(printed) == 1) == ("--json" in arguments)


def test_a_quick_run_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    report(Claim("scan", 1.0, 1.0, "seconds", 1.0), options_of("", ["--json", "--quick"]))

    assert json.loads(capsys.readouterr().out)["quick"] is True


def test_a_command_that_fails_is_told_with_what_it_said() -> None:
    with pytest.raises(AssertionError, match="labelmill: error"):
        run_command([sys.executable, "-m", "labelmill", "nonsense"])
