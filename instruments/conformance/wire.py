"""The kit's own wire: it notes under which leave each payload left, can be spoiled, and sees what the world did.

A driver's word counts for nothing here. What it sent is paired with the permit that was redeemed for it, and what came
of it is read off the simulator and its world.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from zosimos.core.errors import ConnectError
from zosimos.instruments.envelope.effect import Effect
from zosimos.instruments.envelope.envelope import Envelope, Permit
from zosimos.instruments.envelope.limits import Limits
from zosimos.instruments.rig import Rig
from zosimos.instruments.simulator import WireSimulator
from zosimos.instruments.wire.port import Port, SimPort
from zosimos.instruments.world.vessel import FL_PER_ML, SOLVENT
from zosimos.instruments.world.world import World

STRANGERS: Mapping[str, Callable[[bytes], bytes]] = {
    "an echo": lambda request: request,
    "a web server": lambda _: b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "a device that understands nothing": lambda _: b"?\r\n",
    "a device that speaks of itself": lambda _: b'{"device":"kettle"}\n',
}
"""What may stand behind a port instead of the right device."""

_QUIET_AT_MOST_S = 600.0


@dataclass(frozen=True)
class Sent:
    """Bytes that left, and for which effect they had leave; None where they had none."""

    data: bytes
    effect: Effect | None


class NotingEnvelope(Envelope):
    """An envelope that remembers what it gave leave to, and whose grants can be withdrawn."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self.permitted: list[tuple[Effect, bytes]] = []
        self._redeemed: list[Permit] = []

    def permit(self, effect: Effect, payload: bytes) -> Permit:
        """Give leave, and note it."""
        permit = super().permit(effect, payload)
        self.permitted.append((effect, payload))
        return permit

    def redeem(self, permit: Permit, device: str, payload: bytes) -> None:
        """Use a permit up; its bytes are expected next."""
        super().redeem(permit, device, payload)
        self._redeemed.append(permit)

    def grant(self, limits: Limits) -> None:
        """Put other limits in the place of those there are."""
        self._limits = limits

    def revoke(self) -> None:
        """Withdraw every grant."""
        self._limits = Limits()

    def leave_for(self, data: bytes) -> Effect | None:
        """Return the effect for which bytes on the wire had leave, and use that up; None where they had none."""
        for permit in self._redeemed:
            if permit.payload and permit.payload in data:
                self._redeemed.remove(permit)
                return permit.effect
        return None


@dataclass
class SpoiltWire:
    """The way to a simulator: writes down what is sent, and does to the replies what ``fault`` says."""

    simulator: WireSimulator
    envelope: NotingEnvelope
    fault: str = ""
    sent: list[Sent] = field(default_factory=list)
    _chance: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 - no secret
    _rig: Rig | None = None
    _port: Port | None = None
    _held: bytes = b""

    # --- a port

    async def open(self) -> Port:
        """Open the port."""
        if self.fault == "lost":
            raise ConnectError("the port does not open")
        self._port, self._held = SimPort(self.rig, self.simulator.name), b""
        return self

    async def write(self, data: bytes) -> None:
        """Send bytes."""
        if self.fault == "lost":
            raise ConnectError("the port is gone")
        self.sent.append(Sent(data, self.envelope.leave_for(data)))
        if self.fault in STRANGERS:
            self._held += STRANGERS[self.fault](data)
        elif self._port is not None:
            await self._port.write(data)

    async def read(self, deadline: float) -> bytes:
        """Return what came, or what the fault makes of it."""
        if self.fault == "lost":
            raise ConnectError("the port is gone")
        if self.fault in STRANGERS and self._held:
            data, self._held = self._held, b""
            return data
        if self._held:
            await asyncio.sleep(0.001)
            data, self._held = self._held[:1], self._held[1:]
            return data
        if self.fault in STRANGERS or self._port is None:
            await asyncio.sleep(max(0.0, deadline - asyncio.get_running_loop().time()))
            return b""
        data = await self._port.read(deadline)
        if self.fault == "in pieces":
            data, self._held = data[:1], data[1:]
        elif self.fault == "silent" and data:
            await asyncio.sleep(max(0.0, deadline - asyncio.get_running_loop().time()))
            data = b""
        elif self.fault == "garbage":
            data = bytes(self._chance.randrange(256) for _ in data)
        return data

    async def close(self) -> None:
        """Let the port go."""
        self._port = None

    # --- what the world did

    @property
    def rig(self) -> Rig:
        """The simulator in the loop's time."""
        if self._rig is None:
            now = asyncio.get_running_loop().time
            self._rig = Rig(self.simulator.world or World([]), [self.simulator], now)
        return self._rig

    async def quiet(self) -> None:
        """Wait until the device does nothing more by itself, but not for ever."""
        loop = asyncio.get_running_loop()
        end = loop.time() + _QUIET_AT_MOST_S
        self.rig.settle()
        while (at := self.simulator.due()) is not None and loop.time() < end:
            await asyncio.sleep(max(1e-6, at - loop.time()))
            self.rig.settle()

    async def replay(self, data: bytes) -> None:
        """Send bytes to the device past the driver, and let it do whatever they make it do."""
        self.rig.write(self.simulator.name, data)
        await self.quiet()
        await asyncio.sleep(max(0.0, (self.simulator.idle_at() or 0.0) - asyncio.get_running_loop().time()))
        self.rig.read(self.simulator.name)  # nobody waits for the answer

    def moved_ml(self) -> float:
        """Return the volume that the device moved since this was last asked, wherever to."""
        self.rig.settle()
        transfers = self.rig.world.journal(self.simulator.name)
        return sum(abs(transfer.amounts.get(SOLVENT, 0)) for transfer in transfers) / FL_PER_ML

    def standing(self) -> dict[str, Any]:
        """Return everything that only an effect may change: what is in the vessels, and how the device stands."""
        self.rig.settle()
        state = self.simulator.state()
        kept = {name: value for name, value in state.items() if name not in self.simulator.incidental}
        contents = {name: dict(vessel.contents) for name, vessel in self.rig.world.vessels.items()}
        return {"vessels": contents, "state": kept, "stands at": dict(self.simulator.standing())}
