"""Members fitted to one quantity with some outcomes held in doubt, how they are weighed, and how well that predicts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from zosimos.surrogates.committee.covariance import Array
from zosimos.surrogates.committee.effects import EffectsMember
from zosimos.surrogates.committee.limits import DAMPING, ROUNDS, SETTLED, Limits, Sites
from zosimos.surrogates.committee.member import Data, Kind, Member
from zosimos.surrogates.committee.sparse import drawn_members
from zosimos.surrogates.committee.standard import Standard
from zosimos.surrogates.committee.stated import Stated
from zosimos.surrogates.committee.trended import TrendMember
from zosimos.surrogates.committee.warped import WarpedMember

_BOOTSTRAPS = 256
_FEW = 4  # outcomes before weights say whether a trend helps
_LENT = 0.5  # weight that all members with a trend may have until then
_DOUBT = 1e6  # times the noise variance for an outcome in doubt: it has no say
_LEAST_NOISE = 1e-4  # of the outcomes' variance: a given variance below it makes the covariance ill-conditioned
_LEAST_LEFT = 1e-10  # of the outcomes' variance: what rounding leaves of none
_HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)


@dataclass(frozen=True)
class Seen:
    """What was seen of one quantity.

    Args:
        X: ``n x d`` model columns.
        y: ``n`` outcomes.
        variance: ``n`` squared standard uncertainties, NaN where unknown.
        rows: ``n`` numbers, the same where the same was chosen, whatever the conditions were.
        origin: what was taken from the outcomes.
        stated_sd: standard deviation of the logarithm of the factor that all variances need; None: none, they are so.
    """

    X: Array
    y: Array
    variance: Array
    rows: NDArray[np.int64]
    origin: float = 0.0
    stated_sd: float | None = None

    @classmethod
    def of(
        cls,
        X: Array,
        y: Array,
        variance: Array,
        rows: NDArray[np.int64] | None = None,
        origin: float = 0.0,
        stated_sd: float | None = None,
    ) -> Self:
        """Return what was seen; without ``rows`` those with the same columns are the same."""
        if rows is None:
            rows = np.unique(X, axis=0, return_inverse=True)[1].ravel()
        return cls(X, y, variance, rows, origin, stated_sd)


class Fitted:
    """Members of several kinds and their weights.

    Args:
        kinds: of the members.
        seen: what they learn from.
        doubted: indices of the outcomes that have no say.
        seed: of the bootstrap of the weights.
        sites: what stands for results of which only a limit is known, in the outcomes' units less the origin.
    """

    def __init__(
        self, kinds: Sequence[Kind], seen: Seen, doubted: Sequence[int], seed: int, sites: Sites | None = None
    ) -> None:
        self._sites, self._n = sites, len(seen.y)
        of = seen.y if sites is None else np.concatenate([seen.y, sites.expected])
        self.standard = standard = Standard.of(of, doubted, seen.origin)
        self._doubted = np.isin(np.arange(len(seen.y)), standard.doubted)
        known = np.where(seen.variance > 0.0, np.maximum(seen.variance / standard.spread**2, _LEAST_NOISE), np.nan)
        self._z = (seen.y - standard.centre) / standard.spread
        data = Data(seen.X, standard.scaled(seen.y), known, np.where(self._doubted, _DOUBT, 1.0))
        if seen.stated_sd is not None and (stated := Stated.of(known, seen.stated_sd)) is not None:
            data = replace(data, known=np.full(len(known), math.nan), stated=stated)
        if sites is not None:
            data = _beside(data, sites, standard)
        teams = _teams(kinds, data, seed, standard, seen.origin)
        self.members = tuple(member for team in teams for member in team)
        scores = np.array([member.log_scores() for member in self.members])[:, : self._n][:, ~self._doubted]
        self._trusted = scores.shape[1]
        self._scores = scores if sites is None else np.concatenate([scores, self._kept(sites)], axis=1)
        self.weights = _weights_of([len(team) for team in teams], self._scores, seed)
        if len(seen.y) < _FEW:
            self.weights = _capped(self.weights, np.array([member.kind.trend is not None for member in self.members]))

    @property
    def log_density(self) -> float:
        """The log density of predicting each trusted outcome from the others, all together, in the outcomes' units.

        With it the logarithms of the chances that results keep to their limits.
        """
        constant = math.log(self.standard.spread) + _HALF_LOG_2PI
        total: float = np.sum(self.weights @ self._scores) - self._trusted * constant
        return float(total)

    def gross(self, far: float) -> NDArray[np.bool_]:
        """Return which outcomes lie far from what the others say, ``n``.

        By so many standard deviations of that prediction, and of the outcomes: at a cliff a sure prediction misses by
        many of its own, and nothing went wrong.
        """
        means, variances = (part[:, : self._n] for part in self._left_out())
        noise = np.array([member.noises[: self._n] for member in self.members])
        variances = variances - np.where(self._doubted, noise * (_DOUBT - 1.0), 0.0)  # as if it were not in doubt
        mean = self.weights @ means
        variance = self.weights @ (variances + means**2) - mean**2
        return np.asarray(np.abs(self._z - mean) > far * np.sqrt(np.maximum(variance, 1.0)))

    def before(self, sites: Sites) -> tuple[Array, Array, float]:
        """Return what is believed at limits by everything but each one's own, in the units of the sites.

        Means, variances (noise left out), both ``l``, and the variance of the noise of one measurement.
        """
        if self._sites is None:
            pairs = [member.predict(sites.limits.X) for member in self.members]
            means, variances = np.array([mean for mean, _ in pairs]), np.array([variance for _, variance in pairs])
        else:
            means, variances = self._before_limits()
        mean, square = self.weights @ means, self.standard.spread**2
        variance = self.weights @ (variances + means**2) - mean**2
        noise = float(self.weights @ np.array([member.noise_of_next for member in self.members]))
        return self.standard.back(mean), square * np.maximum(variance, _LEAST_LEFT), square * noise

    def _left_out(self) -> tuple[Array, Array]:
        """Return, by member, means and variances of each row predicted from the others, both ``members x (n + l)``."""
        pairs = [member.left_out for member in self.members]
        return np.array([mean for mean, _ in pairs]), np.array([variance for _, variance in pairs])

    def _before_limits(self) -> tuple[Array, Array]:
        """Return, by member, the same of the limits with the noise left out, both ``members x l``."""
        assert self._sites is not None, "asked only where there are limits"
        means, variances = (part[:, self._n :] for part in self._left_out())
        return means, np.maximum(variances - _site_variance(self._sites, self.standard), _LEAST_LEFT)

    def _kept(self, sites: Sites) -> Array:
        """Return, by member, how likely it is by all others that each result keeps to its limit, logarithms."""
        means, variances = self._before_limits()
        square = self.standard.spread**2
        noise = np.array([[member.noise_of_next] for member in self.members])
        pairs = zip(self.standard.back(means), square * (variances + noise), strict=True)
        return np.array([sites.limits.log_chances(mean, variance) for mean, variance in pairs])


def fitted(
    kinds: Sequence[Kind], seen: Seen, doubted: Sequence[int], seed: int, limits: Limits | None = None
) -> Fitted:
    """Return members fitted to outcomes, and to results of which only a limit is known.

    Args:
        kinds: of the members.
        seen: the outcomes.
        doubted: indices of the outcomes that have no say.
        seed: of the bootstrap of the weights.
        limits: in the outcomes' units less the origin; None: there are none.
    """
    found = Fitted(kinds, seen, doubted, seed)
    if limits is None:
        return found
    sites = Sites.silent(limits)
    for number in range(ROUNDS):
        before, sites = sites, sites.renewed(*found.before(sites), damping=DAMPING if number else 1.0)
        found = Fitted(kinds, seen, doubted, seed, sites)
        moved = np.abs(sites.expected - before.expected).max()
        if number and moved < SETTLED * found.standard.spread:
            break
    return found


def _teams(kinds: Sequence[Kind], data: Data, seed: int, standard: Standard, origin: float) -> list[tuple[Member, ...]]:
    """Return what each kind is fitted as, to standardised outcomes: one member, or several draws of one.

    Those that warp outcomes take the noise that the first member learned: on a warped scale what is stated of an
    outcome depends on the warp, and a common factor would be learned of neither.
    """
    found: list[tuple[Member, ...]] = []
    for kind in kinds:
        stated, given = data.stated, data
        if kind.warp is not None and stated is not None and found:
            noise = np.where(np.isnan(data.known), found[0][0].noise * stated.relative, data.known)
            given = replace(data, known=noise, stated=None)
        found.append(
            drawn_members(kind, given, seed) if kind.sparse else (_member(kind, given, seed, standard, origin),)
        )
    return found


def _member(kind: Kind, data: Data, seed: int, standard: Standard, origin: float) -> Member:
    """Return a member fitted to standardised outcomes."""
    if kind.trend is not None:
        return TrendMember(kind, data, seed)
    if kind.warp is None:
        return EffectsMember(kind, data, seed) if kind.effects else Member(kind, data, seed)
    own = replace(kind, warp=kind.warp.moved(origin + standard.centre, standard.spread))
    return WarpedMember(own, data, seed)


def _beside(data: Data, sites: Sites, standard: Standard) -> Data:
    """Return what members learn from with what stands for limits after it."""
    more = len(sites.limits)
    return Data(
        np.concatenate([data.X, sites.limits.X]),
        np.concatenate([data.y, (sites.mean - standard.centre) / standard.spread]),
        np.concatenate([data.known, _site_variance(sites, standard)]),
        np.concatenate([data.inflation, np.ones(more)]),
        more,
        None if data.stated is None else data.stated.beside(more),
    )


def _site_variance(sites: Sites, standard: Standard) -> Array:
    """Return the variance of what stands for limits, of the outcomes' variance, ``l``."""
    precision = sites.precision * standard.spread**2
    return np.asarray(1.0 / np.clip(precision, 1.0 / _DOUBT, 1.0 / _LEAST_NOISE))


