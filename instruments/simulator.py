"""What every simulator is: bytes in, bytes out, in its own time, acting on a world.

A simulator speaks its device's wire protocol. It never sleeps and never asks the clock: whoever holds it says what
time it is. Its world changes at moments of its own (:meth:`WireSimulator.due`), whoever looks and when, so that the
same commands at the same times always do the same.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from zosimos.core.errors import InputError, SpecError
from zosimos.core.plugins import offered, package_of, plugin
from zosimos.instruments.envelope.verbs import declared
from zosimos.instruments.world.noise import Noise
from zosimos.instruments.world.world import SPILL, World

GROUP = "zosimos.simulators"
"""Entry points by the driver's name: each a function that makes the simulator of its device from a SimulatorSetup."""

_BITS_PER_BYTE = 10  # 8N1: a start bit, eight data bits, a stop bit
_LONGEST_INPUT = 4096


@dataclass
class _Outgoing:
    """Bytes on their way out: from when to when, and how many have left."""

    starts: float
    ends: float
    data: bytes
    sent: int = 0

    def moment(self, count: int) -> float:
        """Return when the first ``count`` bytes will have left."""
        share = count / len(self.data)
        return self.ends if share >= 1.0 else round(self.starts + (self.ends - self.starts) * share, 9)

    def by(self, now: float) -> int:
        """Return how many bytes have left by a time."""
        if now >= self.ends:
            return len(self.data)
        count = max(self.sent, int((now - self.starts) / (self.ends - self.starts) * len(self.data)))
        while count < len(self.data) and self.moment(count + 1) <= now:
            count += 1
        return count


