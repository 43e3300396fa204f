"""Servers as they are, through the real client: the right tool is called with the right arguments, or it is said why.

Chat and plan, which use the model, are tried in test_through_odd_servers.py in the ways that differ for them.
"""

from __future__ import annotations

import asyncio
import json
import socket
import zlib
from typing import Any

import pytest
from chat_server import Raw, Server, call, completion, failure, serving, stream, text
from langchain_core.messages import AIMessage
from odd_answers import ANSWERS, GIVEN, HTML, JSON, ONE, TOOLS, model

from zosimos.agent.models import names
from zosimos.agent.models.names import make_model
from zosimos.agent.models.turn import LIMITS, Limits, Turn, asking
from zosimos.agent.models.usage import Budget
from zosimos.core.errors import ModelError

FORCED = {"type": "function", "function": {"name": "propose_bounds"}}


def asked(server: Server, words: str = "less x", limits: Limits = LIMITS, choice: str | None = None) -> AIMessage:
    with asking(limits):
        return model(server).bind_tools(TOOLS, tool_choice=choice).invoke(words)  # type: ignore[no-any-return]


def failed(*replies: Raw, limits: Limits = LIMITS) -> ModelError:
    with serving(replies) as server, pytest.raises(ModelError) as caught:
        asked(server, limits=limits)
    assert caught.value.hint
    return caught.value


def made(message: AIMessage) -> list[tuple[str, dict[str, Any]]]:
    assert all(one["id"] for one in message.tool_calls)
    return [(one["name"], one["args"]) for one in message.tool_calls]


# --- answers


@pytest.mark.parametrize("way", ANSWERS)
def test_a_call_reaches_its_tool_in_any_form(way: str) -> None:
    with serving([ANSWERS[way]]) as server:
        assert made(asked(server)) == [("propose_bounds", GIVEN)]


def test_calls_with_the_same_id_get_different_ones() -> None:
    one = {"id": "a", "type": "function", "function": {"name": "status", "arguments": "{}"}}
    with serving([completion({"content": None, "tool_calls": [one, one]})]) as server:
        assert len({item["id"] for item in asked(server).tool_calls}) == 2


def test_several_calls_in_one_stream_stay_apart() -> None:
    parts = [{"index": i, "function": {"name": "status", "arguments": "{}"}} for i in (0, 1)]
    with serving([stream({"tool_calls": parts})]) as server:
        assert made(asked(server)) == [("status", {}), ("status", {})]


def test_json_that_is_quoted_is_no_call_where_calls_are_made_as_the_protocol_says() -> None:
    with serving([call("status", {}), text(f"I would send\n{ONE}")]) as server, asking(LIMITS):
        bound = model(server).bind_tools(TOOLS)
        assert made(bound.invoke("look")) == [("status", {})]
        assert bound.invoke("and what would you propose?").text.endswith(ONE)


def test_openai_itself_is_known_to_make_calls_as_the_protocol_says() -> None:
    assert make_model("openai:gpt-4.1", api_key="sk-key-of-theirs")._native  # type: ignore[attr-defined]


def test_a_tool_that_was_not_offered_is_text() -> None:
    with serving([text('{"name": "run_shell", "arguments": {"command": "id"}}')]) as server:
        assert made(asked(server)) == []


def test_bare_arguments_are_a_call_only_of_a_tool_that_must_be_called() -> None:
    with serving([text(f"Here:\n```json\n{json.dumps(GIVEN)}\n```")]) as server:
        assert made(asked(server, choice="propose_bounds")) == [("propose_bounds", GIVEN)]
        assert made(asked(server)) == []


def test_openai_itself_without_tools_makes_calls_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving([text(ONE)], refusing={"tools": failure(400, "tools are not supported")}) as server:
        monkeypatch.setattr(names, "OPENAI", server.url)
        bound = make_model("openai:x", api_key="sk-key-of-theirs").bind_tools(TOOLS)  # type: ignore[attr-defined]
        assert made(bound.invoke("less x")) == [("propose_bounds", GIVEN)]


def test_an_answer_that_came_to_its_limit_shows_that_it_goes_on() -> None:
    body = {"choices": [{"finish_reason": "length", "message": {"content": "The best is"}}]}
    with serving([Raw(200, json.dumps(body), JSON)]) as server:
        assert asked(server).text == "The best is […]"


def test_an_answer_that_was_compressed_unasked_is_read() -> None:
    body = zlib.compress(text("yes").body.encode()).decode("latin-1")
    with serving([Raw(200, body, {**JSON, "Content-Encoding": "deflate"}, latin=True)]) as server:
        assert asked(server).text == "yes"


@pytest.mark.parametrize(
    "reply",
    [
        text(""),
        text(" \n\u200b"),
        text("<think>hm</think>"),
        text("<think>hm"),
        completion({"content": None}),
        stream(),
    ],
)
def test_an_answer_that_says_nothing_is_an_error(reply: Raw) -> None:
    assert "said nothing" in failed(reply).message


