"""Labels and copies one item and one function at a time: what the fast model must equal."""

from dataclasses import dataclass

import numpy as np
from tests.aggregate.worlds import ABSTAIN, Floats, Ints

from labelmill.aggregate.copying import (
    BALANCE_STRENGTH,
    EXPECTED,
    FIRST_SHARES,
    RIGHT_STRENGTH,
    ROUNDS,
    SHARE_STRENGTH,
    SHARES,
    SPREAD_STRENGTH,
    TALKATIVE,
)


@dataclass
class SlowModel:
    """tables[function][label][vote], with silence as vote -1."""

    tables: list[list[dict[int, float]]]
    balance: list[float]
    shares: list[float]
    leaders: list[int]

    def likelihood(self, function: int, row: list[int], label: int) -> float:
        """Of what a function does in a row of votes, if the label is true."""
        alone = self.tables[function][label][row[function]]
        leader = self.leaders[function]
        if leader < 0:
            return alone
        same = row[function] == row[leader]
        return self.shares[function] * same + (1 - self.shares[function]) * alone

    def posterior(self, row: list[int]) -> list[float]:
        """Of each label."""
        joint = []
        for label, share in enumerate(self.balance):
            product = share
            for function in range(len(self.leaders)):
                product *= self.likelihood(function, row, label)
            joint.append(product)
        return [each / sum(joint) for each in joint]

    def own(self, function: int, row: list[int], label: int) -> float:
        """How likely what it does is no copy."""
        leader = self.leaders[function]
        if leader < 0 or row[function] != row[leader]:
            return 1.0
        share = self.shares[function]
        alone = self.tables[function][label][row[function]]
        return 1 - share / (share + (1 - share) * alone)


def learned(
    votes: Ints, beliefs: Floats, leaders: list[int], sets: list[set[int]]
) -> tuple[SlowModel, Floats]:
    """EM over rows of votes from beliefs [n_rows, n_labels]."""
    rows, n_labels = votes.tolist(), beliefs.shape[1]
    each = dict.fromkeys(range(ABSTAIN, len(sets)), 0.5)
    model = SlowModel(
        [[dict(each) for _ in range(n_labels)] for _ in leaders],
        [1 / n_labels] * n_labels,
        [0.5 if leader >= 0 else 0.0 for leader in leaders],
        leaders,
    )
    for turn in range(ROUNDS + 1):
        _maximise(model, rows, beliefs, sets, FIRST_SHARES if turn == 0 else SHARES)
        beliefs = np.array([model.posterior(row) for row in rows])
    return model, beliefs


def _maximise(
    model: SlowModel, rows: list[list[int]], beliefs: Floats, sets: list[set[int]], turns: int
) -> None:
    n_labels, total = len(model.balance), beliefs.sum(axis=0)
    balance = (total + BALANCE_STRENGTH / n_labels) / (len(rows) + BALANCE_STRENGTH)
    for _ in range(turns):
        shares, tables = [], []
        for function, leader in enumerate(model.leaders):
            own = [dict.fromkeys(range(ABSTAIN, len(sets)), 0.0) for _ in range(n_labels)]
            copied = 0.0
            for row, belief in zip(rows, beliefs, strict=True):
                for label in range(n_labels):
                    part = model.own(function, row, label)
                    own[label][row[function]] += belief[label] * part
                    copied += belief[label] * (1 - part)
            shares.append((copied + 1) / (len(rows) + SHARE_STRENGTH) if leader >= 0 else 0.0)
            tables.append(_table(own, balance, sets))
        model.shares, model.tables = shares, tables
    model.balance = balance.tolist()


def _table(
    own: list[dict[int, float]], balance: Floats, sets: list[set[int]]
) -> list[dict[int, float]]:
    n_labels, everything = len(balance), sum(sum(each.values()) for each in own)
    table: list[dict[int, float]] = [{} for _ in range(n_labels)]
    for vote, members in enumerate(sets):
        within = sum(balance[label] for label in members)
        cast = sum(own[label][vote] for label in range(n_labels))
        inside = sum(own[label][vote] for label in members)
        expected = within + EXPECTED * (1 - within)
        right = (inside + RIGHT_STRENGTH * expected) / (cast + RIGHT_STRENGTH)
        for label in range(n_labels):
            known, other = right / within, (1 - right) / (1 - within)
            usual = balance[label] * (known if label in members else other)
            truth = (own[label][vote] + SPREAD_STRENGTH * usual) / (cast + SPREAD_STRENGTH)
            table[label][vote] = cast / everything * truth / balance[label]
    for label in range(n_labels):
        spoken = max(sum(table[label].values()) / TALKATIVE, 1.0)
        table[label] = {vote: each / spoken for vote, each in table[label].items()}
        table[label][ABSTAIN] = 1 - sum(table[label].values())
    return table