class WireSimulator(ABC):
    r"""A device behind a serial wire.

    Args:
        name: the device's name in its lab.
        baudrate: sets how long its replies take on the wire.
        latency_s: time between the end of a request and the first byte of the reply.

    >>> class Thermometer(WireSimulator):
    ...     def split(self, received):
    ...         line, end, rest = received.partition(b"\n")
    ...         return (line, rest) if end else (None, received)
    ...     def handle(self, request, now):
    ...         self.reply(b"21.5 C\n" if request == b"T?" else b"ERR\n", now)
    ...     def state(self):
    ...         return {}
    ...     def restore(self, state):
    ...         pass
    >>> device = Thermometer("bath")
    >>> device.receive(b"T?\n", 0.0)
    >>> device.transmit(0.001), device.transmit(1.0)
    (b'', b'21.5 C\n')
    """

    incidental: ClassVar[frozenset[str]] = frozenset({"noise"})
    """What in its state may also change when the device is only asked, such as a count of readings."""
    world: World | None = None
    """Where it moves or feels matter; None where it does neither. The conformance kit judges a driver by it."""

    def __init__(self, name: str, *, baudrate: int = 9600, latency_s: float = 0.005) -> None:
        self.name = name
        self.baudrate = baudrate
        self._latency_s = latency_s
        self._input = b""
        self._output: deque[_Outgoing] = deque()
        self._idle_at = 0.0

    # --- what a device does

    @abstractmethod
    def split(self, received: bytes) -> tuple[bytes | None, bytes]:
        """Return the first whole request in what was received (None if there is none yet), and the rest."""

    @abstractmethod
    def handle(self, request: bytes, now: float) -> None:
        """Act on a request at a time; answer with :meth:`reply`."""

    def due(self) -> float | None:
        """Return when the device next changes by itself, or None."""
        return None

    def advance(self, now: float) -> None:  # noqa: B027 - most devices do nothing by themselves
        """Do what is due at or before ``now``."""

    def standing(self) -> Mapping[str, float | str]:
        """Return how the device stands for verbs that set something: an amount in the verb's unit, or a channel."""
        return {}

    def unsafe(self) -> str:
        """Say what keeps the device from being left alone; empty if it is in its safe state.

        By default something that is under way, or a verb that stands elsewhere than where it is safe.
        """
        for name, value in self.standing().items():
            verb = declared().get(name)
            safe = verb.safe.amount if verb is not None and verb.safe is not None else None
            if verb is not None and safe is not None and value != safe:
                return f"{name} stands at {value} {verb.unit}, and is safe at {safe:g} {verb.unit}"
        return "something is still under way" if self.due() is not None else ""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """Return what must be kept to continue later (JSON data); the world keeps what is in vessels."""

    @abstractmethod
    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up a kept state."""

    # --- the wire

    def receive(self, data: bytes, now: float) -> None:
        """Take in bytes that reach the device at ``now``."""
        self._input = (self._input + data)[-_LONGEST_INPUT:]
        while True:
            request, self._input = self.split(self._input)
            if request is None:
                return
            self.handle(request, now)

    def reply(self, data: bytes, now: float, *, after_s: float = 0.0) -> None:
        """Queue bytes, which leave one after the other at the baud rate."""
        if not data:
            return
        start = max(self._idle_at, now + self._latency_s + after_s)
        self._idle_at = round(start + len(data) * _BITS_PER_BYTE / self.baudrate, 9)
        self._output.append(_Outgoing(start, self._idle_at, data))

    def transmit(self, now: float) -> bytes:
        """Return the bytes that have left the device by ``now``."""
        out = b""
        while self._output:
            first = self._output[0]
            left = first.by(now)
            out += first.data[first.sent : left]
            first.sent = left
            if left < len(first.data):
                break
            self._output.popleft()
        return out

    def next_byte(self) -> float | None:
        """Return when the next byte will have left, or None if none is queued."""
        return self._output[0].moment(self._output[0].sent + 1) if self._output else None

    def idle_at(self) -> float | None:
        """Return when all queued bytes will have left, or None if none is queued."""
        return self._output[-1].ends if self._output else None

    def hang_up(self) -> None:
        """Forget what is on the wire: the other side went away."""
        self._input = b""
        self._output.clear()
        self._idle_at = 0.0


@dataclass(frozen=True)
class SimulatorSetup:
    """What a simulator is made from: what the lab file says of its device, and the world it stands in.

    Args:
        name: the device's name; the simulator must have the same.
        world: the world that all simulators of the lab share.
        options: the device's ``simulator`` section.
        driver: the options that its driver gets, such as the volume of a syringe.
        serial: the serial number that the lab file expects, or "".
        noise: the device's own stream of noise.

    >>> from zosimos.instruments.world.noise import Noise
    >>> from zosimos.instruments.world.vessel import Vessel
    >>> from zosimos.instruments.world.world import World
    >>> world = World([Vessel("cell", capacity_ml=5.0)])
    >>> setup = SimulatorSetup("scales", world, {"vessel": "cell"}, {}, "B7", Noise(1, "scales"))
    >>> simulator_of("mt-sics", setup).name
    'scales'
    """

    name: str
    world: World
    options: Mapping[str, Any]
    driver: Mapping[str, Any]
    serial: str
    noise: Noise

    def vessel(self, name: str, option: str) -> str:
        """Return the name of a vessel after finding it in the world.

        Args:
            name: the vessel.
            option: the option that names it, for the message.

        Raises:
            SpecError: there is none of that name.
        """
        if name not in self.world.vessels:
            raise SpecError(
                f"there is no vessel {name!r} in the simulated world",
                field=f"devices.{self.name}.simulator.{option}",
                value=name,
                allowed=", ".join(one for one in self.world.vessels if one != SPILL),
                hint="correct the name, or add it under world.vessels",
            )
        return name


def simulator_of(driver: str, setup: SimulatorSetup) -> WireSimulator:
    """Return the simulator of a driver's device.

    Raises:
        SpecError: no installed package simulates it, its options are wrong, or what simulates it is broken, in which
            case the package is named.
    """
    field = f"devices.{setup.name}.driver"
    if driver not in offered(GROUP):
        raise SpecError(
            f"the device {setup.name} cannot be simulated: no installed package simulates the driver {driver!r}",
            field=field,
            value=driver,
            allowed=", ".join(offered(GROUP)) or "none is installed",
            hint="install the package that simulates it, or set link: real (or served) and the device's url",
        )
    try:
        made = plugin(GROUP, driver, "simulator", field)(setup)
    except InputError:
        raise
    except Exception as error:
        raise _broken(driver, field, f"it failed with {type(error).__name__}: {error}") from error
    if not isinstance(made, WireSimulator):
        raise _broken(driver, field, f"it made a {type(made).__name__}, which is no WireSimulator")
    if made.name != setup.name:
        raise _broken(driver, field, f"it named the device {made.name!r}")
    return made


def _broken(driver: str, field: str, why: str) -> SpecError:
    return SpecError(
        f"the simulator for {driver!r} of the package {package_of(GROUP, driver)} is broken: {why}",
        field=field,
        value=driver,
        allowed="a function that returns a WireSimulator of the device's name",
        hint="ask its author, or set link: real (or served)",
    )
