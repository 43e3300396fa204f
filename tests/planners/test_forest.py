"""A random forest proposes beside the campaign's own models, and earns experiments by what it delivers."""

import pytest

from zosimos.core.errors import PlanningError
from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous
from zosimos.core.records import Measurement, Observation
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.goal import Goal
from zosimos.planners.goal.knowledge import Fidelity
from zosimos.planners.history import History
from zosimos.planners.models.belief import Belief
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy
from zosimos.planners.proposers.forest import ForestProposer
from zosimos.planners.protocol import ProposalContext

ROWS = tuple({"x": float(i), "z": float(j)} for i in range(10) for j in range(10))
SPACE = SearchSpace((Continuous("x", 0, 9), Continuous("z", 0, 9)), pool=ROWS)
UP = Objective("y", "max")


def step(row: dict[str, float]) -> float:
    """Return an outcome that jumps where both are large, and hardly changes elsewhere."""
    return (5.0 if row["x"] > 5 and row["z"] > 4 else 0.0) + 0.1 * row["x"] + 0.05 * row["z"]


def history() -> tuple[Observation, ...]:
    rows = [ROWS[(37 * place + 11) % len(ROWS)] for place in range(24)]
    return tuple(Observation(f"e{i}", row, {"y": Measurement("y", step(row))}) for i, row in enumerate(rows))


def test_its_rows_are_the_forests_and_what_is_predicted_of_them_the_campaigns() -> None:
    context = ProposalContext(Goal(SPACE, (UP,)), History(history()), Policy(start=0), seed=3)
    (found,) = ForestProposer().propose(1, context)
    assert found.origin == "forest"
    assert found.reason.startswith("by a random forest: expected improvement over")
    assert found.predictions == Belief(context).prediction(found.values)
    assert found.acquisition is None
    assert step(found.values) > 5.0


def test_without_a_result_it_proposes_nothing() -> None:
    assert ForestProposer().propose(2, ProposalContext(Goal(SPACE, (UP,)))) == []


def test_levels_of_fidelity_are_refused() -> None:
    space = SearchSpace((Categorical("method", ("quick", "full")), Continuous("x", 0, 1)))
    fidelity = Fidelity("method", {"quick": 1.0, "full": 5.0})
    with pytest.raises(PlanningError, match="fidelity"):
        ForestProposer().propose(1, ProposalContext(Goal(space, (UP,), fidelity=fidelity)))


@pytest.mark.slow
def test_it_earns_experiments_where_it_delivers() -> None:
    policy = Policy({"bayesian": 1.0, "forest": 1.0}, 0, portfolio="earned")

    def turns(better: str, other: str) -> int:
        values = [(better, float(i)) if i % 2 else (other, -1.0) for i in range(16)]
        seen = [
            Observation(f"e{i}", ROWS[i], {"y": Measurement("y", v)}, origin=who) for i, (who, v) in enumerate(values)
        ]
        planner = make_planner(Goal(SPACE, (UP,)), policy, seed=1, sequence_seed=1)
        planner.tell(seen)
        return [candidate.origin for candidate in planner.ask(8)].count("forest")

    assert turns("forest", "bayesian") > 4 > turns("bayesian", "forest")
