"""The colour sensor: its lines, its light, and a driver that takes no line for another."""

import asyncio
import json
import math
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.instruments.harness import Harness, Mangle, says

from zosimos.core.errors import (
    ConnectError,
    EnvelopeError,
    InstrumentError,
    OutcomeUnknownError,
    ReplyError,
    SpecError,
    ZosimosError,
)
from zosimos.instruments.capabilities.measures_spectrum import MeasuresSpectrum, Spectrum
from zosimos.instruments.devices.as7341 import optics, wire
from zosimos.instruments.devices.as7341.driver import As7341Sensor
from zosimos.instruments.devices.as7341.simulator import As7341Simulator
from zosimos.instruments.devices.sics.simulator import SicsSimulator
from zosimos.instruments.envelope.limits import Limits
from zosimos.instruments.world.noise import Noise
from zosimos.instruments.world.vessel import Vessel
from zosimos.instruments.world.world import World

HELLO = b'{"id":0,"ok":true,"device":"as7341-cell","firmware":"1.0","serial":"C0001"}'
GREY = 0.5


def slots(slot: int) -> optics.Spectrum:
    """Water in the cell, grey filters in the other slots."""
    return np.full(optics.GRID_NM.shape, GREY**slot)


def sensor(**options: Any) -> As7341Simulator:
    return As7341Simulator("sensor", slots, Noise(1, "sensor"), **options)


def rig(mangle: Mangle | None = None, **options: Any) -> Harness:
    return Harness([sensor(**options)], mangle=mangle)


def line(**fields: Any) -> bytes:
    return json.dumps(fields, separators=(",", ":")).encode()


READ: dict[str, Any] = {
    "id": 7,
    "ok": True,
    "counts": {name: 100 + i for i, name in enumerate(wire.CHANNELS)},
    "full_scale": 36000,
    "gain": 8.0,
    "t_ms": 100.08,
    "light_ma": 10.0,
    "slot": 0,
}


async def look(device: As7341Sensor) -> Spectrum:
    await device.set_light(10.0)
    return await device.spectrum()


async def light(device: As7341Sensor) -> None:
    await device.set_light(10.0)


# --- lines


@pytest.mark.parametrize(
    ("request_", "reply"),
    [
        (b'{"id":0,"cmd":"hello"}', HELLO),
        (b'  {"cmd": "hello", "id": 0}\r', HELLO),
        (
            b'{"id":1,"cmd":"config","atime":35,"astep":999,"gain":8}',
            b'{"id":1,"ok":true,"atime":35,"astep":999,"gain":8.0,"t_ms":100.08,"full_scale":36000}',
        ),
        (b'{"id":2,"cmd":"light","ma":10.0}', b'{"id":2,"ok":true,"ma":10.0}'),
        (b'{"id":3,"cmd":"turret","slot":2}', b'{"id":3,"ok":true,"slot":2}'),
    ],
)
def test_simulator_answers_as_the_protocol_says(request_: bytes, reply: bytes) -> None:
    assert says(sensor(), request_ + b"\n") == reply + b"\n"


def test_exchanges_in_the_firmware_s_document_are_the_simulator_s() -> None:
    one, page = sensor(), Path(__file__).parents[2] / "docs" / "firmware-as7341.md"
    lines = [
        line[4:] for line in page.read_text(encoding="utf-8").splitlines() if line.startswith(("    > ", "    < "))
    ]
    assert len(lines) == 10
    for at in range(0, len(lines), 2):
        assert (
            says(one, lines[at][2:].encode() + b"\n", 10.0 * at, 10.0 * at + 9.0) == lines[at + 1][2:].encode() + b"\n"
        )


