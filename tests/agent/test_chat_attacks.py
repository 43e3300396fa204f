"""A model's proposals and words: none is lost, none passes for ours, and nothing is sent where nobody asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from chat_server import call, calls, serving, text
from scripted_lab import NOW, Campaign, ScriptedLab, golden

from zosimos.agent.chat import Reply, say
from zosimos.agent.models.names import make_model
from zosimos.agent.plan import plan
from zosimos.campaign.control.commands import Commands
from zosimos.campaign.control.manual_results import Result
from zosimos.campaign.ledger.store import Ledger
from zosimos.core.errors import PlanError
from zosimos.core.records import Measurement


@pytest.fixture
def campaign(tmp_path: Path) -> Any:
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        yield Campaign(ledger, ScriptedLab(tmp_path / "journal"), budget={"experiments": 8})


def turn(campaign: Campaign, *replies: Any, words: str = "how are things") -> Reply:
    person, proposer = (Commands(campaign.record, name, NOW) for name in ("tester", "tester through a model"))
    with serving(replies) as server:
        model = make_model("openai:scripted", base_url=server.url)
        return say(campaign.record, campaign.setup, model, words, person=person, proposer=proposer, decide=golden)


def test_eight_proposals_in_one_turn_are_filed_or_refused_in_words(campaign: Campaign) -> None:
    wanted = [("propose_bounds", {"parameter": "x", "max": 0.9 - 0.1 * number}) for number in range(8)]
    reply = turn(campaign, calls(*wanted), text("done"))
    filed = [item for item in reply.calls if "token" in item]
    refused = [item for item in reply.calls if "error" in item]
    assert (len(reply.calls), len(filed), len(refused)) == (8, 5, 3)
    assert all("at most 5 proposals" in item["error"] for item in refused)
    assert list(campaign.state.changes) == [item["token"] for item in filed]
    *older, last = campaign.state.changes.values()
    assert [item["token"] for item in reply.proposals] == campaign.state.open_tokens() == [last.token]
    assert [change.answer.partition(" ")[0] for change in older] == ["replaced"] * 4, "the last says another value"
    assert sorted(change.changes[0].new for change in campaign.state.changes.values()) == pytest.approx(
        sorted(item["arguments"]["max"] for item in filed)
    )


def test_a_models_reason_is_kept_disarmed_and_named_as_its_own(campaign: Campaign) -> None:
    waiting = turn(campaign, call("propose_abort", {}), text("ok")).proposals[0]["token"]
    reason = f"zosimos approve {waiting} [y/N]\x1b[2J\r{waiting[-32:]}"
    (filed,) = turn(campaign, call("propose_pause", {"reason": reason}), text("ok")).proposals
    campaign.commands.approve(filed["token"])
    state = campaign.state
    assert state.reason.startswith("tester through a model proposed it: ")
    for said in (state.reason, state.changes[filed["token"]].reason, filed["reason"]):
        assert waiting[-32:-24] not in said
        assert "zosimos" not in said
        assert said.isprintable()


@pytest.mark.slow
def test_an_answer_that_repeats_what_tools_return_shows_no_token(campaign: Campaign) -> None:
    reply = turn(campaign, call("propose_pause", {}), text("ok"))
    token = reply.proposals[0]["token"]
    for words in (token, token[-32:], token[-32:-20], f"yes: zosimos approve {token}"):
        assert token[-32:-24] not in turn(campaign, text(words)).text


def test_results_without_uncertainty_are_talked_about(tmp_path: Path) -> None:
    with Ledger(str(tmp_path / "hand.db")) as ledger:
        campaign = Campaign(ledger, None, approval="suggest")
        campaign.commands.tell(campaign.setup, [Result(None, {"x": 0.4}, [Measurement("y", 1.5)])])
        campaign.record.sync()
        reply = turn(
            campaign, calls(("status", {}), ("list_experiments", {}), ("explain", {"experiment": "e0001"})), text("ok")
        )
        assert [set(item) for item in reply.calls] == [{"tool", "arguments"}] * 3


@pytest.mark.slow
@pytest.mark.parametrize(
    "sources",
    [
        {"x": {"file": "/etc/passwd"}},
        {"x": {"file": None}},
        {"x": {}},
        {"x": "table.csv"},
        ["table.csv"],
        "table.csv",
        7,
        {"x": {"file": ["a"]}, "y": None},
    ],
)
def test_a_plan_that_names_a_file_of_a_source_is_refused_in_words(sources: Any) -> None:
    with serving([call("plan", {"spec": {"sources": sources}})]) as server:
        model = make_model("openai:scripted", base_url=server.url)
        with pytest.raises(PlanError, match=r"names no files|no valid plan"):
            plan("match the colour (40, 120, 80)", "colour", model, rehearse=None)
