"""Knowledge gradient: how much better the row believed best is expected to be after one more measurement.

Unlike the expected improvement it also values a row that will not be the best itself but tells which other one is, and
it takes the noise of the measurement into account (Frazier, Powell and Dayanik 2009, "The Knowledge-Gradient Policy for
Correlated Normal Beliefs", INFORMS J. Comput. 21, 599, doi 10.1287/ijoc.1080.0314). A measurement moves all beliefs
along lines, ``level + slope Z`` with one standard normal ``Z``; the expectation of their maximum is exact.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from zosimos.core.objective import Objective
from zosimos.core.seeds import derive_seed
from zosimos.planners.acquisition.clipped import clipped_between
from zosimos.planners.acquisition.improvement import Array, log_expected_excess, utilities
from zosimos.planners.candidates.sampling import fresh, sobol_rows
from zosimos.planners.protocol import ProposalContext
from zosimos.surrogates.outcome import Mixture, OutcomeModel

_SAMPLE = 2048  # free rows among which alternatives are looked for
_BEST, _SPREAD = 64, 64  # alternatives: with the best means, and any
_NEVER = 1e70  # standard deviations: the fourth power of what lies farther off is no number
_SAME = 1e-12  # of the steepest slope: lines closer than this are parallel
_NODES, _NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(48)
_TINY = 1e-300


@dataclass(frozen=True)
class Lines:
    """What measuring at each of ``n`` rows would change: beliefs of the ``a`` alternatives and the row itself, last.

    Attributes:
        levels: the means, ``n x (a + 1)``.
        slopes: how far a measurement one standard deviation above what is expected moves each, ``n x (a + 1)``.
        left: the variances that remain after it, ``n x (a + 1)``.
    """

    levels: Array
    slopes: Array
    left: Array


def lines(model: OutcomeModel, columns: Array, X: Array, belief: Mixture) -> Lines:
    """Return what a measurement at each of ``n x d`` rows would change about the alternatives.

    Args:
        model: of the outcome; its joint belief is taken as Gaussian, with the mixture's mean and covariance.
        columns: the alternatives, ``a x d``.
        X: rows that may be measured.
        belief: about these rows.
    """
    spread = np.sqrt(belief.variance + belief.aleatoric + _TINY)
    others = model.predict(columns)
    shape = (len(X), len(columns))
    levels = np.column_stack([np.broadcast_to(others.mean, shape), belief.mean])
    variances = np.column_stack([np.broadcast_to(others.variance, shape), belief.variance])
    slopes = np.column_stack([model.cross(X, columns) / spread[:, None], belief.variance / spread])
    return Lines(levels, slopes, np.maximum(variances - slopes**2, 0.0))


def log_knowledge_gradient(found: Lines, objective: Objective) -> Array:
    """Return the logarithm of the expected rise of the highest expected utility, shape ``n``.

    Towards a target the expected utility, minus a folded normal's mean, is no line: there the expectation over
    measurements is taken by Gauss-Hermite quadrature. So it is where the outcome has limits: see :func:`_limited_rise`.
    """
    if objective.limited:
        return _limited_rise(found, objective)
    if objective.goal != "target":
        return _log_rise_of_means(found, objective)
    off = found.levels - (objective.target or 0.0)
    sd = np.sqrt(found.left + _TINY)
    now = _nearness(off, np.sqrt(found.left + found.slopes**2 + _TINY)).max(axis=1)
    later = np.zeros(len(now))
    for node, weight in zip(_NODES, _NODE_WEIGHTS / math.sqrt(2.0 * math.pi), strict=True):
        later += weight * _nearness(off + node * found.slopes, sd).max(axis=1)
    return np.asarray(np.log(np.maximum(later - now, _TINY)))


def _limited_rise(found: Lines, objective: Objective) -> Array:
    """Return the same where beliefs are cut at the outcome's limits, shape ``n``.

    The row that is best now keeps, on average over measurements, its expected utility: so what the best later has more
    than that row is never negative, and nothing is lost by taking differences. Where no node shows a rise, that of the
    uncut beliefs tells rows apart.
    """
    sd, wide = np.sqrt(found.left + _TINY), np.sqrt(found.left + found.slopes**2 + _TINY)
    now = _cut_utility(found.levels, wide, objective).argmax(axis=1)
    rows, rise = np.arange(len(now)), np.zeros(len(now))
    for node, weight in zip(_NODES, _NODE_WEIGHTS / math.sqrt(2.0 * math.pi), strict=True):
        later = _cut_utility(found.levels + node * found.slopes, sd, objective)
        rise += weight * (later.max(axis=1) - later[rows, now])
    uncut = math.log(_TINY) if objective.goal == "target" else _log_rise_of_means(found, objective)
    lost = math.log(_TINY) - np.logaddexp(0.0, -uncut)
    return np.where(rise > _TINY, np.log(np.maximum(rise, _TINY)), lost)


def _log_rise_of_means(found: Lines, objective: Objective) -> Array:
    """Return the logarithm of the expected rise of the best mean, to be as large or as small as can be, shape ``n``."""
    sign = 1.0 if objective.goal == "max" else -1.0
    return log_expected_rise(sign * found.levels, sign * found.slopes)


def _cut_utility(mean: Array, sd: Array, objective: Objective) -> Array:
    """Return the expected utility of Gaussians cut at an objective's limits, any shape."""
    least, most = objective.least, objective.most
    if objective.goal != "target":
        return utilities(clipped_between(mean, sd, least, most)[0], objective)
    aim = objective.target or 0.0  # the distance is what lies above the target and what is missing below it
    return np.asarray(clipped_between(mean, sd, least, aim)[0] - clipped_between(mean, sd, aim, most)[0])


