"""Drivers that cheat: each says that all is well, and the world says otherwise."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.instruments.harness import is_serial, water

from zosimos.core.errors import ExecutionError
from zosimos.instruments.capabilities.dispenses import ASPIRATE, DELIVER, HALT
from zosimos.instruments.capabilities.measures_spectrum import LIGHT
from zosimos.instruments.devices.as7341 import wire as as7341
from zosimos.instruments.devices.as7341.driver import As7341Sensor
from zosimos.instruments.devices.as7341.optics import GRID_NM
from zosimos.instruments.devices.as7341.simulator import As7341Simulator
from zosimos.instruments.devices.cavro.driver import CavroPump
from zosimos.instruments.devices.cavro.simulator import CavroSimulator
from zosimos.instruments.devices.sics.driver import SicsBalance
from zosimos.instruments.devices.sics.simulator import SicsSimulator
from zosimos.instruments.devices.sics.wire import QUERIES
from zosimos.instruments.envelope.effect import Effect
from zosimos.instruments.instrument import Instrument, Wiring
from zosimos.instruments.simulator import WireSimulator
from zosimos.instruments.testing import Act, check_instrument, instrument_checks
from zosimos.instruments.wire.link import Sentinel
from zosimos.instruments.world.noise import Noise
from zosimos.instruments.world.world import World

OPTIONS = {"syringe_ml": 1.0, "waste_port": 9}


def pump() -> WireSimulator:
    world = World([water("bottle", 20.0), water("syringe", 0.0, 1.0)])
    return CavroSimulator("pump", world, {9: "bottle"}, "syringe", syringe_ml=1.0)


def balance() -> WireSimulator:
    return SicsSimulator("balance", World([water("cell", 1.0)]), "cell", Noise(1, "balance"))


def sensor() -> WireSimulator:
    return As7341Simulator("sensor", lambda _: np.full_like(GRID_NM, 0.5), Noise(1, "sensor"))


class DeliversUnderHalt(CavroPump):
    """Checks the effect, then sends its bytes under the leave of a halt, which no limit and no budget counts."""

    async def _do(self, effect: Effect, payload: bytes, **how: Any) -> bytes:
        self._envelope.check(effect)
        if effect.verb in (DELIVER, ASPIRATE):
            effect = Effect(self.name, HALT)
        return await super()._do(effect, payload, **how)


class MovesByQuery(CavroPump):
    """Moves the plunger by what its own list calls a query."""

    def _link_profile(self) -> Any:
        profile = super()._link_profile()
        return replace(profile, queries=lambda payload: profile.queries(payload) or payload == b"I9A1R")

    async def connect(self) -> Any:
        who = await super().connect()
        await self._ask(b"I9A1R")
        return who


class LessThanSaid(CavroPump):
    """Asks leave for a tenth of what it moves."""

    async def _do(self, effect: Effect, payload: bytes, **how: Any) -> bytes:
        if effect.amount:
            effect = replace(effect, amount=effect.amount / 10)
        return await super()._do(effect, payload, **how)


class HalfOfIt(CavroPump):
    """Moves half of what it is told and takes leave for that half."""

    async def aspirate(self, port: int, volume_ml: float, *, start_ml: float) -> None:
        await super().aspirate(port, volume_ml / 2, start_ml=start_ml)

    async def deliver(self, port: int, volume_ml: float, *, start_ml: float) -> None:
        await super().deliver(port, volume_ml / 2, start_ml=start_ml / 2)


class HalfOnTheWire(CavroPump):
    """Takes leave for all of it and sends a command for half."""

    @property
    def resolution_ml(self) -> float:
        return 2.0 * super().resolution_ml


class AnotherPort(CavroPump):
    """Draws from another port than it has leave for."""

    async def _do(self, effect: Effect, payload: bytes, **how: Any) -> bytes:
        if effect.verb == ASPIRATE:
            effect = replace(effect, channel="3")
        return await super()._do(effect, payload, **how)


class Hasty(CavroPump):
    """Says that a stroke is done as soon as it was told."""

    async def _stroke(self, effect: Effect, port: int, start_ml: float, end_ml: float) -> None:
        await self._do(effect, f"V200I{port}A{round(end_ml / self.resolution_ml)}R".encode())


class NeverSafe(CavroPump):
    """Asks for the status and leaves the plunger moving."""

    async def safe_state(self) -> None:
        await self._ask(b"Q")


class NeverStops(CavroPump):
    """Knows a safe state, and does nothing at a stop."""

    async def stop(self) -> None:
        await self._ask(b"Q")


class NeverEnds(CavroPump):
    """Keeps whoever asked for a stroke waiting after it was stopped."""

    async def _stroke(self, effect: Effect, port: int, start_ml: float, end_ml: float) -> None:
        try:
            await super()._stroke(effect, port, start_ml, end_ml)
        except ExecutionError:
            await self._pause(3600.0)
            raise


class RunsOn(CavroPump):
    """Goes on trying in the background after it has given up."""

    async def _do(self, effect: Effect, payload: bytes, **how: Any) -> bytes:
        try:
            return await super()._do(effect, payload, **how)
        except ExecutionError:
            self.later = asyncio.ensure_future(self._again())
            raise

    async def _again(self) -> None:
        await asyncio.sleep(10.0)
        with contextlib.suppress(ExecutionError):
            await self._link.ready()


class LampStaysOn(As7341Sensor):
    """Leaves the lamp as it is."""

    async def safe_state(self) -> None:
        await self.identify()


class LampDimmed(As7341Sensor):
    """Leaves a little light on."""

    async def safe_state(self) -> None:
        await self.set_light(0.1)


class HalfLight(As7341Sensor):
    """Takes leave for a current, sets half of it, and believes what it wanted."""

    async def set_light(self, current_ma: float) -> None:
        await self._act(Effect(self.name, LIGHT, amount=current_ma), as7341.Lit, "light", ma=current_ma / 2)


class TurnsUnderDark(As7341Sensor):
    """Turns the turret under the leave to put the lamp out, which needs no grant, beside a turn it had leave for."""

    async def set_turret(self, slot: int) -> None:
        await super().set_turret(slot)
        await self._act(Effect(self.name, LIGHT, amount=0.0), as7341.Turned, "turret", within_s=10.0, slot=slot)


class ActingSentinel(SicsBalance):
    """Resets the balance to see whether it answers."""

    def _link_profile(self) -> Any:
        return replace(super()._link_profile(), sentinel=Sentinel(b"@", is_serial))


class TareAsQuery(SicsBalance):
    """Clears the tare by what its own list calls a query."""

    def _link_profile(self) -> Any:
        return replace(super()._link_profile(), queries={*QUERIES, b"TAC"}.__contains__)

    async def weigh(self) -> Any:
        await self._ask(b"TAC")
        return await super().weigh()


@pytest.mark.parametrize(
    ("driver", "simulator", "check", "words"),
    [
        (DeliversUnderHalt, pump, "matter", "aspirate moved 0.25 mL where 0 mL were permitted"),
        (
            DeliversUnderHalt,
            pump,
            "verbs",
            "must leave as pump: aspirate 0.25 mL at 9, but left as pump: halt",
        ),
        (MovesByQuery, pump, "queries-change-nothing", "left as a query, must change nothing, but changed vessels"),
        (LessThanSaid, pump, "matter", "moved 0.25 mL where 0.025 mL were permitted"),
        (HalfOfIt, pump, "matter", "moved 0.125 mL where 0.25 mL were asked for"),
        (HalfOnTheWire, pump, "matter", "moved 0.125 mL where 0.25 mL were permitted"),
        (
            AnotherPort,
            pump,
            "verbs",
            "aspirate 0.25 mL at 9, but left as pump: aspirate 0.25 mL at 3",
        ),
        (Hasty, pump, "matter", "moved 0 mL where 0.25 mL were permitted"),
        (NeverSafe, pump, "safe-state", "safe_state in the middle of aspirate: 0.25 mL moved after it had returned"),
        (NeverStops, pump, "safe-state", "stop in the middle of aspirate: 0.25 mL moved after it had returned"),
        (NeverEnds, pump, "safe-state", "aspirate must end once safe_state has stopped it"),
        (RunsOn, pump, "after-an-error", "home: nothing may run on after an error"),
        (LampStaysOn, sensor, "safe-state", "into its safe state, but light stands at 1.0 mA, and is safe at 0 mA"),
        (LampDimmed, sensor, "safe-state", "safe_state must work after every effect"),
        (HalfLight, sensor, "verbs", "after set_light the device must stand at 1.0, but stands at 0.5"),
        (TurnsUnderDark, sensor, "verbs", "had leave as what only makes things safer, must change nothing"),
        (ActingSentinel, balance, "query-list", "the sentinel must be on the list of queries"),
        (TareAsQuery, balance, "queries-change-nothing", "changed state: {'tare_g': 0.0}"),
    ],
    ids=lambda one: getattr(one, "__name__", None),
)
def test_a_driver_that_cheats_is_found_out_by_the_world(
    driver: type[Instrument], simulator: Callable[[], WireSimulator], check: str, words: str
) -> None:
    def made(wiring: Wiring) -> Instrument:
        return driver(replace(wiring, options=OPTIONS if simulator is pump else {}))

    with pytest.raises(AssertionError) as caught:
        dict(instrument_checks(made, simulator))[check]()
    assert words in str(caught.value)


def test_a_simulator_that_keeps_its_world_to_itself_cannot_judge_a_pump() -> None:
    def aloof() -> WireSimulator:
        made = pump()
        made.world = None
        return made

    with pytest.raises(AssertionError, match="must say in which world it does"):
        dict(instrument_checks(lambda wiring: CavroPump(replace(wiring, options=OPTIONS)), aloof))["matter"]()


def test_acts_of_ones_own_are_judged_by_what_they_stand_for() -> None:
    def acts(volume_ml: float) -> dict[str, Any]:
        return {
            "home": lambda one: one.home(),
            "fill": Act(lambda one: one.aspirate(9, 0.1, start_ml=0.0), Effect("pump", ASPIRATE, "9", volume_ml)),
        }

    def made(wiring: Wiring) -> Instrument:
        return CavroPump(replace(wiring, options=OPTIONS))

    check_instrument(made, pump, effects=acts(0.1))
    with pytest.raises(AssertionError, match=r"fill moved 0\.1 mL where 0\.2 mL were asked for"):
        check_instrument(made, pump, effects=acts(0.2))
