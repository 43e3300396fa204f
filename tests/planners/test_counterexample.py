"""Claims: read, doubted as far as results allow, and contradicted sooner than by chance."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from zosimos.core.errors import SpecError
from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous
from zosimos.core.records import Measurement, Observation
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.goal import Goal
from zosimos.planners.goal.rules import Claim
from zosimos.planners.history import History
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy
from zosimos.planners.protocol import ProposalContext
from zosimos.planners.registry import load_proposer
from zosimos.surrogates.outcome import Mixture

GOAL = (Objective("yield", "max"),)
PARTS = (Categorical("ligand", ("XPhos", "SPhos", "PPh3")), Continuous("t", 20.0, 120.0), Continuous("c", 0.0, 1.0))
CLAIM = Claim("ligand == 'XPhos'", "yield > 60")


def truth(row) -> float:
    """Above 60 with XPhos, but for a corner: hot and dilute."""
    base = {"XPhos": 80.0, "SPhos": 60.0, "PPh3": 30.0}[str(row["ligand"])]
    return base - 70.0 * max(0.0, (float(row["t"]) - 80.0) / 40.0) * (1.0 - float(row["c"]))


def pool() -> SearchSpace:
    rows = [
        {"ligand": ligand, "t": 20.0 + 10.0 * i, "c": j / 10}
        for ligand, i, j in itertools.product(("XPhos", "SPhos", "PPh3"), range(11), range(11))
    ]
    return SearchSpace(PARTS, pool=rows)


def observed(row, number: int) -> Observation:
    return Observation(f"e{number}", row, {"yield": Measurement("yield", truth(row))})


def found(kind: str, space: SearchSpace, seed: int, budget: int = 15) -> int:
    """Return how many results contradict the claim within the budget."""
    policy = Policy({kind: 1.0}, start=6)
    seen: list[Observation] = []
    for number in range(budget):
        planner = make_planner(
            Goal(space, GOAL, claims=(CLAIM,)), policy, seed=1000 * seed + number, sequence_seed=seed
        )
        planner.tell(seen)
        (candidate,) = planner.ask()
        seen += [observed(candidate.values, number)]
    return sum(CLAIM.contradicted(observation) for observation in seen)


@pytest.mark.slow
def test_planted_violations_are_found_faster_than_at_random_in_a_pool():
    space = pool()
    ours = [found("counterexample", space, seed) for seed in range(10)]
    random = [found("random", space, seed) for seed in range(10)]
    assert min(ours) >= 2
    assert np.mean(ours) > 3 * np.mean(random)


@pytest.mark.slow
def test_planted_violations_are_found_faster_than_at_random_in_a_continuous_space():
    space = SearchSpace(PARTS)
    ours = [found("counterexample", space, seed, 18) for seed in range(4)]  # 8 of 18 or more, by chance 3 or fewer
    random = [found("random", space, seed, 18) for seed in range(4)]
    assert np.mean(ours) > 3 * np.mean(random)


@pytest.mark.parametrize("space", [pool(), SearchSpace(PARTS)], ids=["pool", "box"])
def test_rows_satisfy_the_condition_and_the_reason_says_how_doubtful_the_claim_is(space):
    rows = (
        [space.candidates[i] for i in range(0, 363, 30)]
        if space.pool is not None
        else [
            {"ligand": ligand, "t": t, "c": c}
            for ligand, t, c in itertools.product(("XPhos", "PPh3"), (30.0, 70.0, 110.0), (0.2, 0.7))
        ]
    )
    context = ProposalContext(
        Goal(space, GOAL, claims=(CLAIM,)),
        History(tuple(observed(row, i) for i, row in enumerate(rows))),
        Policy({"counterexample": 1.0}),
    )
    batch = load_proposer("counterexample").propose(2, context)
    assert len({str(candidate.values) for candidate in batch}) == 2
    for candidate in batch:
        assert candidate.values["ligand"] == "XPhos"
        assert (
            "could contradict the claim that if ligand == 'XPhos', then yield > 60: with a probab" in candidate.reason
        )
        assert candidate.domain in ("in", "near", "out")


def test_a_claim_that_nothing_contradicts_yet_comes_before_one_that_is_refuted():
    refuted, standing = Claim("t > 100", "yield > 60"), Claim("t < 50", "yield > 0")
    space = pool()
    rows = [space.candidates[i] for i in range(0, 363, 20)]
    context = ProposalContext(
        Goal(space, GOAL, claims=(refuted, standing)),
        History(tuple(observed(row, i) for i, row in enumerate(rows))),
        Policy({"counterexample": 1.0}),
    )
    assert any(refuted.contradicted(seen) for seen in context.observations)
    (candidate,) = load_proposer("counterexample").propose(1, context)
    assert float(candidate.values["t"]) < 50


def test_the_doubt_is_the_probability_of_the_other_side():
    belief = Mixture(np.array([[0.0, 100.0]]), np.array([[75.0, 75.0]]), np.ones(1), np.array([25.0]))
    assert Claim("t > 0", "y > 0").doubt(belief, 1.0) == pytest.approx([0.5, 0.0], abs=1e-9)
    assert Claim("t > 0", "y <= 10").doubt(belief, 1.0) == pytest.approx([0.1586553, 1.0], abs=1e-6)
    assert Claim("t > 0", "y <= 20").doubt(belief, 2.0)[0] == pytest.approx(0.1586553, abs=1e-6)


def test_failed_and_untrusted_results_contradict_nothing():
    row = {"ligand": "XPhos", "t": 50.0, "c": 0.5}
    low = Measurement("yield", 5.0)
    assert CLAIM.contradicted(Observation("e1", row, {"yield": low}))
    assert not CLAIM.contradicted(Observation("e1", row, failed=True))
    assert not CLAIM.contradicted(Observation("e1", row, {"yield": Measurement("yield", 5.0, quality="bad")}))
    assert not CLAIM.contradicted(Observation("e1", {**row, "ligand": "PPh3"}, {"yield": low}))


def test_without_claims_it_leaves_the_slot_to_others():
    context = ProposalContext(Goal(pool(), GOAL), History((observed(pool().candidates[0], 1),)))
    assert load_proposer("counterexample").propose(1, context) == []


@pytest.mark.parametrize(
    ("condition", "outcome", "said"),
    [
        ("t >", "yield > 60", "does not parse"),
        ("t > 10", "yield is good", "no comparison"),
        ("t > 10", "yield > 60 > 3", "no comparison|does not know"),
        ("heat > 10", "yield > 60", "'heat', which the campaign does not know"),
        ("t > 10", "purity > 60", "'purity', which the campaign does not know"),
    ],
)
def test_claims_that_cannot_be_read_are_refused(condition, outcome, said):
    with pytest.raises(SpecError, match=said):
        Claim(condition, outcome).check(SearchSpace(PARTS), ("yield",))
