"""Four ways in which approvals kept inside a conversation go wrong, and that they do not happen here.

Each was seen with a framework's own human-in-the-loop middleware, which keeps pending calls in the messages.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from chat_server import call, serving, text
from scripted_lab import NOW, Campaign, ScriptedLab, golden

from zosimos.agent.chat import Reply, say
from zosimos.agent.models.names import make_model
from zosimos.agent.tools import Toolbox
from zosimos.campaign.control.commands import Commands
from zosimos.campaign.ledger.store import Ledger
from zosimos.core.errors import StateError


@pytest.fixture
def campaign(tmp_path: Path) -> Any:
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        yield Campaign(ledger, ScriptedLab(tmp_path / "journal"))


def turn(campaign: Campaign, words: str, *replies: Any) -> Reply:
    commands = Commands(campaign.record, "tester", NOW)
    with serving(replies) as server:
        model = make_model("openai:scripted", base_url=server.url)
        return say(campaign.record, campaign.setup, model, words, person=commands, proposer=commands, decide=golden)


def proposed(campaign: Campaign, **bounds: Any) -> str:
    reply = turn(campaign, "narrow x", call("propose_bounds", {"parameter": "x", **bounds}), text("done"))
    return str(reply.proposals[-1]["token"])


def bound(campaign: Campaign) -> Any:
    return campaign.state.spec.space["x"].max  # type: ignore[union-attr]


def test_a_persons_edit_passes_the_same_limits_as_the_models_call(campaign: Campaign) -> None:
    proposed(campaign, max=0.9)
    box = Toolbox(campaign.record, campaign.setup, Commands(campaign.record, "tester", NOW), golden)
    (tool,) = [item for item in box.tools() if item.name == "propose_bounds"]
    assert "error" in tool.invoke({"parameter": "x", "max": -0.5})  # an edit is a call like any other
    assert list(box.proposals) == []
    assert bound(campaign) == 1.0


def test_reject_after_approve_neither_repeats_nor_takes_back_the_change(campaign: Campaign) -> None:
    token = proposed(campaign, max=0.9)
    campaign.commands.approve(token)
    for answer in (campaign.commands.reject, campaign.commands.approve):
        with pytest.raises(StateError):
            answer(token)
    assert campaign.kinds().count("spec.steered") == 1
    assert bound(campaign) == 0.9


def test_a_message_while_an_approval_is_open_neither_drops_nor_makes_it(campaign: Campaign) -> None:
    token = proposed(campaign, max=0.9)
    turn(campaign, "never mind that, how are things?", call("status", {}), text("Fine."))
    assert campaign.state.open_tokens() == [token]
    assert bound(campaign) == 1.0
    campaign.commands.approve(token)
    assert bound(campaign) == 0.9


def test_the_record_says_what_was_done_and_not_what_the_model_first_said(campaign: Campaign) -> None:
    first = proposed(campaign, max=0.9)
    edited = proposed(campaign, max=0.8)
    campaign.commands.approve(edited)
    events = list(campaign.ledger.events(campaign.record.campaign))
    steered = [event.body["changes"] for event in events if event.kind == "spec.steered"]
    assert steered == [[{"path": "space.x.max", "old": 1.0, "new": 0.8}]]
    assert campaign.state.changes[first].status == "rejected"
    assert campaign.state.changes[first].answer == f"replaced by {edited}"
    assert campaign.state.changes[edited].changes[0].new == bound(campaign) == 0.8


@pytest.mark.parametrize("when", ["propose", "reject"])
def test_of_two_turns_at_once_the_newer_proposal_stays_and_both_are_told_what_they_filed(
    campaign: Campaign, when: str
) -> None:
    class Slow(Commands):
        """Another turn files a proposal about the same setting right before, or right after, this one's is filed."""

        def reject(self, token: str, reason: str = "") -> None:
            if when == "reject" and campaign.kinds().count("change.proposed") == 2:
                other.call("propose_bounds", {"parameter": "x", "max": 0.7})
            super().reject(token, reason)

        def propose(self, *wanted: Any, **more: Any) -> Any:
            change = super().propose(*wanted, **more)
            if when == "propose" and campaign.kinds().count("change.proposed") == 2:
                other.call("propose_bounds", {"parameter": "x", "max": 0.7})
            return change

    first = proposed(campaign, max=0.9)
    other = Toolbox(campaign.record, campaign.setup, Commands(campaign.record, "tester", NOW), golden)
    slow = Toolbox(campaign.record, campaign.setup, Slow(campaign.record, "tester", NOW), golden)
    filed = slow.call("propose_bounds", {"parameter": "x", "max": 0.8})
    assert filed["status"] == "rejected"
    assert campaign.state.changes[first].status == "rejected"
    (newest,) = campaign.state.open_changes()
    assert newest.changes[0].new == 0.7
    assert campaign.state.changes[filed["token"]].answer == f"replaced by {newest.token}"
