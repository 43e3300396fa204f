"""What is left to gain: the gain that noise hides, and what a search does not do once it expects no more than that."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from zosimos.core.parameters import Values
from zosimos.planners.acquisition.improvement import utilities
from zosimos.planners.models.belief import Belief

_LEAST = 1e-3  # of the range of the outcomes: what counts as a gain where there is no noise
_LIKELY = 0.5  # chance of a usable result, below which a row is not tried for what it may teach
_UNSEEN = 0.1  # of the standard deviation of noise: nobody would see such a gain


def least_gain(belief: Belief, row: Values, gains: NDArray[np.float64], noises: float = 1.0) -> float:
    """Return the gain that noise does not hide at a row.

    Args:
        belief: about everything so far, of one objective.
        row: where it is measured.
        gains: the utilities of results.
        noises: in standard deviations of the noise.
    """
    noise = math.sqrt(float(belief.models[0].noise(belief.context.space.features([row]))[0]))
    return max(noises * noise, _LEAST * float(np.ptp(gains)))


def hardly_gains(belief: Belief, row: Values, gain: float) -> bool:
    """Say whether next to nothing is expected to be gained by the most promising row, and more could be.

    Args:
        belief: about everything so far, of one objective, all results of which are numbers.
        row: of the highest acquisition value.
        gain: the logarithm of the improvement that is expected of it.
    """
    context, best = belief.context, belief.best_first()[0]
    objective, gains = context.objectives[0], utilities(belief.learned.values[:, 0], context.objectives[0])
    sound = gains
    if context.policy.ninth and not belief.in_doubt.all():
        sound = gains[~belief.in_doubt]  # a gross error is no range
    seen = least_gain(belief, row, sound, _UNSEEN)
    if seen <= 0.0 or gain > math.log(seen):
        return False
    if not context.policy.ninth:
        return bool(objective.ceiling - gains[best] > seen)
    mean = belief.models[0].predict(context.space.features([belief.learned.rows[best]])).mean
    most = utilities(mean, objective)[0]  # believed, not measured: the best result may be a lucky one
    return bool(objective.ceiling - most > least_gain(belief, row, sound))  # else none could be seen to be better


def unlikely(belief: Belief, rows: Sequence[Values]) -> NDArray[np.bool_]:
    """Say of ``m`` rows whether they would rather fail than give a result: none of them is tried for what it tells."""
    return np.asarray(belief.feasibility.probability(belief.context.space.features(rows)) < _LIKELY)
