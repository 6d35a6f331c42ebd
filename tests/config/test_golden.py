"""Wrong configs, and word for word what is said about each."""

from pathlib import Path

import pytest

from labelmill.config import load
from labelmill.core.registry import Registry
from labelmill.errors import ConfigErrors

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(path.stem for path in GOLDEN.glob("*.yaml"))


def said_of(name: str, registries: dict[str, Registry]) -> str:
    """The message about one config."""
    env = {"TOKEN": "tr0ub4dor", "TINY": "a"}
    with pytest.raises(ConfigErrors) as caught:
        load(f"{name}.yaml", registries=registries, env=env)
    return f"{caught.value}\n"


def test_there_are_cases() -> None:
    assert len(CASES) >= 10


@pytest.mark.parametrize("name", CASES)
def test_a_wrong_config_is_answered_word_for_word(
    name: str, registries: dict[str, Registry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(GOLDEN)

    assert said_of(name, registries) == (GOLDEN / f"{name}.txt").read_text("utf-8")
