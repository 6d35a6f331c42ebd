"""What stands around spans: held against the spans, form by form."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from labelmill.core.hashes import UInt64, fractions
from labelmill.refine.contexts import (
    OFFSETS,
    Contexts,
    Windows,
    calibrated,
    fit_contexts,
)
from labelmill.refine.learning import odds_of, sigmoid
from labelmill.refine.reading import Floats, Ints, Reading, Setting
from labelmill.refine.runs import Runs, Tags

ENOUGH_FORMS = 50
"""With fewer different forms there is nothing to learn what stands around spans from."""
LEAST_AGREEMENT = 0.25
"""Surroundings must set spans apart from the rest: 0 is chance, 1 never errs."""
SHARES = (0.02, 0.98)
"""The share of spans that are right is kept between these."""
MOSTLY = 0.5
"""Surroundings that speak against more of the spans than this are not believed."""
CAUTION = float(np.log(1.5))
"""A span is taken out only where the odds against it are above these log odds: of spans that are
right two times in five, keeping more than go by mistake still pays."""
OTHER_SPANS = 5
"""A form's mean lift is drawn to that of all spans by a weight of so many."""
OTHER_VOTES = 200
"""The share of right spans that some functions found is drawn to that of all by so many spans."""
ROUNDS = 100
START = 0.8


@dataclass(frozen=True, slots=True)
class Forms:
    """How far the surroundings of each form speak for it, on the whole.

    `key` [n_forms] ascends; `lift` [n_forms] is the mean of a form's spans, drawn to `mean`, that
    of all spans, which stands for forms that are not here.
    """

    key: UInt64
    lift: Floats
    mean: float

    @classmethod
    def of(cls, forms: UInt64, lifts: Floats) -> "Forms":
        """Work out the means of spans, [n_spans]."""
        key, place = np.unique(forms, return_inverse=True)
        mean = float(lifts.mean())
        total = np.bincount(place, lifts, len(key)) + OTHER_SPANS * mean
        return cls(key, total / (np.bincount(place, minlength=len(key)) + OTHER_SPANS), mean)

    def lifts_of(self, forms: UInt64) -> Floats:
        """The mean of each form, [n_spans]."""
        return found_in(self.key, self.lift, forms, self.mean)


