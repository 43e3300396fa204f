"""Decisions, uncertainties and stop rules are the same for outcomes and for outcomes plus a constant."""

from __future__ import annotations

import numpy as np
import pytest

from zosimos.core.objective import Objective
from zosimos.core.parameters import Continuous
from zosimos.core.records import Candidate, Measurement, Observation
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.goal import Goal
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy
from zosimos.surrogates.committee.standard import Standard, is_constant
from zosimos.surrogates.outcome import Mixture

GRID = SearchSpace(tuple(Continuous(name, 0, 9, step=1) for name in "xt"))
POLICY = Policy(start=4)
SHAPE = [0.04579, 0.05059, 0.07719, 0.08319, 0.05799, 0.09639, 0.08859]
ROWS = [{"x": float(x), "t": float(t)} for x, t in ((0, 0), (0, 4), (2, 1), (4, 8), (7, 5), (5, 3), (9, 4))]


def ask(values: list[float], goal: Objective, n: int = 2, policy: Policy = POLICY) -> list[Candidate]:
    planner = make_planner(Goal(GRID, (goal,)), policy, seed=3, sequence_seed=3)
    seen = [
        Observation(f"e{place}", row, {"y": Measurement("y", value)})
        for place, (row, value) in enumerate(zip(ROWS, values, strict=True))
    ]
    planner.tell(seen)
    return planner.ask(n)


@pytest.mark.slow
@pytest.mark.parametrize("offset", [1e3, -1e5, 1e6, 1e8])
@pytest.mark.parametrize("goal", ["max", "min", "target"])
def test_an_offset_changes_no_decision_and_no_uncertainty(offset: float, goal: str) -> None:
    aim = 0.09 if goal == "target" else None
    plain = ask(SHAPE, Objective("y", goal, target=aim))  # type: ignore[arg-type]  # one of the three
    moved = ask(
        [offset + y for y in SHAPE],
        Objective("y", goal, target=None if aim is None else offset + aim),  # type: ignore[arg-type]  # one of three
    )
    assert [c.values for c in moved] == [c.values for c in plain]
    for one, other in zip(plain, moved, strict=True):
        a, b = one.predictions["y"], other.predictions["y"]
        accuracy = 1e-5 + abs(offset) * 1e-10  # what is left of the digits
        assert b.sd == pytest.approx(a.sd, rel=accuracy)
        assert b.mean - offset == pytest.approx(a.mean, abs=1e-7 + abs(offset) * 1e-14)


def test_a_spread_that_an_offset_dwarfs_is_no_constant() -> None:
    small = np.array([0.0, 0.02, -0.03])
    assert not is_constant(float(small.std()), small, 1e8)
    assert is_constant(float(small.std()), 1e8 + small)  # as it was judged before
    assert is_constant(1e-9, np.array([0.0, 1e-9]), 1e8)  # the last digit
    assert is_constant(0.0, np.zeros(3), 5.0)
    assert Standard.of(np.zeros(3), origin=5.0).moved(5.0) == Standard.of(np.full(3, 5.0))


def test_a_mixtures_variance_comes_from_differences() -> None:
    means, variances = np.array([[0.01, 0.02], [0.03, 0.02]]), np.full((2, 2), 1e-6)
    weights, noise = np.array([0.5, 0.5]), np.zeros(2)
    plain = Mixture(means, variances, weights, noise).variance
    np.testing.assert_allclose(Mixture(1e8 + means, variances, weights, noise, 1e8).variance, plain, rtol=1e-4)
    np.testing.assert_allclose(plain, [1e-4 + 1e-6, 1e-6])


@pytest.mark.slow
@pytest.mark.parametrize("surrogate", ["forest", "gp", "sparse-gp", "heteroscedastic"])
def test_other_surrogates_know_as_much_of_outcomes_with_a_large_offset(surrogate: str) -> None:
    policy = Policy(start=4, surrogate=surrogate)
    centred = ask([y - 0.07719 for y in SHAPE], Objective("y", "max"), policy=policy)
    moved = ask([1e8 + y for y in SHAPE], Objective("y", "max"), policy=policy)
    assert [c.values for c in moved] == [c.values for c in centred]
    for one, other in zip(centred, moved, strict=True):
        a, b = one.predictions["y"], other.predictions["y"]
        assert b.sd == pytest.approx(a.sd, rel=0.02)
        assert b.mean - 1e8 == pytest.approx(a.mean + 0.07719, abs=1e-4)
