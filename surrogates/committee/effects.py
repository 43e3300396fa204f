"""A member that takes outcomes as sums of effects: of each parameter by itself, and less of several together.

A product of correlations lets two rows tell of each other only where they are alike in every parameter. In a table of
reactions most of what a ligand does it does with every base: few rows then tell much of all. Here the covariance is

    K = (prod_g (1 + s_g k_g) - 1) / (prod_g (1 + s_g) - 1)

over the groups of columns of a view. Multiplied out it is the sum over all sets of groups of the product of their
``s_g k_g``: the effects of single groups, of pairs, and so on, the smaller the more groups there are. A group with a
large strength ``s_g`` matters, and all strengths together say how much is left to effects of several at once. A group
that holds unit vectors has the cosine of their angle for ``k_g``: its effect is linear in them. Sources:
Duvenaud, Nickisch and Rasmussen 2011, "Additive Gaussian Processes", arXiv 1112.4394; for the product form Stitson et
al. 1999, "Support vector regression with ANOVA decomposition kernels".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zosimos.surrogates.committee.covariance import Array
from zosimos.surrogates.committee.hyper import BAD, JITTER, MarginalLikelihood, Prior
from zosimos.surrogates.committee.member import Member
from zosimos.surrogates.committee.view import share, squared

_LENGTH = 0.3  # mean of the prior on log length scales: effects vary over a range or between descriptors
_STRENGTH = -0.7  # mean of the prior on log strengths: a pair has half of what one has
_SD = 1.0  # of both


class EffectsMember(Member):
    """An exact Gaussian process whose covariance adds up effects; its hyper-parameters are two for each group.

    ``theta`` holds log length scales, then log strengths, by group, then the log noise variance.
    """

    @property
    def lengths(self) -> Array:
        """The length scale of each group."""
        return np.asarray(self._by_group[0])

    @property
    def strengths(self) -> Array:
        """The strength of each group's effect."""
        return np.asarray(self._by_group[1])

    @property
    def _by_group(self) -> Array:
        """The length scales and the strengths, ``2 x g``."""
        return np.asarray(np.exp(self.theta[:-1]).reshape(2, -1))

    def slopes(self, place: int) -> Array:
        """Return how the effect of a group of unit vectors by itself rises along each column, ``w``, up to a factor."""
        return np.asarray(self._alpha @ self._rows[: len(self._alpha), self.kind.view.groups[place]])

    def _correlation(self, A: Array, B: Array) -> Array:
        product = np.ones((len(A), len(B)))
        view = self.kind.view
        for place, columns in enumerate(view.groups):
            length, strength = self.lengths[place], self.strengths[place]
            apart = squared(A[:, columns], B[:, columns])
            if place in view.angles:
                alike = 1.0 - 0.5 * apart
            else:
                alike = self._covariance.value(apart * (share(columns) / length**2))
            alike *= strength
            alike += 1.0
            product *= alike
        product -= 1.0
        product /= np.prod(1.0 + self.strengths) - 1.0
        return product

    def _hyper_prior(self) -> Prior:
        plain, count = super()._hyper_prior(), len(self.kind.view.groups)
        mean = np.concatenate([np.full(count, _LENGTH), np.full(count, _STRENGTH), plain.mean[-1:]])
        return Prior(mean, np.append(np.full(2 * count, _SD), plain.sd[-1]))

    def _evidence(self, chosen: NDArray[np.intp]) -> MarginalLikelihood:
        view = self.kind.view
        halves = tuple(0.5 / share(view.groups[place]) for place in view.angles)
        return EffectsEvidence(**vars(super()._evidence(chosen)), angles=view.angles, halves=halves)


@dataclass(frozen=True)
class EffectsEvidence(MarginalLikelihood):
    """What a likelihood is computed from where effects add up.

    Args:
        angles: the groups of unit vectors.
        halves: for each of these what its distances are multiplied by: two unit vectors' halved squared distance is one
            less the cosine of their angle.
    """

    angles: tuple[int, ...] = ()
    halves: tuple[float, ...] = ()

    def objective(self, theta: Array, prior: Prior) -> tuple[float, Array]:
        """Return minus the log posterior of the hyper-parameters, up to a constant, and its gradient.

        ``theta`` holds log length scales, log strengths, and the log noise variance.
        """
        count = len(self.distances)
        strengths, noise = np.exp(theta[count:-1]), self.noise(theta[-1])
        r2 = self.distances * np.exp(-2.0 * theta[:count])[:, None, None]
        stretched = -2.0 * r2 * self.covariance.slope(r2)  # the correlations' derivatives by log length scales
        alike = self.covariance.value(r2)
        for place, half in zip(self.angles, self.halves, strict=True):
            alike[place], stretched[place] = 1.0 - half * self.distances[place], 0.0
        factors = 1.0 + strengths[:, None, None] * alike
        product, whole = factors.prod(axis=0), float(np.prod(1.0 + strengths))
        K = (product - 1.0) / (whole - 1.0)
        found = self.likelihood(K + self.level + np.diag(noise + JITTER))
        if found is None:
            return BAD, np.zeros_like(theta)
        value, W = found
        penalty, gradient = prior.penalty(theta)
        others = W * product / factors * (strengths / (whole - 1.0))[:, None, None]  # W times dK by each correlation
        scaled = whole / (whole - 1.0) * strengths / (1.0 + strengths) * float((W * K).sum())
        gradient[:count] += 0.5 * (others * stretched).sum(axis=(1, 2))
        gradient[count:-1] += 0.5 * ((others * alike).sum(axis=(1, 2)) - scaled)
        gradient[-1] += 0.5 * float(np.diag(W) @ np.where(np.isnan(self.known), noise, 0.0))
        return value + penalty, gradient
