"""Expectations of where the best lies: they lean choices while little is known, exclude nothing, yield to results."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.core.errors import SpecError
from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous, Discrete
from zosimos.core.records import Measurement, Observation
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.goal import Goal
from zosimos.planners.goal.prior import BETA, Expectation, Likely, Near
from zosimos.planners.history import History
from zosimos.planners.models.belief import Belief
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy
from zosimos.planners.protocol import ProposalContext

SPACE = SearchSpace(
    (
        Continuous("heat", 0, 100),
        Continuous("dose", 0.01, 10, log=True),
        Categorical("solvent", ("water", "dmf", "dmso")),
    )
)
LINE = SearchSpace((Discrete("heat", tuple(float(x) for x in range(0, 101, 2))),))
YIELD = Objective("yield", "max")
TOLD = Expectation({"heat": Near(80, 10), "dose": Near(1.0, 0.5, log=True), "solvent": Likely(("dmf", "dmso"), 3.0)})


def row(heat, dose=1.0, solvent="dmf"):
    return {"heat": heat, "dose": dose, "solvent": solvent}


def seen(pairs, name="heat"):
    return tuple(
        Observation(f"e{i:04d}", {name: float(x)}, {"yield": Measurement("yield", float(y))})
        for i, (x, y) in enumerate(pairs, 1)
    )


def test_the_density_is_highest_where_all_is_as_expected():
    logs = TOLD.log_density([row(80), row(90), row(80, solvent="water"), row(80, dose=10.0)])
    assert logs[0] == pytest.approx(0.0)
    assert logs[1] == pytest.approx(math.log((math.exp(-0.5) + 0.01) / 1.01))
    assert logs[2] == pytest.approx(math.log((1 / 3 + 0.01) / 1.01))
    assert logs[3] == pytest.approx(math.log((math.exp(-2.0) + 0.01) / 1.01))


@given(st.floats(0, 100), st.floats(0.01, 10), st.sampled_from(["water", "dmf", "dmso"]))
def test_no_row_is_more_than_about_a_hundred_times_less_likely(heat, dose, solvent):
    (log,) = TOLD.log_density([row(heat, dose, solvent)])
    assert -math.log(101) - 1e-9 <= log <= 1e-9


def test_levels_can_be_likely_too():
    expectation = Expectation({"heat": Likely((20.0, 40.0), 5.0)})
    expectation.check(LINE)
    logs = expectation.log_density([{"heat": 20.0}, {"heat": 22.0}])
    assert logs[0] > logs[1]


def test_rows_of_a_pool_are_as_likely_as_the_same_rows_as_values():
    pool, expectation = LINE.listed, Expectation({"heat": Near(30, 10)})
    assert np.array_equal(expectation.log_density(pool), expectation.log_density(list(pool)))


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"flow": Near(1, 1)}, "'flow', which is no parameter"),
        ({"solvent": Near(1, 1)}, "not near a number"),
        ({"solvent": Likely(("ether",), 3.0)}, "no choice 'ether'"),
        ({"solvent": Likely((), 3.0)}, "no choice of solvent is named"),
        ({"solvent": Likely(("dmf",), 1.0)}, "factor"),
        ({"heat": Near(80, 0)}, "width"),
        ({"dose": Near(0, 1, log=True)}, "no 0"),
    ],
)
def test_an_expectation_that_does_not_fit_the_space_is_refused(terms, words):
    with pytest.raises(SpecError, match=words):
        Expectation(terms).check(SPACE)


def test_it_leans_the_acquisition_by_its_density_and_less_with_every_result():
    expectation = Expectation({"heat": Near(80, 5)})
    for pairs in (
        [(10, 1.0), (90, 2.0), (60, 1.5)],
        [(10, 1.0), (90, 2.0), (60, 1.5), (40, 1.2), (84, 2.5), (20, 1.1)],
    ):
        plain = Belief(ProposalContext(Goal(LINE, (YIELD,)), History(seen(pairs))))
        told = Belief(ProposalContext(Goal(LINE, (YIELD,), expectation=expectation), History(seen(pairs))))
        adjustment = told.acquisition(LINE.listed) - plain.acquisition(LINE.listed)
        assert np.allclose(adjustment, BETA / len(pairs) * expectation.log_density(LINE.listed))


def test_results_contradict_an_expectation_where_the_expected_rows_are_the_worst():
    expectation = Expectation({"heat": Near(80, 10)})
    wrong = seen([(82, 1.0), (78, 1.2), (20, 9.0), (30, 8.0), (50, 5.0)])
    right = seen([(82, 9.0), (78, 8.5), (20, 1.0), (30, 2.0), (50, 5.0)])
    assert expectation.contradicted(wrong, (YIELD,))
    assert not expectation.contradicted(right, (YIELD,))
    assert not expectation.contradicted(wrong[:3], (YIELD,))
    assert expectation.contradicted(right, (Objective("yield", "min"),))


def test_with_tiers_the_main_objective_has_the_say():
    expectation = Expectation({"heat": Near(80, 10)})
    tiers = (Objective("yield", "max", threshold=95.0, tier=1), Objective("cost", "min", tier=2))
    rising = [
        Observation(f"e{i}", {"heat": x}, {"yield": Measurement("yield", x), "cost": Measurement("cost", x * x)})
        for i, x in enumerate((20.0, 35.0, 50.0, 65.0, 78.0))
    ]
    assert not expectation.contradicted(rising, tiers)
    assert expectation.contradicted(rising, (Objective("yield", "max", threshold=10.0, tier=1), tiers[1]))


def test_failures_in_the_chemistry_speak_against_and_faults_say_nothing():
    expectation = Expectation({"heat": Near(80, 10)})
    good = seen([(20, 1.0), (30, 1.1), (50, 1.2)])
    bad = [Observation("e9", {"heat": x}, failed=True, cause="infeasible") for x in (80.0, 82.0)]
    faults = [Observation("e9", {"heat": x}, failed=True, cause="fault") for x in (80.0, 82.0)]
    assert expectation.contradicted((*good, *bad), (YIELD,))
    assert not expectation.contradicted((*good, *faults), (YIELD,))


def test_a_contradicted_expectation_no_longer_leans_and_the_reason_says_so():
    expectation = Expectation({"heat": Near(80, 10)})
    wrong = seen([(82, 1.0), (78, 1.2), (20, 9.0), (30, 8.0), (50, 5.0)])
    goals = Goal(LINE, (YIELD,)), Goal(LINE, (YIELD,), expectation=expectation)
    plain, told = (ProposalContext(goal, History(wrong)) for goal in goals)
    assert np.array_equal(Belief(plain).acquisition(LINE.listed), Belief(told).acquisition(LINE.listed))
    planner = make_planner(goals[1], Policy(start=0), seed=1, sequence_seed=1)
    planner.tell(wrong)
    assert "the stated expectation is contradicted by the results" in planner.ask()[0].reason


def test_every_second_point_of_the_start_is_drawn_towards_what_is_expected():
    goal = Goal(LINE, (YIELD,), expectation=Expectation({"heat": Near(80, 4)}))
    first = make_planner(goal, Policy(start=40), seed=1, sequence_seed=1).ask(40)
    drawn = [c.values["heat"] for c in first if "expected" in c.reason]
    assert len(drawn) == 20
    near = [heat for heat in drawn if 72 <= heat <= 88]
    assert len(near) >= 6  # of the nine there are, some of which the even half has taken


def test_a_start_in_a_space_without_a_list_leans_too():
    goal = Goal(SPACE, (YIELD,), expectation=TOLD)
    rows = [c for c in make_planner(goal, Policy(start=10), seed=1, sequence_seed=2).ask(10) if "expected" in c.reason]
    assert len(rows) == 5
    assert np.median([c.values["heat"] for c in rows]) > 60


def runs(truth, told, seeds):
    """Return how many experiments it took to come within a level of the best, for each seed."""
    counts = []
    for seed in seeds:
        pairs = []
        while len(pairs) < 14:
            goal = Goal(LINE, (YIELD,), expectation=told)
            planner = make_planner(goal, Policy(start=4), seed=seed + 100 * len(pairs), sequence_seed=seed)
            planner.tell(seen(pairs))
            x = float(planner.ask()[0].values["heat"])
            pairs.append((x, truth(x)))
            if abs(x - 70) <= 2:
                break
        counts.append(len(pairs))
    return counts


@pytest.mark.slow
def test_a_right_expectation_finds_a_narrow_peak_sooner_and_a_wrong_one_still_finds_it():
    def truth(x):
        return math.exp(-0.5 * ((x - 70) / 5) ** 2) + 0.3 * math.sin(x / 9)

    seeds = range(3)
    none = runs(truth, None, seeds)
    right = runs(truth, Expectation({"heat": Near(72, 6)}), seeds)
    wrong = runs(truth, Expectation({"heat": Near(10, 6)}), seeds)
    assert sum(right) < sum(none)
    assert max(wrong) < 14
