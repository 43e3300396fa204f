"""A member for many columns and few results: most columns hardly matter, and which do is drawn, not decided.

With as many length scales as results the likeliest ones explain everything and predict nothing, and what they say of
results left out is praise of themselves: on Hartmann's function in 50 columns after 24 random rows the mean log density
of results left out was 0.3, that of new ones -17. So length scales have the sparse prior of Eriksson and Jankowiak 2021
("High-Dimensional Bayesian Optimization with Sparse Axis-Aligned Subspaces", arXiv 2103.00349): of group i the inverse
square is ``tau * s_i`` with ``s_i ~ HC(1)`` and ``tau ~ HC(0.1)``, half-Cauchy both; and the member is a mixture of
several draws from their posterior. These are made by Hamiltonian Monte Carlo (Neal 2011, "MCMC using Hamiltonian
dynamics", arXiv 1206.1901), a short chain: gradients of the likelihood are cheap while results are few. It begins where
nothing is known and is rounded after each move: what differs in the last digits from machine to machine would grow.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from scipy.special import expit

from zosimos.surrogates.committee.covariance import Array
from zosimos.surrogates.committee.hyper import BAD, MarginalLikelihood, Prior
from zosimos.surrogates.committee.member import Data, Kind, Member, evidence

DRAWS = 8
"""Draws of the hyper-parameters, each a process of its own."""

_MOST_ROWS = 128  # that draws are made by: the mode is as good once there are many more
_SHRINKAGE = math.log(0.1)  # scale of the prior of tau
_START_NOISE = -4.0  # logarithm of the noise variance at which the chain begins: from less it would hardly move
_WARM, _BETWEEN = 40, 8  # moves of the chain before the first draw, and from draw to draw
_LEAPS = 12  # steps of a move
_DIGITS = 6  # of places after a move, and of the length of steps
_STEP, _ACCEPTED = 0.2, 0.75  # length of a step at first; share of accepted moves that it is adapted to
_LEAST, _MOST = -12.0, 9.0  # of a log length scale
_SPREAD, _NOISE_SPREAD = 1.3, 0.5  # of the posterior, roughly: steps go by it

Density: TypeAlias = Callable[[Array], tuple[float, Array]]


class SparseMember(Member):
    """An exact Gaussian process with hyper-parameters that were drawn.

    Args:
        kind: how it sees rows.
        data: what it learns from.
        theta: log length scales by group, then the log noise variance.
    """

    def __init__(self, kind: Kind, data: Data, theta: Array) -> None:
        self._drawn = theta
        super().__init__(kind, data, 0)

    def _mode(self, seed: int) -> Array:
        del seed
        return self._drawn


def drawn_members(kind: Kind, data: Data, seed: int) -> tuple[SparseMember, ...]:
    """Return the draws of a sparse kind, each as likely as the others; one from the prior where nothing is to learn.

    Args:
        kind: of which the view, the covariance and what it thinks of noise count.
        data: what they learn from.
        seed: of the chain, and of which rows it knows where there are many.
    """
    rng, n = np.random.default_rng(seed), len(data.y)
    groups = len(kind.view.groups)
    prior = Prior.of(groups, quiet=kind.quiet, varied=True)
    if n < 2:
        return (SparseMember(kind, data, np.append(np.full(groups, -0.5 * _SHRINKAGE), prior.mean[-1])),)
    some = np.arange(n) if n <= _MOST_ROWS else np.sort(rng.choice(n, _MOST_ROWS, replace=False))
    told = evidence(kind, data, kind.view.seen(data.X[some]), some)
    start = np.append(np.zeros(groups), [_SHRINKAGE, _START_NOISE])
    posterior = _Posterior(told, float(prior.mean[-1]), float(prior.sd[-1]))
    draws = _chain(posterior, start, np.append(np.full(groups + 1, _SPREAD), _NOISE_SPREAD), rng)
    return tuple(SparseMember(kind, data, _theta(draw)) for draw in draws)


def _theta(q: Array) -> Array:
    """Return log length scales and the log noise variance of a place of the chain: ``log s_i``, ``log tau``, noise."""
    return np.append(np.clip(-0.5 * (q[:-2] + q[-2]), _LEAST, _MOST), q[-1])


@dataclass(frozen=True)
class _Posterior:
    """Minus the log posterior at a place of the chain, up to a constant, with its gradient.

    Args:
        evidence: the likelihood.
        noise: mean of the prior of the log noise variance.
        noise_sd: its standard deviation.
    """

    evidence: MarginalLikelihood
    noise: float
    noise_sd: float

    def __call__(self, q: Array) -> tuple[float, Array]:
        value, by_theta = self.evidence.objective(_theta(q), _FLAT)
        by_group = -0.5 * by_theta[:-1]
        gradient = np.concatenate([by_group, [by_group.sum()], by_theta[-1:]])
        shrunk = q[:-1] - np.append(np.zeros(len(q) - 2), _SHRINKAGE)
        value += float(np.logaddexp(0.0, 2.0 * shrunk).sum() - shrunk.sum())  # of a half-Cauchy's logarithm
        gradient[:-1] += 2.0 * expit(2.0 * shrunk) - 1.0
        off = (float(q[-1]) - self.noise) / self.noise_sd
        gradient[-1] += off / self.noise_sd
        return value + 0.5 * off**2, gradient


class _Flat(Prior):
    """A prior that says nothing: that of the chain is over other numbers."""

    def penalty(self, theta: Array) -> tuple[float, Array]:
        return 0.0, np.zeros_like(theta)


_FLAT = _Flat(np.empty(0), np.empty(0))


def _chain(density: Density, start: Array, spread: Array, rng: np.random.Generator) -> list[Array]:
    """Return draws from a posterior, a few moves of a chain apart.

    Args:
        density: minus the log posterior, and its gradient.
        start: of the chain.
        spread: of each number, roughly.
        rng: source of chance.
    """
    now, step, draws = _Place(start, *density(start)), _STEP, list[Array]()
    for number in range(_WARM + DRAWS * _BETWEEN):
        impulse = rng.normal(size=len(start))
        size = step * (0.8 + 0.4 * rng.random()) * spread
        then, after = _moved(density, now, impulse, size)
        fall = now.value - then.value + 0.5 * float(impulse @ impulse - after @ after)
        chance = math.exp(min(0.0, fall)) if math.isfinite(fall) else 0.0
        if rng.random() < chance:
            q = np.round(then.q, _DIGITS)
            now = _Place(q, *density(q))
        if number < _WARM:
            adapted = step * math.exp(0.6 * (chance - _ACCEPTED) / math.sqrt(1.0 + number / 10.0))
            step = max(round(adapted, _DIGITS), 10.0**-_DIGITS)
        elif (number - _WARM) % _BETWEEN == _BETWEEN - 1:
            draws.append(now.q)
    return draws


@dataclass(frozen=True)
class _Place:
    """Where a chain is, with minus the log posterior there and its gradient."""

    q: Array
    value: float
    gradient: Array


def _moved(density: Density, place: _Place, impulse: Array, size: Array) -> tuple[_Place, Array]:
    """Return where a move leads by leapfrog steps, and with which impulse it ends."""
    for _ in range(_LEAPS):
        half = impulse - 0.5 * size * place.gradient
        q = place.q + size * half
        place = _Place(q, *density(q))
        if not place.value < BAD:
            return replace(place, value=math.inf), half
        impulse = half - 0.5 * size * place.gradient
    return place, impulse
