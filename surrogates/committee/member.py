"""A member of the committee: one Gaussian process, which sees rows one way and takes the surface to be so smooth."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.linalg.blas import dtrmm

from zosimos.surrogates.committee.covariance import COVARIANCES, Array
from zosimos.surrogates.committee.hyper import JITTER, MarginalLikelihood, Prior, mode, noise_of
from zosimos.surrogates.committee.source import SourceBelief
from zosimos.surrogates.committee.stated import Stated
from zosimos.surrogates.committee.view import View, squared
from zosimos.surrogates.committee.warps import Warp

_MOST_FOR_HYPER = 256  # rows that hyper-parameters are learned from: more add cost, hardly knowledge
_LEAST_VARIANCE = 1e-12


@dataclass(frozen=True)
class Data:
    """Standardised training data of one outcome.

    Args:
        X: ``n x d`` model columns.
        y: ``n`` outcomes.
        known: ``n`` noise variances, NaN where unknown.
        inflation: ``n`` factors of the noise variance, above 1 for outcomes in doubt.
        limits: how many of them, the last ones, stand for results of which only a limit is known.
        stated: noise variances that are given but for a factor common to all; None: there are none.
    """

    X: Array
    y: Array
    known: Array
    inflation: Array
    limits: int = 0
    stated: Stated | None = None

    @property
    def factors(self) -> Array:
        """How many times the noise variance, given or learned, each outcome has, ``n``."""
        return self.inflation if self.stated is None else self.inflation * self.stated.relative


@dataclass(frozen=True)
class Kind:
    """What sets a member apart: how it sees rows, how smooth it takes the surface to be, and what it starts from.

    Args:
        view: of the rows.
        covariance: one of :data:`~zosimos.surrogates.committee.covariance.COVARIANCES`.
        trend: what a source of knowledge says of each row; None: nothing.
        quiet: whether noise is thought to be next to nothing, until outcomes say otherwise.
        varied: whether the surface is thought to vary within the ranges, until outcomes say otherwise.
        warp: what the outcome is mapped by; None: nothing. Not with a trend.
        effects: whether outcomes are taken as sums of effects (see :mod:`~zosimos.surrogates.committee.effects`).
        sparse: whether few columns are thought to matter (see :mod:`~zosimos.surrogates.committee.sparse`).
        level: prior variance of the level that outcomes vary about, of the outcomes' variance: where results crowd
            together, as around the best, their mean says little of what lies far from them (Rasmussen and Williams
            2006, section 2.7). 0: the level is the mean of the outcomes. Not with a trend, which has an offset.
    """

    view: View
    covariance: str
    trend: SourceBelief | None = None
    quiet: bool = False
    varied: bool = False
    warp: Warp | None = None
    effects: bool = False
    sparse: bool = False
    level: float = 0.0

    @property
    def name(self) -> str:
        """As weights and cards show it."""
        how = "effects" if self.effects else self.covariance
        traits = (("sparse", self.sparse), ("varied", self.varied), ("quiet", self.quiet))
        words = [word for word, holds in traits if holds]
        own = f"{' '.join((*words, how))} by {self.view.name}"
        own = own if self.warp is None else f"{own}, {self.warp.name}"
        return own if self.trend is None else f"{own}, after {self.trend.name}"


def default_kinds(*views: View) -> tuple[Kind, ...]:
    """Return the kinds that planners use: a smooth member by each view, and a rough one by the first."""
    return (*(Kind(view, "matern-5/2") for view in views), Kind(views[0], "exponential"))


def evidence(kind: Kind, data: Data, rows: Array, chosen: NDArray[np.intp]) -> MarginalLikelihood:
    """Return what some of the measured rows say of the hyper-parameters of a kind of member.

    Args:
        kind: of the member.
        data: all it learns from.
        rows: the chosen rows as it sees them.
        chosen: their places in the data.
    """
    covariance = COVARIANCES[kind.covariance]
    distances = kind.view.distances(rows)
    known, factors = data.known[chosen], data.factors[chosen]
    return MarginalLikelihood(distances, data.y[chosen], covariance, known, factors, level=kind.level)


class Member:
    """An exact Gaussian process over standardised outcomes; a prediction takes ``O(n^2)`` for each row.

    Args:
        kind: how it sees rows.
        data: what it learns from.
        seed: of the choice of rows for hyper-parameters, where there are many.
    """

    def __init__(self, kind: Kind, data: Data, seed: int) -> None:
        self.kind = kind
        self._data = data
        self._rows = kind.view.seen(data.X)
        self._covariance = COVARIANCES[kind.covariance]
        self.theta = self._mode(seed)
        """Log length scales by group, then the log noise variance."""
        self._half = self._half_inverse()
        inverse = self._half.T @ self._half
        self._alpha = inverse @ data.y
        self._left_out_variance = 1.0 / np.diag(inverse)

    @property
    def lengths(self) -> Array:
        """The length scale of each group of columns, ``g``."""
        return np.asarray(np.exp(self.theta[:-1]))

    @property
    def stated(self) -> Stated | None:
        """Noise variances that are given but for a factor, which is learned; None: there are none."""
        return self._data.stated

    @property
    def noise(self) -> float:
        """The learned noise variance."""
        return float(np.exp(self.theta[-1]))

    @property
    def left_out(self) -> tuple[Array, Array]:
        """Mean and variance (noise included) of each outcome predicted from the others, both ``n``.

        Source: Rasmussen and Williams 2006, eqs. 5.10-5.12.
        """
        return self._data.y - self._alpha * self._left_out_variance, self._left_out_variance

    @property
    def noise_of_next(self) -> float:
        """The noise variance of a further measurement: like the given ones as far as these are given, else learned."""
        return self._noise_ahead

    def noise_at(self, X: Array) -> Array:
        """Return the noise variance of a measurement at ``m x d`` columns, ``m``."""
        return np.full(len(X), self.noise_of_next)

    @property
    def noises(self) -> Array:
        """The noise variance of each outcome, as if none were in doubt, ``n``."""
        data = self._data
        relative = np.ones(len(data.y)) if data.stated is None else data.stated.relative
        return noise_of(self.noise, data.known, relative)

    def against_stated(self) -> float:
        """Return how much likelier the outcomes are by the learned noise than by the stated one, a logarithm.

        0 where no noise is stated, or what is stated holds as it is. Length scales stay as they were learned.
        """
        stated, n = self._data.stated, len(self._data.y)
        if stated is None or self.kind.trend is not None or n < 2:
            return 0.0
        evidence, prior = self._evidence(np.arange(min(n, _MOST_FOR_HYPER))), self._hyper_prior()
        by_stated = np.where(np.isnan(evidence.known), stated.middle, evidence.known)
        ways = (replace(evidence, known=by_stated), evidence)
        held, learned = (way.objective(self.theta, prior)[0] for way in ways)
        return held - learned

    @property
    def _noise_ahead(self) -> float:
        known = self._data.known[: len(self._data.y) - self._data.limits]
        return float(np.where(np.isfinite(known), known, self.noise).mean())

    def predict(self, X: Array, first: int | None = None, beside: Array | None = None) -> tuple[Array, Array]:
        """Return means and variances (noise left out) at ``m x d`` columns, both ``m``.

        Args:
            X: the columns.
            first: take variances from the first so many rows alone: never too low, and cheaper by the square.
            beside: ``d`` columns of a row: variances are no greater than those of the difference to it. Not with
                ``first``.
        """
        k = self._with_rows(X)
        mean = self._mean(k)
        half = self._half
        if first is not None:  # the leading block of the inverse factor is that of the leading rows
            half, k = np.asfortranarray(half[:first, :first]), np.ascontiguousarray(k[:, :first])
        explained = dtrmm(1.0, half, k.T, lower=1, overwrite_b=1)  # half the work of a full product
        variance = self._prior_variance(X) - np.einsum("ij,ij->j", explained, explained)
        if beside is not None:
            row = beside[None]
            taught = half @ self._with_rows(row)[0]
            unknown = self._between(row, row)[0, 0] - taught @ taught
            shared = self._between(X, row)[:, 0] - taught @ explained
            variance = np.minimum(variance, variance + unknown - 2.0 * shared)
        return mean, np.maximum(variance, _LEAST_VARIANCE)

    def mean(self, X: Array) -> Array:
        """Return the means at ``m x d`` columns, ``m``: those of :meth:`predict`, without the cost of variances."""
        return self._mean(self._with_rows(X))

    def joint(self, X: Array) -> tuple[Array, Array]:
        """Return the mean (``m``) and covariance (``m x m``, noise left out) at ``m x d`` columns."""
        k = self._with_rows(X)
        explained = k @ self._half.T
        return self._mean(k), self._between(X, X) - explained @ explained.T

    def cross(self, A: Array, B: Array) -> Array:
        """Return the covariance (noise left out) of ``a x d`` and ``b x d`` columns, ``a x b``."""
        taught = self._half.T @ (self._half @ self._with_rows(B).T)
        return np.asarray(self._between(A, B) - self._with_rows(A) @ taught)

    def believed(self) -> Array:
        """Return the means at the measured rows, then at those under way, shape ``n + p``."""
        return self._mean(self._among_rows())

    def log_scores(self) -> Array:
        """Return, for each outcome, the log density of predicting it from the others, up to a constant, shape ``n``."""
        mean, variance = self.left_out
        return np.asarray(-0.5 * (self._data.y - mean) ** 2 / variance - 0.5 * np.log(variance))

    def await_rows(self, X: Array) -> None:
        """Take ``p x d`` rows as under way, each as if it would turn out as believed: means stay, variances shrink.

        Source: Desautels et al. 2014, "Parallelizing Exploration-Exploitation Tradeoffs in GP Bandit Optimization".
        """
        self._rows = np.concatenate([self._rows, self.kind.view.seen(X)])
        self._half = self._half_inverse()

    def _mean(self, k: Array) -> Array:
        return np.asarray(k[:, : len(self._alpha)] @ self._alpha)

    def _with_rows(self, X: Array) -> Array:
        """Return the prior covariance of ``m x d`` columns with all rows, ``m x (n + p)``."""
        return self._levelled(self.kind.view.seen(X), self._rows)

    def _between(self, A: Array, B: Array) -> Array:
        """Return the prior covariance of ``a x d`` and ``b x d`` columns, ``a x b``."""
        view = self.kind.view
        return self._levelled(view.seen(A), view.seen(B))

    def _among_rows(self) -> Array:
        """Return the prior covariance of all rows, ``(n + p) x (n + p)``."""
        return self._levelled(self._rows, self._rows)

    def _prior_variance(self, X: Array) -> Array | float:
        """Return the prior variance at ``m x d`` columns."""
        del X
        return 1.0 + self.kind.level

    def _levelled(self, A: Array, B: Array) -> Array:
        """Return the correlation of rows as the view sees them, and what a level common to all adds."""
        found = self._correlation(A, B)
        if self.kind.level:  # of a large pool adding nothing takes its time too
            found += self.kind.level
        return found

    def _correlation(self, A: Array, B: Array) -> Array:
        view, lengths = self.kind.view, self.lengths
        return self._covariance.value(squared(view.scaled(A, lengths), view.scaled(B, lengths)))

    def _mode(self, seed: int) -> Array:
        """Return the maximum a posteriori hyper-parameters, in the order of :meth:`_hyper_prior`."""
        n, prior = len(self._data.y), self._hyper_prior()
        if n < 2:  # one outcome, standardised to 0, teaches nothing
            return prior.mean
        chosen = np.arange(n)
        if n > _MOST_FOR_HYPER:
            chosen = np.sort(np.random.default_rng(seed).choice(n, _MOST_FOR_HYPER, replace=False))
        return mode(self._evidence(chosen), prior)

    def _hyper_prior(self) -> Prior:
        prior = Prior.of(len(self.kind.view.groups), quiet=self.kind.quiet, varied=self.kind.varied)
        stated = self._data.stated
        return prior if stated is None or self.kind.quiet else prior.with_noise(stated.log_variance, stated.sd)

    def _evidence(self, chosen: NDArray[np.intp]) -> MarginalLikelihood:
        """Return what some of the measured rows say of the hyper-parameters."""
        return evidence(self.kind, self._data, self._rows[chosen], chosen)

    def _half_inverse(self) -> Array:
        """Return the inverse lower Cholesky factor over all rows; with more jitter only where it needs more."""
        correlation = self._among_rows()
        noise = np.full(len(correlation), self._noise_ahead)
        noise[: len(self._data.y)] = noise_of(self.noise, self._data.known, self._data.factors)
        jitter = JITTER
        while True:
            try:
                L = np.linalg.cholesky(correlation + np.diag(noise + jitter))
                return np.asfortranarray(solve_triangular(L, np.eye(len(L)), lower=True, check_finite=False))
            except np.linalg.LinAlgError:
                jitter *= 10.0
