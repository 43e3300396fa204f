"""Objectives made of measured quantities: draws that agree with what was measured, and no credit for what cannot be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from composite_world import DISTANCE, SPACE, rows, seen, truth

from zosimos.core.composite import Composite, MeasuredQuantity
from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous, Integer
from zosimos.core.records import Observation
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.models.belief import Belief
from zosimos.planners.models.composite import CompositeOutcome, recovering
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import AcquisitionSettings, Policy
from zosimos.planners.protocol import ProposalContext


def belief(n: int = 8, objectives: Sequence[Objective] = (DISTANCE,), **more) -> Belief:
    return Belief(ProposalContext(Goal(SPACE, tuple(objectives)), History(seen(rows(n), objectives)), **more))


def run(objectives: Sequence[Objective], n: int, batch: int = 1, policy: Policy | None = None, **more):
    space, world = more.get("space", SPACE), more.get("world", truth)
    found: tuple[Observation, ...] = ()
    while len(found) < n:
        planner = make_planner(
            Goal(space, tuple(objectives)), policy or Policy(start=5), seed=len(found), sequence_seed=2
        )
        planner.tell(found)
        chosen = [candidate.values for candidate in planner.ask(batch)]
        found = seen([*(item.values for item in found), *chosen], objectives, world)
    return found


def test_a_distance_is_never_believed_to_be_below_nothing() -> None:
    made = belief()
    drawn = made.models[0].predict(SPACE.features(rows(200, 1)))
    assert drawn.means.min() >= 0.0
    for row in rows(20, 2):
        assert made.prediction(row)["off"].mean > 0.0


def test_at_measured_rows_draws_say_what_was_measured() -> None:
    made = belief(12)
    measured = [item.measurements["off"].value for item in made.context.observations]
    believed = made.models[0].known().parts
    assert np.allclose(believed.mean(axis=0), measured, atol=0.03)


def test_a_row_beside_the_best_gains_next_to_nothing_and_never_by_being_nearer_its_own_mean() -> None:
    made = belief(12)
    best = dict(made.learned.rows[made.best_first()[0]])
    beside = {**best, "x": best["x"] + 1e-7}
    gain = made.acquisition([beside, *rows(300, 3)])
    assert gain[0] < np.quantile(gain[1:], 0.9) or np.exp(gain[0]) < 1e-4  # results without noise leave little to gain
    assert np.exp(gain[0]) < 0.002


def test_predictions_name_the_objective_and_what_it_is_made_of() -> None:
    found = belief().prediction(rows(1, 5)[0])
    assert list(found) == ["off", "u", "v"]
    assert all(part.sd > 0 for part in found.values())
    assert found["off"].noise == pytest.approx(0.01, rel=0.6)


def test_a_composite_of_one_quantity_by_a_straight_line_is_believed_as_the_line_of_its_belief() -> None:
    made = Objective("twice", "max", of=Composite("2*u + 1", (MeasuredQuantity("u"),)))
    both = belief(8, (made, Objective("u", "max")))
    for row in rows(10, 4):
        found = both.prediction(row)
        assert found["twice"].mean == pytest.approx(2 * found["u"].mean + 1, abs=0.05 * found["twice"].sd)
        assert found["twice"].sd == pytest.approx(2 * found["u"].sd, rel=0.1)


@pytest.mark.slow
def test_a_smooth_pair_is_brought_to_its_target_in_a_few_experiments() -> None:
    found = run([DISTANCE], 11)
    assert min(item.measurements["off"].value for item in found) < 0.03


@pytest.mark.slow
def test_the_same_inputs_give_the_same_candidates_to_the_last_bit() -> None:
    one, other = run([DISTANCE], 8, 2), run([DISTANCE], 8, 2)
    assert [item.values for item in one] == [item.values for item in other]


@pytest.mark.slow
def test_rows_under_way_are_not_chosen_again_and_leave_less_to_learn() -> None:
    made, row = belief(6), rows(1, 7)[0]
    features = made.context.space.features([row])
    predicted, gain = made.prediction(row), made.acquisition([row])[0]
    before, off = made.quantities["u"].predict(features).variance, made.predict([row])["off"][1]
    made.add_pending([row])
    assert made.quantities["u"].predict(features).variance < 0.5 * before
    assert made.predict([row])["off"][1] < off
    assert made.acquisition([row])[0] < gain
    assert made.prediction(row) == predicted  # what is imagined of it makes no prediction surer


def test_a_formula_may_name_parameters_in_any_scale_and_outside_their_bounds() -> None:
    space = SearchSpace((Categorical("kind", ("a", "b")), Continuous("dose", 0.1, 10.0, log=True), Integer("n", 2, 9)))
    recover = recovering(space, ("dose", "n"))
    sample = [{"kind": "a", "dose": 0.5, "n": 3}, {"kind": "b", "dose": 20.0, "n": 9}]
    found = recover(space.features(sample))
    assert np.allclose(found["dose"], [0.5, 20.0])
    assert np.allclose(found["n"], [3, 9])


def test_a_stepped_parameter_is_given_back_though_its_range_ends_beyond_its_last_level():
    space = SearchSpace((Continuous("dose", 0.0, 1.0, step=0.3),))
    rows = [{"dose": dose} for dose in (0.0, 0.3, 0.9)]
    assert recovering(space, ("dose",))(space.features(rows))["dose"] == pytest.approx([0.0, 0.3, 0.9])


def test_what_a_parameter_costs_is_known_and_not_learned() -> None:
    cost = Objective("cost", "min", of=Composite("x / u", (MeasuredQuantity("u"),)))
    made = Belief(
        ProposalContext(Goal(SPACE, (cost,)), History(seen(rows(8), (cost,), lambda _: {"u": 1.0}, sd=0.001)))
    )
    for row in rows(10, 9):
        assert made.prediction(row)["cost"].mean == pytest.approx(row["x"], rel=0.2)


def test_declared_bounds_of_a_quantity_keep_draws_where_values_can_be() -> None:
    free = Objective("cost", "min", of=Composite("1 / (u + 0.05)", (MeasuredQuantity("u"),)))
    kept = Objective("cost", "min", of=Composite("1 / (u + 0.05)", (MeasuredQuantity("u", low=0.0),)))
    both = [belief(4, (one,)).models[0].predict(SPACE.features(rows(300, 1))).means for one in (free, kept)]
    assert both[0].min() < 0.0
    assert both[1].min() > 0.0


def test_draws_at_which_a_formula_has_no_value_leave_finite_numbers() -> None:
    root = Objective("root", "max", of=Composite("log(u)", (MeasuredQuantity("u"),)))
    made = belief(4, (root,))
    sample = rows(300, 1)
    assert np.isfinite(made.models[0].predict(SPACE.features(sample)).means).all()
    assert np.isfinite(made.acquisition(sample)).all()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["improvement", "confidence-bound", "probability", "thompson", "uncertainty", "level"])
def test_each_acquisition_that_is_allowed_judges_rows_by_the_draws(kind: str) -> None:
    found = belief(8, policy=Policy(acquisition=AcquisitionSettings(kind))).acquisition(rows(50, 3))
    assert np.isfinite(found).all()
    assert np.ptp(found) > 0


@pytest.mark.slow
def test_a_bound_on_a_part_is_met_before_the_objective_counts() -> None:
    part = Objective("u", "min", threshold=0.1, tier=1)
    whole = Objective("off", "min", tier=2, of=DISTANCE.of)
    found = run([part, whole], 14)
    met = [item for item in found if item.measurements["u"].value <= 0.1]
    assert min(item.measurements["off"].value for item in met) < 0.25


@pytest.mark.slow
def test_objectives_that_share_parts_are_traded_off() -> None:
    other = Objective("u", "max")
    found = run([DISTANCE, other], 9)
    assert len({tuple(item.values.values()) for item in found}) == 9


@pytest.mark.slow
def test_another_surrogate_may_model_the_parts() -> None:
    policy = Policy(start=5, surrogate="forest")
    found = run([DISTANCE], 7, policy=policy)
    assert len(found) == 7


@pytest.mark.slow
def test_in_a_pool_the_nearest_row_is_soon_found() -> None:
    listed = [{"x": x / 10, "z": z / 5} for x in range(11) for z in range(11)]
    pool = SearchSpace(SPACE.parameters, pool=listed)
    best = min(DISTANCE.of.measured({k: (v, None) for k, v in truth(row).items()}, row)[0] for row in listed)
    found = run([DISTANCE], 10, space=pool)
    assert min(item.measurements["off"].value for item in found) == pytest.approx(best)


def test_a_gross_error_of_a_part_is_doubted_as_an_outcome_of_the_objective() -> None:
    good = seen(rows(14), (DISTANCE,))
    wrong = dict(truth(good[5].values)) | {"u": 40.0}
    bad = seen([good[5].values], (DISTANCE,), lambda _: wrong)[0]
    observations = (*good[:5], Observation(good[5].experiment, bad.values, bad.measurements), *good[6:])
    made = Belief(ProposalContext(Goal(SPACE, (DISTANCE,)), History(observations)))
    assert np.flatnonzero(made.in_doubt).tolist() == [5]
    assert any(note.startswith("u: ") for note in made.notes)


def test_failed_experiments_lower_the_gain_where_they_failed() -> None:
    failed = tuple(Observation(f"f{i}", {"x": 0.9, "z": 0.1 * i}, failed=True, cause="infeasible") for i in range(6))
    context = ProposalContext(Goal(SPACE, (DISTANCE,)), History((*seen(rows(8), (DISTANCE,)), *failed)))
    without = replace_observations(context, 8)
    near = [{"x": 0.92, "z": 0.25}]
    assert Belief(context).acquisition(near)[0] < Belief(without).acquisition(near)[0]


def replace_observations(context: ProposalContext, n: int) -> ProposalContext:
    return ProposalContext(Goal(context.space, context.objectives), History(context.observations[:n]))


def test_a_reason_says_which_parts_a_prediction_is_made_of() -> None:
    planner = make_planner(Goal(SPACE, (DISTANCE,)), Policy(start=5), seed=1, sequence_seed=2)
    planner.tell(seen(rows(7), (DISTANCE,)))
    (found,) = planner.ask()
    assert "(of u " in found.reason
    assert ", v " in found.reason
    assert isinstance(belief().models[0], CompositeOutcome)