# --- parts of a request that a server does not know


@pytest.mark.parametrize(
    ("part", "refusal"),
    [
        ("temperature", failure(400, "Unsupported value: 'temperature' does not support 0.0 with this model.")),
        ("temperature", failure(422, "no")),
        ("tools", failure(400, "registry/model does not support tools")),
        ("tools", failure(404, "No endpoints found that support tool use")),
        ("tools", failure(500, "tools param requires --jinja flag")),
        ("tools", failure(400, "no")),
        ("tool_choice", failure(400, "tool_choice is not supported")),
        ("tool_choice", failure(400, "no")),
        ("parallel_tool_calls", failure(400, "Unrecognized request argument supplied: parallel_tool_calls")),
        ("stream_options", failure(400, "extra fields not permitted: stream_options")),
    ],
)
def test_a_part_that_is_refused_is_left_out_from_then_on(part: str, refusal: Raw) -> None:
    with serving([text(ONE)], refusing={part: refusal}) as server:
        bound = model(server).bind_tools(
            TOOLS, tool_choice="propose_bounds", parallel_tool_calls=False, stream_options={"include_usage": False}
        )
        for _ in range(2):
            assert made(bound.invoke("less x")) == [("propose_bounds", GIVEN)]
    first = next(at for at, request in enumerate(server.requests) if part not in request)
    assert len(server.requests) == first + 2
    assert part not in server.requests[-1]
    assert server.requests[0]["temperature"] == 0


def test_a_choice_that_names_a_tool_becomes_a_choice_of_any() -> None:
    with serving([failure(400, "tool_choice must be a string"), call("propose_bounds", GIVEN)]) as server:
        assert made(asked(server, choice="propose_bounds")) == [("propose_bounds", GIVEN)]
    assert [request["tool_choice"] for request in server.requests] == [FORCED, "required"]


@pytest.mark.parametrize("status", [400, 422])
def test_where_leaving_out_does_not_help_the_first_refusal_is_told(status: int) -> None:
    with serving([failure(status, "first"), failure(status, "later")]) as server, pytest.raises(ModelError) as caught:
        asked(server, choice="propose_bounds")
    assert "first" in str(caught.value.value)
    assert len(server.requests) == 5
    with serving([text("fine")]) as server:
        asked(server)
    assert "tools" in server.requests[0], "what did not help is not remembered"


@pytest.mark.parametrize("why", ["maximum context length is 8192 tokens, functions included", "content_filter"])
def test_a_refusal_of_something_else_is_told_at_once(why: str) -> None:
    with serving([failure(400, why)]) as server, pytest.raises(ModelError, match="refuses the request"):
        asked(server)
    assert len(server.requests) == 1


# --- time, length and wires


@pytest.mark.parametrize(
    "reply",
    [
        Raw(200, text("yes").body, JSON, silent_s=120),
        Raw(200, text("yes").body, JSON, drip_s=0.03),
        failure(500, "x" * 99),
    ],
)
def test_nobody_waits_longer_than_the_limit(reply: Raw) -> None:
    slow = reply if reply.status == 200 else Raw(500, reply.body, JSON, drip_s=0.03)
    with serving([slow]) as server, pytest.raises(ModelError, match="in time"):
        asked(server, limits=Limits(request_s=0.2))
    assert len(server.requests) == 1


def test_a_turn_has_a_limit_of_its_own() -> None:
    now = [0.0]
    turn = Turn(Limits(request_s=60, turn_s=100), clock=lambda: now[0])
    assert turn.seconds("x") == 60
    now[0] = 70
    assert turn.seconds("x") == 30
    now[0] = 100
    with pytest.raises(ModelError, match="no time is left"):
        turn.seconds("x")


@pytest.mark.parametrize("pause", [{"Retry_After": "55"}, {"Retry_After": "Fri, 31 Dec 2099 23:59:59 GMT"}])
def test_a_pause_longer_than_what_is_left_is_not_waited_for(pause: dict[str, str]) -> None:
    assert "at most 20 s are waited" in failed(failure(429, **pause)).message
    assert "asks to wait" in failed(failure(429, **pause), limits=Limits(turn_s=5, pause_s=100)).message


def test_a_short_pause_is_waited_for() -> None:
    with serving([failure(429, Retry_After="0.01"), failure(503), text("yes")]) as server:
        assert asked(server).text == "yes"


