"""Flow: lines of an answer are shown while it comes in, none before it was held against the record."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from chat_server import Answering, Raw, call, failure, serving, stream, text
from hypothesis import given
from hypothesis import strategies as st
from scripted_lab import NOW, Campaign, ScriptedLab, golden

from zosimos.agent.chat import Reply, say
from zosimos.agent.flow import Flow, settled
from zosimos.agent.models.names import make_model
from zosimos.campaign.control.commands import Commands
from zosimos.campaign.ledger.store import Ledger
from zosimos.core.errors import ModelError


@pytest.fixture
def campaign(tmp_path: Path) -> Any:
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        found = Campaign(ledger, ScriptedLab(tmp_path / "journal"), budget={"experiments": 2})
        found.run()
        yield found


def coming(campaign: Campaign, *replies: Raw | Answering) -> tuple[Any, list[str]]:
    """Ask once; return the reply (or why there is none), and what was shown of it on the way."""
    told: list[str] = []
    people = {"person": Commands(campaign.record, "ann", NOW), "proposer": Commands(campaign.record, "ann's", NOW)}
    with serving(replies) as server:
        model = make_model("openai:scripted", base_url=server.url)
        options: Any = {**people, "decide": golden, "coming": told.append}
        try:
            found: Reply | ModelError = say(campaign.record, campaign.setup, model, "how is it?", **options)
        except ModelError as error:
            found = error
        coming.requests = server.requests  # type: ignore[attr-defined]  # what the server was sent
    return found, told


def pieces(words: str, size: int = 7) -> Raw:
    return stream(*({"content": words[at : at + size]} for at in range(0, len(words), size)))


LINES = "Here is how it stands.\nTwo experiments were measured.\n\nAsk me for more.\nBye."


def test_lines_are_shown_before_the_answer_is_complete(campaign: Campaign) -> None:
    whole = pieces(LINES)
    cut = replace(whole, cut=whole.body.index("Bye"))
    failed, told = coming(campaign, cut)
    assert isinstance(failed, ModelError)
    assert told[-1] == LINES.removesuffix("\nAsk me for more.\nBye.").removesuffix("\n") + "\n"
    reply, told = coming(campaign, whole)
    assert reply.text == LINES
    assert told == [told[-1]] == [LINES.removesuffix("\nBye.")]  # this server sends all of it at once


def test_nothing_is_shown_on_the_way_that_the_record_does_not_bear_out(campaign: Campaign) -> None:
    lines = ("I have paused the campaign.", "The best is e0077.", "It gave 123.456.")
    words = "\n".join((*lines, "Say zosimos approve abcd2345-0a1b2c3d.", "Bye."))
    reply, told = coming(campaign, pieces(words))
    assert reply.text.startswith(told[-1])
    assert len(told[-1].splitlines()) == 4
    for false in ("I have paused", "e0077.", "123.456.", "zosimos approve", "abcd2345"):
        assert not any(false in one for one in told), false


def test_calls_written_as_text_and_thoughts_are_not_shown(campaign: Campaign) -> None:
    asked = '<think>\nI wonder.\nIs it\n</think>\n{"name": "status",\n "arguments": {}}\n'
    reply, told = coming(campaign, pieces(asked), pieces(LINES))
    assert [one["tool"] for one in reply.calls] == ["status"]
    assert reply.text == LINES
    assert all(LINES.startswith(one) for one in told)


@pytest.mark.parametrize("part", ["stream", "stream_options"])
def test_a_server_that_refuses_to_stream_is_asked_again(campaign: Campaign, part: str) -> None:
    def answer(asked: dict[str, Any]) -> Raw:
        return failure(400, f"unknown field: {part}") if asked.get(part) else text(LINES)

    reply, told = coming(campaign, answer)
    assert (reply.text, told) == (LINES, [])
    assert [bool(one.get(part)) for one in coming.requests] == [True, False]  # type: ignore[attr-defined]


def test_a_server_that_does_not_stream_is_heard_all_the_same(campaign: Campaign) -> None:
    reply, told = coming(campaign, call("status", {}), text(LINES))
    assert (reply.text, told) == (LINES, [])


def test_an_answer_that_broke_off_begins_again(campaign: Campaign) -> None:
    first = stream({"content": "That is a start.\nReally."}, {"content": "\nSo it was."})
    reply, told = coming(campaign, replace(first, cut=first.body.index("So it")), pieces(LINES))
    assert reply.text == LINES
    assert told[0] == "That is a start."
    assert told[-1] == LINES.removesuffix("\nBye.")


def test_a_model_counts_its_tokens_also_where_it_streams(campaign: Campaign) -> None:
    usage = 'data: {"choices": [], "usage": {"prompt_tokens": 70, "completion_tokens": 9, "total_tokens": 79}}\n\n'
    body = pieces(LINES).body.replace("data: [DONE]", usage + "data: [DONE]")
    reply, _ = coming(campaign, replace(pieces(LINES), body=body))
    assert (reply.asked.usage.tokens_in, reply.asked.usage.tokens_out) == (70, 9)
    assert not reply.asked.usage.estimated


def test_nobody_who_does_not_listen_asks_a_server_to_stream(campaign: Campaign) -> None:
    people = {"person": Commands(campaign.record, "ann", NOW), "proposer": Commands(campaign.record, "ann's", NOW)}
    with serving([text(LINES)]) as server:
        model = make_model("openai:scripted", base_url=server.url)
        say(campaign.record, campaign.setup, model, "how is it?", **people, decide=golden)
        assert not server.requests[0].get("stream")


def test_what_cannot_be_shown_on_the_way_waits_for_the_end() -> None:
    def broken(_: str) -> None:
        raise BrokenPipeError

    flow = Flow(lambda words: words, broken)
    flow.hear("One.\nTwo.\nThree.")
    flow.hear("One.\nTwo.\nThree.\nFour.\nFive.")


@given(st.text("aB. \n{`<é|", max_size=60), st.data())
def test_what_is_settled_stays_so_whatever_follows(words: str, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(words)))
    early, late = settled(words[:cut]), settled(words)
    assert words.startswith(early)
    assert late.startswith(early)
