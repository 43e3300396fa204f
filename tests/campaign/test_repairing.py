"""Repairs: a record goes on from before what does not fit; nothing is rewritten, done twice or answered by itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from broken_ledgers import MISFIT, spoil, spoil_at
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scripted_lab import NOW, Campaign, ScriptedLab, golden

from zosimos.campaign.control.commands import Commands
from zosimos.campaign.control.repairing import planned
from zosimos.campaign.decisions.replay import replay
from zosimos.campaign.ledger.claims import execution_claim
from zosimos.campaign.ledger.database.engine import MEMORY
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import verify
from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.record.record import Record
from zosimos.campaign.record.state import State
from zosimos.core.errors import (
    DamagedError,
    FencedError,
    LedgerError,
    LockedError,
    SpecError,
    StateError,
    TamperedError,
)

BY = {"name": "ann", "at": "2026-03-01T13:00:00+00:00"}
WHY = "an old version wrote it"


def repaired(campaign: Campaign, reason: str = WHY) -> State:
    """Repair a campaign's record as a person at another terminal does, and return its state as it is read after."""
    Commands(Record(campaign.ledger, campaign.record.campaign), "tester", NOW).repair(reason)
    campaign.record = Record(campaign.ledger, campaign.record.campaign)
    return campaign.record.state


def settled(campaign: Campaign, answer: Callable[[Experiment], str] = lambda one: "done") -> None:
    """Run a campaign to its end, while a person settles what is uncertain."""
    for _ in range(20):
        ending = campaign.run()
        if ending.status != "waiting":
            return
        for one in list(campaign.state.uncertain.values()):
            campaign.commands.resolve(one.id, "skip" if one.unreadable else answer(one))  # type: ignore[arg-type]
    raise AssertionError("it never ended")


def started(ledger: Ledger, lab: ScriptedLab, **spec: object) -> Campaign:
    """A campaign that has run to its end."""
    campaign = Campaign(ledger, lab, **spec)
    assert campaign.run().status == "finished"
    return campaign


