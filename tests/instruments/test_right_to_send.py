"""A process without the right to the devices sends nothing, not even a query; a stop may go until another has them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest
from tests.instruments.harness import Harness, water

from zosimos.core.errors import FencedError, LedgerAwayError, LedgerError, OutcomeUnknownError
from zosimos.instruments.devices.cavro.driver import CavroPump
from zosimos.instruments.devices.cavro.simulator import CavroSimulator
from zosimos.instruments.devices.cavro.wire import OemFraming
from zosimos.instruments.world.world import World

OPTIONS = {"syringe_ml": 1.0, "waste_port": 9}
STOP = OemFraming("1").wrap(b"T")


@dataclass
class Right:
    """The right to the devices, as a claim gives it."""

    lost: type[LedgerError] | None = None

    def may_send(self, stopping: bool) -> None:
        if self.lost is FencedError or (self.lost is not None and not stopping):
            raise self.lost("another process may run the campaign")


def pump_rig(right: Right) -> Harness:
    world = World([water("bottle", 50.0), water("waste", 0.0), water("syringe", 0.0, 1.0)])
    pump = CavroSimulator("pump", world, {1: "bottle", 9: "waste"}, "syringe", syringe_ml=1.0)
    return Harness([pump], world, may_send=right.may_send)


@pytest.mark.parametrize("lost", [LedgerAwayError, FencedError])
def test_nothing_is_sent_once_the_right_is_lost(lost: type[LedgerError]) -> None:
    right = Right()
    rig = pump_rig(right)

    async def act(pump: CavroPump) -> None:
        await pump.home()
        right.lost, before = lost, rig.written
        with pytest.raises(lost):
            await pump.aspirate(1, 0.5, start_ml=0.0)
        with pytest.raises(lost):
            await pump.identify()
        assert rig.written == before

    rig.run(CavroPump, act, options=OPTIONS)


def test_an_act_that_is_under_way_when_the_right_is_lost_sends_nothing_more() -> None:
    right = Right()
    rig = pump_rig(right)

    async def act(pump: CavroPump) -> None:
        await pump.home()
        stroke = asyncio.ensure_future(pump.aspirate(1, 0.5, start_ml=0.0))
        await asyncio.sleep(0.1)
        right.lost, before = LedgerAwayError, rig.written
        with pytest.raises(LedgerAwayError):
            await stroke
        assert rig.written == before

    rig.run(CavroPump, act, options=OPTIONS)


def test_a_device_may_be_stopped_while_nobody_else_is_known_to_have_it() -> None:
    right = Right()
    rig = pump_rig(right)

    async def act(pump: CavroPump) -> None:
        await pump.home()
        right.lost = LedgerAwayError
        await pump.stop()
        assert STOP in rig.written

    rig.run(CavroPump, act, options=OPTIONS)


def test_a_device_that_another_process_has_is_not_even_stopped() -> None:
    right = Right()
    rig = pump_rig(right)

    async def act(pump: CavroPump) -> None:
        await pump.home()
        right.lost, before = FencedError, rig.written
        with pytest.raises((FencedError, OutcomeUnknownError)):
            await pump.stop()
        assert rig.written == before

    rig.run(CavroPump, act, options=OPTIONS)
