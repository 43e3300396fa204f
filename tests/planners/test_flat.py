"""A context by the fields that it had in one piece: it still works for plugins, and says what to write now."""

from __future__ import annotations

from dataclasses import replace

import pytest

from zosimos.core.objective import Objective
from zosimos.core.parameters import Integer
from zosimos.core.records import Measurement, Observation
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.cost import Costs
from zosimos.planners.goal.goal import Goal
from zosimos.planners.goal.knowledge import Source
from zosimos.planners.history import History
from zosimos.planners.policy import Policy
from zosimos.planners.protocol import ProposalContext

SPACE = SearchSpace((Integer("n", 1, 5),))
UP = (Objective("y", "max"),)
SEEN = (Observation("e0001", {"n": 1}, {"y": Measurement("y", 2.0)}),)
EARLIER = Source("earlier", ({"n": 2},), {"y": (1.0,)})
NEW = ProposalContext(
    Goal(SPACE, UP, Costs(budget=9.0)),
    History(SEEN, ({"n": 2},), ({"n": 3},), charged=({"n": 1},), sources=(EARLIER,)),
    Policy(start=4, surrogate="gp"),
    seed=7,
    position=2,
)


def test_the_fields_of_one_piece_make_the_same_context() -> None:
    from zosimos.planners.flat import PlannerSettings

    with pytest.warns(DeprecationWarning, match="Goal, a History and a Policy"):
        settings = PlannerSettings(start=4, surrogate="gp", costs=Costs(budget=9.0), sources=(EARLIER,))
    with pytest.warns(DeprecationWarning, match="Goal, a History and a Policy"):
        old = ProposalContext(  # type: ignore[call-arg]
            SPACE, UP, SEEN, ({"n": 2},), ({"n": 3},), 7, position=2, settings=settings, charged=({"n": 1},)
        )
    assert old == NEW


def test_what_a_plugin_reads_in_a_context_is_where_it_was() -> None:
    assert (NEW.space, NEW.objectives, NEW.observations) == (SPACE, UP, SEEN)
    assert (NEW.pending, NEW.avoid, NEW.charged, NEW.advice) == (({"n": 2},), ({"n": 3},), ({"n": 1},), ())
    assert NEW.charged_rows == ({"n": 1},)
    with pytest.warns(DeprecationWarning, match="Goal, a History and a Policy"):
        settings = NEW.settings
    assert (settings.costs, settings.sources, settings.surrogate) == (Costs(budget=9.0), (EARLIER,), "gp")
    assert (settings.acquisition.kind, settings.shares) == ("improvement", {"bayesian": 1.0})
    with pytest.raises(AttributeError, match="surprise"):
        _ = settings.surprise


def test_nobody_writes_to_what_a_plugin_reads() -> None:
    for name in ("space", "observations", "pending", "settings"):
        with pytest.raises(AttributeError):
            setattr(NEW, name, ())


def test_old_fields_are_replaced_in_their_part() -> None:
    with pytest.warns(DeprecationWarning, match="Goal, a History and a Policy"):
        old = replace(NEW, pending=(), space=SearchSpace((Integer("n", 1, 9),)), seed=8)
    assert old.goal == replace(NEW.goal, space=SearchSpace((Integer("n", 1, 9),)))
    assert old.history == replace(NEW.history, pending=())
    assert (old.policy, old.seed, old.position) == (NEW.policy, 8, 2)


def test_the_settings_have_their_name_under_the_old_paths_too() -> None:
    from zosimos.planners import policy
    from zosimos.planners.flat import PlannerSettings

    assert policy.PlannerSettings is PlannerSettings
    with pytest.raises(AttributeError, match="Plans"):
        _ = policy.Plans


def test_a_misspelt_field_is_refused() -> None:
    with pytest.raises(TypeError, match="observed"):
        ProposalContext(Goal(SPACE, UP), observed=())  # type: ignore[call-arg]


@pytest.mark.filterwarnings("ignore:PlannerSettings are:DeprecationWarning")
def test_a_misspelt_setting_is_refused() -> None:
    from zosimos.planners.flat import PlannerSettings

    with pytest.raises(TypeError, match="nothing of startt"):
        PlannerSettings(startt=3)
