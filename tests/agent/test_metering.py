"""What models take goes on the campaign's record: who answered, what it took, and what was said word for word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from chat_server import call, counting, failure, serving, text
from odd_answers import chat
from scripted_lab import NOW, Campaign, ScriptedLab

from zosimos.agent.advising.choice import advisors
from zosimos.agent.models.names import make_model
from zosimos.agent.models.prices import Price
from zosimos.campaign import views
from zosimos.campaign.control.commands import Commands
from zosimos.campaign.decisions.models_budget import in_words
from zosimos.campaign.decisions.replay import replay
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import verify
from zosimos.campaign.record.exchanges import kept
from zosimos.campaign.record.fold import fold
from zosimos.campaign.record.model_use import ModelUse, total
from zosimos.campaign.record.record import Record
from zosimos.core.errors import ModelError
from zosimos.core.settings import Settings
from zosimos.planners.advice import Answer, Explore

PRICES = {"openai:a": Price(10.0, 20.0)}
LESS = {"parameter": "x", "max": 0.3}


def event(campaign: Campaign, kind: str) -> Any:
    return [one for one in campaign.ledger.events(campaign.record.campaign) if one.kind == kind][-1]


def test_a_turn_says_which_models_answered_and_failed_and_what_it_took(campaign: Campaign) -> None:
    replies = [counting(call("status", {}), 1000, 10), counting(text("It is active."), 2000, 20)]
    with serving(replies) as server:
        chat(campaign, make_model("openai:a,offline", base_url=server.url, prices=PRICES), "how is it going?")
    turn = event(campaign, "chat.answered").body["models"]
    assert turn["answered"] == ["openai:a"]
    assert turn["failed"] == []
    (used,) = turn["usage"]
    assert (used["tokens_in"], used["tokens_out"], used["calls"]) == (3000, 30, 2)
    assert used["cost_usd"] == pytest.approx(0.0306)
    assert turn["seconds"] > 0
    assert len(turn["prompt"]) == 64
    assert campaign.kinds().count("models.asked") == 2, "one for each answer"
    use = campaign.state.models["chat"]["openai:a"]
    assert (use.calls, use.tokens, use.unpriced) == (2, 3030, 0)
    shown = views.status(campaign.state)["models"]
    assert shown["by"]["chat"]["openai:a"]["tokens"] == 3030
    assert "openai:a for chat: 2 answers, 3000 tokens in and 30 out, 0.0306 $" in in_words(campaign.state)[0]


def test_a_model_that_was_passed_over_is_on_record_with_why(campaign: Campaign) -> None:
    with serving([failure(401)]) as server:
        chat(campaign, make_model("openai:a,openai:b,offline", base_url=server.url), "how is it going?")
    turn = event(campaign, "chat.answered").body["models"]
    assert turn["answered"] == ["offline"]
    assert [one["model"] for one in turn["failed"]] == ["openai:a", "openai:b"]
    assert "refuses the key" in turn["failed"][0]["why"]
    assert "models.asked" not in campaign.kinds(), "nothing was answered that costs"


def test_a_turn_that_fails_afterwards_counts_all_the_same(campaign: Campaign) -> None:
    replies = [counting(call("status", {}), 700, 7), failure(401)]
    with serving(replies) as server, pytest.raises(ModelError):
        chat(campaign, make_model("openai:a", base_url=server.url), "how is it going?")
    assert "chat.answered" not in campaign.kinds()
    assert total(campaign.state) == ModelUse(1, 700, 7, 0.0, 1, 0, total(campaign.state).seconds)
    assert "price not known" in in_words(campaign.state)[0]


def test_what_was_said_is_kept_word_for_word_and_verifies(campaign: Campaign) -> None:
    replies = [call("propose_bounds", LESS), text("I propose it.")]
    with serving(replies) as server:
        model = make_model("openai:a", base_url=server.url, api_key="sk-very-secret")
        chat(campaign, model, "keep x below 0.3")
        sent = [request["messages"] for request in server.requests]
        tools = server.requests[0]["tools"]
    turn = event(campaign, "chat.answered").body["models"]
    first, second = kept(campaign.ledger, turn["exchanges"])
    assert first["messages"] == sent[0]
    assert [one["role"] for one in second["messages"]] == ["system", "user", "assistant", "tool"]
    assert second["messages"][-1]["content"] == sent[1][-1]["content"]
    assert first["tools"] == tools
    assert second["reply"]["content"] == "I propose it."
    assert len(turn["tools"]) == 1
    verify(campaign.ledger, campaign.record.campaign)
    stored = b"".join(campaign.ledger.artifact(name) for name in (*turn["exchanges"], *turn["tools"]))
    assert b"very-secret" not in stored


@pytest.mark.parametrize("counts", [(None, 1), (0, 0)])
def test_what_a_server_does_not_count_is_estimated_and_said_to_be(campaign: Campaign, counts: tuple[Any, int]) -> None:
    with serving([counting(text("It is active."), *counts)]) as server:
        chat(campaign, make_model("openai:a", base_url=server.url), "how is it going?")
    (used,) = event(campaign, "models.asked").body["usage"]
    assert used["estimated"] is True
    assert used["tokens_in"] > 100
    assert "about " in in_words(campaign.state)[0]


def test_a_cry_for_a_stop_asks_no_model_and_names_none(campaign: Campaign) -> None:
    chat(campaign, make_model("offline"), "stop!")
    assert "models" not in event(campaign, "chat.answered").body


# --- the budget for models of a campaign


@pytest.fixture
def short(tmp_path: Path) -> Any:
    """A campaign whose models may take 1,000 tokens."""
    with Ledger(str(tmp_path / "short.db")) as ledger:
        yield Campaign(ledger, ScriptedLab(tmp_path / "journal"), budget={"experiments": 8, "model_tokens": 1000})


def test_a_budget_that_is_spent_asks_no_model_and_the_rules_answer_and_say_so(short: Campaign) -> None:
    with serving([counting(text("It is active."), 990, 10)]) as server:
        model = make_model("openai:a", base_url=server.url)
        assert chat(short, model, "how is it going?").asked.answered == ("openai:a",)
        for _ in range(2):
            reply = chat(short, model, "how is it going?")
        assert len(server.requests) == 1
    assert reply.asked.answered == ("offline",)
    assert "0 of 8 experiments used" in reply.text
    (line,) = reply.asked.fallen_back()
    assert "the campaign's budget for models is used up: 1000 of 1000 tokens (budget.model_tokens)" in line
    assert line.endswith("offline answered instead")
    assert "the budget for models is used up" in in_words(short.state)[-1]
    why = event(short, "chat.answered").body["models"]["failed"]
    assert why[0]["model"] == "openai:a"


def test_a_budget_that_is_passed_in_the_middle_of_a_turn_leaves_the_rest_to_the_rules(short: Campaign) -> None:
    with serving([counting(call("propose_bounds", LESS), 2000, 10), text("never asked")]) as server:
        reply = chat(short, make_model("openai:a", base_url=server.url), "keep x below 0.3")
        assert len(server.requests) == 1
    assert reply.asked.answered == ("openai:a", "offline")
    assert len(reply.proposals) == 1
    assert "I propose to steer" in reply.text


def test_what_another_program_spent_counts_at_once(short: Campaign, tmp_path: Path) -> None:
    with Ledger(str(tmp_path / "short.db")) as other:
        elsewhere = Commands(Record(other, short.record.campaign), "somebody else")
        used = {"model": "openai:b", "calls": 1, "tokens_in": 5000, "tokens_out": 1, "cost_usd": None}
        elsewhere.note_models("chat", [{**used, "estimated": False}], 1.0)
    with serving([text("yes")]) as server:
        reply = chat(short, make_model("openai:a", base_url=server.url), "how is it going?")
        assert server.requests == []
    assert reply.asked.answered == ("offline",)


@pytest.mark.parametrize("words", ["propose", "/set budget.model_tokens=5000"])
def test_a_person_may_approve_more(short: Campaign, words: str) -> None:
    more = {"settings": {"budget.model_tokens": 5000}}
    with serving([counting(call("propose_settings", more), 2000, 10), text("Now I answer.")]) as server:
        model = make_model("openai:a", base_url=server.url)
        (proposal,) = chat(short, model, words).proposals
        if words != "propose":
            assert server.requests == []
        assert proposal["changes"] == [{"path": "budget.model_tokens", "old": 1000, "new": 5000}]
        short.commands.approve(proposal["token"])
        assert "openai:a" in chat(short, model, "how is it going?").asked.answered
        assert server.requests


def test_a_failure_that_is_not_of_the_budget_stays_what_it_was(short: Campaign) -> None:
    with serving([failure(401)]) as server, pytest.raises(ModelError, match="refuses the key"):
        chat(short, make_model("openai:a", base_url=server.url), "how is it going?")


def test_a_budget_in_money_asks_no_model_whose_price_is_not_known(tmp_path: Path) -> None:
    budget = {"experiments": 8, "model_usd": 0.05}
    with Ledger(str(tmp_path / "ledger.db")) as ledger, serving([counting(text("Fine."), 4000, 500)]) as server:
        campaign = Campaign(ledger, ScriptedLab(tmp_path / "journal"), budget=budget)
        reply = chat(campaign, make_model("openai:a", base_url=server.url), "how is it going?")
        assert server.requests == []
        assert "the price of openai:a is not known" in reply.asked.failed["openai:a"]
        priced = make_model("openai:a", base_url=server.url, prices=PRICES)
        for _ in range(3):
            reply = chat(campaign, priced, "how is it going?")
        assert len(server.requests) == 1, "the first took 0.05 dollars"
        assert "0.05 of 0.05 US dollars" in reply.asked.failed["openai:a"]


def test_each_model_of_a_chain_is_told_and_the_rules_answer(short: Campaign) -> None:
    with serving([counting(text("yes"), 1000, 10)]) as server:
        model = make_model("openai:a,openai:b", base_url=server.url)
        chat(short, model, "how is it going?")
        reply = chat(short, model, "how is it going?")
        assert len(server.requests) == 1
    assert list(reply.asked.failed) == ["openai:a", "openai:b"]
    assert reply.asked.answered == ("offline",)


# --- advice


def test_advice_counts_once_with_its_model_and_stands_in_for_by_the_rules_when_money_is_spent(tmp_path: Path) -> None:
    when = {"start": True, "every": 1, "plateau": None, "surprise": False, "drift": False}
    advisor = {"kind": "openai:a", "when": when}
    budget = {"experiments": 4, "model_tokens": 1500}
    given = counting(call("give_advice", {"explore": "more", "reason": "far"}), 990, 10)
    with Ledger(str(tmp_path / "ledger.db")) as ledger, serving([given]) as server:
        campaign = Campaign(ledger, ScriptedLab(tmp_path / "journal"), advisor=advisor, budget=budget)
        campaign.run(advisor=advisors(Settings(base_url=server.url)))
        assert len(server.requests) == 2, "the second answer goes past it; no third is asked for"
        state = campaign.state
        assert [item.status for item in state.experiments.values()] == ["measured"] * 4
        use = state.models["advice"]["openai:a"]
        assert (use.calls, use.tokens) == (2, 2000)
        assert [call.author for call in state.calls] == ["openai:a", "openai:a", "offline", "offline"]
        assert "offline advises in the place of openai:a" in [n.words for n in state.notices if n.kind == "advisor"][-1]
        body = event(campaign, "advice.answered").body
        assert "models" not in body, "the rules ask no model"
        asked = state.calls[0].models
        (kept_one,) = kept(ledger, asked["exchanges"])
        assert kept_one["messages"] == server.requests[0]["messages"]
        verify(ledger, campaign.record.campaign)
        assert fold(campaign.record.campaign, ledger.events(campaign.record.campaign)).models == state.models


def test_advice_on_record_from_before_counts_by_its_own_tokens(campaign: Campaign) -> None:
    asked = {"call": 1, "moment": "start", "seen": 0, "author": "openai:old"}
    answer = {"call": 1, "said": "nothing", "advice": "", "words": "", "suggests": []}
    drafts = [
        Draft("advice.asked", asked),
        Draft("advice.answered", {**answer, "tokens": {"input": 70, "output": 7}, "cost": 0.25}),
    ]
    campaign.record.commit(lambda _: drafts, NOW.isoformat)
    assert campaign.state.models["advice"]["openai:old"] == ModelUse(1, 70, 7, 0.25)
    assert views.status(campaign.state)["models"]["tokens"] == 77
    events = campaign.ledger.events(campaign.record.campaign)
    assert replay(campaign.record.campaign, events, campaign.setup).divergence is None


def test_an_advisor_may_not_correct_itself_past_the_budget(tmp_path: Path) -> None:
    when = {"start": True, "every": None, "plateau": None, "surprise": False, "drift": False}
    budget = {"experiments": 2, "model_tokens": 900}
    wrong = counting(call("give_advice", {"points": 3}), 990, 10)
    with Ledger(str(tmp_path / "ledger.db")) as ledger, serving([wrong]) as server:
        advisor = {"kind": "openai:a", "when": when}
        campaign = Campaign(ledger, ScriptedLab(tmp_path / "journal"), advisor=advisor, budget=budget)
        campaign.run(advisor=advisors(Settings(base_url=server.url)))
        assert len(server.requests) == 1
        assert campaign.state.calls[0].status == "problem"
        assert "the budget for models is used up" in campaign.state.calls[0].words
        assert campaign.state.models["advice"]["openai:a"].tokens == 1000


GONE = "sha256:" + "0" * 64
USED = {"model": "m", "tokens_in": 5, "tokens_out": 1, "cost_usd": None, "calls": 1, "estimated": False}
ACCOUNT = {"answered": ["m"], "failed": [], "usage": [USED], "seconds": 0.1, "prompt": "p"}


@pytest.mark.parametrize(
    "account",
    [
        {**ACCOUNT, "digest": GONE},
        {**ACCOUNT, "usage": [{**USED, "tokens_in": -5}]},
        {**ACCOUNT, "exchanges": [3]},
        {**ACCOUNT, "seconds": float("nan")},
        {"usage": "much"},
        {"deep": object()},
    ],
)
def test_an_account_of_a_plugin_that_is_none_stops_nothing_and_the_record_stays_whole(
    tmp_path: Path, account: dict[str, Any]
) -> None:
    class Vain:
        async def advise(self, view: Any) -> Answer:
            return Answer([Explore("more")], asked=account)

    when = {"start": True, "every": None, "plateau": None, "surprise": False, "drift": False}
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        campaign = Campaign(ledger, ScriptedLab(tmp_path / "journal"), advisor={"kind": "vain", "when": when})
        campaign.run(advisor=lambda _: Vain())
        assert len(campaign.state.experiments) == 4
        assert campaign.state.calls[0].status == "problem"
        assert campaign.state.models == {}
        verify(ledger, campaign.record.campaign)


def test_an_account_of_a_plugin_counts_and_what_it_said_is_kept(tmp_path: Path) -> None:
    said = {
        "model": "m",
        "messages": [{"role": "user", "content": "hi"}],
        "reply": {"role": "assistant", "content": ""},
    }
    exchange = {**said, "tools": [], "choice": None, "left_out": []}

    class Plain:
        async def advise(self, view: Any) -> Answer:
            return Answer([Explore("more")], asked={**ACCOUNT, "exchanges": [exchange]})

    when = {"start": True, "every": None, "plateau": None, "surprise": False, "drift": False}
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        campaign = Campaign(ledger, ScriptedLab(tmp_path / "journal"), advisor={"kind": "plain", "when": when})
        campaign.run(advisor=lambda _: Plain())
        assert campaign.state.models["advice"]["m"].tokens == 6
        assert kept(ledger, campaign.state.calls[0].models["exchanges"])[0]["messages"] == said["messages"]
        verify(ledger, campaign.record.campaign)
