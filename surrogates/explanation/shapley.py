"""Shapley values: how a prediction at one row differs from the average prediction, shared out among the parameters.

The value of a set of parameters is the mean prediction when these are as in the row and the others as in each row of a
background sample (the interventional value function: Janzing, Minorics and Bloebaum 2020, "Feature relevance
quantification in explainable AI: A causal problem", arXiv 1910.13413). A parameter's share is its mean gain over all
orders of revealing them (Shapley 1953; Strumbelj and Kononenko 2014, "Explaining prediction models and individual
predictions with feature contributions", Knowl. Inf. Syst. 41:647). Shares and base sum to the prediction.

Cost: ``2^k`` times the background's rows for ``k`` parameters that vary, up to :data:`EXACT` of them; beyond, at most
``2 pairs k`` times its rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zosimos.surrogates.explanation.design import Array, Design, Predict, entangled

EXACT = 10  # parameters up to which all coalitions are enumerated
_CHUNK = 16_384  # rows predicted at once

Masks = NDArray[np.bool_]


@dataclass(frozen=True)
class Attribution:
    """A prediction's parts: ``base`` (the background's mean prediction) plus ``shares`` sum to ``prediction``.

    ``errors`` are the shares' standard errors from sampling orders, 0 where all were enumerated (``exact``).
    ``warnings`` say in words which shares cannot be told apart.
    """

    names: tuple[str, ...]
    row: tuple[float, ...]
    shares: tuple[float, ...]
    errors: tuple[float, ...]
    base: float
    prediction: float
    exact: bool
    warnings: tuple[str, ...] = ()

    @property
    def ranking(self) -> tuple[str, ...]:
        """The names, the largest share by magnitude first."""
        order = sorted(range(len(self.names)), key=lambda i: -abs(self.shares[i]))
        return tuple(self.names[i] for i in order)

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        parts = zip(self.names, self.shares, self.errors, strict=True)
        return {
            "base": self.base,
            "prediction": self.prediction,
            "shares": [{"parameter": name, "share": share, "error": error} for name, share, error in parts],
            "exact": self.exact,
            "warnings": list(self.warnings),
        }


def shapley(predict: Predict, row: Array, background: Design, *, pairs: int = 32, seed: int = 0) -> Attribution:
    """Return the Shapley values of the predicted mean at a row of ``d`` raw values.

    Args:
        predict: the model.
        row: what to explain.
        background: the rows to compare with, allowed ones, evenly drawn; 30 to 100 of them.
        pairs: orders to sample where there are more than :data:`EXACT` parameters that vary; each is used forwards
            and backwards (antithetic: Mitchell et al. 2022, JMLR 23:43).
        seed: of the orders.

    Raises:
        ValueError: the row does not fit the background, which has no rows, or there are fewer than 2 pairs.
    """
    row = np.asarray(row, dtype=float)
    if row.shape != (len(background.columns),) or not len(background) or pairs < 2:
        raise ValueError(f"a row of {len(background.columns)} values, a background and 2 pairs or more are needed")
    varying = np.flatnonzero((background.rows != row).any(axis=0))
    game = _Game(predict, row, background, varying)
    exact = len(varying) <= EXACT
    shares, errors = np.zeros(len(row)), np.zeros(len(row))
    if exact:
        shares[varying] = _enumerated(game)
    else:
        shares[varying], errors[varying] = _sampled(game, pairs, seed)
    base, prediction = game.values(np.array([[False] * len(varying), [True] * len(varying)]))
    return Attribution(
        background.names,
        tuple(map(float, row)),
        tuple(map(float, shares)),
        tuple(map(float, errors)),
        float(base),
        float(prediction),
        exact,
        entangled(background),
    )


@dataclass(frozen=True)
class _Game:
    """The value of coalitions of the parameters that vary."""

    predict: Predict
    row: Array
    background: Design
    varying: NDArray[np.intp]

    def values(self, masks: Masks) -> Array:
        """Return the value of each of ``c x k`` coalitions, shape ``c``."""
        at_once = max(1, _CHUNK // len(self.background))
        return np.concatenate([self._some(masks[i : i + at_once]) for i in range(0, len(masks), at_once)])

    def _some(self, masks: Masks) -> Array:
        mixed = np.repeat(self.background.rows[None], len(masks), axis=0)  # c x b x d
        revealed = np.zeros((len(masks), len(self.row)), dtype=bool)
        revealed[:, self.varying] = masks
        mixed = np.where(revealed[:, None, :], self.row, mixed)
        means, _ = self.predict(mixed.reshape(-1, len(self.row)))
        return np.asarray(means.reshape(len(masks), -1).mean(axis=1), dtype=float)


def _enumerated(game: _Game) -> Array:
    k = len(game.varying)
    coalitions = np.arange(1 << k)
    masks = (coalitions[:, None] >> np.arange(k)) & 1 == 1
    values, sizes = game.values(masks), masks.sum(axis=1)
    weights = np.array([1.0 / (k * math.comb(k - 1, size)) for size in range(k)])
    shares = np.empty(k)
    for i in range(k):
        without = coalitions[~masks[:, i]]
        shares[i] = np.sum(weights[sizes[without]] * (values[without | 1 << i] - values[without]))
    return shares


def _sampled(game: _Game, pairs: int, seed: int) -> tuple[Array, Array]:
    """Return mean gains over sampled orders, and their standard errors from the spread between pairs."""
    k, rng = len(game.varying), np.random.default_rng(seed)
    forwards = [rng.permutation(k) for _ in range(pairs)]
    gains = np.array([(_gains(game, order) + _gains(game, order[::-1])) / 2 for order in forwards])
    return gains.mean(axis=0), gains.std(axis=0, ddof=1) / math.sqrt(pairs)


def _gains(game: _Game, order: Sequence[int] | NDArray[np.intp]) -> Array:
    """Return what each parameter adds when they are revealed in this order."""
    masks = np.zeros((len(order) + 1, len(order)), dtype=bool)
    for place, index in enumerate(order):
        masks[place + 1 :, index] = True
    gains = np.empty(len(order))
    gains[np.asarray(order)] = np.diff(game.values(masks))
    return gains