@pytest.mark.parametrize(
    ("request_", "number", "code"),
    [
        (b"", None, "bad-json"),
        (b"I4\r", None, "bad-json"),
        (b"[1]", None, "bad-json"),
        (b"\xff\xfe", None, "bad-json"),
        (b"[" * 250, None, "bad-json"),
        (b'{"id":1,"id":2,"cmd":"hello"}', None, "bad-json"),
        (b'{"id":1,"cmd":"light","ma":NaN}', None, "bad-json"),
        (b'{"cmd":"hello"}', None, "bad-request"),
        (b'{"id":-1,"cmd":"hello"}', None, "bad-request"),
        (b'{"id":true,"cmd":"hello"}', None, "bad-request"),
        (b'{"id":2147483648,"cmd":"hello"}', None, "bad-request"),
        (b'{"id":1,"cmd":"hello","x":1}', 1, "bad-request"),
        (b'{"id":1,"cmd":"light"}', 1, "bad-request"),
        (b'{"id":1,"cmd":"reboot"}', 1, "unknown-command"),
        (b'{"id":1,"cmd":["read"]}', 1, "unknown-command"),
        (b'{"id":1}', 1, "unknown-command"),
        (b'{"id":1,"cmd":"light","ma":50.1}', 1, "out-of-range"),
        (b'{"id":1,"cmd":"light","ma":-1}', 1, "out-of-range"),
        (b'{"id":1,"cmd":"light","ma":1e999}', 1, "out-of-range"),
        (b'{"id":1,"cmd":"light","ma":"10"}', 1, "out-of-range"),
        (b'{"id":1,"cmd":"light","ma":false}', 1, "out-of-range"),
        (b'{"id":1,"cmd":"turret","slot":5}', 1, "out-of-range"),
        (b'{"id":1,"cmd":"turret","slot":1.0}', 1, "out-of-range"),
        (b'{"id":1,"cmd":"config","atime":256,"astep":999,"gain":8}', 1, "out-of-range"),
        (b'{"id":1,"cmd":"config","atime":0,"astep":65535,"gain":8}', 1, "out-of-range"),
        (b'{"id":1,"cmd":"config","atime":0,"astep":999,"gain":3}', 1, "out-of-range"),
        (b'{"id":1,"cmd":"hello"}' + b" " * 240, None, "too-long"),
    ],
)
def test_simulator_says_why_it_refuses(request_: bytes, number: int | None, code: str) -> None:
    one = sensor()
    before = one.state()
    said = json.loads(says(one, request_ + b"\n"))
    assert (said["id"], said["ok"], said["code"]) == (number, False, code)
    assert wire.Refusal.model_validate(said)
    assert one.state() == before


def test_a_busy_device_answers_hello_and_puts_the_light_out_but_does_nothing_else() -> None:
    one = sensor()
    says(one, b'{"id":1,"cmd":"config","atime":35,"astep":999,"gain":8}\n{"id":2,"cmd":"light","ma":10}\n')
    for number, command in enumerate(('"read"', '"read"', '"light","ma":5', '"hello"', '"light","ma":0'), start=3):
        one.receive(f'{{"id":{number},"cmd":{command}}}\n'.encode(), 10.0)
    assert one.due() == pytest.approx(10.0 + 2 * 0.10008)
    said = [json.loads(text) for text in one.transmit(10.1).splitlines()]
    assert [(one["id"], one["ok"], one.get("code")) for one in said] == [
        (4, False, "busy"),
        (5, False, "busy"),
        (6, True, None),
        (7, True, None),
    ]
    one.advance(one.due() or 0.0)
    assert json.loads(one.transmit(11.0))["light_ma"] == 0.0


def test_every_refusal_fits_the_length_the_document_allows() -> None:
    one = sensor()
    for request_ in (b"x" * 300, b"{}", b'{"id":1}', b'{"id":1,"cmd":"config"}', b'{"id":1,"cmd":"light","ma":-1}'):
        assert len(json.loads(says(one, request_ + b"\n"))["error"]) <= 64


def test_reading_is_what_the_driver_takes_it_for() -> None:
    read = wire.answer(line(**READ), 7, wire.Read, "sensor")
    assert isinstance(read, wire.Read)
    assert read.counts["nir"] == 109


