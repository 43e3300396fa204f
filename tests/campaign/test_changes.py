"""Proposed changes: bound to their content and the spec's version, made once and only by an approval."""

from __future__ import annotations

import re
from typing import Any

import pytest
from scripted_lab import NOW, Campaign, ScriptedLab

from zosimos.campaign.control.commands import Commands
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import verify
from zosimos.campaign.record.experiment import ProposedChange
from zosimos.campaign.record.fold import fold
from zosimos.campaign.record.record import Record
from zosimos.core.errors import NotFoundError, SpecError, StateError, TamperedError

NARROW = {"space.x.max": 0.5}


@pytest.fixture
def campaign(ledger: Ledger, tmp_path: Any) -> Campaign:
    return Campaign(ledger, ScriptedLab(tmp_path / "journal"))


def narrowing(campaign: Campaign, value: float = 0.5) -> ProposedChange:
    return campaign.commands.propose(campaign.setup, "steer", {"space.x.max": value}, "fumes")


def test_a_proposal_changes_nothing_until_it_is_approved(campaign: Campaign) -> None:
    change = narrowing(campaign)
    assert campaign.state.spec_version == 1
    assert [item.as_json() for item in change.changes] == [{"path": "space.x.max", "old": 1.0, "new": 0.5}]
    assert re.fullmatch(r"[0-9a-z]{8}-[0-9a-f]{32}", change.token)
    campaign.commands.approve(change.token)
    assert campaign.state.spec_version == 2
    assert campaign.state.spec.space["x"].max == 0.5  # type: ignore[union-attr]
    assert campaign.state.changes[change.token].status == "granted"
    assert campaign.kinds()[-2:] == ["approval.granted", "spec.steered"]


def test_approving_twice_is_refused_and_makes_nothing_twice(campaign: Campaign) -> None:
    change = narrowing(campaign)
    campaign.commands.approve(change.token)
    before = campaign.kinds()
    for answer in (campaign.commands.approve, campaign.commands.reject):
        with pytest.raises(StateError, match="already granted"):
            answer(change.token)
    assert campaign.kinds() == before


def test_a_rejected_proposal_cannot_be_approved(campaign: Campaign) -> None:
    change = narrowing(campaign)
    campaign.commands.reject(change.token, "not today")
    with pytest.raises(StateError, match="already rejected"):
        campaign.commands.approve(change.token)
    assert campaign.state.spec_version == 1
    assert campaign.state.changes[change.token].answer == "not today"


def test_proposals_expire_when_the_spec_moves(campaign: Campaign) -> None:
    change = narrowing(campaign)
    campaign.commands.steer(campaign.setup, {"budget.experiments": 6})
    with pytest.raises(StateError, match="already expired"):
        campaign.commands.approve(change.token)
    assert campaign.state.spec.space["x"].max == 1.0  # type: ignore[union-attr]


def test_approving_one_of_two_proposals_expires_the_other(campaign: Campaign) -> None:
    first, second = narrowing(campaign, 0.5), narrowing(campaign, 0.7)
    campaign.commands.approve(second.token)
    assert campaign.state.changes[first.token].status == "expired"
    assert campaign.state.spec.space["x"].max == 0.7  # type: ignore[union-attr]


def test_proposals_expire_when_the_campaign_ends(campaign: Campaign) -> None:
    change = narrowing(campaign)
    assert campaign.run().status == "finished"
    assert campaign.state.changes[change.token].status == "expired"
    assert campaign.state.changes[change.token].answer == "the campaign is finished"


def test_the_same_proposal_again_is_the_same_token_while_it_is_open(campaign: Campaign) -> None:
    first = campaign.commands.propose(campaign.setup, "pause")
    assert campaign.commands.propose(campaign.setup, "pause").token == first.token
    campaign.commands.approve(first.token)
    campaign.commands.go_on()
    assert campaign.commands.propose(campaign.setup, "pause").token != first.token


