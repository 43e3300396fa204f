"""Simulator of an MT-SICS balance: its bytes, and how its reading settles on what a vessel of the world holds.

The reading follows the load with one time constant, y = m + (y0 - m) exp(-t/tau), plus white noise and a slow drift of
the sensitivity with the temperature of the room. When a reading will be stable is computed, not waited for: the balance
looks at the load when it is asked and when it would answer, and starts to settle again if the load is another by then.
The world does not tell when a load changed, so a change counts from the first look at it.

What the manual was not read for, and the numbers of a real balance, are (from general knowledge); see :mod:`.wire`.
"""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from zosimos.instruments.devices.sics.wire import TERMINATOR, WIDTH
from zosimos.instruments.simulator import WireSimulator
from zosimos.instruments.world.noise import Noise
from zosimos.instruments.world.world import World

LEVELS = {
    0: ("@", "I0", "I1", "I2", "I3", "I4", "I5", "S", "SI", "SIR", "Z", "ZI"),
    1: ("T", "TA", "TAC", "TI"),
    2: ("I10", "I11"),
}
"""Commands by MT-SICS level (from general knowledge)."""

_COMMANDS = frozenset(name for names in LEVELS.values() for name in names)
_WEIGHT_COMMANDS = frozenset({"S", "SI", "SIR", "T", "TI", "Z", "ZI"})
_WINDOW_S = 1.0  # a reading is stable when its spread over this window is below the repeatability
_STREAM_S = 0.2  # between two readings of SIR (from general knowledge)
_RANGE = 0.02  # part of the capacity that Z may take away and that underload begins at (from general knowledge)
_UNSTABLE = 50.0  # how much noisier a disturbed reading is
_WAITING = 16
_BOOT_S = 3.0  # (from general knowledge)
_PRESET = re.compile(r"(\d{1,6}(?:\.\d{1,6})?) g")


@dataclass
class _Pending:
    """A command that waits for a stable reading: when to look again, and when to give up."""

    command: str
    at: float
    deadline: float


