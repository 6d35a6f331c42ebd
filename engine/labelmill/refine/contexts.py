"""What the words around a token say of it: a light linear model over hashed features."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from labelmill.core.batch import Batch
from labelmill.core.hashes import UInt64, keys_of, mixed
from labelmill.refine.learning import odds_of, sigmoid
from labelmill.refine.runs import words_of

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

OFFSETS = (-2, -1, 1, 2)
"""The neighbours that are read. The token itself is not: it is what the votes know already."""
NEAR = 1
"""Up to this distance a neighbour's upper case counts too."""
BITS = 18
"""Features are hashed to so many bits."""
RIDGE = 2.0
ITERATIONS = 60
SUFFIX = 3


@dataclass(frozen=True, slots=True)
class Windows:
    """The words around the tokens of some texts.

    `features` [n_words + 1, 3] are keys of each distinct word in lower case, of its last letters,
    and as it is written; the last row stands for the edge of a text. `around` [n_offsets,
    n_tokens] says which word stands where.
    """

    features: UInt64
    around: Ints

    @classmethod
    def of(cls, batch: Batch) -> "Windows":
        """Read the tokens of a batch."""
        tokens = batch.tokens
        encoded = pa.array(words_of(batch), pa.string()).dictionary_encode()
        distinct = encoded.dictionary.to_pylist()
        lower = [word.lower() for word in distinct]
        suffixes = [f"-{word[-SUFFIX:]}" for word in lower]
        columns = ([*lower, ""], [*suffixes, ""], [*(f"={word}" for word in distinct), ""])
        features = np.stack([keys_of(pa.array(each, pa.string())) for each in columns], axis=1)
        place = encoded.indices.to_numpy().astype(np.int64)
        return cls(features, _around(place, tokens.starts, len(distinct)))

    @property
    def n_tokens(self) -> int:
        """The number of tokens."""
        return int(self.around.shape[1])

    def of_tokens(self, tokens: Ints) -> "Windows":
        """The words around some tokens."""
        return Windows(self.features, self.around[:, tokens])

    def columns(self) -> list[Ints]:
        """For each offset the hashed features of each word, [n_words + 1, n_features]."""
        found = []
        for offset in OFFSETS:
            features = self.features if abs(offset) <= NEAR else self.features[:, :2]
            keys = mixed(np.ascontiguousarray(features).reshape(-1), "context", offset)
            found.append((keys >> np.uint64(64 - BITS)).astype(np.int64).reshape(features.shape))
        return found


@dataclass(frozen=True, slots=True)
class Contexts:
    """A logistic model of whether a token belongs to a span, by the words around it.

    `weights` [2 ** BITS] are those of hashed features, `base` that of none, and `odds` are the
    log odds of a span in what it was trained on.
    """

    weights: npt.NDArray[np.float32]
    base: float
    odds: float

    def lifts(self, windows: Windows) -> Floats:
        """By how much the words around speak for a span, as log odds, [n_tokens]."""
        scores = np.full(windows.n_tokens, self.base - self.odds)
        for columns, words in zip(windows.columns(), windows.around, strict=True):
            scores += self.weights[columns].sum(axis=1, dtype=np.float64)[words]
        return scores

    def scaled(self, factor: float, shift: float) -> "Contexts":
        """The model whose lifts are `factor` times these, plus `shift`."""
        weights = (factor * self.weights).astype(np.float32)
        return Contexts(weights, factor * (self.base - self.odds) + shift + self.odds, self.odds)


def fit_contexts(windows: Windows, inside: Floats, weight: Floats) -> Contexts:
    """Learn from labels, by L-BFGS with a ridge penalty.

    Args:
        windows: the words around the tokens.
        inside: whether each token belongs to a span, 0 to 1, [n_tokens].
        weight: how much each token counts, [n_tokens]; those of weight 0 are not seen.
    """
    from scipy.optimize import minimize  # noqa: PLC0415 (heavy)

    seen = np.flatnonzero(weight)
    inside, weight = inside[seen], weight[seen]
    odds = float(odds_of(np.average(inside, weights=weight)))
    used, tables = _compact(windows.columns())
    problem = _Problem(tables, windows.around[:, seen], inside, weight, len(used))
    start = np.zeros(len(used) + 1)
    start[-1] = odds
    best = minimize(
        problem.loss, start, jac=True, method="L-BFGS-B", options={"maxiter": ITERATIONS}
    ).x
    weights = np.zeros(1 << BITS, dtype=np.float32)
    weights[used] = best[:-1]
    return Contexts(weights, float(best[-1]), odds)


def calibrated(lifts: Floats, inside: Floats, weight: Floats) -> tuple[float, float]:
    """Factor and shift that make lifts of tokens right on the whole (Platt 1999).

    Args:
        lifts: log lifts of tokens by a model that has not seen them, [n_tokens].
        inside: how probable it is that each token belongs to a span, [n_tokens].
        weight: how much each token counts, [n_tokens].
    """
    from scipy.optimize import minimize  # noqa: PLC0415 (heavy)

    odds = float(odds_of(np.average(inside, weights=weight)))

    def loss(x: Floats) -> tuple[float, Floats]:
        scores = x[0] * lifts + x[1] + odds
        slope = weight * (sigmoid(scores) - inside)
        value = weight @ (np.logaddexp(0.0, scores) - inside * scores)
        return float(value), np.array([slope @ lifts, slope.sum()])

    steep, shift = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B").x
    return float(steep), float(shift)


@dataclass(frozen=True, slots=True)
class _Problem:
    """The loss of a logistic model whose features are few per word."""

    tables: list[Ints]
    around: Ints
    inside: Floats
    weight: Floats
    n_features: int

    def loss(self, x: Floats) -> tuple[float, Floats]:
        """Penalised cross entropy, and its gradient."""
        scores = np.full(len(self.inside), x[-1])
        for columns, words in zip(self.tables, self.around, strict=True):
            scores += x[columns].sum(axis=1)[words]
        value = self.weight @ (np.logaddexp(0.0, scores) - self.inside * scores)
        slope = self.weight * (sigmoid(scores) - self.inside)
        gradient = np.append(RIDGE * x[:-1], slope.sum())
        for columns, words in zip(self.tables, self.around, strict=True):
            by_word = np.bincount(words, slope, len(columns))
            each = np.repeat(by_word, columns.shape[1])
            gradient[:-1] += np.bincount(columns.reshape(-1), each, self.n_features)
        return float(value + 0.5 * RIDGE * (x[:-1] @ x[:-1])), gradient


def _around(place: Ints, starts: Ints, edge: int) -> Ints:
    """Which word stands at each offset from each token, [n_offsets, n_tokens]."""
    n = len(place)
    text = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    around = np.full((len(OFFSETS), n), edge, dtype=np.int64)
    for row, offset in zip(around, OFFSETS, strict=True):
        here = slice(max(0, -offset), max(0, n - max(0, offset)))
        there = slice(max(0, offset), max(0, n + min(0, offset)))
        same = text[here] == text[there]
        row[here] = np.where(same, place[there], edge)
    return around


def _compact(tables: list[Ints]) -> tuple[Ints, list[Ints]]:
    """The features that occur, and the tables in terms of their places among these."""
    used = np.unique(np.concatenate([table.reshape(-1) for table in tables]))
    return used, [np.searchsorted(used, table) for table in tables]
