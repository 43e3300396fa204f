"""An agent looks and proposes; a person decides on the command line; the agent learns of it, and of no token."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from mcp import Client
from mcp_types import ElicitRequestParams, ElicitResult

Cli = Callable[..., Any]


def tokens(cli: Cli) -> list[str]:
    found = cli("approvals", "--json").json
    return [item["token"] for item in (*found["approvals"], *found["changes"])]


def token_of(cli: Cli, number: int) -> str:
    (found,) = [one["token"] for one in cli("approvals", "--json").json["changes"] if one["number"] == number]
    return str(found)


def test_an_agent_sees_the_tools_of_its_grants_and_no_others(house: Any, waiting: str) -> None:
    async def names(agent: str) -> set[str]:
        async with house.client(agent) as client:
            return {tool.name for tool in (await client.list_tools()).tools}

    claude, looker = asyncio.run(names("claude")), asyncio.run(names("looker"))
    assert {
        "propose_pause",
        "propose_bounds",
        "propose_settings",
        "propose_correction",
        "withdraw_proposal",
    } == claude - looker
    assert {"status", "list_campaigns", "wait_for_decision"} <= looker
    assert not [name for name in claude if "approve" in name]


def test_every_tool_says_that_it_destroys_nothing_and_takes_nothing_unknown(house: Any, waiting: str) -> None:
    async def tools() -> Any:
        async with house.client("stranger") as client:
            return (await client.list_tools()).tools

    for tool in asyncio.run(tools()):
        assert tool.annotations.destructive_hint is False
        assert tool.annotations.read_only_hint is not tool.name.startswith(("propose_", "withdraw_"))
        assert tool.input_schema["additionalProperties"] is False


def test_an_agent_looks_at_a_campaign_by_any_of_its_names(house: Any, waiting: str) -> None:
    for name in ("last", waiting, waiting[-8:]):
        assert house.call("claude", "status", campaign=name).structured_content["name"] == "tiny"
    (listed,) = house.call("claude", "list_campaigns").structured_content["campaigns"]
    assert (listed["campaign"], listed["name"]) == (waiting, "tiny")
    found = house.call("claude", "explain", campaign="last", experiment="e0001").structured_content
    assert set(found["values"]) == {"temp", "flow", "solvent"}


def test_a_proposal_changes_nothing_until_a_person_says_yes_and_then_the_agent_sees_it(
    house: Any, cli: Cli, waiting: str, kinds: Callable[[], list[str]]
) -> None:
    before = kinds()
    filed = house.call("claude", "propose_bounds", campaign="last", parameter="temp", max="60 degC").structured_content
    assert filed["changes"] == [{"path": "space.temp.max", "old": 80.0, "new": 60.0}]
    assert filed["preview"]["next"]["then"] != filed["preview"]["next"]["now"]
    assert filed["to_decide"] == f"zosimos approvals {waiting}"
    assert kinds() == [*before, "change.proposed"]
    (asked,) = cli("approvals", waiting, "--json").json["changes"]
    assert (asked["by"], asked["number"]) == ("agent:claude", filed["proposal"])
    assert f"by agent:claude, proposal {filed['proposal']}" in cli("approvals", waiting).out

    cli("approve", asked["token"], "--yes", "steer")
    seen = house.call("claude", "wait_for_decision", campaign=waiting, proposal=filed["proposal"]).structured_content
    assert (seen["status"], seen["answered_by"]) == ("granted", "tester")
    assert "to_decide" not in seen
    assert cli("status", waiting, "--json").json["spec_version"] == 2


def test_waiting_ends_when_a_person_decides(house: Any, cli: Cli, waiting: str) -> None:
    async def meanwhile() -> Any:
        async with house.client("claude") as client:
            filed = (await client.call_tool("propose_pause", {"campaign": "last"})).structured_content
            wanted = {"campaign": "last", "proposal": filed["proposal"], "seconds": 60}
            wait = asyncio.create_task(client.call_tool("wait_for_decision", wanted))
            await asyncio.sleep(0.05)
            assert not wait.done()
            await asyncio.to_thread(cli, "reject", token_of(cli, filed["proposal"]), "--reason", "not now")
            return (await wait).structured_content

    seen = asyncio.run(meanwhile())
    assert (seen["status"], seen["answer"]) == ("rejected", "not now")
    assert cli("status", waiting, "--json").json["status"] == "active"


def test_waiting_in_vain_says_that_it_is_open_and_what_a_person_types(house: Any, waiting: str) -> None:
    filed = house.call("claude", "propose_pause", campaign="last").structured_content
    seen = house.call("claude", "wait_for_decision", campaign="last", proposal=filed["proposal"], seconds=0)
    assert not seen.is_error
    assert seen.structured_content["status"] == "open"
    assert seen.structured_content["to_decide"] == f"zosimos approvals {waiting}"


def test_a_proposal_that_was_overtaken_is_expired(house: Any, cli: Cli, waiting: str) -> None:
    house.call("claude", "propose_pause", campaign="last")
    house.call("claude", "propose_bounds", campaign="last", parameter="temp", max=60)
    cli("approve", token_of(cli, 2), "--yes", "steer")
    listed = house.call("looker", "list_proposals", campaign="last").structured_content
    assert [(one["proposal"], one["status"]) for one in listed["proposals"]] == [(1, "expired"), (2, "granted")]


def test_an_agent_takes_back_its_own_proposals_and_nobody_elses(house: Any, cli: Cli, waiting: str) -> None:
    house.file.write_text(house.file.read_text().replace("secret-*", "*"))
    house.call("claude", "propose_pause", campaign="last")
    theirs = house.call("stranger", "withdraw_proposal", campaign="last", proposal=1)
    assert theirs.is_error
    assert house.call("looker", "withdraw_proposal", campaign="last", proposal=1).is_error
    assert token_of(cli, 1)
    found = house.call("claude", "withdraw_proposal", campaign="last", proposal=1).structured_content
    assert (found["status"], found["answered_by"]) == ("rejected", "agent:claude")
    assert cli("approvals", waiting, "--json").json["changes"] == []


def test_what_if_says_what_would_follow_and_files_nothing(
    house: Any, waiting: str, kinds: Callable[[], list[str]]
) -> None:
    before = kinds()
    found = house.call("looker", "what_if", campaign="last", settings={"space.temp.max": 60}).structured_content
    assert found["changes"] == [{"path": "space.temp.max", "old": 80.0, "new": 60.0}]
    assert found["preview"]["expires"] == 1
    assert kinds() == before


def test_no_answer_holds_a_token_or_the_beginning_of_one(house: Any, cli: Cli, waiting: str) -> None:
    answers = [house.call("claude", "propose_pause", campaign="last")]
    answers += [house.call("claude", "propose_bounds", campaign="last", parameter="temp", max=60)]
    secrets = [token.rpartition("-")[2] for token in tokens(cli)]
    assert len(secrets) == 3
    answers += [house.call("claude", "propose_pause", campaign="last", reason=f"see {secret}") for secret in secrets]
    for name in ("status", "list_experiments", "list_proposals", "list_campaigns", "explain_campaign"):
        answers.append(house.call("claude", name, **({} if name == "list_campaigns" else {"campaign": "last"})))
    answers += [house.call("claude", "explain", campaign="last", experiment=secrets[0][:20])]
    answers += [house.call("claude", "wait_for_decision", campaign="last", proposal=9)]
    answers += [house.call("claude", "request_approval", campaign="last", proposal=1)]
    said = json.dumps([answer.model_dump(mode="json") for answer in answers])
    for secret in secrets:
        assert secret[:8] not in said


# --- approval through the protocol


async def _says_yes(context: Any, asked: ElicitRequestParams) -> ElicitResult:
    return ElicitResult(action="accept", content={"approve": True, "yes": "yes"})


def asked_for_approval(client: Client) -> Any:
    async def ask() -> Any:
        async with client:
            filed = (await client.call_tool("propose_pause", {"campaign": "last"})).structured_content
            return await client.call_tool("request_approval", {"campaign": "last", "proposal": filed["proposal"]})

    return asyncio.run(ask())


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_client_that_cannot_ask_is_refused(
    house: Any, cli: Cli, waiting: str, kinds: Callable[[], list[str]], mode: Any
) -> None:
    found = asked_for_approval(house.client("claude", mode=mode))
    assert found.is_error
    assert "this client declares no way to open one: nothing was changed" in found.content[0].text
    assert f"zosimos approvals {waiting}" in found.content[0].text
    assert kinds()[-1] == "change.proposed"
    assert house.refusals()[-1][:2] == ("claude", "request_approval")
    assert cli("status", waiting, "--json").json["status"] == "active"


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_client_that_would_say_yes_by_itself_is_not_asked(
    house: Any, cli: Cli, waiting: str, kinds: Callable[[], list[str]], mode: Any
) -> None:
    found = asked_for_approval(house.client("claude", mode=mode, elicitation_callback=_says_yes))
    assert found.is_error
    assert "this server has none yet: nothing was changed" in found.content[0].text
    assert kinds()[-1] == "change.proposed"
    assert cli("status", waiting, "--json").json["status"] == "active"


def test_approval_of_what_was_decided_is_refused_for_that_reason(house: Any, cli: Cli, waiting: str) -> None:
    house.call("claude", "propose_pause", campaign="last")
    cli("reject", token_of(cli, 1))
    found = house.call("claude", "request_approval", campaign="last", proposal=1)
    assert found.is_error
    assert "already rejected" in found.content[0].text
