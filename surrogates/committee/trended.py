"""A member with a trend: ``f(x) = a + b s(x) + d(x)``, a source's belief s made over by what the outcomes say.

The autoregressive model of Kennedy and O'Hagan 2000 ("Predicting the output from a complex computer code when fast
approximations are available", Biometrika 87), with the source's posterior as part of the prior (Le Gratiet and Garnier
2014, Int. J. Uncertain. Quantif. 4). The offset a and the slope b are integrated out, which is a linear kernel; what
the source does not know itself is its posterior covariance times ``E[b^2]``; d is a Gaussian process as that of any
other member, and how large it is is learned. Outcomes and the source are both standardised at the measured rows, so
that b is of the size of a correlation: its prior has its mass on a source that helps, but leaves room for one that has
nothing to do with the outcome, or says the opposite.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from zosimos.surrogates.committee.covariance import Array
from zosimos.surrogates.committee.hyper import BAD, JITTER, MarginalLikelihood, Prior
from zosimos.surrogates.committee.member import Data, Kind, Member
from zosimos.surrogates.committee.source import SourceBelief

_SLOPE, _SLOPE_SD = 0.75, 0.5  # no more than 1 in 15 sources says the opposite
_SQUARE = _SLOPE**2 + _SLOPE_SD**2
_OFFSET = 0.1  # variance: means were taken out already
_OWN, _OWN_SD = math.log(0.3), 2.0  # of the log variance of what the source does not say
_GUESS = 2.0  # rows that the source's own spread counts for


class TrendMember(Member):
    """A member whose kind has a trend; costs as any member, and what the source's answers take."""

    def __init__(self, kind: Kind, data: Data, seed: int) -> None:
        if kind.trend is None:
            raise ValueError(f"{kind.name} has no trend")
        self._trend = Anchored.at(kind.trend, data.X)
        self._raw = data.X
        super().__init__(kind, replace(data, y=data.y - _SLOPE * self._trend.mean(data.X)), seed)

    @property
    def slope(self) -> float:
        """The slope b as the outcomes leave it, expected."""
        measured = self._trend.mean(self._raw[: len(self._alpha)])
        return _SLOPE + _SLOPE_SD**2 * float(measured @ self._alpha)

    @property
    def left_out(self) -> tuple[Array, Array]:
        """Mean and variance (noise included) of each outcome predicted from the others, both ``n``."""
        mean, variance = super().left_out
        return mean + _SLOPE * self._trend.mean(self._raw[: len(mean)]), variance

    def log_scores(self) -> Array:
        """Return, for each outcome, the log density of predicting it from the others, up to a constant, shape ``n``."""
        variance = self._left_out_variance
        return np.asarray(-0.5 * self._alpha**2 * variance - 0.5 * np.log(variance))

    def predict(self, X: Array, first: int | None = None, beside: Array | None = None) -> tuple[Array, Array]:
        """Return means and variances (noise left out) at ``m x d`` columns, both ``m``."""
        mean, variance = super().predict(X, first, beside)
        return mean + _SLOPE * self._trend.mean(X), variance

    def mean(self, X: Array) -> Array:
        """Return the means at ``m x d`` columns, ``m``."""
        return super().mean(X) + _SLOPE * self._trend.mean(X)

    def joint(self, X: Array) -> tuple[Array, Array]:
        """Return the mean (``m``) and covariance (``m x m``, noise left out) at ``m x d`` columns."""
        mean, covariance = super().joint(X)
        return mean + _SLOPE * self._trend.mean(X), covariance

    def believed(self) -> Array:
        """Return the means at the measured rows, then at those under way, shape ``n + p``."""
        return super().believed() + _SLOPE * self._trend.mean(self._raw)

    def await_rows(self, X: Array) -> None:
        """Take ``p x d`` rows as under way, each as if it would turn out as believed."""
        self._raw = np.concatenate([self._raw, X])
        super().await_rows(X)

    def renew(self) -> None:
        """Take in that the source knows more than it did: it has rows under way."""
        rows, raw, n = self._rows, self._raw, len(self._alpha)
        self._rows, self._raw = rows[:n], raw[:n]
        measured = self._half_inverse()
        self._alpha = measured.T @ (measured @ self._data.y)
        self._left_out_variance = 1.0 / (measured**2).sum(axis=0)
        self._rows, self._raw = rows, raw
        self._half = self._half_inverse()

    def likeness(self, X: Array, noise: float) -> Array:
        """Return how far a measurement of the source's quantity would tell this one's at ``m x d`` columns, ``m``.

        The magnitude of their correlation given everything measured.

        Args:
            X: the columns.
            noise: the variance of such a measurement, in the source's units.
        """
        slope = min(max(self.slope, -math.sqrt(_SQUARE)), math.sqrt(_SQUARE))
        shared = slope * self._trend.covariance(X, self._raw) @ self._half.T
        explained = self._with_rows(X) @ self._half.T
        unknown = self._trend.variance(X)
        own = np.maximum(self._prior_variance(X) - (explained**2).sum(axis=1), 1e-12)
        source = np.maximum(unknown - (shared**2).sum(axis=1), 0.0) + noise / self._trend.spread**2
        both = np.abs(slope * unknown - (shared * explained).sum(axis=1))
        return np.asarray(np.minimum(both / np.sqrt(own * np.maximum(source, 1e-12)), 1.0))

    def _with_rows(self, X: Array) -> Array:
        return self.own * super()._with_rows(X) + self._said(X, self._raw)

    def _between(self, A: Array, B: Array) -> Array:
        return self.own * super()._between(A, B) + self._said(A, B)

    def _among_rows(self) -> Array:
        return self.own * super()._among_rows() + self._said(self._raw, self._raw)

    def _prior_variance(self, X: Array) -> Array | float:
        return self.own + _OFFSET + _SLOPE_SD**2 * self._trend.mean(X) ** 2 + _SQUARE * self._trend.variance(X)

    def _said(self, A: Array, B: Array) -> Array:
        """Return the prior covariance that the source accounts for."""
        return _said(self._trend, A, B)

    def _hyper_prior(self) -> Prior:
        return _with_own(super()._hyper_prior(), self._trend.trend.scales(self.kind.view))

    def _evidence(self, chosen: NDArray[np.intp]) -> MarginalLikelihood:
        raw = self._raw[chosen]
        return TrendEvidence(**vars(super()._evidence(chosen)), said=self._said(raw, raw))

    def _mode(self, seed: int) -> Array:
        found = super()._mode(seed)
        self.own = math.exp(found[-2])
        """The variance of what the source does not say, of the outcome's."""
        return np.delete(found, -2)


