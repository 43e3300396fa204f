"""Crashes: what was announced and never reported is probed, repeated where that is safe, or given to a person."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scripted_lab import Campaign, Crash, ScriptedLab

from zosimos.campaign.ledger.store import Appending, Ledger
from zosimos.campaign.ledger.verify import verify
from zosimos.core.errors import OutcomeUnknownError


def crash_at(moment: str, effect: str) -> Callable[[str, str], None]:
    def trouble(now: str, what: str) -> None:
        if (now, what) == (moment, effect):
            raise Crash

    return trouble


def crashed(campaign: Campaign, lab: ScriptedLab, moment: str, effect: str) -> None:
    lab.trouble = crash_at(moment, effect)
    with pytest.raises(Crash):
        campaign.run()
    lab.trouble = lambda moment, effect: None


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("effect", ["e0001/0/1", "e0001/1/1", "e0003/0/1"])
def test_a_probed_effect_is_neither_repeated_nor_lost(ledger, lab, moment, effect) -> None:
    campaign = Campaign(ledger, lab)
    crashed(campaign, lab, moment, effect)
    assert campaign.run().status == "finished"
    done = {(e.id, s.index): s for e in campaign.state.experiments.values() for s in e.steps}
    assert len(done) == len(lab.effects()) == 8
    experiment, step = effect.split("/")[:2]
    assert done[experiment, int(step)].how == ("probed" if moment == "after" else "executed")
    assert done[experiment, int(step)].attempt == (1 if moment == "after" else 2)
    verify(ledger, campaign.record.campaign)


def test_a_repeatable_step_is_done_again_without_asking(ledger: Ledger, lab: ScriptedLab) -> None:
    lab.repeatable, lab.remembers = True, False
    campaign = Campaign(ledger, lab, budget={"experiments": 1})
    crashed(campaign, lab, "after", "e0001/0/1")
    assert campaign.run().status == "finished"
    assert lab.effects() == ["e0001/0/1", "e0001/0/2", "e0001/1/1"]


def test_a_lab_that_cannot_tell_makes_the_experiment_uncertain_and_the_campaign_wait(ledger, lab) -> None:
    lab.remembers = False
    campaign = Campaign(ledger, lab)
    crashed(campaign, lab, "after", "e0002/0/1")
    ending = campaign.run()
    assert ending.status == "waiting"
    assert "e0002 is uncertain" in ending.reason
    assert "may or may not have happened: the device has no memory" in campaign.experiment("e0002").reason
    assert lab.effects() == ["e0001/0/1", "e0001/1/1", "e0002/0/1"]


def test_uncertain_continue_goes_on_with_other_experiments(ledger: Ledger, lab: ScriptedLab) -> None:
    lab.remembers = False
    campaign = Campaign(ledger, lab, uncertain="continue")
    crashed(campaign, lab, "after", "e0002/0/1")
    campaign.run()
    assert campaign.statuses() == {"e0001": "measured", "e0002": "uncertain", "e0003": "measured", "e0004": "measured"}


@pytest.mark.parametrize(
    ("verb", "status", "effects"),
    [
        ("done", "measured", ["e0001/0/1", "e0001/1/1"]),
        ("redo", "measured", ["e0001/0/1", "e0001/0/2", "e0001/1/1"]),
        ("skip", "cancelled", ["e0001/0/1"]),
    ],
)
def test_a_person_settles_an_uncertain_experiment(ledger, lab, verb, status, effects) -> None:
    lab.remembers = False
    campaign = Campaign(ledger, lab, budget={"experiments": 1})
    crashed(campaign, lab, "after", "e0001/0/1")
    campaign.run()
    campaign.commands.resolve("e0001", verb, result="as seen")
    campaign.run()
    assert campaign.experiment("e0001").status == status
    assert ("may or may not" in campaign.experiment("e0001").reason) == (verb == "skip")
    assert lab.effects()[: len(effects)] == effects
    if verb == "done":
        assert campaign.experiment("e0001").steps[0].result == "as seen"
        assert campaign.experiment("e0001").steps[0].how == "person"


def test_probe_asks_the_lab_again_when_it_can_answer(ledger: Ledger, lab: ScriptedLab) -> None:
    lab.remembers = False
    campaign = Campaign(ledger, lab, budget={"experiments": 1})
    crashed(campaign, lab, "after", "e0001/0/1")
    campaign.run()
    campaign.commands.resolve("e0001", "probe")
    assert campaign.run().status == "waiting"  # still unknown: asked again, said so
    assert "probed again" in campaign.experiment("e0001").reason
    lab.remembers = True
    campaign.commands.resolve("e0001", "probe")
    assert campaign.run().status == "finished"
    assert lab.effects() == ["e0001/0/1", "e0001/1/1"]


def test_only_uncertain_experiments_can_be_resolved(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign = Campaign(ledger, lab)
    campaign.run()
    with pytest.raises(Exception, match="is measured, not uncertain"):
        campaign.commands.resolve("e0001", "redo")


def test_an_outcome_unknown_while_running_is_probed_at_once(ledger: Ledger, lab: ScriptedLab) -> None:
    failed = []

    def late_reply(moment: str, effect: str) -> None:
        if (moment, effect) == ("after", "e0001/0/1") and not failed:
            failed.append(effect)
            raise OutcomeUnknownError("no reply within 2 s")

    lab.trouble = late_reply
    campaign = Campaign(ledger, lab, budget={"experiments": 1})
    assert campaign.run().status == "finished"
    assert campaign.experiment("e0001").status == "measured"
    assert lab.effects() == ["e0001/0/1", "e0001/1/1"]


def test_a_step_whose_outcome_stays_unknown_is_given_to_a_person_after_three_attempts(ledger, lab) -> None:
    lab.repeatable = True

    def deaf(moment: str, effect: str) -> None:
        raise OutcomeUnknownError("no reply within 2 s")

    lab.trouble = deaf
    campaign = Campaign(ledger, lab, budget={"experiments": 1})
    assert campaign.run().status == "waiting"
    assert campaign.experiment("e0001").status == "uncertain"
    assert campaign.experiment("e0001").steps[0].attempt == 3


def test_a_wait_cut_short_by_a_crash_is_finished_not_restarted(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign = Campaign(ledger, lab, batch=2, budget={"experiments": 2})
    # e0002's second step is due at 60 s as e0001's is; the crash is at 60 s, so no time is waited again
    crashed(campaign, lab, "before", "e0002/1/1")
    campaign.run()
    started, ended = campaign.experiment("e0002").started_at, campaign.experiment("e0002").ended_at
    assert (started[14:19], ended[14:19]) == ("00:00", "01:00")


def test_a_crash_in_the_ledger_leaves_devices_safe(ledger: Ledger, lab: ScriptedLab, monkeypatch) -> None:
    from zosimos.core.errors import LedgerError

    appending, calls = Ledger.appending, []

    def full(self, *args, **kwargs) -> AbstractContextManager[Appending]:
        calls.append(1)
        if len(calls) > 5:
            raise LedgerError("the disk is full")
        return appending(self, *args, **kwargs)

    campaign = Campaign(ledger, lab)
    monkeypatch.setattr(Ledger, "appending", full)
    with pytest.raises(LedgerError, match="disk is full"):
        campaign.run()
    assert lab.safe == ["safe"]


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(crashes=st.lists(st.tuples(st.integers(1, 12), st.booleans()), max_size=5), batch=st.integers(1, 3))
def test_no_series_of_crashes_duplicates_or_loses_an_effect(tmp_path_factory, crashes, batch) -> None:
    folder = tmp_path_factory.mktemp("crashes")
    lab = ScriptedLab(folder / "journal")
    with Ledger(str(folder / "ledger.db")) as ledger:
        campaign = Campaign(ledger, lab, batch=batch)
        for nth, before in crashes:
            left = [nth]

            def trouble(moment: str, effect: str, left=left, before=before) -> None:
                if moment == ("before" if before else "after"):
                    left[0] -= 1
                    if left[0] == 0:
                        raise Crash

            lab.trouble = trouble
            try:
                campaign.run()
            except Crash:
                continue
        lab.trouble = lambda moment, effect: None
        if campaign.state.status == "active":
            campaign.run()
        steps = [(e.id, s.index) for e in campaign.state.experiments.values() for s in e.steps]
        happened = [tuple(effect.split("/")[:2]) for effect in lab.effects()]
        assert sorted(happened) == sorted((name, str(index)) for name, index in steps)
        verify(ledger, campaign.record.campaign)
