"""Standing: what is kept of all results is what going over all of them again would give."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ranked import pareto
from tests.campaign.record.case import BY, SPEC, at

from zosimos.campaign.decisions.budget import charged, costs_of, price, spent
from zosimos.campaign.decisions.stopping import experiments_since_best, improvements, stop_reason
from zosimos.campaign.definition.build import build_objectives
from zosimos.campaign.ledger.events import GENESIS, Draft, Event, sealed
from zosimos.campaign.record.experiment import WAITING
from zosimos.campaign.record.fold import apply
from zosimos.campaign.record.snapshot.shelf import numbered
from zosimos.campaign.record.standing import front
from zosimos.campaign.record.state import State
from zosimos.core.records import Candidate, Measurement

OBJECTIVES: dict[str, dict[str, Any]] = {
    "one": {"y": {"goal": "max"}},
    "two": {"y": {"goal": "max"}, "z": {"goal": "min"}},
    "target": {"y": {"goal": "target", "target": 2}, "z": {"goal": "min"}},
    "thresholds": {"y": {"goal": "max", "threshold": 2}, "z": {"goal": "min", "threshold": 1}},
    "tiers": {"y": {"goal": "max", "tier": 1, "threshold": 2}, "z": {"goal": "min", "tier": 2}},
}
OUTCOME = st.tuples(st.integers(0, 4), st.integers(0, 4), st.sampled_from(["good", "good", "good", "bad"]))
RESULTS = st.lists(OUTCOME, max_size=25)


def begun(**spec: Any) -> State:
    whole = {**SPEC, **spec}
    order = {"space": list(whole["space"]), "objectives": list(whole["objectives"])}
    state = State("c-20300101t000000-00000000")
    append(state, "campaign.created", spec=whole, order=order, files={}, source=None, clock="wall")
    return state


def append(state: State, kind: str, **body: Any) -> Event:
    event = sealed(state.id, state.seq + 1, at(state.seq + 1), Draft(kind, body), state.head if state.seq else GENESIS)
    apply(state, event)
    return event


def tell(state: State, y: float, z: float, quality: str) -> None:
    found = {"y": Measurement("y", y), "z": Measurement("z", z, quality=quality)}  # type: ignore[arg-type]  # drawn
    measured = {name: item.as_json() for name, item in found.items()}
    name = numbered(len(state.experiments))
    append(state, "observation.told", experiment=name, values={"x": 0.5}, measurements=measured, failed="", by=BY)


@pytest.mark.slow
@pytest.mark.parametrize("objectives", OBJECTIVES.values(), ids=list(OBJECTIVES))
def test_the_front_is_that_of_all_results_at_any_time(objectives: dict[str, Any]) -> None:
    @given(RESULTS, st.sets(st.integers(0, 24)))
    @settings(max_examples=40)
    def holds(results: list[tuple[int, int, str]], looks: set[int]) -> None:
        state = begun(objectives=objectives)
        for place, (y, z, quality) in enumerate(results):
            tell(state, y, z, quality)
            if place in looks:  # what was kept then is taken on later
                front(state)
                experiments_since_best(state)
        usable = [one for one in state.observations if all(one.measurements[name].trains for name in objectives)]
        outcomes = [{name: item.value for name, item in one.measurements.items()} for one in usable]
        expected = [usable[i].experiment for i in pareto(build_objectives(state.spec), outcomes)]
        assert front(state) == expected
        places = {seen.experiment: place for place, seen in enumerate(state.observations, start=1)}
        last = max((places[seen.experiment] for seen in improvements(state.spec, state.observations)), default=0)
        assert experiments_since_best(state) == len(state.observations) - last

    holds()


@given(RESULTS, st.sets(st.integers(0, 24)))
@settings(max_examples=40)
def test_the_goal_is_reached_by_the_first_result_that_meets_it(
    results: list[tuple[int, int, str]], looks: set[int]
) -> None:
    state = begun(objectives=OBJECTIVES["two"], stop={"reach": {"y": 3, "z": 1}})

    def words() -> str:
        reason = stop_reason(state, datetime.fromisoformat(state.at))
        return "" if reason is None else f"{reason.words} ({reason.setting})"

    for place, outcome in enumerate(results):
        tell(state, *outcome)
        if place in looks:
            words()
    met = [numbered(i) for i, (y, z, quality) in enumerate(results) if y >= 3 and z <= 1 and quality == "good"]
    if not met:
        assert words() == ""
        return
    best = max(y for y, _, _ in results)
    assert words().startswith(f"the goal is reached by {met[0]}: y ")
    assert words().endswith(f" (stop.reach.y={1.1 * best:.4g})")


@given(st.lists(st.tuples(st.sampled_from(["decide", "start", "end", "drop", "look"]), st.integers(0, 9)), max_size=40))
@settings(max_examples=40)
def test_what_was_spent_is_what_all_experiments_that_began_cost(moves: list[tuple[str, int]]) -> None:
    costs = {"each": "0.1 + x", "changeover": {"x": 0.3}, "unit": "EUR"}
    stock = {"acid": {"amount": 100, "uses": "x", "unit": "mL"}}
    state = begun(costs=costs, stock=stock, budget={"experiments": 30, "cost": 1000})
    for kind, a in moves:
        live = list(state.active)
        name = live[a % len(live)] if live else ""
        if kind == "decide":
            fresh = numbered(len(state.experiments))
            made = [{"experiment": fresh, "candidate": Candidate({"x": a / 9}, "random").as_json()}]
            inputs = {"spec_version": 1}
            append(state, "decision.made", decision="d", inputs=inputs, policy="autonomous", candidates=made)
        elif kind == "start" and name and state.experiments[name].status == "approved":
            append(state, "experiment.started", experiment=name)
        elif kind == "end" and name:
            append(state, "experiment.failed", experiment=name, cause="it broke", error="", step=None)
        elif kind == "drop" and name:
            append(state, "experiment.cancelled", experiment=name, reason="", avoid=False)
        else:
            spent(state)
    known, found = costs_of(state.spec), spent(state)
    assert known is not None
    rows = charged((one for one in state.experiments.values() if one.status not in WAITING), state.lens)
    expected = known.account(rows)
    assert found is not None
    assert (found.count, found.before) == (expected.count, expected.before)
    assert found.cost == pytest.approx(expected.cost, rel=1e-14)
    assert found.used == pytest.approx(expected.used, rel=1e-14)
    waiting = [one for one in state.experiments.values() if one.status in WAITING]
    more = known.account((*rows, *(one.values for one in waiting))).cost - expected.cost
    assert price(state, state.spec, [one.values for one in waiting]) == pytest.approx(more, abs=1e-9)
