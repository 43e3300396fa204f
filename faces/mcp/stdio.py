"""Over stdin and stdout: the library takes both for the protocol, and what else is printed goes to stderr."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import anyio
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server

from zosimos.core.signals import heard

_BY_SIGNAL = 128  # and the signal's number: the exit code that shells know


def serve_stdio(server: Server[Any], finish: Callable[[], None]) -> None:
    """Answer one client until its input ends, or a signal ends the program.

    A thread may wait for the input then, and nothing can take it out of that: after a signal the program ends under it.

    Args:
        server: answers.
        finish: waits for what is under way, for a while.
    """

    async def answer() -> None:
        async with stdio_server() as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())

    def end(number: int) -> None:
        finish()
        os._exit(_BY_SIGNAL + number)

    with heard(("SIGINT", "SIGTERM"), end, once=True):
        anyio.run(answer)
