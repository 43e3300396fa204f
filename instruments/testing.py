"""Conformance kit for instruments: run ``check_instrument(make_driver, make_simulator)`` in your own tests.

The driver talks to its simulator in virtual time, over a wire that the kit spoils in every way it should survive. What
a driver can do is found by its capabilities (:mod:`.capabilities`); for one with capabilities of its own, pass what
reads and what acts.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from zosimos.core.clock import Clock, run
from zosimos.core.errors import ConnectError, EnvelopeError, ExecutionError
from zosimos.instruments.bench import Bench
from zosimos.instruments.capabilities import Dispenses, Identity, MeasuresSpectrum, Weighs
from zosimos.instruments.envelope.effect import Effect, Verb
from zosimos.instruments.envelope.envelope import Envelope, Permit
from zosimos.instruments.envelope.limits import Limit, Limits
from zosimos.instruments.instrument import Instrument, Wiring
from zosimos.instruments.simulator import WireSimulator
from zosimos.instruments.wire.port import Port, SimPort
from zosimos.instruments.world.world import World

T = TypeVar("T")
DriverFactory: TypeAlias = Callable[[Wiring], Instrument]
SimulatorFactory: TypeAlias = Callable[[], WireSimulator]
Acts: TypeAlias = Mapping[str, Callable[[Any], Awaitable[object]]]
"""What can be asked of a driver, by name."""

_AT_MOST_S = 3600.0
_CHANNELS = frozenset(str(number) for number in range(101))
_STRANGERS: Mapping[str, Callable[[bytes], bytes]] = {
    "an echo": lambda request: request,
    "a web server": lambda _: b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "a device that understands nothing": lambda _: b"?\r\n",
    "a device that speaks of itself": lambda _: b'{"device":"kettle"}\n',
}


def check_instrument(
    make_driver: DriverFactory,
    make_simulator: SimulatorFactory,
    *,
    readings: Acts | None = None,
    effects: Acts | None = None,
) -> None:
    """Check that a driver keeps the contract of :class:`Instrument`, and its simulator that of ``WireSimulator``.

    Args:
        make_driver: makes the driver from its wiring; the lab file's options are the factory's own business.
        make_simulator: makes a new simulator, with a world of its own in which every effect can be done.
        readings: what only asks; by default what the driver's capabilities offer.
        effects: what changes something, in an order in which all of it can be done; likewise.

    Raises:
        AssertionError: it does not; the message says what was expected.
    """
    kit = _Kit(make_driver, make_simulator, readings, effects)
    for check in (
        _check_identity,
        _check_use,
        _check_strangers,
        _check_permits,
        _check_queries,
        _check_silence,
        _check_garbage,
        _check_lost_port,
        _check_safe_state,
        _check_close,
        _check_state,
    ):
        check(kit)


# --- a wire that can be spoilt


@dataclass
class _Wire:
    """The way to a simulator: writes down what is sent, and does to the replies what ``fault`` says."""

    simulator: WireSimulator
    fault: str = ""
    written: list[bytes] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 - no secret
    _bench: Bench | None = None
    _port: Port | None = None
    _held: bytes = b""

    async def open(self) -> Port:
        if self.fault == "lost":
            raise ConnectError("the port does not open")
        now = asyncio.get_running_loop().time
        self._bench = self._bench or Bench(World([]), [self.simulator], now)
        self._port, self._held = SimPort(self._bench, self.simulator.name), b""
        return self

    async def write(self, data: bytes) -> None:
        if self.fault == "lost":
            raise ConnectError("the port is gone")
        self.written.append(data)
        if self.fault in _STRANGERS:
            self._held += _STRANGERS[self.fault](data)
        elif self._port is not None:
            await self._port.write(data)

    async def read(self, deadline: float) -> bytes:
        if self.fault == "lost":
            raise ConnectError("the port is gone")
        if self.fault in _STRANGERS and self._held:
            data, self._held = self._held, b""
            return data
        if self._held:
            await asyncio.sleep(0.001)
            data, self._held = self._held[:1], self._held[1:]
            return data
        if self.fault in _STRANGERS or self._port is None:
            await asyncio.sleep(max(0.0, deadline - asyncio.get_running_loop().time()))
            return b""
        data = await self._port.read(deadline)
        if self.fault == "in pieces":
            data, self._held = data[:1], data[1:]
        elif self.fault == "silent" and data:
            await asyncio.sleep(max(0.0, deadline - asyncio.get_running_loop().time()))
            data = b""
        elif self.fault == "garbage":
            data = bytes(self.chance.randrange(256) for _ in data)
        return data

    async def close(self) -> None:
        self._port = None


class _Noting(Envelope):
    """An envelope that remembers what it gave leave to."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self.permitted: list[tuple[Effect, bytes]] = []

    def permit(self, effect: Effect, payload: bytes) -> Permit:
        permit = super().permit(effect, payload)
        self.permitted.append((effect, payload))
        return permit


