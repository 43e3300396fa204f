"""By chance: how many experiments a success would have taken with rows drawn at random.

Of a table whose outcomes are known that is arithmetic: with K rows as good among N, drawn without replacement, the
first comes after (N + 1) / (K + 1) draws on average. Elsewhere the models are asked what share of the space is as good
as the best row measured, as they believe it: noise, which made one of many results the best, counts for neither side.
They know little of what nobody measured, so that such a figure is rough.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from zosimos.campaign.definition.build import build_objectives
from zosimos.campaign.record.standing import front
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.core.objective import Objective
from zosimos.core.parameters import Values
from zosimos.planners.acquisition.improvement import log_probability_above, utilities
from zosimos.planners.candidates.sampling import fresh, listed, sobol_rows
from zosimos.planners.isolation import isolated
from zosimos.planners.models.belief import Belief

Array = NDArray[np.float64]

MOST = 400
"""Results to which models are fitted again: with more it would take long."""
_ROWS = 4096  # that stand for a large space or pool
_DRAWN = 10_000.0  # draws: more than that is said as such


@dataclass(frozen=True)
class ByChance:
    """What a success would have taken at random.

    Args:
        experiment: the success, the best experiment.
        taken: how many experiments it took.
        expected: how many random rows it takes on average until one is as good.
        rests_on: ``table``, where all outcomes are known, or ``models``.
    """

    experiment: str
    taken: int
    expected: float
    rests_on: Literal["table", "models"]

    @property
    def times(self) -> float:
        """How many times as long chance takes."""
        return self.expected / self.taken

    @property
    def words(self) -> str:
        """The same in words."""
        many = f"more than {_DRAWN:,.0f}" if self.expected > _DRAWN else f"{self.expected:,.0f}"
        source = "as the table has it" if self.rests_on == "table" else "as the models believe"
        return (
            f"the best, {self.experiment}, came after {self.taken} experiments, and rows drawn at random would have "
            f"taken {many} on average until one is as good, {source}"
        )

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {
            "experiment": self.experiment,
            "taken": self.taken,
            "expected": self.expected,
            "times": self.times,
            "rests_on": self.rests_on,
        }


def by_chance(state: State, setup: Setup, belief: Belief | None) -> tuple[ByChance | None, str]:
    """Return what the best result of a campaign would have taken at random; or None, and why in words.

    Args:
        state: the campaign.
        setup: its setup.
        belief: about all its results; None: no model is asked.
    """
    objectives, best = build_objectives(state.spec), front(state)
    if len(objectives) > 1:
        return None, "what chance would have taken is said of one objective only"
    if not best:
        return None, "there is no result yet"
    if (known := _known(setup, state, objectives[0])) is not None:
        return _of_table(state, known, objectives[0], best), ""
    if belief is None:
        return None, "what chance would have taken is not known: no model was asked"
    with isolated(belief.context.seed), np.errstate(all="ignore"):
        found = _of_models(state, belief)
    if not math.isfinite(found.expected):
        return (
            None,
            "what chance would have taken is not known: results are too small, or differ too little, for models",
        )
    return found, ""


def _known(setup: Setup, state: State, objective: Objective) -> Array | None:
    """Return the utilities of all rows of a laboratory that answers from a table; None for any other."""
    table = None if setup.lab is None else setup.lab.candidates()
    if (
        table is None
        or objective.of is not None
        or objective.name not in table.header
        or state.spec.fidelity is not None
    ):
        return None
    values = [table.number(place, objective.name) for place in range(len(table.column(objective.name)))]
    return np.array([objective.utility(value) for value in values])


def _of_table(state: State, known: Array, objective: Objective, best: list[str]) -> ByChance:
    places = {seen.experiment: place for place, seen in enumerate(state.counting(), start=1)}
    first = min(best, key=lambda name: places[name])
    value = state.experiments[first].measurements[objective.name].value
    as_good = int((known >= objective.utility(value)).sum())
    return ByChance(first, places[first], (len(known) + 1) / (as_good + 1), "table")


def _of_models(state: State, belief: Belief) -> ByChance:
    """Return the same where only models speak of what was not measured."""
    context, objective, model = belief.context, belief.context.objectives[0], belief.models[0]
    rows = belief.learned.rows
    found = utilities(model.predict(context.space.features(rows)).mean, objective)
    found[belief.in_doubt] = -np.inf
    best = int(found.argmax())
    pool = listed(context.space)
    if pool is None:
        spread = fresh(sobol_rows(context.space, context.seed), frozenset(), _ROWS)
        expected = 1 / max(float(_chances(belief, spread, found[best]).mean()), 1e-300)
    else:
        chosen = np.random.default_rng(context.seed).permutation(len(pool))[:_ROWS]
        share = float(_chances(belief, pool.take(chosen), found[best]).mean())
        expected = (len(pool) + 1) / (max(1.0, share * len(pool)) + 1)
    name = context.training[best].experiment
    taken = next(place for place, seen in enumerate(state.counting(), start=1) if seen.experiment == name)
    return ByChance(name, taken, expected, "models")


def _chances(belief: Belief, rows: Sequence[Values], utility: float) -> Array:
    """Return the probability of each row that its true outcome is as good, shape ``n``."""
    belief_there = belief.models[0].predict(belief.context.space.features(rows))
    return np.exp(log_probability_above(belief_there, belief.context.objectives[0], utility))
