"""A bench: the simulated devices of one lab, their shared world and their time.

A bench is reached in three ways, always through the devices' bytes: from our own loop (:mod:`.wire.port`), by any
pyserial program in this process (``sim://BENCH/DEVICE``), and by other programs over TCP (:mod:`.serve`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from zosimos.core.errors import ConnectError
from zosimos.core.plugins import plugin
from zosimos.instruments.simulator import WireSimulator
from zosimos.instruments.world.world import Transfer, World

GROUP = "zosimos.benches"
Maker: TypeAlias = "Callable[[int, Callable[[], float]], Bench]"
_open: dict[str, Bench] = {}


class Bench:
    """Simulated devices that share a world.

    Args:
        world: where they act.
        devices: the simulators.
        now: gives the bench's time in seconds; it must never go back.
    """

    def __init__(
        self, world: World, devices: Iterable[WireSimulator], now: Callable[[], float] = time.monotonic
    ) -> None:
        self.world = world
        self.devices = {device.name: device for device in devices}
        self.now = now

    def device(self, name: str) -> WireSimulator:
        """Return a device.

        Raises:
            ConnectError: there is none of that name.
        """
        if name not in self.devices:
            raise ConnectError(f"the bench has no device {name!r}", value=name, allowed=", ".join(self.devices))
        return self.devices[name]

    def settle(self) -> float:
        """Let everything happen that was due by now, in the order of time, and return the time."""
        now = self.now()
        while True:
            first, soonest = None, now
            for device in self.devices.values():
                at = device.due()
                if at is not None and (at < soonest or (first is None and at <= soonest)):
                    first, soonest = device, at
            if first is None:
                return now
            first.advance(soonest)

    def write(self, device: str, data: bytes) -> None:
        """Send bytes to a device."""
        self.device(device).receive(data, self.settle())

    def read(self, device: str) -> bytes:
        """Return the bytes that a device has sent by now."""
        return self.device(device).transmit(self.settle())

    def journal(self, device: str) -> dict[str, Any]:
        """Return what a device did since this was last asked: what it moved, and how it stands now (JSON data)."""
        self.settle()
        moved = [transfer.as_json() for transfer in self.world.journal(device)]
        return {"moved": moved, "state": self.device(device).state()}

    def redo(self, device: str, entry: Mapping[str, Any]) -> None:
        """Bring about again what a journal entry says a device did."""
        for moved in entry["moved"]:
            self.world.apply(Transfer.from_json(moved))
        self.world.journal(device)
        self.device(device).restore(entry["state"])


def register(name: str, bench: Bench) -> None:
    """Make a bench reachable as ``sim://name/...`` in this process; an earlier one of that name is forgotten."""
    _open[name] = bench


def forget(name: str) -> None:
    """Make a bench unreachable again."""
    _open.pop(name, None)


def bench(name: str) -> Bench:
    """Return the bench of a name; one that an installed lab offers is made when it is first asked for.

    Raises:
        SpecError: there is none.
    """
    if name not in _open:
        _open[name] = bench_maker(name)(0, time.monotonic)
    return _open[name]


def bench_maker(name: str) -> Maker:
    """Return what makes the bench that an installed lab offers, from a seed and a time.

    Raises:
        SpecError: there is none.
    """
    maker: Maker = plugin(GROUP, name, "simulated bench", "lab")
    return maker