@dataclass(frozen=True, slots=True)
class Shares:
    """Which share of the spans are right, by the functions that found them.

    `key` [n_finders] ascends; `share` [n_finders] is drawn to `overall`, which stands for those
    that are not here.
    """

    key: UInt64
    share: Floats
    overall: float

    @classmethod
    def of(cls, finders: UInt64, lifts: Floats) -> "Shares":
        """Work them out from the lifts of spans, [n_spans], by EM.

        Each span is right with odds of share / (1 - share) times its lift, and the share is the
        mean of these probabilities (Saerens, Latinne and Decaestecker 2002, equation 2.9).

        Example:
            >>> lifts = np.array([5.0] * 80 + [-5.0] * 20)
            >>> round(Shares.of(np.zeros(100, dtype=np.uint64), lifts).overall, 1)
            0.8
        """
        key, place = np.unique(finders, return_inverse=True)
        overall = np.full(1, START)
        for _ in range(ROUNDS):
            overall = sigmoid(lifts + odds_of(overall)).mean(keepdims=True).clip(*SHARES)
        share = np.repeat(overall, len(key))
        size = np.bincount(place, minlength=len(key)) + OTHER_VOTES
        for _ in range(ROUNDS):
            right = np.bincount(place, sigmoid(lifts + odds_of(share)[place]), len(key))
            share = ((right + OTHER_VOTES * overall) / size).clip(*SHARES)
        return cls(key, share, float(overall[0]))

    def odds_for(self, finders: UInt64) -> Floats:
        """Log odds of each span, [n_spans], before its surroundings are read."""
        return odds_of(found_in(self.key, self.share, finders, self.overall))


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Models of what stands around spans, one for each fold of forms, and what they say of them.

    `agreement` is how well the surroundings of unseen forms tell spans from the rest.
    """

    models: tuple[Contexts, ...]
    forms: Forms
    shares: Shares
    agreement: float

    def believed(self, reading: Reading, tags: Tags, setting: Setting) -> Floats:
        """Tags of tokens with the surroundings of their spans counted in, [n_tokens, n_tags].

        A span that is doubted loses probability to "O", all its tokens alike.
        """
        runs = Runs.of(reading.probs.argmax(axis=1), tags, reading.batch.tokens)
        run, token = runs.tokens()
        probs = reading.probs.copy()
        probs[token, 1:] *= self._stays(runs, reading, setting)[run][:, None]
        probs[token, 0] = 1.0 - probs[token, 1:].sum(axis=1)
        return probs

    def doubted(self, reading: Reading, tags: Tags, setting: Setting) -> npt.NDArray[np.bool_]:
        """Which spans their surroundings speak against, [n_spans]."""
        runs = Runs.of(reading.probs.argmax(axis=1), tags, reading.batch.tokens)
        return self._stays(runs, reading, setting) < 0.5

    def alone(self, reading: Reading, tags: Tags, setting: Setting) -> Floats:
        """What surroundings alone say of each token, [n_tokens, n_tags].

        They tell how probable it is that it belongs to a span; which tag it then has is taken
        from the probabilities that are there.
        """
        probs, windows = reading.probs, Windows.of(reading.batch)
        every = np.stack([model.lifts(windows) + model.odds for model in self.models])
        inside = every.mean(axis=0)
        runs = Runs.of(probs.argmax(axis=1), tags, reading.batch.tokens)
        run, token = runs.tokens()
        inside[token] = every[folds_of_forms(runs.forms(reading.batch), setting)[run], token]
        of_tags = probs[:, 1:] + 1e-12
        of_tags /= of_tags.sum(axis=1, keepdims=True)
        chance = sigmoid(inside)[:, None]
        return np.hstack([1.0 - chance, chance * of_tags])

    def _stays(self, runs: Runs, reading: Reading, setting: Setting) -> Floats:
        """How probable it is that each span is one, [n_spans]."""
        if not len(runs):
            return np.zeros(0)
        forms = runs.forms(reading.batch)
        lifts = _lifts(self.models, Windows.of(reading.batch), runs, forms, setting)
        lifts = (lifts + self.forms.lifts_of(forms)) / 2
        return sigmoid(lifts + self.shares.odds_for(runs.finders(reading.patterns)) + CAUTION)


def look_around(reading: Reading, tags: Tags, setting: Setting) -> Surroundings | None:
    """Learn what stands around spans; None if there are too few forms.

    Models are logistic, over the two words on either side of a token. A span is only ever read
    by one that has not seen its form (what is written in it), and a row's other tokens are not
    seen by the model of its fold; so a word that many labeling functions take for a name, though
    it is none, is found out by its surroundings. A form counts the same however often it occurs,
    and a token the more, the surer the label model is of it. What the models say of what they
    have not seen is calibrated (Platt 1999).
    """
    runs = Runs.of(reading.probs.argmax(axis=1), tags, reading.batch.tokens)
    forms = runs.forms(reading.batch)
    key, place, count = np.unique(forms, return_inverse=True, return_counts=True)
    if len(key) < ENOUGH_FORMS:
        return None
    windows = Windows.of(reading.batch)
    run, token = runs.tokens()
    chance = reading.probs[:, 1:].sum(axis=1)
    inside = np.zeros(len(chance))
    inside[token] = 1.0
    weight = np.abs(2 * chance - 1)
    weight[token] /= count[place][run]
    fold = np.repeat(reading.folds(setting), np.diff(reading.batch.tokens.starts))
    fold[token] = folds_of_forms(forms, setting)[run]
    models = [
        fit_contexts(windows, inside, np.where(fold == number, 0.0, weight))
        for number in range(setting.folds)
    ]
    unseen = _unseen(models, windows, fold)
    steep, shift = calibrated(unseen, inside, weight)
    scaled = tuple(model.scaled(steep, shift) for model in models)
    lifts = _lifts(scaled, windows, runs, forms, setting)
    table = Forms.of(forms, lifts)
    finders = runs.finders(reading.patterns)
    shares = Shares.of(finders, (lifts + table.lifts_of(forms)) / 2)
    far = ~_near(token, len(unseen))
    return Surroundings(scaled, table, shares, apart(unseen[token], unseen[far]))


def apart(inside: Floats, outside: Floats) -> float:
    """How far two samples lie apart: Somers' D, 0 for chance, 1 where all of one are above.

    Example:
        >>> apart(np.array([1.0, 2.0]), np.array([0.0, 1.0]))
        0.75
    """
    if not len(inside) or not len(outside):
        return 0.0
    ordered = np.sort(outside)
    below = np.searchsorted(ordered, inside, "left") + np.searchsorted(ordered, inside, "right")
    return float(below.mean() / len(ordered) - 1.0)


def folds_of_forms(forms: UInt64, setting: Setting) -> Ints:
    """The fold of each form, [n_spans]."""
    drawn: Ints = (fractions(forms, setting.seed, "forms") * setting.folds).astype(np.int64)
    return drawn


def found_in(keys: UInt64, values: Floats, wanted: UInt64, otherwise: float) -> Floats:
    """The value of each wanted key, keys ascending; another one for keys that are not there."""
    near = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[near] == wanted, values[near], otherwise)


def _lifts(
    models: Sequence[Contexts], windows: Windows, runs: Runs, forms: UInt64, setting: Setting
) -> Floats:
    """The mean lift of each span's tokens by the model that has not seen its form, [n_spans]."""
    run, token = runs.tokens()
    found = _unseen(models, windows.of_tokens(token), folds_of_forms(forms, setting)[run])
    means: Floats = np.bincount(run, found, len(runs)) / runs.length
    return means


def _unseen(models: Sequence[Contexts], windows: Windows, fold: Ints) -> Floats:
    """The lift of each token by the model of its fold, which has not seen it."""
    found = np.zeros(len(fold))
    for number, model in enumerate(models):
        own = np.flatnonzero(fold == number)
        found[own] = model.lifts(windows.of_tokens(own))
    return found


def _near(tokens: Ints, n_tokens: int) -> npt.NDArray[np.bool_]:
    """Which tokens are some given ones or have one in their window, [n_tokens].

    That a span seldom stands beside another says nothing of what else stands around spans.
    """
    near = np.zeros(n_tokens, dtype=np.bool_)
    for offset in (0, *OFFSETS):
        near[np.clip(tokens + offset, 0, n_tokens - 1)] = True
    return near
