"""What all results share of an uncertainty: it compares no points, and what scatters does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from zosimos.core.objective import Objective
from zosimos.core.parameters import Continuous
from zosimos.core.records import Measurement, Observation
from zosimos.core.revision import FOURTH
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.models.belief import Belief
from zosimos.planners.models.outcomes import Outcomes
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy
from zosimos.planners.proposers.confirmation import at_the_end
from zosimos.planners.protocol import ProposalContext
from zosimos.surrogates.committee.stated import FIRM, LOOSE

SPACE = SearchSpace((Continuous("x", 0.0, 1.0), Continuous("z", 0.0, 1.0)))
WIDE = np.random.default_rng(0).random((14, 2))


def seen(u: float | None, n: int = 14, **more: Any) -> tuple[Observation, ...]:
    rng = np.random.default_rng(1)
    found = []
    for number, (x, z) in enumerate(WIDE[:n].tolist(), start=1):
        value = float(np.sin(4 * x) * np.cos(3 * z) + 0.02 * rng.normal())
        found.append(Observation(f"e{number:04d}", {"x": x, "z": z}, {"y": Measurement("y", value, u, **more)}))
    return tuple(found)


def context(observations: tuple[Observation, ...], u_shared: Any = None, **more: Any) -> ProposalContext:
    goal = Goal(SPACE, (Objective("y", "max", u_shared=u_shared),))
    return ProposalContext(goal, History(observations, left=more.pop("left", None)), **more)


def asked(
    observations: tuple[Observation, ...], u_shared: Any = None, policy: Policy | None = None
) -> Mapping[str, Any]:
    goal = Goal(SPACE, (Objective("y", "max", u_shared=u_shared),))
    return make_planner(goal, policy or Policy(), History(observations), seed=3, sequence_seed=3).ask(1)[0].values


def learned(observations: tuple[Observation, ...], u_shared: Any = None, **more: Any) -> tuple[Any, Any]:
    made = context(observations, u_shared, **more)
    found = Outcomes.of(made, made.objectives)
    return found.variances[:, 0], found.stated_sd[0]


def test_what_all_share_changes_no_choice_however_large_it_is() -> None:
    choices = [asked(seen(0.02, u_shared=shared)) for shared in (0.0, 0.3, 50.0)]
    assert choices[0] == choices[1] == choices[2]


def test_a_campaign_says_for_all_results_what_each_could_say_itself() -> None:
    total = float(np.hypot(0.02, 0.3))
    for_all, each = learned(seen(total), 0.3), learned(seen(0.02, u_shared=0.3))
    assert for_all[0] == pytest.approx(each[0], rel=1e-9)
    assert for_all[1] == each[1] == FIRM


def test_what_is_all_shared_is_modelled_as_if_nothing_were_stated() -> None:
    assert asked(seen(0.3), "all") == asked(seen(None))


@pytest.mark.parametrize(("u_shared", "sd"), [(None, LOOSE), ("none", FIRM), (0.1, FIRM), ("all", LOOSE)])
def test_how_sure_a_statement_is_depends_on_what_is_said_of_it(u_shared: Any, sd: float) -> None:
    assert learned(seen(0.3), u_shared)[1] == sd


def test_results_that_do_not_say_their_parts_are_thought_to_scatter_like_those_that_do() -> None:
    mixed = (*seen(0.02, 7, u_shared=0.3), *seen(0.3)[7:])
    variances, sd = learned(mixed)
    assert np.isnan(variances[7:]).all()
    assert variances[:7] == pytest.approx(4e-4)
    assert sd == FIRM


def test_campaigns_of_earlier_revisions_take_what_is_stated_as_it_is() -> None:
    variances, sd = learned(seen(0.3), policy=Policy(revision=FOURTH))
    assert sd is None
    assert variances == pytest.approx(0.09)


def test_a_stated_uncertainty_that_is_mostly_shared_hides_no_surface() -> None:
    def error(made: ProposalContext) -> float:
        belief = Belief(made)
        rows = [{"x": float(x), "z": float(z)} for x, z in np.random.default_rng(5).random((50, 2))]
        true = [np.sin(4 * row["x"]) * np.cos(3 * row["z"]) for row in rows]
        return float(np.mean((belief.predict(rows)["y"][0] - true) ** 2))

    learnt, before = error(context(seen(0.5))), error(context(seen(0.5), policy=Policy(revision=FOURTH)))
    assert learnt < 0.7 * before


def test_statements_that_cannot_be_right_or_are_contradicted_are_noted() -> None:
    belief = Belief(context((*seen(0.6), *(seen(0.0)[:1]))))
    assert belief.contradicted == ("y: e0001 states an uncertainty of 0, which counts as not known",)
    assert "results scatter by" in " ".join(belief.notes)


def test_the_end_of_a_budget_confirms_nothing_for_what_all_results_share() -> None:
    assert at_the_end(context(seen(0.3), left=1), 0)
    assert at_the_end(context(seen(0.02, u_shared=0.3), left=1), 0)
    assert not at_the_end(context(seen(0.3), "all", left=1), 0)


@pytest.mark.slow
@pytest.mark.parametrize("surrogate", ["gp", "forest"])
def test_other_surrogates_are_given_what_a_committee_learned(surrogate: str) -> None:
    noise = [
        float(
            Belief(context(seen(0.5), policy=Policy(surrogate=surrogate, revision=revision)))
            .models[0]
            .noise(SPACE.features([{"x": 0.5, "z": 0.5}]))[0]
        )
        for revision in (FOURTH, Policy().revision)
    ]
    assert noise[1] <= noise[0]


def test_what_is_stated_and_does_not_scatter_counts_as_shared_for_the_truth() -> None:
    belief = Belief(context(seen(0.5)))
    assert belief.shared("y") == pytest.approx(np.full(14, 0.5), rel=0.1)
    assert Belief(context(seen(0.02, u_shared=0.3))).shared("y") == pytest.approx(0.3)
    assert not Belief(context(seen(None))).shared("y").any()
