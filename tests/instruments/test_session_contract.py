"""The session contract: on every opening of a port the same device answers, set as its driver needs it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.instruments.harness import WIDE, Harness, water

from zosimos.core.clock import Clock, run
from zosimos.core.errors import ConnectError, EnvelopeError, InstrumentError, OutcomeUnknownError, ReplyError
from zosimos.instruments.capabilities.dispenses import DELIVER
from zosimos.instruments.capabilities.measures_spectrum import LIGHT
from zosimos.instruments.devices.as7341.driver import As7341Sensor
from zosimos.instruments.devices.as7341.optics import GRID_NM
from zosimos.instruments.devices.as7341.simulator import As7341Simulator
from zosimos.instruments.devices.cavro.driver import CavroPump
from zosimos.instruments.devices.cavro.simulator import CavroSimulator
from zosimos.instruments.devices.cavro.wire import OemFraming, described
from zosimos.instruments.devices.sics.driver import SicsBalance
from zosimos.instruments.devices.sics.simulator import SicsSimulator
from zosimos.instruments.envelope.effect import Effect
from zosimos.instruments.envelope.envelope import Envelope
from zosimos.instruments.envelope.limits import Limit, Limits
from zosimos.instruments.identity import Identity
from zosimos.instruments.instrument import Instrument, Wiring
from zosimos.instruments.rig import Rig
from zosimos.instruments.wire.framing import Lines
from zosimos.instruments.wire.link import LinkProfile, Sentinel
from zosimos.instruments.wire.port import Port, SimPort
from zosimos.instruments.wire.unasked import Unasked
from zosimos.instruments.world.noise import Noise
from zosimos.instruments.world.world import World

OPTIONS = {"syringe_ml": 1.0, "waste_port": 9}


class Plugs:
    """Ports of a rig that can be pulled out and put into another device."""

    def __init__(self, rig: Rig, device: str) -> None:
        self.rig, self.device, self.written, self.opened = rig, device, list[bytes](), 0
        self._out = False

    def pull(self, into: str | None = None) -> None:
        self._out, self.device = True, into or self.device

    async def open(self) -> Port:
        self.opened += 1
        self._out = False
        self._port = SimPort(self.rig, self.device)
        return self

    async def write(self, data: bytes) -> None:
        if self._out:
            raise ConnectError("the port is gone")
        self.written.append(data)
        await self._port.write(data)

    async def read(self, deadline: float) -> bytes:
        if self._out:
            raise ConnectError("the port is gone")
        return await self._port.read(deadline)

    async def close(self) -> None: ...


def with_balances(act: Callable[[SicsBalance, Plugs], Awaitable[None]]) -> None:
    """Give a driver on the first of two balances to ``act``."""
    world = World([water("light", 1.0), water("heavy", 50.0)])

    async def main(_: Clock) -> None:
        sims = [
            SicsSimulator(name, world, cell, Noise(1, name), serial=serial)
            for name, cell, serial in (("a", "light", "B001"), ("b", "heavy", "B002"))
        ]
        plugs = Plugs(Rig(world, sims, asyncio.get_running_loop().time), "a")
        device = SicsBalance(Wiring("balance", plugs.open, Envelope(Limits({"balance": WIDE}))))
        try:
            await act(device, plugs)
        finally:
            await device.close()

    run(main, "virtual")


# --- identify


@pytest.mark.parametrize("turn", range(1, 6))
def test_another_balance_is_refused_at_any_opening_before_anything_else_is_said(turn: int) -> None:
    async def act(device: SicsBalance, plugs: Plugs) -> None:
        assert (await device.connect()).serial == "B001"
        for _ in range(turn - 1):
            plugs.pull()
            with pytest.raises(ConnectError):
                await device.weigh()
            await device.weigh()
        plugs.pull(into="b")
        with pytest.raises(ConnectError):
            await device.weigh()
        plugs.written.clear()
        for read in (device.weigh, device.tare, device.connect):
            with pytest.raises(ConnectError, match="another device answers than before") as caught:
                await read()
            assert "B002" in str(caught.value.value)
            assert "B001" in str(caught.value.allowed)
        assert set(plugs.written) <= {b"I4\r\n", b"I2\r\n", b"I3\r\n"}
        plugs.pull(into="a")
        assert (await device.weigh()).value_g < 30.0

    with_balances(act)


def test_an_identity_that_was_damaged_on_the_wire_is_asked_for_again() -> None:
    replies = [0]

    def mangle(_: int, data: bytes) -> Sequence[tuple[float, bytes]]:
        replies[0] += data.startswith(b"I3")
        return [(0.0, data.replace(b"1.00", b"1.08") if replies[0] == 3 and data.startswith(b"I3") else data)]

    world = World([water("cell", 1.0)])

    async def act(device: SicsBalance) -> str:
        assert replies[0] == 2  # the sentinel, and the first time it was asked who it is
        return (await device.connect()).firmware

    set_up = Harness([SicsSimulator("balance", world, "cell", Noise(1, "balance"))], world, mangle=mangle)
    assert set_up.run(SicsBalance, act) == "1.00"
    assert replies[0] == 4


def test_the_contract_runs_once_for_each_opening_however_many_ask_at_once() -> None:
    async def act(device: SicsBalance, plugs: Plugs) -> None:
        await asyncio.gather(*[device.weigh() for _ in range(4)])
        assert plugs.written.count(b"I2\r\n") == 1
        plugs.pull()
        await asyncio.gather(*[device.weigh() for _ in range(4)], return_exceptions=True)
        await device.weigh()
        assert plugs.opened == 2
        assert plugs.written.count(b"I2\r\n") == 2

    with_balances(act)


# --- normalise and make ready: the pump


def pump_world() -> World:
    names = ("bottle", "cell", "waste")
    return World([*(water(name, 50.0 if name == "bottle" else 0.0) for name in names), water("syringe", 0.0, 5.0)])


def pump(where: World, **options: object) -> CavroSimulator:
    ports = {1: "bottle", 5: "cell", 9: "waste"}
    return CavroSimulator("pump", where, ports, "syringe", **{"syringe_ml": 1.0, **options})  # type: ignore[arg-type]


def by_another(one: CavroSimulator, command: bytes, now: float) -> None:
    """Say something to a pump as another program does."""
    one.receive(OemFraming("1").wrap(command), now)
    one.transmit(1e9)


@pytest.mark.parametrize("mode", [b"N1R", b"N2R", b"N1V20R"])
def test_a_step_mode_that_another_program_left_changes_no_volume(mode: bytes) -> None:
    where = pump_world()
    one = pump(where)

    async def act(device: CavroPump) -> None:
        now = asyncio.get_running_loop().time
        await device.home()
        by_another(one, mode, now())
        await device.aspirate(1, 0.8, start_ml=0.0)
        by_another(one, mode, now())
        with pytest.raises(InstrumentError, match="or changed its step mode"):
            await device.deliver(5, 0.8, start_ml=0.8)
        assert (await device.settled()).volume_ml == pytest.approx(0.8)
        await device.deliver(5, 0.8, start_ml=0.8)

    Harness([one], where).run(CavroPump, act, options=OPTIONS)
    assert where.vessels["cell"].volume_ml == pytest.approx(0.8)


def test_a_pump_in_fine_mode_says_at_once_what_its_syringe_holds() -> None:
    where = pump_world()
    one = pump(where)
    for command, now in ((b"ZR", -60.0), (b"I1A300R", -40.0), (b"N1R", -20.0)):
        while (at := one.due()) is not None and at <= now:
            one.advance(at)
        by_another(one, command, now)

    async def act(device: CavroPump) -> float:
        return (await device.plunger()).volume_ml

    assert Harness([one], where).run(CavroPump, act, options=OPTIONS) == pytest.approx(0.1)


def test_a_pump_without_leave_to_home_is_not_set_up_behind_the_limits_back() -> None:
    where = pump_world()
    limits = Limits({"pump": {DELIVER: Limit(frozenset({"5"}), 0.0, 1.0)}})
    set_up = Harness([pump(where)], where, limits=limits)

    async def act(device: CavroPump) -> None:
        with pytest.raises(EnvelopeError, match="pump may not home"):
            await device.connect()

    set_up.run(CavroPump, act, options=OPTIONS, connect=False)
    assert b"N0" not in set_up.written


def test_a_pump_that_is_still_moving_is_set_up_when_it_rests_and_can_be_stopped_before() -> None:
    where = pump_world()
    one = pump(where)
    set_up = Harness([one], where)

    async def act(device: CavroPump) -> None:
        await device.home()
        device._link.renew()
        by_another(one, b"I1A1500R", asyncio.get_running_loop().time())
        waiting = asyncio.create_task(device.plunger())
        await asyncio.sleep(1.0)
        assert not waiting.done()
        assert set_up.written.count(b"N0V1400R") == 1
        assert (await waiting).volume_ml == pytest.approx(0.5)
        assert set_up.written.count(b"N0V1400R") == 2
        device._link.renew()
        by_another(one, b"I1A3000R", asyncio.get_running_loop().time())
        await asyncio.sleep(0.5)
        await device.safe_state()
        assert not await device.initialised()

    set_up.run(CavroPump, act, options=OPTIONS)


@pytest.mark.parametrize(
    ("fitted", "options", "words"),
    [
        ({"syringe_ml": 5.0}, {}, "configured for 5 mL, the lab file says 1"),
        ({"n_ports": 6}, {}, "configured for 6 ports, the lab file says 9"),
        ({"model": "xlp6000"}, {}, "configured for 6000 steps, the lab file says 3000"),
    ],
)
def test_a_pump_that_is_not_the_one_of_the_lab_file_is_refused_before_it_moves(
    fitted: dict[str, object], options: dict[str, object], words: str
) -> None:
    where = pump_world()
    set_up = Harness([pump(where, **fitted)], where)

    async def act(device: CavroPump) -> None:
        for one in (device.connect, device.home, device.plunger):
            with pytest.raises(InstrumentError, match=words) as caught:
                await one()
            assert "options." in str(caught.value.field)

    set_up.run(CavroPump, act, options={**OPTIONS, **options}, connect=False)
    assert b"Z0" not in set_up.written


@given(st.binary(max_size=80))
def test_any_configuration_text_is_read_without_harm(text: bytes) -> None:
    assert set(described(text)) <= {"mL", "ports", "steps"}


# --- the colour sensor


def test_a_sensor_that_lost_its_power_is_not_read_in_the_dark() -> None:
    one = As7341Simulator("sensor", lambda _: GRID_NM * 0.0 + 0.5, Noise(1, "sensor"))

    async def act(device: As7341Sensor) -> None:
        await device.set_light(10.0)
        await device.set_turret(1)
        await device.spectrum()
        assert (device.light_ma, device.slot) == (10.0, 1)
        one.power_cycle()
        for _ in range(3):
            with pytest.raises(InstrumentError, match="other settings than were set"):
                await device.spectrum()
        assert (device.light_ma, device.slot) == (None, None)
        await device.set_light(10.0)
        await device.set_turret(1)
        assert max((await device.spectrum()).counts.values()) > 100

    Harness([one]).run(As7341Sensor, act)


# --- unasked lines


@pytest.mark.parametrize("noise", [b"", b"\x00\xff", b"\r\n"])
@pytest.mark.parametrize("cut", [0, 5, 17])
def test_an_announcement_is_heard_in_pieces_and_behind_noise(noise: bytes, cut: int) -> None:
    said = noise + b'I4 A "B001"\r\n'
    unasked = Unasked(Lines(b"\r\n"))
    heard = [*unasked.frames(said[:cut]), *unasked.frames(said[cut:])]
    assert any(b'I4 A "B001"' in one for one in heard)


@given(st.lists(st.binary(max_size=12), max_size=12))
def test_what_is_thrown_away_never_holds_up_the_looking(pieces: list[bytes]) -> None:
    unasked = Unasked(Lines(b"\r\n", longest=20))
    for piece in pieces:
        assert sum(map(len, unasked.frames(piece))) <= sum(map(len, pieces)) + 2 * len(pieces)


@pytest.mark.parametrize("at_s", [0.0, 0.005, 0.021, 0.05, 5.0])
def test_a_balance_that_restarts_gives_no_weight_until_it_is_tared_again(at_s: float) -> None:
    world = World([water("bottle", 90.0), water("cell", 0.0)])
    one = SicsSimulator("balance", world, "cell", Noise(1, "balance"))

    async def act(device: SicsBalance) -> None:
        loop = asyncio.get_running_loop()
        await device.tare()
        world.move("hand", "bottle", "cell", round(2.0 * 1e12))
        assert (await device.weigh()).value_g == pytest.approx(world.mass_g("cell"), abs=1e-3)
        loop.call_later(at_s, lambda: one.power_cycle(loop.time()))
        await asyncio.sleep(0.001)
        seen = []
        for _ in range(4):
            try:
                seen.append((await device.weigh()).value_g)
            except InstrumentError as error:
                seen.append(str(error.message))
            await asyncio.sleep(3.0)
        values = [value for value in seen if isinstance(value, float)]
        assert all(value == pytest.approx(world.mass_g("cell"), abs=1e-3) for value in values)
        assert "has lost its tare" in str(seen[-1])
        await device.tare()
        world.move("hand", "bottle", "cell", round(1.0 * 1e12))
        assert (await device.weigh()).value_g == pytest.approx(world.mass_g("cell") / 3, abs=1e-3)

    Harness([one], world).run(SicsBalance, act, options={"settle_s": 5.0})


def test_a_balance_that_never_was_without_power_keeps_its_tare_over_a_new_opening() -> None:
    async def act(device: SicsBalance, plugs: Plugs) -> None:
        await device.tare()
        plugs.pull()
        with pytest.raises(ConnectError):
            await device.weigh()
        assert (await device.weigh()).value_g == pytest.approx(0.0, abs=1e-3)
        plugs.rig.device("a").power_cycle(asyncio.get_running_loop().time())  # type: ignore[attr-defined]
        plugs.pull()
        await asyncio.sleep(4.0)
        plugs.rig.settle()
        plugs.rig.device("a").hang_up()  # nobody heard it announce itself
        with pytest.raises(ConnectError):
            await device.weigh()
        with pytest.raises(InstrumentError, match="cannot show that it has not: its port was opened again"):
            await device.weigh()

    with_balances(act)


# --- what may be said without a permit, and what needs no answer


class Stirrer(Instrument):
    """A stirrer that obeys without a word."""

    kind = "stirrer"
    sentinel = b"IN_NAME"

    def _link_profile(self) -> LinkProfile:
        return LinkProfile(
            Lines(b"\r\n"),
            Sentinel(self.sentinel, lambda line: line.startswith(b"RCT")),
            {b"IN_NAME", b"IN_SP_4"}.__contains__,
            silent=lambda payload: payload.startswith(b"OUT_SP_4 "),
        )

    async def identify(self) -> Identity:
        return Identity("IKA", (await self._ask(b"IN_NAME")).decode())

    async def safe_state(self) -> None:
        await self.stir(0.0)

    async def stir(self, speed: float) -> None:
        await self._do(Effect(self.name, LIGHT, amount=speed), f"OUT_SP_4 {speed:g}".encode())
        if float((await self._ask(b"IN_SP_4")).split()[0]) != speed:
            raise InstrumentError(f"{self.name} did not take {speed:g}")

    async def two_at_once(self) -> None:
        await self._do(Effect(self.name, LIGHT, amount=1.0), b"OUT_SP_4 1\r\nOUT_SP_4 9999")


class Plate:
    """A port of such a stirrer."""

    def __init__(self, *, deaf: bool = False, refuses: bool = False) -> None:
        self.speed, self.deaf, self.refuses, self.written = 0.0, deaf, refuses, list[bytes]()
        self._held = b""

    async def open(self) -> Port:
        return self

    async def write(self, data: bytes) -> None:
        self.written.append(data)
        for line in data.split(b"\r\n")[:-1]:
            if line.startswith(b"OUT_SP_4"):
                self.speed = self.speed if self.deaf else float(line.split()[1])
                self._held += b"ERR 2\r\n" if self.refuses else b""
            else:
                answers = {b"IN_NAME": b"RCT digital\r\n", b"IN_SP_4": b"%.1f 4 \r\n" % self.speed}
                self._held += answers.get(line, b"")

    async def read(self, deadline: float) -> bytes:
        left = deadline - asyncio.get_running_loop().time()
        await asyncio.sleep(0.01 if self._held and left > 0.01 else max(0.0, left))
        data, self._held = self._held, b""
        return data

    async def close(self) -> None: ...


def stirring(plate: Plate, act: Callable[[Stirrer], Awaitable[object]], kind: type[Stirrer] = Stirrer) -> None:
    async def main(_: Clock) -> None:
        limits = Limits({"stirrer": {LIGHT: Limit(least=0.0, most=2000.0)}})
        await act(kind(Wiring("stirrer", plate.open, Envelope(limits))))

    run(main, "virtual")


def test_an_effect_that_is_obeyed_without_a_word_is_done() -> None:
    plate = Plate()
    stirring(plate, lambda one: one.stir(300.0))
    assert plate.speed == 300.0
    assert plate.written.count(b"OUT_SP_4 300\r\n") == 1


def test_one_that_was_not_obeyed_shows_when_it_is_read_back() -> None:
    async def act(one: Stirrer) -> None:
        with pytest.raises(InstrumentError, match="did not take 300"):
            await one.stir(300.0)

    stirring(Plate(deaf=True), act)


def test_a_word_where_none_is_due_leaves_the_outcome_unknown() -> None:
    async def act(one: Stirrer) -> None:
        with pytest.raises(OutcomeUnknownError, match="should obey OUT_SP_4 300 without a word"):
            await one.stir(300.0)

    stirring(Plate(refuses=True), act)


def test_a_payload_of_two_lines_is_refused_whole() -> None:
    plate = Plate()

    async def act(one: Stirrer) -> None:
        with pytest.raises(EnvelopeError, match="more than one frame"):
            await one.two_at_once()

    stirring(plate, act)
    assert not any(data.startswith(b"OUT") for data in plate.written)


def test_a_sentinel_that_is_no_query_is_never_sent() -> None:
    class Acting(Stirrer):
        sentinel = b"RESET"

    plate = Plate()

    async def act(one: Stirrer) -> None:
        for use in (one.connect, one.safe_state, one.stop):
            with pytest.raises(EnvelopeError, match="the sentinel RESET is not on the driver's list of queries"):
                await use()

    stirring(plate, act, Acting)
    assert b"RESET\r\n" not in plate.written


def test_a_session_that_cannot_begin_is_begun_again_by_the_next_exchange() -> None:
    class Shy(Stirrer):
        tries = 0

        async def _make_ready(self) -> None:
            self.tries += 1
            if self.tries < 3:
                raise ReplyError("not yet")

    plate = Plate()

    async def act(one: Stirrer) -> None:
        for _ in range(2):
            with pytest.raises(ConnectError, match="no stirrer answers: not yet"):
                await one.stir(10.0)
        await one.stir(10.0)

    stirring(plate, act, Shy)
    assert plate.speed == 10.0
