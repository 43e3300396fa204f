"""An objective that one member of the committee models on another scale: asked for, refused, left out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zosimos.core.composite import Composite, MeasuredQuantity
from zosimos.core.errors import SpecError
from zosimos.core.objective import Objective
from zosimos.core.parameters import Continuous
from zosimos.core.records import Candidate, Measurement, Observation
from zosimos.core.revision import THIRD
from zosimos.core.space import SearchSpace
from zosimos.planners.acquisition.improvement import log_expected_gain
from zosimos.planners.context import ProposalContext
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.models.belief import Belief
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import AcquisitionSettings, Policy
from zosimos.surrogates.committee.standard import Standard
from zosimos.surrogates.committee.warped import Latent, WarpedMixture
from zosimos.surrogates.committee.warps import Bend, Warp

SPACE = SearchSpace((Continuous("x", 0, 1), Continuous("t", 0, 1)))
GRID = SearchSpace(tuple(Continuous(name, 0, 9, step=1) for name in "xt"))
ROWS = np.random.default_rng(4).random((10, 2))
DRAWS = np.random.default_rng(2).normal(size=100_000)
DECADES = np.exp(-7.0 * ((ROWS - 0.6) ** 2).sum(axis=1) * 3)


def seen(values: np.ndarray, rows: np.ndarray = ROWS) -> tuple[Observation, ...]:
    return tuple(
        Observation(f"e{n:04d}", {"x": float(x), "t": float(t)}, {"y": Measurement("y", float(value))})
        for n, ((x, t), value) in enumerate(zip(rows, values, strict=True), start=1)
    )


def belief(objective: Objective, values: np.ndarray = DECADES, **policy: Any) -> Belief:
    history = History(observations=seen(values))
    return Belief(ProposalContext(Goal(SPACE, (objective,)), history, Policy(start=2, **policy)))


def members(objective: Objective, values: np.ndarray = DECADES, **policy: Any) -> list[str]:
    return [name for name in belief(objective, values, **policy).weights["y"] if "," in name]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("transform", "limits", "name"),
    [
        ("auto", (None, None), "bi-log"),
        ("auto", (0.0, None), "log"),
        ("auto", (None, 1.0), "log"),
        ("auto", (0.0, 1.0), "logit"),
        ("log", (0.0, 1.0), "log"),
        ("bi-log", (0.0, 1.0), "bi-log"),
        ("power", (None, None), "power"),
    ],
)
def test_a_member_is_added_on_the_scale_that_goes_with_the_limits(
    transform: Any, limits: tuple[float | None, float | None], name: str
) -> None:
    wanted = Objective("y", "max", least=limits[0], most=limits[1], transform=transform)
    assert members(wanted) == [f"matern-5/2 by range, {name}"]


@pytest.mark.parametrize(
    ("more", "added"),
    [
        ({"goal": "max", "least": 0.0}, True),
        ({"goal": "min", "least": 0.0, "most": 1.0}, True),
        ({"goal": "max"}, False),
        ({"goal": "target", "target": 0.5, "least": 0.0}, False),
    ],
)
def test_an_outcome_with_limits_gets_one_where_nothing_is_said_of_it(more: dict[str, Any], added: bool) -> None:
    assert bool(members(Objective("y", **more))) == added


def test_several_objectives_get_none_where_nothing_is_said_of_it() -> None:
    cost = Objective("cost", "min", least=0.0)
    both = tuple(
        Observation(one.experiment, one.values, {**one.measurements, "cost": Measurement("cost", 0.01 + n**2)})
        for n, one in enumerate(seen(DECADES))
    )
    goal = Goal(SPACE, (Objective("y", "max", least=0.0), cost))
    found = Belief(ProposalContext(goal, History(observations=both), Policy(start=2)))
    assert not any("," in name for weights in found.weights.values() for name in weights)


def test_none_is_added_where_none_is_wanted_or_the_campaign_is_an_earlier_one() -> None:
    assert members(Objective("y", "max", least=0.0, transform="none")) == []
    assert members(Objective("y", "max", least=0.0, transform="auto"), revision=THIRD) == []


@pytest.mark.parametrize("values", [np.where(DECADES < 0.3, 0.0, DECADES), DECADES[:3]], ids=["many zeros", "three"])
def test_none_is_added_where_outcomes_are_many_times_the_same_or_few(values: np.ndarray) -> None:
    wanted = Objective("y", "max", least=0.0, transform="auto")
    history = History(observations=seen(values, ROWS[: len(values)]))
    found = Belief(ProposalContext(Goal(SPACE, (wanted,)), history, Policy(start=2)))
    assert not any("," in name for name in found.weights["y"])


def test_none_is_added_where_only_a_limit_is_known_of_a_result() -> None:
    limit = Observation("e0099", {"x": 0.1, "t": 0.9}, {"y": Measurement("y", 0.05, limit="below")})
    history = History(observations=(*seen(DECADES), limit))
    wanted = Objective("y", "max", least=0.0, transform="auto")
    found = Belief(ProposalContext(Goal(SPACE, (wanted,)), history, Policy(start=2)))
    assert not any("," in name for name in found.weights["y"])


@pytest.mark.parametrize(
    ("transform", "more"),
    [
        ("root", {}),
        ("log", {}),
        ("logit", {"least": 0.0}),
        ("auto", {"of": Composite("a / b", (MeasuredQuantity("a"), MeasuredQuantity("b")))}),
    ],
)
def test_a_transform_that_cannot_be_is_refused(transform: Any, more: dict[str, Any]) -> None:
    with pytest.raises(SpecError) as refused:
        Objective("y", "max", transform=transform, **more)
    assert refused.value.field == "objectives.y.transform"
    assert refused.value.allowed


def ask(values: np.ndarray, goal: Objective, n: int = 2) -> list[Candidate]:
    rows = np.array([(0, 0), (0, 4), (2, 1), (4, 8), (7, 5), (5, 3), (9, 4)], dtype=float)
    planner = make_planner(Goal(GRID, (goal,)), Policy(start=4), seed=3, sequence_seed=3)
    planner.tell(list(seen(values, rows)))
    return planner.ask(n)


@pytest.mark.slow
@pytest.mark.parametrize(("least", "most"), [(0.0, None), (0.0, 1.0), (None, None)])
@given(offset=st.sampled_from([0.0, 5.0, -2e3, 1e5]), scale=st.sampled_from([1.0, 1e-3, 1e3]))
@settings(deadline=None, max_examples=4)
def test_an_offset_and_another_unit_change_no_decision(
    least: float | None, most: float | None, offset: float, scale: float
) -> None:
    shape = np.array([0.0458, 0.0506, 0.0772, 0.2832, 0.58, 0.8639, 0.4086])

    def moved(value: float | None) -> float | None:
        return None if value is None else offset + scale * value

    plain = ask(shape, Objective("y", "max", least=least, most=most, transform="auto"))
    other = ask(offset + scale * shape, Objective("y", "max", least=moved(least), most=moved(most), transform="auto"))
    assert [c.values for c in other] == [c.values for c in plain]
    for one, two in zip(plain, other, strict=True):
        assert two.predictions["y"].sd / scale == pytest.approx(one.predictions["y"].sd, rel=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["improvement", "probability", "confidence-bound", "thompson", "knowledge-gradient"])
@pytest.mark.parametrize("goal", ["max", "min", "target"])
def test_every_acquisition_judges_rows_by_a_warped_member_too(kind: str, goal: Any) -> None:
    aim = 0.5 if goal == "target" else None
    wanted = Objective("y", goal, target=aim, least=0.0, most=1.0, transform="auto")
    found = belief(wanted, acquisition=AcquisitionSettings(kind)).acquisition(
        [{"x": float(x), "t": 0.5} for x in np.linspace(0, 1, 9)]
    )
    assert np.isfinite(found).all()
    assert len(set(found.round(12))) > 1


@given(
    mean=st.floats(-1, 2.5),
    sd=st.floats(0.1, 1.0),
    best=st.floats(40, 89),
    goal=st.sampled_from(["max", "min"]),
    warp=st.sampled_from([Warp("bi-log"), Warp("log", low=-3.0), Warp("logit", -3.0, 3.0)]),
)
@settings(deadline=None, max_examples=40)
def test_the_gain_of_a_warped_part_is_that_of_draws_cut_at_the_limit(
    mean: float, sd: float, best: float, goal: Any, warp: Warp
) -> None:
    bend = Bend.of(warp, np.array([-0.7, -0.3])[: len(warp.shape)], np.linspace(-2, 2, 9))
    sign = 1.0 if goal == "max" else -1.0
    latent = Latent(np.array([sign * mean]), np.array([sd]), bend, Standard(0.0, 20.0), 50.0)
    belief = WarpedMixture(np.array([[50.0]]), np.array([[1.0]]), np.ones(1), np.zeros(1), latents=(latent,))
    wanted = Objective("y", goal, least=10.0, most=90.0)
    edge = best if goal == "max" else 100.0 - best
    found = float(np.exp(log_expected_gain(belief, wanted, np.array([sign * edge])))[0])
    gains = np.maximum(sign * (np.clip(latent.drawn(DRAWS), 10.0, 90.0) - edge), 0.0)
    assert found == pytest.approx(gains.mean(), abs=0.02 + 0.02 * gains.mean())


def test_several_objectives_with_transforms_are_traded_off() -> None:
    cost = Objective("cost", "min", least=0.0, transform="auto")
    both = tuple(
        Observation(one.experiment, one.values, {**one.measurements, "cost": Measurement("cost", 0.01 + n**2)})
        for n, one in enumerate(seen(DECADES))
    )
    goal = Goal(SPACE, (Objective("y", "max", least=0.0, transform="auto"), cost))
    found = Belief(ProposalContext(goal, History(observations=both), Policy(start=2)))
    assert found.models[1].weights["matern-5/2 by range, log"] > 0.01
    gains = found.acquisition([{"x": float(x), "t": 0.5} for x in np.linspace(0, 1, 5)])
    assert np.isfinite(gains).all()
    assert len(set(gains.round(9))) == 5


@pytest.mark.slow
@pytest.mark.parametrize("transform", ["none", "auto"])
@pytest.mark.parametrize(
    ("goal", "values"),
    [
        ("max", [0.2, 0.4, 0.7, 1.0, 0.9, 0.3]),  # the best is at the limit
        ("max", [0.2, 0.4, 0.7, 1.08, 0.9, 0.3]),  # and beyond it
        ("min", [0.2, 0.4, 0.7, -0.05, 0.9, 0.3]),
        ("target", [0.2, 0.4, 0.7, 1.0, 1.02, 0.3]),
    ],
)
def test_results_at_and_beyond_the_limits_are_planned_on_with(transform: Any, goal: Any, values: list[float]) -> None:
    wanted = Objective("y", goal, target=1.0 if goal == "target" else None, least=0.0, most=1.0, transform=transform)
    planner = make_planner(Goal(SPACE, (wanted,)), Policy(start=2), seed=3, sequence_seed=3)
    planner.tell(list(seen(np.array(values), ROWS[:6])))
    for candidate in planner.ask(2):
        assert 0.0 <= candidate.predictions["y"].mean <= 1.0
        told = "the most that can be" in candidate.reason or "the least that can be" in candidate.reason
        assert told == (max(values) > 1.0 or min(values) < 0.0)
