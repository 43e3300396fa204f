"""Outlook: what the models say of stopping, for the rules that ask more than the results themselves.

A pure function of a decision's inputs, recorded with the decision. The regret is bounded as by Makarova et al. 2022
("Automatic Termination for Hyperparameter Optimization", arXiv 2104.08166): the highest upper confidence bound of an
untried row less the best believed so far. Beliefs are widened by what earlier predictions of the campaign taught.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from zosimos.campaign.decisions.decide import Inputs
from zosimos.campaign.record.experiment import Forecast
from zosimos.campaign.record.results import half_done
from zosimos.campaign.record.standing import meets
from zosimos.campaign.setup import Setup
from zosimos.core.records import Observation
from zosimos.core.seeds import derive_seed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from zosimos.core.objective import Objective
    from zosimos.core.parameters import Values
    from zosimos.planners.models.belief import Belief
    from zosimos.surrogates.outcome import Mixture

    Array = NDArray[np.float64]

_LEAST = 2  # observations: with fewer no model says more than the mean
_BOUND = 2.0  # standard deviations: about 97.5 % on one side
_CELLS = 2_000_000  # rows times observations looked at together


def forecast(setup: Setup, inputs: Inputs) -> Forecast | None:
    """Return what the spec's stop rules need to know; None where they ask nothing or nothing can be learned."""
    stop = inputs.spec.stop
    if stop.confidence is None and stop.regret is None:
        return None
    from zosimos.planners.isolation import isolated
    from zosimos.planners.models.belief import Belief

    seed = derive_seed(inputs.spec.seed, "outlook", inputs.number)
    context = setup.context(inputs.spec, replace(inputs.history, charged=None), seed)
    if context.usable < _LEAST or (context.policy.exact and (context.alike or context.beyond)):
        return None
    with isolated(seed):
        belief = Belief(context)
        found = Forecast()
        if stop.confidence is not None:
            goals = {name: float(value) for name, value in stop.reach.items()}
            found = _reached(belief, [o for o in context.counting if _met(context.objectives, o, goals)], goals)
        if stop.regret is not None:
            found = replace(found, regret=_regret(belief))
    return found


def _met(objectives: Sequence[Objective], observation: Observation, goals: Mapping[str, float]) -> bool:
    """Say whether an observation's own values meet all goals; one that lacks an objective is no result yet."""
    return not half_done(observation, objectives) and all(
        meets(o, observation, goals[o.name]) for o in objectives if o.name in goals
    )


def _reached(belief: Belief, candidates: Sequence[Observation], goals: Mapping[str, float]) -> Forecast:
    """Return the observation that most probably meets the goals in truth; outcomes count as independent."""
    import numpy as np

    from zosimos.planners.acquisition.improvement import log_probability_above

    if not candidates:
        return Forecast()
    places = [belief.context.training.index(observation) for observation in candidates]
    total = np.zeros(len(candidates))
    for place, objective in enumerate(belief.context.objectives):
        if objective.name in goals:
            goal = goals[objective.name]
            threshold = -goal if objective.goal == "target" else objective.utility(goal)
            total += log_probability_above(_truth(belief, place, places), objective, threshold)
    best = int(np.argmax(total))
    return Forecast(candidates[best].experiment, math.exp(float(total[best])))


def _truth(belief: Belief, objective: int, places: Sequence[int]) -> Mixture:
    """Return the belief about the true outcomes at learned rows: what the others say of them, and the measurements.

    Noise that no measurement states could hide in a rough surface: it counts as large as the errors of predicting each
    outcome from the others, so that one lucky result persuades nobody until a repeat or its neighbours bear it out.
    What all results share, such as a calibration, may be off in all of them, however many bear each other out.
    """
    name = belief.context.objectives[objective].name
    features = belief.context.space.features([belief.learned.rows[place] for place in places])
    if name not in belief.composites:
        truth = _measured_truth(belief, name, features, places)
        shared = belief.shared(name)[list(places)]
        return replace(truth, variances=truth.variances + shared**2) if shared.any() else truth
    made = belief.composites[name]
    found = {part: _measured_truth(belief, part, features, places) for part in made.parts}
    of_all = {part: belief.shared(part)[list(places)] ** 2 for part in made.parts}
    return made.drawn({part: (truth.mean, truth.variance + of_all[part]) for part, truth in found.items()}, features)


def _measured_truth(belief: Belief, name: str, features: Array, places: Sequence[int]) -> Mixture:
    """Return the same for a quantity that is measured itself."""
    import numpy as np

    from zosimos.surrogates.outcome import Mixture

    model, taught = belief.source(name), belief.taught(name)
    scale = belief.scale(name)
    found, others = model.predict(features), model.left_out()
    if others is None:
        return replace(found, variances=scale**2 * (found.variances + found.noise[:, None]))
    measured = np.isfinite(taught[0])
    own = np.cumsum(measured)[list(places)] - 1
    values, stated = taught[0][measured], taught[1][measured]
    mean, variance = others
    unknown = max(found.aleatoric, float(np.mean((values - mean) ** 2)))
    included, noise = (np.where(stated > 0, stated, least)[own] for least in (found.aleatoric, unknown))
    without = scale**2 * np.maximum(variance[own] - included, 1e-12 * variance[own])
    share = without / (without + noise)
    centre = mean[own] + share * (values[own] - mean[own])
    return Mixture(centre[None], (share * noise)[None], np.ones(1), np.array([unknown]))


def _regret(belief: Belief) -> float:
    import numpy as np
    from scipy.special import ndtr

    from zosimos.planners.acquisition.clipped import kept
    from zosimos.planners.acquisition.improvement import utilities
    from zosimos.planners.acquisition.optimise import maximise
    from zosimos.surrogates.outcome import Drawn

    (objective,), context = belief.context.objectives, belief.context
    scale = belief.recalibrators[objective.name].scale

    def upper(rows: Sequence[Values]) -> Array:
        found = belief.models[0].predict(context.space.features(rows))
        if isinstance(found, Drawn):
            gains = utilities(kept(found.means, objective), objective)
            mean = gains.mean(axis=0)
            return np.asarray(mean + scale * (np.quantile(gains, ndtr(_BOUND), axis=0) - mean))
        mean = utilities(kept(found.mean, objective), objective)
        return np.minimum(mean + _BOUND * scale * np.sqrt(found.variance), objective.ceiling)

    known = [row for row, complete in zip(belief.learned.rows, belief.complete, strict=True) if complete]
    best = float(utilities(belief.predict(known)[objective.name][0], objective).max())
    if context.free is None:
        hints = [belief.learned.rows[i] for i in belief.best_first()]
        allowed = [row for row in hints if not context.space.problems(row)][:4]
        found = maximise(upper, context.space, allowed, context.taken, context.seed)
        return 0.0 if found is None else max(0.0, found[1] - best)
    size = max(256, _CELLS // (len(belief.learned.rows) + 1))
    parts = [upper(context.free[start : start + size]).max() for start in range(0, len(context.free), size)]
    return max(0.0, float(max(parts)) - best) if parts else 0.0
