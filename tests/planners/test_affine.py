"""Objectives that are sums of measured quantities with known factors: exact beliefs, as draws have them roughly."""

from __future__ import annotations

import ast
from collections.abc import Mapping

import numpy as np
import pytest
from composite_world import SPACE, rows, seen

from zosimos.core.composite import Composite, MeasuredQuantity
from zosimos.core.degree import is_affine
from zosimos.core.objective import Objective
from zosimos.core.records import Observation
from zosimos.core.series import Series
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.models.affine import AffineOutcome
from zosimos.planners.models.belief import Belief
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy
from zosimos.planners.protocol import ProposalContext
from zosimos.surrogates.outcome import Drawn

UV = (MeasuredQuantity("u"), MeasuredQuantity("v"))
SUM = Objective("sum", "max", of=Composite("2*u - (1 + x)*v + z", UV))
AXIS = np.linspace(0.0, 1.0, 12)
CURVE = Series("c", tuple(f"c_{i}" for i in range(12)), tuple(AXIS.tolist()))
AREA = Objective(
    "area", "max", of=Composite("area(c) * 3 - x", tuple(map(MeasuredQuantity, CURVE.channels)), series=(CURVE,))
)


def curve(row: Mapping[str, float]) -> Mapping[str, float]:
    values = row["x"] * np.exp(-AXIS) + np.sin(row["z"]) * AXIS
    return dict(zip(CURVE.channels, values.tolist(), strict=True))


def belief(objective: Objective, observations: tuple[Observation, ...], revision: int = 4) -> Belief:
    return Belief(ProposalContext(Goal(SPACE, (objective,)), History(observations), Policy(revision=revision)))


@pytest.mark.parametrize(
    ("text", "affine"),
    [
        ("2*u - v/x + 1", True),
        ("-(u + `v`) * exp(x)", True),
        ("sum(c) + mean(c[0:0.5]) * x - c[0]", True),
        ("u*v", False),
        ("x/u", False),
        ("abs(u)", False),
        ("u**1", False),
        ("max(u, v)", False),
        ("rms(c)", False),
        ("sum(c * c)", False),
    ],
)
def test_a_formula_is_affine_by_its_form(text: str, affine: bool) -> None:
    found = Composite(text, (*UV, *map(MeasuredQuantity, CURVE.channels)), series=(CURVE,))
    assert found.affine is affine


def test_what_is_no_arithmetic_is_known_to_nobody_and_counts_as_known() -> None:
    assert is_affine(ast.parse("3", mode="eval").body, lambda _: True)


def test_bounds_of_a_quantity_bend_a_sum() -> None:
    assert not Composite("u + v", (MeasuredQuantity("u", low=0.0), MeasuredQuantity("v"))).affine


@pytest.mark.parametrize(("objective", "world"), [(SUM, None), (AREA, curve)])
def test_a_sum_is_believed_exactly_as_draws_believe_it_roughly(objective: Objective, world) -> None:
    known = seen(rows(9), (objective,)) if world is None else seen(rows(9), (objective,), world)
    exact, drawn = belief(objective, known), belief(objective, known, 3)
    assert isinstance(exact.models[0], AffineOutcome)
    assert not isinstance(drawn.models[0], AffineOutcome)
    X = SPACE.features(rows(30, 5))
    one, other = exact.models[0].predict(X), drawn.models[0].predict(X)
    assert not isinstance(one, Drawn)
    sd = np.sqrt(one.variance)
    assert np.all(np.abs(one.mean - other.mean) < 0.1 * sd + 1e-6)
    assert np.sqrt(other.variance) == pytest.approx(sd, rel=0.25)
    assert np.diag(exact.models[0].cross(X, X)) == pytest.approx(one.variance, rel=0.05)
    assert exact.models[0].noise(X) == pytest.approx(drawn.models[0].noise(X), rel=0.4)
    gains = [made.acquisition(rows(60, 7)) for made in (exact, drawn)]
    assert np.corrcoef(np.exp(gains[0]), np.exp(gains[1]))[0, 1] > 0.9


def test_a_row_beside_the_best_gains_next_to_nothing() -> None:
    made = belief(SUM, seen(rows(12), (SUM,)))
    best = dict(made.learned.rows[made.best_first()[0]])
    gain = made.acquisition([{**best, "x": best["x"] + 1e-7}, *rows(100, 3)])
    assert np.exp(gain[0]) < 1e-3 * np.exp(gain[1:].max())


@pytest.mark.slow
def test_a_batch_is_chosen_and_rows_under_way_count() -> None:
    planner = make_planner(
        Goal(SPACE, (SUM,)), Policy(revision=4), History(seen(rows(8), (SUM,))), seed=1, sequence_seed=2
    )
    found = planner.ask(3)
    assert len({tuple(one.values.values()) for one in found}) == 3
    assert all(one.origin == "bayesian" for one in found)
    assert all("(of u " in one.reason for one in found)
