"""Parameters that are set with errors: what is sought is the row that stays best when it is set a little off."""

from __future__ import annotations

import math

import numpy as np
import pytest

from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.setup import assemble
from zosimos.core.errors import SpecError
from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous, Discrete, Integer
from zosimos.core.records import Measurement, Observation
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.models.belief import Belief
from zosimos.planners.models.input_noise import Blur, check_errors
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy
from zosimos.planners.protocol import ProposalContext

GOAL = (Objective("y", "max"),)
X = (Continuous("x", 0.0, 1.0),)
NOISY = Goal(SearchSpace(X), GOAL, errors={"x": 0.06})


def peaks(x: float) -> float:
    """A sharp high peak at 0.2 and a broad lower one at 0.7."""
    return 1.5 * math.exp(-0.5 * ((x - 0.2) / 0.025) ** 2) + math.exp(-0.5 * ((x - 0.7) / 0.15) ** 2)


def seen(xs) -> tuple[Observation, ...]:
    return tuple(Observation(f"e{i}", {"x": x}, {"y": Measurement("y", peaks(x))}) for i, x in enumerate(xs))


def chosen(errors: dict[str, float], *, pool: bool) -> list[float]:
    """Return where a campaign measures, from five even points on."""
    space = SearchSpace(X, pool=[{"x": i / 100} for i in range(101)] if pool else None)
    xs = [0.05, 0.2, 0.45, 0.7, 0.95]
    for number in range(15):
        policy = Policy(start=0, replicates="none")
        planner = make_planner(Goal(space, GOAL, errors=errors), policy, seed=number, sequence_seed=1)
        planner.tell(seen(xs))
        (candidate,) = planner.ask()
        xs.append(float(candidate.values["x"]))
        assert ("judged over the errors with which x is set" in candidate.reason) == bool(errors)
    return xs[5:]


@pytest.mark.parametrize("pool", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_with_an_error_it_settles_on_the_broad_peak_and_without_on_the_sharp_one(pool: bool) -> None:
    robust, plain = chosen({"x": 0.06}, pool=pool), chosen({}, pool=pool)
    assert sum(abs(x - 0.7) < 0.2 for x in robust[-8:]) >= 5
    assert sum(abs(x - 0.7) < 0.2 for x in plain[-8:]) < sum(abs(x - 0.7) < 0.2 for x in robust[-8:])
    assert min(abs(x - 0.2) for x in plain) < 0.025  # 0.2 itself is among the first


def test_the_best_believed_is_the_robust_best() -> None:
    belief = Belief(ProposalContext(NOISY, History(seen(np.linspace(0, 1, 41).tolist()))))
    (model,) = belief.judgement.judged
    around = model.predict(np.array([[0.2], [0.7]])).mean
    exact = [np.mean([peaks(x + 0.06 * z) for z in np.random.default_rng(0).normal(size=20_000)]) for x in (0.2, 0.7)]
    assert around == pytest.approx(exact, abs=0.1)
    assert around[1] > around[0]
    assert belief.judgement.question.best[0] == pytest.approx(
        np.full(len(belief.judgement.question.best[0]), exact[1]), abs=0.1
    )


def test_a_row_next_to_the_best_gains_next_to_nothing() -> None:
    belief = Belief(ProposalContext(NOISY, History(seen([0.1, 0.4, 0.6, 0.7, 0.9]))))
    (best,) = belief.judgement.incumbents
    assert best[:, 0] == pytest.approx(0.7)
    near, apart = belief.acquisition([{"x": 0.7001}, {"x": 0.8}])
    assert near < apart - 1.5


def test_rows_under_way_are_judged_by_their_surroundings_too() -> None:
    belief = Belief(ProposalContext(NOISY, History(seen([0.1, 0.4, 0.6, 0.9]))))
    (before,) = belief.judgement.judged
    unsure = before.predict(np.array([[0.7]])).variance[0]
    assert before.known().parts.shape[1] == 4
    belief.add_pending([{"x": 0.7}])
    (after,) = belief.judgement.judged
    assert after.known().parts.shape[1] == 5
    assert after.predict(np.array([[0.7]])).variance[0] < unsure


def test_deviations_have_the_stated_size_in_the_parameters_own_unit() -> None:
    space = SearchSpace(
        (
            Categorical("c", ("u", "v", "w")),
            Continuous("t", 20.0, 120.0),
            Continuous("k", 1e-2, 1e2, log=True),
            Integer("n", 0, 10),
            Discrete("d", (1.0, 2.0, 5.0)),
        )
    )
    row = {"c": "u", "t": 70.0, "k": 1.0, "n": 5, "d": 2.0}
    errors = {"t": 2.0, "k": 0.1, "n": 0.5, "d": 0.2}
    around = np.array([moved[0] for moved in Blur.of(space, errors).around(space.features([row]))])
    plain = space.features([row])[0]
    assert len(around) == 16
    assert np.all(around[:, :3] == plain[:3])
    deviations = around[:, 3:] - plain[3:]
    assert deviations.mean(axis=0)[[0, 2, 3]] == pytest.approx([0, 0, 0], abs=1e-12)
    assert deviations.std(axis=0)[[0, 2, 3]] == pytest.approx([0.02, 0.05, 0.05])
    back = 1e-2 * 1e4 ** around[:, 4]
    assert back.mean() == pytest.approx(1.0)
    assert back.std() == pytest.approx(0.1)


def spec(space: dict, **more) -> dict:
    return {"name": "e", "space": space, "objectives": {"y": {"goal": "max"}}, "budget": {"experiments": 5}, **more}


def test_the_campaign_file_states_errors_in_any_unit_of_the_parameter() -> None:
    space = {"t": {"min": "20 degC", "max": "80 degC", "unit": "degC", "error": "0.5 K"}, "x": {"min": 0, "max": 1}}
    setup = assemble(parse_spec(spec(space)), {})
    assert setup.goal(setup.spec).errors == {"t": 0.5}


@pytest.mark.parametrize(
    ("space", "more", "said"),
    [
        ({"x": {"min": 0, "max": 1, "error": -1}}, {}, "error"),
        ({"x": {"min": 0, "max": 1, "error": 0}}, {}, "error"),
        ({"c": {"choices": ["u", "v"], "error": 1}}, {}, "error"),
        ({"x": {"min": 0, "max": 1, "error": 0.1}}, {"planner": {"acquisition": "knowledge-gradient"}}, "not used"),
    ],
)
def test_errors_that_make_no_sense_are_refused(space: dict, more: dict, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        assemble(parse_spec(spec(space, **more)), {})


@pytest.mark.parametrize("error", [math.inf, math.nan, -1.0])
def test_an_error_that_is_no_finite_number_above_0_is_refused(error: float) -> None:
    with pytest.raises(SpecError, match="error of 'x'"):
        check_errors({"x": error}, SearchSpace((Continuous("x", 0.0, 1.0),)))
