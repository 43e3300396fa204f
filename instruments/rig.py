"""A rig: the simulated devices of one lab, their shared world and their time.

A rig is reached in three ways, always through the devices' bytes: from our own loop (:mod:`.wire.port`), by any
pyserial program in this process (``sim://BENCH/DEVICE``), and by other programs over TCP (:mod:`.serve`). A rig
belongs to who made it: a lab's deck opens ports on its own rig, and two labs in one process never meet.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from zosimos.core.errors import ConnectError, SpecError
from zosimos.core.plugins import plugin
from zosimos.instruments.simulator import WireSimulator
from zosimos.instruments.world.world import Transfer, World

GROUP = "zosimos.rigs"
Maker: TypeAlias = "Callable[[int, Callable[[], float]], Rig]"
Rigs: TypeAlias = "Callable[[str], Rig]"
"""Finds the rig that a ``sim://`` URL names.

Raises:
    SpecError: there is none.
"""


class Rig:
    """Simulated devices that share a world.

    Args:
        world: where they act.
        devices: the simulators.
        now: gives the rig's time in seconds; it must never go back.
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
            raise ConnectError(f"the rig has no device {name!r}", value=name, allowed=", ".join(self.devices))
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


def no_rigs(name: str) -> Rig:
    """Find no rig at all.

    Raises:
        SpecError: always.
    """
    raise SpecError(
        f"no simulated rig {name!r} is open here",
        field="url",
        value=f"sim://{name}",
        allowed="a device of the lab's own rig, or a URL of pyserial",
        hint="a lab's deck opens its own simulated devices",
    )


def only(found: Rig, names: Iterable[str]) -> Rigs:
    """Return what finds one rig under each of some names, and nothing else."""
    known = frozenset(names)
    return lambda name: found if name in known else no_rigs(name)


def rig_maker(name: str) -> Maker:
    """Return what makes the rig that an installed lab offers, from a seed and a time.

    Raises:
        SpecError: there is none.
    """
    maker: Maker = plugin(GROUP, name, "simulated rig", "lab")
    return maker


def __getattr__(name: str) -> type[Rig]:
    """Know a rig by its former name for one more release."""
    if name == "Bench":
        warnings.warn(
            "Bench is called Rig now; the old name goes with the next release", DeprecationWarning, stacklevel=2
        )
        return Rig
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
