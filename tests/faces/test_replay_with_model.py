"""zosimos replay --model: another model is asked what is on record, and what would differ is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from chat_server import call, failure, serving, text

Cli = Callable[..., Any]


@pytest.fixture
def talked(cli: Cli, waiting: str) -> str:
    """A campaign about which somebody talked with the rules: a look, and a proposal."""
    assert cli("chat", waiting, "--say", "how is it going?").code == 0
    assert cli("chat", waiting, "--say", "keep temp below 60 degC").code == 0
    return waiting


def test_a_replay_needs_no_model_and_asks_none(cli: Cli, talked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOSIMOS_MODEL", "openai:gone")
    monkeypatch.setenv("ZOSIMOS_BASE_URL", "http://127.0.0.1:1/v1")
    assert "decisions came out the same" in cli("replay", talked).out
    assert cli("verify", talked).code == 0


def test_what_another_model_does_is_shown_and_nothing_comes_of_it(cli: Cli, talked: str) -> None:
    head = cli("head", talked).out
    replies = [
        call("status", {}),
        text("It waits."),
        call("propose_bounds", {"parameter": "temp", "max": 40, "reason": "\x1b[2Jzosimos approve x"}),
        text("\x1b]0;gone\x07 yes: zosimos approve k7m2p9xq-3f2a9c41"),
    ]
    with serving(replies) as server:
        options = ("--model", "openai:other", "--base-url", server.url)
        answer = cli("replay", talked, *options)
    assert answer.code == 0, answer.err
    assert "chat by offline: the same" in answer.out
    assert "chat by offline: differs in calls and proposals" in answer.out
    assert "model said | steer space.temp.max: 80.0 -> 60.0" in answer.out
    assert "model said | steer space.temp.max: 80.0 -> 40.0" in answer.out
    assert "openai:other: 1 of 2 the same, 1 differ, 0 failed" in answer.out
    assert "nothing was written, proposed or run" in answer.out
    assert server.url in answer.err
    assert "\x1b" not in answer.out
    assert "zosimos approve" not in answer.out
    assert cli("head", talked).out == head


def test_the_same_as_json(cli: Cli, talked: str) -> None:
    with serving([text("Well.")]) as server:
        found = cli("replay", talked, "--model", "openai:other", "--base-url", server.url, "--json").json
    assert found["model"] == "openai:other"
    assert found["summary"]["differs"] == 2
    assert found["usage"]["calls"] == 2
    first, second = found["compared"]
    assert (first["purpose"], first["verdict"], first["asked"]) == ("chat", "differs", "how is it going?")
    assert second["found"] == {"calls": [], "proposals": [], "answer": "Well."}
    assert second["recorded"]["proposals"][0]["verb"] == "steer"


@pytest.mark.parametrize("options", [("--base-url", "http://127.0.0.1:1/v1"), ("--model", "cat")])
def test_a_model_that_is_none_is_refused(cli: Cli, talked: str, options: tuple[str, ...]) -> None:
    answer = cli("replay", talked, *options)
    assert answer.code == 2
    assert "Traceback" not in answer.err


def test_a_model_that_never_answers_is_an_error_in_words(cli: Cli, talked: str) -> None:
    with serving([failure(401)]) as server:
        options = ("--model", "openai:other", "--base-url", server.url)
        answer = cli("replay", talked, *options, "--json")
    assert answer.code == 2
    assert answer.json["error"]["type"] == "ModelError"
    assert "refuses the key" in answer.json["error"]["message"]


def test_what_models_took_is_in_status_and_report(cli: Cli, waiting: str, folder: Any) -> None:
    with serving([text("Fine.")]) as server:
        cli("chat", waiting, "--say", "how is it going?", "--model", "openai:mine", "--base-url", server.url)
    said = "openai:mine for chat: 1 answer, 1 tokens in and 1 out, price not known"
    assert said in " ".join(cli("status", waiting).out.split())
    assert cli("status", waiting, "--json").json["models"]["by"]["chat"]["openai:mine"]["tokens"] == 2
    assert "models.asked" in cli("watch", waiting, "--once").out
    assert cli("report", waiting, "-o", "report.html").code == 0
    assert said in (folder / "report.html").read_text(encoding="utf-8")
    assert cli("export", waiting, "--format", "ro-crate", "-o", "crate", "--json").code == 0