class SicsSimulator(WireSimulator):
    """An MT-SICS balance with a vessel on its pan.

    Args:
        name: the device's name.
        world: where the vessel is.
        vessel: what stands on the pan.
        noise: of its readings.
        serial: what ``I4`` answers.
        model: what ``I2`` answers.
        firmware: what ``I3`` answers.
        readability_g: the last digit's step.
        repeatability_g: standard deviation of a reading.
        capacity_g: the most it can weigh.
        empty_g: mass of the empty vessel.
        tau_s: time constant of settling.
        max_settle_s: after how long it gives a stable reading up.
        drift_ppm_per_k: change of sensitivity with the temperature of the room.
        swing_k: amplitude of that temperature; a drift depends on the time of day, so readings do too.
        swing_period_s: period of that temperature.
        baudrate: of its wire.
        latency_s: before it answers.
    """

    incidental: ClassVar[frozenset[str]] = frozenset({"noise", "seen_g"})

    def __init__(
        self,
        name: str,
        world: World,
        vessel: str,
        noise: Noise,
        *,
        serial: str = "B123456789",
        model: str = "ZB224 220.0090 g",
        firmware: str = "1.00",
        readability_g: float = 0.0001,
        repeatability_g: float = 0.0001,
        capacity_g: float = 220.0,
        empty_g: float = 25.0,
        tau_s: float = 0.4,
        max_settle_s: float = 30.0,
        drift_ppm_per_k: float = 1.5,
        swing_k: float = 0.0,
        swing_period_s: float = 3600.0,
        baudrate: int = 9600,
        latency_s: float = 0.01,
    ) -> None:
        super().__init__(name, baudrate=baudrate, latency_s=latency_s)
        self._world, self._vessel, self._noise = world, vessel, noise
        self.world = world
        self._texts = {"I2": model, "I3": firmware, "I4": serial, "I5": firmware, "I10": name, "I11": model}
        self._readability_g, self._repeatability_g = readability_g, repeatability_g
        self._decimals = max(0, -math.floor(math.log10(readability_g) + 1e-9))
        self._capacity_g, self._empty_g = capacity_g, empty_g
        self._tau_s, self._max_settle_s = tau_s, max_settle_s
        self._drift_ppm, self._swing_period_s = drift_ppm_per_k * swing_k, swing_period_s
        self.unstable = False
        """A fault: draught or vibration, so that no reading settles."""
        self._zero_g = self._tare_g = 0.0
        self._seen_g: float | None = None  # the vessel's contents at the last look
        self._lag_g = self._since = self._stable_at = 0.0
        self._pending: _Pending | None = None
        self._waiting: deque[str] = deque(maxlen=_WAITING)
        self._stream_at: float | None = None
        self._boots_at: float | None = None

    def power_cycle(self, now: float) -> None:
        """Restart, as when the power was cut for a moment.

        When it is up again it takes the load on it for zero, has no tare, and announces itself with its serial number.
        """
        self.hang_up()
        self._pending, self._stream_at = None, None
        self._waiting.clear()
        self._boots_at = round(now + _BOOT_S, 9)

    # --- the wire

    def split(self, received: bytes) -> tuple[bytes | None, bytes]:
        """Find the first line."""
        line, found, rest = received.partition(TERMINATOR)
        return (line, rest) if found else (None, received)

    def handle(self, request: bytes, now: float) -> None:
        """Obey a command; while one waits for a stable reading the next ones wait for it, and ``@`` cancels all."""
        text = request.decode("latin-1")
        if self._boots_at is not None:
            return
        if text == "@":
            self._pending, self._stream_at = None, None
            self._waiting.clear()
            self._say(f'I4 A "{self._texts["I4"]}"', now)  # the tare stays (from general knowledge)
        elif self._pending is not None:
            self._waiting.append(text)
        else:
            self._obey(text, now)

    def due(self) -> float | None:
        """Return when it looks at the load again: for a command that waits, or for a stream."""
        if self._boots_at is not None:
            return self._boots_at
        return self._pending.at if self._pending is not None else self._stream_at

    def advance(self, now: float) -> None:
        """Look at the load, and answer if the reading is stable or time is up; or be up again."""
        if self._boots_at is not None:
            if self._boots_at <= now:
                self._boots_at = None
                self._look(now)
                self._zero_g, self._tare_g = self._load(now), 0.0
                self._say(f'I4 A "{self._texts["I4"]}"', now)
            return
        if self._pending is not None and self._pending.at <= now:
            self._settle(self._pending, now)
        elif self._stream_at is not None and self._stream_at <= now:
            self._stream_at = round(self._stream_at + _STREAM_S, 9)
            self._now("S", now)

    def state(self) -> dict[str, Any]:
        """Return zero, tare, the load last seen and how many readings were made."""
        return {
            "zero_g": self._zero_g,
            "tare_g": self._tare_g,
            "seen_g": self._seen_g,
            "noise": self._noise.counter,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up a kept state; the reading is settled on the load last seen."""
        self._zero_g, self._tare_g, self._seen_g = state["zero_g"], state["tare_g"], state["seen_g"]
        self._noise.counter = state["noise"]
        self._lag_g = self._since = self._stable_at = 0.0

    # --- commands

    def _obey(self, text: str, now: float) -> None:
        command = text.partition(" ")[0]
        if command not in _COMMANDS:
            self._say("ES", now)
            return
        if text != command and command != "TA":
            self._say("EL", now)
            return
        if command in _WEIGHT_COMMANDS:
            self._stream_at = None
        if command in ("S", "T", "Z"):
            self._pending = _Pending(command, now, round(now + self._max_settle_s, 9))
            self._settle(self._pending, now)
        elif command in ("SI", "TI", "ZI"):
            self._now(command[0], now)
        elif command == "SIR":
            self._stream_at = round(now + _STREAM_S, 9)
            self._now("S", now)
        elif command in ("TA", "TAC"):
            self._preset(command, text, now)
        else:
            self._inform(command, now)

    def _inform(self, command: str, now: float) -> None:
        if command == "I0":
            every = [(level, name) for level, names in LEVELS.items() for name in names]
            for i, (level, name) in enumerate(every, start=1):
                self._say(f'I0 {"A" if i == len(every) else "B"} {level} "{name}"', now)
        elif command == "I1":
            self._say('I1 A "012" "2.30" "2.22" "2.33"', now)
        else:
            self._say(f'{command} A "{self._texts[command]}"', now)

    def _preset(self, command: str, text: str, now: float) -> None:
        """Answer or set the tare by number."""
        given = _PRESET.fullmatch(text.partition(" ")[2])
        if command == "TAC":
            self._tare_g = 0.0
            self._say("TAC A", now)
        elif text != "TA" and (given is None or float(given[1]) > self._capacity_g):
            self._say("TA L", now)
        else:
            self._tare_g = float(given[1]) if given is not None else self._tare_g
            self._say(f"TA A {self._shown(self._tare_g)}", now)

    # --- readings

    def _settle(self, pending: _Pending, now: float) -> None:
        """Answer a command that waits for a stable reading, or say when to look again."""
        self._look(now)
        range_ = self._range(now)
        if range_ or (not self.unstable and now >= self._stable_at):
            status = range_ or "S"
        elif now >= pending.deadline:
            status = "I"
        else:
            pending.at = pending.deadline if self.unstable else min(self._stable_at, pending.deadline)
            return
        self._pending = None
        self._answer(pending.command, pending.command, status, now)
        while self._waiting and self._pending is None:
            self._obey(self._waiting.popleft(), now)

    def _now(self, command: str, now: float) -> None:
        """Answer at once, stable or not."""
        self._look(now)
        status = "S" if not self.unstable and now >= self._stable_at else "D"
        self._answer(command, "S" if command == "S" else command + "I", self._range(now) or status, now)

    def _answer(self, command: str, label: str, status: str, now: float) -> None:
        if status not in ("S", "D"):
            self._say(f"{label} {status}", now)
            return
        gross = self._reading(now) - self._zero_g
        if command == "S":
            self._say(f"{label} {status} {self._shown(gross - self._tare_g)}", now)
        elif command == "T" and gross < -self._tolerance_g:
            self._say(f"{label} -", now)
        elif command == "T":
            self._tare_g = gross
            self._say(f"{label} {status} {self._shown(gross)}", now)
        elif abs(self._zero_g + gross) > _RANGE * self._capacity_g:
            self._say(f"{label} {'+' if gross > 0 else '-'}", now)
        else:
            self._zero_g, self._tare_g = self._zero_g + gross, 0.0
            self._say(f"{label} {'A' if label == 'Z' else status}", now)

    @property
    def _tolerance_g(self) -> float:
        return 5.0 * self._repeatability_g + self._readability_g

    def _range(self, now: float) -> str:
        """Return the sign of a load that is out of range, else nothing."""
        gross = self._load(now) - self._zero_g
        if gross > self._capacity_g + 9.0 * self._readability_g:  # nine steps more (from general knowledge)
            return "+"
        return "-" if gross < -_RANGE * self._capacity_g else ""

    def _look(self, now: float) -> None:
        """See the load; another one than before makes the reading settle again."""
        mass = self._world.mass_g(self._vessel)
        if self._seen_g is not None and mass != self._seen_g:
            self._lag_g, self._since = self._lag(now) + self._seen_g - mass, now
            # |lag| exp(-t/tau) (1 - exp(-window/tau)) is how far the reading still moves in a window from t on.
            moves = abs(self._lag_g) * (1.0 - math.exp(-_WINDOW_S / self._tau_s))
            wait = self._tau_s * math.log(moves / self._repeatability_g) + _WINDOW_S if moves else 0.0
            self._stable_at = round(now + max(0.0, wait), 9)
        self._seen_g = mass

    def _lag(self, now: float) -> float:
        return self._lag_g * math.exp(-max(0.0, now - self._since) / self._tau_s)

    def _load(self, now: float) -> float:
        """Return what the cell of the balance feels, without noise."""
        drift = 1e-6 * self._drift_ppm * math.sin(2.0 * math.pi * now / self._swing_period_s)
        return (self._empty_g + (self._seen_g or 0.0)) * (1.0 + drift) + self._lag(now)

    def _reading(self, now: float) -> float:
        spread = self._repeatability_g * (_UNSTABLE if self.unstable else 1.0)
        return self._load(now) + float(self._noise.next().normal(0.0, spread))

    def _shown(self, value: float) -> str:
        steps = round(value / self._readability_g)
        return f"{steps * self._readability_g + 0.0:>{WIDTH}.{self._decimals}f} g"

    def _say(self, line: str, now: float) -> None:
        self.reply(line.encode() + TERMINATOR, now)
