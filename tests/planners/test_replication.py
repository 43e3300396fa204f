"""Replicates: only where wanted, where noise leaves open which row is best, and never more often than that helps."""

from dataclasses import replace

import numpy as np
import pytest

from zosimos.core.errors import SpecError
from zosimos.core.expression import Formula
from zosimos.core.objective import Objective
from zosimos.core.parameters import Continuous
from zosimos.core.records import Candidate, Measurement, Observation
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.cost import Costs
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.models.belief import Belief
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy
from zosimos.planners.proposers.replication import MOST, better_again
from zosimos.planners.protocol import ProposalContext

FEW = SearchSpace((Continuous("x", 0.0, 1.0),), pool=tuple({"x": i / 40} for i in range(41)))
UP = Objective("y", "max")
USEFUL = Policy(start=2, replicates="when-useful")
NONE = Policy(start=2, replicates="none")


def noisy(x, rng):
    """Return a hill with its top at 0.55 under noise a third as large."""
    return 2.0 - 8.0 * (x - 0.55) ** 2 + 0.6 * rng.normal()


_RNG = np.random.default_rng(0)
NOISY = [(i / 40, noisy(i / 40, _RNG)) for i in range(41) if i not in (0, 1, 39, 40)]
"""All of it measured but its feet."""
TOP = [x for x, _ in NOISY if 0.3 < x < 0.8]
FEET = (0.0, 0.025, 0.975, 1.0)


def observed(pairs):
    return tuple(
        Observation(f"e{i:04d}", {"x": x}, {"y": Measurement("y", float(y))}) for i, (x, y) in enumerate(pairs, 1)
    )


def planner(pairs, policy=USEFUL, space=FEW, goals=(UP,), avoid=(), costs=None):
    made = make_planner(Goal(space, goals, costs), policy, History(avoid=avoid), seed=4, sequence_seed=1)
    made.tell(observed(pairs))
    return made


def test_where_nothing_is_to_be_repeated_a_measured_row_is_never_proposed_again():
    assert planner(NOISY, Policy(start=2, replicates="none")).ask()[0].values["x"] in FEET


def test_where_noise_leaves_open_which_row_is_best_a_good_one_is_measured_again():
    candidate = planner(NOISY).ask()[0]
    assert candidate.values["x"] in TOP
    number = next(i for i, (x, _) in enumerate(NOISY, 1) if x == candidate.values["x"])
    assert candidate.repeats == f"e{number:04d}"
    assert f"a replicate of e{number:04d}, measured once" in candidate.reason
    assert Candidate.from_json(candidate.as_json()) == candidate


def test_without_noise_nothing_is_measured_again():
    smooth = [(x / 10, np.sin(3 * x / 10)) for x in (0, 2, 4, 6, 8, 10)]
    candidate = planner(smooth).ask()[0]
    assert candidate.repeats == ""
    assert candidate.values["x"] not in [x for x, _ in smooth]


def test_early_on_there_is_more_to_gain_from_new_rows():
    assert planner([(0.1, -0.6), (1.0, -0.2)]).ask()[0].repeats == ""


@pytest.mark.slow
def test_a_row_is_measured_so_often_and_no_more():
    pairs = list(NOISY)
    rng = np.random.default_rng(0)
    for _ in range(12):
        candidate = planner(pairs).ask()[0]
        pairs.append((candidate.values["x"], noisy(candidate.values["x"], rng)))
    times = [sum(x == place for x, _ in pairs) for place in TOP]
    assert 1 < max(times) <= MOST


def test_the_second_measurement_is_worth_less_than_the_first_was():
    def gain(pairs):
        belief = Belief(ProposalContext(Goal(FEW, (UP,)), History(observed(pairs)), USEFUL))
        found = better_again(belief, {"x": 0.0}, ())
        return -np.inf if found is None else found.gain

    rng = np.random.default_rng(1)
    often = [*NOISY, *[(x, noisy(x, rng)) for x in TOP for _ in range(2)]]
    assert gain(often) < gain(NOISY)


