"""The closed loop: order, batches, approvals, steering, stopping and ending, in virtual time."""

from __future__ import annotations

import math
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from scripted_lab import NOW, Campaign, ScriptedLab, golden

from zosimos.campaign.decisions.decide import decide
from zosimos.campaign.decisions.replay import replay
from zosimos.campaign.decisions.stopping import stop_reason
from zosimos.campaign.lab import Task
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import verify
from zosimos.campaign.setup import Setup
from zosimos.core import clock
from zosimos.core.clock import ClockKind
from zosimos.core.errors import ExecutionError, LockedError, PlanningError
from zosimos.core.records import Candidate, Measurement, Prediction
from zosimos.core.revision import REVISION


def test_autonomous_campaign_runs_to_its_budget_and_verifies(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign = Campaign(ledger, lab)
    ending = campaign.run()
    assert ending.status == "finished"
    assert "budget of 4" in ending.reason
    assert set(campaign.statuses().values()) == {"measured"}
    assert lab.effects() == [f"e000{i}/{step}/1" for i in range(1, 5) for step in (0, 1)]
    verify(ledger, campaign.record.campaign)


def test_each_stage_is_recorded_once_for_each_experiment(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign = Campaign(ledger, lab)
    campaign.run()
    kinds = campaign.kinds()
    for kind, count in {"decision.made": 4, "step.intended": 8, "step.done": 8, "experiment.measured": 4}.items():
        assert kinds.count(kind) == count, kind


@pytest.mark.parametrize("kind", ["virtual", "wall"])
def test_an_experiment_takes_k_plus_w_plus_2_commits(
    ledger: Ledger, lab: ScriptedLab, kind: ClockKind, monkeypatch
) -> None:
    lab.wait_s = 0.05
    commits = []
    appending = Ledger.appending

    @contextmanager
    def counted(self, *args, **kwargs):
        with appending(self, *args, **kwargs) as chain:
            yield chain
        commits.append([event.kind for event in chain.own])

    monkeypatch.setattr(Ledger, "appending", counted)
    Campaign(ledger, lab, budget={"experiments": 1}).run(kind=kind)
    own = [
        kinds
        for kinds in commits
        if any("step" in kind or "experiment" in kind or "decision" in kind for kind in kinds)
    ]
    assert own == [
        ["decision.made"],
        ["experiment.started", "step.intended"],
        ["step.done"],
        ["step.intended"],
        ["step.done", "experiment.measured"],
    ]


def test_the_record_is_looked_at_once_for_each_experiment(ledger: Ledger, lab: ScriptedLab, monkeypatch) -> None:
    looks = []
    last = Ledger.last

    def counted(self, campaign):
        looks.append(campaign)
        return last(self, campaign)

    monkeypatch.setattr(Ledger, "last", counted)
    monkeypatch.setattr(clock, "_LOOK_S", 60.0)  # a decision on a busy machine must not count
    campaign = Campaign(ledger, lab, budget={"experiments": 10})
    assert campaign.run().status == "finished"
    assert campaign.statuses().keys() == {f"e{i:04d}" for i in range(1, 11)}
    assert len(looks) == 12  # before the first, after each, and at the end


def test_batches_overlap_in_simulated_time(ledger: Ledger, lab: ScriptedLab) -> None:
    serial = Campaign(ledger, lab)
    serial.run()
    together = Campaign(ledger, lab, batch=4)
    together.run()

    def hours(campaign: Campaign) -> timedelta:
        return datetime.fromisoformat(campaign.state.at) - NOW

    assert hours(serial) == timedelta(seconds=240)
    assert hours(together) == timedelta(seconds=60)


def test_same_seed_and_events_give_the_same_decisions(ledger: Ledger, lab: ScriptedLab) -> None:
    first, second = Campaign(ledger, lab), Campaign(ledger, lab)
    first.run()
    second.run()
    values = [[dict(e.values) for e in c.state.experiments.values()] for c in (first, second)]
    assert values[0] == values[1]


def test_surprise_is_recorded_for_each_prediction(ledger: Ledger, lab: ScriptedLab) -> None:
    def predicting(setup: Setup, inputs) -> list[Candidate]:
        return [Candidate(c.values, "p", "", {"y": Prediction(0.0, 0.1)}) for c in golden(setup, inputs)]

    campaign = Campaign(ledger, lab, budget={"experiments": 1})
    campaign.run(decide=predicting)
    experiment = campaign.experiment("e0001")
    measured = experiment.measurements["y"]
    assert experiment.surprise["y"] == pytest.approx(measured.value / (0.1**2 + 0.01**2) ** 0.5)


def test_goal_reached_stops_before_the_budget(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign = Campaign(ledger, lab, stop={"reach": {"y": -0.2}}, budget={"experiments": 50})
    ending = campaign.run()
    assert ending.reason.startswith("the goal is reached by e0001: y -0.09")


def test_a_goal_reached_beside_others_of_a_batch_stops(ledger: Ledger, lab: ScriptedLab) -> None:
    lab.measure = lambda task: [Measurement("y", float(task.experiment == "e0003"), origin="simulated")]
    campaign = Campaign(ledger, lab, batch=4, stop={"reach": {"y": 0.5}}, budget={"experiments": 12})
    assert campaign.run().reason == "the goal is reached by e0003: y 1"
    assert len(campaign.state.observations) == 4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stop", "budget", "setting"),
    [
        ({"reach": {"y": -0.2}}, {}, {"stop.reach.y": -0.08}),
        ({"no_improvement": 2}, {}, {"stop.no_improvement": 12}),
        ({}, {"experiments": 3}, {"budget.experiments": 13}),
        ({}, {"time": "2 min"}, {"budget.time": 180}),
    ],
)
def test_why_a_campaign_ended_tells_the_setting_that_lets_it_go_on(ledger, lab, stop, budget, setting) -> None:
    if "no_improvement" in stop:
        lab.measure = lambda task: [Measurement("y", 1.0, origin="simulated")]
    campaign = Campaign(ledger, lab, stop=stop, budget={"experiments": 20, **budget})
    campaign.run()
    over = stop_reason(campaign.state, datetime.fromisoformat(campaign.state.at))
    assert over is not None
    name, _, value = over.setting.partition("=")
    assert {name: pytest.approx(float(value), rel=0.3)} == setting
    campaign.commands.steer(campaign.setup, {name: float(value)})
    assert stop_reason(campaign.state, datetime.fromisoformat(campaign.state.at)) is None
    assert campaign.commands.go_on()


def test_no_improvement_stops(ledger: Ledger, lab: ScriptedLab) -> None:
    lab.measure = lambda task: [Measurement("y", 1.0, origin="simulated")]
    campaign = Campaign(ledger, lab, stop={"no_improvement": 3}, budget={"experiments": 50})
    assert campaign.run().reason == "no better result in the last 3 experiments"
    assert len(campaign.state.observations) == 4


def test_what_tiers_do_not_count_as_better_is_no_improvement(ledger: Ledger, lab: ScriptedLab) -> None:
    told = iter([(1.0, 9.0), (5.0, 8.0), (5.5, 7.0), (2.0, 1.0), (9.0, 7.5), (5.0, 7.0), (9.0, 1.0)])
    lab.measure = lambda task: [
        Measurement(name, value, origin="simulated") for name, value in zip(("y", "cost"), next(told), strict=True)
    ]
    objectives = {"y": {"goal": "max", "threshold": 5, "tier": 1}, "cost": {"goal": "min", "tier": 2}}
    campaign = Campaign(ledger, lab, stop={"no_improvement": 3}, budget={"experiments": 50}, objectives=objectives)
    assert campaign.run().reason == "no better result in the last 3 experiments"
    assert len(campaign.state.observations) == 6  # neither the cheapest nor that of the highest y was better


def test_little_left_to_gain_stops(ledger: Ledger, lab: ScriptedLab) -> None:
    def judging(setup: Setup, inputs) -> list[Candidate]:
        gain = math.log(10.0**-inputs.number)
        return [Candidate(c.values, "bayesian", "", {}, gain) for c in golden(setup, inputs)]

    campaign = Campaign(ledger, lab, stop={"expected_gain": 0.005}, budget={"experiments": 50})
    ending = campaign.run(decide=judging)
    assert ending.reason == "the best experiment left is expected to gain 0.001, less than 0.005"
    assert len(campaign.state.observations) == 2


@pytest.mark.parametrize("limit", [1e-4, None])
def test_it_stops_too_where_rows_are_measured_for_what_they_tell(
    ledger: Ledger, lab: ScriptedLab, limit: float | None
) -> None:
    def hill(task: Task) -> list[Measurement]:
        x, z = (float(task.values[name]) for name in ("x", "z"))
        return [Measurement("y", -((x - 0.3) ** 2) - (z - 0.4) ** 2, origin="simulated")]

    lab.measure = hill
    space = {"x": {"min": 0, "max": 1}, "z": {"min": 0, "max": 1}}
    stop = {} if limit is None else {"expected_gain": limit}
    more = {"budget": {"experiments": 40}, "planner": {"start": 4}, "revision": REVISION}
    campaign = Campaign(ledger, lab, space=space, stop=stop, **more)
    reason = campaign.run(decide=decide).reason
    told = ["tells most" in one.candidate.reason for one in campaign.state.experiments.values()]
    assert any(told)
    assert ("less than 0.0001" in reason) == (limit is not None), reason


def test_time_budget_stops(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign = Campaign(ledger, lab, budget={"experiments": 50, "time": "3 min"})
    assert "time of 180 s" in campaign.run().reason
    assert len(campaign.state.observations) == 3


def test_nothing_left_to_propose_finishes_and_says_why(ledger: Ledger, lab: ScriptedLab) -> None:
    def dry(setup: Setup, inputs) -> list[Candidate]:
        if inputs.number > 2:
            raise PlanningError("every allowed row was measured")
        return list(golden(setup, inputs))

    campaign = Campaign(ledger, lab)
    assert campaign.run(decide=dry).reason == "every allowed row was measured"
    assert len(campaign.state.observations) == 2


def test_a_failed_experiment_is_kept_and_the_campaign_goes_on(ledger: Ledger, lab: ScriptedLab) -> None:
    def clog(moment: str, effect: str) -> None:
        if moment == "before" and effect == "e0002/1/1":
            raise ExecutionError("the outlet is clogged")

    lab.trouble = clog
    campaign = Campaign(ledger, lab)
    assert campaign.run().status == "finished"
    assert campaign.statuses() == {"e0001": "measured", "e0002": "failed", "e0003": "measured", "e0004": "measured"}
    assert campaign.experiment("e0002").reason == "the outlet is clogged"
    assert campaign.state.observations[1].failed


def test_a_bug_in_a_lab_costs_its_experiment_only(ledger: Ledger, lab: ScriptedLab) -> None:
    lab.measure = lambda task: [] if task.experiment == "e0001" else [Measurement("y", 1.0, origin="simulated")]
    campaign = Campaign(ledger, lab)
    campaign.run()
    assert campaign.statuses()["e0001"] == "failed"
    assert "did not measure y" in campaign.experiment("e0001").reason


def test_failures_in_a_row_pause_the_campaign(ledger: Ledger, lab: ScriptedLab) -> None:
    def broken(moment: str, effect: str) -> None:
        raise OSError("port gone")

    lab.trouble = broken
    campaign = Campaign(ledger, lab, stop={"failures": 2}, budget={"experiments": 50})
    ending = campaign.run()
    assert ending.status == "paused"
    assert "2 experiments failed in a row" in ending.reason
    assert "port gone" in ending.reason
    assert campaign.state.used == 2


def test_measurements_are_converted_to_the_objectives_unit(ledger: Ledger, lab: ScriptedLab) -> None:
    lab.measure = lambda task: [Measurement("y", 250.0, 10.0, unit="mV", origin="simulated")]
    campaign = Campaign(ledger, lab, objectives={"y": {"goal": "max", "unit": "V"}}, budget={"experiments": 1})
    campaign.run()
    found = campaign.experiment("e0001").measurements["y"]
    assert (found.value, found.uncertainty, found.unit) == pytest.approx((0.25, 0.01, "V"))


# --- people


def test_batch_policy_waits_for_approval_and_runs_exactly_that(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign = Campaign(ledger, lab, approval="batch", batch=2)
    ending = campaign.run()
    assert ending.status == "waiting"
    (approval,) = campaign.state.open_approvals()
    assert approval.token in ending.reason
    assert lab.effects() == []
    campaign.commands.approve(approval.token)
    campaign.run()
    assert campaign.statuses() == {"e0001": "measured", "e0002": "measured", "e0003": "proposed", "e0004": "proposed"}


def test_each_policy_asks_for_each_experiment(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign = Campaign(ledger, lab, approval="each", batch=2)
    campaign.run()
    first, second = campaign.state.open_approvals()
    campaign.commands.approve(second.token)
    campaign.commands.reject(first.token, "too close to the wall")
    campaign.run()
    assert campaign.statuses()["e0001"] == "cancelled"
    assert campaign.statuses()["e0002"] == "measured"
    assert campaign.experiment("e0001").reason == "rejected: too close to the wall"
    assert [e.id for e in campaign.state.avoided.values()] == ["e0001"]


def test_an_approval_is_used_once(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign = Campaign(ledger, lab, approval="batch")
    campaign.run()
    token = campaign.state.open_approvals()[0].token
    campaign.commands.approve(token)
    with pytest.raises(Exception, match="already granted"):
        campaign.commands.approve(token)
    with pytest.raises(Exception, match="already granted"):
        campaign.commands.reject(token)


def test_steering_expires_open_questions_and_binds_the_next_decision(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign = Campaign(ledger, lab, approval="batch", batch=2)
    campaign.run()
    token = campaign.state.open_approvals()[0].token
    changes = campaign.commands.steer(campaign.setup, {"space.x.max": 0.25}, "hot spot above")
    assert [(c.path, c.old, c.new) for c in changes] == [("space.x.max", 1.0, 0.25)]
    with pytest.raises(Exception, match="already expired"):
        campaign.commands.approve(token)
    campaign.run()
    fresh = [e for e in campaign.state.experiments.values() if e.status == "proposed"]
    assert fresh
    assert all(e.values["x"] <= 0.25 and e.spec_version == 2 for e in fresh)


def test_undo_restores_the_spec_as_a_new_version(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign = Campaign(ledger, lab)
    before = campaign.state.spec
    campaign.commands.steer(campaign.setup, {"space.x.max": 0.5, "budget.experiments": 9})
    campaign.commands.undo(campaign.setup)
    assert campaign.state.spec == before
    assert campaign.state.spec_version == 3
    assert campaign.state.steerings[-1].undoes == 2
    with pytest.raises(Exception, match="no steering to undo"):
        campaign.commands.undo(campaign.setup)


def test_an_approved_experiment_outside_new_bounds_is_cancelled_not_run(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign = Campaign(ledger, lab, approval="batch", batch=2, parallel=2)
    campaign.run()
    campaign.commands.approve(campaign.state.open_approvals()[0].token)
    campaign.commands.steer(campaign.setup, {"space.x.max": 0.3})
    campaign.run()
    assert campaign.experiment("e0001").status == "measured"  # x = 0
    assert campaign.experiment("e0002").status == "cancelled"  # x = 0.618
    assert "no longer allowed" in campaign.experiment("e0002").reason


def test_pause_lets_nothing_new_start_and_resume_goes_on(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign = Campaign(ledger, lab)

    def pause_after_two(moment: str, effect: str) -> None:
        if (moment, effect) == ("after", "e0002/1/1"):
            campaign.commands.pause("coffee")

    lab.trouble = pause_after_two
    assert campaign.run().status == "paused"
    assert len(campaign.state.observations) == 2
    assert campaign.commands.go_on()
    assert campaign.run().status == "finished"
    assert len(campaign.state.observations) == 4


def test_abort_makes_devices_safe_and_leaves_no_experiment_open(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign = Campaign(ledger, lab, batch=2)

    def abort(moment: str, effect: str) -> None:
        if (moment, effect) == ("after", "e0001/0/1"):
            campaign.commands.abort("smoke")

    lab.trouble = abort
    ending = campaign.run()
    assert (ending.status, ending.reason) == ("aborted", "smoke")
    assert lab.safe == ["safe"]
    assert not campaign.state.active
    assert all("/1/" not in effect for effect in lab.effects())
    with pytest.raises(Exception, match="is aborted"):
        campaign.commands.go_on()


def test_a_second_process_is_refused(ledger: Ledger, lab: ScriptedLab, tmp_path: Path) -> None:
    campaign = Campaign(ledger, lab)
    refused = []

    def second(moment: str, effect: str) -> None:
        if (moment, effect) == ("before", "e0001/0/1"):
            from zosimos.campaign.ledger.claims import execution_claim

            with pytest.raises(LockedError) as caught, execution_claim(ledger, campaign.record.campaign):
                pass
            refused.append(caught.value)

    lab.trouble = second
    campaign.run()
    assert "this very process is running" in str(refused[0])


def test_raising_the_budget_takes_a_finished_campaign_up_again(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign = Campaign(ledger, lab)
    campaign.run()
    campaign.commands.steer(campaign.setup, {"budget.experiments": 6})
    assert campaign.commands.go_on()
    assert campaign.run().status == "finished"
    assert len(campaign.state.observations) == 6


def test_replay_agrees_and_names_the_first_divergence(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign = Campaign(ledger, lab, approval="batch", batch=2)
    campaign.run()
    campaign.commands.steer(campaign.setup, {"space.x.max": 0.5})
    campaign.run()
    events = ledger.events(campaign.record.campaign)
    assert replay(campaign.record.campaign, events, campaign.setup, golden).divergence is None

    def other(setup: Setup, inputs) -> list[Candidate]:
        found = list(golden(setup, inputs))
        return found if inputs.number == 1 else [Candidate({"x": 0.123}, "golden"), *found[1:]]

    divergence = replay(campaign.record.campaign, events, campaign.setup, other).divergence
    assert divergence is not None
    assert (divergence.decision, divergence.what) == ("d0002", "candidate 1")
