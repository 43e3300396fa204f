"""Over stdin and stdout, as a desktop assistant starts it: stdout is for the protocol alone, and it ends in time."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

pytestmark = pytest.mark.slow

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}},
}


def line(message: Any) -> bytes:
    return json.dumps(message).encode() + b"\n"


@pytest.fixture
def process(house: Any, waiting: str, command: Any) -> Iterator[subprocess.Popen[bytes]]:
    """The server of an agent, as a process of its own."""
    words, environment = command
    arguments = ["mcp", "--agents", "agents.yaml", "--agent", "claude"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([*words, *arguments], env=environment, **pipes) as found:
        yield found
        found.kill()


def say(process: Any, *messages: bytes) -> None:
    process.stdin.write(b"".join(messages))
    process.stdin.flush()


def test_a_real_client_looks_proposes_and_sees_what_a_person_decided(
    house: Any, cli: Any, waiting: str, command: Any
) -> None:
    words, environment = command
    arguments = [*words[1:], "mcp", "--agents", "agents.yaml", "--agent", "claude"]
    server = StdioServerParameters(command=sys.executable, args=arguments, env=environment, cwd=Path.cwd())

    async def session() -> list[Any]:
        async with Client(server) as client:
            filed = await client.call_tool("propose_pause", {"campaign": "last"})
            (token,) = [one["token"] for one in cli("approvals", "--json").json["changes"]]
            cli("approve", token, "--yes", "pause")
            seen = await client.call_tool("wait_for_decision", {"campaign": "last", "proposal": 1, "seconds": 30})
            return [filed, seen, await client.call_tool("propose_abort", {"campaign": "last"})]

    filed, seen, refused = asyncio.run(session())
    assert filed.structured_content["by"] == "agent:claude"
    assert seen.structured_content["status"] == "granted"
    assert refused.is_error
    assert cli("status", waiting, "--json").json["status"] == "paused"


def test_what_is_no_json_rpc_is_passed_over_and_every_line_of_stdout_is(process: Any) -> None:
    wrong = [b"no json\n", b"{}\n", b"[1, 2]\n", b"\xff\xfe\n", b"[" * 100_000 + b"\n", b'{"jsonrpc":"2.0"}\n']
    unknown = {"jsonrpc": "2.0", "id": 2, "method": "campaigns/approve", "params": {}}
    badly = {"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": 5}}
    say(process, *wrong, line(INITIALIZE))
    first = json.loads(process.stdout.readline())
    say(process, line(unknown), line(badly))
    answers = {one["id"]: one for one in (first, *(json.loads(process.stdout.readline()) for _ in range(2)))}
    out, err = process.communicate(timeout=60)
    assert answers[1]["result"]["serverInfo"]["name"] == "zosimos"
    assert [answers[number]["error"]["code"] for number in (2, 3)] == [-32601, -32602]
    assert (process.returncode, out) == (0, b"")
    assert b"Traceback" not in err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals for another process")
@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGINT", 130)])
def test_a_signal_ends_it_while_it_waits_for_its_input(process: Any, name: str, code: int) -> None:
    say(process, line(INITIALIZE))
    process.stdout.readline()
    process.send_signal(getattr(signal, name))
    assert process.wait(timeout=60) == code
