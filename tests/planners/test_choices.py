"""How models see choices and pools: by name, by descriptors besides, and as sums of effects, by revision."""

import itertools
import math

import numpy as np
import pytest

from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous
from zosimos.core.records import Measurement, Observation
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.models.belief import Belief
from zosimos.planners.models.choices import Named
from zosimos.planners.policy import Policy
from zosimos.planners.protocol import ProposalContext

SOLVENT = Categorical("solvent", ("a", "b", "c"), {"a": {"p": 1.0}, "b": {"p": 2.0}, "c": {"p": 9.0}})
BASE = Categorical("base", ("k", "na"))
HEAT = Continuous("heat", 20, 80)
ROWS = [{"solvent": s, "base": b, "heat": h} for s, b, h in itertools.product("abc", ("k", "na"), (20.0, 50.0, 80.0))]
SPACE = SearchSpace((SOLVENT, HEAT, BASE))


def weights(space: SearchSpace, revision: int) -> dict[str, float]:
    """Return the weights of the members after a few results."""
    seen = [
        Observation(f"e{i}", row, {"y": Measurement("y", float(row["heat"]) + 30.0 * (row["solvent"] == "b"))})
        for i, row in enumerate(ROWS[::2])
    ]
    goal = Goal(space, (Objective("y", "max"),))
    belief = Belief(ProposalContext(goal, History(observations=tuple(seen)), Policy(revision=revision), seed=1))
    return dict(belief.weights["y"])


def test_described_choices_have_a_code_each_and_other_columns_stay() -> None:
    named = Named.of(SPACE.parameters)
    seen = named(SPACE.features(ROWS))
    assert named.groups == ((0, 1, 2), (3,), (4, 5))
    assert seen.shape == (len(ROWS), 6)
    assert seen[:, :3].argmax(axis=1).tolist() == ["abc".index(str(row["solvent"])) for row in ROWS]
    assert (seen[:, :3].sum(axis=1) == 1).all()
    assert np.array_equal(seen[:, 3:], SPACE.features(ROWS)[:, 1:])


def test_a_choice_that_is_none_any_more_is_like_no_other() -> None:
    gone = SPACE.features([{**ROWS[0], "solvent": "d"}])
    assert not Named.of(SPACE.parameters)(gone)[0, :3].any()


def test_members_see_names_and_one_sees_descriptors_besides() -> None:
    fourth = {"matern-5/2 by range", "exponential by range", "effects by range and descriptors"}
    assert set(weights(SPACE, 4)) == {*fourth, "varied quiet matern-5/2 by range"}
    assert set(weights(SPACE, 5)) == {
        "matern-5/2 by range",
        "effects by range and descriptors",
        "varied quiet matern-5/2 by range",
        "varied gaussian by range",
    }
    pool = SearchSpace(SPACE.parameters, pool=tuple(ROWS))
    assert set(weights(pool, 4)) == {
        "matern-5/2 by range",
        "exponential by range",
        "effects by range and descriptors",
        "matern-5/2 by place",
    }


def test_effects_are_added_up_where_there_are_choices_of_several_things() -> None:
    one, described = (SearchSpace((solvent, HEAT)) for solvent in (Categorical("solvent", SOLVENT.choices), SOLVENT))
    usual = {"matern-5/2 by range", "exponential by range", "varied quiet matern-5/2 by range"}
    assert set(weights(one, 4)) == usual
    assert set(weights(described, 4)) == {*usual, "matern-5/2 by range and descriptors"}


def test_names_alone_in_a_pool_have_no_place_of_their_own() -> None:
    rows = tuple({"solvent": s, "base": b} for s, b in itertools.product("abc", ("k", "na")))
    plain = Categorical("solvent", SOLVENT.choices)
    pool = SearchSpace((plain, BASE), pool=rows)
    seen = [Observation(f"e{i}", row, {"y": Measurement("y", float(i))}) for i, row in enumerate(rows[:4])]
    goal = Goal(pool, (Objective("y", "max"),))
    belief = Belief(ProposalContext(goal, History(observations=tuple(seen)), Policy(), seed=1))
    assert set(belief.weights["y"]) == {"matern-5/2 by range", "exponential by range", "effects by range"}


