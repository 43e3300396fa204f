"""Many results: decisions take seconds and little memory, and stay those of somebody who knows all of them."""

import numpy as np
import pytest

from zosimos.core.objective import Objective
from zosimos.core.parameters import Continuous
from zosimos.core.records import Measurement, Observation
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.models import factory, feasibility
from zosimos.planners.models.belief import Belief
from zosimos.planners.models.feasibility import Feasibility
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy
from zosimos.planners.proposers import replication
from zosimos.planners.protocol import ProposalContext

UP = Objective("y", "max")
NOISE = 0.05


def ranges(d):
    return tuple(Continuous(f"x{i}", 0.0, 1.0) for i in range(d))


def truth(X):
    """Return two hills in any number of columns, the higher one at 0.7."""
    return np.exp(-4.0 * np.sum((X - 0.7) ** 2, axis=1)) + 0.7 * np.exp(-4.0 * np.sum((X - 0.2) ** 2, axis=1))


def results(n, d, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.random((n, d))
    y = truth(X) + NOISE * rng.normal(size=n)
    names = [f"x{i}" for i in range(d)]
    return tuple(
        Observation(f"e{i:05d}", dict(zip(names, map(float, row), strict=True)), {"y": Measurement("y", float(value))})
        for i, (row, value) in enumerate(zip(X, y, strict=True))
    )


def context(observations, d, *, objectives=(UP,), **policy):
    return ProposalContext(Goal(SearchSpace(ranges(d)), objectives), History(observations), Policy(**policy), seed=1)


def rows(n, d, seed):
    X = np.random.default_rng(seed).random((n, d))
    return [dict(zip([f"x{i}" for i in range(d)], map(float, row), strict=True)) for row in X], X


@pytest.fixture
def few_are_many(monkeypatch):
    """Let sixty results be as many as models can learn from: the rule is the same, and takes no seconds."""
    monkeypatch.setattr(factory, "MOST_EXACT", 60)


@pytest.mark.usefixtures("few_are_many")
def test_beyond_the_most_a_committee_learns_from_some_and_says_so():
    belief = Belief(context(results(150, 2), 2))
    assert "learned from 60 of 150 results" in belief.notes[0]
    assert len(belief.models[0].members[0].left_out[0]) == 60
    assert len(belief.models[0].known().mean) == 150


@pytest.mark.usefixtures("few_are_many")
def test_up_to_the_most_nothing_is_selected():
    belief = Belief(context(results(60, 2), 2))
    assert belief.selected is None
    assert belief.notes == ()


@pytest.mark.usefixtures("few_are_many")
def test_by_earlier_revisions_the_sparse_process_takes_over():
    belief = Belief(context(results(61, 2), 2, revision=4))
    assert belief.weights["y"] == {"sparse-gp": 1.0}


@pytest.mark.slow
@pytest.mark.usefixtures("few_are_many")
@pytest.mark.parametrize("acquisition", ["improvement", "parego", "thompson"])
def test_several_objectives_and_rows_under_way_go_with_it(acquisition):
    from zosimos.planners.policy import AcquisitionSettings

    observations = tuple(
        Observation(o.experiment, o.values, {**o.measurements, "z": Measurement("z", o.values["x0"])})
        for o in results(120, 2)
    )
    goal = Goal(SearchSpace(ranges(2)), (UP, Objective("z", "min")))
    policy = Policy(start=2, acquisition=AcquisitionSettings(acquisition))
    planner = make_planner(goal, policy, seed=1, sequence_seed=1)
    planner.tell(observations)
    found = planner.ask(2)
    assert [c.origin for c in found] == ["bayesian", "bayesian"]
    assert all(c.fallback is None for c in found)


@pytest.mark.usefixtures("few_are_many")
def test_a_gross_error_among_those_that_taught_is_named_in_its_place():
    observations = list(results(150, 2))
    place = int(np.flatnonzero(Belief(context(tuple(observations), 2)).selected)[5])
    seen = observations[place]
    observations[place] = Observation(seen.experiment, seen.values, {"y": Measurement("y", 40.0)})
    belief = Belief(context(tuple(observations), 2))
    assert belief.selected is not None
    if belief.selected[place]:
        assert belief.in_doubt[place]
    assert belief.best_first()[0] != place or not belief.selected[place]


def test_failures_of_many_experiments_are_learned_from_some(monkeypatch):
    monkeypatch.setattr(feasibility, "MOST", 60)
    observations = tuple(
        Observation(o.experiment, o.values, failed=True, cause="infeasible") if o.values["x0"] > 0.6 else o
        for o in results(200, 2)
    )
    counts, learn = list[int](), feasibility._learned
    monkeypatch.setattr(feasibility, "_learned", lambda *all_of: (counts.append(len(all_of[1])), learn(*all_of))[1])
    found = Feasibility(context(observations, 2))
    good, bad = (float(found.probability(np.array([[x, 0.5]]))[0]) for x in (0.2, 0.9))
    assert good > 0.8 > 0.3 > bad
    Feasibility(context(observations, 2, revision=4))
    assert counts == [60, 200]


def test_of_many_rows_only_leaders_are_measured_again_and_none_where_a_better_row_is_sure(monkeypatch):
    monkeypatch.setattr(replication, "LEADERS", 20)
    observations = results(150, 2)
    belief = Belief(context(observations, 2, replicates="when-useful"))
    sure = {"x0": 0.7, "x1": 0.7}
    again = replication.better_again(belief, sure, [])
    assert again is None or again.experiment in {observations[place].experiment for place in belief.best_first()[:40]}
    poor = replication.better_again(belief, {"x0": 0.99, "x1": 0.01}, [])
    assert poor is not None
    row = np.array([[poor.row["x0"], poor.row["x1"]]])
    assert float(truth(row)[0]) > 0.8