def _capped(weights: Array, trended: NDArray[np.bool_]) -> Array:
    """Return weights of which members with a trend have no more than :data:`_LENT` together."""
    lent = float(weights[trended].sum())
    if lent <= _LENT or trended.all():
        return weights
    own = np.where(trended, 0.0, weights)
    if own.sum() <= 0.0:  # so small that they came out as 0: none is better than another
        own = np.where(trended, 0.0, 1.0)
    return np.where(trended, weights * _LENT / lent, own * (1.0 - _LENT) / own.sum())


def _weights_of(sizes: Sequence[int], scores: Array, seed: int) -> Array:
    """Return the weights of members in teams of some sizes: a team is judged as the even mixture that it is.

    Args:
        sizes: of the teams, in order.
        scores: ``members x n`` leave-one-out log densities.
        seed: of the bootstrap.
    """
    ends = np.cumsum(sizes)
    parts = [scores[end - size : end] for size, end in zip(sizes, ends, strict=True)]
    whole = [part[0] if len(part) == 1 else logsumexp(part, axis=0) - math.log(len(part)) for part in parts]
    return np.asarray(np.repeat(_weights(np.array(whole), seed), sizes) / np.repeat(sizes, sizes))


def _weights(scores: Array, seed: int) -> Array:
    """Return the chance that each member predicts best, from ``members x n`` leave-one-out log densities."""
    members, n = scores.shape
    if members == 1 or n == 1:
        return np.full(members, 1.0 / members)
    shares = np.random.default_rng(seed).dirichlet(np.ones(n), _BOOTSTRAPS) * n
    totals = shares @ scores.T
    likely = np.exp(totals - totals.max(axis=1, keepdims=True))
    return np.asarray((likely / likely.sum(axis=1, keepdims=True)).mean(axis=0))
