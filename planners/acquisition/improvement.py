"""Gain: what measuring at a row is expected to win, in closed form under the committee's mixture.

Nothing is sampled: the same belief gives the same numbers. Logarithms keep rows apart where the gain is too small for a
floating-point number (Ament et al. 2023, "Unexpected Improvements to Expected Improvement for Bayesian Optimization",
arXiv 2310.20708).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtr

from zosimos.core.objective import Objective
from zosimos.planners.isolation import load_torch
from zosimos.surrogates.committee.warped import Latent, WarpedMixture
from zosimos.surrogates.outcome import Drawn, Mixture

Array = NDArray[np.float64]

_HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)
_FAR = -30.0  # standard deviations below: the asymptotic series is exact to 1e-6 from here
_HALF_NODES, _HALF_WEIGHTS = np.polynomial.legendre.leggauss(12)
_NODES = np.concatenate([0.5 + 0.5 * _HALF_NODES, -0.5 - 0.5 * _HALF_NODES])  # each side of the aim by itself
_NODE_WEIGHTS = 0.5 * np.concatenate([_HALF_WEIGHTS, _HALF_WEIGHTS])
_NARROW = 0.15  # of the aimed range: for a standard deviation below it the quadrature would miss the peak
_TINY = 1e-300
_SHORT = 1e-6  # standard deviations below a limit at which the best may still be improved


def log_expected_excess(mean: Array, sd: Array, threshold: Array | float) -> Array:
    """Return the logarithm of ``E[(y - threshold)+]`` for Gaussian ``y``, accurate however small; shapes broadcast.

    Source: Jones, Schonlau and Welch 1998 for the expectation; Ament et al. 2023, appendix A, for the logarithm.
    """
    mean, sd, threshold = np.broadcast_arrays(mean, sd, threshold)
    z = (mean - threshold) / sd
    value = np.empty(z.shape)
    near = z > -1.0
    density = np.exp(-0.5 * z[near] ** 2 - _HALF_LOG_2PI)
    value[near] = np.log(density + z[near] * ndtr(z[near]))
    low = z[~near]
    ratio = np.exp(log_ndtr(low) + 0.5 * low**2 + _HALF_LOG_2PI)  # Mills' ratio
    tail = np.where(low < _FAR, 1.0 / low**2 - 3.0 / low**4, 1.0 + low * ratio)
    value[~near] = np.log(np.maximum(tail, _TINY)) - 0.5 * low**2 - _HALF_LOG_2PI
    return np.asarray(value + np.log(sd))


def log_expected_gain(belief: Mixture, objective: Objective, best: Array) -> Array:
    """Return the parts' log expected gain in utility over the best so far, averaged by weight, shape ``m``.

    Each part is asked about its own idea of the best so far. Averaging logarithms (a logarithmic opinion pool, Genest
    and Zidek 1986) lets a row win only where all parts with weight see something to gain; averaging the gains
    themselves would follow whichever part is least sure of itself. Draws are no such parts: their gains are averaged.

    Args:
        belief: at ``m`` rows, ``k`` parts.
        objective: what is wanted.
        best: the best utility so far as each part believes it, shape ``k``.
    """
    parts = _log_gain_parts(belief, objective, best[:, None])
    if isinstance(belief, Drawn):
        return np.asarray(np.logaddexp.reduce(parts, axis=0) - math.log(len(parts)))
    return np.asarray(belief.weights @ parts)


def utilities(values: Array, objective: Objective) -> Array:
    """Return the objective's utilities of measured or predicted values, any shape."""
    if objective.goal == "target":
        return np.asarray(-np.abs(values - (objective.target or 0.0)))
    return values if objective.goal == "max" else -values


def log_hypervolume_gain(beliefs: Sequence[Mixture], objectives: Sequence[Objective], front: Array) -> Array:
    """Return the logarithm of the expected hypervolume improvement at ``m`` rows, exact for independent outcomes.

    The region above the front is cut into boxes; in each the expectation is a product over objectives of differences
    of expected excesses (Yang et al. 2019, "Efficient computation of expected hypervolume improvement using box
    decomposition algorithms", J. Global Optim. 75, 3). Parts on a warped scale count by their moments: quadrature in
    each box would take too long.

    Args:
        beliefs: one for each of ``o`` objectives.
        objectives: what is wanted.
        front: ``p x o`` utilities that no other dominates.
    """
    beliefs = [replace(belief, latents=()) if isinstance(belief, WarpedMixture) else belief for belief in beliefs]
    point = reference_point(objectives, front)
    lows, highs = _boxes(point, front)
    gain = np.zeros(beliefs[0].means.shape[1])
    for low, high in zip(lows, highs, strict=True):
        volume = np.ones_like(gain)
        for place, (belief, objective) in enumerate(zip(beliefs, objectives, strict=True)):
            above = _excess(belief, objective, float(low[place]))
            if math.isfinite(high[place]):
                above = above - _excess(belief, objective, float(high[place]))
            volume *= np.maximum(above, 0.0)
        gain += volume
    found = np.log(np.maximum(gain, _TINY))
    far = gain <= _TINY  # short of a threshold by so much that only the way towards it tells rows apart
    if far.any():
        few = [belief.at(far) for belief in beliefs]
        found[far] = np.minimum(_log_all_excesses(few, objectives, point), math.log(_TINY))
    return np.asarray(found)


