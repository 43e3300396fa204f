"""The best rows of a long list: those that working out every row would give, for less work."""

import numpy as np
import pytest

from zosimos.core.objective import Objective
from zosimos.core.parameters import Continuous
from zosimos.core.pool import Pool
from zosimos.core.records import Measurement, Observation
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.models.belief import Belief
from zosimos.planners.policy import AcquisitionSettings, Policy
from zosimos.planners.proposers import top_rows as module
from zosimos.planners.proposers.top_rows import top_rows
from zosimos.planners.protocol import ProposalContext

PARAMETERS = (Continuous("x", 0.0, 1.0), Continuous("z", 0.0, 1.0))


def belief(goal="max", kind="improvement", seed=0, n=40, rows=3000):
    rng = np.random.default_rng(seed)
    pool = Pool.of([{"x": float(x), "z": float(z)} for x, z in rng.random((rows, 2))], PARAMETERS)
    objective = Objective("y", goal, target=0.2 if goal == "target" else None)
    seen = []
    for index in range(n):
        row = pool[index]
        value = np.sin(5 * row["x"]) * row["z"] + 0.05 * rng.normal()
        seen.append(Observation(f"e{index:03d}", row, {"y": Measurement("y", float(value))}))
    plan = Policy(start=2, acquisition=AcquisitionSettings(kind))
    return Belief(
        ProposalContext(Goal(SearchSpace(PARAMETERS, pool=pool), (objective,)), History(tuple(seen)), plan, seed=1)
    )


@pytest.fixture
def looked_at(monkeypatch):
    """Every list is long; returns how many rows were worked out."""
    monkeypatch.setattr(module, "_WORTHWHILE", 0.0)
    monkeypatch.setattr(module, "_BLOCK", 64)
    counts = []
    judged = Belief.acquisition

    def counted(self, rows, first=None):
        if first is None:
            counts.append(len(rows))
        return judged(self, rows, first)

    monkeypatch.setattr(Belief, "acquisition", counted)
    return counts


@pytest.mark.parametrize("goal", ["max", "min"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_best_rows_of_a_long_list_are_those_of_working_out_all(looked_at, goal, seed):
    held = belief(goal, seed=seed)
    free = held.context.free
    everything = held.acquisition(free)
    looked_at.clear()
    places, values = top_rows(held, free, 5)
    assert places.tolist() == np.argsort(-everything, kind="stable")[:5].tolist()
    assert values == pytest.approx(everything[places], abs=1e-9)
    assert sum(looked_at) < len(free) / 2


def test_bounds_are_never_below_the_values():
    held = belief()
    free = held.context.free
    assert (held.acquisition(free, first=10) >= held.acquisition(free) - 1e-9).all()
    assert (held.acquisition(free, first=10) > held.acquisition(free) + 1e-3).any()


@pytest.mark.parametrize(("goal", "kind"), [("target", "improvement"), ("max", "probability"), ("max", "thompson")])
def test_what_has_no_bound_is_worked_out(looked_at, goal, kind):
    held = belief(goal, kind)
    places, _ = top_rows(held, held.context.free, 3)
    assert not held.judgement.bounded
    assert looked_at == [len(held.context.free)]
    assert places.tolist() == np.argsort(-held.acquisition(held.context.free), kind="stable")[:3].tolist()


def test_more_rows_than_there_are_gives_all(looked_at):
    held = belief(rows=120)
    free = held.context.free
    places, _ = top_rows(held, free, 500)
    assert sorted(places.tolist()) == list(range(len(free)))
    assert looked_at