@dataclass(frozen=True)
class _Kit:
    make_driver: DriverFactory
    make_simulator: SimulatorFactory
    own_readings: Acts | None
    own_effects: Acts | None

    def run(
        self, act: Callable[[Any, _Wire, _Noting], Awaitable[T]], *, fault: str = "", granted: bool = True
    ) -> tuple[T, WireSimulator]:
        """Give a new driver on a new simulator to ``act``; return what comes of it, and the simulator."""
        simulator = self.make_simulator()

        async def main(_: Clock) -> T:
            wire = _Wire(simulator, fault)
            envelope = _Noting(_wide(simulator.name) if granted else Limits())
            driver = self.make_driver(Wiring(simulator.name, wire.open, envelope))
            try:
                return await asyncio.wait_for(act(driver, wire, envelope), _AT_MOST_S)
            except TimeoutError:
                raise AssertionError(f"everything must end within bounds, but {fault or 'this'} did not") from None
            finally:
                await driver.close()

        return run(main, "virtual"), simulator

    def readings(self, driver: Instrument) -> Acts:
        if self.own_readings is not None:
            return self.own_readings
        found: dict[str, Callable[[Any], Awaitable[object]]] = {}
        if isinstance(driver, Dispenses):
            found |= {"plunger": lambda one: one.plunger(), "settled": lambda one: one.settled()}
        if isinstance(driver, Weighs):
            found["weigh"] = lambda one: one.weigh()
        if isinstance(driver, MeasuresSpectrum):
            found["spectrum"] = lambda one: one.spectrum()
        assert found, f"{type(driver).__name__} has no known capability: pass readings and effects"
        return found

    def effects(self, driver: Instrument) -> Acts:
        if self.own_effects is not None:
            return self.own_effects
        found: dict[str, Callable[[Any], Awaitable[object]]] = {}
        if isinstance(driver, Dispenses):
            part = 0.25 * driver.syringe_ml
            found |= {
                "home": lambda one: one.home(),
                "aspirate": lambda one: one.aspirate(one.waste_port, part, start_ml=0.0),
                "deliver": lambda one: one.deliver(one.waste_port, part, start_ml=part),
            }
        if isinstance(driver, Weighs):
            found["tare"] = lambda one: one.tare()
        if isinstance(driver, MeasuresSpectrum):
            found |= {"set_light": lambda one: one.set_light(1.0), "set_turret": lambda one: one.set_turret(1)}
        return found


def _wide(device: str) -> Limits:
    verbs: dict[Verb, Limit] = {}
    for verb in Verb:
        channels = frozenset({"", *_CHANNELS})
        verbs[verb] = Limit(channels, 0.0, 1e6) if verb.unit else Limit(channels)
    return Limits({device: verbs})


# --- the checks


def _check_identity(kit: _Kit) -> None:
    async def act(driver: Instrument, _: _Wire, __: _Noting) -> tuple[Identity, Identity]:
        return await driver.connect(), await driver.identify()

    (first, second), _ = kit.run(act)
    assert first == second, "a device must be the same at every time of asking"
    assert first.maker, "an identity must have a maker"
    assert first.model, "an identity must have a model"
    for name, text in first.as_json().items():
        assert text.isprintable(), f"an identity's {name} must be printable, but is {text!r}"
        assert len(text) <= 200, f"an identity's {name} must be short"


def _check_use(kit: _Kit) -> None:
    """Every effect and reading works, however the bytes come."""

    async def act(driver: Instrument, _: _Wire, __: _Noting) -> None:
        await driver.connect()
        for name, one in {**kit.effects(driver), **kit.readings(driver)}.items():
            try:
                await one(driver)
            except ExecutionError as error:
                raise AssertionError(f"{name} must work on the simulator: {error}") from error

    for fault in ("", "in pieces"):
        kit.run(act, fault=fault)


def _check_strangers(kit: _Kit) -> None:
    async def act(driver: Instrument, wire: _Wire, _: _Noting) -> None:
        try:
            await driver.connect()
        except ConnectError:
            return
        raise AssertionError(f"{wire.fault} must not be taken for a {driver.kind}")

    for stranger in _STRANGERS:
        kit.run(act, fault=stranger)


