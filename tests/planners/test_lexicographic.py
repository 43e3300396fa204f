"""Objectives in order of importance: each is improved once those before it are good enough."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from zosimos.core.errors import SpecError
from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous
from zosimos.core.records import Measurement, Observation
from zosimos.core.space import SearchSpace
from zosimos.planners.acquisition.lexicographic import Contest
from zosimos.planners.goal.goal import Goal
from zosimos.planners.goal.knowledge import Fidelity
from zosimos.planners.history import History
from zosimos.planners.models.belief import Belief
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import AcquisitionSettings, Policy
from zosimos.planners.proposers.evolutionary import EvolutionaryProposer
from zosimos.planners.protocol import ProposalContext
from zosimos.surrogates.outcome import Mixture

LINE = SearchSpace((Continuous("x", 0.0, 1.0),), pool=tuple({"x": i / 100} for i in range(101)))
YIELD, COST = Objective("yield", "max", threshold=0.8, tier=1), Objective("cost", "min", tier=2)
TIERS = (COST, YIELD)
PLAIN = Policy(start=2)


def found(x):
    """Return a yield of 0.8 and more from 0.45 to 0.75, and a cost that rises with x."""
    return {"yield": float(np.exp(-((x - 0.6) ** 2) / 0.1)), "cost": 1.0 + x}


def seen(places):
    return tuple(
        Observation(f"e{i:04d}", {"x": x}, {name: Measurement(name, value) for name, value in found(x).items()})
        for i, x in enumerate(places, 1)
    )


def belief_in(observations, objectives=TIERS, pending=()):
    return Belief(ProposalContext(Goal(LINE, objectives), History(observations, pending=tuple(pending)), PLAIN, seed=1))


def flat(mean, sd):
    return Mixture(np.atleast_2d(mean), np.full((1, np.size(mean)), sd**2), np.ones(1), np.zeros(1))


def test_a_row_is_worth_its_gain_times_the_chance_of_being_good_enough():
    contest = Contest.of(TIERS, np.array([[1.5, 0.9], [1.2, 0.3]]), [np.array([[1.5, 1.2]])] * 2)
    assert (contest.place, contest.earlier, contest.best.tolist()) == (0, (1,), [-1.5])  # the cheaper one yields less
    beliefs = [flat([1.3, 1.4], 0.2), flat([0.7, 0.95], 0.1)]
    z = (np.array([-1.3, -1.4]) + 1.5) / 0.2
    gains = 0.2 * (z * norm.cdf(z) + norm.pdf(z)) * norm.cdf([-1.0, 1.5])
    assert np.exp(contest.log_gain(beliefs, TIERS)) == pytest.approx(gains, rel=1e-9)
    assert contest.describe(TIERS) == "cost where yield is as good as 0.8"


def test_while_nothing_is_good_enough_only_the_first_tier_counts():
    contest = Contest.of(TIERS, np.array([[1.5, 0.7], [1.2, 0.3]]), [np.array([[0.7, 0.3]])] * 2)
    assert (contest.place, contest.earlier, contest.best.tolist()) == (1, (), [0.7])
    cheap, dear = flat([1.0, 9.0], 0.1), flat([0.5, 0.5], 0.1)
    assert np.ptp(contest.log_gain([cheap, dear], TIERS)) == 0.0


def test_a_row_under_way_settles_no_tier_but_is_to_be_beaten():
    values, parts = np.array([[1.5, 0.7], [1.2, 0.95]]), [np.array([[1.5, 1.2]]), np.array([[0.7, 0.95]])]
    contest = Contest.of(TIERS, values, parts, waiting=1)
    assert (contest.place, contest.earlier, contest.best.tolist()) == (1, (), [0.95])
    after = Contest.of(TIERS, np.array([[1.5, 0.9], [1.2, 0.95]]), parts, waiting=1)
    assert (after.place, after.earlier, after.best.tolist()) == (0, (1,), [-1.2])


def test_a_threshold_at_the_limit_of_what_there_is_is_met_by_what_was_measured():
    full = Objective("yield", "max", threshold=1.0, tier=1)
    told = [replace(one, measurements=dict(one.measurements)) for one in seen((0.05, 0.2, 0.5, 0.6, 0.95))]
    contest = belief_in(tuple(told), (COST, full)).judgement.question.contest
    assert contest.earlier == (1,)  # though it is believed to yield a little less


def test_the_tier_in_question_is_told_and_follows_the_results():
    first = make_planner(Goal(LINE, TIERS), PLAIN, seed=3, sequence_seed=1)
    first.tell(seen((0.05, 0.2, 0.95)))
    assert "expected improvement in yield: predicted" in first.ask()[0].reason
    first.tell(seen((0.05, 0.2, 0.95, 0.5, 0.65, 0.8)))
    assert "expected improvement in cost where yield is as good as 0.8: predicted" in first.ask()[0].reason


def test_the_cheapest_good_row_is_found():
    told = list(seen((0.05, 0.95)))
    for step in range(10):
        planner = make_planner(Goal(LINE, TIERS), PLAIN, seed=step, sequence_seed=1)
        planner.tell(told)
        x = float(planner.ask()[0].values["x"])
        told.append(replace(seen((x,))[0], experiment=f"n{step}"))
    good = [o.values["x"] for o in told if found(o.values["x"])["yield"] >= 0.8]
    assert min(good) == pytest.approx(0.6 - np.sqrt(-0.1 * np.log(0.8)), abs=0.011)


def test_a_batch_does_not_ask_the_same_twice():
    planner = make_planner(Goal(LINE, TIERS), PLAIN, seed=3, sequence_seed=1)
    planner.tell(seen((0.05, 0.3, 0.6, 0.9)))
    rows = sorted(float(candidate.values["x"]) for candidate in planner.ask(4))
    assert len(rows) == 4
    assert min(np.diff(rows)) > 0.005


def test_rows_without_all_outcomes_are_no_standard():
    whole = seen((0.1, 0.3, 0.6, 0.9))
    partial = Observation("p", {"x": 0.0}, {"cost": Measurement("cost", 1.0)})  # cheap, but of unknown yield
    contest = belief_in((*whole, partial), pending=({"x": 0.52},)).judgement.question.contest
    assert (contest.place, contest.earlier) == (0, (1,))
    assert contest.best.max() < -1.4
    apart = Observation("b", {"x": 0.6}, {"yield": Measurement("yield", 1.0)})
    belief = belief_in((partial, apart))
    assert belief.judgement.question.contest.place == 1
    assert np.isfinite(belief.acquisition(LINE.candidates)).all()


def test_the_best_row_is_the_best_by_tiers():
    belief = belief_in(seen((0.1, 0.5, 0.6, 0.9)))
    assert belief.best_first()[:2] == [1, 2]


def test_evolution_breeds_from_the_best_by_tiers():
    context = ProposalContext(Goal(LINE, TIERS), History(seen((0.05, 0.55, 0.65, 0.99))), PLAIN, seed=1)
    assert "best: e0002" in EvolutionaryProposer().propose(1, context)[0].reason


def test_what_knows_no_tiers_is_refused():
    method = Categorical("method", ("quick", "full"))
    space = SearchSpace((*LINE.parameters, method))
    levels = Fidelity("method", {"quick": 1.0, "full": 9.0})
    for goal, policy, field in (
        (Goal(space, TIERS), Policy(acquisition=AcquisitionSettings("parego")), "planner.acquisition"),
        (Goal(space, TIERS, fidelity=levels), Policy(), "fidelity.parameter"),
    ):
        with pytest.raises(SpecError) as caught:
            make_planner(goal, policy, seed=1, sequence_seed=1)
        assert caught.value.field == field