@pytest.mark.parametrize("revision", [1, 2, 3])
def test_campaigns_of_earlier_revisions_keep_their_members(revision: int) -> None:
    assert not any("effects" in name for name in weights(SPACE, revision))


def test_a_space_without_choices_keeps_its_members() -> None:
    rows = [{"heat": float(h)} for h in (20, 35, 50, 65)]
    seen = [Observation(f"e{i}", row, {"y": Measurement("y", row["heat"])}) for i, row in enumerate(rows)]
    goal = Goal(SearchSpace((HEAT,)), (Objective("y", "max"),))
    belief = Belief(ProposalContext(goal, History(observations=tuple(seen)), Policy(), seed=1))
    assert not any("effects" in name for name in belief.weights["y"])


def test_of_very_many_described_choices_descriptors_alone_are_seen() -> None:
    many = Categorical("x", tuple(f"m{i}" for i in range(200)), {f"m{i}": {"p": float(i)} for i in range(200)})
    named = Named.of((many,))
    assert named.groups == ((0,),)
    assert named(np.ones((3, 1))).shape == (3, 1)


NUMBERS = SearchSpace(
    (HEAT, Continuous("time", 0, 10)),
    pool=tuple({"heat": float(h), "time": float(t)} for h in (20, 35, 50, 65, 80) for t in (0, 3, 10)),
)


def weights_of(space: SearchSpace, revision: int = 5) -> dict[str, float]:
    """Return the weights of the members after a sum of two effects was seen at some rows of a pool."""
    rows = [dict(space.candidates[place]) for place in range(0, len(space.candidates), 2)]
    seen = [
        Observation(f"e{i}", row, {"y": Measurement("y", math.cos(sum(float(x) for x in row.values())))})
        for i, row in enumerate(rows)
    ]
    goal = Goal(space, (Objective("y", "max"),))
    belief = Belief(ProposalContext(goal, History(observations=tuple(seen)), Policy(revision=revision), seed=1))
    return dict(belief.weights["y"])


def test_a_pool_of_several_numbers_has_a_member_that_adds_up_effects() -> None:
    usual = {"matern-5/2 by range", "matern-5/2 by place", "exponential by range"}
    assert set(weights_of(NUMBERS)) == {*usual, "effects by range"}
    assert set(weights_of(NUMBERS, revision=4)) == usual


def test_a_pool_with_one_choice_among_numbers_adds_up_effects_beside_its_descriptors() -> None:
    pool = SearchSpace(
        (SOLVENT, HEAT), pool=tuple({"solvent": s, "heat": h} for s in "abc" for h in (20.0, 50.0, 80.0))
    )
    seen = [Observation(f"e{i}", row, {"y": Measurement("y", float(i))}) for i, row in enumerate(pool.candidates[:5])]
    goal = Goal(pool, (Objective("y", "max"),))
    belief = Belief(ProposalContext(goal, History(observations=tuple(seen)), Policy(), seed=1))
    assert {"effects by range", "matern-5/2 by range and descriptors"} <= set(belief.weights["y"])


@pytest.mark.parametrize("count", [1, 17])
def test_one_parameter_or_very_many_have_no_effects_to_add_up(count: int) -> None:
    parameters = tuple(Continuous(f"x{i}", 0, 9) for i in range(count))
    rows = tuple({p.name: float((7 * i + j) % 10) for j, p in enumerate(parameters)} for i in range(8))
    assert not any("effects" in name for name in weights_of(SearchSpace(parameters, pool=rows)))


def test_the_member_that_adds_up_effects_wins_where_outcomes_are_sums() -> None:
    rng = np.random.default_rng(4)
    names = ("a", "b", "c", "d")
    rows = tuple({name: float(x) for name, x in zip(names, row, strict=True)} for row in rng.random((40, 4)).round(3))
    pool = SearchSpace(tuple(Continuous(name, 0, 1) for name in names), pool=rows)
    seen = [
        Observation(f"e{i}", row, {"y": Measurement("y", sum(math.sin(6.0 * float(row[name])) for name in names))})
        for i, row in enumerate(rows[:24])
    ]
    goal = Goal(pool, (Objective("y", "max"),))
    weights = Belief(ProposalContext(goal, History(observations=tuple(seen)), Policy(), seed=1)).weights["y"]
    assert weights["effects by range"] > 0.5
