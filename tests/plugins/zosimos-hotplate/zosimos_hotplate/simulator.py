"""Simulator of the hotplate: its bytes, and how warm it gets and how much evaporates (:mod:`.physics`).

It samples its probe and sets its heater once a second, on a grid of its own, whoever asks it meanwhile. A plate that is
as warm as the room, with its heater off, does nothing by itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

import zosimos as zo
from zosimos_hotplate import wire
from zosimos_hotplate.heats import HEAT, HEATER_ON, RAMP
from zosimos_hotplate.physics import ROOM_C, Body

STEP_S = 1.0
HIGHEST_C = 150.0
"""The safety limit; what is set above it is ignored."""

_FL_PER_ML = 10**12
_S_PER_MIN = 60.0
_SET = re.compile(rb"OUT_(?P<what>SP|RT)_1 (?P<value>[0-9]{1,3}(?:\.[0-9]{1,2})?)")


class HotplateSimulator(zo.WireSimulator):
    """A hotplate in a room, with a dish on it or without.

    Args:
        setup: its name, the world, and its noise.
        dish: the vessel on it; "" for none.
        vapour: the vessel that takes up what evaporates.
        spread: standard deviation of a reading of its probe, in K.
        trips_s: how long after it was first switched on it switches itself off, once, as a safety circuit does.
    """

    incidental: ClassVar[frozenset[str]] = frozenset({"noise", "celsius", "water_ml", "working", "next", "trips"})
    restless: ClassVar[bool] = True

    def __init__(
        self,
        setup: zo.SimulatorSetup,
        dish: str = "",
        vapour: str = "",
        *,
        spread: float = 0.05,
        trips_s: float | None = None,
    ) -> None:
        super().__init__(setup.name)
        self.world = setup.world
        self._noise = setup.noise
        self._dish, self._vapour, self._spread = dish, vapour, spread
        self._body = Body(ROOM_C)
        self._set_c, self._ramp, self._on = ROOM_C, 10.0, False
        self._working_c = ROOM_C  # where the ramp is
        self._next: float | None = None  # when it samples next
        self._trips = None if trips_s is None else round(trips_s / STEP_S)  # after so many steps with the heater on

    # --- the wire

    def split(self, received: bytes) -> tuple[bytes | None, bytes]:
        """Find the first line."""
        line, found, rest = received.partition(wire.TERMINATOR)
        return (line, rest) if found else (None, received)

    def handle(self, request: bytes, now: float) -> None:
        """Obey without a word, answer what is asked, and ignore the rest."""
        given = _SET.fullmatch(request)
        if given is not None and given["what"] == b"RT":
            self._ramp = float(given["value"])
        elif given is not None and float(given["value"]) <= HIGHEST_C:
            self._set_c = float(given["value"])
        elif request in (wire.START, wire.STOP):
            self._switch(request == wire.START, now)
        answers = {
            wire.NAME: lambda: wire.MODEL,
            wire.TEMPERATURE: lambda: b"%.1f 1" % self._reading(),
            wire.SET_POINT: lambda: b"%.1f 1" % self._set_c,
            wire.RATE: lambda: b"%.1f 1" % self._ramp,
            wire.STATUS: lambda: b"%d 1" % (wire.ON if self._on else wire.OFF),
        }
        if request in answers:
            self.reply(answers[request]() + wire.TERMINATOR, now)

    def _switch(self, on: bool, now: float) -> None:
        if on and not self._on:
            self._working_c = self._body.celsius
        self._on = on
        if on and self._next is None:
            self._next = round(now + STEP_S, 9)

    def _reading(self) -> float:
        return self._body.celsius + float(self._noise.next().normal(0.0, self._spread))

    # --- the plate

    def due(self) -> float | None:
        """Return when it samples next; None while nothing changes."""
        return self._next

    def advance(self, now: float) -> None:
        """Take every step that is due."""
        while self._next is not None and self._next <= now:
            self._step()
            still = not self._on and self._body.at_rest
            self._next = None if still else round(self._next + STEP_S, 9)

    def _step(self) -> None:
        body = self._body.filled(self._water_ml())
        if self._trips is not None and self._on:
            self._trips -= 1
            if self._trips <= 0:
                self._on, self._trips = False, None
        if self._on:
            most = self._ramp / _S_PER_MIN * STEP_S
            self._working_c += max(-most, min(most, self._set_c - self._working_c))
        self._body, vapour_ml = body.after(STEP_S, self._working_c if self._on else None)
        if self._dish and self.world is not None:
            volume = round(vapour_ml * _FL_PER_ML)
            self.world.move(self.name, self._dish, self._vapour, volume, vapour=True)

    def _water_ml(self) -> float:
        return self.world.vessels[self._dish].volume_ml if self._dish and self.world is not None else 0.0

    def standing(self) -> Mapping[str, float | str]:
        """Return what it is set to."""
        return {HEAT: self._set_c, RAMP: self._ramp, HEATER_ON: "" if self._on else "off"}

    def unsafe(self) -> str:
        """Say that the heater is on."""
        return f"the heater is on, at {self._set_c:g} degC" if self._on else ""

    def state(self) -> dict[str, Any]:
        """Return everything it is at."""
        return {
            "celsius": self._body.celsius,
            "water_ml": self._body.water_ml,
            "set": self._set_c,
            "ramp": self._ramp,
            "on": self._on,
            "working": self._working_c,
            "next": self._next,
            "trips": self._trips,
            "noise": self._noise.counter,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up a kept state."""
        self._body = Body(state["celsius"], state["water_ml"])
        self._set_c, self._ramp, self._on = state["set"], state["ramp"], state["on"]
        self._working_c, self._next, self._trips = state["working"], state["next"], state["trips"]
        self._noise.counter = state["noise"]
