"""Knowledge gradient: the exact expectation against draws, and what it values that an expected improvement does not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zosimos.core.objective import Objective
from zosimos.core.parameters import Continuous
from zosimos.core.records import Measurement, Observation
from zosimos.core.space import SearchSpace
from zosimos.planners.acquisition.improvement import log_expected_excess
from zosimos.planners.acquisition.knowledge_gradient import (
    Lines,
    alternatives,
    lines,
    log_expected_rise,
    log_knowledge_gradient,
)
from zosimos.planners.goal.cost import Costs
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.models.belief import Belief
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import AcquisitionSettings, Policy
from zosimos.planners.protocol import ProposalContext
from zosimos.surrogates.committee.committee import default_kinds
from zosimos.surrogates.committee.outcome import CommitteeOutcome
from zosimos.surrogates.committee.view import View

UP, DOWN, AIM = Objective("y", "max"), Objective("y", "min"), Objective("y", "target", target=0.5)
GRADIENT = AcquisitionSettings("knowledge-gradient")


def riser(levels, slopes):
    return float(
        np.exp(log_expected_rise(np.atleast_2d(np.array(levels, float)), np.atleast_2d(np.array(slopes, float))))[0]
    )


def outcome(seed=0, n=12, noise=0.1):
    rng = np.random.default_rng(seed)
    X = rng.random((n, 2))
    y = np.sin(4 * X[:, 0]) + X[:, 1] + noise * rng.normal(size=n)
    return CommitteeOutcome(default_kinds(View.plain(2)), X, y, np.full(n, noise**2), 0)


@given(st.integers(0, 10_000), st.integers(2, 12))
@settings(max_examples=25, deadline=None)
def test_the_expected_rise_is_that_of_an_even_spread_of_measurements(seed, count):
    rng = np.random.default_rng(seed)
    levels, slopes = rng.normal(size=count), rng.normal(size=count)
    z = np.linspace(-9.0, 9.0, 40_001)
    density = np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi) * (z[1] - z[0])
    later = (levels[:, None] + slopes[:, None] * z).max(axis=0) @ density
    assert riser(levels, slopes) == pytest.approx(later - levels.max(), abs=1e-7)


def test_two_lines_give_the_expected_improvement():
    found = log_expected_rise(np.array([[1.0, 0.3]]), np.array([[0.0, 0.7]]))
    assert found == pytest.approx(log_expected_excess(np.array([0.3]), np.array([0.7]), 1.0))


def test_lines_that_move_together_or_not_at_all_have_nothing_to_tell():
    assert riser([1.0, 0.2, 0.1], [0.5, 0.5, 0.5]) == 0.0
    assert riser([1.0, 0.2], [0.0, 0.0]) == 0.0


def test_equal_lines_and_equal_levels_are_counted_once():
    assert riser([0.0, 0.0, 0.0, 0.0], [1.0, 1.0, -1.0, 0.0]) == pytest.approx(np.sqrt(2.0 / np.pi))


def test_gains_too_small_for_a_number_still_rank_rows():
    values = log_expected_rise(np.array([[0.0, -50.0], [0.0, -60.0]]), np.array([[0.0, 1.0], [0.0, 1.0]]))
    assert np.isfinite(values).all()
    assert values[0] > values[1]


def test_a_row_s_gradient_is_what_draws_of_its_measurement_say():
    model = outcome()
    rng = np.random.default_rng(3)
    columns, X = rng.random((15, 2)), rng.random((4, 2))
    belief = model.predict(X)
    found = np.exp(log_knowledge_gradient(lines(model, columns, X, belief), UP))
    for place, row in enumerate(X):
        mean, covariance = model.joint(np.vstack([columns, row]))
        spread = np.sqrt(covariance[-1, -1] + belief.aleatoric)
        z = np.random.default_rng(5).standard_normal(200_000)
        later = mean[:, None] + (covariance[:, -1] / spread)[:, None] * z
        draws = later.max(axis=0) - mean.max()
        assert found[place] == pytest.approx(draws.mean(), abs=5.0 * draws.std() / np.sqrt(len(z)) + 1e-6)


def test_to_minimise_is_to_maximise_the_negative():
    rng = np.random.default_rng(1)
    levels, slopes = rng.normal(size=(5, 7)), rng.normal(size=(5, 7))
    up = log_knowledge_gradient(Lines(levels, slopes, slopes**2), UP)
    assert log_knowledge_gradient(Lines(-levels, -slopes, slopes**2), DOWN) == pytest.approx(up)


def test_the_gain_towards_a_target_is_what_draws_of_measurement_and_outcome_say():
    rng = np.random.default_rng(2)
    levels, slopes, left = rng.normal(size=(3, 6)), 0.8 * rng.normal(size=(3, 6)), 0.05 + rng.random((3, 6))
    found = np.exp(log_knowledge_gradient(Lines(levels, slopes, left), AIM))
    z = np.linspace(-8.0, 8.0, 4_001)
    density = np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi) * (z[1] - z[0])
    nodes = np.linspace(-6.0, 6.0, 241)
    weights = np.exp(-0.5 * nodes**2) / np.exp(-0.5 * nodes**2).sum()
    for row in range(3):
        later = levels[row][:, None] + slopes[row][:, None] * z
        ends = later[..., None] + np.sqrt(left[row])[:, None, None] * nodes
        worth = (-np.abs(ends - AIM.target) @ weights).max(axis=0) @ density
        before = levels[row][:, None] + np.sqrt(left[row] + slopes[row] ** 2)[:, None] * nodes
        assert found[row] == pytest.approx(worth - (-np.abs(before - AIM.target) @ weights).max(), abs=5e-3)
    assert (found > 0.0).all()


def test_a_noisy_measurement_is_worth_less():
    model = outcome()
    X = np.random.default_rng(4).random((20, 2))
    belief = model.predict(X)
    noisy = type(belief)(belief.means, belief.variances, belief.weights, belief.noise + 1.0)
    exact = log_knowledge_gradient(lines(model, X, X, belief), UP)
    assert (log_knowledge_gradient(lines(model, X, X, noisy), UP) < exact).all()


def test_measuring_the_noisy_best_again_beats_a_sure_row_that_is_worse():
    X = np.array([[0.0], [1.0]])
    model = CommitteeOutcome(default_kinds(View.plain(1)), X, np.array([1.0, 0.0]), np.array([0.5, 1e-4]), 0)
    gains = log_knowledge_gradient(lines(model, X, X, model.predict(X)), UP)
    assert gains[0] > gains[1]


def observed(rows, values):
    return tuple(
        Observation(f"e{i:03d}", row, {"y": Measurement("y", float(value))})
        for i, (row, value) in enumerate(zip(rows, values, strict=True), 1)
    )


@pytest.mark.slow
@pytest.mark.parametrize("surrogate", ["committee", "gp", "forest"])
def test_it_plans_with_any_model_and_says_the_same_again(surrogate):
    pool = tuple({"x": i / 40} for i in range(41))
    space = SearchSpace((Continuous("x", 0.0, 1.0),), pool=pool)
    rows = [pool[i] for i in (0, 5, 12, 20, 33, 40)]
    seen = observed(rows, [np.exp(-20 * (row["x"] - 0.6) ** 2) for row in rows])

    def choice():
        plan = Policy({"bayesian": 1.0}, 2, GRADIENT, surrogate)
        planner = make_planner(Goal(space, (UP,)), plan, seed=4, sequence_seed=1)
        planner.tell(seen)
        return planner.ask(2)

    first, second = choice()
    assert first.origin == second.origin == "bayesian"
    assert first.values != second.values
    assert [first, second] == choice()


def test_where_nothing_is_listed_it_searches():
    space = SearchSpace((Continuous("x", 0.0, 1.0), Continuous("z", 0.0, 1.0)))
    rng = np.random.default_rng(0)
    rows = [{"x": float(a), "z": float(b)} for a, b in rng.random((10, 2))]
    seen = observed(rows, [-((row["x"] - 0.3) ** 2) - (row["z"] - 0.7) ** 2 for row in rows])
    planner = make_planner(Goal(space, (UP,)), Policy(start=2, acquisition=GRADIENT), seed=1, sequence_seed=1)
    planner.tell(seen)
    found = planner.ask()[0]
    assert found.origin == "bayesian"
    assert abs(found.values["x"] - 0.3) + abs(found.values["z"] - 0.7) < 0.8


def test_gains_of_several_objectives_are_summed():
    space = SearchSpace((Continuous("x", 0.0, 1.0),), pool=tuple({"x": i / 20} for i in range(21)))
    plan = Policy(start=2, acquisition=GRADIENT)
    other = Objective("w", "min")
    seen = tuple(
        Observation(f"e{i}", {"x": x}, {"y": Measurement("y", x * x), "w": Measurement("w", x)})
        for i, x in enumerate((0.0, 0.3, 0.5, 1.0))
    )

    def gains(*objectives):
        belief = Belief(ProposalContext(Goal(space, objectives), History(seen), plan, seed=3))
        return belief.acquisition(space.candidates)

    both = gains(UP, other)
    assert np.isfinite(both[[2, 8, 15]]).all()
    assert np.argmax(both) not in (0, 6, 10, 20)


def test_what_may_be_chosen_in_the_end_is_under_the_conditions_of_today_and_inside_the_bounds():
    space = SearchSpace((Continuous("x", 0.0, 0.5), Continuous("humidity", 0.0, 100.0, role="context")))
    rows = [{"x": 0.2, "humidity": 10.0}, {"x": 0.9, "humidity": 10.0}]
    context = ProposalContext(Goal(space.at({"humidity": 50.0}), (UP,)), History(observed(rows, [1.0, 9.0])))
    columns = alternatives(context, lambda X: [X[:, 0]])
    assert set(columns[:, 1]) == {0.5}
    assert columns[:, 0].max() <= 1.0  # features: 1 is the upper bound


def test_a_measured_row_that_could_not_be_paid_for_again_may_still_be_the_answer():
    rows = [{"x": 0.2}, {"x": 1.0}]
    costs = Costs(budget=2.5)
    space = SearchSpace((Continuous("x", 0.0, 1.0),))
    context = ProposalContext(Goal(space, (UP,), costs=costs), History(observed(rows, [1.0, 9.0])))
    assert context.paid_for().space != space
    assert context.paid_for().answers == tuple(rows)
