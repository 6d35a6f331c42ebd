"""The story of a fit."""

import json

from labelmill.aggregate.story import Finding, Story, Trial

LOST = Finding("lost_label", "the label 'ham' is lost", value=0.0, fatal=True)
DEAD = Finding("dead", "rule agrees by chance", "rule", 0.5)
FAR = Finding("balance", "it moves 30% of the items", value=0.3)


def test_a_story_goes_through_json_unchanged() -> None:
    story = Story("auto", "majority", "a label is lost", (LOST, DEAD), (Trial("lift", 0.8),))

    assert Story.of(json.loads(json.dumps(story.row()))) == story


def test_a_fall_back_is_one_warning_that_says_why() -> None:
    story = Story("dawid_skene", "majority", "it is not used, majority vote is", (LOST, FAR))

    assert story.warnings == ("label model 'dawid_skene': it is not used, majority vote is",)


def test_findings_about_the_whole_are_one_warning() -> None:
    story = Story("lift", "lift", "it was asked for", (FAR, FAR, DEAD))

    (told,) = story.warnings

    assert told == ("label model 'lift': it moves 30% of the items (and 1 more, see the report)")


def test_findings_about_single_functions_are_left_to_the_report() -> None:
    assert Story("lift", "lift", "it was asked for", (DEAD,)).warnings == ()