def reference_point(objectives: Sequence[Objective], front: Array) -> Array:
    """Return the utilities that a row must beat to count, shape ``o``: thresholds, or a little below the front's nadir.

    Args:
        objectives: what is wanted.
        front: ``p x o`` utilities that no other dominates.
    """
    load_torch()
    import torch
    from botorch.utils.multi_objective.hypervolume import infer_reference_point

    inferred = infer_reference_point(torch.from_numpy(front)).numpy()
    pairs = zip(objectives, inferred.tolist(), strict=True)
    return np.array([low if o.threshold is None else o.utility(o.threshold) for o, low in pairs])


def _boxes(point: Array, front: Array) -> tuple[Array, Array]:
    """Return the lower and the upper corners of the boxes that the region above a front is cut into, ``b x o`` each."""
    load_torch()
    import torch
    from botorch.utils.multi_objective.box_decompositions.non_dominated import FastNondominatedPartitioning

    lows, highs = FastNondominatedPartitioning(torch.from_numpy(point), torch.from_numpy(front)).hypercell_bounds
    return lows.numpy(), highs.numpy()


def log_probability_above(belief: Mixture, objective: Objective, threshold: float) -> Array:
    """Return the logarithm of the probability that the utility at each of ``m`` rows exceeds a threshold."""
    sd = np.sqrt(belief.variances)
    if objective.goal == "target":
        aim, reach = objective.target or 0.0, -threshold
        if reach <= 0.0:
            return np.full(belief.means.shape[1], -np.inf)
        low, high = _within_reach(objective, aim - reach, aim + reach)
        inside = ndtr((high - belief.means) / sd) - ndtr((low - belief.means) / sd)
        parts = np.log(np.maximum(inside, _TINY))
    else:
        least = min(threshold, objective.ceiling)
        parts = log_ndtr((utilities(belief.means, objective) - least) / sd)
        side = 1.0 if objective.goal == "max" else -1.0
        for place, latent in _warped(belief):
            parts[place] = latent.log_chance(side * least, side)
    return np.asarray(np.logaddexp.reduce(parts + np.log(np.maximum(belief.weights, _TINY))[:, None], axis=0))


def _log_all_excesses(beliefs: Sequence[Mixture], objectives: Sequence[Objective], point: Array) -> Array:
    """Return the logarithm of the product of the expected excesses over a point, accurate however small."""
    total = np.zeros(beliefs[0].means.shape[1])
    for belief, objective, low in zip(beliefs, objectives, point.tolist(), strict=True):
        parts = _log_gain_parts(belief, objective, np.full((len(belief.weights), 1), low))
        total += np.logaddexp.reduce(parts + np.log(np.maximum(belief.weights, _TINY))[:, None], axis=0)
    return total


def _excess(belief: Mixture, objective: Objective, threshold: float) -> Array:
    """Return the mixture's expected excess of the utility over a threshold, shape ``m``."""
    if not math.isfinite(threshold):
        raise ValueError("the lower side of a box must be finite")
    best = np.full((len(belief.weights), 1), threshold)
    return np.asarray(belief.weights @ np.exp(_log_gain_parts(belief, objective, best)))


def _log_gain_parts(belief: Mixture, objective: Objective, best: Array) -> Array:
    """Return the logarithm of each part's expected gain over its best utility (``k x 1``), shape ``k x m``."""
    sd = np.sqrt(belief.variances)
    if objective.goal != "target":
        gains = _log_gain_below(utilities(belief.means, objective), sd, best, objective.ceiling)
        for place, latent in _warped(belief):
            gains[place] = _log_gain_of(latent, objective, float(best[place, 0]))
        return gains
    aim = objective.target or 0.0
    if not objective.limited:
        return _log_gain_towards(belief.means - aim, sd, np.broadcast_to(-best, sd.shape))
    return _log_gain_towards_within(belief.means, sd, np.broadcast_to(-best, sd.shape), objective)


def _warped(belief: Mixture) -> list[tuple[int, Latent]]:
    """Return the places of the parts that are Gaussian on a warped scale only, and these parts."""
    latents = belief.latents if isinstance(belief, WarpedMixture) else ()
    return [(place, latent) for place, latent in enumerate(latents) if latent is not None]