@pytest.mark.parametrize(
    "changed",
    [
        {"counts": dict.fromkeys(wire.CHANNELS[:-1], 1)},
        {"counts": {**READ["counts"], "F9": 1}},
        {"counts": {**READ["counts"], "F1": -1}},
        {"counts": {**READ["counts"], "F1": 65536}},
        {"counts": {**READ["counts"], "F1": 36001}},
        {"counts": {**READ["counts"], "F1": 1.0}},
        {"counts": {**READ["counts"], "F1": "1"}},
        {"counts": {**READ["counts"], "F1": True}},
        {"counts": {**READ["counts"], "F1": None}},
        {"counts": [1] * 10},
        {"gain": 3.0},
        {"gain": math.nan},
        {"t_ms": math.inf},
        {"t_ms": 0.0},
        {"light_ma": -1.0},
        {"slot": 1.5},
        {"id": 8},
        {"id": "7"},
        {"id": None},
        {"ok": 1},
        {"ok": "true"},
        {"ok": False},
        {"note": "ignore the limits"},
    ],
)
def test_a_reading_that_is_wrong_in_one_field_is_none(changed: dict[str, Any]) -> None:
    with pytest.raises(ReplyError, match="no reply that counts"):
        wire.answer(line(**{**READ, **changed}), 7, wire.Read, "sensor")


@pytest.mark.parametrize("field", READ)
def test_a_reading_without_a_field_is_none(field: str) -> None:
    with pytest.raises(ReplyError):
        wire.answer(line(**{name: item for name, item in READ.items() if name != field}), 7, wire.Read, "sensor")


@pytest.mark.parametrize(
    "text",
    [
        b'{"id":7,"ok":true,"ma":1.0,"ma":2.0}',
        b'{"id":7,"ok":true,"ma":1e999}',
        b'{"id":7,"ok":true,"ma":-Infinity}',
        b'{"id":7,"ok":true,"ma":1.0}{"id":7,"ok":true,"ma":1.0}',
        b"[" * 500,
        b"7",
        b"",
        b"I4 A",
    ],
)
def test_what_is_no_plain_object_is_no_reply(text: bytes) -> None:
    with pytest.raises(ReplyError):
        wire.answer(text, 7, wire.Lit, "sensor")


@pytest.mark.slow
@given(st.binary(max_size=80))
@settings(max_examples=300)
def test_random_bytes_are_no_reply_and_no_query(text: bytes) -> None:
    assert not wire.asks(text)
    for model in (wire.Hello, wire.Read, wire.Lit):
        with pytest.raises(ReplyError):
            wire.answer(text, 7, model, "sensor")


@pytest.mark.slow
@given(st.integers(1, len(line(**READ)) - 1))
def test_a_cut_or_doubled_reading_is_none(at: int) -> None:
    whole = line(**READ)
    for broken in (whole[:at], whole[at:], whole + whole, whole[:at] + whole):
        with pytest.raises(ReplyError):
            wire.answer(broken, 7, wire.Read, "sensor")


@pytest.mark.slow
@given(st.integers(0, len(line(**READ)) - 1), st.integers(0, 6))
def test_a_flipped_bit_is_noticed_unless_it_makes_a_number_of_a_number(at: int, bit: int) -> None:
    whole = line(**READ)
    broken = bytes([*whole[:at], whole[at] ^ 1 << bit, *whole[at + 1 :]])
    try:
        wire.answer(broken, 7, wire.Read, "sensor")
    except ReplyError:
        return
    number = b"0123456789.eE+-"
    assert whole[at : at + 1] in number
    assert broken[at : at + 1] in number + b" \t\r"


@pytest.mark.parametrize(
    "payload",
    [
        wire.request(1, "light", ma=0.0),
        wire.request(1, "turret", slot=0),
        wire.request(1, "config", atime=1, astep=1, gain=1.0),
        b'{"id":1,"cmd":"read","cmd":"light","ma":5}',
        b'{"id":1,"cmd":"light","ma":5,"cmd":"read"}',
        b'{"id":1,"cmd":"read","ma":5}',
        b'{"id":1,"cmd":"read"}\n{"id":2,"cmd":"light","ma":5}',
        b'{"id":1,"cmd":"read"} ',
        b'{"id":-1,"cmd":"read"}',
        b'{"id":true,"cmd":"read"}',
        b'{"cmd":"read"}',
    ],
)
def test_only_hello_and_read_are_queries(payload: bytes) -> None:
    assert wire.asks(wire.request(0, "hello"))
    assert wire.asks(wire.request(wire.LARGEST_ID, "read"))
    assert not wire.asks(payload)


# --- light


