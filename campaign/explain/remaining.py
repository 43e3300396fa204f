"""Remaining: how much better than the best row known further experiments may be expected to find, and how soon.

Worked out from joint draws of the model's belief about many rows that may be tried. For ``n`` experiments chosen now,
none of which learns from another, rows are taken greedily and the expected gain of their best is given (the batch
expected improvement of Ginsbourger et al. 2010, "Kriging is well-suited to parallelize optimization"; greedy choices
reach 63 % of the best batch's, Nemhauser et al. 1978): who learns on the way does no worse. The gain of the best of all
rows is what no budget is expected to exceed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zosimos.campaign.explain.belief import LEAST, believed
from zosimos.campaign.explain.decision import context_now
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.core.errors import StateError
from zosimos.core.parameters import Values
from zosimos.core.seeds import derive_seed
from zosimos.planners.acquisition.clipped import kept
from zosimos.planners.acquisition.improvement import utilities
from zosimos.planners.candidates.sampling import fresh, sobol_rows
from zosimos.planners.models.belief import Belief

Array = NDArray[np.float64]

_LOOKED_AT = 4000  # rows, of which the most promising are drawn together
_TOGETHER = 400
_KNOWN = 4  # best learned rows, any of which may be the best in truth
_DRAWS = 512
_MOST = 50  # experiments that are looked ahead
_PROMISE = 2.0  # standard deviations


@dataclass(frozen=True)
class Remaining:
    """What is left to gain in the one objective of a campaign.

    Args:
        objective: its name.
        unit: its unit.
        best: the experiment that is believed to be the best.
        results: how many results that rests on.
        expected: the expected gain of the best of 1, 2, ... further experiments, in ``unit``, never below 0.
        most: the expected gain of the best row of all that were looked at.
        within: the ends between which that gain lies with a probability of 90 %.
    """

    objective: str
    unit: str
    best: str
    results: int
    expected: tuple[float, ...]
    most: float
    within: tuple[float, float]

    def after(self, experiments: int) -> float:
        """Return the expected gain after so many further experiments; beyond those looked ahead, that of the last."""
        count = min(experiments, len(self.expected))
        return self.expected[count - 1] if count > 0 else 0.0

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        ahead = {str(n): self.after(n) for n in (1, 2, 5, 10, 20, 50) if n <= len(self.expected)}
        found = {name: getattr(self, name) for name in ("objective", "unit", "best", "results", "most")}
        return {**found, "expected": ahead, "within_90": list(self.within)}


def remaining(state: State, setup: Setup) -> Remaining:
    """Return what is left to gain; the same for the same record, in any process.

    Raises:
        StateError: there are several objectives, too few results, or nothing is left to try.
    """
    context = context_now(state, setup)
    if len(context.objectives) > 1:
        raise StateError("with several objectives what is left to gain is no single number", field="objectives")
    if context.usable < LEAST or context.too_large:
        raise StateError(
            "there are too few results to say what is left to gain",
            field="results",
            value=context.usable,
            allowed=f"{LEAST} or more",
        )
    belief = believed(context)
    rows = _promising(belief)
    if not rows:
        raise StateError("nothing is left to try", field="space")
    (objective,), known = context.objectives, [belief.learned.rows[i] for i in belief.best_first()[:_KNOWN]]
    draws = _drawn(belief, [*known, *rows], derive_seed(state.spec.seed, "remaining"))
    so_far = draws[:, : len(known)]
    gains = draws[:, len(known) :] - so_far.max(axis=1, keepdims=True)
    most = np.maximum(gains.max(axis=1), 0.0)
    best = belief.best_first()[: len(known)][int(so_far.mean(axis=0).argmax())]
    low, high = (float(end) for end in np.quantile(most, (0.05, 0.95)))
    return Remaining(
        objective.name,
        objective.unit,
        context.training[best].experiment,
        context.usable,
        tuple(_greedy(gains)),
        float(most.mean()),
        (low, high),
    )


def _promising(belief: Belief) -> list[Values]:
    """Return the rows that may be tried of which most can be hoped, the most hopeful first."""
    context = belief.context
    if context.free is None:
        rows = fresh(sobol_rows(context.space, context.seed), context.taken, _LOOKED_AT // 2)
        rows += _about(belief, _LOOKED_AT - len(rows))
    else:
        count = len(context.free)
        chosen = np.random.default_rng(context.seed).permutation(count)[:_LOOKED_AT]
        rows = [context.free[int(place)] for place in chosen]
    if not rows:
        return []
    found = belief.models[0].predict(context.space.features(rows))
    reach = _PROMISE * np.sqrt(found.variance)
    (objective,) = context.objectives
    if objective.goal == "target":  # as near as the belief reaches
        hope = -np.maximum(np.abs(found.mean - (objective.target or 0.0)) - reach, 0.0)
    else:
        hope = utilities(found.mean, objective) + reach
    return [rows[place] for place in np.argsort(-hope, kind="stable")[:_TOGETHER]]


def _about(belief: Belief, count: int) -> list[Values]:
    """Return rows near the best ones: their values mixed with those of others of the same sequence."""
    context = belief.context
    centres = [belief.learned.rows[i] for i in belief.best_first()[:_KNOWN]]
    space, rng = context.space, np.random.default_rng(context.seed)
    others = fresh(sobol_rows(space, context.seed + 1), context.taken, count)
    found: list[Values] = []
    for place, other in enumerate(others):
        centre = centres[place % len(centres)]
        swapped = rng.random(len(space.names)) < 1.0 / len(space.names)
        row = {name: other[name] if swap else centre[name] for name, swap in zip(space.names, swapped, strict=True)}
        if not space.problems(space.pinned(row)):
            found.append(space.pinned(row))
    return found


def _drawn(belief: Belief, rows: list[Values], seed: int) -> Array:
    """Return utilities of joint draws of the true outcomes at rows, draws x rows."""
    (objective,), model = belief.context.objectives, belief.models[0]
    features = belief.context.space.features(rows)
    covariance = model.cross(features, features) * belief.scale(objective.name) ** 2
    values, vectors = np.linalg.eigh(0.5 * (covariance + covariance.T))
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    normal = np.random.default_rng(seed).standard_normal((_DRAWS, len(rows)))
    return utilities(kept(model.predict(features).mean + normal @ root.T, objective), objective)


def _greedy(gains: Array) -> list[float]:
    """Return the expected gain of the best of 1, 2, ... rows, each chosen to add most to those before."""
    reached, found = np.zeros(len(gains)), []
    for _ in range(min(_MOST, gains.shape[1])):
        expected = np.maximum(gains, reached[:, None]).mean(axis=0)
        place = int(expected.argmax())
        reached = np.maximum(reached, gains[:, place])
        found.append(float(expected[place]))
    return found
