"""The committee's belief about one measured quantity: a weighted mixture over its members."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from zosimos.surrogates.committee.covariance import Array
from zosimos.surrogates.committee.member import Data, Kind, Member

_BOOTSTRAPS = 256
_UNHEARD = 0.01  # weight below which a member has no say
_CONSTANT = 1e-9  # of the largest magnitude: a spread below this is rounding, not signal
_GROSS = (
    1e4  # robust standard deviations from the median: no rare success lies so far off, but an instrument's code does
)
_FEWEST = 5  # outcomes before one can be called gross
_DOUBT = 100.0  # times the noise variance for an outcome under suspicion
_LEAST_NOISE = 1e-4  # of the outcomes' variance: a given variance below it makes the covariance ill-conditioned


@dataclass(frozen=True)
class Mixture:
    """Beliefs at ``m`` rows as a mixture of ``k`` Gaussians, in the outcome's units, noise left out.

    Attributes:
        means: ``k x m``.
        variances: ``k x m``.
        weights: ``k``, summing to 1.
        noise: ``k`` noise variances of a measurement.
    """

    means: Array
    variances: Array
    weights: Array
    noise: Array

    @property
    def mean(self) -> Array:
        """The expectation, shape ``m``."""
        return np.asarray(self.weights @ self.means)

    @property
    def variance(self) -> Array:
        """The variance by the law of total variance, shape ``m``: what more data would remove (epistemic)."""
        spread = self.weights @ (self.variances + self.means**2) - self.mean**2
        return np.asarray(np.maximum(spread, 0.0))

    @property
    def aleatoric(self) -> float:
        """The expected noise variance of one measurement: what no data remove."""
        return float(self.weights @ self.noise)


@dataclass(frozen=True)
class Standard:
    """Outcomes made comparable: centre, spread, and which are so far off that they are held in doubt."""

    centre: float
    spread: float
    gross: tuple[int, ...]

    @classmethod
    def of(cls, y: Array) -> Standard:
        """Return the standard of ``n`` outcomes; gross ones do not count in it."""
        gross = _gross(y)
        kept = np.delete(y, gross)
        centre, spread = float(kept.mean()), float(kept.std())
        if spread <= _CONSTANT * float(np.abs(kept).max(initial=0.0)):
            spread = 0.1 * abs(centre) or 1.0  # without a spread, ten percent is as good a guess as any
        return cls(centre, spread, tuple(int(i) for i in gross))

    def scaled(self, y: Array) -> Array:
        """Return standardised outcomes; gross ones are drawn in to where they would just be suspected."""
        z = (y - self.centre) / self.spread
        limit = float(np.abs(np.delete(z, self.gross)).max(initial=1.0))
        return np.where(np.isin(np.arange(len(y)), self.gross), np.clip(z, -limit, limit), z)


def _gross(y: Array) -> NDArray[np.intp]:
    """Return the indices of outcomes beyond all sense, such as what an instrument says when it has nothing to say."""
    if len(y) < _FEWEST:
        return np.empty(0, dtype=np.intp)
    off = np.abs(y - float(np.median(y)))
    low, high = np.quantile(y, 0.15, method="higher"), np.quantile(y, 0.85, method="lower")
    scale = max(1.4826 * float(np.median(off)), float(high - low) / 2.07)
    return np.flatnonzero(off > _GROSS * scale) if scale > 0.0 else np.empty(0, dtype=np.intp)


class Outcome:
    """Members fitted to one quantity, their weights, and the mixture they make.

    Args:
        kinds: of the members.
        X: ``n x d`` model columns.
        y: ``n`` outcomes.
        variance: ``n`` squared standard uncertainties, NaN where unknown.
        seed: of the bootstrap of the weights.
    """

    def __init__(self, kinds: Sequence[Kind], X: Array, y: Array, variance: Array, seed: int) -> None:
        self.standard = Standard.of(y)
        inflation = np.ones(len(y))
        inflation[list(self.standard.gross)] = _DOUBT
        known = np.where(variance > 0.0, np.maximum(variance / self.standard.spread**2, _LEAST_NOISE), np.nan)
        data = Data(X, self.standard.scaled(y), known, inflation)
        self.members = tuple(Member(kind, data, seed) for kind in kinds)
        self._weights = _weights(np.array([member.log_scores() for member in self.members]), seed)

        self._y = y

    @property
    def rows(self) -> int:
        """Number of measured rows."""
        return len(self._y)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was unusual about the data, in words; empty if nothing was."""
        notes = []
        if len(self._y) == 1:
            notes.append("one observation: prior hyper-parameters are used")
        elif float(np.ptp(self._y)) <= _CONSTANT * float(np.abs(self._y).max()):
            notes.append("all outcomes are the same: nothing to learn from them")
        if self.standard.gross:
            values = ", ".join(f"{self._y[i]:.3g}" for i in self.standard.gross)
            notes.append(f"{values} is far beyond all others and held in doubt: measure again")
        return tuple(notes)

    @property
    def weights(self) -> dict[str, float]:
        """The weight of each kind of member, by name."""
        return {m.kind.name: float(w) for m, w in zip(self.members, self._weights, strict=True)}

    @cached_property
    def _heard(self) -> tuple[tuple[Member, ...], Array]:
        """The members whose weight matters, and their weights: the others would only take time."""
        loud = self._weights >= min(_UNHEARD, float(self._weights.max()))
        weights = self._weights[loud]
        return tuple(m for m, is_loud in zip(self.members, loud, strict=True) if is_loud), weights / weights.sum()

    def predict(self, X: Array) -> Mixture:
        """Return the belief at ``m x d`` columns."""
        heard, weights = self._heard
        pairs = [member.predict(X) for member in heard]
        means = np.array([mean for mean, _ in pairs])
        variances = np.array([variance for _, variance in pairs])
        noise = np.array([member.noise for member in heard])
        square = self.standard.spread**2
        return Mixture(self._back(means), square * variances, weights, square * noise)

    def joint(self, X: Array) -> tuple[Array, Array]:
        """Return the mean (``m``) and covariance (``m x m``) of the mixture at ``m x d`` columns, noise left out."""
        heard, weights = self._heard
        pairs = [member.joint(X) for member in heard]
        means = self._back(np.array([mean for mean, _ in pairs]))
        covariances = self.standard.spread**2 * np.array([covariance for _, covariance in pairs])
        mean = weights @ means
        apart = means - mean
        return mean, np.tensordot(weights, covariances, 1) + (weights[:, None] * apart).T @ apart

    def believed(self) -> Array:
        """Return the means at the measured rows, then at those under way, by member, ``k x (n + p)``."""
        return self._back(np.array([member.believed() for member in self._heard[0]]))

    def expected(self, parts: Array) -> Array:
        """Return the mixture's expectation of what its parts say, ``k x m`` to ``m``."""
        return np.asarray(self._heard[1] @ parts)

    def left_out(self) -> tuple[Array, Array]:
        """Return means and variances (noise included) of each outcome predicted from the others, both ``n``."""
        heard, weights = self._heard
        means = self._back(np.array([member.left_out[0] for member in heard]))
        variances = self.standard.spread**2 * np.array([member.left_out[1] for member in heard])
        mean = weights @ means
        return mean, weights @ (variances + means**2) - mean**2

    def pending(self, X: Array) -> None:
        """Take ``p x d`` rows as under way: what they will say is unknown, that they will say it is not."""
        for member in self.members:
            member.await_rows(X)

    def _back(self, scaled: Array) -> Array:
        return self.standard.centre + self.standard.spread * scaled


def _weights(scores: Array, seed: int) -> Array:
    """Return the chance that each member predicts best, from ``members x n`` leave-one-out log densities."""
    members, n = scores.shape
    if members == 1 or n == 1:
        return np.full(members, 1.0 / members)
    shares = np.random.default_rng(seed).dirichlet(np.ones(n), _BOOTSTRAPS) * n
    totals = shares @ scores.T
    likely = np.exp(totals - totals.max(axis=1, keepdims=True))
    return np.asarray((likely / likely.sum(axis=1, keepdims=True)).mean(axis=0))
