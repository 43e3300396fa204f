"""What the checks share: a new driver on a new simulator in virtual time, and what can be asked of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from zosimos.core.clock import Clock, run
from zosimos.core.errors import ExecutionError
from zosimos.instruments.capabilities import Dispenses, MeasuresSpectrum, Weighs
from zosimos.instruments.conformance.wire import NotingEnvelope, SpoiltWire
from zosimos.instruments.envelope.effect import Effect, Verb
from zosimos.instruments.envelope.limits import Limit, Limits
from zosimos.instruments.instrument import Instrument, Wiring
from zosimos.instruments.simulator import WireSimulator

T = TypeVar("T")
Call: TypeAlias = Callable[[Any], Awaitable[object]]
DriverFactory: TypeAlias = Callable[[Wiring], Instrument]
SimulatorFactory: TypeAlias = Callable[[], WireSimulator]

_AT_MOST_S = 36_000.0
_CHANNELS = frozenset(str(number) for number in range(101))
_RELATIVE = 1e-3


@dataclass(frozen=True)
class Act:
    """Something that can be asked of a driver.

    Args:
        call: asks it.
        effect: what it stands for: the verb, the channel and the amount that must come of it; None where only the
            permits that the driver took say what was meant.
    """

    call: Call
    effect: Effect | None = None


Acts: TypeAlias = Mapping[str, Call | Act]
"""What can be asked of a driver, by name."""


@dataclass(frozen=True)
class Kit:
    """A driver and a simulator to check, and the author's own acts if there are any."""

    make_driver: DriverFactory
    make_simulator: SimulatorFactory
    own_readings: Acts | None = None
    own_effects: Acts | None = None

    def run(
        self,
        act: Callable[[Any, SpoiltWire, NotingEnvelope], Awaitable[T]],
        *,
        fault: str = "",
        granted: bool = True,
    ) -> tuple[T, WireSimulator]:
        """Give a new driver on a new simulator to ``act``; return what comes of it, and the simulator."""
        simulator = self.make_simulator()

        async def main(_: Clock) -> T:
            envelope = NotingEnvelope(_wide(simulator.name) if granted else Limits())
            wire = SpoiltWire(simulator, envelope, fault)
            driver = self.make_driver(Wiring(simulator.name, wire.open, envelope))
            try:
                return await asyncio.wait_for(act(driver, wire, envelope), _AT_MOST_S)
            except TimeoutError:
                raise AssertionError(f"everything must end within bounds, but {fault or 'this'} did not") from None
            finally:
                await driver.close()

        return run(main, "virtual"), simulator

    def readings(self, driver: Instrument) -> Mapping[str, Act]:
        """Return what only asks: the author's own, or what the driver's capabilities offer."""
        if self.own_readings is not None:
            return _as_acts(self.own_readings)
        found: dict[str, Act] = {}
        if isinstance(driver, Dispenses):
            found |= {"plunger": Act(lambda one: one.plunger()), "settled": Act(lambda one: one.settled())}
        if isinstance(driver, Weighs):
            found["weigh"] = Act(lambda one: one.weigh())
        if isinstance(driver, MeasuresSpectrum):
            found["spectrum"] = Act(lambda one: one.spectrum())
        assert found, f"{type(driver).__name__} has no known capability: pass readings and effects"
        return found

    def effects(self, driver: Instrument) -> Mapping[str, Act]:
        """Return what changes something, in an order in which all of it can be done; likewise."""
        if self.own_effects is not None:
            return _as_acts(self.own_effects)
        name = driver.name
        found: dict[str, Act] = {}
        if isinstance(driver, Dispenses):
            part, port = 0.25 * driver.syringe_ml, str(driver.waste_port)
            found |= {
                "home": Act(lambda one: one.home(), Effect(name, Verb.HOME, port)),
                "aspirate": Act(
                    lambda one: one.aspirate(one.waste_port, part, start_ml=0.0),
                    Effect(name, Verb.ASPIRATE, port, part),
                ),
                "deliver": Act(
                    lambda one: one.deliver(one.waste_port, part, start_ml=part),
                    Effect(name, Verb.DELIVER, port, part),
                ),
            }
        if isinstance(driver, Weighs):
            found["tare"] = Act(lambda one: one.tare(), Effect(name, Verb.TARE))
        if isinstance(driver, MeasuresSpectrum):
            found |= {
                "set_light": Act(lambda one: one.set_light(1.0), Effect(name, Verb.LIGHT, amount=1.0)),
                "set_turret": Act(lambda one: one.set_turret(1), Effect(name, Verb.TURRET, "1")),
            }
        return found

    def everything(self, driver: Instrument) -> Mapping[str, Act]:
        """Return what changes something, then what only asks."""
        return {**self.effects(driver), **self.readings(driver)}


async def must_fail(driver: Instrument, acts: Mapping[str, Act], error: type[Exception], why: str) -> None:
    """Check that each act raises an error."""
    for name, act in acts.items():
        try:
            value = await act.call(driver)
        except error:
            continue
        raise AssertionError(f"{name} must be an error where {why}, but gave {value!r}")


async def must_work(driver: Instrument, name: str, act: Act) -> None:
    """Check that an act raises none."""
    try:
        await act.call(driver)
    except ExecutionError as error:
        raise AssertionError(f"{name} must work on the simulator: {error}") from error


def tolerance_ml(driver: Instrument, volume_ml: float) -> float:
    """Return by how much a volume may miss: one and a half of the driver's smallest moves, or a thousandth."""
    step = 1.5 * driver.resolution_ml if isinstance(driver, Dispenses) else 0.0
    return max(step, _RELATIVE * abs(volume_ml)) + 1e-9


def _as_acts(given: Acts) -> Mapping[str, Act]:
    return {name: one if isinstance(one, Act) else Act(one) for name, one in given.items()}


def _wide(device: str) -> Limits:
    verbs: dict[Verb, Limit] = {}
    for verb in Verb:
        channels = frozenset({"", *_CHANNELS})
        verbs[verb] = Limit(channels, 0.0, 1e6) if verb.unit else Limit(channels)
    return Limits({device: verbs})
