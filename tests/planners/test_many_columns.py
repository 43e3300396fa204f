"""Many columns: a sparse member has a say from twenty on, while results are few; elsewhere nothing has changed."""

import numpy as np
import pytest

from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous
from zosimos.core.pool import Pool
from zosimos.core.records import Measurement, Observation
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.models.belief import Belief
from zosimos.planners.models.factory import MANY_COLUMNS
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy
from zosimos.planners.protocol import ProposalContext

UP = Objective("y", "max")
SPARSE = "sparse quiet matern-5/2 by range"
VARIED = "varied quiet matern-5/2 by range"


def ranges(d):
    return tuple(Continuous(f"x{i}", 0.0, 1.0) for i in range(d))


def seen(parameters, n, seed=0):
    rng, found = np.random.default_rng(seed), []
    for index in range(n):
        row = {p.name: float(rng.random()) for p in parameters if isinstance(p, Continuous)}
        row |= {p.name: str(rng.choice(p.choices)) for p in parameters if isinstance(p, Categorical)}
        value = float(np.sin(4.0 * row["x0"]) + row["x1"])
        found.append(Observation(f"e{index:03d}", row, {"y": Measurement("y", value)}))
    return tuple(found)


def weighed(parameters, n, *, revision=5, pool=False):
    observations = seen(parameters, n)
    rows = Pool.of([o.values for o in seen(parameters, 40, 1)], parameters) if pool else None
    goal = Goal(SearchSpace(parameters, pool=rows), (UP,))
    belief = Belief(ProposalContext(goal, History(observations), Policy(revision=revision), seed=1))
    return belief.weights["y"]


def test_many_columns_and_few_results_have_a_sparse_member_beside_one_that_varies():
    assert set(weighed(ranges(MANY_COLUMNS), 12)) == {SPARSE, VARIED}


@pytest.mark.parametrize(
    ("columns", "results", "more"),
    [
        (MANY_COLUMNS - 1, 12, {}),
        (MANY_COLUMNS, 5 * MANY_COLUMNS + 1, {}),
        (MANY_COLUMNS, 12, {"revision": 4}),
        (MANY_COLUMNS, 12, {"pool": True}),
    ],
)
def test_elsewhere_members_are_what_they_were(columns, results, more):
    found = weighed(ranges(columns), results, **more)
    assert SPARSE not in found
    assert "matern-5/2 by range" in found


def test_where_choices_are_compared_members_are_what_they_were():
    parameters = (*ranges(MANY_COLUMNS), Categorical("solvent", ("water", "acetone", "thf")))
    assert SPARSE not in weighed(parameters, 12)


@pytest.mark.slow
def test_a_decision_in_many_columns_is_made_again_the_same():
    parameters = ranges(24)

    def asked():
        planner = make_planner(Goal(SearchSpace(parameters), (UP,)), Policy(start=2), seed=4, sequence_seed=1)
        planner.tell(seen(parameters, 14))
        return planner.ask(2)

    first = asked()
    assert first == asked()
    assert [c.origin for c in first] == ["bayesian", "bayesian"]
    assert first[0].values != first[1].values


@pytest.mark.slow
def test_it_finds_what_two_of_thirty_columns_hide():
    parameters = ranges(30)
    planner = make_planner(Goal(SearchSpace(parameters), (UP,)), Policy(start=2), seed=4, sequence_seed=1)
    observations = list(seen(parameters, 12))
    planner.tell(observations)
    best = max(o.measurements["y"].value for o in observations)
    for number in range(8):
        (chosen,) = planner.ask()
        value = float(np.sin(4.0 * chosen.values["x0"]) + chosen.values["x1"])
        best = max(best, value)
        planner.tell([Observation(f"n{number}", chosen.values, {"y": Measurement("y", value)})])
    assert best > 1.95  # of 2 that can be reached; the start is below 1.9
