"""The conformance kit over our own drivers, and over drivers that break the contract."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.instruments.harness import is_serial, water

from zosimos.core.errors import ReplyError
from zosimos.instruments.capabilities.weighs import Weight
from zosimos.instruments.devices.as7341.driver import As7341Sensor
from zosimos.instruments.devices.as7341.optics import GRID_NM
from zosimos.instruments.devices.as7341.simulator import As7341Simulator
from zosimos.instruments.devices.cavro.driver import CavroPump
from zosimos.instruments.devices.cavro.simulator import CavroSimulator
from zosimos.instruments.devices.sics.driver import SicsBalance
from zosimos.instruments.devices.sics.simulator import SicsSimulator
from zosimos.instruments.identity import Identity
from zosimos.instruments.instrument import Instrument, Wiring
from zosimos.instruments.simulator import WireSimulator
from zosimos.instruments.testing import check_instrument, instrument_checks
from zosimos.instruments.wire.framing import Lines
from zosimos.instruments.wire.link import LinkProfile, Sentinel
from zosimos.instruments.world.noise import Noise
from zosimos.instruments.world.world import World


def pump() -> WireSimulator:
    world = World([water("waste", 10.0), water("syringe", 0.0, 1.0)])
    return CavroSimulator("pump", world, {9: "waste"}, "syringe", syringe_ml=1.0)


def balance() -> WireSimulator:
    return SicsSimulator("balance", World([water("cell", 1.0)]), "cell", Noise(1, "balance"))


def sensor() -> WireSimulator:
    return As7341Simulator("sensor", lambda _: GRID_NM * 0.0 + 0.5, Noise(1, "sensor"))


def with_options(driver: type[Instrument], **options: object) -> Callable[[Wiring], Instrument]:
    return lambda wiring: driver(replace(wiring, options=options))


KINDS: Mapping[str, tuple[Callable[[Wiring], Instrument], Callable[[], WireSimulator]]] = {
    "cavro, oem": (with_options(CavroPump, syringe_ml=1.0, waste_port=9), pump),
    "cavro, dt": (with_options(CavroPump, syringe_ml=1.0, waste_port=9, framing="dt"), pump),
    "mt-sics": (with_options(SicsBalance), balance),
    "as7341": (with_options(As7341Sensor), sensor),
}


CHECKS = {f"{kind}: {name}": check for kind, pair in KINDS.items() for name, check in instrument_checks(*pair)}


@pytest.mark.parametrize("name", CHECKS)
def test_our_instruments_keep_the_contract(name: str) -> None:
    CHECKS[name]()


# --- the kit notices what breaks it


class Trusting(SicsBalance):
    async def identify(self) -> Identity:
        return Identity("anybody", "anything")


class Lawless(SicsBalance):
    async def tare(self) -> None:
        await self._link.ready()


class Making(SicsBalance):
    async def weigh(self) -> Weight:
        try:
            return await super().weigh()
        except ReplyError:
            return Weight(0.0, 0.0)


class Fussy(SicsBalance):
    async def safe_state(self) -> None:
        raise ReplyError("not now")


class Open(SicsBalance):
    def _link_profile(self) -> Any:
        return replace(super()._link_profile(), queries=lambda _: True)


class Nameless(SicsBalance):
    async def identify(self) -> Identity:
        return replace(await super().identify(), model="")


class Forgetful(SicsSimulator):
    def state(self) -> dict[str, Any]:
        return {**super().state(), "tare_g": 0.5}

    def restore(self, state: Mapping[str, Any]) -> None:
        super().restore({**state, "noise": 0})


@pytest.mark.parametrize(
    ("driver", "words"),
    [
        (Trusting, "must not be taken for a"),
        (Lawless, "tare must be refused where the limits are empty"),
        (Making, "weigh must be an error where"),
        (Fussy, "safe_state must work"),
        (Open, "must not be on the list of queries"),
        (Nameless, "must have a model"),
    ],
)
def test_a_driver_that_breaks_the_contract_is_told_what_was_expected(driver: type[Instrument], words: str) -> None:
    with pytest.raises(AssertionError, match=words):
        check_instrument(driver, balance)


def test_every_check_that_fails_is_reported_and_what_a_driver_raises_fails_its_check() -> None:
    class Bad(Nameless):
        async def safe_state(self) -> None:
            raise ZeroDivisionError("a fault of its own")

    with pytest.raises(AssertionError) as caught:
        check_instrument(Bad, balance)
    lines = str(caught.value).splitlines()
    assert "identity: an identity must have a model" in lines
    assert "safe-state: ZeroDivisionError: a fault of its own" in lines
    assert not any(line.startswith("silence:") for line in lines)


def test_a_simulator_that_forgets_is_told_so() -> None:
    def forgetful() -> WireSimulator:
        return Forgetful("balance", World([water("cell", 1.0)]), "cell", Noise(1, "balance"))

    with pytest.raises(AssertionError, match="must survive JSON and restore"):
        check_instrument(SicsBalance, forgetful)


def test_a_driver_without_known_capabilities_brings_its_own_acts() -> None:
    class Bare(Instrument):
        def _link_profile(self) -> LinkProfile:
            return LinkProfile(Lines(), Sentinel(b"I4", is_serial), {b"I4"}.__contains__)

        async def identify(self) -> Identity:
            reply = await self._ask(b"I4")
            if not is_serial(reply):
                raise ReplyError("no balance")
            return Identity("nobody", "bare", reply.decode())

        async def safe_state(self) -> None: ...

    with pytest.raises(AssertionError, match="pass readings and effects"):
        check_instrument(Bare, balance)
    check_instrument(Bare, balance, readings={"serial": lambda one: one.identify()}, effects={})
