"""Agents of others: serve them by the Model Context Protocol, make their tokens, see what they were refused."""

from __future__ import annotations

import importlib.util
import time
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zosimos.core.errors import SettingsError, SpecError
from zosimos.core.validation import validated
from zosimos.faces.cli import screen
from zosimos.faces.cli.context import Desk, Json, LedgerUrl, desk, settings

if TYPE_CHECKING:
    from zosimos.faces.mcp.agents import Roster
    from zosimos.faces.mcp.audit import Audit, Line
    from zosimos.faces.mcp.calls import Calls
    from zosimos.faces.mcp.pace import Pace

app = typer.Typer(
    help="Let an AI assistant look and propose (Model Context Protocol).",
    invoke_without_command=True,
    pretty_exceptions_enable=False,
)
_PACKAGE = "mcp"
_GUEST = "guest"
_LAST = 50


@app.callback()
def serve(
    context: typer.Context,
    agent: Annotated[
        str | None,
        typer.Option("--agent", metavar="NAME", help="Who is at the other end of stdin and stdout (default: guest)."),
    ] = None,
    agents: Annotated[
        Path | None,
        typer.Option("--agents", metavar="FILE", help="Who may do what (YAML); without it: look, and nothing else."),
    ] = None,
    http: Annotated[
        str | None,
        typer.Option(
            "--http", metavar="HOST:PORT", help="Serve HTTP there, with tokens, in place of stdin and stdout."
        ),
    ] = None,
    public: Annotated[
        bool, typer.Option("--public", help="Let other machines in, with tokens that cross the network as they are.")
    ] = False,
    name: Annotated[
        list[str] | None,
        typer.Option("--name", metavar="HOST", help="A name by which others reach this server; repeatable."),
    ] = None,
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Serve AI assistants until the input ends or it is interrupted: they look and propose; people decide elsewhere."""
    if context.invoked_subcommand is not None:
        return
    if importlib.util.find_spec(_PACKAGE) is None:
        raise SettingsError(
            "the server needs a package that is not installed",
            field="mcp",
            value=_PACKAGE,
            hint="pip install 'zosimos[mcp]'",
        )
    from zosimos.faces.mcp.agents import Roster
    from zosimos.faces.mcp.calls import Calls
    from zosimos.faces.mcp.pace import Pace

    pace = Pace(time.monotonic)
    roster, audit = Roster(agents), _audit(ledger, pace)

    def opened() -> AbstractContextManager[Desk]:
        return desk(ledger)

    if http is not None and agent is not None:
        raise SpecError("over HTTP the token says who asks", field="--agent", value=agent, hint="leave --agent out")
    with opened():
        pass  # a ledger that is missing is said before anybody calls
    calls = Calls(opened, audit, pace)
    if http is not None:
        _by_http(calls, roster, audit, http, public=public, names=name or [], json=json)
    elif public or name:
        raise SpecError("stdin and stdout have no address", field="--public", hint="add --http HOST:PORT")
    else:
        if screen.at_terminal():
            screen.notice("an assistant's program speaks to this over stdin and stdout; Ctrl-C ends it")
        _by_stdio(calls, roster, agent or _GUEST)


def _by_stdio(calls: Calls, roster: Roster, agent: str) -> None:
    from zosimos import __version__
    from zosimos.faces.mcp.server import make_server
    from zosimos.faces.mcp.stdio import serve_stdio

    roster.named(agent)  # one that is not known is said before anybody calls
    serve_stdio(make_server(calls, lambda _: roster.named(agent), __version__), calls.finish)


def _by_http(
    calls: Calls, roster: Roster, audit: Audit, address: str, *, public: bool, names: list[str], json: bool
) -> None:
    from zosimos import __version__
    from zosimos.faces.mcp.http import PATH, application, bound, serve_http, who_sent
    from zosimos.faces.mcp.server import make_server

    if not any(item.spec.token_sha256 for item in roster.all().values()):
        raise SpecError(
            "nobody has a token, so nobody could be let in",
            field="--agents",
            allowed="a file in which an agent has a token_sha256",
            hint="zosimos mcp token NAME makes a token and prints the lines of the file",
        )
    at, hosts = bound(address, public=public, names=names)
    if public:
        screen.notice("other machines are let in: tokens and answers cross the network as they are, without TLS")

    def ready() -> None:
        url = f"http://{hosts[0]}{PATH}"
        if json:
            screen.json_line({"url": url})
        else:
            screen.say(f"agents are served at {url}; Ctrl-C ends it")

    with at:
        serve_http(application(make_server(calls, who_sent, __version__), roster, audit, hosts), at, ready)


@app.command()
def token(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The agent it is for.", show_default=False)],
    json: Json = False,
    ledger: LedgerUrl = None,  # noqa: ARG001 - each command takes --ledger
) -> None:
    """Make a token for an agent, show it once, and print what to write into the file of agents. It is kept nowhere."""
    from zosimos.faces.mcp.agents import AgentsFile, new_token, token_sha256

    made = new_token()
    digest = token_sha256(made)
    validated(AgentsFile, {"agents": {name: {"token_sha256": digest}}})
    if json:
        screen.json_line({"agent": name, "token": made, "token_sha256": digest})
        return
    screen.say(
        f"token, shown this once: {made}",
        "for the file of agents, which keeps only its digest:",
        "agents:",
        f"  {name}:",
        f"    token_sha256: {digest}",
        "    may: [look]",
    )


@app.command()
def audit(
    agent: Annotated[str | None, typer.Option("--agent", metavar="NAME", help="Of this agent only.")] = None,
    last: Annotated[int, typer.Option("-n", "--last", min=1, max=100_000, help="How many, the latest.")] = _LAST,
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Show what agents were refused, and which proposals they filed."""
    from zosimos.faces.mcp.pace import Pace

    kept = _audit(ledger, Pace(time.monotonic))
    lines = kept.lines(last, agent)
    if json:
        screen.json_line({"file": str(kept.file), "lines": [asdict(line) for line in lines]})
        return
    if not lines:
        screen.say("nothing was refused, and nothing was filed")
        return
    columns = ("when", "agent", "what", "tool", "campaign", "why")
    screen.console().print(screen.table(columns, [_row(line) for line in lines]))


def _row(line: Line) -> tuple[str, ...]:
    """Return a line as it may be shown: an agent may have written parts of it."""
    from zosimos.agent.quotation import disarmed

    written = (disarmed(text).replace("\n", " ") for text in (line.tool, line.campaign, line.why))
    return (line.at[:19], line.agent, line.kind, *written)


def _audit(ledger: str | None, pace: Pace) -> Audit:
    from zosimos.faces.mcp.audit import Audit, audit_file

    return Audit(audit_file(settings(ledger).ledger), lambda: datetime.now(UTC), pace)