def _log_gain_of(latent: Latent, objective: Objective, best: float) -> Array:
    """Return the logarithm of a warped part's expected gain over its best, cut at the objective's limit, ``m``."""
    side = 1.0 if objective.goal == "max" else -1.0
    if not math.isfinite(objective.ceiling):
        return latent.log_excess(side * best, side)
    best = min(best, objective.ceiling - _SHORT * latent.standard.spread)
    gain, beyond = (latent.log_excess(side * level, side) for level in (best, objective.ceiling))
    return _log_less(gain, beyond)


def _log_gain_below(mean: Array, sd: Array, best: Array, ceiling: float) -> Array:
    """Return the logarithm of ``E[(min(y, ceiling) - best)+]`` for Gaussian ``y``, shape ``k x m``.

    ``E[(y - best)+]`` less ``E[(y - ceiling)+]``: nothing is credited for what cannot be. Where the best is believed to
    be at the ceiling already, rows are told apart by how likely they reach it.
    """
    if not math.isfinite(ceiling):
        return log_expected_excess(mean, sd, best)
    best = np.minimum(best, ceiling - _SHORT * np.maximum(sd, _TINY))
    gain, beyond = (log_expected_excess(mean, sd, level) for level in (best, ceiling))
    return _log_less(gain, beyond)


def _log_less(log_a: Array, log_b: Array) -> Array:
    """Return the logarithm of ``a - b``, any shape."""
    return np.asarray(log_a + np.log(np.maximum(-np.expm1(np.minimum(log_b - log_a, 0.0)), _TINY)))


def _within_reach(objective: Objective, low: float, high: float) -> tuple[float, float]:
    """Return between which values an outcome counts as between two: what is believed beyond a limit lies at it."""
    least = -math.inf if objective.least is None else objective.least
    most = math.inf if objective.most is None else objective.most
    return -math.inf if low < least else low, math.inf if high > most else high


def _log_gain_towards_within(mean: Array, sd: Array, reach: Array, objective: Objective) -> Array:
    """Return the logarithm of ``E[(reach - |d|)+]`` for the distance ``d`` to a target, cut at limits, ``k x m``.

    What is believed beyond a limit lies at it, and is as far from the target as the limit: to the gain of an uncut
    Gaussian is added, on each side, ``E[(y - limit)+]`` less ``E[(y - edge)+]`` with the edge where the gain would end.
    No outcome is farther from the target than the farther limit, where there are two.
    """
    aim = objective.target or 0.0
    limits = [(side, limit) for side, limit in ((-1.0, objective.least), (1.0, objective.most)) if limit is not None]
    if len(limits) == 2:
        reach = np.minimum(reach, max(abs(limit - aim) for _, limit in limits))
    total = _log_gain_towards(mean - aim, sd, reach)
    for side, limit in limits:
        room = side * (limit - aim)
        off = side * (mean - aim)
        short = np.maximum(reach, room)
        more = _log_less(*(log_expected_excess(off, sd, level) for level in (np.full_like(off, room), short)))
        total = np.where(short > room, np.logaddexp(total, more), total)
    return np.asarray(total)


def _log_gain_towards(off: Array, sd: Array, reach: Array) -> Array:
    """Return the logarithm of ``E[(reach - |d|)+]`` for Gaussian ``d`` around ``off``, shape ``k x m``.

    Gauss-Legendre quadrature over the range that gains, in logarithms; for narrow beliefs the closed form.
    """
    reach = np.maximum(reach, 1e-12 * np.maximum(sd, 1e-300))
    total = np.full(off.shape, -np.inf)
    for node, weight in zip(_NODES, _NODE_WEIGHTS, strict=True):
        density = -0.5 * ((node * reach - off) / sd) ** 2 - _HALF_LOG_2PI - np.log(sd)
        total = np.logaddexp(total, density + np.log(weight * (1.0 - abs(node))) + 2.0 * np.log(reach))
    narrow = sd < _NARROW * reach
    if narrow.any():
        o, s, r = off[narrow], sd[narrow], reach[narrow]
        closed = _mean_excess(o, s, -r) - 2.0 * _mean_excess(o, s, np.zeros_like(r)) + _mean_excess(o, s, r)
        edge = log_expected_excess(-np.abs(o), s, -r)  # far outside only the nearer edge matters
        total[narrow] = np.where(closed > 1e-12 * r, np.log(np.maximum(closed, _TINY)), edge)
    return total


def _mean_excess(mean: Array, sd: Array, threshold: Array) -> Array:
    return np.exp(log_expected_excess(mean, sd, threshold))