@dataclass(frozen=True)
class Anchored:
    """A trend in standard units: centred and scaled by what it says of the measured rows.

    Of few rows the scale says little, so that the source's own spread counts as some more of them.
    """

    trend: SourceBelief
    centre: float
    spread: float

    @classmethod
    def at(cls, trend: SourceBelief, X: Array) -> Anchored:
        """Return a trend as ``n x d`` measured rows see it."""
        said, _ = trend.moments(X)
        n = len(said)
        square = (_GUESS * trend.spread**2 + n * float(np.var(said))) / (_GUESS + n)
        return cls(trend, float(said.mean()), math.sqrt(square) or 1.0)

    def mean(self, X: Array) -> Array:
        """Return the means at ``m x d`` columns, ``m``."""
        return np.asarray((self.trend.moments(X)[0] - self.centre) / self.spread)

    def variance(self, X: Array) -> Array:
        """Return the variances at ``m x d`` columns, ``m``."""
        return np.asarray(self.trend.moments(X)[1] / self.spread**2)

    def covariance(self, A: Array, B: Array) -> Array:
        """Return the covariance at ``a x d`` and ``b x d`` columns, ``a x b``."""
        return np.asarray(self.trend.covariance(A, B) / self.spread**2)


@dataclass(frozen=True)
class TrendEvidence(MarginalLikelihood):
    """What a likelihood is computed from, with the covariance that the source accounts for.

    Args:
        said: ``n x n``.
    """

    said: Array

    def objective(self, theta: Array, prior: Prior) -> tuple[float, Array]:
        """Return minus the log posterior, up to a constant, and its gradient.

        ``theta`` holds log length scales, the log variance of what the source does not say, the log noise variance.
        """
        inverse_squares, own, noise = np.exp(-2.0 * theta[:-2]), math.exp(theta[-2]), self.noise(theta[-1])
        r2 = np.tensordot(inverse_squares, self.distances, 1)
        slope = self.covariance.slope(r2)
        part = own * self.covariance.value(r2)
        found = self.likelihood(part + self.said + np.diag(noise + JITTER))
        if found is None:
            return BAD, np.zeros_like(theta)
        value, W = found
        penalty, gradient = prior.penalty(theta)
        flat = self.distances.reshape(len(self.distances), -1)
        gradient[:-2] -= own * (flat @ (W * slope).ravel()) * inverse_squares
        gradient[-2] += 0.5 * float((W * part).sum())
        gradient[-1] += 0.5 * float(np.diag(W) @ np.where(np.isnan(self.known), noise, 0.0))
        return value + penalty, gradient


def _with_own(prior: Prior, scales: Array | None) -> Prior:
    """Return a prior with the variance of what the source does not say before the noise.

    What the source does not say is expected to vary on scales between the usual ones and those of the source, where
    these are shorter: by the usual ones alone few outcomes close together would look like a constant offset.
    """
    lengths = prior.mean[:-1] if scales is None else 0.5 * (prior.mean[:-1] + np.minimum(prior.mean[:-1], scales))
    return Prior(np.array([*lengths, _OWN, prior.mean[-1]]), np.insert(prior.sd, -1, _OWN_SD))


def _said(trend: Anchored, A: Array, B: Array) -> Array:
    linear = _SLOPE_SD**2 * np.outer(trend.mean(A), trend.mean(B))
    return np.asarray(_OFFSET + linear + _SQUARE * trend.covariance(A, B))
