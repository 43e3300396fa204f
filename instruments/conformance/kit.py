"""What the checks share: a new driver on a new simulator in virtual time, and what can be asked of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from zosimos.core.clock import Clock, run
from zosimos.core.errors import ExecutionError, UnitError
from zosimos.core.units import convert
from zosimos.instruments.capability import Act, Acts, Capability, capabilities
from zosimos.instruments.conformance.wire import NotingEnvelope, SpoiltWire
from zosimos.instruments.envelope.effect import Effect
from zosimos.instruments.envelope.limits import Limit, Limits
from zosimos.instruments.envelope.verbs import declared
from zosimos.instruments.instrument import Instrument, Wiring
from zosimos.instruments.simulator import WireSimulator

T = TypeVar("T")
DriverFactory: TypeAlias = Callable[[Wiring], Instrument]
SimulatorFactory: TypeAlias = Callable[[], WireSimulator]

_AT_MOST_S = 36_000.0
_CHANNELS = frozenset(str(number) for number in range(101))
_LARGEST = 1e6
_RELATIVE = 1e-3
_VOLUME = "mL"


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
            envelope = NotingEnvelope(Limits())
            wire = SpoiltWire(simulator, envelope, fault)
            driver = self.make_driver(Wiring(simulator.name, wire.open, envelope))
            if granted:
                envelope.grant(_wide(simulator.name, self.effects(driver).values()))
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
        known = able(driver)
        assert known, f"{type(driver).__name__} has no known capability: pass readings and effects"
        return _by_name((one, one.readings(driver)) for one in known)

    def effects(self, driver: Instrument) -> Mapping[str, Act]:
        """Return what changes something, in an order in which all of it can be done; likewise."""
        if self.own_effects is not None:
            return _as_acts(self.own_effects)
        return _by_name((one, one.effects(driver)) for one in able(driver))

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


def able(driver: Instrument) -> tuple[Capability, ...]:
    """Return the capabilities that a driver has."""
    return tuple(one for one in capabilities().values() if isinstance(driver, one.protocol))


def volume_ml(effect: Effect) -> float | None:
    """Return the volume of an effect in mL; None where its verb moves none."""
    if not effect.unit:
        return None
    try:
        return convert(effect.amount or 0.0, effect.unit, _VOLUME)
    except UnitError:
        return None


def moves_matter(driver: Instrument) -> bool:
    """Say whether one of a driver's capabilities has a verb that moves a volume."""
    return any(_moves(one, driver.name) for one in able(driver))


def uncounted(driver: Instrument, effect: Effect) -> bool:
    """Say whether an effect may move matter of which its amount says nothing, as homing a pump does.

    That is so of a verb without a unit in a capability that moves volumes, but for what only makes things safer.
    """
    of = [one for one in able(driver) if effect.verb in {verb.name for verb in one.verbs}]
    return not effect.unit and not effect.is_safe and any(_moves(one, driver.name) for one in of)


def tolerance_ml(driver: Instrument, volume: float) -> float:
    """Return by how much a volume may miss: what the driver's capabilities say of its moves, or a thousandth."""
    acts = [act for one in able(driver) for act in one.effects(driver).values() if act.effect is not None]
    steps = [
        convert(act.within, act.effect.unit, _VOLUME)
        for act in acts
        if act.effect is not None and volume_ml(act.effect) is not None
    ]
    return max([_RELATIVE * abs(volume), *steps]) + 1e-9


def tolerance(driver: Instrument, effect: Effect) -> float:
    """Return by how much the amount of an effect may miss, in its own unit."""
    acts = [act for one in able(driver) for act in one.effects(driver).values() if act.effect is not None]
    steps = [act.within for act in acts if act.effect is not None and act.effect.verb == effect.verb]
    return max([_RELATIVE * abs(effect.amount or 0.0), *steps]) + 1e-9


def _moves(capability: Capability, device: str) -> bool:
    return any(volume_ml(Effect(device, verb.name, amount=0.0)) is not None for verb in capability.verbs)


def _as_acts(given: Acts) -> Mapping[str, Act]:
    return {name: one if isinstance(one, Act) else Act(one) for name, one in given.items()}


def _by_name(found: Iterator[tuple[Capability, Mapping[str, Act]]]) -> Mapping[str, Act]:
    """Return acts of several capabilities by their names; one that is there already says whose it is."""
    acts: dict[str, Act] = {}
    for capability, given in found:
        for name, act in given.items():
            acts[name if name not in acts else f"{capability.name}: {name}"] = act
    return acts


def _wide(device: str, acts: Collection[Act]) -> Limits:
    """Grant every verb at every channel, with an amount where it has a unit or an act has one."""
    amounts = {act.effect.verb for act in acts if act.effect is not None and act.effect.amount is not None}
    channels = frozenset({"", *_CHANNELS, *(act.effect.channel for act in acts if act.effect is not None)})
    verbs = {
        name: Limit(channels, -_LARGEST, _LARGEST) if verb.unit or name in amounts else Limit(channels)
        for name, verb in declared().items()
    }
    return Limits({device: verbs})