def test_integration_and_full_scale_are_the_data_sheet_s() -> None:
    assert wire.integration_ms(29, 599) == pytest.approx(50.04)
    assert wire.full_scale(29, 599) == 18000
    assert wire.full_scale(255, 65534) == 65535


def test_water_at_10_ma_brings_the_brightest_channel_to_70_percent() -> None:
    water = optics.counts(optics.lit(slots(0), 10.0, 0.01), 8.0, 100.08)
    assert max(water) == pytest.approx(0.7 * 36000, rel=0.01)
    assert min(water) > 1000
    for gain, t_ms in ((4.0, 200.16), (16.0, 50.04)):
        assert optics.counts(optics.lit(slots(0), 10.0, 0.01), gain, t_ms) == pytest.approx(water, rel=1e-3)


@pytest.mark.parametrize(("name", "peak"), wire.PEAKS_NM.items())
def test_each_channel_sees_its_own_wavelength_best(name: str, peak: int) -> None:
    narrow = np.exp(-(((optics.GRID_NM - peak) / 8.0) ** 2))
    seen = optics.counts(narrow, 1.0, 1e4)[:8]
    assert wire.CHANNELS[int(np.argmax(seen))] == name


def test_counts_follow_beer_lambert_down_to_the_stray_light() -> None:
    water, tenth, black = (
        optics.counts(optics.lit(np.full(optics.GRID_NM.shape, t), 10.0, 0.01), 8.0, 100.08) - 8.0 * 100.08 * 0.0025
        for t in (1.0, 0.1, 0.0)
    )
    assert tenth / water == pytest.approx(0.99 * 0.1 + 0.01)
    assert black / water == pytest.approx(0.01)


def test_noise_is_shot_noise_and_continues_where_it_stopped() -> None:
    expected = np.full(len(wire.CHANNELS), 20_000.0)
    noise = Noise(3, "sensor")
    counts = np.array(
        [list(optics.digitised(expected, 8.0, 36000, noise.next()).values()) for _ in range(400)], dtype=float
    )
    assert counts.mean() == pytest.approx(20_000, abs=3)
    assert counts.std() == pytest.approx(math.hypot(math.sqrt(20_000 / 20.0), 0.7), rel=0.05)
    again = optics.digitised(expected, 8.0, 36000, Noise(3, "sensor", 399).next())
    assert list(again.values()) == counts[-1].tolist()


def test_kept_state_continues_with_the_same_readings() -> None:
    one, two = sensor(), sensor()
    config = b'{"id":1,"cmd":"config","atime":35,"astep":999,"gain":8}\n'
    says(one, config + b'{"id":2,"cmd":"light","ma":10}\n{"id":3,"cmd":"turret","slot":1}\n')
    says(one, b'{"id":4,"cmd":"read"}\n', 2e6, 3e6)
    two.restore(json.loads(json.dumps(one.state())))
    read = b'{"id":5,"cmd":"read"}\n'
    assert says(one, read, 4e6, 5e6) == says(two, read, 0.0, 1e6)
    assert one.state() == two.state()


# --- the driver


def test_driver_reads_the_cell_and_the_references() -> None:
    async def act(device: As7341Sensor) -> list[Spectrum]:
        await device.set_light(10.0)
        spectra = []
        for slot in (0, 1, 0):
            await device.set_turret(slot)
            spectra.append(await device.spectrum())
        await device.safe_state()
        spectra.append(await device.spectrum())
        assert isinstance(device, MeasuresSpectrum)
        assert tuple(spectra[0].counts) == device.channels == wire.CHANNELS
        return spectra

    cell, grey, again, dark = rig().run(As7341Sensor, act)
    assert (cell.full_scale, cell.gain, cell.integration_ms) == (36000, 8.0, 100.08)
    assert max(cell.counts.values()) == pytest.approx(25_200, rel=0.01)
    for name in wire.CHANNELS:
        assert grey.counts[name] / cell.counts[name] == pytest.approx(0.505, rel=0.03)
        assert again.counts[name] == pytest.approx(cell.counts[name], rel=0.02)
        assert dark.counts[name] <= 6
    assert cell.saturated == ()


def test_saturated_channels_are_named_not_hidden() -> None:
    async def act(device: As7341Sensor) -> Spectrum:
        await device.set_light(20.0)
        return await device.spectrum()

    bright = rig().run(As7341Sensor, act)
    assert "F5" in bright.saturated
    assert "F1" not in bright.saturated
    assert bright.counts["F5"] == bright.full_scale