def test_a_quota_that_is_used_up_is_not_asked_again() -> None:
    body = json.dumps({"error": {"message": "no", "code": "insufficient_quota"}})
    with serving([Raw(429, body, JSON)]) as server, pytest.raises(ModelError, match="429"):
        asked(server)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (Raw(200, text("x" * 30_000).body, JSON), "more than 20000 bytes"),
        (Raw(200, "<html>welcome</html>", HTML), "no chat completion"),
        (Raw(200, '{"choices": [{"mess', JSON), "no chat completion"),
        (Raw(200, "[" * 9_000, JSON), "no chat completion"),
        (Raw(200, "no gzip", {**JSON, "Content-Encoding": "gzip"}), "no chat completion"),
        (Raw(200, '{"choices": [{"message": "yes"}]}', JSON), "no chat completion"),
        (Raw(200, '{"choices": null}', JSON), "no chat completion"),
        (Raw(200, '{"error": {"message": "overloaded"}}', JSON), "no chat completion"),
        (Raw(200, "data: {broken\n\n", {"Content-Type": "text/event-stream"}), "no chat completion"),
        (Raw(404, "<html>nothing here</html>", HTML), "knows no model"),
        (Raw(503, "<html>" + "x" * 90_000, {**HTML, "Retry-After-Ms": "1"}), "failed (503)"),
    ],
)
def test_what_is_no_answer_is_told(reply: Raw, says: str) -> None:
    error = failed(reply, limits=Limits(answer_bytes=20_000))
    assert says in error.message
    assert len(str(error)) < 1000


@pytest.mark.slow
@pytest.mark.parametrize("reply", [Raw(200, text("yes").body, JSON, cut=9), stream({"content": "It is"}, ends=False)])
def test_an_answer_that_is_cut_off_is_asked_for_again_and_never_taken_for_whole(reply: Raw) -> None:
    with serving([reply, text("yes")]) as server:
        assert asked(server).text == "yes"
    assert "cut off" in failed(reply).message


def test_an_answer_that_unpacks_to_more_than_the_limit_is_given_up() -> None:
    body = zlib.compress(text("x" * 300_000).body.encode()).decode("latin-1")
    reply = Raw(200, body, {**JSON, "Content-Encoding": "gzip"}, latin=True)
    assert "without an end" in failed(reply, limits=Limits(answer_bytes=200_000)).message


def test_no_key_is_in_an_error_or_sent_elsewhere() -> None:
    with serving([failure(400, "context length: key sk-secret-key-1 is odd")]) as server:
        with pytest.raises(ModelError) as caught:
            model(server, "sk-secret-key-1").invoke("hi")
        assert "secret" not in str(caught.value) + repr(caught.value.as_dict())
        with serving([Raw(307, "", {"Location": f"{server.url}/chat/completions"})]) as other:
            with pytest.raises(ModelError):
                model(other, "sk-secret-key-1").invoke("hi")
            assert other.keys == ["Bearer sk-secret-key-1"]
        assert server.keys == ["Bearer sk-secret-key-1", ""], "a server that sends us elsewhere passes no key on"


def test_nothing_of_a_request_is_left_when_its_time_is_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        with asking(Limits(request_s=0.1)), pytest.raises(ModelError, match="in time"):
            model(url).invoke("hi")
        connection, _ = silent.accept()
        with connection:
            connection.settimeout(5)
            while connection.recv(65536):
                pass  # all that was sent, and then the end: our side is closed


def test_a_model_that_is_awaited_has_the_same_limits() -> None:
    limits = asking(Limits(request_s=0.1))
    with serving([Raw(200, "", silent_s=60)]) as server, limits, pytest.raises(ModelError, match="in time"):
        asyncio.run(model(server).ainvoke("hi"))


# --- what it takes


def test_tokens_are_counted_as_the_server_says_or_estimated() -> None:
    with serving(
        [completion({"content": "four"}), Raw(200, '{"choices": [{"message": {"content": "four"}}]}', JSON)]
    ) as server:
        with asking(LIMITS) as turn:
            model(server).invoke("hi")
        assert (turn.usage.tokens_in, turn.usage.tokens_out, turn.usage.estimated) == (1, 1, False)
        assert turn.usage.cost_usd is None, "nobody knows what a server of one's own costs"
        with asking(LIMITS) as turn:
            model(server).invoke("12345678")
        assert (turn.usage.tokens_out, turn.usage.calls, turn.usage.estimated) == (1, 1, True)


@pytest.mark.parametrize("counted", [-5, 1.5, True, "12", 10**12, None])
def test_a_count_that_is_none_is_not_believed(counted: Any) -> None:
    body = {"choices": [{"message": {"content": "four"}}], "usage": {"prompt_tokens": 1, "completion_tokens": counted}}
    with serving([Raw(200, json.dumps(body), JSON)]) as server, asking(LIMITS) as turn:
        model(server).invoke("hi")
    assert turn.usage.estimated
    assert 0 < turn.usage.tokens < 1000


def test_a_turn_that_used_its_budget_up_asks_no_more() -> None:
    with serving([text("yes")]) as server, asking(Limits(budget=Budget(tokens=2))):
        model(server).invoke("hi")
        with pytest.raises(ModelError, match="used up: 2 of 2 tokens"):
            model(server).invoke("hi")
    assert len(server.requests) == 1
