"""A member that models a warped outcome: a Gaussian process of its logarithm, say, whose limits it then knows.

The warp and the hyper-parameters are learned together (Snelson, Rasmussen and Ghahramani 2004, "Warped Gaussian
Processes", NIPS 16). Densities are those of the outcome itself, the slope of the warp counted in, so that such a member
is weighed against plain ones in the same units. What it believes of an outcome is not Gaussian: means and variances are
its moments, by quadrature; expected gains and chances are taken on the warped scale, where it is Gaussian.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from zosimos.surrogates.committee.covariance import Array
from zosimos.surrogates.committee.hyper import BAD, JITTER, MarginalLikelihood, Prior, noise_of
from zosimos.surrogates.committee.member import Data, Kind, Member
from zosimos.surrogates.committee.standard import Standard
from zosimos.surrogates.committee.warps import Bend, Warp
from zosimos.surrogates.outcome import Mixture

_SHAPE_SD = 1.0
_STEP = 1e-4  # of a shape: over which slopes by it are taken
_LEAST_NOISE = 1e-4  # a given variance below it makes the covariance ill-conditioned
_LEAST_VARIANCE = 1e-12
_HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)
_REACH = 6.0  # standard deviations beyond which nothing is looked for
_FAR = 38.0
_HALF_NODES, _HALF_WEIGHTS = np.polynomial.legendre.leggauss(20)
_NODES, _NODE_WEIGHTS = 0.5 + 0.5 * _HALF_NODES[:, None], 0.5 * _HALF_WEIGHTS
_TINY = 1e-300


class WarpedMember(Member):
    """A member whose kind has a warp; costs as any member, and the quadrature.

    Args:
        kind: how it sees rows and outcomes; its limits in the units of the data.
        data: what it learns from; no limits.
        seed: of the choice of rows for hyper-parameters, where there are many.
    """

    def __init__(self, kind: Kind, data: Data, seed: int) -> None:
        if kind.warp is None or data.limits:
            raise ValueError(f"{kind.name} has no warp, or results of which only a limit is known")
        self._plain = data
        super().__init__(kind, data, seed)
        self._alpha = self._half.T @ (self._half @ self._data.y)

    @property
    def noise_of_next(self) -> float:
        """The noise variance of a further measurement, averaged over what was measured, in the data's units."""
        slopes = np.exp(-2.0 * self.bend.log_slope(self._plain.y[self._trusted]))
        return float(self._noise_ahead * slopes.mean())

    @property
    def left_out(self) -> tuple[Array, Array]:
        """Mean and variance (noise included) of each outcome predicted from the others, both ``n``."""
        mean, variance = super().left_out
        own = noise_of(self.noise, self._data.known, np.ones(len(mean)))
        found, spread = self.bend.moments(
            mean, np.maximum(variance - own * (self._data.inflation - 1.0), _LEAST_VARIANCE)
        )
        doubt = noise_of(self.noise, self._plain.known, self._plain.inflation - 1.0)
        return found, spread + doubt

    def latent(self, X: Array, first: int | None = None, beside: Array | None = None) -> tuple[Array, Array]:
        """Return means and variances (noise left out) on the warped scale at ``m x d`` columns, both ``m``."""
        return super().predict(X, first, beside)

    def predict(self, X: Array, first: int | None = None, beside: Array | None = None) -> tuple[Array, Array]:
        """Return means and variances (noise left out) at ``m x d`` columns, both ``m``: moments by quadrature."""
        mean, variance = self.bend.moments(*self.latent(X, first, beside))
        return mean, np.maximum(variance, _LEAST_VARIANCE)

    def noise_at(self, X: Array) -> Array:
        """Return the noise variance of a measurement at ``m x d`` columns, ``m``: what it adds to what is unknown."""
        mean, variance = self.latent(X)
        both, alone = (self.bend.moments(mean, v)[1] for v in (variance + self._noise_ahead, variance))
        return np.maximum(both - alone, _LEAST_VARIANCE)

    @property
    def noises(self) -> Array:
        """The noise variance of each outcome, as if none were in doubt, ``n``."""
        return noise_of(self.noise, self._plain.known, np.ones(len(self._plain.y)))

    def mean(self, X: Array) -> Array:
        """Return the medians at ``m x d`` columns, ``m``: they need no variances."""
        return self.bend.back(super().mean(X))

    def joint(self, X: Array) -> tuple[Array, Array]:
        """Return the mean (``m``) and covariance (``m x m``): rows correlate as they do on the warped scale."""
        mean, covariance = super().joint(X)
        before = np.maximum(np.diag(covariance), _LEAST_VARIANCE)
        found, variance = self.bend.moments(mean, before)
        share = np.sqrt(variance / before)
        return found, share[:, None] * covariance * share

    def cross(self, A: Array, B: Array) -> Array:
        """Return the covariance of ``a x d`` and ``b x d`` columns, ``a x b``: correlated as on the warped scale."""
        return np.asarray(self._share(A)[:, None] * super().cross(A, B) * self._share(B))

    def _share(self, X: Array) -> Array:
        mean, variance = self.latent(X)
        return np.asarray(np.sqrt(self.bend.moments(mean, variance)[1] / variance))

    def believed(self) -> Array:
        """Return the medians at the measured rows, then at those under way, shape ``n + p``."""
        return self.bend.back(super().believed())

    def log_scores(self) -> Array:
        """Return, for each outcome, the log density of predicting it from the others, up to a constant, shape ``n``."""
        variance = self._left_out_variance
        score = -0.5 * self._alpha**2 * variance - 0.5 * np.log(variance)
        return np.asarray(score + self.bend.log_slope(self._plain.y))

    @property
    def _trusted(self) -> NDArray[np.bool_]:
        return np.asarray(self._plain.inflation == 1.0)

    def _hyper_prior(self) -> Prior:
        prior, shape = super()._hyper_prior(), self._warp.shape
        mean = np.array([*prior.mean[:-1], *shape, prior.mean[-1]])
        return replace(prior, mean=mean, sd=np.insert(prior.sd, -1, np.full(len(shape), _SHAPE_SD)))

    @property
    def _warp(self) -> Warp:
        assert self.kind.warp is not None, "checked when it was made"
        return self.kind.warp

    def _evidence(self, chosen: NDArray[np.intp]) -> MarginalLikelihood:
        return WarpedEvidence(**vars(super()._evidence(chosen)), warp=self._warp)

    def _mode(self, seed: int) -> Array:
        found, shapes = super()._mode(seed), len(self._warp.shape)
        data = self._plain
        self.bend = Bend.of(self._warp, found[-1 - shapes : -1], data.y[self._trusted])
        """The warp with its shape as it was learned."""
        self._data = replace(data, y=self.bend.forward(data.y), known=_known(data.known, self.bend.log_slope(data.y)))
        return np.delete(found, slice(len(found) - 1 - shapes, len(found) - 1))