def test_each_verb_is_carried_out(campaign: Campaign) -> None:
    def approved(verb: Any, wanted: Any = None) -> None:
        campaign.commands.approve(campaign.commands.propose(campaign.setup, verb, wanted).token)

    approved("pause")
    assert campaign.state.status == "paused"
    approved("resume")
    assert campaign.state.status == "active"
    approved("steer", NARROW)
    approved("undo")
    assert campaign.state.spec.space["x"].max == 1.0  # type: ignore[union-attr]
    assert campaign.state.steerings[-1].undoes == 2
    approved("abort")
    assert campaign.state.status == "aborted"
    assert [change.status for change in campaign.state.changes.values()] == ["granted"] * 5


def test_a_proposal_that_no_longer_fits_the_status_is_refused(campaign: Campaign) -> None:
    change = campaign.commands.propose(campaign.setup, "pause")
    campaign.commands.pause()
    before = campaign.kinds()
    with pytest.raises(StateError, match="nothing to pause"):
        campaign.commands.approve(change.token)
    assert campaign.kinds() == before
    assert campaign.state.changes[change.token].status == "open"


@pytest.mark.parametrize("wanted", [{"space.x.max": -1}, {"seed": 3}, {"space.z.max": 1}, {"space.x.max": 1.0}])
def test_what_steering_would_refuse_cannot_be_proposed(campaign: Campaign, wanted: Any) -> None:
    before = campaign.kinds()
    with pytest.raises(SpecError):
        campaign.commands.propose(campaign.setup, "steer", wanted)
    assert campaign.kinds() == before


def test_nothing_to_undo_cannot_be_proposed(campaign: Campaign) -> None:
    with pytest.raises(StateError, match="no steering to undo"):
        campaign.commands.propose(campaign.setup, "undo")


def test_an_unknown_token_names_the_open_ones(campaign: Campaign) -> None:
    change = narrowing(campaign)
    with pytest.raises(NotFoundError) as caught:
        campaign.commands.approve("nothing")
    assert caught.value.allowed == change.token


def test_a_proposal_whose_content_is_not_its_digests_is_refused(campaign: Campaign) -> None:
    body = {
        "token": "forged",
        "verb": "steer",
        "changes": [{"path": "space.x.max", "old": 1.0, "new": 0.5}],
        "undoes": None,
        "spec_version": 1,
        "number": 1,
        "digest": "0" * 64,
        "by": {"name": "x", "at": ""},
        "reason": "",
    }
    record = Record(campaign.ledger, campaign.record.campaign)
    record.commit(lambda _: [Draft("change.proposed", body)], NOW.isoformat)
    with pytest.raises(TamperedError):
        Commands(record, "tester", NOW).approve("forged")
    assert campaign.state.spec_version == 1


def test_experiments_and_changes_are_asked_about_side_by_side(ledger: Ledger, tmp_path: Any) -> None:
    campaign = Campaign(ledger, ScriptedLab(tmp_path / "journal"), approval="batch", batch=2)
    campaign.run()
    (asked,) = campaign.state.open_approvals()
    change = campaign.commands.propose(campaign.setup, "steer", {"space.x.max": 0.5})
    assert campaign.state.open_tokens() == [asked.token, change.token]
    campaign.commands.approve(asked.token)
    assert campaign.state.changes[change.token].status == "open"
    campaign.run()
    campaign.commands.approve(change.token)
    assert campaign.state.open_approvals() == []  # the second batch rested on a spec that is no more
    campaign.run()
    (following,) = campaign.state.open_approvals()
    assert all(float(campaign.experiment(name).values["x"]) <= 0.5 for name in following.experiments)


def test_the_record_of_proposals_reads_back_and_verifies(campaign: Campaign) -> None:
    change = narrowing(campaign)
    campaign.commands.approve(change.token)
    again = fold(campaign.record.campaign, campaign.ledger.events(campaign.record.campaign))
    assert again.changes == campaign.state.changes
    verify(campaign.ledger, campaign.record.campaign, None)