def test_a_repaired_campaign_goes_on_and_its_chain_holds(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign = started(ledger, lab, budget={"experiments": 2})
    before = ledger.stored(campaign.record.campaign)
    (bad,) = spoil(ledger, campaign.record.campaign)
    with pytest.raises(DamagedError, match="zosimos repair"):
        campaign.run()
    state = repaired(campaign)
    assert state.broken is None
    assert str(state.repairs[0]) == f"event {bad.seq} was set aside by tester: {WHY}"
    assert ledger.stored(campaign.record.campaign)[: len(before)] == before, "nothing is rewritten"
    assert ledger.events(campaign.record.campaign)[len(before)] == bad
    campaign.commands.go_on()
    campaign.commands.steer(campaign.setup, {"budget.experiments": 3})
    assert campaign.run().status == "finished"
    assert campaign.statuses() == dict.fromkeys(("e0001", "e0002", "e0003"), "measured")
    verify(ledger, campaign.record.campaign)
    found = replay(campaign.record.campaign, ledger.events(campaign.record.campaign), campaign.setup, golden)
    assert (found.decisions, found.divergence) == (3, None)


@pytest.mark.slow
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_wherever_a_record_breaks_no_effect_is_repeated(tmp_path: Path, data: st.DataObject) -> None:
    journal = tmp_path / "journal"
    journal.unlink(missing_ok=True)
    lab = ScriptedLab(journal)
    with Ledger(MEMORY) as ledger:
        batch = data.draw(st.integers(1, 3), label="batch")
        campaign = started(ledger, lab, parallel=batch, batch=batch)
        last = ledger.last(campaign.record.campaign)
        place = data.draw(st.integers(2, last), label="place")
        spoil_at(ledger, campaign.record.campaign, place)
        known = {effect.split("/")[0] for effect in lab.effects()}
        kept = repaired(campaign)
        made_anew = {f"e{number:04d}" for number in range(kept.numbered + 1, 40)}
        assert not made_anew & known, "a device may know those names"
        if kept.status == "finished":
            campaign.commands.go_on()
        settled(campaign)
        places = [effect.rpartition("/")[0] for effect in lab.effects()]
        assert len(set(places)) == len(places)
        verify(ledger, campaign.record.campaign)


def test_an_experiment_with_effects_that_were_set_aside_is_uncertain_and_knows_its_steps(ledger, lab) -> None:
    campaign = started(ledger, lab, budget={"experiments": 1})
    place = campaign.kinds().index("experiment.started") + 2
    spoil_at(ledger, campaign.record.campaign, place)
    state = repaired(campaign)
    (one,) = state.uncertain.values()
    assert [(step.name, step.status) for step in one.steps] == [("dispense", "done"), ("drain", "done")]
    assert (
        f"what it did after event {place - 1} was set aside by a repair: step.intended (event {place + 1})"
        in one.reason
    )
    with pytest.raises(Exception, match="there is nothing to repair"):
        repaired(campaign)
    settled(campaign)
    assert lab.effects() == ["e0001/0/1", "e0001/1/1"]
    assert campaign.statuses() == {"e0001": "measured"}


def test_an_effect_that_cannot_be_read_ends_its_experiment(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign = started(ledger, lab, budget={"experiments": 1})
    place = campaign.kinds().index("experiment.started") + 2
    spoil_at(ledger, campaign.record.campaign, place, Draft("step.intended", {"experiment": "e0001", "step": 0}))
    repaired(campaign)
    for verb in ("done", "redo", "probe"):
        with pytest.raises(StateError, match="cannot be read"):
            campaign.commands.resolve("e0001", verb)  # type: ignore[arg-type]
    campaign.commands.resolve("e0001", "skip")
    assert campaign.statuses() == {"e0001": "cancelled"}


def waiting(ledger: Ledger, lab: ScriptedLab) -> tuple[Campaign, str]:
    """A campaign that waits for approval, and the token."""
    campaign = Campaign(ledger, lab, approval="batch", batch=2)
    assert campaign.run().status == "waiting"
    (token,) = campaign.state.open_tokens()
    return campaign, token


def test_a_yes_that_was_set_aside_must_be_said_again(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign, token = waiting(ledger, lab)
    place = ledger.last(campaign.record.campaign) + 1
    campaign.commands.approve(token)
    spoil_at(ledger, campaign.record.campaign, place)
    state = repaired(campaign)
    assert state.approvals[token].status == "open"
    assert campaign.run().status == "waiting"
    assert lab.effects() == []
    campaign.commands.approve(token)
    campaign.run()
    assert sorted(effect.split("/")[0] for effect in lab.effects()) == ["e0001", "e0001", "e0002", "e0002"]


def test_what_ran_on_a_yes_that_was_set_aside_is_cancelled_and_never_run_again(ledger, lab) -> None:
    campaign, token = waiting(ledger, lab)
    place = ledger.last(campaign.record.campaign) + 1
    campaign.commands.approve(token)
    campaign.run()
    done = lab.effects()
    spoil_at(ledger, campaign.record.campaign, place)
    repaired(campaign)
    assert campaign.statuses() == {"e0001": "cancelled", "e0002": "cancelled"}
    with pytest.raises(StateError):
        campaign.commands.approve(token)
    assert campaign.run().status == "waiting"
    assert lab.effects() == done
    assert set(campaign.state.active) == {"e0005", "e0006"}, "e0003 and e0004 were given away in what is set aside"


def test_a_question_that_was_asked_there_cannot_be_answered(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign, token = waiting(ledger, lab)
    place = campaign.kinds().index("approval.requested") + 1
    spoil_at(ledger, campaign.record.campaign, place)
    repaired(campaign)
    with pytest.raises(LedgerError, match="there is no approval"):
        campaign.commands.approve(token)


@pytest.mark.parametrize(("verb", "status"), [("pause", "paused"), ("halt", "paused"), ("abort", "aborted")])
def test_a_stop_that_was_set_aside_is_recorded_again_by_who_asked_for_it(ledger, lab, verb, status) -> None:
    campaign, _ = waiting(ledger, lab)
    place = ledger.last(campaign.record.campaign) + 1
    getattr(Commands(Record(ledger, campaign.record.campaign), "bob", NOW), verb)("it smokes")
    spoil_at(ledger, campaign.record.campaign, place)
    state = repaired(campaign)
    assert (state.status, state.halted) == (status, verb == "halt")
    assert state.reason == "again after a repair: it smokes"
    assert ledger.events(campaign.record.campaign)[-1].body["by"]["name"] == "bob"


def test_a_stop_asked_for_while_nothing_could_be_recorded_is_recorded_by_the_repair(ledger, lab) -> None:
    campaign, _ = waiting(ledger, lab)
    spoil(ledger, campaign.record.campaign)
    record = Record(ledger, campaign.record.campaign)
    Commands(record, "bob", NOW).abort("it smokes")
    Commands(record, "eve", NOW).pause("or only a little")
    state = repaired(campaign)
    assert state.status == "aborted"
    assert ledger.events(campaign.record.campaign)[-1].body["by"]["name"] == "bob"
    assert Record(ledger, campaign.record.campaign).stop_wanted() == ""


def test_of_several_stops_the_strongest_is_recorded_again(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign, _ = waiting(ledger, lab)
    spoil(ledger, campaign.record.campaign)
    record = Record(ledger, campaign.record.campaign)
    Commands(record, "bob", NOW).pause("lunch")
    Commands(record, "ann", NOW).halt("it smokes")
    Commands(record, "eve", NOW).pause("lunch is over")
    state = repaired(campaign)
    assert (state.status, state.halted, state.reason) == ("paused", True, "again after a repair: it smokes")
    assert ledger.events(campaign.record.campaign)[-1].body["by"]["name"] == "ann"


@pytest.mark.slow
@pytest.mark.parametrize("text", ["[]", "{", "[" * 100_000, "null", '{"verb": "abort"}', '{"verb": 1, "by": 2}', "x"])
def test_a_request_to_stop_that_nobody_can_read_stops_and_hinders_nothing(ledger, lab, text: str) -> None:
    campaign, _ = waiting(ledger, lab)
    spoil(ledger, campaign.record.campaign)
    record = Record(ledger, campaign.record.campaign)
    ledger.put_note(f"stop {campaign.record.campaign}", text)
    assert "somebody asked to pause" in record.stop_wanted()
    assert repaired(campaign).status == "paused"
    assert Record(ledger, campaign.record.campaign).stop_wanted() == ""


def test_a_pause_whose_own_event_is_what_does_not_fit_is_recorded(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign, _ = waiting(ledger, lab)
    spoil(ledger, campaign.record.campaign, Draft("campaign.paused", {"by": 5}))
    state = repaired(campaign)
    assert (state.status, state.reason) == ("paused", "again after a repair")
    assert ledger.events(campaign.record.campaign)[-1].body["by"]["name"] == "somebody"


def test_devices_that_did_not_confirm_their_safe_state_stay_named(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign, _ = waiting(ledger, lab)
    stopped = Draft("devices.stopped", {"reason": "smoke", "unconfirmed": {"oven": "no reply"}})
    spoil(ledger, campaign.record.campaign, MISFIT, stopped)
    assert repaired(campaign).unconfirmed == {"oven": "no reply"}


def test_a_record_can_be_repaired_again(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign, token = waiting(ledger, lab)
    spoil(ledger, campaign.record.campaign)
    repaired(campaign, "first")
    spoil(ledger, campaign.record.campaign, MISFIT, MISFIT)
    assert Record(ledger, campaign.record.campaign).broken is not None
    state = repaired(campaign, "second")
    assert [repair.reason for repair in state.repairs] == ["first", "second"]
    campaign.commands.approve(token)


def test_a_session_that_was_opened_in_what_is_set_aside_stays_fenced_off(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign, _ = waiting(ledger, lab)
    stale = Record(ledger, campaign.record.campaign)
    spoil(ledger, campaign.record.campaign, MISFIT, Draft("session.opened", {}))
    number = stale.state.sessions + 1  # what that runner took for its own
    repaired(campaign)
    stale = Record(ledger, campaign.record.campaign)
    stale.session = number
    campaign.run()
    with pytest.raises(FencedError):
        stale.commit(lambda _: [Draft("notice.raised", {})], lambda: NOW.isoformat())


def test_a_program_under_way_does_not_live_through_a_repair(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign, _ = waiting(ledger, lab)
    under_way = Record(ledger, campaign.record.campaign)
    spoil(ledger, campaign.record.campaign)
    repaired(campaign)
    with pytest.raises(LedgerError, match="does not fit"):
        under_way.commit(lambda _: [Draft("campaign.paused", {"by": BY, "reason": ""})], lambda: NOW.isoformat())
    assert Record(ledger, campaign.record.campaign).state.status == "active"


def test_who_looks_at_a_broken_record_sees_that_it_was_repaired(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign, _ = waiting(ledger, lab)
    spoil(ledger, campaign.record.campaign)
    looking = Record(ledger, campaign.record.campaign)
    assert not looking.sync()
    repaired(campaign)
    assert looking.sync()
    assert looking.state == Record(ledger, campaign.record.campaign).state


def test_what_was_added_since_it_was_shown_is_not_set_aside_unseen(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign, _ = waiting(ledger, lab)
    spoil(ledger, campaign.record.campaign)
    record = Record(ledger, campaign.record.campaign)
    shown = planned(record, BY, WHY)
    spoil(ledger, campaign.record.campaign, Draft("campaign.aborted", {"by": BY, "reason": "fire"}))
    stored = ledger.stored(campaign.record.campaign)
    with pytest.raises(StateError, match="something was added"):
        Commands(record, "tester", NOW).repair(WHY, shown)
    assert ledger.stored(campaign.record.campaign) == stored


def test_a_repair_needs_a_reason_a_misfit_and_the_campaign_to_itself(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign, _ = waiting(ledger, lab)
    with pytest.raises(StateError, match="nothing to repair"):
        repaired(campaign)
    spoil(ledger, campaign.record.campaign)
    with pytest.raises(SpecError, match="needs a reason"):
        repaired(campaign, " \n")
    with execution_claim(ledger, campaign.record.campaign), pytest.raises(LockedError):
        repaired(campaign)
    assert Record(ledger, campaign.record.campaign).broken is not None


def test_a_changed_record_is_not_repaired(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign, _ = waiting(ledger, lab)
    spoil(ledger, campaign.record.campaign)
    with ledger.engine.begin() as connection:
        connection.execute(sa.text("UPDATE events SET text = replace(text, 'scripted', 'skripted') WHERE seq = 1"))
    with pytest.raises(TamperedError, match="event 1 was changed"):
        repaired(campaign)


def test_no_program_can_set_aside_what_counts(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign, _ = waiting(ledger, lab)
    last = campaign.state.seq
    kinds = [event.kind for event in ledger.events(campaign.record.campaign)][2:]
    aside = {"kinds": {kind: kinds.count(kind) for kind in kinds}}
    body = {"from": 3, "through": last, "set_aside": aside, "numbered": 0, "unreadable": [], "by": BY, "reason": WHY}
    with pytest.raises(LedgerError, match="nothing was stored"):
        campaign.record.commit(lambda _: [Draft("record.repaired", body)], lambda: NOW.isoformat())
    assert ledger.last(campaign.record.campaign) == last
