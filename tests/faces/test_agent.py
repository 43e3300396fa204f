"""plan and chat as a person at a terminal, or a program that reads JSON, meets them."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chat_server import call, failure, serving, stream, text

from zosimos.campaign.definition.read import read_spec

Cli = Callable[..., Any]
GOAL = "match the colour (40, 120, 80) in at most 25 experiments with under 60 mL in total"
GOOD = {"spec": {"lab": {"target": [40, 120, 80], "budget": "60 mL"}, "budget": {"experiments": 25}}}


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ZOSIMOS_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def waiting(cli: Cli) -> str:
    """A campaign that waits for its first batch to be approved."""
    data = cli("run", "tiny.yaml", "--set", "approval=batch", "--no-wait", "--no-report", "--json").json
    return str(data["campaign"])


def test_plan_writes_a_file_that_reads_back(cli: Cli, folder: Path) -> None:
    answer = cli("plan", GOAL, "--lab", "colour", "-o", "c.yaml", "--no-dry-run", "--json")
    assert answer.code == 0
    assert answer.json["spec"]["lab"] == {
        "kind": "colour",
        "target": [40, 120, 80],
        "volume": "1.5 mL",
        "budget": "60 mL",
    }
    assert answer.json["assumptions"]
    assert read_spec(folder / "c.yaml").budget.experiments == 25
    assert cli("validate", "c.yaml").code == 0


@pytest.mark.slow
def test_plan_shows_its_dry_run(cli: Cli, folder: Path) -> None:
    answer = cli("plan", GOAL, "--lab", "colour", "-o", "c.yaml")
    assert "dry run: 25 experiments (0 failed)" in answer.out
    assert "zosimos run c.yaml" in answer.out


def test_plan_without_a_file_prints_it_and_nothing_else_on_stdout(cli: Cli) -> None:
    from zosimos.campaign.definition import yaml
    from zosimos.campaign.definition.read import parse_spec

    answer = cli("plan", GOAL, "--lab", "colour", "--no-dry-run")
    assert parse_spec(yaml.parse(answer.out)).budget.experiments == 25
    assert "assumed:" in answer.err


def test_plan_writes_over_a_file_only_when_told(cli: Cli, folder: Path) -> None:
    (folder / "c.yaml").write_text("mine")
    answer = cli("plan", GOAL, "--lab", "colour", "-o", "c.yaml", "--no-dry-run")
    assert answer.code == 2
    assert "--force" in answer.err
    assert (folder / "c.yaml").read_text() == "mine"
    assert cli("plan", GOAL, "--lab", "colour", "-o", "c.yaml", "--no-dry-run", "--force").code == 0
    assert read_spec(folder / "c.yaml").budget.experiments == 25


def test_plan_through_a_server(cli: Cli, folder: Path) -> None:
    with serving([call("plan", GOOD)]) as server:
        options = ("--model", "openai:scripted", "--base-url", server.url, "--no-dry-run", "--json")
        answer = cli("plan", GOAL, "--lab", "colour", "-o", "c.yaml", *options)
    assert answer.code == 0
    assert answer.json["model"] == "openai:scripted"
    assert "# Planned by openai:scripted: 1 tokens in and 1 out, price not known" in (folder / "c.yaml").read_text()
    assert read_spec(folder / "c.yaml").lab.options["budget"] == "60 mL"  # type: ignore[union-attr]


def test_a_plan_that_leaves_something_out_is_taken_only_where_a_person_accepts_that(cli: Cli, folder: Path) -> None:
    words = ("plan", "match (40, 120, 80) with glitter", "--lab", "colour", "-o", "c.yaml", "--no-dry-run")
    refused = cli(*words)
    assert refused.code == 2
    assert "with glitter" in refused.err
    assert "--accept" in refused.err
    assert cli(*words, "--json").code == 2
    assert not (folder / "c.yaml").exists()
    assert cli(*words, "--accept", "--json").json["left_out"] == ["with glitter"]
    assert "# - with glitter" in (folder / "c.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("reply", [failure(429), failure(500), text("sorry"), call("plan", '{"spec')])
def test_a_server_that_fails_leaves_no_file_and_a_json_error(cli: Cli, folder: Path, reply: Any) -> None:
    with serving([reply]) as server:
        options = ("--model", "openai:scripted", "--base-url", server.url, "--no-dry-run", "--json")
        answer = cli("plan", GOAL, "--lab", "colour", "-o", "c.yaml", *options)
    assert answer.code == 2
    assert answer.json["error"]["type"] in ("ModelError", "PlanError")
    assert not (folder / "c.yaml").exists()


def test_openai_without_a_key_is_refused_before_anything_is_sent(cli: Cli) -> None:
    answer = cli("plan", GOAL, "--lab", "colour", "--model", "openai:gpt-4.1", "--json")
    assert answer.code == 2
    assert answer.json["error"]["type"] == "ModelError"


def test_a_key_is_shown_nowhere(cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-top-secret")
    with serving([failure(401, "wrong key sk-top-secret")]) as server:
        answer = cli("plan", GOAL, "--lab", "colour", "--model", "openai:x", "--base-url", server.url, "--json")
    assert server.keys == ["Bearer sk-top-secret"]
    assert "top-secret" not in answer.out + answer.err


@pytest.mark.slow
def test_a_chat_turn_proposes_and_a_token_makes_the_change(cli: Cli, waiting: str) -> None:
    turn = cli("chat", waiting, "--say", "keep temp below 60 degC", "--json").json
    (proposal,) = turn["proposals"]
    assert proposal["changes"] == [{"path": "space.temp.max", "old": 80.0, "new": 60.0}]
    assert len(proposal["preview"]["expires"]) == 1
    assert cli("status", waiting, "--json").json["spec_version"] == 1
    listed = cli("approvals", waiting, "--json").json["changes"]
    assert [item["token"] for item in listed] == [proposal["token"]]
    assert "space.temp.max: 80.0 -> 60.0" in cli("approvals", waiting).out
    approved = cli("approve", proposal["token"], "--yes", "steer", "--json").json["approvals"][0]
    assert (approved["status"], approved["verb"]) == ("granted", "steer")
    assert cli("approve", proposal["token"], "--yes", "steer").code == 2
    cli("resume", waiting, "--no-wait", "--no-report")
    runs = cli("show", waiting, "--json").json["runs"]
    fresh = [run for run in runs if run["spec_version"] == 2]
    assert fresh
    assert all(run["candidate"]["values"]["temp"] <= 60 for run in fresh)
    (back,) = cli("chat", waiting, "--say", "/undo", "--json").json["proposals"]
    assert cli("approve", back["token"], "--yes", "undo").code == 0
    assert cli("show", waiting, "--json").json["spec"]["space"]["temp"]["max"] == 80


@pytest.mark.slow
def test_a_proposal_is_edited_as_a_persons_own_and_what_it_costs_is_shown(cli: Cli, folder: Path) -> None:
    costly = (folder / "tiny.yaml").read_text() + "costs: {each: 3, changeover: {solvent: 2}, unit: EUR}\n"
    (folder / "tiny.yaml").write_text(costly)
    waiting = cli("run", "tiny.yaml", "--set", "approval=batch", "--no-wait", "--no-report", "--json").json["campaign"]
    (proposal,) = cli("chat", waiting, "--say", "keep temp below 60 degC", "--json").json["proposals"]
    assert proposal["preview"]["cost"]["unit"] == "EUR"
    assert "cost of these: " in cli("chat", waiting, "--say", "what would that do?").out
    token = proposal["token"]
    for wrong, said in (("space.flow.levels=[1]", "says nothing of"), ("space.temp.max=5", "min"), ("temp", "=")):
        answer = cli("approve", token, "--edit", wrong, "--yes", "steer")
        assert answer.code == 2
        assert said in answer.err
    assert cli("approvals", waiting, "--json").json["changes"][0]["token"] == token
    made = cli("approve", token, "--edit", "space.temp.max=40 degC", "--yes", "steer", "--json").json["approvals"][0]
    assert made["changes"] == [{"path": "space.temp.max", "old": 80.0, "new": 40.0}]
    assert made["token"] != token
    assert cli("approve", token, "--yes", "steer").code == 2
    assert cli("show", waiting, "--json").json["spec"]["space"]["temp"]["max"] == 40
    (fix,) = cli("chat", waiting, "--say", "/set budget.experiments=9", "--json").json["proposals"]
    assert (
        "no values to edit" not in cli("approve", fix["token"], "--edit", "budget.experiments=8", "--yes", "undo").err
    )


def test_a_rejected_proposal_is_gone(cli: Cli, waiting: str) -> None:
    assert cli("chat", waiting, "--say", "/pause", "--json").json["proposals"] == []  # a person's own word acts at once
    (proposal,) = cli("chat", waiting, "--say", "/resume", "--json").json["proposals"]
    assert cli("reject", proposal["token"], "--reason", "no").code == 0
    assert cli("approvals", waiting, "--json").json["changes"] == []
    assert cli("status", waiting, "--json").json["status"] == "paused"


def test_chat_reads_lines_until_the_end(cli: Cli, waiting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("how is it going?\n\n/set nothing.max=3\n/set temp.max=60\n"))
    answer = cli("chat", waiting)
    assert answer.code == 0
    assert "0 of 8 experiments used" in answer.out
    assert "there is no such parameter" in answer.out
    assert "zosimos approve" in answer.out


def test_an_error_in_a_chat_turn_is_json_too(cli: Cli, waiting: str) -> None:
    with serving([failure(500)]) as server:
        answer = cli("chat", waiting, "--say", "hi", "--model", "openai:x", "--base-url", server.url, "--json")
    assert answer.code == 2
    assert answer.json["error"]["type"] == "ModelError"


def test_an_answer_that_says_nothing_fails(cli: Cli, waiting: str) -> None:
    with serving([text("")]) as server:
        answer = cli("chat", waiting, "--say", "hi", "--model", "openai:x", "--base-url", server.url)
        assert answer.code == 2
        assert "said nothing" in answer.err
        assert cli("plan", GOAL, "--lab", "colour", "--model", "openai:x", "--base-url", server.url).code == 2


def test_another_model_that_answers_is_said_once_and_in_json(cli: Cli, waiting: str) -> None:
    with serving([failure(401)]) as server:
        options = ("--model", "openai:a,offline", "--base-url", server.url)
        answer = cli("chat", waiting, "--say", "how is it going?", *options)
        assert answer.code == 0
        assert (
            answer.err.count("openai:a was of no use: the server of a refuses the key; offline answered instead") == 1
        )
        told = cli("chat", waiting, "--say", "how is it going?", *options, "--json").json
        plan = cli("plan", GOAL, "--lab", "colour", "--no-dry-run", *options, "--json").json
    for found in (told, plan):
        assert found["models"]["answered"] == ["offline"]
        assert found["models"]["failed"] == [{"model": "openai:a", "why": "the server of a refuses the key"}]
        assert found["usage"]["calls"] == 0


def test_what_a_turn_may_take_comes_from_the_settings(cli: Cli, waiting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving([call("status", {}), text("Fine.")]) as server:
        options = ("--model", "openai:x", "--base-url", server.url, "--json")
        found = cli("chat", waiting, "--say", "how are things?", *options).json
        assert (found["usage"]["calls"], found["usage"]["tokens_in"], found["usage"]["cost_usd"]) == (2, 2, None)
        monkeypatch.setenv("ZOSIMOS_MODEL_TURN_USD", "0.10")
        asked = len(server.requests)
        answer = cli("chat", waiting, "--say", "how are things?", *options)
        assert (answer.code, answer.json["error"]["type"]) == (2, "ModelError")
        assert "price of the model is not known" in answer.json["error"]["message"]
        assert len(server.requests) == asked
        monkeypatch.setenv("ZOSIMOS_MODEL_TURN_TOKENS", "0")
        assert cli("chat", waiting, "--say", "how are things?", *options).code == 2


def test_the_model_can_come_from_the_settings(cli: Cli, folder: Path) -> None:
    with serving([call("plan", GOOD)]) as server:
        (folder / "zosimos.toml").write_text(f'model = "openai:mine"\nbase_url = "{server.url}"\n')
        assert cli("plan", GOAL, "--lab", "colour", "--no-dry-run", "--json").json["model"] == "openai:mine"
    assert server.requests[0]["model"] == "mine"


def test_a_conversation_shows_an_answer_once_as_it_comes_in(cli: Cli, waiting: str) -> None:
    shown = ["Three wait for you.", "(That is not on record: nothing was changed.)", "Ask for more.", "Bye."]
    words = "Three wait for you.\nI have approved them.\nAsk for more.\nBye."
    cut = stream({"content": "Three are there.\nWait."}, ends=False)
    pieces = stream(*({"content": char} for char in words))
    with serving([cut, pieces, pieces]) as server:
        given = ("chat", waiting, "--model", "openai:scripted", "--base-url", server.url, "--say", "how is it?")
        answer = cli(*given)
        assert answer.code == 0, answer.err
        whole = cli(*given, "--json")
        assert [bool(one.get("stream")) for one in server.requests] == [True, True, False]
    assert answer.out.splitlines() == [f"model said | {line}" for line in ("Three are there.", *shown)]
    assert answer.err.splitlines() == ["... begins again"]
    assert whole.json["reply"] == "\n".join(shown)
