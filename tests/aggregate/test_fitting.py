"""Fitting under guard."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from tests.aggregate.worlds import one_sided_world, world

from labelmill.aggregate.artifact import from_json
from labelmill.aggregate.auto import Auto, FittedAuto
from labelmill.aggregate.dawid_skene import DawidSkene
from labelmill.aggregate.fitted import Fitted
from labelmill.aggregate.fitting import fit_model, stand_in
from labelmill.aggregate.hmm import FittedHmm, Hmm
from labelmill.aggregate.majority import FittedMajority
from labelmill.aggregate.story import Story, Trial
from labelmill.core.labels import LabelSpace
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import BOTH, Gold, Unit, VoteSpace

SEEN = world([0.8, 0.75, 0.85, 0.7], [0.6, 0.7, 0.5, 0.6], n_items=2000)
SPACE, PATTERNS = SEEN.space(), SEEN.patterns()


@dataclass(frozen=True)
class Collapsed:
    """A model that has a story of its own and answers the same to everything."""

    tried: tuple[Trial, ...] = (Trial("lift", 0.7),)
    why: str = "it was best"

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = BOTH
    sequential: ClassVar[bool] = False

    def fit(self, patterns: VotePatterns, space: VoteSpace, gold: Gold | None = None) -> Any:
        del patterns, space, gold
        return self

    @classmethod
    def restore(cls, parameters: Any, space: VoteSpace) -> Any:
        del parameters, space
        return cls()

    def predict(self, patterns: VotePatterns) -> Any:
        return np.tile([0.01, 0.99], (len(patterns), 1))

    def weights(self) -> None:
        return None

    def parameters(self) -> dict[str, Any]:
        return {}


def test_a_sound_model_is_used_as_asked() -> None:
    made = fit_model("dawid_skene", DawidSkene(), PATTERNS, SPACE)

    assert made.type == "dawid_skene"
    assert made.story == Story("dawid_skene", "dawid_skene", "it was asked for")
    assert made.warnings == ()


def test_on_tokens_auto_is_the_model_that_it_stands_for() -> None:
    tags, votes = np.array([0, 1, 2, 0] * 50), np.array([-1, 1, 2, -1] * 50)
    patterns = VotePatterns.of_matrix(np.stack([votes, votes], axis=1), 3)
    tokens = patterns.voicing_silence(2, 0).in_sequences([4] * 50)
    space = VoteSpace(("f", "g"), LabelSpace(("O", "B-X", "I-X")), np.full(3, 1 / 3))

    made = fit_model("auto", Auto(), tokens, space, unit="span")

    asked = fit_model("hmm", Hmm(), tokens, space)
    assert isinstance(made.fitted, FittedHmm)
    assert np.array_equal(made.predict(tokens), asked.predict(tokens))
    assert made.predict(tokens).argmax(axis=1).tolist() == tags.tolist()
    assert made.story is not None
    assert (made.type, made.story.asked, made.story.used) == ("hmm", "auto", "hmm")


def test_on_texts_auto_is_itself_and_what_stands_for_nothing_is_so_everywhere() -> None:
    assert isinstance(fit_model("auto", Auto(), PATTERNS, SPACE).fitted, FittedAuto)
    assert stand_in("dawid_skene", DawidSkene(), "span") == ("dawid_skene", DawidSkene())


def test_a_collapsed_model_gives_way_to_majority_vote() -> None:
    made = fit_model("collapsed", Collapsed(), PATTERNS, SPACE)

    assert made.type == "majority"
    assert isinstance(made.fitted, FittedMajority)
    assert made.story is not None
    assert (made.story.asked, made.story.used) == ("collapsed", "majority")
    assert made.story.tried == (Trial("lift", 0.7),)
    (told,) = made.warnings
    assert told.startswith("label model 'collapsed': it is not used, majority vote is, because")


def test_majority_vote_has_nothing_to_fall_back_to() -> None:
    made = fit_model("majority", Collapsed(), PATTERNS, SPACE)

    assert made.type == "majority"
    assert isinstance(made.fitted, Collapsed)
    assert "nothing safer" in made.warnings[0]


def test_the_story_is_kept_with_the_model_and_not_told_anew(tmp_path: Path) -> None:
    made = fit_model("collapsed", Collapsed(), PATTERNS, SPACE)
    (tmp_path / "label_model.json").write_bytes(made.to_json())

    back = fit_model("fitted", Fitted(str(tmp_path)), PATTERNS, SPACE)

    assert from_json(made.to_json()).story == made.story
    assert (back.type, back.story) == ("majority", made.story)


def test_em_that_walks_away_from_the_votes_is_stopped() -> None:
    seen = one_sided_world(
        [(0, 0.46, 0.06), (1, 0.35, 0.1), (0, 0.35, 0.04), (1, 0.07, 0.01), (0, 0.49, 0.11)],
        n_items=4000,
        seed=31,
    )
    space, patterns = seen.space(), seen.patterns()
    wild = DawidSkene(max_iter=1000)

    made = fit_model("dawid_skene", wild, patterns, space)

    alone, used = (
        seen.accuracy(fitted.predict(patterns)[patterns.index])
        for fitted in (wild.fit(patterns, space), made.fitted)
    )
    assert made.type == "majority"
    assert alone < 0.7
    assert used > 0.8


@pytest.mark.parametrize("balance", [None, (0.02, 0.98)])
def test_without_any_votes_nothing_is_found(balance: tuple[float, float] | None) -> None:
    none = VotePatterns.of_matrix(np.full((100, 4), -1), 2)

    made = fit_model("dawid_skene", DawidSkene(), none, SEEN.space(balance))

    assert made.type == "dawid_skene"
    assert made.story is not None
    assert {finding.code for finding in made.story.findings} == {"silent"}
