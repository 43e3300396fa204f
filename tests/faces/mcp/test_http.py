"""Over HTTP: a token or nothing, no page of a browser, no large requests, and each request as the agent it is of."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_agents import TOKENS

from zosimos.core.errors import SpecError
from zosimos.faces.mcp.http import LARGEST, PATH, application, bound, who_sent
from zosimos.faces.mcp.server import make_server

HOST = "127.0.0.1:8765"
URL = f"http://{HOST}{PATH}"
CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
ACCEPT = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


def bearer(agent: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKENS[agent]}"}


@asynccontextmanager
async def serving(house: Any) -> AsyncIterator[Any]:
    """The whole application, as a server would run it."""
    app: Any = application(make_server(house.calls, who_sent, "1"), house.roster, house.audit, [HOST])
    async with app._inside.router.lifespan_context(app._inside):
        yield httpx2.ASGITransport(app)


def post(house: Any, headers: dict[str, str], content: bytes = json.dumps(CALL).encode(), url: str = URL) -> Any:
    async def once() -> Any:
        async with serving(house) as transport, httpx2.AsyncClient(transport=transport) as client:
            return await client.post(url, headers={**ACCEPT, **headers}, content=content)

    return asyncio.run(once())


@asynccontextmanager
async def connected(transport: Any, agent: str, **options: Any) -> AsyncIterator[Client]:
    http = httpx2.AsyncClient(transport=transport, headers=bearer(agent))
    async with http, Client(streamable_http_client(URL, http_client=http), **options) as client:
        yield client


@pytest.mark.parametrize(("mode", "version"), [("auto", "2026-07-28"), ("legacy", "2025-11-25")])
def test_clients_of_this_and_of_older_versions_of_the_protocol_are_served(
    house: Any, waiting: str, mode: Any, version: str
) -> None:
    async def versions() -> set[str]:
        async with (
            serving(house) as transport,
            connected(transport, "looker", mode=mode) as over_http,
            house.client("looker", mode=mode) as in_memory,
        ):
            return {over_http.protocol_version, in_memory.protocol_version}

    assert asyncio.run(versions()) == {version}


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_each_request_is_answered_for_the_agent_whose_token_it_carries(house: Any, waiting: str, mode: Any) -> None:
    async def both() -> list[Any]:
        async with (
            serving(house) as transport,
            connected(transport, "claude", mode=mode) as claude,
            connected(transport, "looker", mode=mode) as looker,
        ):
            pausing = ("propose_pause", {"campaign": "last"})
            looks = await looker.call_tool("status", {"campaign": "last"})
            return [looks, *(await asyncio.gather(claude.call_tool(*pausing), looker.call_tool(*pausing)))]

    looks, filed, refused = asyncio.run(both())
    assert looks.structured_content["name"] == "tiny"
    assert filed.structured_content["by"] == "agent:claude"
    assert refused.is_error
    assert house.refusals()[0][:2] == ("looker", "propose_pause")


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_client_that_cannot_ask_is_refused_over_http_too(house: Any, waiting: str, mode: Any) -> None:
    async def ask() -> Any:
        async with serving(house) as transport, connected(transport, "claude", mode=mode) as client:
            await client.call_tool("propose_pause", {"campaign": "last"})
            return await client.call_tool("request_approval", {"campaign": "last", "proposal": 1})

    found = asyncio.run(ask())
    assert found.is_error
    assert "nothing was changed" in found.content[0].text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {TOKENS['claude']}"},
        {"Authorization": TOKENS["claude"]},
        {"Authorization": f"Bearer {TOKENS['claude']}x"},
        {"Authorization": f"Bearer {TOKENS['claude']} {TOKENS['claude']}"},
        {"Authorization": "Bearer " + "x" * 5000},
        {"X-Agent": "claude"},
        {"Cookie": f"token={TOKENS['claude']}"},
    ],
)
def test_without_a_token_that_is_known_nobody_gets_in(house: Any, headers: dict[str, str]) -> None:
    answer = post(house, headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    ((agent, tool, why),) = house.refusals()
    assert (agent, tool) == ("(nobody)", "HTTP")
    assert why.startswith("401")
    assert TOKENS["claude"] not in str(house.audit.lines(10))


def test_a_token_in_the_address_or_twice_in_the_headers_is_none(house: Any) -> None:
    assert post(house, {}, url=f"{URL}?token={TOKENS['claude']}").status_code == 401

    async def twice() -> Any:
        async with serving(house) as transport, httpx2.AsyncClient(transport=transport) as client:
            headers = [*ACCEPT.items(), *bearer("looker").items(), *bearer("claude").items()]
            return await client.post(URL, headers=headers, content=json.dumps(CALL))

    assert asyncio.run(twice()).status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "evil.example:8765"}, 421),
        ({"Host": "127.0.0.1:9999"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:8765"}, 403),
        ({"Origin": "null"}, 403),
        ({"Content-Type": "text/plain"}, 400),
    ],
)
def test_another_host_and_any_page_of_a_browser_are_refused_in_spite_of_a_token(
    house: Any, headers: dict[str, str], status: int
) -> None:
    for version in ({}, {"MCP-Protocol-Version": "2026-07-28"}):
        answer = post(house, {**bearer("claude"), **headers, **version})
        assert answer.status_code == status
    assert [why.partition(",")[0] for _, _, why in house.refusals()] == [str(status)] * 2


@pytest.mark.parametrize("method", ["GET", "DELETE", "OPTIONS", "PUT", "HEAD"])
def test_nothing_but_a_post_is_answered_and_no_stream_is_held_open(house: Any, method: str) -> None:
    async def both() -> list[int]:
        async with serving(house) as transport, httpx2.AsyncClient(transport=transport) as client:
            with_token = await client.request(method, URL, headers={**ACCEPT, **bearer("claude")})
            return [with_token.status_code, (await client.request(method, URL, headers=ACCEPT)).status_code]

    assert asyncio.run(both()) == [405, 401]


def test_a_request_that_is_too_large_is_refused(house: Any) -> None:
    assert post(house, bearer("claude"), b" " * (LARGEST + 1)).status_code == 413


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'"x"',
        b"\xff\xfe",
        b"[" * 10_000,
        b'{"jsonrpc":"2.0"}',
        b'{"jsonrpc":"1.0","id":1,"method":"x"}',
    ],
)
def test_what_is_no_json_rpc_is_an_error_and_the_server_goes_on(house: Any, waiting: str, content: bytes) -> None:
    async def then() -> tuple[Any, Any]:
        async with serving(house) as transport:
            async with httpx2.AsyncClient(transport=transport, headers={**ACCEPT, **bearer("claude")}) as client:
                found = [
                    await client.post(URL, content=content, headers=version)
                    for version in ({}, {"MCP-Protocol-Version": "2026-07-28"})
                ]
            async with connected(transport, "claude") as client:
                return found, await client.call_tool("status", {"campaign": "last"})

    found, after = asyncio.run(then())
    assert all(400 <= one.status_code < 500 or "error" in one.json() for one in found)
    assert not after.is_error


def test_a_token_that_is_taken_away_opens_nothing_any_more(house: Any, waiting: str) -> None:
    async def meanwhile() -> Any:
        async with serving(house) as transport, httpx2.AsyncClient(transport=transport) as client:
            headers = {**ACCEPT, **bearer("claude")}
            before = await client.post(URL, headers=headers, content=json.dumps(CALL))
            house.file.write_text(re.sub(r"    token_sha256: \w+\n", "", house.file.read_text(), count=1))
            return before, await client.post(URL, headers=headers, content=json.dumps(CALL))

    before, after = asyncio.run(meanwhile())
    assert (before.status_code, after.status_code) == (200, 401)


# --- where it listens


def test_loopback_is_bound_and_any_port_may_be_meant() -> None:
    at, hosts = bound("127.0.0.1:0", public=False, names=[])
    with at:
        port = at.getsockname()[1]
        assert hosts == [f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}"]
        with pytest.raises(SpecError, match="cannot be used"):
            bound(f"127.0.0.1:{port}", public=False, names=[])


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"])
def test_an_address_that_others_can_reach_must_be_meant(address: str) -> None:
    with pytest.raises(SpecError, match="other machines"):
        bound(address, public=False, names=[])


def test_every_address_needs_a_name_that_is_meant() -> None:
    with pytest.raises(SpecError, match="nobody can tell"):
        bound("0.0.0.0:0", public=True, names=[])
    at, hosts = bound("0.0.0.0:0", public=True, names=["lab-pc"])
    with at:
        assert f"lab-pc:{at.getsockname()[1]}" in hosts


@pytest.mark.parametrize(
    "address", ["", "8765", "127.0.0.1", "127.0.0.1:99999", "a b:1", "x\x00:1", "http://x:1", "::1:80"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(SpecError):
        bound(address, public=False, names=[])


@pytest.mark.slow
def test_the_command_serves_http_until_it_is_interrupted(house: Any, waiting: str, started: Callable[..., Any]) -> None:
    process = started("mcp", "--http", "127.0.0.1:0", "--agents", "agents.yaml", "--json")
    url = json.loads(process.stdout.readline())["url"]

    async def look() -> Any:
        http = httpx2.AsyncClient(headers=bearer("claude"))
        async with http, Client(streamable_http_client(url, http_client=http)) as client:
            return await client.call_tool("status", {"campaign": "last"})

    assert asyncio.run(look()).structured_content["name"] == "tiny"
    with socket.create_connection(("127.0.0.1", int(url.split(":")[2].partition("/")[0]))) as raw:
        raw.sendall(b"\x16\x03\x01 no HTTP\r\n\r\n")
        assert b"400" in raw.recv(200)
    process.terminate()
    out, err = process.communicate(timeout=30)
    assert out == ""
    assert "Traceback" not in err
