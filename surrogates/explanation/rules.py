"""Rules: a small decision tree that says in words what a model believes, with how faithful it is.

The tree is a regression tree (Breiman et al. 1984, "Classification and Regression Trees") of depth 3 or less, grown on
the measured outcomes and on the model's predictions at allowed rows: the measurements hold it to the facts, the
predictions tell it of the space between. Predictions get half of the weight if the model explains the outcomes it has
seen, less if it does not. It is pruned by cost and complexity to the smallest tree
whose cross-validated error is not larger than the best one's by more than one standard error of that difference over
the folds, or 1 % of the variance: where there is no noise, everything is significant, but not everything worth saying.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import KFold
from sklearn.tree import DecisionTreeRegressor

from zosimos.surrogates.explanation.branches import Branch, Grown, Rule, expanded
from zosimos.surrogates.explanation.design import Array, Design, r_squared

_DEPTH = 3
LEAST = 4  # measured rows: with fewer a tree would only repeat them
_LEAF = 0.02  # of the weight: no rule rests on less
_WORTH = 0.01  # of the variance: what a larger tree must explain besides
_FOLDS = 5

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class RuleTree:
    """Rules that together cover the space, the highest value first, and the splits they came from, the root's first.

    ``r2_surrogate`` and ``r2_data`` are the shares of the variance of the model's predictions and of the measured
    outcomes that the tree explains, each in folds it was not grown on; 0 or less: none. ``r2_surrogate`` is None
    where no predictions were given.
    """

    rules: tuple[Rule, ...]
    splits: tuple[Branch, ...]
    r2_surrogate: float | None
    r2_data: float

    @property
    def lines(self) -> tuple[str, ...]:
        """The rules in words, a line each."""
        return tuple(str(rule) for rule in self.rules)

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {
            "rules": [rule.as_json() for rule in self.rules],
            "splits": [split.as_json() for split in self.splits],
            "r2_surrogate": self.r2_surrogate,
            "r2_data": self.r2_data,
        }


def rule_tree(
    measured: Design, outcomes: Array, allowed: Design, predicted: Array, *, trust: float = 1.0, seed: int = 0
) -> RuleTree:
    """Return the pruned rule tree.

    Args:
        measured: the rows that were measured.
        outcomes: ``n`` values found there.
        allowed: other rows, evenly drawn; may be none.
        predicted: ``m`` values that the model predicts there.
        trust: the share of the outcomes' variance that the model explains where it has seen them, 0 to 1.
        seed: of the folds and of ties between splits.

    Raises:
        ValueError: the columns or shapes differ, fewer than 4 rows were measured, or the trust is not a share.
    """
    if measured.columns != allowed.columns or len(measured) != len(outcomes) or len(allowed) != len(predicted):
        raise ValueError("measured and allowed rows must have the same columns, and a value for each row")
    if len(measured) < LEAST:
        raise ValueError(f"a rule tree needs {LEAST} measured rows or more, not {len(measured)}")
    if not 0 <= trust <= 1:
        raise ValueError(f"the trust is a share, not {trust}")
    data = _Data.of(measured, outcomes, allowed, predicted, trust)
    strength, found = _pruned(data, seed)
    grown = Grown(data.grown(np.ones(len(data.y), dtype=bool), strength, seed), data.rows, data.X)
    other = ~data.own
    return RuleTree(
        grown.rules(measured, allowed),
        grown.splits(),
        r_squared(data.y[other], found[other]) if other.any() else None,
        r_squared(data.y[data.own], found[data.own]),
    )


@dataclass(frozen=True)
class _Data:
    """All rows, as they are and as trees see them, their values and weights, and which were measured."""

    rows: Design
    X: Array
    y: Array
    weights: Array
    own: Mask

    @classmethod
    def of(cls, measured: Design, outcomes: Array, allowed: Design, predicted: Array, trust: float) -> _Data:
        n, m = len(measured), len(allowed)
        rows = Design(measured.columns, np.concatenate([measured.rows, allowed.rows]))
        part = 0.5 * trust if m else 0.0
        weights = np.concatenate([np.full(n, (1 - part) / n), np.full(m, part / max(m, 1))])
        return cls(rows, expanded(rows), np.concatenate([outcomes, predicted]), weights, np.arange(n + m) < n)

    def grown(self, where: Mask, strength: float, seed: int) -> DecisionTreeRegressor:
        """Return a tree grown on some of the rows and pruned with a strength: what a leaf must be worth."""
        tree = DecisionTreeRegressor(
            max_depth=_DEPTH,
            min_samples_leaf=2,
            min_weight_fraction_leaf=_LEAF,
            ccp_alpha=strength,
            random_state=seed % 2**32,
        )
        return tree.fit(self.X[where], self.y[where], sample_weight=self.weights[where])


def _pruned(data: _Data, seed: int) -> tuple[float, Array]:
    """Return the pruning strength that the rule above chooses, and its predictions of the rows held out."""
    whole = data.grown(np.ones(len(data.y), dtype=bool), 0.0, seed)
    path = whole.cost_complexity_pruning_path(data.X, data.y, sample_weight=data.weights).ccp_alphas
    alphas = np.unique(path.clip(min=0.0))
    strengths = np.sqrt(alphas * np.append(alphas[1:], 2 * alphas[-1]))  # between two prunings, as rpart does
    folds = _folds(data.own, seed)
    found = np.empty((len(strengths), len(data.y)))
    for fold in np.unique(folds):
        out = folds == fold
        for index, strength in enumerate(strengths):
            found[index, out] = data.grown(~out, float(strength), seed).predict(data.X[out])
    errors = data.weights * (found - data.y) ** 2
    by_fold = np.stack([errors[:, folds == f].sum(axis=1) / data.weights[folds == f].sum() for f in np.unique(folds)])
    more = by_fold - by_fold[:, [int(by_fold.mean(axis=0).argmin())]]
    variance = float(np.average((data.y - np.average(data.y, weights=data.weights)) ** 2, weights=data.weights))
    bar = np.maximum(more.std(axis=0, ddof=1) / np.sqrt(len(more)), _WORTH * variance)
    chosen = int(np.flatnonzero(more.mean(axis=0) <= bar)[-1])  # strengths ascend: the last is the smallest tree
    return float(strengths[chosen]), found[chosen]


def _folds(own: Mask, seed: int) -> NDArray[np.int64]:
    """Return each row's fold: measured rows and others are dealt out evenly, each among themselves."""
    folds = np.zeros(len(own), dtype=np.int64)
    count = min(_FOLDS, int(own.sum()))
    for group in (np.flatnonzero(own), np.flatnonzero(~own)):
        if len(group) >= count:
            deal = KFold(count, shuffle=True, random_state=seed % 2**32).split(group)
            for fold, (_, out) in enumerate(deal):
                folds[group[out]] = fold
    return folds
