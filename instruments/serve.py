"""Serving a rig: each simulated device behind a TCP port of its own, in real time or faster, with a journal.

To the other side a port is a device on a serial server: ``socket://HOST:PORT`` for pyserial. What the devices do is
written to the journal as it is done, so that a server that is started again goes on where it stopped.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from zosimos.core.errors import ConnectError, DataError
from zosimos.core.files import read_file
from zosimos.instruments.rig import Rig

_IDLE_S = 0.5
_CHUNK = 4096


class ScaledTime:
    """A time that runs faster than the loop's by a factor, from a start."""

    def __init__(self, scale: float, start: float, now: Callable[[], float]) -> None:
        self._scale = scale
        self._start = start
        self._now = now
        self._zero = now()

    def __call__(self) -> float:
        """Return the time in seconds."""
        return self._start + (self._now() - self._zero) * self._scale

    def real(self, seconds: float) -> float:
        """Return how much real time some of this time takes."""
        return seconds / self._scale


class Journal:
    """What the devices of a rig did, a line of JSON each, in a file that is only ever added to.

    Raises:
        DataError: the file cannot be read or is no journal.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        if path is None:
            return
        try:
            kept = read_file(path, "--journal") if path.exists() else b""
            whole = kept[: kept.rfind(b"\n") + 1]  # a line cut short when the power went was never answered
            kept.decode("utf-8")
            with path.open("ab") as file:
                file.truncate(len(whole))
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(
                f"{path} cannot be the journal: {getattr(error, 'strerror', None) or 'it is no text'}",
                field="--journal",
                value=str(path),
                hint="name a file in a folder that can be written to",
            ) from error

    def redo(self, rig: Rig) -> float:
        """Bring a new rig to where the journal ends; return the time it ends at."""
        at = 0.0
        if self._path is None or not self._path.exists():
            return at
        for number, line in enumerate(read_file(self._path, "--journal").decode().splitlines(), start=1):
            try:
                entry = json.loads(line)
                rig.redo(entry["device"], entry)
                at = float(entry["at"])
            except (ValueError, KeyError, TypeError) as error:
                raise DataError(
                    f"{self._path}, line {number}, is no journal entry: {error}",
                    field="--journal",
                    value=str(self._path),
                    hint="name another file, or remove the journal to begin again",
                ) from error
        return at

    def note(self, rig: Rig, device: str, at: float) -> None:
        """Write down what a device did since it was last noted, if it moved anything or changed its state."""
        if self._path is None:
            return
        entry: Mapping[str, Any] = {"at": at, "device": device, **rig.journal(device)}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")


class RigServer:
    """Serves a rig over TCP.

    Args:
        rig: the devices; its time must be ``time``.
        time: the rig's time.
        journal: where it is written down.
    """

    def __init__(self, rig: Rig, time: ScaledTime, journal: Journal) -> None:
        self._rig = rig
        self._time = time
        self._journal = journal
        self._clients: dict[str, asyncio.StreamWriter] = {}
        self._states: dict[str, dict[str, Any]] = {name: one.state() for name, one in rig.devices.items()}
        self._changed = asyncio.Event()
        self._servers: list[asyncio.Server] = []

    async def open(self, host: str, port: int) -> dict[str, str]:
        """Open a port for each device, one after the other, and return their URLs. Port 0 takes any free ones.

        Raises:
            ConnectError: a port cannot be had.
        """
        urls = {}
        for index, name in enumerate(self._rig.devices):
            wanted = port + index if port else 0
            try:
                server = await asyncio.start_server(self._client(name), host, wanted)
            except OSError as error:
                raise ConnectError(
                    f"{host}:{wanted} cannot be served: {error.strerror or error}",
                    field="--tcp",
                    value=f"{host}:{port}",
                    hint="another program has the port, or the address is not this machine's",
                ) from error
            self._servers.append(server)
            urls[name] = f"socket://{host}:{server.sockets[0].getsockname()[1]}"
        return urls

    async def run(self) -> None:
        """Let the devices live until cancelled."""
        while True:
            now = self._rig.settle()
            self._note(now)
            self._transmit(now)
            moments = [at for one in self._rig.devices.values() for at in (one.due(), one.idle_at()) if at is not None]
            wait = min(_IDLE_S, self._time.real(min(moments) - now)) if moments else _IDLE_S
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), max(0.0, wait))
            except TimeoutError:
                continue

    def close(self) -> None:
        """Close every port."""
        for server in self._servers:
            server.close()
        for writer in self._clients.values():
            writer.close()

    def _client(self, device: str) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            """Connect one client; like a serial cable, the port belongs to who plugged in last."""
            earlier = self._clients.get(device)
            if earlier is not None:
                earlier.close()
            self._clients[device] = writer
            self._rig.device(device).hang_up()
            try:
                while data := await reader.read(_CHUNK):
                    if self._clients.get(device) is not writer:
                        return
                    self._rig.write(device, data)
                    self._changed.set()
            except ConnectionError:
                pass  # the client is gone, as cables are pulled
            finally:
                if self._clients.get(device) is writer:
                    del self._clients[device]
                writer.close()

        return serve

    def _transmit(self, now: float) -> None:
        for name, device in self._rig.devices.items():
            data = device.transmit(now)
            writer = self._clients.get(name)
            if data and writer is not None and not writer.is_closing():
                writer.write(data)

    def _note(self, now: float) -> None:
        """Journal the devices that have come to rest in another state than they were last noted in."""
        for name, device in self._rig.devices.items():
            if device.due() is not None:
                continue
            state = device.state()
            if state != self._states[name]:
                self._journal.note(self._rig, name, now)
                self._states[name] = state


async def serve(
    make: Callable[[Callable[[], float]], Rig],
    host: str,
    port: int,
    *,
    time_scale: float,
    journal: Path | None,
    ready: Callable[[Mapping[str, str]], None],
) -> None:
    """Serve a rig until cancelled.

    Args:
        make: makes the rig on a time.
        host: the address to listen on.
        port: of the first device; the others follow.
        time_scale: how much faster than real time it lives.
        journal: where to write down what is done, and to go on from.
        ready: called with the devices' URLs when all ports are open.

    Raises:
        ConnectError: a port cannot be had.
        DataError: the journal is no journal.
    """
    book = Journal(journal)
    loop = asyncio.get_running_loop()
    start = book.redo(make(lambda: 0.0))
    time = ScaledTime(time_scale, start, loop.time)
    rig = make(time)
    book.redo(rig)
    server = RigServer(rig, time, book)
    try:
        ready(await server.open(host, port))
        await server.run()
    finally:
        server.close()
