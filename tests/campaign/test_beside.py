"""Proposals that leave the spec as it is: advice, and results corrected, retracted and restored, by a person's yes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from scripted_lab import NOW, Campaign, ScriptedLab

from zosimos.campaign.control.commands import Commands
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import verify
from zosimos.campaign.record.approvals import standing
from zosimos.campaign.record.experiment import ProposedVerb
from zosimos.campaign.record.record import Record
from zosimos.campaign.views import change_view
from zosimos.core.errors import NotFoundError, SpecError, StateError, TamperedError, ZosimosError

POINT = {"items": [{"kind": "point", "values": {"x": 0.25}, "expected": {}, "reason": ""}]}
AGAIN = {"items": [{"kind": "replicate", "experiment": "e0001"}], "lasting": 3}


@pytest.fixture
def campaign(ledger: Ledger, tmp_path: Path) -> Campaign:
    """Two experiments are measured, and there is room for more."""
    found = Campaign(ledger, ScriptedLab(tmp_path / "journal"), budget={"experiments": 2})
    found.run()
    found.commands.steer(found.setup, {"budget.experiments": 6})
    return found


def proposed(campaign: Campaign, verb: ProposedVerb, content: Mapping[str, Any]) -> str:
    return campaign.commands.propose(campaign.setup, verb, content, "the lamp was off").token


def test_advice_counts_once_a_person_said_yes_and_is_theirs(campaign: Campaign) -> None:
    token = proposed(campaign, "advise", POINT)
    assert not campaign.state.advice
    assert change_view(campaign.state, campaign.state.changes[token])["words"] == ["try x=0.25"]
    campaign.commands.approve(token)
    (given,) = campaign.state.in_force()
    assert (given.author, given.kind) == ("tester", "person")
    assert given.reason == "tester proposed it: the lamp was off"
    campaign.commands.approve(proposed(campaign, "withdraw", {"advice": given.id}))
    assert not campaign.state.in_force()


def test_advice_for_some_results_says_for_how_many(campaign: Campaign) -> None:
    token = proposed(campaign, "advise", AGAIN)
    words = change_view(campaign.state, campaign.state.changes[token])["words"]
    assert words == ["measure e0001 again, for the next 3 results"]
    campaign.commands.approve(token)
    assert campaign.state.in_force()[0].until == len(campaign.state.observations) + 3


def test_a_result_is_corrected_retracted_and_restored(campaign: Campaign) -> None:
    token = proposed(campaign, "correct", {"experiment": "e0001", "values": {"y": -0.5, "x": "0.4"}})
    was, at = campaign.experiment("e0001").measurements["y"].value, campaign.experiment("e0001").values["x"]
    words = change_view(campaign.state, campaign.state.changes[token])["words"]
    assert sorted(words, reverse=True) == [f"e0001: y: {was:g} -> -0.5", f"e0001: x: {at} -> 0.4"]
    campaign.commands.approve(token)
    assert campaign.experiment("e0001").measurements["y"].value == -0.5
    campaign.commands.approve(proposed(campaign, "retract", {"experiment": "e0001"}))
    assert "e0001" in campaign.state.retracted
    campaign.commands.approve(proposed(campaign, "restore", {"experiment": "e0001"}))
    assert "e0001" not in campaign.state.retracted
    assert [change.status for change in campaign.state.changes.values()] == ["granted"] * 3
    verify(campaign.ledger, campaign.record.campaign)
    assert campaign.state == Record(campaign.ledger, campaign.record.campaign).state


@pytest.mark.parametrize(
    ("verb", "content", "error"),
    [
        ("advise", {"items": [{"kind": "point", "values": {"x": 7.0}, "expected": {}, "reason": ""}]}, SpecError),
        ("advise", {"items": [{"kind": "replicate", "experiment": "e0009"}]}, ZosimosError),
        ("withdraw", {"advice": "a0001"}, NotFoundError),
        ("correct", {"experiment": "e0009", "values": {"y": 1.0}}, NotFoundError),
        ("correct", {"experiment": "e0001", "values": {"z": 1.0}}, ZosimosError),
        ("retract", {"experiment": "e0009"}, NotFoundError),
        ("restore", {"experiment": "e0001"}, StateError),
    ],
)
def test_what_cannot_be_done_is_not_asked_about(
    campaign: Campaign, verb: ProposedVerb, content: dict[str, Any], error: type[Exception]
) -> None:
    before = campaign.kinds()
    with pytest.raises(error):
        proposed(campaign, verb, content)
    assert campaign.kinds() == before


def test_what_can_be_done_no_more_is_refused_and_stays_open(campaign: Campaign) -> None:
    token = proposed(campaign, "retract", {"experiment": "e0001"})
    campaign.commands.retract("e0001", "another reason")
    before = campaign.kinds()
    with pytest.raises(StateError):
        campaign.commands.approve(token)
    assert campaign.kinds() == before
    assert campaign.state.changes[token].status == "open"


def test_a_yes_to_a_value_that_changed_since_it_was_shown_is_refused(campaign: Campaign) -> None:
    token = proposed(campaign, "correct", {"experiment": "e0001", "values": {"y": -0.5}})
    shown = standing(campaign.state, campaign.state.changes[token])
    campaign.commands.correct(campaign.setup, "e0001", {"y": -0.4}, "read again")
    with pytest.raises(StateError, match="not what was shown"):
        campaign.commands.approve(token, shown)
    assert campaign.experiment("e0001").measurements["y"].value == -0.4


def test_the_same_again_is_the_same_question_and_other_content_another(campaign: Campaign) -> None:
    token = proposed(campaign, "correct", {"experiment": "e0001", "values": {"y": -0.5}})
    assert proposed(campaign, "correct", {"experiment": "e0001", "values": {"y": -0.5}}) == token
    assert proposed(campaign, "correct", {"experiment": "e0001", "values": {"y": -0.6}}) != token


def test_content_that_its_digest_does_not_cover_is_refused(campaign: Campaign) -> None:
    proposed(campaign, "correct", {"experiment": "e0001", "values": {"y": -0.5}})
    (event,) = [event for event in campaign.ledger.events(campaign.record.campaign) if event.kind == "change.proposed"]
    forged = {**event.body, "token": "forged", "content": {"experiment": "e0001", "values": {"y": 99.0}}}
    record = Record(campaign.ledger, campaign.record.campaign)
    record.commit(lambda _: [Draft("change.proposed", forged)], NOW.isoformat)
    with pytest.raises(TamperedError):
        Commands(record, "tester", NOW).approve("forged")
    assert record.state.experiment("e0001").measurements["y"].value < 0
