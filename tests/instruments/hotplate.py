"""A hotplate, its driver and its simulator, for a capability that this package does not bring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from zosimos.core.errors import ConnectError, OutcomeUnknownError, ReplyError
from zosimos.instruments.envelope.effect import Effect
from zosimos.instruments.identity import Identity
from zosimos.instruments.instrument import Instrument
from zosimos.instruments.simulator import WireSimulator
from zosimos.instruments.wire.framing import Lines
from zosimos.instruments.wire.link import LinkProfile, Sentinel

NAME = b"HOTPLATE 1"
AMBIENT = 22.0
DEGREES_PER_S = 0.5


class Hotplate(Instrument):
    kind: ClassVar[str] = "hotplate"

    def _link_profile(self) -> LinkProfile:
        return LinkProfile(
            Lines(b"\r\n"), Sentinel(b"IN_NAME", NAME.__eq__), {b"IN_NAME", b"IN_PV_1", b"IN_SP_1"}.__contains__
        )

    async def identify(self) -> Identity:
        if await self._ask(b"IN_NAME") != NAME:
            raise ConnectError(f"{self.name} is no hotplate", field=self.name)
        return Identity("Anybody", NAME.decode())

    async def temperature(self) -> float:
        reply = await self._ask(b"IN_PV_1")
        try:
            return float(reply)
        except ValueError as error:
            raise ReplyError(f"{self.name}: {reply!r} is no temperature", field=self.name) from error

    async def set_point(self) -> float | None:
        reply = await self._ask(b"IN_SP_1")
        return None if reply == b"OFF" else float(reply)

    async def set_temperature(self, celsius: float) -> None:
        await self._obeyed(Effect(self.name, "heat", amount=celsius), f"OUT_SP_1 {celsius:g}".encode())

    async def heater_off(self) -> None:
        await self._obeyed(Effect(self.name, "heater-off"), b"STOP_1", at_once=True)

    async def safe_state(self) -> None:
        await self.heater_off()

    async def _obeyed(self, effect: Effect, payload: bytes, *, at_once: bool = False) -> None:
        if await self._do(effect, payload, at_once=at_once) != b"OK":
            raise OutcomeUnknownError(f"{effect} may or may not have happened", field=self.name)


class HotplateSimulator(WireSimulator):
    incidental = frozenset({"celsius", "at"})

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._set: float | None = None
        self._celsius, self._at = AMBIENT, 0.0

    def split(self, received: bytes) -> tuple[bytes | None, bytes]:
        line, found, rest = received.partition(b"\r\n")
        return (line, rest) if found else (None, received)

    def handle(self, request: bytes, now: float) -> None:
        self._warm(now)
        command, _, value = request.partition(b" ")
        if command == b"OUT_SP_1":
            self._set = float(value)
        elif command == b"STOP_1":
            self._set = None
        stands = b"OFF" if self._set is None else b"%g" % self._set
        replies = {b"IN_NAME": NAME, b"IN_PV_1": b"%.1f" % self._celsius, b"IN_SP_1": stands}
        replies |= {b"OUT_SP_1": b"OK", b"STOP_1": b"OK"}
        self.reply(replies.get(command, b"?") + b"\r\n", now)

    def _warm(self, now: float) -> None:
        """Ramp towards what is set, or cool down."""
        aim = AMBIENT if self._set is None else self._set
        most = DEGREES_PER_S * (now - self._at)
        self._celsius += max(-most, min(most, aim - self._celsius))
        self._at = now

    def standing(self) -> Mapping[str, float | str]:
        return {} if self._set is None else {"heat": self._set}

    def unsafe(self) -> str:
        return "" if self._set is None else f"the heater is on, at {self._set:g} degC"

    def state(self) -> dict[str, Any]:
        return {"set": self._set, "celsius": self._celsius, "at": self._at}

    def restore(self, state: Mapping[str, Any]) -> None:
        self._set, self._celsius, self._at = state["set"], state["celsius"], state["at"]
