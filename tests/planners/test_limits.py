"""What a decision makes of results of which only a limit is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous
from zosimos.core.records import Candidate, Limit, Measurement, Observation, Quality
from zosimos.core.space import SearchSpace
from zosimos.planners.context import ProposalContext
from zosimos.planners.goal.goal import Goal
from zosimos.planners.goal.knowledge import Fidelity
from zosimos.planners.history import History
from zosimos.planners.models.belief import Belief
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy

SPACE = SearchSpace((Continuous("x", 0, 1),))
SEEN = ((0.1, 1.0, None), (0.35, 0.4, None), (0.6, 0.2, "below"), (0.85, 0.2, "below"))


def observations(*found: tuple[float, float, Limit | None], quality: Quality = "good") -> tuple[Observation, ...]:
    return tuple(
        Observation(f"e{n:04d}", {"x": x}, {"y": Measurement("y", y, limit=limit, quality=quality)})
        for n, (x, y, limit) in enumerate(found, start=1)
    )


def context(
    seen: tuple[Observation, ...], policy: Policy | None = None, space: SearchSpace = SPACE, *, goal: str = "min"
) -> ProposalContext:
    objective = Objective("y", goal)  # type: ignore[arg-type]  # a test's own word
    return ProposalContext(Goal(space, (objective,)), History(observations=seen), policy or Policy(start=2))


def ask(of: ProposalContext) -> Candidate:
    planner = make_planner(of.goal, of.policy, of.history, seed=3, sequence_seed=1)
    return planner.ask(1)[0]


def test_a_limit_moves_what_is_believed_to_its_side() -> None:
    rows = [{"x": 0.6}, {"x": 0.85}]
    (mean, sd) = Belief(context(observations(*SEEN))).predict(rows)["y"]
    assert (mean < 0.2).all()
    (without, wide) = Belief(context(observations(*SEEN), Policy(start=2, revision=2))).predict(rows)["y"]
    assert (without > mean).all()
    assert (sd < wide).all()


def test_policies_of_before_leave_limits_out() -> None:
    before = Policy(start=2, revision=2)
    with_limits, without = observations(*SEEN), observations(*SEEN[:2])
    asked = [Belief(context(seen, before)).predict([{"x": 0.7}])["y"] for seen in (with_limits, without)]
    assert asked[0] == asked[1]


def test_limits_that_are_flagged_as_bad_teach_nothing() -> None:
    seen = (*observations(*SEEN[:2]), *observations(*SEEN[2:], quality="bad"))
    renumbered = tuple(replace(one, experiment=f"e{n:04d}") for n, one in enumerate(seen, start=1))
    flagged = Belief(context(renumbered)).predict([{"x": 0.7}])["y"]
    assert flagged == Belief(context(observations(*SEEN[:2]))).predict([{"x": 0.7}])["y"]


def test_the_reason_says_that_limits_were_learned_from() -> None:
    assert "y: learned from 2 limits too" in ask(context(observations(*SEEN))).reason


@pytest.mark.slow
@pytest.mark.parametrize("surrogate", ["gp", "sparse-gp", "forest"])
def test_other_surrogates_learn_what_a_committee_makes_of_limits(surrogate: str) -> None:
    asked = [{"x": 0.6}, {"x": 0.85}]
    with_limits, without = (
        context(observations(*seen), Policy(start=2, surrogate=surrogate)) for seen in (SEEN, SEEN[:2])
    )
    assert "learned from 2 limits too, as a committee estimates them" in ask(with_limits).reason
    mean, _ = Belief(with_limits).predict(asked)["y"]
    assert (mean < Belief(without).predict(asked)["y"][0]).all()
    known = Belief(with_limits).models[0].known()
    assert len(known.mean) == 2
    assert known.limited is not None


def test_each_level_of_fidelity_learns_from_its_own_limits() -> None:
    space = SearchSpace((Continuous("x", 0, 1), Categorical("level", ("quick", "full"))))
    goal = Goal(space, (Objective("y", "min"),), fidelity=Fidelity("level", {"quick": 1.0, "full": 5.0}))
    rows = [(0.1, "quick", 1.0, None), (0.4, "quick", 0.5, None), (0.7, "quick", 0.2, "below")]
    rows += [(0.1, "full", 1.1, None), (0.5, "full", 0.6, None), (0.9, "full", 0.3, "below")]
    seen = tuple(
        Observation(f"e{n}", {"x": x, "level": level}, {"y": Measurement("y", y, limit=limit)})
        for n, (x, level, y, limit) in enumerate(rows)
    )
    belief = Belief(ProposalContext(goal, History(observations=seen), Policy(start=2)))
    found, _ = belief.predict([{"x": 0.7, "level": "quick"}, {"x": 0.9, "level": "full"}])["y"]
    assert found[0] < 0.2
    assert found[1] < 0.3


def test_what_is_believed_of_a_limited_row_is_to_be_beaten() -> None:
    belief = Belief(context(observations(*SEEN)))
    beside, away = belief.acquisition([{"x": 0.601}, {"x": 0.72}])
    assert beside < away
    believed = float(belief.predict([{"x": 0.6}])["y"][0][0])
    assert max(float(best.max()) for best in belief.judgement.question.best) >= -believed - 1e-9


def test_limited_rows_beyond_todays_bounds_are_not_to_be_beaten() -> None:
    near = SearchSpace((Continuous("x", 0, 0.5),))
    (best,) = Belief(context(observations(*SEEN), space=near)).judgement.question.best
    assert best == pytest.approx(np.full(len(best), -0.4), abs=0.1)


def test_one_result_beside_limits_that_it_does_not_keep_to_is_a_signal() -> None:
    floor = tuple((x, 0.5, "below") for x in (0.1, 0.3, 0.5))
    high = observations(*floor, (0.8, 12.0, None))
    assert not context(high, goal="max").alike
    assert "no signal" not in ask(context(high, goal="max")).reason
    assert context(observations(*floor, (0.8, 0.3, None))).alike  # all keep to what was found: nothing differs
    assert context(high, Policy(start=2, revision=2)).alike


def test_two_outcomes_may_each_have_limits() -> None:
    goal = Goal(SPACE, (Objective("y", "min"), Objective("z", "max")))
    seen = tuple(
        Observation(f"e{n}", {"x": x}, {"y": Measurement("y", y, limit=below), "z": Measurement("z", z, limit=above)})
        for n, (x, y, below, z, above) in enumerate(
            (
                (0.1, 1.0, None, 3.0, None),
                (0.4, 0.2, "below", 5.0, None),
                (0.7, 0.2, "below", 9.0, "above"),
                (0.9, 0.5, None, 9.0, "above"),
            )
        )
    )
    belief = Belief(ProposalContext(goal, History(observations=seen), Policy(start=2)))
    found = belief.predict([{"x": 0.7}, {"x": 0.9}])
    assert found["y"][0][0] < 0.2
    assert (found["z"][0] > 9).all()
    assert np.isfinite(belief.acquisition([{"x": 0.2}, {"x": 0.55}])).all()