def _nearness(off: Array, sd: Array) -> Array:
    """Return ``-E|d|`` for Gaussian ``d`` around ``off``, any shape."""
    z = off / sd
    return np.asarray(-sd * math.sqrt(2.0 / math.pi) * np.exp(-0.5 * z**2) - off * (1.0 - 2.0 * ndtr(-z)))


def log_expected_rise(levels: Array, slopes: Array) -> Array:
    """Return the logarithm of ``E[max_i (a_i + b_i Z)] - max_i a_i`` for each row of ``n x k`` lines, shape ``n``.

    All rows at once, the upper envelope is walked from the left: from each line on to the one that overtakes it first.
    Each overtaking at ``c`` adds ``(b' - b) E[(Z - |c|)+]`` (Frazier et al. 2009, eq. 14). -inf where nothing can rise.
    """
    rows = np.arange(len(levels))
    steep = np.abs(slopes).max(axis=1, initial=0.0)
    same = np.maximum(_SAME * steep, _TINY)
    lowest = slopes.min(axis=1, keepdims=True)
    at = np.where(slopes <= lowest + same[:, None], levels, -np.inf).argmax(axis=1)
    total = np.full(len(levels), -np.inf)
    while len(rows):
        a, b = levels[rows, at], slopes[rows, at]
        gap = slopes[rows] - b[:, None]
        steeper = gap > same[rows][:, None]
        crossing = np.where(steeper, (a[:, None] - levels[rows]) / np.where(steeper, gap, 1.0), np.inf)
        c = crossing.min(axis=1)
        on = np.isfinite(c)
        if not on.any():
            break
        rows, c, crossing, gap = rows[on], c[on], crossing[on], gap[on]
        # of those that overtake at one place the steepest goes on
        tie = crossing <= (c + _SAME * np.maximum(np.abs(c), 1.0))[:, None]
        at = np.where(tie, gap, -np.inf).argmax(axis=1)
        rise = np.log(gap[np.arange(len(rows)), at])
        rise += log_expected_excess(-np.minimum(np.abs(c), _NEVER), np.ones_like(c), 0.0)
        total[rows] = np.logaddexp(total[rows], rise)
    return total


def alternatives(context: ProposalContext, means: Callable[[Array], Sequence[Array]]) -> Array:
    """Return model columns of rows that may be chosen in the end, ``a x d``: likely the best ones, and some of all.

    They come from the measured rows and an even sample of the rows that are free.

    Args:
        context: of the decision.
        means: returns for ``n x d`` columns the predicted values of each objective.
    """
    rng = np.random.default_rng(derive_seed(context.seed, "alternatives"))
    free = context.free
    if free is None:
        rows = fresh(sobol_rows(context.space, derive_seed(context.seed, "alternatives")), frozenset(), _SAMPLE)
        sample = context.space.features(rows)
    else:
        sample = context.space.features(free.take(np.sort(rng.permutation(len(free))[:_SAMPLE])))
    measured = context.space.features(context.answers)
    columns = np.unique(np.concatenate([measured, sample]), axis=0)
    chosen = set(rng.permutation(len(columns))[:_SPREAD].tolist())
    for objective, values in zip(context.objectives, means(columns), strict=True):
        chosen.update(np.argsort(-utilities(values, objective), kind="stable")[:_BEST].tolist())
    return np.asarray(columns[sorted(chosen)])
