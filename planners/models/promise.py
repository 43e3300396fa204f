"""Whether what models promise comes: how likely they took a better result to be, against whether there was one.

Each experiment was chosen with a prediction, and that says how likely it was to beat the best before it. If no result
of several is better though all together were all but sure to bring one, the models do not know where better rows lie,
however well they predict the rows around those measured. Leave-one-out errors do not show that: hyper-parameters that
fit noise explain a good part of it, and in cross-validation rows that a search has chosen tell of each other.
"""

from __future__ import annotations

import math

from zosimos.core.objective import Objective
from zosimos.core.records import Prediction
from zosimos.planners.protocol import ProposalContext
from zosimos.surrogates.calibration.distributions import normal_cdf

LEAST = 5
"""Experiments without a better result from which the test says something."""

UNLIKELY = 0.01
"""Chance of so many without a better result, as predicted, below which the models are taken not to know."""

HARDLY = 0.01
"""Chance of a better result below which nothing is promised of a row, up to the fourth revision."""

KNOWN = 8
"""Results from which the chance that the next one is the best, in whatever order they come, is a measure."""


def chance_to_beat(objective: Objective, best: float, predicted: Prediction) -> float:
    """Return how likely a measurement is to be better than the best outcome so far.

    >>> chance_to_beat(Objective("y", "max"), 10.0, Prediction(10.0, 0.3, 0.4))
    0.5
    >>> round(chance_to_beat(Objective("y", "target", target=5.0), 6.0, Prediction(5.0, 1.0)), 2)
    0.68
    """
    spread = predicted.spread
    if objective.target is not None:
        far = abs(best - objective.target)
        return _below(objective.target + far, predicted.mean, spread) - _below(
            objective.target - far, predicted.mean, spread
        )
    below = _below(best, predicted.mean, spread)
    return below if objective.goal == "min" else 1.0 - below


def record_chance(results: int) -> float | None:
    """Return how likely the next of results is to be the best if their order says nothing; None for too few of them.

    Of n + 1 results in any order the last is the best with a chance of 1 / (n + 1), whatever their distribution
    (Renyi 1962, "Theorie des elements saillants d'une suite d'observations"). A model that gives its best row less
    knows of no row that is worth more than one drawn at random.

    >>> record_chance(19)
    0.05
    """
    return 1.0 / (results + 1) if results >= KNOWN else None


def unfulfilled(context: ProposalContext) -> tuple[int, float] | None:
    """Return how many experiments brought nothing better, and how likely that was by what was predicted of them.

    Since the best result. None where that is no surprise, where they are too few, or with several objectives.
    """
    if len(context.objectives) != 1:
        return None
    (objective,) = context.objectives
    best, count, chance = math.nan, 0, 1.0
    for seen in context.observations:
        found = seen.measurements.get(objective.name)
        if seen.failed or found is None or not found.trains:
            continue
        if math.isnan(best) or objective.utility(found.value) > objective.utility(best):
            best, count, chance = found.value, 0, 1.0
        elif (predicted := seen.predictions.get(objective.name)) is not None:
            count, chance = count + 1, chance * (1.0 - chance_to_beat(objective, best, predicted))
    return (count, chance) if count >= LEAST and chance < UNLIKELY else None


def _below(value: float, mean: float, sd: float) -> float:
    """Return the chance that a normal variable is below a value."""
    if sd <= 0.0:
        return float(mean < value)
    return float(normal_cdf((value - mean) / sd))