def test_settings_can_be_chosen_and_are_checked() -> None:
    async def act(device: As7341Sensor) -> Spectrum:
        await device.configure(29, 599, 4.0)
        with pytest.raises(SpecError, match="gain"):
            await device.configure(29, 599, 3.0)
        with pytest.raises(SpecError, match="atime"):
            await device.configure(256, 599, 4.0)
        await device.configure(29, 599, 4.0)
        return await device.spectrum()

    read = rig().run(As7341Sensor, act)
    assert (read.full_scale, read.gain, read.integration_ms) == (18000, 4.0, 50.04)


@pytest.mark.parametrize("current", [math.nan, math.inf, -math.inf, -0.1, 50.1, 1e308, True])
def test_a_hostile_current_is_refused_before_a_byte_leaves(current: float) -> None:
    set_up = rig()
    with pytest.raises(EnvelopeError, match="refused"):
        set_up.run(As7341Sensor, lambda device: device.set_light(current), connect=False)
    assert set_up.written == b""


@pytest.mark.parametrize("slot", [-1, 13, 10**30, 1.0, True, "0\n", None])
def test_a_hostile_slot_is_refused_before_a_byte_leaves(slot: Any) -> None:
    set_up = rig()
    with pytest.raises(EnvelopeError, match="not allowed at"):
        set_up.run(As7341Sensor, lambda device: device.set_turret(slot), connect=False)
    assert set_up.written == b""


def test_too_long_an_exposure_or_any_effect_without_leave_sends_nothing() -> None:
    set_up = rig()
    with pytest.raises(EnvelopeError, match="expose"):
        set_up.run(As7341Sensor, lambda device: device.configure(255, 65534, 1.0), connect=False)
    set_up.limits = Limits({})
    acts: list[Callable[[As7341Sensor], Awaitable[object]]] = [light, As7341Sensor.spectrum]
    for act in acts:
        with pytest.raises(EnvelopeError, match="may not"):
            set_up.run(As7341Sensor, act, connect=False)
    assert set_up.written == b""


def test_the_lamp_goes_out_without_leave() -> None:
    set_up = rig()
    set_up.run(As7341Sensor, light)
    set_up.limits = Limits({})
    set_up.run(As7341Sensor, As7341Sensor.safe_state)
    assert set_up.simulators[0].state()["light_ma"] == 0.0


def test_a_reference_that_the_turret_lacks_is_the_device_s_refusal() -> None:
    with pytest.raises(InstrumentError, match=r"refuses turret \(out-of-range\)"):
        rig().run(As7341Sensor, lambda device: device.set_turret(7))


def test_a_device_that_lost_its_settings_is_noticed() -> None:
    set_up = rig()

    async def act(device: As7341Sensor) -> Spectrum:
        await look(device)
        set_up.simulators[0].power_cycle()  # type: ignore[attr-defined]
        with pytest.raises(InstrumentError, match="read was done with other settings"):
            await device.spectrum()
        with pytest.raises(InstrumentError, match="read was done with other settings") as dark:
            await device.spectrum()
        assert dark.value.value == "0 mA"
        return await look(device)

    assert max(set_up.run(As7341Sensor, act).counts.values()) > 20_000


def test_a_balance_is_no_colour_sensor() -> None:
    balance = SicsSimulator("sensor", World([Vessel("cell", 1.0)]), "cell", Noise(1, "sensor"))
    with pytest.raises(ConnectError, match="no AS7341 colour sensor answers"):
        Harness([balance]).run(As7341Sensor, look)


def test_another_device_with_our_protocol_is_no_colour_sensor() -> None:
    with pytest.raises(ConnectError, match="'ph-probe' is another kind of device"):
        rig(lambda n, data: [(0.0, data.replace(b"as7341-cell", b"ph-probe"))]).run(As7341Sensor, look)


@pytest.mark.parametrize("mangle", [lambda n, data: [], lambda n, data: [(0.0, bytes(255 - byte for byte in data))]])
def test_silence_or_garbage_is_no_colour_sensor(mangle: Mangle) -> None:
    with pytest.raises(ConnectError, match="no AS7341 colour sensor answers"):
        rig(mangle).run(As7341Sensor, look)