@dataclass(frozen=True)
class WarpedEvidence(MarginalLikelihood):
    """What a likelihood is computed from, with outcomes that are warped.

    Args:
        warp: which, without its shape.
    """

    warp: Warp

    def objective(self, theta: Array, prior: Prior) -> tuple[float, Array]:
        """Return minus the log posterior, up to a constant, and its gradient.

        ``theta`` holds log length scales, the shape of the warp, the log noise variance. By the shape the gradient of
        what is warped is taken by differences, which cost next to nothing: the covariance does not depend on it.
        """
        shapes = len(self.warp.shape)
        shape, place = theta[-1 - shapes : -1], len(theta) - 1 - shapes
        here = self._seen(shape)
        inverse_squares = np.exp(-2.0 * theta[:place])
        r2 = np.tensordot(inverse_squares, self.distances, 1)
        slope = self.covariance.slope(r2)
        K = self.covariance.value(r2) + self.level
        noise = noise_of(math.exp(theta[-1]), here.known, self.inflation)
        K[np.diag_indices_from(K)] += noise + JITTER
        found = replace(self, y=here.y).likelihood(K)
        if found is None:
            return BAD, np.zeros_like(theta)
        value, W = found
        penalty, gradient = prior.penalty(theta)
        flat = self.distances.reshape(len(self.distances), -1)
        gradient[:place] -= (flat @ (W * slope).ravel()) * inverse_squares
        gradient[-1] += 0.5 * float(np.diag(W) @ np.where(np.isnan(self.known), noise, 0.0))
        alpha = np.linalg.solve(K, here.y)
        for index in range(shapes):
            step = np.zeros(shapes)
            step[index] = _STEP
            more, less = self._seen(shape + step), self._seen(shape - step)
            known = np.where(np.isnan(self.known), 0.0, (more.known - less.known) * self.inflation)
            change = alpha @ (more.y - less.y) - (more.volume - less.volume) + 0.5 * float(np.diag(W) @ known)
            gradient[place + index] += change / (2.0 * _STEP)
        return value - here.volume + penalty, gradient

    def _seen(self, shape: Array) -> _Seen:
        """Return the outcomes as a shape has them; those in doubt have no say in the slope of the warp."""
        trusted = self.inflation == 1.0
        bend = Bend.of(self.warp, shape, self.y[trusted])
        slopes = bend.log_slope(self.y)
        return _Seen(bend.forward(self.y), _known(self.known, slopes), float(slopes[trusted].sum()))


