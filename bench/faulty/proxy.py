"""A TCP proxy in a process of its own, between a runner and its database: it cuts, refuses and loses in silence.

Commands are words: ``cut`` resets every connection; ``refuse`` does so and accepts no new one; ``requests``,
``answers`` and ``both`` keep every connection and let nothing pass any more, in one direction or in both, new ones
included; ``heal`` lets everything pass again.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import struct

_RESET = struct.pack("ii", 1, 0)


class Proxy:
    """The proxy, as the process that steers it has it.

    Args:
        host: where it listens.
        server: where the server listens.
    """

    def __init__(self, host: str, server: tuple[str, int]) -> None:
        listening = socket.create_server((host, 0))
        self.address: tuple[str, int] = listening.getsockname()[:2]
        self._socket, theirs = socket.socketpair()
        self._pid = os.fork()
        if not self._pid:
            try:
                self._socket.close()
                for number in (signal.SIGINT, signal.SIGTERM):
                    signal.signal(number, signal.SIG_DFL)
                asyncio.run(_Passing(listening, server, theirs).run())
            finally:
                os._exit(0)
        listening.close()
        theirs.close()

    def __call__(self, command: str) -> None:
        """Do as a command says; returns when it is done."""
        self._socket.sendall(f"{command}\n".encode())
        self._socket.recv(1)

    def close(self) -> None:
        """End the proxy and all its connections."""
        self._socket.close()
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)


class _Passing:
    """The proxy's own process."""

    def __init__(self, listening: socket.socket, server: tuple[str, int], commands: socket.socket) -> None:
        self._listening = listening
        self._server = server
        self._commands = commands
        self._open: set[asyncio.StreamWriter] = set()
        self._passes = {"requests": asyncio.Event(), "answers": asyncio.Event()}
        self._refusing = False

    async def run(self) -> None:
        for gate in self._passes.values():
            gate.set()
        reader, writer = await asyncio.open_connection(sock=self._commands)
        async with await asyncio.start_server(self._connected, sock=self._listening):
            while command := (await reader.readline()).decode().strip():
                self._obey(command)
                writer.write(b".")
                await writer.drain()

    def _obey(self, command: str) -> None:
        self._refusing = command == "refuse"
        if command in ("cut", "refuse"):
            for writer in list(self._open):
                _reset(writer)
        for name, gate in self._passes.items():
            if command in (name, "both"):
                gate.clear()
            else:
                gate.set()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refusing:
            _reset(writer)
            return
        await self._passes["requests"].wait()
        try:
            inner_reader, inner_writer = await asyncio.open_connection(*self._server)
        except OSError:
            _reset(writer)
            return
        self._open |= {writer, inner_writer}
        try:
            await asyncio.gather(
                self._pumped(reader, inner_writer, "requests"), self._pumped(inner_reader, writer, "answers")
            )
        finally:
            self._open -= {writer, inner_writer}

    async def _pumped(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, name: str) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                await self._passes[name].wait()
                writer.write(data)
                await writer.drain()
        await self._passes[name].wait()  # not even its end passes
        writer.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    found = writer.get_extra_info("socket")
    if found is not None:
        with contextlib.suppress(OSError):
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