def test_rows_of_a_batch_are_all_different():
    batch = planner(NOISY).ask(3)
    assert len({candidate.values["x"] for candidate in batch}) == 3
    assert planner(NOISY).ask(1, batch)[0].values not in [candidate.values for candidate in batch]


def test_rows_that_a_person_rejected_or_bounds_exclude_are_not_measured_again():
    rejected = tuple({"x": x} for x in TOP)
    assert planner(NOISY, avoid=rejected).ask()[0].values["x"] not in TOP
    narrow = replace(FEW, parameters=(Continuous("x", 0.0, 0.3),))
    assert planner(NOISY, space=narrow).ask()[0].values["x"] <= 0.3


class Repeats:
    """A proposer that always repeats, whatever the campaign says."""

    def propose(self, n, context):
        return [Candidate({"x": 0.7}, "", repeats="e0027")] * n


def test_a_replicate_passes_only_where_the_campaign_wants_it_and_says_the_truth(monkeypatch):
    monkeypatch.setattr("zosimos.planners.planner.load_proposer", lambda name: Repeats())
    assert planner(NOISY).ask()[0].values == {"x": 0.7}
    assert planner(NOISY, NONE).ask()[0].values["x"] in FEET
    monkeypatch.setattr(Repeats, "propose", lambda self, n, context: [Candidate({"x": 0.7}, "", repeats="e0001")] * n)
    assert planner(NOISY).ask()[0].values["x"] in FEET


def test_with_several_objectives_nothing_is_measured_again():
    both = (UP, Objective("z", "min"))
    seen = tuple(
        Observation(f"e{i}", {"x": x}, {"y": Measurement("y", y), "z": Measurement("z", -y)})
        for i, (x, y) in enumerate(NOISY)
    )
    belief = Belief(ProposalContext(Goal(FEW, both), History(seen), USEFUL))
    assert better_again(belief, {"x": 0.0}, ()) is None


def test_an_unknown_word_is_refused():
    with pytest.raises(SpecError, match="replicates"):
        Policy(replicates="often")


def test_a_replicate_that_cannot_be_afforded_leaves_the_slot_to_a_new_row():
    prices = Formula("1.1 - 0.2 * abs(x - 0.5)")  # the ends are the cheapest
    spent = Costs(prices).account([{"x": x} for x, _ in NOISY]).cost
    for left, repeated in ((1000.0, True), (1.003, False)):
        candidate = planner(NOISY, costs=Costs(prices, budget=spent + left)).ask()[0]
        assert candidate.origin == "bayesian"
        assert "in place of" not in candidate.reason
        assert bool(candidate.repeats) is repeated


def test_the_rows_of_a_batch_chosen_so_far_are_paid_for_before_one_is_repeated():
    spent = float(len(NOISY))
    goal = Goal(FEW, (UP,), Costs(budget=spent + 1.5))
    context = ProposalContext(goal, History(observed(NOISY)), USEFUL)
    assert better_again(Belief(context), {"x": 0.0}, ()) is not None
    assert better_again(Belief(context), {"x": 0.0}, [{"x": 0.025}]) is None


def test_rows_to_repeat_are_compared_under_the_conditions_of_today():
    space = SearchSpace((Continuous("x", 0.0, 0.6), Continuous("humidity", 0.0, 100.0, role="context")))
    seen = tuple(
        Observation(f"e{i}", {"x": x, "humidity": humidity}, {"y": Measurement("y", 1.0)})
        for i, (x, humidity) in enumerate([(0.1, 20.0), (0.5, 80.0), (0.9, 30.0)])
    )
    context = ProposalContext(Goal(space.at({"humidity": 50.0}), (UP,)), History(seen))
    assert context.answers == ({"x": 0.1, "humidity": 50.0}, {"x": 0.5, "humidity": 50.0})  # 0.9 is no longer allowed
