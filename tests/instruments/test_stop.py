"""A stop goes before everything: it waits for no turn, no quiet line and no session, and it ends by its deadline."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest
from tests.instruments.harness import WIDE, Harness, water

from zosimos.core.clock import Clock, run
from zosimos.core.errors import (
    ConnectError,
    EnvelopeError,
    ExecutionError,
    InstrumentError,
    OutcomeUnknownError,
    ReplyError,
)
from zosimos.instruments.capabilities.dispenses import HALT
from zosimos.instruments.capabilities.measures_spectrum import LIGHT
from zosimos.instruments.devices.as7341.driver import As7341Sensor
from zosimos.instruments.devices.as7341.optics import GRID_NM
from zosimos.instruments.devices.as7341.simulator import As7341Simulator
from zosimos.instruments.devices.cavro.driver import CavroPump
from zosimos.instruments.devices.cavro.simulator import CavroSimulator
from zosimos.instruments.devices.cavro.wire import DtFraming, OemFraming
from zosimos.instruments.devices.sics.driver import SicsBalance
from zosimos.instruments.devices.sics.simulator import SicsSimulator
from zosimos.instruments.envelope.effect import Effect
from zosimos.instruments.envelope.envelope import Envelope
from zosimos.instruments.envelope.limits import Limits
from zosimos.instruments.identity import Identity
from zosimos.instruments.instrument import Instrument, Wiring
from zosimos.instruments.wire.framing import Lines
from zosimos.instruments.wire.link import LinkProfile, Sentinel
from zosimos.instruments.wire.port import Port
from zosimos.instruments.world.noise import Noise
from zosimos.instruments.world.world import World

OPTIONS = {"syringe_ml": 1.0, "waste_port": 9}
FRAMINGS = pytest.mark.parametrize("framing", ["oem", "dt"])


def pump_rig() -> Harness:
    world = World([water("bottle", 50.0), water("waste", 0.0), water("syringe", 0.0, 1.0)])
    pump = CavroSimulator("pump", world, {1: "bottle", 9: "waste"}, "syringe", syringe_ml=1.0)
    return Harness([pump], world)


def stops(framing: str) -> bytes:
    return (OemFraming("1") if framing == "oem" else DtFraming("1")).wrap(b"T")


async def timed(act: Awaitable[None]) -> tuple[float, BaseException | None]:
    began = asyncio.get_running_loop().time()
    (ended,) = await asyncio.gather(act, return_exceptions=True)
    return asyncio.get_running_loop().time() - began, ended


# --- a pump that answers


@FRAMINGS
@pytest.mark.parametrize("after_s", [0.001, 0.02, 0.3, 2.0, 2.21, 4.5])
def test_a_stroke_is_stopped_wherever_it_is(framing: str, after_s: float) -> None:
    set_up = pump_rig()

    async def act(device: CavroPump) -> None:
        await device.home()
        stroke = asyncio.create_task(device.aspirate(1, 1.0, start_ml=0.0))
        looks = [asyncio.create_task(device.plunger()) for _ in range(12)]
        await asyncio.sleep(after_s)
        took, failed = await timed(device.stop())
        assert failed is None
        assert took < 0.3
        (ended,) = await asyncio.gather(stroke, return_exceptions=True)
        assert isinstance(ended, ExecutionError)
        assert not [one for one in await asyncio.gather(*looks, return_exceptions=True) if one is None]
        there = (await device.settled()).volume_ml
        await asyncio.sleep(30.0)
        assert (await device.plunger()).volume_ml == there
        assert not (await device.initialised()) or there == 0.0

    set_up.run(CavroPump, act, options={**OPTIONS, "framing": framing})
    assert stops(framing) in set_up.written


@FRAMINGS
def test_the_stop_is_the_first_thing_that_leaves_even_into_a_line_out_of_step(framing: str) -> None:
    set_up = pump_rig()

    async def act(device: CavroPump) -> None:
        await device.home()
        stroke = asyncio.create_task(device.aspirate(1, 0.9, start_ml=0.0))
        await asyncio.sleep(1.0)
        look = asyncio.create_task(device.plunger())
        await asyncio.sleep(0.001)
        before = len(set_up.cables[0].written)
        await device.stop()
        assert set_up.cables[0].written[before] == stops(framing)
        await asyncio.gather(stroke, look, return_exceptions=True)

    set_up.run(CavroPump, act, options={**OPTIONS, "framing": framing})


def test_an_exchange_that_is_cut_off_has_an_unknown_outcome_and_the_next_one_works() -> None:
    set_up = pump_rig()

    async def act(device: CavroPump) -> None:
        home = asyncio.create_task(device.home())
        await asyncio.sleep(0.001)
        await device.stop()
        with pytest.raises(OutcomeUnknownError, match="may or may not have happened: pump: the exchange was cut off"):
            await home
        assert not await device.initialised()
        await device.home()
        assert await device.initialised()
        await device.aspirate(1, 0.1, start_ml=0.0)

    set_up.run(CavroPump, act, options=OPTIONS)


def test_homing_that_was_stopped_is_no_homing() -> None:
    async def act(device: CavroPump) -> None:
        home = asyncio.create_task(device.home())
        await asyncio.sleep(0.5)
        await device.stop()
        with pytest.raises(InstrumentError):
            await home
        assert not await device.initialised()

    pump_rig().run(CavroPump, act, options=OPTIONS)


def test_an_effect_that_waited_for_its_turn_is_not_sent_after_a_stop() -> None:
    set_up = pump_rig()

    async def act(device: CavroPump) -> None:
        looks = [asyncio.create_task(device.plunger()) for _ in range(3)]
        home = asyncio.create_task(device.home())
        await asyncio.sleep(0.001)
        await device.stop()
        with pytest.raises(InstrumentError, match="was not sent: the device was stopped before"):
            await home
        await asyncio.gather(*looks)

    set_up.run(CavroPump, act, options=OPTIONS)
    assert b"Z0" not in set_up.written


def test_a_pump_at_rest_keeps_its_position_when_it_is_stopped() -> None:
    async def act(device: CavroPump) -> None:
        await device.home()
        await device.aspirate(1, 0.5, start_ml=0.0)
        await device.stop()
        assert await device.initialised()
        await device.deliver(9, 0.5, start_ml=0.5)

    pump_rig().run(CavroPump, act, options=OPTIONS)


def test_a_driver_that_was_never_opened_stops_a_pump_that_another_program_set_going() -> None:
    set_up = pump_rig()

    async def leave_moving(device: CavroPump) -> None:
        await device.home()
        stroke = asyncio.create_task(device.aspirate(1, 0.9, start_ml=0.0))
        await asyncio.sleep(1.0)
        stroke.cancel()
        await asyncio.gather(stroke, return_exceptions=True)
        other = CavroPump(Wiring("pump", opener(device), Envelope(Limits({"pump": WIDE})), options=OPTIONS))
        took, failed = await timed(other.stop())
        assert failed is None
        assert took < 0.3
        assert not await other.initialised()

    def opener(device: CavroPump) -> Callable[[], Awaitable[Port]]:
        return device._link._opener

    set_up.run(CavroPump, leave_moving, options=OPTIONS)


def test_stops_at_the_same_time_are_one_stop() -> None:
    set_up = pump_rig()

    async def act(device: CavroPump) -> None:
        before = len(set_up.written)
        await asyncio.gather(*[device.stop() for _ in range(5)])
        assert set_up.written[before:].count(stops("oem")) == 1

    set_up.run(CavroPump, act, options=OPTIONS)


def test_a_stop_goes_on_when_its_caller_is_cancelled() -> None:
    set_up = pump_rig()

    async def act(device: CavroPump) -> None:
        stopping = asyncio.create_task(device.stop())
        await asyncio.sleep(0.0)
        stopping.cancel()
        await asyncio.sleep(0.5)
        assert stops("oem") in set_up.written
        await device.plunger()

    set_up.run(CavroPump, act, options=OPTIONS)


def test_a_lamp_is_put_out_in_the_middle_of_a_reading() -> None:
    sensor = As7341Simulator("sensor", lambda _: GRID_NM * 0.0 + 0.5, Noise(1, "sensor"))

    async def act(device: As7341Sensor) -> None:
        await device.set_light(10.0)
        reading = asyncio.create_task(device.spectrum())
        await asyncio.sleep(0.1)
        took, failed = await timed(device.stop())
        assert failed is None
        assert took < 0.2
        assert sensor.state()["light_ma"] == 0.0
        await asyncio.gather(reading, return_exceptions=True)

    Harness([sensor]).run(As7341Sensor, act)


def test_a_balance_has_nothing_to_stop_and_goes_on_weighing() -> None:
    world = World([water("cell", 1.0)])

    async def act(device: SicsBalance) -> None:
        weighing = asyncio.create_task(device.weigh())
        await asyncio.sleep(0.01)
        await device.stop()
        assert (await weighing).value_g > 0

    Harness([SicsSimulator("balance", world, "cell", Noise(1, "balance"))], world).run(SicsBalance, act)


# --- devices that do not


class Lamp(Instrument):
    kind = "lamp"
    stop_within_s = 1.0

    def _link_profile(self) -> LinkProfile:
        return LinkProfile(
            Lines(), Sentinel(b"who", b"lamp".__eq__), {b"who"}.__contains__, stop_within_s=self.stop_within_s
        )

    async def identify(self) -> Identity:
        return Identity("nobody", (await self._ask(b"who")).decode())

    async def safe_state(self) -> None:
        reply = await self._do(Effect(self.name, HALT), b"off")
        if reply != b"ok":
            raise InstrumentError(f"{self.name} refuses: {reply!r}")


class Hasty(Lamp):
    stop_within_s = 0.2


class Wire:
    """A port by script: what comes back to each line, and what comes by itself at each read."""

    def __init__(self, answers: dict[bytes, bytes], babble: bytes = b"", opens_in_s: float = 0.0) -> None:
        self.answers, self.babble, self.opens_in_s = answers, babble, opens_in_s
        self.written: list[tuple[float, bytes]] = []
        self.opened = 0
        self._held = b""

    async def open(self) -> Port:
        self.opened += 1
        await asyncio.sleep(self.opens_in_s)
        return self

    async def write(self, data: bytes) -> None:
        self.written.append((asyncio.get_running_loop().time(), data))
        self._held += self.answers.get(data, b"")

    async def read(self, deadline: float) -> bytes:
        left = max(0.0, deadline - asyncio.get_running_loop().time())
        await asyncio.sleep(min(left, 0.03) if self.babble or self._held else left)
        data, self._held = self._held + self.babble, b""
        return data

    async def close(self) -> None: ...


def lamp_on(wire: Wire, act: Callable[[Lamp], Awaitable[None]], kind: type[Lamp] = Lamp) -> None:
    async def main(_: Clock) -> None:
        device = kind(Wiring("lamp", wire.open, Envelope(Limits())))
        try:
            await act(device)
        finally:
            await device.close()

    run(main, "virtual")


ANSWERS = {b"who\r\n": b"lamp\r\n", b"off\r\n": b"ok\r\n"}


@pytest.mark.parametrize("babble", [b"", b"\x00\xff" * 20, b"noise\r\n"])
@pytest.mark.parametrize(("kind", "within_s"), [(Lamp, 1.0), (Hasty, 0.2)])
def test_a_device_that_does_not_confirm_is_an_error_by_the_deadline_and_was_told_at_once(
    babble: bytes, kind: type[Lamp], within_s: float
) -> None:
    wire = Wire({}, babble)

    async def act(device: Lamp) -> None:
        took, failed = await timed(device.stop())
        assert isinstance(failed, OutcomeUnknownError)
        assert f"no confirmation within {within_s:g} s" in failed.message
        assert took <= within_s + 1e-6

    lamp_on(wire, act, kind)
    assert wire.written[0] == (pytest.approx(0.0, abs=0.04), b"off\r\n")


def test_a_port_that_takes_too_long_to_open_ends_the_stop_and_serves_the_next_one() -> None:
    wire = Wire(ANSWERS, opens_in_s=1.5)

    async def act(device: Lamp) -> None:
        took, failed = await timed(device.stop())
        assert isinstance(failed, OutcomeUnknownError)
        assert took == pytest.approx(1.0)
        took, failed = await timed(device.stop())
        assert failed is None
        assert took == pytest.approx(0.6, abs=0.15)

    lamp_on(wire, act)
    assert wire.opened == 1


def test_a_port_that_another_is_opening_is_used_by_the_stop() -> None:
    wire = Wire(ANSWERS, opens_in_s=0.5)

    async def act(device: Lamp) -> None:
        connecting = asyncio.create_task(device.connect())
        await asyncio.sleep(0.1)
        await device.stop()
        (ended,) = await asyncio.gather(connecting, return_exceptions=True)
        assert isinstance(ended, ConnectError)
        assert (await device.connect()).model == "lamp"

    lamp_on(wire, act)
    assert wire.opened == 1


def test_a_port_that_does_not_open_is_said() -> None:
    async def closed() -> Port:
        raise ConnectError("the port does not open")

    async def main(_: Clock) -> None:
        device = Lamp(Wiring("lamp", closed, Envelope(Limits())))
        with pytest.raises(ConnectError, match="does not open"):
            await device.stop()

    run(main, "virtual")


def test_a_refusal_is_passed_on() -> None:
    async def act(device: Lamp) -> None:
        with pytest.raises(InstrumentError, match="lamp refuses"):
            await device.stop()

    lamp_on(Wire({b"who\r\n": b"lamp\r\n", b"off\r\n": b"no\r\n"}), act)


def test_a_safe_state_that_the_limits_refuse_is_passed_on() -> None:
    class Unsafe(Lamp):
        async def safe_state(self) -> None:
            await self._do(Effect(self.name, LIGHT, amount=5.0), b"on 5")

    async def act(device: Lamp) -> None:
        with pytest.raises(EnvelopeError, match="may not light"):
            await device.stop()

    lamp_on(Wire(ANSWERS), act, Unsafe)


def test_an_answer_to_what_was_cut_off_confirms_nothing() -> None:
    """The device answers ``who`` late and never heard ``off``."""
    wire = Wire({b"who\r\n": b"lamp\r\n"})

    async def act(device: Lamp) -> None:
        await device.connect()
        wire.answers = {b"who\r\n": b"lamp\r\n"}
        asking = asyncio.create_task(device.identify())
        await asyncio.sleep(0.01)
        _, failed = await timed(device.stop())
        assert isinstance(failed, ExecutionError)
        await asyncio.gather(asking, return_exceptions=True)

    lamp_on(wire, act)


def test_silent_devices_do_not_hold_up_the_stop_of_others() -> None:
    wires = [Wire({}), Wire({}, b"\x00\xff" * 20), Wire(ANSWERS)]

    async def main(_: Clock) -> Sequence[tuple[float, BaseException | None]]:
        lamps = [Lamp(Wiring("lamp", wire.open, Envelope(Limits()))) for wire in wires]
        busy = [asyncio.create_task(lamp.connect()) for lamp in lamps[:2]]
        await asyncio.sleep(0.5)
        ended = await asyncio.gather(*[timed(lamp.stop()) for lamp in lamps])
        for task in busy:
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)
        return ended

    ended = run(main, "virtual")
    assert [type(failed) for _, failed in ended] == [OutcomeUnknownError, OutcomeUnknownError, type(None)]
    assert max(took for took, _ in ended) <= 1.0 + 1e-6
    assert all(wire.written[-1][0] <= 1.6 for wire in wires)


def test_a_query_that_is_cut_off_is_asked_again_after_the_stop() -> None:
    wire = Wire(ANSWERS)

    async def act(device: Lamp) -> None:
        await device.connect()
        asking = asyncio.create_task(device.identify())
        await asyncio.sleep(0.01)
        await device.stop()
        assert (await asking).model == "lamp"
        wire.answers = {}
        with pytest.raises(ReplyError):
            await device.identify()

    lamp_on(wire, act)
