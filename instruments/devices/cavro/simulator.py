"""Simulator of a Cavro syringe pump: its bytes, its motions in time, and the liquid they move in the world.

A motion changes the world in slices of a quarter of a second counted from its own start, so that what is where never
depends on who looked when. Valve and plunger times are from general knowledge.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from zosimos.instruments.devices.cavro.motion import Motion
from zosimos.instruments.devices.cavro.program import (
    RANGES,
    SPEEDS,
    BadCommandError,
    BadOperandError,
    Operation,
    parsed,
)
from zosimos.instruments.devices.cavro.wire import (
    BUFFER,
    ETX,
    FINE,
    FULL_STEPS,
    NOT_INITIALISED,
    REPEAT,
    STX,
    checksum,
    status_byte,
)
from zosimos.instruments.simulator import WireSimulator
from zosimos.instruments.world.vessel import FL_PER_ML
from zosimos.instruments.world.world import World

_VALVE_S = 0.3
_VALVE_PER_PORT_S = 0.05
_HOME_SPEED = 2000
_LOST_S = 0.01  # how long the motor counts on when a move is terminated
_INCREMENTS_PER_HALF_STEP = 4
_SETTINGS: Mapping[str, int] = {"v": 900, "V": 1400, "c": 900, "K": 0, "k": 0}
_FRAMES = {"dt": re.compile(rb"/[^/\r\x02]*\r"), "oem": re.compile(rb"\x02[^\x02\x03]*\x03.", re.DOTALL)}
_HOMES, _MOVES = frozenset("ZYW"), frozenset("AaPpDdIOBE")
_BAD_COMMAND, _BAD_OPERAND, _OVERLOAD, _OVERFLOW = 2, 3, 9, 15
_LASTING = frozenset({NOT_INITIALISED, _OVERLOAD, 10})  # only initialisation clears these
_OEM_LEAST = 5  # STX, address, sequence, ETX, checksum


class CavroSimulator(WireSimulator):
    """A Cavro pump.

    Args:
        name: the device's name.
        world: where it moves liquid.
        ports: from valve port to vessel; an unconnected port sucks and blows air.
        syringe: the vessel that is its syringe.
        syringe_ml: the syringe's volume.
        model: which pump.
        n_ports: ports of the valve.
        address: of the address switch.
        firmware: what ``?23`` answers.
        stall_port: a port whose line is blocked: moving liquid through it overloads the plunger.
    """

    incidental: ClassVar[frozenset[str]] = frozenset({"error", "framing"})

    def __init__(
        self,
        name: str,
        world: World,
        ports: Mapping[int, str],
        syringe: str,
        *,
        syringe_ml: float,
        model: str = "xcalibur",
        n_ports: int = 9,
        address: str = "1",
        firmware: str = "XCalibur 734237-C rev 1.02",
        stall_port: int | None = None,
    ) -> None:
        super().__init__(name, baudrate=9600, latency_s=0.003)
        self._world = self.world = world
        self._vessels = dict(ports)
        self._syringe = syringe
        self._full = FULL_STEPS[model] * FINE[model]
        self._fine = FINE[model]
        self._syringe_ml = syringe_ml
        self._syringe_fl = round(syringe_ml * FL_PER_ML)
        self._n_ports = n_ports
        self._address = address.encode()
        self._firmware = firmware
        self.stall_port = stall_port
        self._position = 0  # increments: where the plunger is
        self._slip = 0  # by how many it believes to be further, since it lost steps
        self._counts = {"homes": 0, "strokes": 0, "turns": 0}
        self.power_cycle()

    def power_cycle(self) -> None:
        """Forget everything but where the plunger stands, as when the power was cut."""
        self.hang_up()
        self._framing = ""
        self._sequence = -1
        self._port = 0
        self._initialised = False
        self._error = 0
        self._mode = 0
        self._settings = dict(_SETTINGS)
        self._buffer = ""
        self._last: list[Operation] = []
        self._program: deque[Operation] = deque()
        self._motion: Motion | None = None

    # --- the wire

    def split(self, received: bytes) -> tuple[bytes | None, bytes]:
        """Find the first whole request in the framing that counts, or in either; what belongs to none is skipped."""
        patterns = [_FRAMES[self._framing]] if self._framing else list(_FRAMES.values())
        found = min(
            (match for match in (pattern.search(received) for pattern in patterns) if match is not None),
            key=lambda match: match.end(),
            default=None,
        )
        return (None, received) if found is None else (found[0], received[found.end() :])

    def handle(self, request: bytes, now: float) -> None:
        """Act on a request that is for this pump and in its framing."""
        oem = request[0] == STX
        if oem and (len(request) < _OEM_LEAST or checksum(request[:-1]) != request[-1]):
            return
        self._framing = self._framing or ("oem" if oem else "dt")
        if request[1:2] != self._address:
            return
        if not oem:
            status, data = self._answer(request[2:-1].decode("latin-1"), now)
            self.reply(b"/0" + bytes([status]) + data.encode() + b"\x03\r\n", now)
            return
        sequence, before = request[2] & 0x07, self._sequence
        self._sequence = sequence
        if request[2] & REPEAT and sequence == before:
            status, data = self._status(), ""
        else:
            status, data = self._answer(request[3:-2].decode("latin-1"), now)
        frame = bytes([STX]) + b"0" + bytes([status]) + data.encode() + bytes([ETX])
        self.reply(frame + bytes([checksum(frame)]), now)

    # --- commands

    def _answer(self, text: str, now: float) -> tuple[int, str]:
        if text in ("Q", "?29"):
            status = self._status(self._error)
            if self._error not in _LASTING:
                self._error = 0
            return status, ""
        report = self._report(text)
        if report is not None:
            return self._status(), report
        if text in ("T", "TR"):
            self._terminate(now)
            return self._status(), ""
        return self._status(self._accept(text, now)), ""

    def _status(self, error: int = 0) -> int:
        # A move in lower case does not show as busy, as the manual has it.
        return status_byte(error, ready=self._motion is None or self._motion.operation.name in ("a", "p", "d"))

    def _report(self, text: str) -> str | None:
        reports: dict[str, Callable[[], int | str]] = {
            "?": lambda: self._shown(max(0, self._position + self._slip)),
            "?1": lambda: self._settings["v"],
            "?2": lambda: self._settings["V"],
            "?3": lambda: self._settings["c"],
            "?4": lambda: self._shown(self._position),
            "?6": lambda: self._port,
            "?10": lambda: int(bool(self._buffer)),
            "F": lambda: int(bool(self._buffer)),
            "?12": lambda: self._settings["K"],
            "?15": lambda: self._counts["homes"],
            "?16": lambda: self._counts["strokes"],
            "?17": lambda: self._counts["turns"],
            "?23": lambda: self._firmware,
            "?24": lambda: self._settings["k"],
            "&": lambda: self._firmware,
            "?76": lambda: f"{self._n_ports}-port, {self._full // self._fine} steps, {self._syringe_ml:g} mL",
            "*": lambda: 240,
        }
        found = reports.get(text)
        return str(found()) if found is not None else None

    def _shown(self, position: int) -> int:
        return position if self._mode else position // self._fine

    def _accept(self, text: str, now: float) -> int:
        """Take in a command string; return the error that shows at once."""
        if len(self._buffer) + len(text) > BUFFER:
            return _OVERFLOW
        again = text in ("X", "XR")
        whole = self._buffer + ("" if again else text.removesuffix("R"))
        try:
            operations = self._last if again else parsed(whole)
        except BadCommandError:
            return _BAD_COMMAND
        except BadOperandError:
            operations = None
        if self._motion is not None:
            return _OVERFLOW
        names = {one.name for one in operations or ()}
        homes = bool(names & _HOMES)
        if names & _MOVES and not homes and not self._initialised:
            return NOT_INITIALISED
        if not again and not text.endswith("R"):
            self._buffer = whole
            return 0
        self._buffer = ""
        if self._error in _LASTING and not homes:
            return self._error
        if operations is None:
            self._error = _BAD_OPERAND
            return 0
        self._last = operations
        self._program.extend(operations)
        self._begin(now)
        return 0

    # --- motion

    def due(self) -> float | None:
        """Return when the motion's next slice is over."""
        return self._motion.next_slice() if self._motion is not None else None

    def advance(self, now: float) -> None:
        """Carry out the slices that are over by ``now``."""
        while self._motion is not None and self._motion.next_slice() <= now:
            motion = self._motion
            at = motion.next_slice()
            if not self._shift(motion.at(at), motion.port):
                return
            motion.done += 1
            if at >= motion.ends:
                self._motion = None
                self._finish(motion)
                self._begin(at)

    def _begin(self, now: float) -> None:
        """Start the next operation that takes time; those that take none are done on the way."""
        while self._program and self._motion is None:
            operation = self._program.popleft()
            if operation.name in _MOVES and not self._initialised:
                self._fail(NOT_INITIALISED)
                return
            try:
                self._motion = self._started(operation, now)
            except BadOperandError:
                self._fail(_BAD_OPERAND)

    def _fail(self, error: int) -> None:
        self._error = error
        self._motion = None
        self._program.clear()

    def _started(self, operation: Operation, now: float) -> Motion | None:
        name, operands = operation.name, operation.operands
        here = self._position
        if name in _HOMES:
            output = operands[2] if len(operands) > 2 and operands[2] else (self._port or 1)
            if output > self._n_ports:
                raise BadOperandError(name)
            self._initialised = False  # until it is over
            seconds = _VALVE_S + here / (_HOME_SPEED * _INCREMENTS_PER_HALF_STEP) + 1.0
            return Motion(operation, now, round(now + seconds, 9), here, 0, output)
        if name in "IO" or name in "BE":
            return self._turning(operation, now)
        if name in "AaPpDd":
            return self._stroke(operation, now)
        number = operands[0] if operands else 0
        low, high = RANGES.get(name, (0, 0))
        if name in RANGES and not low <= number <= high:
            raise BadOperandError(name)
        if name == "M":
            return Motion(operation, now, round(now + number / 1000.0, 9), here, here, self._port)
        if name == "N":
            self._mode = 1 if number else 0
        elif name == "S":
            self._settings["V"] = SPEEDS[number]
        elif name in self._settings:
            self._settings[name] = number
        return None

    def _turning(self, operation: Operation, now: float) -> Motion:
        if operation.name in "BE" or not operation.operands:
            raise BadOperandError("a distribution valve wants a port")
        port = operation.operands[0]
        if not 1 <= port <= self._n_ports:
            raise BadOperandError("no such port")
        way = (port - self._port) % self._n_ports
        way = way if operation.name == "I" else (self._n_ports - way) % self._n_ports
        seconds = (_VALVE_S + way * _VALVE_PER_PORT_S) if way else 0.0
        return Motion(operation, now, round(now + seconds, 9), self._position, self._position, port)

    def _stroke(self, operation: Operation, now: float) -> Motion:
        scale = 1 if self._mode else self._fine
        number = (operation.operands[0] if operation.operands else 0) * scale
        name = operation.name.upper()
        target = number if name == "A" else self._position + (number if name == "P" else -number)
        if not 0 <= target <= self._full:
            raise BadOperandError("beyond the stroke")
        seconds = abs(target - self._position) / (self._settings["V"] * _INCREMENTS_PER_HALF_STEP)
        return Motion(operation, now, round(now + seconds, 9), self._position, target, self._port)

    def _finish(self, motion: Motion) -> None:
        name = motion.operation.name
        if name in _HOMES:
            self._initialised, self._error, self._slip = True, 0, 0
            self._port = motion.port
            self._counts["homes"] += 1
        elif name in "IO":
            self._counts["turns"] += motion.port != self._port
            self._port = motion.port
        elif name in _MOVES:
            self._counts["strokes"] += motion.origin != motion.target

    def _shift(self, position: int, port: int) -> bool:
        """Move the plunger, and with it the liquid; say whether it could be moved."""
        if position == self._position:
            return True
        if port == self.stall_port:
            self._fail(_OVERLOAD)
            return False
        vessel = self._vessels.get(port)
        # Whole femtolitres by difference of positions, so that a stroke in slices moves what a stroke at once would.
        moved = abs(self._content(position) - self._content(self._position))
        if vessel is not None and position > self._position:
            self._world.move(self.name, vessel, self._syringe, moved)
        elif vessel is not None:
            self._world.move(self.name, self._syringe, vessel, moved)
        self._position = position
        return True

    def _content(self, position: int) -> int:
        return self._syringe_fl * position // self._full

    def _terminate(self, now: float) -> None:
        """Stop the plunger where it is; a valve turns to its end.

        A plunger that is stopped in a move loses steps, so the pump must be initialised again, as the manual has it.
        How many it loses, and that the pump itself then refuses moves, is (from general knowledge): it counts a few
        steps on that the plunger did not make.
        """
        self._program.clear()
        self._buffer = ""
        motion = self._motion
        if motion is None:
            return
        if motion.operation.name in "IO":
            return
        self._shift(motion.at(now), motion.port)
        self._motion = None
        if motion.origin != motion.target:
            ahead = round(self._settings["V"] * _INCREMENTS_PER_HALF_STEP * _LOST_S)
            left = motion.target - self._position
            self._slip += min(ahead, left) if left > 0 else max(-ahead, left)
            self._initialised = False

    # --- keeping

    def state(self) -> dict[str, Any]:
        """Return plunger, valve and settings; a motion under way is not kept, as after a power cut."""
        return {
            "position": self._position,
            "port": self._port,
            "initialised": self._initialised,
            "error": self._error,
            "mode": self._mode,
            "settings": dict(self._settings),
            "counts": dict(self._counts),
            "framing": self._framing,
            **({"slip": self._slip} if self._slip else {}),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up a kept state."""
        self.power_cycle()
        self._position, self._port = int(state["position"]), int(state["port"])
        self._initialised, self._error = bool(state["initialised"]), int(state["error"])
        self._slip = int(state.get("slip", 0))
        self._mode, self._framing = int(state["mode"]), str(state["framing"])
        self._settings, self._counts = dict(state["settings"]), dict(state["counts"])
