"""Simulator of the AS7341 colour sensor with our firmware: its bytes, and the light that reaches it.

It knows nothing of dyes: the lab gives it what stands in each slot as a transmittance on the grid of :mod:`.optics`. A
reading takes the transmittance of the moment it ends.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from zosimos.instruments.capabilities.measures_spectrum import EXPOSE, LIGHT, TURRET
from zosimos.instruments.devices.as7341 import optics, wire
from zosimos.instruments.simulator import WireSimulator
from zosimos.instruments.world.noise import Noise

LARGEST_MA = 50.0

_FIELDS: Mapping[str, frozenset[str]] = {
    "hello": frozenset(),
    "config": frozenset({"atime", "astep", "gain"}),
    "light": frozenset({"ma"}),
    "turret": frozenset({"slot"}),
    "read": frozenset(),
}


class _RefusedError(Exception):
    """A request that is not carried out: a code of the protocol, and why."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


@dataclass(frozen=True)
class _Job:
    """What takes time: a reading, or a turn to a slot."""

    number: int
    ends: float
    slot: int | None


class As7341Simulator(WireSimulator):
    """A colour sensor with a lamp and a turret.

    Args:
        name: the device's name.
        transmitted: gives the transmittance (0 to 1, on the grid) of what stands in a slot.
        noise: of its readings.
        references: number of sealed references in the turret, in slots 1 and up; the cell is slot 0.
        serial: what it says its serial number is.
        firmware: what it says its version is.
        stray: part of the lamp's light that goes around what stands in it (0.005 to 0.02).
        turn_s: how long the turret takes.
        baudrate: of its wire.
        latency_s: before it answers.
    """

    def __init__(
        self,
        name: str,
        transmitted: Callable[[int], optics.Spectrum],
        noise: Noise,
        *,
        references: int = 4,
        serial: str = "C0001",
        firmware: str = "1.0",
        stray: float = 0.01,
        turn_s: float = 0.6,
        baudrate: int = 115200,
        latency_s: float = 0.002,
    ) -> None:
        super().__init__(name, baudrate=baudrate, latency_s=latency_s)
        self._transmitted, self._noise = transmitted, noise
        self._references = references
        self._serial, self._firmware = serial, firmware
        self._stray, self._turn_s = stray, turn_s
        self.lamp = 1.0
        """A fault: the lamp's power against that of a new one."""
        self.power_cycle()

    def power_cycle(self) -> None:
        """Forget all settings, as when the power was cut."""
        self._atime, self._astep, self._gain = 0, 999, 1.0
        self._light_ma, self._slot = 0.0, 0
        self._job: _Job | None = None

    # --- the wire

    def split(self, received: bytes) -> tuple[bytes | None, bytes]:
        """Find the first line."""
        line, found, rest = received.partition(wire.TERMINATOR)
        return (line, rest) if found else (None, received)

    def handle(self, request: bytes, now: float) -> None:
        """Obey a request, or say why not."""
        number: int | None = None
        try:
            data = _object(request)
            number = _identified(data.pop("id", None))
            self._obey(number, data.pop("cmd", None), data, now)
        except _RefusedError as refusal:
            self._say({"id": number, "ok": False, "error": str(refusal), "code": refusal.code}, now)

    def due(self) -> float | None:
        """Return when the reading or the turn ends."""
        return self._job.ends if self._job is not None else None

    def advance(self, now: float) -> None:
        """End the reading or the turn."""
        job = self._job
        if job is None or job.ends > now:
            return
        self._job = None
        if job.slot is None:
            self._say({"id": job.number, "ok": True, **self._reading()}, now)
        else:
            self._slot = job.slot
            self._say({"id": job.number, "ok": True, "slot": job.slot}, now)

    def state(self) -> dict[str, Any]:
        """Return the settings and how many readings were made."""
        return {
            "atime": self._atime,
            "astep": self._astep,
            "gain": self._gain,
            "light_ma": self._light_ma,
            "slot": self._slot,
            "noise": self._noise.counter,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up a kept state; what was under way is over."""
        self._atime, self._astep, self._gain = state["atime"], state["astep"], state["gain"]
        self._light_ma, self._slot = state["light_ma"], state["slot"]
        self._noise.counter = state["noise"]
        self._job = None

    def standing(self) -> Mapping[str, float | str]:
        """Return the lamp's current, the slot in the light and the integration time."""
        return {LIGHT: self._light_ma, TURRET: str(self._slot), EXPOSE: self._t_ms}

    # --- commands

    def _obey(self, number: int, command: Any, fields: Mapping[str, Any], now: float) -> None:
        if not isinstance(command, str) or command not in _FIELDS:
            raise _RefusedError("unknown-command", "cmd is one of " + ", ".join(_FIELDS))
        if fields.keys() != _FIELDS[command]:
            raise _RefusedError("bad-request", f"{command} takes {', '.join(sorted(_FIELDS[command])) or 'no fields'}")
        always = command == "hello" or (command == "light" and fields["ma"] == 0)
        if self._job is not None and not always:
            raise _RefusedError("busy", "a reading or a turn is under way")
        if command == "hello":
            said = {"device": wire.DEVICE, "firmware": self._firmware, "serial": self._serial}
            self._say({"id": number, "ok": True, **said}, now)
        elif command == "config":
            self._configure(fields)
            said_ = {"atime": self._atime, "astep": self._astep, "gain": self._gain}
            self._say({"id": number, "ok": True, **said_, "t_ms": self._t_ms, "full_scale": self._full_scale}, now)
        elif command == "light":
            self._light_ma = _number(fields["ma"], "ma", 0.0, LARGEST_MA)
            self._say({"id": number, "ok": True, "ma": self._light_ma}, now)
        elif command == "turret":
            slot = _whole(fields["slot"], "slot", self._references)
            self._job = _Job(number, round(now + self._turn_s, 9), slot)
        else:
            self._job = _Job(number, round(now + wire.PASSES * self._t_ms / 1000.0, 9), None)

    def _configure(self, fields: Mapping[str, Any]) -> None:
        atime = _whole(fields["atime"], "atime", wire.LARGEST_ATIME)
        astep = _whole(fields["astep"], "astep", wire.LARGEST_ASTEP)
        gain = _number(fields["gain"], "gain", wire.GAINS[0], wire.GAINS[-1])
        if gain not in wire.GAINS:
            raise _RefusedError("out-of-range", "gain is one of " + ", ".join(f"{one:g}" for one in wire.GAINS))
        self._atime, self._astep, self._gain = atime, astep, gain

    @property
    def _t_ms(self) -> float:
        return round(wire.integration_ms(self._atime, self._astep), 5)

    @property
    def _full_scale(self) -> int:
        return wire.full_scale(self._atime, self._astep)

    def _reading(self) -> dict[str, Any]:
        transmittance = self._transmitted(self._slot)
        if transmittance.shape != optics.GRID_NM.shape:
            raise ValueError(f"{self.name}: a transmittance has {optics.GRID_NM.size} values, one for each wavelength")
        spectrum = optics.lit(transmittance, self._light_ma * self.lamp, self._stray)
        expected = optics.counts(spectrum, self._gain, self._t_ms)
        return {
            "counts": optics.digitised(expected, self._gain, self._full_scale, self._noise.next()),
            "full_scale": self._full_scale,
            "gain": self._gain,
            "t_ms": self._t_ms,
            "light_ma": self._light_ma,
            "slot": self._slot,
        }

    def _say(self, data: Mapping[str, Any], now: float) -> None:
        self.reply(json.dumps(data, separators=(",", ":")).encode() + wire.TERMINATOR, now)


def _object(request: bytes) -> dict[str, Any]:
    if len(request) >= wire.LONGEST_REQUEST:
        raise _RefusedError("too-long", f"a line has at most {wire.LONGEST_REQUEST} bytes")
    try:
        return wire.parsed(request)
    except ValueError as error:
        raise _RefusedError("bad-json", "not a JSON object with unique keys") from error


def _identified(number: Any) -> int:
    if type(number) is not int or not 0 <= number <= wire.LARGEST_ID:
        raise _RefusedError("bad-request", f"id is a whole number from 0 to {wire.LARGEST_ID}")
    return number


def _whole(value: Any, name: str, most: int) -> int:
    if type(value) is not int or not 0 <= value <= most:
        raise _RefusedError("out-of-range", f"{name} is a whole number from 0 to {most}")
    return value


def _number(value: Any, name: str, least: float, most: float) -> float:
    if type(value) not in (int, float) or not least <= value <= most:
        raise _RefusedError("out-of-range", f"{name} is a number from {least:g} to {most:g}")
    return float(value)
