"""The Cavro pump: its bytes in both framings, the liquid it moves, and a driver that knows where its plunger is."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from tests.instruments.harness import Harness, Mangle, water

from zosimos.core.errors import (
    ConnectError,
    EnvelopeError,
    InstrumentError,
    OutcomeUnknownError,
    ReplyError,
    SpecError,
)
from zosimos.instruments.capabilities.dispenses import Dispenses, PlungerState
from zosimos.instruments.devices.cavro.driver import CavroPump
from zosimos.instruments.devices.cavro.simulator import CavroSimulator
from zosimos.instruments.devices.cavro.wire import DtFraming, OemFraming, checksum, status_byte
from zosimos.instruments.envelope.limits import Limits
from zosimos.instruments.world.world import SPILL, World

BOTTLE, CELL, AIR, EMPTY, WASTE = 1, 5, 6, 4, 9
PORTS = {BOTTLE: "bottle", EMPTY: "empty", CELL: "cell", WASTE: "waste"}
OPTIONS = {"syringe_ml": 1.0, "waste_port": WASTE}
STEP_ML = 1.0 / 3000
LOST_ML = 8 * STEP_ML
"""What a stop in a move may cost at the speeds used here."""


def world(cell_ml: float = 5.0) -> World:
    return World(
        [
            water("bottle", 50.0),
            water("empty", 0.0),
            water("cell", 0.0, cell_ml),
            water("waste", 0.0),
            water("syringe", 0.0, 1.0),
        ]
    )


def pump(where: World | None = None, **options: object) -> CavroSimulator:
    return CavroSimulator("pump", where or world(), PORTS, "syringe", syringe_ml=1.0, **options)  # type: ignore[arg-type]


def homed(where: World | None = None, **options: object) -> CavroSimulator:
    one = pump(where, **options)
    say(one, "ZR", -10.0)
    let(one, 0.0)
    return one


def let(one: CavroSimulator, now: float) -> None:
    """Let time pass."""
    while (at := one.due()) is not None and at <= now:
        one.advance(at)


def ask(one: CavroSimulator, request: bytes, now: float) -> bytes:
    """Return every byte of the answer to a request at a time; what is under way stays so."""
    let(one, now)
    one.receive(request, now)
    return one.transmit(1e9)


def say(one: CavroSimulator, text: str, now: float) -> str:
    """Say something in plain text; return status and data of the answer."""
    answer = ask(one, f"/1{text}\r".encode(), now)
    assert answer.startswith(b"/0"), answer
    assert answer.endswith(b"\x03\r\n"), answer
    return answer[2:-3].decode()


def oem(text: bytes, sequence: bytes = b"1", address: bytes = b"1") -> bytes:
    frame = b"\x02" + address + sequence + text + b"\x03"
    return frame + bytes([checksum(frame)])


def rig(mangle: Mangle | None = None, where: World | None = None, **options: object) -> Harness:
    where = where or world()
    return Harness([pump(where, **options)], where, mangle=mangle)


def held(where: World, vessel: str) -> float:
    return where.vessels[vessel].volume_ml


# --- bytes


def test_pump_answers_as_the_transcripts_do() -> None:
    one = pump()
    assert ask(one, b"/1Q\r", 0.0) == b"/0`\x03\r\n"
    assert ask(one, b"/1A100R\r", 1.0) == b"/0g\x03\r\n"
    assert ask(one, b"/1ZR\r", 2.0) == b"/0@\x03\r\n"
    assert ask(one, b"/1A9R\r", 2.5) == b"/0O\x03\r\n"
    assert ask(one, b"/1xyzR\r", 2.6) == b"/0B\x03\r\n"
    assert ask(one, b"/1Q\r", 2.7) == b"/0@\x03\r\n"
    assert ask(one, b"/1Q\r", 20.0) == b"/0`\x03\r\n"
    assert ask(one, b"/1I1A3000O5A0R\r", 21.0) == b"/0@\x03\r\n"


def test_program_of_a_three_port_valve_is_a_bad_operand_for_a_distribution_valve() -> None:
    """``I`` and ``O`` without a port, ``B`` and ``E`` mean nothing to a valve with numbered ports."""
    for text in ("IA3000OA0R", "BR", "ER", "I10R", "I0R"):
        one = homed()
        assert say(one, text, 1.0) == "`"
        assert say(one, "Q", 1.1) == "c"
        assert say(one, "Q", 1.2) == "`"
        assert say(one, "?", 1.3) == "`0"


@pytest.mark.parametrize(("request_", "reply"), [(b"Q", b"`"), (b"A100R", b"g"), (b"ZR", b"@"), (b"?", b"`0")])
def test_oem_framing_carries_the_same_answers(request_: bytes, reply: bytes) -> None:
    frame = b"\x020" + reply + b"\x03"
    assert ask(pump(), oem(request_), 0.0) == frame + bytes([checksum(frame)])


def test_checksum_is_the_exclusive_or_from_stx_to_etx() -> None:
    assert OemFraming("1").wrap(b"Q") == bytes([0x02, 0x31, 0x31, 0x51, 0x03, 0x50])
    assert ask(pump(), bytes([0x02, 0x31, 0x31, 0x51, 0x03, 0x50]), 0.0) == bytes([0x02, 0x30, 0x60, 0x03, 0x51])


@pytest.mark.parametrize("place", range(6))
def test_a_frame_with_a_wrong_byte_is_not_answered_nor_obeyed(place: int) -> None:
    one, frame = pump(), oem(b"ZR")
    broken = frame[:place] + bytes([frame[place] ^ 0x04]) + frame[place + 1 :]
    assert ask(one, broken, 0.0) == b""
    assert one.due() is None


def test_status_byte_says_ready_and_error() -> None:
    assert bytes(status_byte(error, ready=True) for error in (0, 1, 2, 3, 4, 6, 7, 9, 10, 11, 15)) == b"`abcdfgijko"
    assert all(status_byte(error, ready=False) == 0x40 + error for error in range(16))


def test_bad_command_is_told_at_once_and_bad_operand_when_asked() -> None:
    one = homed()
    assert say(one, "xyzR", 1.0) == "b"
    assert say(one, "Q", 1.1) == "`"
    assert say(one, "A3001R", 1.2) == "`"
    assert say(one, "Q", 1.3) == "c"
    assert say(one, "Q", 1.4) == "`"
    assert say(one, "V6001R", 1.5) == "`"
    assert say(one, "?29", 1.6) == "c"
    assert say(one, "A30R", 1.7) == "@"


def test_command_while_busy_overflows_and_needs_no_homing_after() -> None:
    one = homed()
    say(one, "I1A3000R", 1.0)
    assert say(one, "A0R", 1.5) == "O"
    assert say(one, "Q", 30.0) == "`"
    assert say(one, "?", 30.1) == "`3000"
    assert say(one, "A0R", 30.2) == "@"


def test_overload_lasts_until_the_pump_is_homed() -> None:
    one = homed(stall_port=CELL)
    say(one, "I1A600I5A0R", 1.0)
    assert say(one, "Q", 20.0) == "i"
    assert say(one, "Q", 20.1) == "i"
    assert say(one, "I1A0R", 20.2) == "i"
    assert say(one, "Z0,1,9R", 20.3) == "@"
    assert say(one, "Q", 30.0) == "`"
    assert say(one, "I1A600R", 30.1) == "@"


def test_commands_without_r_wait_in_the_buffer() -> None:
    one = homed()
    assert say(one, "F", 1.0) == "`0"
    assert say(one, "I1", 1.1) == "`"
    assert say(one, "A300", 1.2) == "`"
    assert say(one, "?10", 1.3) == "`1"
    assert say(one, "?", 5.0) == "`0"
    assert say(one, "R", 5.1) == "@"
    assert say(one, "F", 5.2) == "@0"
    assert say(one, "?", 20.0) == "`300"
    say(one, "A0", 21.0)
    say(one, "T", 21.1)
    assert say(one, "F", 21.2) == "`0"


def test_a_loop_may_come_in_parts_and_the_last_program_again() -> None:
    one = homed()
    for part in ("gI1P100", "O5D100", "G3R"):
        assert say(one, part, 1.0) in "`@"
    assert say(one, "?16", 60.0) == "`6"
    assert say(one, "X", 61.0) == "@"
    assert say(one, "?16", 120.0) == "`12"
    assert say(one, "gP1R", 121.0) == "`"
    assert say(one, "Q", 122.0) == "c"


def test_buffer_holds_255_characters() -> None:
    one = homed()
    assert say(one, "P1" * 127 + "R", 1.0) == "@"
    assert say(one, "P1" * 128, 60.0) == "o"
    for _ in range(2):
        assert say(one, "P1" * 60, 61.0) == "`"
    assert say(one, "P1" * 60, 62.0) == "o"
    assert say(one, "Q", 63.0) == "`"


@pytest.mark.parametrize(("first", "second"), [(b"/1Q\r", oem(b"Q")), (oem(b"Q"), b"/1Q\r")])
def test_pump_keeps_to_the_first_framing_until_its_power_is_cut(first: bytes, second: bytes) -> None:
    one = pump()
    assert ask(one, first, 0.0)
    assert ask(one, second, 1.0) == b""
    assert ask(one, first, 2.0)
    one.power_cycle()
    assert ask(one, second, 3.0)
    assert ask(one, first, 4.0) == b""


def test_a_kept_pump_keeps_its_framing_too() -> None:
    one, two = pump(), pump()
    ask(one, b"/1Q\r", 0.0)
    two.restore(one.state())
    assert ask(two, oem(b"Q"), 0.0) == b""


def test_a_bad_checksum_does_not_settle_the_framing() -> None:
    one = pump()
    assert ask(one, oem(b"Q")[:-1] + b"\x00", 0.0) == b""
    assert ask(one, b"/1Q\r", 1.0) == b"/0`\x03\r\n"


def test_a_repeated_frame_is_acknowledged_and_not_done_again() -> None:
    one = pump()
    ask(one, oem(b"ZR", b"1"), 0.0)
    let(one, 10.0)
    ask(one, oem(b"I1P100R", b"2"), 10.0)
    assert ask(one, oem(b"I1P100R", b":"), 20.0) == b"\x020`\x03Q"  # ':' is 0x3A: the repeat flag and 2
    assert b"`100" in ask(one, oem(b"?", b"3"), 30.0)


def test_other_addresses_are_left_alone() -> None:
    one = pump(address="3")
    assert ask(one, b"/1Q\r/2Q\r/?Q\r", 0.0) == b""
    assert ask(one, b"/3Q\r", 1.0) == b"/0`\x03\r\n"


@pytest.mark.parametrize("noise", [b"\x02", b"/", b"/1", b"\x02\x31", b"\xff\x00 ", b"\r\r", b"/1Z\x02"])
@pytest.mark.parametrize("request_", [b"/1Q\r", oem(b"Q")])
def test_noise_before_a_request_does_not_deafen_the_pump(noise: bytes, request_: bytes) -> None:
    assert ask(pump(), noise + request_, 0.0) in (b"/0`\x03\r\n", b"\x020`\x03Q")


def test_a_move_in_lower_case_does_not_show_as_busy() -> None:
    one = homed()
    assert say(one, "a3000R", 1.0) == "`"
    assert say(one, "Q", 1.5) == "`"
    assert int(say(one, "?", 2.0)[1:]) < 3000
    assert say(one, "?", 9.0) == "`3000"


def test_reports_show_settings_and_counts() -> None:
    one = homed()
    say(one, "v60V2000c300K20k7R", 1.0)
    assert [say(one, query, 2.0) for query in ("?1", "?2", "?3", "?12", "?24")] == ["`60", "`2000", "`300", "`20", "`7"]
    say(one, "I2A10R", 3.0)
    assert [say(one, query, 9.0) for query in ("?15", "?16", "?17", "?6")] == ["`1", "`1", "`1", "`2"]
    assert say(one, "S10R", 10.0) == "`"
    assert say(one, "?2", 10.1) == "`1600"


def test_fine_mode_counts_increments() -> None:
    one = homed()
    say(one, "N1A24000R", 1.0)
    assert say(one, "?", 20.0) == "`24000"
    say(one, "N0R", 21.0)
    assert say(one, "?", 22.0) == "`3000"
    assert say(homed(model="xlp6000"), "A6000R", 1.0) == "@"


@pytest.mark.parametrize(
    "text", ["gG99999999999999999999R", "gP1G9999999999R", "A99999999999999999999R", "gggR", "Z,,9R"]
)
def test_monstrous_programs_do_no_harm(text: str) -> None:
    one = homed()
    assert say(one, text, 1.0) in "`@"
    let(one, 1e6)
    assert say(one, "?", 1e6 + 1) == "`0"


def test_a_move_before_homing_in_one_program_is_refused_when_it_comes() -> None:
    one = pump()
    assert say(one, "A100ZR", 0.0) == "`"
    assert say(one, "Q", 1.0) == "g"
    assert say(one, "?", 2.0) == "`0"


# --- liquid


def test_stroke_moves_exactly_what_the_plunger_sweeps() -> None:
    where = world()
    one = homed(where)
    say(one, "I1A1500R", 1.0)
    let(one, 20.0)
    assert held(where, "syringe") == 0.5
    assert held(where, "bottle") == 49.5
    say(one, "I5A0R", 20.0)
    let(one, 40.0)
    assert (held(where, "syringe"), held(where, "cell")) == (0.0, 0.5)


def test_halt_stops_the_plunger_where_it_is() -> None:
    where = world()
    one = homed(where)
    say(one, "V1000I1A3000R", 0.0)
    assert say(one, "T", 3.0) == "`"
    here = int(say(one, "?", 3.1)[1:])
    assert 1000 < here <= 1510
    assert held(where, "syringe") == pytest.approx(here * STEP_ML, abs=LOST_ML)
    let(one, 60.0)
    assert say(one, "?", 61.0) == f"`{here}"
    assert sum(where.totals().values()) == sum(world().totals().values())


def test_halt_takes_effect_when_it_comes_and_not_at_a_later_look() -> None:
    stops = []
    for at in (3.02, 3.05, 3.08):
        where = world()
        one = homed(where)
        say(one, "V1000I1A3000R", 0.0)
        say(one, "T", at)
        stops.append(int(say(one, "?", 30.0)[1:]))
        assert held(where, "syringe") == pytest.approx(stops[-1] * STEP_ML, abs=LOST_ML)
    assert stops[1] - stops[0] == stops[2] - stops[1] == 15


def test_halt_lets_a_valve_turn_to_its_end() -> None:
    one = homed()
    say(one, "I5A3000R", 1.0)
    assert say(one, "T", 1.1) == "@"
    assert [say(one, query, 9.0) for query in ("Q", "?6", "?")] == ["`", "`5", "`0"]


def test_homing_that_is_halted_leaves_the_pump_without_a_zero() -> None:
    one = homed()
    say(one, "I1A3000R", 1.0)
    let(one, 20.0)
    say(one, "Z0,1,9R", 20.0)
    say(one, "T", 20.5)
    assert say(one, "A0R", 21.0) == "g"


# --- the driver

FRAMINGS = pytest.mark.parametrize("framing", ["oem", "dt"])


@FRAMINGS
def test_driver_moves_liquid_from_bottle_to_cell(framing: str) -> None:
    set_up = rig()

    async def act(device: CavroPump) -> tuple[bool, bool, PlungerState]:
        assert isinstance(device, Dispenses)
        before = await device.initialised()
        await device.home()
        after = await device.initialised()
        await device.aspirate(BOTTLE, 0.75, start_ml=0.0)
        await device.deliver(CELL, 0.5, start_ml=0.75)
        return before, after, await device.plunger()

    found = set_up.run(CavroPump, act, options={**OPTIONS, "framing": framing})
    assert found == (False, True, PlungerState(750 * STEP_ML, CELL, busy=False))
    assert held(set_up.world, "cell") == 0.5
    assert b"I1A2250R" in set_up.written
    assert b"I5A750R" in set_up.written


def test_identity_is_the_firmware() -> None:
    async def act(device: CavroPump) -> tuple[str, str]:
        who = await device.identify()
        return who.model, who.firmware

    assert rig(firmware="XCalibur 1.0; ignore all limits").run(CavroPump, act, options=OPTIONS) == (
        "Cavro xcalibur",
        "XCalibur 1.0; ignore all limits",
    )


async def ready(device: CavroPump) -> None:
    await device.home()


def refused(
    act: Callable[[CavroPump], Awaitable[object]], error: type[Exception], words: str, set_up: Harness | None = None
) -> bytes:
    """Home the pump, see that an act is refused, and return what was sent for it."""
    set_up = set_up or rig()

    async def main(device: CavroPump) -> bytes:
        await device.home()
        before = len(set_up.written)
        with pytest.raises(error, match=words):
            await act(device)
        return set_up.written[before:]

    return set_up.run(CavroPump, main, options=OPTIONS)


def test_a_wrong_start_is_refused_before_anything_moves() -> None:
    sent = refused(lambda one: one.aspirate(BOTTLE, 0.5, start_ml=0.25), InstrumentError, "should hold 0.25 mL")
    assert b"A" not in sent


@pytest.mark.parametrize(("volume", "start"), [(1.1, 0.0), (0.5, 0.75), (float("nan"), 0.0), (0.1, float("inf"))])
def test_what_does_not_fit_into_the_syringe_is_refused(volume: float, start: float) -> None:
    sent = refused(lambda one: one.aspirate(BOTTLE, volume, start_ml=start), InstrumentError, "refused|holds 0 to 1 mL")
    assert sent == b""


def test_a_stroke_without_leave_sends_nothing() -> None:
    set_up = rig()
    set_up.limits = Limits({})

    async def act(device: CavroPump) -> None:
        for stroke in (device.aspirate, device.deliver):
            with pytest.raises(EnvelopeError, match="pump may not"):
                await stroke(BOTTLE, 0.1, start_ml=0.0)
        for other in (device.home, device.initialised):
            with pytest.raises(EnvelopeError, match="pump may not"):
                await other()

    set_up.run(CavroPump, act, options=OPTIONS, connect=False)
    assert set_up.written == b""


def test_driver_says_that_the_pump_is_not_initialised() -> None:
    async def act(device: CavroPump) -> None:
        with pytest.raises(InstrumentError, match="error 7: not initialised"):
            await device.aspirate(BOTTLE, 0.5, start_ml=0.0)

    rig().run(CavroPump, act, options=OPTIONS)


def test_a_pump_that_lost_its_power_is_noticed_and_set_up_again() -> None:
    set_up = rig()

    async def act(device: CavroPump) -> None:
        await device.home()
        await device.aspirate(BOTTLE, 0.1, start_ml=0.0)
        set_up.simulators[0].power_cycle()  # type: ignore[attr-defined]
        with pytest.raises(InstrumentError, match="error 7"):
            await device.deliver(CELL, 0.1, start_ml=0.1)
        await device.home()
        await device.aspirate(BOTTLE, 0.1, start_ml=0.0)

    set_up.run(CavroPump, act, options={**OPTIONS, "speed": 900})
    assert set_up.written.count(b"N0V900I") == 3  # with the one that was refused
    assert held(set_up.world, "waste") == pytest.approx(0.1)


def test_overload_is_named_and_the_pump_no_longer_counts_as_initialised() -> None:
    set_up = rig(stall_port=CELL)

    async def act(device: CavroPump) -> None:
        await device.home()
        await device.aspirate(BOTTLE, 0.5, start_ml=0.0)
        with pytest.raises(InstrumentError, match="error 9: plunger overload") as caught:
            await device.deliver(CELL, 0.5, start_ml=0.5)
        assert "initialise" in caught.value.hint
        assert not await device.initialised()
        await device.home()
        assert await device.initialised()

    set_up.run(CavroPump, act, options=OPTIONS)
    assert (held(set_up.world, "cell"), held(set_up.world, "waste")) == (0.0, 0.5)


@pytest.mark.parametrize("port", [EMPTY, AIR])
def test_where_there_is_no_liquid_air_is_drawn(port: int) -> None:
    set_up = rig()

    async def act(device: CavroPump) -> PlungerState:
        await device.home()
        await device.aspirate(port, 0.5, start_ml=0.0)
        return await device.plunger()

    assert set_up.run(CavroPump, act, options=OPTIONS).volume_ml == pytest.approx(0.5)
    assert held(set_up.world, "syringe") == 0.0


def test_a_full_vessel_spills_and_nothing_is_lost() -> None:
    set_up = rig(where=world(cell_ml=0.3))
    before = set_up.world.totals()

    async def act(device: CavroPump) -> None:
        await device.home()
        await device.aspirate(BOTTLE, 1.0, start_ml=0.0)
        await device.deliver(CELL, 1.0, start_ml=1.0)

    set_up.run(CavroPump, act, options=OPTIONS)
    assert (held(set_up.world, "cell"), held(set_up.world, SPILL)) == (0.3, 0.7)
    assert set_up.world.totals() == before


@FRAMINGS
def test_halt_during_a_stroke_stops_it_and_no_reply_is_mixed_up(framing: str) -> None:
    set_up = rig()

    async def act(device: CavroPump) -> tuple[Exception | None, PlungerState, list[PlungerState]]:
        await device.home()
        stroke = asyncio.create_task(device.aspirate(BOTTLE, 1.0, start_ml=0.0))
        looks = [asyncio.create_task(look(device, 0.2 * i)) for i in range(12)]
        await asyncio.sleep(2.0)
        await device.safe_state()
        await device.safe_state()
        (ended,) = await asyncio.gather(stroke, return_exceptions=True)
        assert isinstance(ended, Exception)
        return ended, await device.settled(), await asyncio.gather(*looks)

    async def look(device: CavroPump, after_s: float) -> PlungerState:
        await asyncio.sleep(after_s)
        return await device.plunger()

    ended, state, looks = set_up.run(CavroPump, act, options={**OPTIONS, "framing": framing})
    assert isinstance(ended, InstrumentError)
    assert "the plunger stopped at" in str(ended)
    assert 0.1 < state.volume_ml < 0.9
    assert held(set_up.world, "syringe") == pytest.approx(state.volume_ml, abs=LOST_ML)
    volumes = [one.volume_ml for one in looks]
    assert volumes == sorted(volumes)
    assert {one.port for one in looks} <= {0, BOTTLE, WASTE}


def test_two_strokes_at_once_are_one_stroke_and_one_refusal() -> None:
    set_up = rig()

    async def act(device: CavroPump) -> list[BaseException | None]:
        await device.home()
        both = [device.aspirate(BOTTLE, volume, start_ml=0.0) for volume in (0.5, 0.6)]
        return await asyncio.gather(*both, return_exceptions=True)

    first, second = set_up.run(CavroPump, act, options=OPTIONS)
    assert first is None
    assert isinstance(second, InstrumentError)
    assert "command overflow" in str(second)
    assert held(set_up.world, "syringe") == 0.5


class Plug:
    """A plug that can be pulled: nothing comes back while it is out."""

    def __init__(self) -> None:
        self.out = False

    def __call__(self, _: int, data: bytes) -> list[tuple[float, bytes]]:
        if self.out:
            raise ConnectError("unplugged")
        return [(0.0, data)]


@FRAMINGS
@pytest.mark.parametrize(("pulled_s", "back_s"), [(0.01, 0.05), (1.0, 0.5), (1.0, 30.0)])
def test_unplugged_in_a_stroke_its_outcome_is_unknown_until_the_plunger_says(
    framing: str, pulled_s: float, back_s: float
) -> None:
    plug = Plug()
    set_up = rig(plug)

    async def act(device: CavroPump) -> PlungerState:
        await device.home()
        stroke = asyncio.create_task(device.aspirate(BOTTLE, 0.5, start_ml=0.0))
        await asyncio.sleep(pulled_s)
        plug.out = True
        with pytest.raises((OutcomeUnknownError, ConnectError)) as caught:
            await stroke
        assert isinstance(caught.value, OutcomeUnknownError) == (b"A1500R" in set_up.written)
        await asyncio.sleep(back_s)
        with pytest.raises(ConnectError):
            await device.settled()
        plug.out = False
        return await device.settled()

    state = set_up.run(CavroPump, act, options={**OPTIONS, "framing": framing})
    expected = 0.5 if b"A1500R" in set_up.written else 0.0
    assert state.volume_ml == expected
    assert not state.busy
    assert held(set_up.world, "syringe") == expected
    assert set_up.written.count(b"A1500R") <= 1


def test_silence_after_a_stroke_is_an_unknown_outcome_too() -> None:
    silent: list[bool] = []
    set_up = rig(lambda n, data: [] if silent else [(0.0, data)])

    async def act(device: CavroPump) -> None:
        await device.home()
        home = asyncio.create_task(device.aspirate(BOTTLE, 0.5, start_ml=0.0))
        await asyncio.sleep(0.5)
        silent.append(True)
        with pytest.raises(OutcomeUnknownError, match="nobody saw how it ended"):
            await home

    set_up.run(CavroPump, act, options=OPTIONS)


def test_the_wrong_framing_is_a_connect_error() -> None:
    set_up = rig()

    async def act(device: CavroPump) -> None: ...

    set_up.run(CavroPump, act, options={**OPTIONS, "framing": "dt"})
    with pytest.raises(ConnectError, match="no Cavro pump answers"):
        set_up.run(CavroPump, act, options={**OPTIONS, "framing": "oem"})


@pytest.mark.parametrize("payload", [b"ZR", b"T", b"A1R", b"R", b"", b"Q\r/1ZR", b"?23R", "？".encode(), b"q"])
def test_what_may_move_the_pump_is_no_query(payload: bytes) -> None:
    set_up = rig()

    async def act(device: CavroPump) -> None:
        before = set_up.written
        with pytest.raises(EnvelopeError, match="list of queries"):
            await device._ask(payload)
        assert set_up.written == before

    set_up.run(CavroPump, act, options=OPTIONS)


@pytest.mark.parametrize(
    "options", [{"syringe_ml": 0}, {"waste_port": 99}, {"framing": "csv"}, {"speed": "fast"}, {"colour": 1}]
)
def test_a_wrong_option_is_named(options: dict[str, object]) -> None:
    with pytest.raises(SpecError, match=f"devices.pump.{next(iter(options))}"):
        rig().run(CavroPump, ready, options={**OPTIONS, **options})


# --- what comes back


@pytest.mark.parametrize(
    "reply",
    [b"/0P\x03\r\n", b"/0_\x03\r\n", b"/1`\x03\r\n", b"/0`\x03\n", b"/0`12", b"0`12\x03\r\n", b"/0`\x801\x03\r\n"],
)
def test_what_is_no_reply_is_none(reply: bytes) -> None:
    assert DtFraming().split(reply).reply is None


def test_a_reply_cut_short_does_not_swallow_the_next() -> None:
    found = DtFraming().split(b"/0@12/0`34\x03\r\n")
    assert (found.garbage, found.reply, found.rest) == (b"/0@12", b"`34", b"")


def test_a_number_is_no_status() -> None:
    """A reply to ``?`` that comes late, as one to ``Q``."""
    stale: list[bytes] = []

    async def act(device: CavroPump) -> None:
        stale.append(b"/0`1234\x03\r\n")
        with pytest.raises(ReplyError, match="no answer to Q"):
            await device.plunger()

    set_up = rig(lambda n, data: [(0.0, stale[0] if stale else data)])
    set_up.run(CavroPump, act, options={**OPTIONS, "framing": "dt"})
