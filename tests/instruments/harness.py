"""A rig for drivers: simulators on a rig, a driver, wide limits, virtual time, and a cable that can be chewed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from zosimos.core.clock import Clock, run
from zosimos.instruments.capabilities.dispenses import ASPIRATE, DELIVER, HOME
from zosimos.instruments.capabilities.measures_spectrum import EXPOSE, LIGHT, TURRET
from zosimos.instruments.capabilities.weighs import TARE
from zosimos.instruments.envelope.envelope import Envelope
from zosimos.instruments.envelope.limits import Limit, Limits
from zosimos.instruments.instrument import Instrument, Wiring
from zosimos.instruments.rig import Rig
from zosimos.instruments.simulator import WireSimulator
from zosimos.instruments.wire.port import Port, SimPort
from zosimos.instruments.world.vessel import FL_PER_ML, SOLVENT, Vessel
from zosimos.instruments.world.world import World

D = TypeVar("D", bound=Instrument)
T = TypeVar("T")

Mangle = Callable[[int, bytes], Sequence[tuple[float, bytes]]]
"""What a bad cable makes of the n-th (from 0) reply: pieces, and by how many seconds each comes late."""

PORTS = frozenset(str(number) for number in range(13))
WIDE: Mapping[str, Limit] = {
    ASPIRATE: Limit(PORTS, 0.0, 50.0),
    DELIVER: Limit(PORTS, 0.0, 50.0),
    HOME: Limit(PORTS),
    TARE: Limit(),
    LIGHT: Limit(least=0.0, most=50.0),
    TURRET: Limit(PORTS),
    EXPOSE: Limit(least=0.001, most=5000.0),
}


def is_serial(reply: bytes) -> bool:
    """Say whether a balance's reply can only be one to ``I4``: for drivers of the tests, which ask nothing else."""
    return reply.startswith(b'I4 A "') and reply.endswith(b'"')


class Cable:
    """A port that writes down what goes through it, and mangles what comes back."""

    def __init__(self, port: Port, mangle: Mangle | None = None) -> None:
        self._port = port
        self._mangle = mangle
        self._held: list[tuple[float, bytes]] = []
        self._replies = 0
        self.written: list[bytes] = []

    async def write(self, data: bytes) -> None:
        self.written.append(data)
        await self._port.write(data)

    async def read(self, deadline: float) -> bytes:
        loop = asyncio.get_running_loop()
        while True:
            data = await self._port.read(min([deadline, *(at for at, _ in self._held)]))
            now = loop.time()
            if data:
                pieces = [(0.0, data)] if self._mangle is None else self._mangle(self._replies, data)
                self._held += [(round(now + late, 9), piece) for late, piece in pieces]
                self._replies += 1
            ripe = b"".join(piece for at, piece in self._held if at <= now)
            self._held = [piece for piece in self._held if piece[0] > now]
            if ripe or (not data and now >= deadline):
                return ripe

    async def close(self) -> None:
        await self._port.close()


@dataclass
class Harness:
    """Simulators that share a world, reached through cables; time starts at 0 in each :meth:`run`."""

    simulators: Sequence[WireSimulator]
    world: World = field(default_factory=lambda: World([]))
    limits: Limits | None = None
    mangle: Mangle | None = None
    cables: list[Cable] = field(default_factory=list)
    may_send: Callable[[bool], None] = lambda _: None

    @property
    def written(self) -> bytes:
        """Everything that was sent."""
        return b"".join(data for cable in self.cables for data in cable.written)

    def run(
        self,
        driver: type[D],
        act: Callable[[D], Awaitable[T]],
        *,
        device: str = "",
        options: Mapping[str, Any] | None = None,
        connect: bool = True,
    ) -> T:
        """Make a driver for a device (the first, if none is named), connect it, and return what ``act`` makes of it."""
        name = device or self.simulators[0].name

        async def main(_: Clock) -> T:
            rig = Rig(self.world, self.simulators, asyncio.get_running_loop().time)

            async def opener() -> Port:
                cable = Cable(SimPort(rig, name), self.mangle)
                self.cables.append(cable)
                return cable

            envelope = Envelope(self.limits if self.limits is not None else Limits({name: WIDE}), self.may_send)
            one = driver(Wiring(name, opener, envelope, options=options or {}))
            try:
                if connect:
                    await one.connect()
                return await act(one)
            finally:
                await one.close()

        return run(main, "virtual")


def says(simulator: WireSimulator, request: bytes, now: float = 0.0, until: float = 1e6) -> bytes:
    """Return every byte a simulator sends in answer to a request, with all the time it wants."""
    simulator.receive(request, now)
    while (at := simulator.due()) is not None and at <= until:
        simulator.advance(at)
    return simulator.transmit(until)


def water(name: str, volume_ml: float, capacity_ml: float = 100.0) -> Vessel:
    """Return a vessel with water in it."""
    return Vessel(name, capacity_ml, contents={SOLVENT: round(volume_ml * FL_PER_ML)} if volume_ml else {})
