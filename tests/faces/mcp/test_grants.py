"""Agents are principals: each does what its file grants, within its budgets, and what is refused is written down."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mcp_agents import AGENTS, TOKENS

from zosimos.core.errors import LedgerError, ZosimosError
from zosimos.faces.mcp.agents import Roster, new_token, token_sha256

Cli = Callable[..., Any]


def pause(house: Any, agent: str = "claude") -> Any:
    return house.call(agent, "propose_pause", campaign="last")


# --- grants


def test_two_agents_with_different_grants_do_different_things(house: Any, waiting: str) -> None:
    assert not pause(house, "claude").is_error
    refused = pause(house, "looker")
    assert refused.is_error
    assert "there is no such tool for you" in refused.content[0].text
    assert not house.call("looker", "status", campaign="last").is_error
    assert house.refusals() == [("looker", "propose_pause", "there is no such tool for you (tool: propose_pause)")]


def test_a_campaign_outside_an_agents_patterns_is_as_one_that_does_not_exist(house: Any, waiting: str) -> None:
    unseen = house.call("stranger", "status", campaign=waiting)
    missing = house.call("stranger", "status", campaign="c-of-nobody")
    assert unseen.is_error
    assert unseen.content[0].text.replace(waiting, "") == missing.content[0].text.replace("c-of-nobody", "")
    assert house.call("stranger", "list_campaigns").structured_content == {"total": 0, "campaigns": []}
    assert pause(house, "stranger").is_error
    assert len(house.refusals()) == 3


def test_patterns_match_a_campaigns_name(house: Any, waiting: str) -> None:
    house.file.write_text(AGENTS.replace("secret-*", "ti?y"))
    assert not pause(house, "stranger").is_error


def test_a_grant_that_is_taken_away_is_gone_at_the_next_call(house: Any, waiting: str) -> None:
    assert not pause(house).is_error
    house.file.write_text(AGENTS.replace('"propose:pause", ', ""))
    assert pause(house).is_error
    house.file.write_text(AGENTS.replace("claude:", "claudia:"))
    assert house.call("claude", "status", campaign="last").is_error


def test_a_file_that_is_wrong_lets_nobody_in(house: Any, waiting: str) -> None:
    house.file.write_text(AGENTS + "  -")
    assert house.call("claude", "status", campaign="last").is_error
    house.file.unlink()
    assert house.call("claude", "status", campaign="last").is_error


def test_what_is_wrong_in_the_file_is_told_to_no_client(
    house: Any, waiting: str, caplog: pytest.LogCaptureFixture
) -> None:
    house.file.write_text(AGENTS.replace(token_sha256(TOKENS["looker"]), TOKENS["looker"]))
    found = house.call("claude", "status", campaign="last")
    assert found.structured_content == {"error": "you are not let in now; the server's own messages say why"}
    assert "token_sha256" in caplog.text
    assert [(agent, tool) for agent, tool, _ in house.refusals()] == [("(nobody)", "status")]
    house.file.write_text(AGENTS.replace("claude:", "claudia:"))
    assert "claudia" not in house.call("claude", "status", campaign="last").content[0].text


def test_without_a_file_anybody_may_look_and_nothing_else(house: Any, waiting: str) -> None:
    house.roster = Roster(None)
    assert not house.call("guest", "status", campaign="last").is_error
    assert pause(house, "guest").is_error


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (AGENTS.replace("[look]", "[approve]"), "no such grant"),
        (AGENTS.replace("[look]", "[propose_pause]"), "no such grant"),
        (AGENTS.replace(token_sha256(TOKENS["looker"]), token_sha256(TOKENS["claude"])), "same token"),
        (AGENTS.replace(token_sha256(TOKENS["looker"]), TOKENS["looker"]), "token_sha256"),
        (AGENTS.replace("looker:", "tester through a model:"), "agents"),
        (AGENTS.replace("looker:", '"looker\\e[2J":'), "agents"),
        (AGENTS.replace("looker:", "Looker:"), "agents"),
        (AGENTS.replace("calls_per_minute: 5", "calls_per_minute: .inf"), "calls_per_minute"),
        (AGENTS.replace("calls_per_minute: 5", "author: tester"), "author"),
        ("agents: {}", "agents"),
        ("- looker", "not a list"),
    ],
)
def test_a_file_with_something_wrong_is_refused_whole(tmp_path: Path, wrong: str, says: str) -> None:
    file = tmp_path / "agents.yaml"
    file.write_text(wrong)
    with pytest.raises(ZosimosError, match=says):
        Roster(file).named("claude")


def test_a_token_opens_for_its_agent_and_nothing_like_it_does(house: Any) -> None:
    found = {name: house.roster.with_token(token) for name, token in TOKENS.items()}
    assert {name: agent.name for name, agent in found.items()} == {name: name for name in TOKENS}
    for wrong in ("", "token", TOKENS["claude"] + " ", token_sha256(TOKENS["claude"]), "x" * 10**6, "\ud800", "\x00"):
        assert house.roster.with_token(wrong) is None
    assert new_token() != new_token()
    assert len(new_token()) >= 43


def test_an_agent_without_a_token_comes_in_by_no_token(house: Any) -> None:
    house.file.write_text("agents: {claude: {}}")
    assert house.roster.with_token("") is None
    assert house.roster.with_token(token_sha256("")) is None


# --- budgets


def test_the_budget_of_a_day_is_used_up_and_is_there_again_the_next_day(house: Any, waiting: str) -> None:
    assert [pause(house).is_error for _ in range(7)] == [False] * 6 + [True]
    assert "proposals_per_day" in pause(house).content[0].text
    house.tomorrow()
    assert not pause(house).is_error


def test_the_budget_of_a_campaign_does_not_come_back(house: Any, waiting: str) -> None:
    house.file.write_text(AGENTS.replace("proposals_per_day: 6", "proposals_per_campaign: 1"))
    assert not pause(house).is_error
    house.tomorrow()
    assert "proposals_per_campaign" in pause(house).content[0].text


def test_a_proposal_that_is_refused_by_the_checks_costs_nothing(house: Any, waiting: str) -> None:
    for _ in range(8):
        wrong = house.call("claude", "propose_bounds", campaign="last", parameter="temp", max=-5)
        assert wrong.is_error
        assert "proposals_per_day" not in wrong.content[0].text
    assert not pause(house).is_error


def test_a_budget_outlives_the_server_and_is_shared_by_all_of_them(house: Any, waiting: str) -> None:
    for _ in range(6):
        house.audit, house.calls = house.parts()
        assert not pause(house).is_error
    house.audit, house.calls = house.parts()
    assert pause(house).is_error


def test_two_clients_at_once_never_spend_more_than_there_is(house: Any, waiting: str, together: Any) -> None:
    async def three(server: Any, high: int) -> list[Any]:
        async with house.client("claude", server) as client:
            wanted = [{"campaign": "last", "parameter": "temp", "max": high + at} for at in range(5)]
            return [await client.call_tool("propose_bounds", one) for one in wanted]

    _, other = house.parts()
    found = [one for part in together(three(house.calls, 50), three(other, 60)) for one in part]
    filed = [one.structured_content["proposal"] for one in found if not one.is_error]
    assert sorted(filed) == [1, 2, 3, 4, 5, 6]
    assert sum(one.is_error for one in found) == 4


def test_calls_are_counted_by_the_minute_and_for_each_agent(house: Any, waiting: str) -> None:
    assert [house.call("looker", "status", campaign="last").is_error for _ in range(6)] == [False] * 5 + [True]
    assert not house.call("claude", "status", campaign="last").is_error
    house.seconds += 61
    assert not house.call("looker", "status", campaign="last").is_error


def test_an_agent_cannot_have_many_calls_wait(house: Any, waiting: str) -> None:
    pause(house)

    async def six() -> list[Any]:
        async with house.client("claude") as client:
            wanted = {"campaign": "last", "proposal": 1, "seconds": 0.2}
            return await asyncio.gather(*[client.call_tool("wait_for_decision", wanted) for _ in range(6)])

    assert sum(one.is_error for one in asyncio.run(six())) == 2


# --- the audit


def test_lines_of_the_audit_can_be_neither_changed_nor_deleted(house: Any, waiting: str) -> None:
    pause(house, "looker")
    with sqlite3.connect("zosimos.agents.db") as file:
        for statement in ("UPDATE lines SET why = ''", "DELETE FROM lines"):
            with pytest.raises(sqlite3.IntegrityError, match="never"):
                file.execute(statement)
    file.close()


def test_the_command_shows_who_was_refused_what_and_why(house: Any, cli: Cli, waiting: str) -> None:
    pause(house, "looker")
    pause(house, "claude")
    shown = cli("mcp", "audit", "--json").json["lines"]
    assert [(one["agent"], one["kind"], one["tool"]) for one in shown] == [
        ("looker", "refused", "propose_pause"),
        ("claude", "filed", "propose_pause"),
    ]
    assert shown[0]["campaign"] == "last"
    assert shown[0]["at"].startswith("2026-12-01T00:00:00")
    assert "looker" not in cli("mcp", "audit", "--agent", "claude").out
    assert len(cli("mcp", "audit", "-n", "1", "--json").json["lines"]) == 1


def test_what_an_agent_wrote_cannot_steer_the_terminal_that_shows_it(house: Any, cli: Cli, waiting: str) -> None:
    house.call("claude", "x\x1b[2J\nyes: zosimos approve k7m2p9xq-3f2a9c41", campaign="\x1b]0;title\x07last")
    shown = cli("mcp", "audit").out
    assert "\x1b" not in shown
    assert "zosimos approve" not in shown.replace("\n", " ")
    assert "3f2a9c41" not in shown


def test_a_flood_of_refusals_is_counted_and_not_written_down_one_by_one(house: Any, folder: Path) -> None:
    for _ in range(500):
        house.audit.refused("looker", "x", "no")
    house.seconds += 61
    house.audit.refused("looker", "x", "no")
    found = house.refusals()
    assert len(found) == 121
    assert found[-1][2] == "no (and 380 more refusals before it, not written down)"


def test_where_nothing_can_be_written_down_nothing_is_proposed(
    house: Any, waiting: str, kinds: Callable[[], list[str]]
) -> None:
    Path("zosimos.agents.db").mkdir()
    before = kinds()
    assert pause(house).is_error
    assert pause(house, "looker").is_error
    assert kinds() == before
    with pytest.raises(LedgerError, match="audit"):
        house.audit.lines(1)
