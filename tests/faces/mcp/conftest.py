"""A campaign that waits, agents with grants, and clients that are really connected, in memory."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp_agents import AGENTS

from zosimos.faces.cli.context import desk
from zosimos.faces.mcp.agents import Roster
from zosimos.faces.mcp.audit import Audit
from zosimos.faces.mcp.calls import Calls
from zosimos.faces.mcp.pace import Pace
from zosimos.faces.mcp.server import make_server


class House:
    """What a server is made of, with clocks that tests move."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "agents.yaml"
        self.file.write_text(AGENTS)
        self.now = datetime(2026, 12, 1, tzinfo=UTC)
        self.seconds = 0.0
        self.roster = Roster(self.file)
        self.audit, self.calls = self.parts()

    def parts(self) -> tuple[Audit, Calls]:
        """Make them anew, as another process would."""
        pace = Pace(lambda: self.seconds)
        audit = Audit(Path("zosimos.agents.db"), lambda: self.now, pace)
        return audit, Calls(lambda: desk(None), audit, pace)

    def tomorrow(self) -> None:
        self.now += timedelta(days=1, seconds=1)

    def client(self, agent: str, calls: Calls | None = None, **options: Any) -> Client:
        server = make_server(calls or self.calls, lambda _: self.roster.named(agent), "1", look_every_s=0.02)
        return Client(server, **options)

    def call(self, agent: str, tool: str, **arguments: Any) -> Any:
        """Call one tool as an agent."""

        async def once() -> Any:
            async with self.client(agent) as client:
                return await client.call_tool(tool, arguments)

        return asyncio.run(once())

    def refusals(self) -> list[tuple[str, str, str]]:
        return [(line.agent, line.tool, line.why) for line in self.audit.lines(1000) if line.kind == "refused"]


@pytest.fixture
def house(folder: Path) -> House:
    return House(folder)


@pytest.fixture
def together() -> Callable[..., list[Any]]:
    """Await several things at once, and return what came of each."""

    def run(*things: Coroutine[Any, Any, Any]) -> list[Any]:
        async def all_of_them() -> list[Any]:
            return list(await asyncio.gather(*things))

        return asyncio.run(all_of_them())

    return run


@pytest.fixture
def kinds(cli: Callable[..., Any], waiting: str) -> Callable[[], list[str]]:
    """The kinds of all events on record of the campaign."""
    from zosimos.campaign.ledger.store import Ledger

    def read() -> list[str]:
        with Ledger("zosimos.db") as ledger:
            return [event.kind for event in itertools.chain(ledger.events(waiting))]

    return read
