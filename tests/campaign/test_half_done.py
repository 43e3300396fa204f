"""Experiments that have some of their outcomes: they teach these, and are no result until the rest is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scripted_lab import Campaign, ScriptedLab, golden
from told_tables import results

from zosimos.campaign import views
from zosimos.campaign.control.manual_results import Choices, Result
from zosimos.campaign.control.tables import experiments_csv, export_json
from zosimos.campaign.decisions.anomalies import noticed
from zosimos.campaign.decisions.decide import decide, inputs_now
from zosimos.campaign.decisions.forecast import forecast
from zosimos.campaign.decisions.replay import replay
from zosimos.campaign.decisions.stopping import experiments_since_best, improvements
from zosimos.campaign.explain.campaign import explain_campaign
from zosimos.campaign.explain.experiment import explain_experiment
from zosimos.campaign.ledger.database.engine import MEMORY
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import Head
from zosimos.campaign.record.fold import fold
from zosimos.campaign.record.record import Record
from zosimos.campaign.report.page import write_report
from zosimos.core.errors import DataError, ExecutionError, StateError
from zosimos.core.records import Measurement
from zosimos.planners.portfolio import credits_of

TWO = {"y": {"goal": "max"}, "z": {"goal": "min"}}
RATIO = {"ratio": {"goal": "max", "of": "a / b"}}
HAND: dict[str, Any] = {"approval": "suggest", "budget": {"experiments": 40}}


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with Ledger(MEMORY) as opened:
        yield opened


def two(ledger: Ledger, **more: Any) -> Campaign:
    return Campaign(ledger, None, **{**HAND, "objectives": TWO, **more})


def ratio(ledger: Ledger, **more: Any) -> Campaign:
    return Campaign(ledger, None, **{**HAND, "objectives": RATIO, "measured": {"a": {}, "b": {}}, **more})


def told(campaign: Campaign, text: str, **choices: Any) -> Any:
    return campaign.commands.report(campaign.setup, results(campaign.state, text.encode()), Choices(**choices))


def own(campaign: Campaign, x: float, **found: float) -> str:
    measured = [Measurement(name, value) for name, value in found.items()]
    return campaign.commands.tell(campaign.setup, [Result(None, {"x": x}, measured)])[0]


def test_one_outcome_today_and_the_other_tomorrow(ledger: Ledger) -> None:
    campaign = two(ledger)
    campaign.commands.ask(campaign.setup, 2, golden)
    came = told(campaign, "experiment,y,z\ne0001,1,\ne0002,,\n")
    assert (came.new, came.waits, came.lines()) == (["e0001"], {"e0001": ["z"]}, ["e0001 waits for: z"])
    assert campaign.statuses() == {"e0001": "measured", "e0002": "proposed"}
    assert views.status(campaign.state)["waits_for"] == {"e0001": ["z"]}
    came = told(campaign, "experiment,y,z\ne0001,1,2\ne0002,,3\n")
    assert (came.completed, came.new, came.waits) == (["e0001"], ["e0002"], {"e0002": ["y"]})
    found = campaign.experiment("e0001")
    assert {name: item.value for name, item in found.measurements.items()} == {"y": 1.0, "z": 2.0}
    assert [str(change) for change in found.amendments] == ["added (z 2) by tester"]
    assert campaign.state.used == 2
    assert [seen.measurements.keys() for seen in campaign.state.observations] == [{"y", "z"}, {"z"}]


def test_a_row_of_ones_own_is_completed_by_the_same_row(ledger: Ledger) -> None:
    campaign = two(ledger)
    assert told(campaign, "x,y,z\n0.25,1,\n0.5,,7\n").new == ["e0001", "e0002"]
    came = told(campaign, "x,y,z\n0.25,1,2\n0.5,6,\n")
    assert (came.completed, came.new) == (["e0001", "e0002"], [])
    assert views.status(campaign.state)["waits_for"] == {}


def test_an_objective_made_of_others_follows_once_all_are_there(ledger: Ledger) -> None:
    campaign = ratio(ledger)
    told(campaign, "x,a,b\n0.25,6,\n")
    assert campaign.experiment("e0001").measurements.keys() == {"a"}
    assert views.best(campaign.state) is None
    told(campaign, "experiment,a,b\ne0001,,2\n")
    assert campaign.experiment("e0001").measurements["ratio"].value == 3.0
    best = views.best(campaign.state)
    assert best is not None
    assert best["experiment"] == "e0001"


def test_what_an_objective_cannot_be_made_of_is_refused_when_it_comes(ledger: Ledger) -> None:
    campaign = ratio(ledger)
    told(campaign, "x,a,b\n0.25,6,\n")
    before = campaign.state.seq
    with pytest.raises(DataError, match="no value at"):
        told(campaign, "experiment,a,b\ne0001,,0\n")
    assert campaign.state.seq == before


def test_nothing_measured_at_all_is_no_result(ledger: Ledger) -> None:
    campaign = two(ledger)
    with pytest.raises(ExecutionError, match="did not measure y"):
        campaign.commands.tell(campaign.setup, [Result(None, {"x": 0.5}, [])])
    assert campaign.state.observations == []


def test_a_laboratory_still_has_to_measure_everything(ledger: Ledger, tmp_path: Path) -> None:
    lab = ScriptedLab(tmp_path / "journal", measure=lambda task: [Measurement("y", 1.0, origin="simulated")])
    campaign = Campaign(ledger, lab, objectives=TWO, budget={"experiments": 1})
    campaign.run()
    assert campaign.statuses() == {"e0001": "failed"}
    assert "did not measure z" in campaign.experiment("e0001").reason


def test_it_is_never_the_best_nor_on_the_front_nor_a_reason_to_stop(ledger: Ledger) -> None:
    campaign = two(ledger, stop={"reach": {"y": 5}, "no_improvement": 2})
    for x in (0.1, 0.2, 0.3):
        own(campaign, x, y=1.0 + x, z=1.0 - x)
    half = own(campaign, 0.4, y=100.0)
    state = campaign.state
    assert half not in [one.id for one in views.pareto_front(state)]
    assert views.due(state) == ""
    assert experiments_since_best(state) == 0
    assert half not in [seen.experiment for seen in improvements(state.spec, state.counting())]
    told(campaign, f"experiment,y,z\n{half},,9\n")
    assert half in [one.id for one in views.pareto_front(campaign.state)]
    assert views.due(campaign.state) == f"the goal is reached by {half}: y 100"


def test_it_is_no_stall_either(ledger: Ledger) -> None:
    campaign = two(ledger, stop={"no_improvement": 2})
    own(campaign, 0.1, y=1.0, z=1.0)
    for x in (0.2, 0.3, 0.4):
        own(campaign, x, y=0.5)
    assert experiments_since_best(campaign.state) == 0


@pytest.mark.parametrize("stop", [{"reach": {"ratio": 2}, "confidence": 0.5}, {"regret": 1e9}])
def test_a_stop_rule_that_asks_the_models_knows_no_half_result_as_the_best(
    ledger: Ledger, stop: dict[str, Any]
) -> None:
    campaign = ratio(ledger, stop=stop)
    for x in (0.1, 0.3, 0.5, 0.7):
        own(campaign, x, a=1.0 + x, b=1.0)
    own(campaign, 0.9, a=1000.0)
    found = forecast(campaign.setup, inputs_now(campaign.state, 1))
    assert found is not None
    assert found.experiment != "e0005"


def test_what_comes_later_is_watched_and_surprises(ledger: Ledger) -> None:
    campaign = two(ledger)
    for x in (0.1, 0.4, 0.7, 0.9):
        own(campaign, x, y=x, z=-x)
    (one,) = campaign.commands.ask(campaign.setup, 1)
    told(campaign, f"experiment,y,z\n{one.id},0.5,\n")
    assert campaign.experiment(one.id).surprise.keys() == {"y"}
    assert noticed(campaign.state) == []
    told(campaign, f"experiment,y,z\n{one.id},,-0.5\n")
    assert campaign.experiment(one.id).surprise.keys() == {"y", "z"}
    assert campaign.state.predicted == 1


PLANNERS: dict[str, dict[str, Any]] = {
    "two": {"objectives": TWO},
    "weighed": {"objectives": TWO, "planner": {"acquisition": "parego"}},
    "tiers": {"objectives": {"y": {"goal": "max", "tier": 1, "threshold": 0.5}, "z": {"goal": "min", "tier": 2}}},
    "made": {"objectives": RATIO, "measured": {"a": {}, "b": {}}},
    "evolved": {"objectives": TWO, "planner": {"kind": "evolutionary"}},
    "gradient": {"objectives": RATIO, "measured": {"a": {}, "b": {}}, "planner": {"acquisition": "knowledge-gradient"}},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", PLANNERS)
@pytest.mark.parametrize("complete", [0, 1, 4])
def test_planners_go_on_with_half_done_experiments_and_replay_says_the_same(
    ledger: Ledger, name: str, complete: int
) -> None:
    campaign = Campaign(ledger, None, **{**HAND, **PLANNERS[name]})
    first, second = ("a", "b") if "a" in campaign.state.spec.measured else ("y", "z")
    for i in range(complete):
        own(campaign, 0.1 + 0.2 * i, **{first: 1.0 + i, second: 2.0})
    for i in range(3):
        own(campaign, 0.15 + 0.2 * i, **{first: 5.0 + i})
    own(campaign, 0.95, **{second: 1.0})
    asked = campaign.commands.ask(campaign.setup, 2)
    assert len({item.values["x"] for item in asked}) == 2
    told(campaign, f"experiment,{first},{second}\ne{complete + 1:04d},,3\n")
    campaign.commands.ask(campaign.setup, 1)
    again = replay(campaign.record.campaign, ledger.events(campaign.record.campaign), campaign.setup, decide)
    assert (again.decisions, again.divergence) == (2, None)


def test_a_part_teaches_its_model_before_the_objective_is_there(ledger: Ledger) -> None:
    campaign = ratio(ledger)
    for x in (0.1, 0.5):
        own(campaign, x, a=1.0, b=1.0)
    own(campaign, 0.9, a=5.0)
    context = campaign.setup.context(campaign.state.spec, inputs_now(campaign.state, 1).history, 1)
    assert [seen.experiment for seen in context.training] == ["e0001", "e0002", "e0003"]
    assert (context.usable, context.half_done) == (2, True)


def test_credit_is_given_for_what_was_measured(ledger: Ledger) -> None:
    campaign = two(ledger)
    own(campaign, 0.1, y=1.0, z=1.0)
    own(campaign, 0.2, y=2.0)
    own(campaign, 0.3, z=0.0)
    seen = campaign.state.counting()
    assert [credit > 0 for credit in credits_of(seen, campaign.setup.objectives(campaign.state.spec))] == [
        False,
        True,
        True,
    ]


@pytest.mark.slow
def test_exports_and_the_report_say_what_is_missing(ledger: Ledger, tmp_path: Path) -> None:
    campaign = two(ledger)
    own(campaign, 0.1, y=1.0, z=1.0)
    assert "waits_for" not in experiments_csv(campaign.state)
    own(campaign, 0.2, y=2.0)
    header, first, second = (line.split(",") for line in experiments_csv(campaign.state).splitlines())
    place = header.index("waits_for")
    assert (first[place], second[place]) == ("", "z")
    assert [run["waits_for"] for run in export_json(campaign.state)["runs"]] == [[], ["z"]]
    state = campaign.state
    assert write_report(state, Head(state.seq, state.head), tmp_path / "report.html").stat().st_size
    (waiting,) = views.waiting_for(state)
    assert (waiting["kind"], waiting["experiments"], waiting["reason"]) == ("outcomes", ["e0002"], "e0002 waits for: z")


@pytest.mark.slow
def test_explanations_stand_with_a_half_done_experiment(ledger: Ledger) -> None:
    campaign = ratio(ledger)
    for i in range(5):
        own(campaign, 0.1 + 0.2 * i, a=1.0 + i, b=2.0)
    own(campaign, 0.55, a=3.0)
    (one,) = campaign.commands.ask(campaign.setup, 1)
    told(campaign, f"experiment,a,b\n{one.id},3,\n")
    events = ledger.events(campaign.record.campaign)
    assert explain_experiment(campaign.record.campaign, events, campaign.setup, one.id).objectives
    assert explain_campaign(campaign.state, campaign.setup, bootstraps=2).objectives


def test_a_half_done_experiment_is_corrected_retracted_and_restored_as_any_other(ledger: Ledger) -> None:
    campaign = ratio(ledger)
    own(campaign, 0.1, a=6.0)
    campaign.commands.correct(campaign.setup, "e0001", {"a": 8.0}, "typo")
    with pytest.raises(StateError, match="no value of b"):
        campaign.commands.correct(campaign.setup, "e0001", {"b": 8.0}, "typo")
    told(campaign, "experiment,a,b\ne0001,8,2\n")
    assert campaign.experiment("e0001").measurements["ratio"].value == 4.0
    campaign.commands.retract("e0001", "spilled")
    campaign.commands.restore("e0001", "it was not")
    found = campaign.commands.uncorrect(campaign.setup, "e0001", "it was right")
    assert found.measurements["ratio"].value == 3.0


def test_what_is_read_again_is_what_was_recorded(ledger: Ledger) -> None:
    campaign = ratio(ledger)
    own(campaign, 0.1, a=6.0)
    own(campaign, 0.2, b=6.0)
    told(campaign, "experiment,a,b\ne0001,,2\n")
    views.status(campaign.state)
    campaign.record.keep()
    again = Record(ledger, campaign.record.campaign).state
    plain = fold(campaign.record.campaign, ledger.events(campaign.record.campaign))
    for state in (again, plain):
        assert views.status(state) == views.status(campaign.state)
        assert state.digests[-1] == campaign.state.digests[-1]
