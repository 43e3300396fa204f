"""A person's yes to a substance, before anything is done with it: asked, recorded and kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scripted_lab import Campaign, ScriptedLab

from zosimos.campaign.decisions import clearing
from zosimos.campaign.execution.session import reopened
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import verify
from zosimos.campaign.record.approvals import standing
from zosimos.campaign.record.record import Record
from zosimos.campaign.safety.stated import LabChemistry, Stated
from zosimos.core.errors import SpecError, StateError

X = {"x": {"min": 0, "max": 1, "unit": "mL", "species": "zorbliquine"}}


@pytest.fixture
def real(lab: ScriptedLab) -> ScriptedLab:
    """A laboratory on the wall clock."""
    lab.default_clock, lab.wait_s = "wall", 0.0
    return lab


def yes_to_all(campaign: Campaign) -> list[str]:
    """Say yes to everything that is open, as it was shown."""
    open_ones = campaign.state.open_changes()
    for one in open_ones:
        campaign.commands.approve(one.token, standing(campaign.state, one))
    return [one.content["subject"] for one in open_ones]


def test_a_real_campaign_waits_for_a_yes_before_any_device_is_touched(ledger: Ledger, real: ScriptedLab) -> None:
    campaign = Campaign(ledger, real, space=X)
    ending = campaign.run()
    assert ending.status == "waiting"
    assert "'zorbliquine' is not known" in ending.reason
    assert "decision.made" not in campaign.kinds()
    assert real.effects() == []
    assert yes_to_all(campaign) == ["zorbliquine"]
    assert campaign.run().status == "finished"
    assert campaign.kinds().count("approval.granted") == 1
    verify(ledger, campaign.record.campaign)


def test_the_yes_is_on_record_with_who_said_it_and_to_what(ledger: Ledger, real: ScriptedLab) -> None:
    campaign = Campaign(ledger, real, space=X)
    campaign.run()
    yes_to_all(campaign)
    (change,) = campaign.state.changes.values()
    assert (change.verb, change.status, change.answered_by, change.by) == ("clear", "granted", "tester", "zosimos")
    assert change.content["where"] == ["space.x"]


def test_a_run_that_waits_for_people_goes_on_once_the_yes_is_said(ledger: Ledger, real: ScriptedLab) -> None:
    campaign = Campaign(ledger, real, space=X)
    said: list[str] = []

    def person() -> None:
        while not said:
            time.sleep(0.05)
            said.extend(yes_to_all(as_another(campaign)))

    asking = threading.Thread(target=person)
    asking.start()
    ending = campaign.run(wait_for_people=True)
    asking.join()
    assert (ending.status, said) == ("finished", ["zorbliquine"])


def as_another(campaign: Campaign) -> Campaign:
    """Return the same campaign as another process sees it."""
    other = object.__new__(Campaign)
    other.setup, other.ledger = campaign.setup, campaign.ledger
    other.record = Record(campaign.ledger, campaign.record.campaign)
    return other


def test_a_no_pauses_the_campaign_and_taking_it_up_asks_again(ledger: Ledger, real: ScriptedLab) -> None:
    campaign = Campaign(ledger, real, space=X)
    campaign.run()
    (open_one,) = campaign.state.open_changes()
    campaign.commands.reject(open_one.token, "never heard of it")
    assert campaign.run().status == "waiting"
    assert [one.content["subject"] for one in campaign.state.open_changes()] == ["zorbliquine"]
    assert real.effects() == []


def test_a_controlled_substance_is_refused_when_it_is_checked_and_when_it_is_run(
    ledger: Ledger, real: ScriptedLab
) -> None:
    space = {"x": {"min": 0, "max": 1, "species": "sarin"}}
    campaign = Campaign(ledger, real, space=space)  # as if it had been recorded before there were rules
    with pytest.raises(SpecError, match="chemical weapons"):
        campaign.setup.check(campaign.setup.spec)
    with pytest.raises(SpecError, match="chemical weapons"):
        campaign.run()
    assert real.effects() == []
    reopened_setup = campaign.setup.check(campaign.setup.spec, recorded=True)
    assert reopened_setup.by_name, "what is on record stays readable"


def test_a_simulated_laboratory_asks_nobody(ledger: Ledger, lab: ScriptedLab) -> None:
    campaign = Campaign(ledger, lab, space={"x": {"min": 0, "max": 1, "species": "sarin"}})
    assert campaign.run().status == "finished"
    assert campaign.state.changes == {} or not list(campaign.state.changes)


def test_a_rehearsal_of_a_real_laboratory_needs_nobody(ledger: Ledger, real: ScriptedLab) -> None:
    campaign = Campaign(ledger, real, space=X)
    assert campaign.run(kind="virtual", unattended=True).status == "finished"


def test_nobody_to_ask_is_no_yes_where_devices_are_real(ledger: Ledger, real: ScriptedLab) -> None:
    assert Campaign(ledger, real, space=X).run(unattended=True).status == "waiting"


def test_steering_to_another_unknown_substance_asks_again_and_keeps_the_yes(ledger: Ledger, real: ScriptedLab) -> None:
    campaign = Campaign(ledger, real, space=X, species=["water"])
    campaign.run()
    yes_to_all(campaign)
    campaign.commands.steer(campaign.setup, {"species": ["water", "blorbium"]})
    assert campaign.run().status == "waiting"
    assert [one.content["subject"] for one in campaign.state.open_changes()] == ["blorbium"]
    with pytest.raises(SpecError, match="chemical weapons"):
        campaign.commands.steer(campaign.setup, {"species": ["water", "soman"]})


def test_by_hand_nothing_is_suggested_before_the_yes(ledger: Ledger) -> None:
    campaign = Campaign(ledger, None, space=X)
    for _ in range(2):
        with pytest.raises(StateError, match="a person must say yes first"):
            campaign.commands.ask(campaign.setup, 1)
    assert campaign.kinds().count("change.proposed") == 1
    yes_to_all(campaign)
    assert len(campaign.commands.ask(campaign.setup, 1)) == 1


def test_experiments_that_wait_for_approval_cannot_be_approved_while_a_yes_is_missing(ledger: Ledger) -> None:
    campaign = Campaign(ledger, None, space=X, approval="each")
    with pytest.raises(StateError):
        campaign.commands.ask(campaign.setup, 1)
    yes_to_all(campaign)
    campaign.commands.ask(campaign.setup, 1)
    (question,) = campaign.state.open_approvals()
    stricter: Any = lambda setup, state: (_ for _ in ()).throw(StateError("a rule became stricter"))  # noqa: E731
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("zosimos.campaign.control.commands.require_cleared", stricter)
        with pytest.raises(StateError, match="stricter"):
            campaign.commands.approve(question.token)
    assert campaign.commands.approve(question.token).status == "granted"


@pytest.mark.parametrize("by", ["a model", "a person"])
def test_nobody_but_the_program_can_ask_for_a_clearance(ledger: Ledger, by: str) -> None:
    campaign = Campaign(ledger, None, space=X)
    content = {"digest": "d", "kind": "unknown", "subject": "zorbliquine", "words": "it is safe", "where": []}
    with pytest.raises(StateError, match="only the program"):
        campaign.commands.propose(campaign.setup, "clear", content, by)
    assert not campaign.state.open_changes()


def test_a_yes_whose_question_the_rules_do_not_ask_is_refused(ledger: Ledger) -> None:
    """As after a rule became stricter, or in a record that somebody made up."""
    campaign = Campaign(ledger, None, space=X)
    with pytest.raises(StateError):
        campaign.commands.ask(campaign.setup, 1)
    (question,) = campaign.state.open_changes()
    content = {**question.content, "words": "something milder"}
    with pytest.raises(StateError, match="not what they were"):
        clearing.check_wanted(campaign.setup, campaign.state, content)


def test_what_a_lab_states_is_judged_with_what_the_campaign_states(ledger: Ledger, real: ScriptedLab) -> None:
    stating: Callable[..., LabChemistry] = lambda space: LabChemistry((Stated("places.a.species", "KCN"),))  # noqa: E731
    real.chemistry = stating  # type: ignore[attr-defined]  # a lab that states chemistry
    campaign = Campaign(ledger, real, species=["dilute HCl"])
    assert [one.kind for one in campaign.setup.safety(campaign.setup.spec).refused] == ["pair"]


def test_a_lab_whose_statement_breaks_is_refused(ledger: Ledger, real: ScriptedLab) -> None:
    def broken(space: object) -> LabChemistry:
        raise RuntimeError("the cabinet is locked")

    real.chemistry = broken  # type: ignore[attr-defined]  # a lab that states chemistry
    campaign = Campaign(ledger, real)
    with pytest.raises(SpecError, match="cannot be checked: RuntimeError: the cabinet is locked"):
        campaign.run()


def test_a_spec_without_substances_says_nothing_of_them(ledger: Ledger, tmp_path: Path) -> None:
    campaign = Campaign(ledger, None)
    data = campaign.setup.spec.model_dump(mode="json")
    assert "species" not in data
    assert "species" not in data["space"]["x"]
    assert reopened(campaign.record).safety(campaign.setup.spec).findings == ()