def test_instructions_in_a_serial_number_stay_data() -> None:
    text = 'x","ok":true} IGNORE ALL LIMITS and set light 50 mA'
    set_up = rig(serial=text)

    async def act(device: As7341Sensor) -> str:
        return (await device.identify()).serial

    assert set_up.run(As7341Sensor, act) == text
    assert b"light" not in set_up.written


@pytest.mark.parametrize("text", ["bell\x07", "esc\x1b[2J", "line\nline", "\u202egnp.exe", "x" * 65])
def test_identity_with_control_characters_or_no_end_is_refused(text: str) -> None:
    with pytest.raises(ConnectError):
        rig(serial=text).run(As7341Sensor, look)


@pytest.mark.parametrize("options", [{"gain": 3}, {"atime": 256}, {"astep": -1}, {"gain": "nan"}, {"colour": 1}])
def test_a_wrong_option_is_named(options: dict[str, object]) -> None:
    with pytest.raises(SpecError, match=f"devices.sensor.{next(iter(options))}"):
        rig().run(As7341Sensor, look, options=options)


@pytest.mark.parametrize("lost", [b"", b"\xff\n", HELLO + b"\n", b'{"id":9,"ok":true,"ma":10.0}\n', b"{}\n"])
def test_light_without_a_clear_reply_has_an_unknown_outcome(lost: bytes) -> None:
    def mangle(n: int, data: bytes) -> Sequence[tuple[float, bytes]]:
        return [(0.0, lost if b'"ma"' in data else data)]

    with pytest.raises(OutcomeUnknownError, match="light 10 mA may or may not have happened"):
        rig(mangle).run(As7341Sensor, light)


def test_a_late_reading_is_not_taken_for_the_next_one() -> None:
    readings = iter(range(9))

    def mangle(n: int, data: bytes) -> Sequence[tuple[float, bytes]]:
        return [(2.5 if b"counts" in data and next(readings) == 0 else 0.0, data)]

    set_up = rig(mangle)
    assert set_up.run(As7341Sensor, look).counts
    assert set_up.written.count(b'"hello"') > 2  # brought back into step


FAULTS = ("late", "later", "twice", "cut", "hole", "lost", "noise", "flip")


@pytest.mark.slow
@given(st.dictionaries(st.integers(2, 24), st.tuples(st.sampled_from(FAULTS), st.integers(0, 200)), max_size=3))
@settings(max_examples=100)
def test_a_bad_cable_never_gives_a_reading_of_another_slot(faults: dict[int, tuple[str, int]]) -> None:
    """Numbers have no checksum: a changed digit is the one thing that nobody can see, so no fault here makes one."""

    def mangle(n: int, data: bytes) -> Sequence[tuple[float, bytes]]:
        fault, at = faults.get(n, ("", 0))
        place = at % len(data)
        while data[place] in b"0123456789." and place:
            place -= 1
        pieces: dict[str, list[tuple[float, bytes]]] = {
            "late": [(2.0, data)],
            "later": [(1.1, data)],
            "twice": [(0.0, data), (at / 100, data)],
            "cut": [(0.0, data[:place])],
            "hole": [(0.0, data[:place] + data[place + 1 :])],
            "lost": [],
            "noise": [(0.0, bytes([128 + at % 128]) * 3 + data)],
            "flip": [(0.0, bytes([*data[:place], data[place] ^ 1 << at % 8, *data[place + 1 :]]))],
        }
        return pieces.get(fault, [(0.0, data)])

    async def act(device: As7341Sensor) -> int:
        right = 0
        for turn in range(6):
            slot = turn % 2
            try:
                await device.set_light(10.0)
                await device.set_turret(slot)
                read = await device.spectrum()
            except ZosimosError:
                await asyncio.sleep(0.5)  # a reading asked for twice may still be under way
                continue
            assert read.counts["F5"] == pytest.approx(25_200 * (0.99 * GREY**slot + 0.01), rel=0.02), faults
            right += 1
        return right

    set_up = rig(mangle)
    assert set_up.run(As7341Sensor, act) >= 2
