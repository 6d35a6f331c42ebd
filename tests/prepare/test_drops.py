import pytest

from labelmill.core.protocols import Drop, PrepareStep
from labelmill.core.registry import PREPARE_STEPS
from labelmill.errors import BadParameter
from labelmill.prepare.drop_duplicates import DropDuplicates
from labelmill.prepare.drop_empty import DropEmpty
from labelmill.prepare.drop_long import DropLong


@pytest.mark.parametrize("text", ["", " ", "\n\u00a0\t"])
def test_a_text_without_a_word_is_dropped(text: str) -> None:
    assert DropEmpty().prepare(text) == Drop("the text is empty")


def test_a_text_with_a_word_stays() -> None:
    assert DropEmpty().prepare(" . ") == ()


def test_a_text_of_the_longest_length_stays_and_a_longer_one_is_dropped() -> None:
    step = DropLong(3)

    assert step.prepare("abé") == ()
    assert step.prepare("abéd") == Drop("the text has more than 3 characters")


def test_no_text_is_short_enough_for_nothing() -> None:
    with pytest.raises(BadParameter, match="max_chars"):
        DropLong(0)


def test_duplicates_are_left_to_the_run() -> None:
    assert DropDuplicates.scope == "global"
    assert DropDuplicates().prepare("a") == ()


def test_every_step_is_registered_under_its_name() -> None:
    for name in ("drop_empty", "drop_long", "drop_duplicates"):
        assert name in PREPARE_STEPS
    assert isinstance(DropEmpty(), PrepareStep)
