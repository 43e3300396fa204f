"""The commands of the MCP server, and what its page says of them."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from zosimos.faces.cli import mcp
from zosimos.faces.mcp.agents import Roster, token_sha256
from zosimos.faces.mcp.catalogue import GRANTS, OFFERED

Cli = Callable[..., Any]
PAGE = (Path(__file__).resolve().parents[3] / "docs" / "mcp.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_a_token_is_shown_once_and_what_it_prints_for_the_file_lets_it_in(cli: Cli, folder: Path) -> None:
    before = set(folder.iterdir())
    shown = cli("mcp", "token", "claude").out
    token = re.search(r"shown this once: (\S+)", shown)
    assert token is not None
    assert set(folder.iterdir()) == before
    (folder / "agents.yaml").write_text(shown[shown.index("agents:\n") :])
    found = Roster(folder / "agents.yaml").with_token(token[1])
    assert found is not None
    assert found.name == "claude"
    as_json = cli("mcp", "token", "claude", "--json").json
    assert as_json["token_sha256"] == token_sha256(as_json["token"])
    assert as_json["token"] != token[1]


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("token", "Person"), "agents.Person"),
        (("token", "a\nb"), None),
        (("--agent", "no\x1bbody"), None),
        (("--agents", "missing.yaml"), None),
        (("--http", "127.0.0.1:0"), "--agents"),
        (("--http", "127.0.0.1:0", "--agent", "claude"), "--agent"),
        (("--public",), "--public"),
        (("--name", "x"), "--public"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_served(
    cli: Cli, waiting: str, words: tuple[str, ...], field: str | None
) -> None:
    answer = cli("mcp", *words, "--json")
    assert answer.code == 2
    assert field is None or answer.json["error"]["field"] == field


def test_without_a_ledger_nothing_is_served_and_none_is_made(cli: Cli, folder: Path) -> None:
    assert cli("mcp").code == 2
    assert not (folder / "zosimos.db").exists()
    assert not (folder / "zosimos.agents.db").exists()


def test_a_missing_package_is_named_with_what_installs_it(
    cli: Cli, waiting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    answer = cli("mcp", "--json")
    assert answer.code == 2
    assert answer.json["error"]["hint"] == "pip install 'zosimos[mcp]'"


def test_the_audit_of_a_ledger_that_no_agent_used_is_empty(cli: Cli, waiting: str) -> None:
    assert cli("mcp", "audit", "--json").json["lines"] == []
    assert "nothing was refused" in cli("mcp", "audit").out


def test_the_file_on_the_page_is_one_that_lets_agents_in(tmp_path: Path) -> None:
    (text,) = blocks("yaml")
    (tmp_path / "agents.yaml").write_text(text)
    assert set(Roster(tmp_path / "agents.yaml").all()) == {"claude", "watcher"}


def test_the_servers_on_the_page_are_started_with_options_that_there_are() -> None:
    known = {text for one in get_command(mcp.app).params for text in one.opts}
    for text in blocks("json"):
        words = json.loads(text)["mcpServers"]["zosimos"]["args"]
        assert words[0] == "mcp"
        assert {word for word in words if word.startswith("--")} <= known


def test_the_page_names_every_grant_and_every_tool_that_chat_lacks() -> None:
    grants = {grant for grant in GRANTS if ":" in grant} | {"look", "propose"}
    own = {name for name in OFFERED if name.startswith(("list_c", "list_p", "wait", "request"))}
    assert not {name for name in grants | own if f"`{name}`" not in PAGE}
