"""Ports: where bytes go out and come in, without ever blocking the loop.

A simulated device in this process is asked when its bytes will be there, and that is awaited. Every other URL is
opened by pyserial, whose reads block, so they happen in a thread of the port's own, a short read at a time; simulated
time refuses them, because a thread would bring real time into it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import urlsplit

import serial

from zosimos.core.clock import Clock
from zosimos.core.errors import ConnectError, SpecError
from zosimos.instruments.wire.address import check_port

if TYPE_CHECKING:
    from zosimos.instruments.rig import Rig, Rigs  # a driver of a real device loads no simulator

T = TypeVar("T")

_OPEN_S = 10.0
_SHORT_READ_S = 0.05
_WRITE_S = 2.0
_RESOLUTION_S = 1e-9  # the loop's: what is nearer than that is now


@dataclass(frozen=True)
class SerialSettings:
    """The electrical side of a serial port.

    >>> SerialSettings(4800, bytesize=7, parity="E").stopbits
    1
    """

    baudrate: int = 9600
    bytesize: int = 8
    parity: str = "N"
    stopbits: float = 1


class Port(Protocol):
    """A byte stream to a device. Times are the event loop's."""

    async def write(self, data: bytes) -> None:
        """Send bytes.

        Raises:
            ConnectError: the port is gone.
        """
        ...

    async def read(self, deadline: float) -> bytes:
        """Return what has come in, waiting for the first byte until ``deadline``; empty if none came.

        Raises:
            ConnectError: the port is gone.
        """
        ...

    async def close(self) -> None:
        """Let the port go."""
        ...


class SimPort:
    """A simulated device of this process."""

    def __init__(self, rig: Rig, device: str) -> None:
        self._rig = rig
        self._device = device
        rig.device(device).hang_up()

    async def write(self, data: bytes) -> None:
        """Send bytes; they arrive at once."""
        self._rig.write(self._device, data)

    async def read(self, deadline: float) -> bytes:
        """Return what has come in; the device says when that will be, so nothing is polled."""
        loop, deadline = asyncio.get_running_loop(), round(deadline, 9)  # simulated time goes by whole nanoseconds
        simulator = self._rig.device(self._device)
        while True:
            data = self._rig.read(self._device)
            if data or deadline - loop.time() <= _RESOLUTION_S:
                return data
            moments = [at for at in (simulator.idle_at(), simulator.due()) if at is not None]
            left = min(moments) - self._rig.now() if moments else deadline - loop.time()
            await asyncio.sleep(max(0.0, min(left, deadline - loop.time())))

    async def close(self) -> None:
        """Nothing is held."""


class SerialPort:
    """A port that pyserial opened; its blocking calls happen in a thread of its own."""

    def __init__(self, url: str, handle: Any, thread: ThreadPoolExecutor) -> None:
        self._url = url
        self._handle = handle
        self._thread = thread

    @classmethod
    async def open(cls, url: str, settings: SerialSettings) -> SerialPort:
        """Open a port within ten seconds.

        Raises:
            ConnectError: it does not open, or is no port; says why.
        """
        _require_port(url)
        thread = ThreadPoolExecutor(1, thread_name_prefix=f"port {url}")
        made: list[Any] = []

        def connect() -> Any:
            handle = serial.serial_for_url(url, do_not_open=True, timeout=_SHORT_READ_S, write_timeout=_WRITE_S)
            made.append(handle)
            handle.baudrate, handle.bytesize = settings.baudrate, settings.bytesize
            handle.parity, handle.stopbits = settings.parity, settings.stopbits
            if "://" not in url:
                handle.exclusive = True  # two programs on one device would each read half of the other's replies
            handle.open()
            return handle

        try:
            loop = asyncio.get_running_loop()
            handle = await asyncio.wait_for(loop.run_in_executor(thread, connect), _OPEN_S)
        except asyncio.CancelledError:
            _left_behind(thread, made)
            raise
        except (serial.SerialException, OSError, ValueError, TimeoutError) as error:
            _left_behind(thread, made)
            why = f"no answer within {_OPEN_S:g} s" if isinstance(error, TimeoutError) else str(error)
            raise ConnectError(
                f"the port {url} does not open: {why}",
                field="url",
                value=url,
                hint="check the cable, the port's name and who else has it open (zosimos lab serve, a terminal)",
            ) from error
        return cls(url, handle, thread)

    async def write(self, data: bytes) -> None:
        """Send bytes."""
        await self._threaded(lambda: self._handle.write(data))

    async def read(self, deadline: float) -> bytes:
        """Return what has come in, a short blocking read at a time."""
        loop = asyncio.get_running_loop()
        while True:
            late = loop.time() >= deadline
            data = await self._threaded(self._waiting if late else self._some)
            if data or late:
                return data

    def _waiting(self) -> bytes:
        """Return what has come in already. Some of pyserial's ports only say that there is something, not how much."""
        data = b""
        while count := self._handle.in_waiting:
            data += self._handle.read(count)
        return data

    def _some(self) -> bytes:
        """Wait a moment for a byte, and return it with what came with it."""
        first: bytes = self._handle.read(1)
        return first + self._waiting() if first else b""

    async def close(self) -> None:
        """Close the port; a thread that hangs in it is left behind."""
        self._thread.submit(self._handle.close)
        self._thread.shutdown(wait=False)

    async def _threaded(self, call: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, call)
        except (serial.SerialException, OSError, RuntimeError) as error:
            raise ConnectError(
                f"the port {self._url} is gone: {error}", field="url", value=self._url, hint="check cable and power"
            ) from error


def _require_port(url: str) -> None:
    try:
        check_port(url)
    except SpecError as error:
        raise ConnectError(error.message, field="url", value=url, allowed=error.allowed, hint=error.hint) from error


def _left_behind(thread: ThreadPoolExecutor, handles: Sequence[Any]) -> None:
    """Close what a thread that nobody waits for any more may still open, or no other program could have the port."""
    thread.submit(lambda: [handle.close() for handle in handles])
    thread.shutdown(wait=False)


async def open_port(url: str, settings: SerialSettings, clock: Clock, rigs: Rigs | None = None) -> Port:
    """Open a port by its address.

    Args:
        url: ``sim://BENCH/DEVICE``, ``/dev/ttyUSB0`` and the like, as :mod:`.address` lets through.
        settings: the electrical side.
        clock: the time the program runs on.
        rigs: finds the rig of a ``sim://`` URL.

    Raises:
        ConnectError: it does not open, or cannot be used on this clock.
    """
    if url.startswith("sim://"):
        from zosimos.instruments.rig import no_rigs  # a driver of a real device loads no simulator

        parts = urlsplit(url)
        try:
            return SimPort((rigs or no_rigs)(parts.netloc), parts.path.strip("/"))
        except SpecError as error:
            raise ConnectError(error.message, field="url", value=url, allowed=error.allowed, hint=error.hint) from error
    if clock.simulated:
        raise ConnectError(
            f"{url} is no simulated device of this process, and {clock.kind} time cannot wait for it",
            field="clock",
            value=clock.kind,
            allowed="wall",
            hint="set clock: wall in the campaign file, or make the device in-process in the lab file",
        )
    return await SerialPort.open(url, settings)