def _check_permits(kit: _Kit) -> None:
    async def act(driver: Instrument, wire: _Wire, _: _Noting) -> None:
        for name, effect in kit.effects(driver).items():
            try:
                await effect(driver)
            except EnvelopeError:
                assert not wire.written, f"{name}: nothing may be sent without leave, but {wire.written!r} was"
                continue
            raise AssertionError(f"{name} must be refused where the limits are empty")

    kit.run(act, granted=False)


def _check_queries(kit: _Kit) -> None:
    """No effect's bytes pass as a query, nor anything made of a query's."""

    async def act(driver: Instrument, wire: _Wire, envelope: _Noting) -> None:
        await driver.connect()
        for effect in kit.effects(driver).values():
            await effect(driver)
        acts = [payload for effect, payload in envelope.permitted if not effect.is_safe]
        assert acts or not kit.effects(driver), "an effect must ask the envelope for leave"
        for payload in [*acts, b"", b"\r\n", b"\x00", *(one + b"\r\n" + one for one in acts)]:
            before = len(wire.written)
            try:
                await driver._ask(payload)  # noqa: SLF001 - what every driver inherits is tested here
            except EnvelopeError:
                assert len(wire.written) == before, f"nothing may be sent for a refused query, here {payload!r}"
                continue
            raise AssertionError(f"{payload!r} must not be on the list of queries")

    kit.run(act)


async def _must_fail(driver: Instrument, acts: Acts, error: type[Exception], why: str) -> None:
    for name, act in acts.items():
        try:
            value = await act(driver)
        except error:
            continue
        raise AssertionError(f"{name} must be an error where {why}, but gave {value!r}")


def _check_silence(kit: _Kit) -> None:
    async def act(driver: Instrument, wire: _Wire, _: _Noting) -> None:
        await driver.connect()
        wire.fault = "silent"
        await _must_fail(driver, kit.readings(driver), ExecutionError, "the device is silent")
        await _must_fail(driver, kit.effects(driver), ExecutionError, "the device is silent")

    kit.run(act)

    async def connect(driver: Instrument, _: _Wire, __: _Noting) -> None:
        await _must_fail(driver, {"connect": lambda one: one.connect()}, ConnectError, "nobody answers")

    kit.run(connect, fault="silent")


def _check_garbage(kit: _Kit) -> None:
    async def act(driver: Instrument, wire: _Wire, _: _Noting) -> None:
        await driver.connect()
        wire.fault = "garbage"
        for _turn in range(3):
            await _must_fail(driver, kit.readings(driver), ExecutionError, "only garbage comes back")
        await _must_fail(driver, kit.effects(driver), ExecutionError, "only garbage comes back")
        wire.fault = ""
        for name, reading in kit.readings(driver).items():
            assert await reading(driver) is not None, f"{name} must work again after garbage"

    kit.run(act)


def _check_lost_port(kit: _Kit) -> None:
    async def act(driver: Instrument, wire: _Wire, _: _Noting) -> None:
        await driver.connect()
        for name, reading in kit.readings(driver).items():
            wire.fault = "lost"
            for _turn in range(2):
                await _must_fail(driver, {name: reading}, ExecutionError, "the port is gone")
            wire.fault = ""
            assert await reading(driver) is not None, f"{name} must work once the port is there again"

    kit.run(act)


def _check_safe_state(kit: _Kit) -> None:
    async def act(driver: Instrument, _: _Wire, __: _Noting) -> None:
        await driver.connect()
        for effect in kit.effects(driver).values():
            await effect(driver)
        for _turn in range(2):
            try:
                await driver.safe_state()
            except ExecutionError as error:
                raise AssertionError(f"safe_state must work, and work again: {error}") from error
        await asyncio.sleep(60.0)
        await driver.safe_state()

    kit.run(act)


def _check_close(kit: _Kit) -> None:
    async def act(driver: Instrument, wire: _Wire, _: _Noting) -> None:
        await driver.close()
        await driver.connect()
        await driver.close()
        sent = len(wire.written)
        await driver.close()
        assert len(wire.written) == sent, "closing must send nothing"
        assert (await driver.connect()).model, "a closed driver must be able to connect again"

    kit.run(act)


def _check_state(kit: _Kit) -> None:
    async def act(driver: Instrument, _: _Wire, __: _Noting) -> None:
        await driver.connect()
        for one in {**kit.effects(driver), **kit.readings(driver)}.values():
            await one(driver)

    _, used = kit.run(act)
    state = used.state()
    text = json.dumps(state, sort_keys=True, allow_nan=False)
    again = kit.make_simulator()
    again.restore(json.loads(text))
    assert json.dumps(again.state(), sort_keys=True) == text, "a simulator's state must survive JSON and restore"
    assert used.state() == state, "asking for the state must not change it"