@dataclass(frozen=True)
class _Seen:
    """Outcomes on a warped scale, their given noise variances there, and the log volume that warping adds."""

    y: Array
    known: Array
    volume: float


def _known(known: Array, slopes: Array) -> Array:
    """Return given noise variances on a warped scale, by its log slopes at the outcomes (NaN: unknown)."""
    return np.maximum(known * np.exp(2.0 * slopes), _LEAST_NOISE)


@dataclass(frozen=True)
class Latent:
    """A belief at ``m`` rows that is Gaussian on a warped scale.

    Args:
        mean: on that scale, ``m``.
        sd: the same.
        bend: the warp, of outcomes in standard units.
        standard: what makes them standard.
        origin: what was taken from outcomes before.
    """

    mean: Array
    sd: Array
    bend: Bend
    standard: Standard
    origin: float

    def log_excess(self, level: float, side: float) -> Array:
        """Return the logarithm of ``E[(y - level)+]``, or with side -1 of ``E[(level - y)+]``, ``m``, however small.

        By Gauss-Legendre quadrature over what lies beyond the level, up to where the density has vanished.
        """
        z = (level - self.origin - self.standard.centre) / self.standard.spread
        edge = np.clip(side * (float(self.bend.forward(np.array([z]))[0]) - self.mean) / self.sd, -_FAR, _FAR)
        low, above = np.maximum(edge, 1.0 - _REACH), np.maximum(edge, 0.0) ** 2
        width = np.sqrt(above + _REACH**2) - low
        x = low + width * _NODES
        gains = np.maximum(side * (self.bend.back(self.mean + side * self.sd * x) - z), 0.0)
        total = width * (_NODE_WEIGHTS @ (gains * np.exp(-0.5 * (x**2 - above))))
        return np.asarray(
            np.log(np.maximum(total, _TINY)) - 0.5 * above - _HALF_LOG_2PI + math.log(self.standard.spread)
        )

    def log_chance(self, level: float, side: float) -> Array:
        """Return the logarithm of the chance that the outcome is above a level, or with side -1 below it, ``m``."""
        z = (level - self.origin - self.standard.centre) / self.standard.spread
        return np.asarray(log_ndtr(side * (self.mean - float(self.bend.forward(np.array([z]))[0])) / self.sd))

    def drawn(self, normal: Array) -> Array:
        """Return outcomes for standard normal numbers, ``m``."""
        return self.origin + self.standard.back(self.bend.back(self.mean + self.sd * normal))


@dataclass(frozen=True)
class WarpedMixture(Mixture):
    """A mixture of which some parts are Gaussian on a warped scale; ``means`` and ``variances`` are their moments.

    Attributes:
        latents: such parts as they are, ``k``; None for a part that is Gaussian itself.
    """

    latents: tuple[Latent | None, ...] = ()

    def at(self, places: NDArray[np.bool_]) -> Self:
        """Return the belief at some of the rows."""
        kept = [latent and replace(latent, mean=latent.mean[places], sd=latent.sd[places]) for latent in self.latents]
        found = replace(self, means=self.means[:, places], variances=self.variances[:, places])
        return replace(found, latents=tuple(kept))

    def widened(self, factor: float) -> Self:
        """Return a belief so many times as unsure of itself."""
        kept = [latent and replace(latent, sd=factor * latent.sd) for latent in self.latents]
        return replace(self, variances=factor**2 * self.variances, latents=tuple(kept))


@dataclass(frozen=True)
class Said:
    """What a member says at ``m`` rows: moments of the outcome, and where it warps it those on the warped scale."""

    mean: Array
    variance: Array
    latent: tuple[Array, Array] | None = None


def said(member: Member, X: Array, first: int | None, beside: Array | None) -> Said:
    """Return what a member, warped or plain, says at ``m x d`` columns; arguments as of :meth:`Member.predict`."""
    if not isinstance(member, WarpedMember):
        return Said(*member.predict(X, first, beside))
    latent = member.latent(X, first, beside)
    mean, variance = member.bend.moments(*latent)
    return Said(mean, np.maximum(variance, _LEAST_VARIANCE), latent)


def latent_of(member: Member, found: Said, standard: Standard, origin: float) -> Latent | None:
    """Return what a member says as it is on the warped scale; None of a plain one."""
    if found.latent is None or not isinstance(member, WarpedMember):
        return None
    return Latent(found.latent[0], np.sqrt(found.latent[1]), member.bend, standard, origin)
