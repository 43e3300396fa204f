"""Over HTTP: who has no token gets no further than the first line of a request.

The token stands in ``Authorization: Bearer``, never in an address. The library checks the Host and Origin headers
against DNS rebinding, which it is told to do here: the hosts are those that are meant, and no page of a browser is let
in. Requests are small, and there are no sessions: each carries its token, and is answered for the agent that has it.
"""

from __future__ import annotations

import ipaddress
import logging
import re
import socket
from collections.abc import Callable, Sequence
from typing import Any

import anyio.to_thread
import uvicorn
from mcp.server.lowlevel import Server
from mcp.server.transport_security import TransportSecuritySettings
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from zosimos.core.errors import RefusedError, SpecError, ZosimosError
from zosimos.faces.mcp.agents import Agent, Roster
from zosimos.faces.mcp.audit import NOBODY, Audit
from zosimos.faces.mcp.server import Context

PATH = "/mcp"
LARGEST = 256 * 1024  # bytes of a request
_AT_ONCE = 64  # connections
_FOUND = "zosimos.agent"  # where the agent of a request stands in its scope
_LOG = logging.getLogger(__name__)


def who_sent(context: Context) -> Agent:
    """Return the agent whose token came with a request.

    Raises:
        RefusedError: none did; no request gets here so.
    """
    found = context.request.scope.get(_FOUND) if context.request is not None else None
    if not isinstance(found, Agent):
        raise RefusedError("no token came with the request")
    return found


def application(server: Server[Any], roster: Roster, audit: Audit, hosts: Sequence[str]) -> ASGIApp:
    """Return what answers HTTP requests.

    Args:
        server: made with :func:`who_sent`.
        roster: the agents and the digests of their tokens.
        audit: where refusals are written down.
        hosts: the values of the Host header that are meant, such as ``127.0.0.1:8765``.
    """
    inside = server.streamable_http_app(
        streamable_http_path=PATH,
        stateless_http=True,
        max_request_body_size=LARGEST,
        transport_security=TransportSecuritySettings(allowed_hosts=list(hosts), allowed_origins=[]),
    )
    return _Door(inside, roster, audit)


class _Door:
    """Lets requests through that carry a token, and writes down which were refused."""

    def __init__(self, inside: ASGIApp, roster: Roster, audit: Audit) -> None:
        self._inside = inside
        self._roster = roster
        self._audit = audit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._inside(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        agent, why = await anyio.to_thread.run_sync(self._let_in, Headers(scope=scope).getlist("authorization"))
        if agent is None:
            await anyio.to_thread.run_sync(self._written, NOBODY, scope, f"401: {why}")
            response = PlainTextResponse(f"{why}\n", 401, {"WWW-Authenticate": "Bearer"})
            await response(scope, receive, send)
            return
        name = agent.name
        if scope["method"] != "POST":  # a stream that is held open has nothing to say here
            await PlainTextResponse("requests are posted\n", 405, {"Allow": "POST"})(scope, receive, send)
            return

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= 400:
                await anyio.to_thread.run_sync(self._written, name, scope, str(message["status"]))
            await send(message)

        await self._inside({**scope, _FOUND: agent}, receive, watched)

    def _let_in(self, given: Sequence[str]) -> tuple[Agent | None, str]:
        """Return the agent that a header names by its token, or why none is."""
        found = re.fullmatch(r"bearer +([!-~]+) *", given[0], re.IGNORECASE) if len(given) == 1 else None
        if found is None:
            return None, "a token is needed: Authorization: Bearer TOKEN"
        try:
            return self._roster.with_token(found[1]), "no agent has this token"
        except ZosimosError as error:
            _LOG.error("nobody is let in: %s", error)
            return None, "nobody is let in now; the server's own messages say why"

    def _written(self, name: str, scope: Scope, why: str) -> None:
        client = scope.get("client") or ("an unknown place", 0)
        try:
            self._audit.refused(name, "HTTP", f"{why}, from {client[0]}", given=f"{scope['method']} {scope['path']}")
        except ZosimosError as error:
            _LOG.error("a refusal could not be written down: %s", error.message)


def serve_http(app: ASGIApp, at: socket.socket, ready: Callable[[], None]) -> None:
    """Answer requests until a signal ends it.

    Args:
        app: what answers them.
        at: a socket that is bound.
        ready: called before the first is answered.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        limit_concurrency=_AT_ONCE,
        timeout_graceful_shutdown=2,
    )
    ready()
    uvicorn.Server(config).run(sockets=[at])


def bound(address: str, *, public: bool, names: Sequence[str]) -> tuple[socket.socket, list[str]]:
    """Return a socket bound to an address, and the values of the Host header that are meant by it.

    Args:
        address: HOST:PORT; port 0 is any that is free.
        public: whether other machines may reach it.
        names: further names of this machine, as other machines know it.

    Raises:
        SpecError: it is no address, cannot be bound, or can be reached by others and nobody said so.
    """
    found = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+):([0-9]{1,5})", address)
    if found is None or int(found[2]) > 65_535:
        raise SpecError("no such address", field="--http", value=address, allowed="HOST:PORT, such as 127.0.0.1:8765")
    host, port = found[1].strip("[]"), int(found[2])
    try:
        family, *_, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        ip = ipaddress.ip_address(str(place[0]).partition("%")[0])
        _check_reach(ip, address, public=public, names=names)
        at = socket.create_server(place[:2], family=family)
    except (OSError, UnicodeError, OverflowError) as error:
        raise SpecError(f"the address cannot be used: {error}", field="--http", value=address) from error
    number = at.getsockname()[1]
    known = ["127.0.0.1", "localhost", "[::1]"] if ip.is_loopback else [found[1]]
    return at, [f"{name}:{number}" for name in (*known, *names)] + list(names)


def _check_reach(
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address, address: str, *, public: bool, names: Sequence[str]
) -> None:
    """Refuse an address that other machines can reach, unless that is meant and it is said by which name."""
    if not ip.is_loopback and not public:
        raise SpecError(
            "it can be reached from other machines, and tokens would cross the network as they are",
            field="--http",
            value=address,
            allowed="127.0.0.1, [::1] or localhost; another address only with --public",
            hint="stay at 127.0.0.1 behind a proxy that speaks TLS, or add --public if that is meant",
        )
    if ip.is_unspecified and not names:
        raise SpecError(
            "every address of this machine is meant: nobody can tell which Host headers are",
            field="--name",
            allowed="the names or addresses by which other machines reach it",
            hint="--name lab-pc.example.org",
        )
