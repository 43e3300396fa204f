"""Recipes of few parts: a part that was never tried is unknown, not unimportant."""

from dataclasses import replace

import numpy as np

from zosimos.core.constraints import Cardinality, Simplex
from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous
from zosimos.core.records import Measurement, Observation
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.models.belief import Belief
from zosimos.planners.models.recipe_scale import RecipeScale, optional_parts
from zosimos.planners.protocol import ProposalContext

PARTS = tuple(f"p{i}" for i in range(8))
AMOUNTS = tuple(Continuous(part, 0.0, 1.0) for part in PARTS)
RECIPES = SearchSpace(AMOUNTS, (Simplex(PARTS), Cardinality(PARTS, 1, 2, 0.05)))
FULL = replace(RECIPES, constraints=(Simplex(PARTS),))
UP = Objective("y", "max")


KINDS = ("matern-5/2", "exponential", "varied quiet matern-5/2")


def recipe(**amounts):
    return {part: float(amounts.get(part, 0.0)) for part in PARTS}


def seen():
    shares = np.linspace(0.1, 0.9, 9)
    return tuple(
        Observation(f"e{i}", recipe(p0=s, p1=1 - s), {"y": Measurement("y", float(np.sin(4 * s)))})
        for i, s in enumerate(shares)
    )


def deviation(space, row):
    belief = Belief(ProposalContext(Goal(space, (UP,)), History(seen())))
    return float(belief.predict([row])["y"][1][0]) / belief.models[0].standard.spread


def test_a_part_never_tried_is_far_less_known_than_one_tried_often():
    other, tried = recipe(p5=0.5, p6=0.5), recipe(p0=0.45, p1=0.55)
    assert deviation(RECIPES, other) > 0.6
    assert deviation(RECIPES, tried) < 0.1


def test_mixtures_of_all_parts_are_seen_by_their_ranges():
    assert optional_parts(FULL) == frozenset()
    belief = Belief(ProposalContext(Goal(FULL, (UP,)), History(seen())))
    assert set(belief.weights["y"]) == {
        "matern-5/2 by range",
        "varied quiet matern-5/2 by range",
        "varied gaussian by range",
    }
    all_may = replace(RECIPES, constraints=(Simplex(PARTS), Cardinality(PARTS, 1, len(PARTS), 0.05)))
    assert optional_parts(all_may) == frozenset()


def test_weights_name_the_scale():
    belief = Belief(ProposalContext(Goal(RECIPES, (UP,)), History(seen())))
    assert set(belief.weights["y"]) == {
        "matern-5/2 by recipe",
        "exponential by recipe",
        "varied quiet matern-5/2 by recipe",
    }


def test_only_the_parts_are_on_the_scale_and_hidden_parameters_have_no_column():
    more = replace(RECIPES, parameters=(*AMOUNTS, Categorical("solvent", ("a", "b", "c"))))
    factors = RecipeScale.of(more).factors
    assert len(factors) == more.width
    assert factors[:8] == (factors[0],) * 8
    assert factors[0] > 1.0
    assert factors[8:] == (1.0, 1.0, 1.0)
    assert RecipeScale.of(more, lambda name: name != "solvent").factors == factors[:8]
