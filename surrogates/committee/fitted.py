"""Members fitted to one quantity with some outcomes held in doubt, how they are weighed, and how well that predicts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from zosimos.surrogates.committee.covariance import Array
from zosimos.surrogates.committee.hyper import noise_of
from zosimos.surrogates.committee.member import Data, Kind, Member
from zosimos.surrogates.committee.standard import Standard
from zosimos.surrogates.committee.trended import TrendMember

_BOOTSTRAPS = 256
_FEW = 4  # outcomes before weights say whether a trend helps
_LENT = 0.5  # weight that all members with a trend may have until then
_DOUBT = 1e6  # times the noise variance for an outcome in doubt: it has no say
_LEAST_NOISE = 1e-4  # of the outcomes' variance: a given variance below it makes the covariance ill-conditioned
_HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)


@dataclass(frozen=True)
class Seen:
    """What was seen of one quantity.

    Args:
        X: ``n x d`` model columns.
        y: ``n`` outcomes.
        variance: ``n`` squared standard uncertainties, NaN where unknown.
        rows: ``n`` numbers, the same where the same was chosen, whatever the conditions were.
    """

    X: Array
    y: Array
    variance: Array
    rows: NDArray[np.int64]
    origin: float = 0.0

    @classmethod
    def of(
        cls, X: Array, y: Array, variance: Array, rows: NDArray[np.int64] | None = None, origin: float = 0.0
    ) -> Self:
        """Return what was seen; without ``rows`` those with the same columns are the same."""
        if rows is None:
            rows = np.unique(X, axis=0, return_inverse=True)[1].ravel()
        return cls(X, y, variance, rows, origin)


class Fitted:
    """Members of several kinds and their weights.

    Args:
        kinds: of the members.
        seen: what they learn from.
        doubted: indices of the outcomes that have no say.
        seed: of the bootstrap of the weights.
    """

    def __init__(self, kinds: Sequence[Kind], seen: Seen, doubted: Sequence[int], seed: int) -> None:
        self.standard = standard = Standard.of(seen.y, doubted, seen.origin)
        self._doubted = np.isin(np.arange(len(seen.y)), standard.doubted)
        known = np.where(seen.variance > 0.0, np.maximum(seen.variance / standard.spread**2, _LEAST_NOISE), np.nan)
        self._known = known
        self._z = (seen.y - standard.centre) / standard.spread
        data = Data(seen.X, standard.scaled(seen.y), known, np.where(self._doubted, _DOUBT, 1.0))
        self.members = tuple(
            Member(kind, data, seed) if kind.trend is None else TrendMember(kind, data, seed) for kind in kinds
        )
        self._scores = np.array([member.log_scores() for member in self.members])[:, ~self._doubted]
        self.weights = _weights(self._scores, seed)
        if len(seen.y) < _FEW:
            self.weights = _capped(self.weights, np.array([kind.trend is not None for kind in kinds]))

    @property
    def log_density(self) -> float:
        """The log density of predicting each trusted outcome from the others, all together, in the outcomes' units."""
        trusted = self._scores.shape[1]
        constant = math.log(self.standard.spread) + _HALF_LOG_2PI
        total: float = np.sum(self.weights @ self._scores) - trusted * constant
        return float(total)

    def gross(self, far: float) -> NDArray[np.bool_]:
        """Return which outcomes lie far from what the others say, ``n``.

        By so many standard deviations of that prediction, and of the outcomes: at a cliff a sure prediction misses by
        many of its own, and nothing went wrong.
        """
        pairs = [member.left_out for member in self.members]
        means, variances = np.array([mean for mean, _ in pairs]), np.array([variance for _, variance in pairs])
        noise = np.array([noise_of(member.noise, self._known, np.ones_like(self._z)) for member in self.members])
        variances = variances - np.where(self._doubted, noise * (_DOUBT - 1.0), 0.0)  # as if it were not in doubt
        mean = self.weights @ means
        variance = self.weights @ (variances + means**2) - mean**2
        return np.asarray(np.abs(self._z - mean) > far * np.sqrt(np.maximum(variance, 1.0)))


def _capped(weights: Array, trended: NDArray[np.bool_]) -> Array:
    """Return weights of which members with a trend have no more than :data:`_LENT` together."""
    lent = float(weights[trended].sum())
    if lent <= _LENT or trended.all():
        return weights
    own = np.where(trended, 0.0, weights)
    if own.sum() <= 0.0:  # so small that they came out as 0: none is better than another
        own = np.where(trended, 0.0, 1.0)
    return np.where(trended, weights * _LENT / lent, own * (1.0 - _LENT) / own.sum())


def _weights(scores: Array, seed: int) -> Array:
    """Return the chance that each member predicts best, from ``members x n`` leave-one-out log densities."""
    members, n = scores.shape
    if members == 1 or n == 1:
        return np.full(members, 1.0 / members)
    shares = np.random.default_rng(seed).dirichlet(np.ones(n), _BOOTSTRAPS) * n
    totals = shares @ scores.T
    likely = np.exp(totals - totals.max(axis=1, keepdims=True))
    return np.asarray((likely / likely.sum(axis=1, keepdims=True)).mean(axis=0))
