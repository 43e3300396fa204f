"""Where a search crowds around the best rows, what lies far from them is not thought to be nearly as good."""

import math

import numpy as np
import pytest

from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous, Parameter
from zosimos.core.pool import Pool
from zosimos.core.records import Measurement, Observation
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.models.belief import Belief
from zosimos.planners.policy import Policy
from zosimos.planners.protocol import ProposalContext

UP = Objective("y", "max")
RANGES = tuple(Continuous(f"x{i}", 0.0, 1.0) for i in range(4))
CHOICE = Categorical("z", ("a", "b"))


def value(row: dict[str, float | str]) -> float:
    return math.exp(-12 * sum((float(row[f"x{i}"]) - 0.3) ** 2 for i in range(4)))


def crowded(parameters: tuple[Parameter, ...]) -> tuple[Observation, ...]:
    """Return results of which a few lie all over the space, where nothing is found, and most around the best row."""
    rng = np.random.default_rng(5)
    points = np.vstack([rng.random((10, 4)), 0.3 + 0.05 * rng.normal(size=(30, 4))])
    rows: list[dict[str, float | str]] = [
        {f"x{i}": float(x) for i, x in enumerate(point)} | {"z": "ab"[k % 2]} for k, point in enumerate(points)
    ]
    kept = [{name: row[name] for name in (p.name for p in parameters)} for row in rows]
    return tuple(Observation(f"e{k:02d}", row, {"y": Measurement("y", value(row))}) for k, row in enumerate(kept))


def corner(parameters: tuple[Parameter, ...]) -> dict[str, float | str]:
    """Return the row that is farthest from the best one."""
    return {p.name: 1.0 if isinstance(p, Continuous) else "b" for p in parameters}


def learned(parameters: tuple[Parameter, ...], revision: int, *, pool: bool = False) -> Belief:
    seen = crowded(parameters)
    listed = Pool.of([*(dict(o.values) for o in seen), corner(parameters)], parameters) if pool else None
    goal = Goal(SearchSpace(parameters, pool=listed), (UP,))
    return Belief(ProposalContext(goal, History(seen), Policy(revision=revision), seed=1))


def far_from_all(parameters: tuple[Parameter, ...], revision: int, *, pool: bool = False) -> float:
    return learned(parameters, revision, pool=pool).prediction(corner(parameters))["y"].mean


@pytest.mark.parametrize("parameters", [RANGES, (*RANGES, CHOICE)], ids=["ranges", "with a choice"])
def test_in_ranges_the_level_is_learned(parameters: tuple[Parameter, ...]) -> None:
    before, now = (far_from_all(parameters, revision) for revision in (6, 7))
    assert abs(now) < 0.5 * abs(before)  # the truth is 0


def test_in_a_pool_it_is_the_mean_as_before() -> None:
    assert far_from_all(RANGES, 7, pool=True) == far_from_all(RANGES, 6, pool=True)


@pytest.mark.parametrize(("revision", "told"), [(6, "the mean of those"), (7, "a level that is learned")])
def test_the_card_says_which_it_is(revision: int, told: str) -> None:
    card = learned(RANGES, revision).cards()["y"]
    assert any(told in assumption for assumption in card.assumptions)
