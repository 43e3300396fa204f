"""The link: what is wrong on a wire never becomes a wrong value, and never takes longer than it may."""

import asyncio
import random
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.instruments.harness import Harness

from zosimos.core.clock import Clock, run
from zosimos.core.errors import ConnectError, EnvelopeError, InstrumentError, OutcomeUnknownError, ReplyError
from zosimos.instruments.capabilities.dispenses import HOME
from zosimos.instruments.devices.as7341.driver import As7341Sensor
from zosimos.instruments.devices.as7341.optics import GRID_NM
from zosimos.instruments.devices.as7341.simulator import As7341Simulator
from zosimos.instruments.devices.as7341.wire import parsed
from zosimos.instruments.devices.cavro.wire import DtFraming, OemFraming, checksum
from zosimos.instruments.envelope.effect import Effect
from zosimos.instruments.envelope.envelope import Envelope
from zosimos.instruments.envelope.limits import Limit, Limits
from zosimos.instruments.wire.framing import Framing, Lines
from zosimos.instruments.wire.link import Link, LinkProfile, Sentinel
from zosimos.instruments.wire.port import Port
from zosimos.instruments.wire.trace import WireTrace, read_trace
from zosimos.instruments.world.noise import Noise

Pieces = Sequence[tuple[float, bytes]]
WITHIN_S = 0.5
HOMING = Effect("pump", HOME, "9")


@dataclass
class Script:
    """A device by script, on a wire that keeps order: what leaves later never arrives earlier.

    Args:
        answer: what it answers to each request, as pieces and how late each is.
        opens: how often its port opens before it no longer does.
    """

    answer: Callable[[bytes], Pieces]
    opens: int = 100
    written: list[bytes] = field(default_factory=list)
    opened: int = 0
    lost: bool = False
    _coming: list[tuple[float, bytes]] = field(default_factory=list)

    async def open(self) -> Port:
        if self.opened >= self.opens:
            raise ConnectError("the port does not open")
        self.opened += 1
        self.lost = False
        self._coming.clear()
        return self

    async def write(self, data: bytes) -> None:
        if self.lost:
            raise ConnectError("the port is gone")
        self.written.append(data)
        now = asyncio.get_running_loop().time()
        for late, piece in self.answer(data):
            last = self._coming[-1][0] if self._coming else 0.0
            self._coming.append((round(max(last, now + late), 9), piece))

    async def read(self, deadline: float) -> bytes:
        loop = asyncio.get_running_loop()
        until = min(deadline, self._coming[0][0]) if self._coming else deadline
        await asyncio.sleep(max(0.0, until - loop.time()))
        if self.lost:
            raise ConnectError("the port is gone")
        now = loop.time()
        ripe = b"".join(piece for at, piece in self._coming if at <= now)
        self._coming = [one for one in self._coming if one[0] > now]
        return ripe

    async def close(self) -> None: ...


def profile(framing: Framing) -> LinkProfile:
    status = b"" if isinstance(framing, Lines) else b"`"
    return LinkProfile(
        framing, Sentinel(b"?23", (status + b"pump").__eq__), {b"?23", b"?", b"?6"}.__contains__, WITHIN_S
    )


def framed(framing: Framing, content: bytes) -> bytes:
    """Return what a device sends."""
    if isinstance(framing, Lines):
        return content + b"\r\n"
    frame = b"\x020`" + content + b"\x03"
    return frame + bytes([checksum(frame)]) if isinstance(framing, OemFraming) else b"/0`" + content + b"\x03\r\n"


def content(framing: Framing, reply: bytes) -> bytes:
    return reply if isinstance(framing, Lines) else reply[1:]


def talk(
    script: Script,
    act: Callable[[Link, Envelope], Awaitable[None]],
    framing: Framing | None = None,
    trace: WireTrace | None = None,
) -> float:
    """Let somebody talk over a link, and return how long it took."""

    async def main(_: Clock) -> float:
        envelope = Envelope(Limits({"pump": {HOME: Limit(frozenset({"9"}))}}))
        link = Link("pump", script.open, profile(framing or Lines()), envelope, trace)
        try:
            await act(link, envelope)
        finally:
            await link.close()
        return asyncio.get_running_loop().time()

    return run(main, "virtual")


def scripted(*replies: Pieces | None) -> Script:
    """Return a device that answers the sentinel as it should and everything else as listed, then ``42``."""
    queue = list(replies)

    def answer(data: bytes) -> Pieces:
        if data == b"?23\r\n":
            return [(0.01, b"pump\r\n")]
        listed = queue.pop(0) if queue else None
        return [(0.01, b"42\r\n")] if listed is None else listed

    return Script(answer)


async def asked(link: Link, _: Envelope) -> None:
    assert await link.query(b"?") == b"42"


# --- one exchange


@pytest.mark.parametrize(
    "pieces",
    [
        [(0.01, b"42\r\n")],
        [(0.01, b"4"), (0.1, b"2"), (0.2, b"\r"), (0.49, b"\n")],
        [(0.5, b"42\r\n")],
        [(0.01, b"42\r\n42\r\n")],
    ],
)
def test_a_whole_reply_in_time_counts_at_once(pieces: Pieces) -> None:
    script = scripted(pieces)
    talk(script, asked)
    assert script.written == [b"?23\r\n", b"?\r\n"]


@pytest.mark.parametrize(
    "pieces",
    [
        [],
        [(0.01, b"42")],
        [(0.01, b"42\r")],
        [(0.51, b"41\r\n")],
        [(0.01, b"\x00\xff41\r\n")],
        [(0.01, b"41\r\n\x00\x00")],
        [(0.01, b"41\r\n4")],
        [(0.01, b"41\r\n43\r\n")],
        [(0.01, b"\r\r\n41\r\n")],
        [(0.01, b"4" * 5000)],
    ],
)
def test_anything_else_is_asked_again_after_the_sentinel(pieces: Pieces) -> None:
    script = scripted(pieces)
    talk(script, asked)
    assert script.written[:2] == [b"?23\r\n", b"?\r\n"]
    assert b"?23\r\n" in script.written[2:-1]
    assert script.written[-1] == b"?\r\n"


def test_a_second_reply_that_comes_later_is_thrown_away_before_the_next_question() -> None:
    script = scripted([(0.01, b"42\r\n"), (0.3, b"41\r\n")])

    async def act(link: Link, envelope: Envelope) -> None:
        await asked(link, envelope)
        await asyncio.sleep(1.0)
        await asked(link, envelope)

    talk(script, act)
    assert script.written == [b"?23\r\n", b"?\r\n", b"?23\r\n", b"?\r\n"]


def test_replies_seconds_late_are_never_taken_for_later_ones() -> None:
    chance = random.Random(2)

    def answer(data: bytes) -> Pieces:
        late = chance.uniform(0.3, 3.0) if chance.random() < 0.1 else 0.01
        return [(late, b"pump\r\n" if data == b"?23\r\n" else b"%d\r\n" % len(script.written))]

    script = Script(answer)

    async def act(link: Link, _: Envelope) -> None:
        right = 0
        for _ in range(60):
            try:
                reply = await link.query(b"?")
            except ReplyError:
                continue
            assert int(reply) == max(n for n, data in enumerate(script.written, start=1) if data == b"?\r\n")
            right += 1
        assert right > 20

    talk(script, act)


def test_no_reply_is_an_error_within_the_deadlines() -> None:
    async def act(link: Link, _: Envelope) -> None:
        with pytest.raises(ReplyError, match="does not answer"):
            await link.query(b"?")

    took = talk(Script(lambda _: []), act)
    assert 3 * WITHIN_S < took < 3 * 3 * (WITHIN_S + 0.2)


def test_a_silence_is_told_apart_from_garbage() -> None:
    for pieces, words in (([], r"no reply within 0.5 s of \?"), ([(0.1, b"\x80\x81\r\n")], "garbage came back")):
        script = scripted(pieces, pieces, pieces)

        async def act(link: Link, _: Envelope, words: str = words) -> None:
            with pytest.raises(ReplyError, match=words):
                await link.query(b"?")

        talk(script, act)
        assert script.written.count(b"?\r\n") == 3


@pytest.mark.slow
@pytest.mark.parametrize("babble", [b"\x00", b"x", b"41\r\n", b"\xff\x00/0`"])
@pytest.mark.parametrize("every_s", [0.001, 0.05, 0.2])
def test_a_babbling_device_ends_by_the_deadline(babble: bytes, every_s: float) -> None:
    class Babbling(Script):
        async def read(self, deadline: float) -> bytes:
            loop = asyncio.get_running_loop()
            await asyncio.sleep(min(every_s, max(0.0, deadline - loop.time())))
            return babble

    async def act(link: Link, _: Envelope) -> None:
        with pytest.raises(ReplyError):
            await link.query(b"?")

    assert talk(Babbling(lambda _: []), act) < 3 * 3 * (10 * WITHIN_S + WITHIN_S + 0.2)


def test_a_flood_that_takes_no_time_ends_too() -> None:
    class Flood(Script):
        async def read(self, deadline: float) -> bytes:
            return b"\x00" * 4096

    async def act(link: Link, _: Envelope) -> None:
        with pytest.raises(ReplyError):
            await link.query(b"?")

    assert talk(Flood(lambda _: []), act) < 60.0


def test_whoever_stops_waiting_leaves_no_reply_behind_for_the_next() -> None:
    script = scripted([(0.4, b"41\r\n")])

    async def act(link: Link, envelope: Envelope) -> None:
        await link.ready()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(link.query(b"?"), 0.2)
        await asked(link, envelope)

    talk(script, act)


# --- effects


@pytest.mark.parametrize(
    "pieces", [[], [(0.6, b"ok\r\n")], [(0.01, b"\xffok\r\n")], [(0.01, b"o")], [(0.01, b"a\r\nb\r\n")]]
)
def test_an_effect_is_sent_once_whatever_comes_back(pieces: Pieces) -> None:
    script = scripted(pieces)

    async def act(link: Link, envelope: Envelope) -> None:
        await link.ready()
        with pytest.raises(ReplyError):
            await link.command(b"Z", envelope.permit(HOMING, b"Z"))
        await asked(link, envelope)

    talk(script, act)
    assert script.written.count(b"Z\r\n") == 1
    assert b"?23\r\n" in script.written[2:]


def test_an_effect_is_not_sent_into_a_link_that_another_left_unsure() -> None:
    script = scripted([(0.9, b"41\r\n")], [(0.01, b"done\r\n")])

    async def act(link: Link, envelope: Envelope) -> None:
        await link.ready()
        permit = envelope.permit(HOMING, b"Z")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(link.query(b"?"), 0.1)
        assert await link.command(b"Z", permit) == b"done"

    talk(script, act)
    assert script.written[:2] == [b"?23\r\n", b"?\r\n"]
    assert set(script.written[2:-1]) == {b"?23\r\n"}
    assert script.written[-1] == b"Z\r\n"


def test_an_effect_without_its_permit_writes_nothing() -> None:
    script = scripted()

    async def act(link: Link, envelope: Envelope) -> None:
        permit = envelope.permit(HOMING, b"Z")
        with pytest.raises(EnvelopeError):
            await link.command(b"ZZ", permit)

    talk(script, act)
    assert script.written == []


def test_exchanges_at_the_same_time_take_turns() -> None:
    def answer(data: bytes) -> Pieces:
        name = data.removesuffix(b"\r\n")
        return [(0.3, b"pump\r\n" if name == b"?23" else b"to " + name + b"\r\n")]

    script = Script(answer)

    async def act(link: Link, envelope: Envelope) -> None:
        permit = envelope.permit(HOMING, b"Z")
        replies = await asyncio.gather(
            *[link.query((b"?", b"?6")[n % 2]) for n in range(10)], link.command(b"Z", permit)
        )
        assert replies == [b"to ?", b"to ?6"] * 5 + [b"to Z"]

    talk(script, act)
    assert script.opened == 1


def test_two_who_open_at_once_open_one_port() -> None:
    script = scripted()

    async def slow() -> Port:
        await asyncio.sleep(0.1)
        return await script.open()

    async def main(_: Clock) -> None:
        link = Link("pump", slow, profile(Lines()), Envelope(Limits()))
        await asyncio.gather(link.open(), link.open(), link.query(b"?"))

    run(main, "virtual")
    assert script.opened == 1


# --- losing the port


def test_a_lost_port_is_an_error_and_is_opened_anew_for_the_next_exchange() -> None:
    script = scripted()

    async def act(link: Link, envelope: Envelope) -> None:
        await asked(link, envelope)
        script.lost = True
        with pytest.raises(ConnectError, match="the port is gone"):
            await link.query(b"?")
        await asked(link, envelope)

    talk(script, act)
    assert script.opened == 2
    assert script.written == [b"?23\r\n", b"?\r\n"] * 2


def test_a_port_lost_in_the_middle_of_a_command_is_not_sent_again() -> None:
    script = scripted([])

    async def act(link: Link, envelope: Envelope) -> None:
        await link.ready()
        task = asyncio.ensure_future(link.command(b"Z", envelope.permit(HOMING, b"Z")))
        await asyncio.sleep(0.1)
        script.lost = True
        with pytest.raises(ConnectError):
            await task
        await asked(link, envelope)

    talk(script, act)
    assert script.written.count(b"Z\r\n") == 1


def test_a_port_that_stays_away_is_said_so_every_time() -> None:
    script = scripted()
    script.opens = 1

    async def act(link: Link, envelope: Envelope) -> None:
        await asked(link, envelope)
        script.lost = True
        for words in ("gone", "does not open", "does not open"):
            with pytest.raises(ConnectError, match=words):
                await link.query(b"?")

    talk(script, act)


def test_the_trace_holds_every_byte(tmp_path: Path) -> None:
    script = scripted([(0.01, b"\xff41\r\n")])
    path = tmp_path / "pump.jsonl"
    talk(script, asked, trace=WireTrace(path, "pump", lambda: "now"))
    lines = list(read_trace(path))
    sent = [line["bytes"] for line in lines if line["way"] == "sent"]
    assert sent == ["?23\\r\\n", "?\\r\\n", "?23\\r\\n", "?\\r\\n"]
    assert {"way": "garbage", "bytes": "\\xff41\\r\\n", "device": "pump", "at": "now"} in lines
    assert lines[0]["way"] == "open"


# --- how many wrong values get through

FAULTS = ("late", "very late", "twice", "digit", "cut", "hole", "lost", "noise before", "noise after", "bytes", "flip")


def bad(chance: random.Random, data: bytes, fault: str) -> list[tuple[float, bytes]]:
    at = chance.randrange(len(data))
    noise = bytes(chance.randrange(256) for _ in range(chance.randint(1, 4)))
    digits = [i for i, byte in enumerate(data) if 0x30 <= byte < 0x3A and i > 2]
    if fault == "digit" and digits:
        at = chance.choice(digits)
        return [(0.01, data[:at] + bytes([0x30 + (data[at] - 0x30 + chance.randint(1, 9)) % 10]) + data[at + 1 :])]
    return {
        "late": [(chance.uniform(0.3, 0.7), data)],
        "very late": [(chance.uniform(0.5, 4.0), data)],
        "twice": [(0.01, data + data)],
        "digit": [(0.01, data)],
        "cut": [(0.01, data[:at])],
        "hole": [(0.01, data[:at] + data[at + 1 :])],
        "lost": [],
        "noise before": [(0.01, noise + data)],
        "noise after": [(0.01, data + noise)],
        "bytes": [(0.01 * i, bytes([byte])) for i, byte in enumerate(data)],
        "flip": [(0.01, data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :])],
    }[fault]


def tally(framing: Framing, faults: Sequence[str], faulty: int = 2000, share: float = 0.4) -> Counter[str]:
    """Count right values, errors and silent wrong values of a device whose value is another at every question.

    Some replies are spoiled, also those to the sentinel, until so many were.
    """
    chance, asked_ = random.Random(11), [0]
    counts: Counter[str] = Counter()

    def answer(data: bytes) -> Pieces:
        if b"?23" in data:
            body = b"pump"
        else:
            asked_[0] += 1
            body = b"%d" % (1000 + asked_[0] * 37 % 8999)
        reply = framed(framing, body)
        if chance.random() >= share:
            return [(0.01, reply)]
        counts["faulty"] += 1
        return bad(chance, reply, chance.choice(faults))

    async def act(link: Link, _: Envelope) -> None:
        while counts["faulty"] < faulty:
            try:
                reply = content(framing, await link.query(b"?"))
            except ReplyError:
                counts["error"] += 1
                continue
            truth = b"%d" % (1000 + asked_[0] * 37 % 8999)
            if reply == truth:
                counts["right"] += 1
            else:
                counts["wrong" if reply.isdigit() else "no number"] += 1

    talk(Script(answer), act, framing)
    return counts


@pytest.mark.slow
def test_of_2000_bad_exchanges_with_a_checksum_none_gives_a_wrong_value() -> None:
    """Flipped digits, bits and lost characters included; a wire that keeps the order of what it carries is assumed."""
    counts = tally(OemFraming(), FAULTS)
    sys.stdout.write(f"checksum: {dict(counts)}\n")
    assert counts["wrong"] == counts["no number"] == 0
    assert counts["right"] > 2000


@pytest.mark.slow
@pytest.mark.parametrize("framing", [DtFraming(), Lines()])
def test_without_a_checksum_only_changes_inside_the_value_get_through(framing: Framing) -> None:
    """Plain text (DT, MT-SICS) shows what is late, twice or cut short, but not another digit, or one that is lost.

    Those the drivers must catch by other means: a balance by two readings that agree, a pump by where its plunger ends.
    """
    inside = ("digit", "flip", "hole")
    outside = [fault for fault in FAULTS if fault not in (*inside, "noise before", "noise after")]
    assert tally(framing, outside)["wrong"] == 0
    counts = tally(framing, inside)
    sys.stdout.write(f"{type(framing).__name__}, bytes changed inside frames: {dict(counts)}\n")
    assert 0 < counts["wrong"] < counts["faulty"]
    # Noise that happens to be a digit may join the value at the beginning or end of a line.
    assert tally(framing, ("noise before", "noise after"))["wrong"] < 0.01 * 2000


@pytest.mark.slow
def test_of_2000_bad_exchanges_in_json_lines_none_gives_a_wrong_reading() -> None:
    """Each request has a number, so even a copy that comes at any later time is told from a right reply.

    A right reply is one that was made since the driver was asked: a question that it repeats keeps its number.

    There is no checksum: another digit in a count makes another valid reading, as in any plain text.
    """
    chance = random.Random(5)
    readings: list[object] = []

    class Noted(As7341Simulator):
        def reply(self, data: bytes, now: float, *, after_s: float = 0.0) -> None:
            if b"counts" in data:
                readings.append(parsed(data)["counts"])
            super().reply(data, now, after_s=after_s)

    def mangle(_: int, data: bytes) -> list[tuple[float, bytes]]:
        if chance.random() > 0.5:
            return [(0.0, data)]
        counts["faulty"] += 1
        fault = chance.choice([one for one in FAULTS if one not in ("digit", "hole", "flip")])
        copies = [(chance.uniform(0.0, 2.0), data)] if chance.random() < 0.3 else []
        return bad(chance, data, fault) + copies

    counts: Counter[str] = Counter()
    sensor = Noted("sensor", lambda _: GRID_NM * 0.0 + 0.5, Noise(1, "sensor"))

    async def act(device: As7341Sensor) -> None:
        done = 0
        while counts["faulty"] < 2000:
            try:
                if not done % 100:
                    await device.set_light(10.0)
                done += 1
                before = len(readings)
                spectrum = await device.spectrum()
            except (ReplyError, OutcomeUnknownError):
                counts["error"] += 1
                continue
            except InstrumentError as error:
                counts[str(error.message)[:40]] += 1
                continue
            counts["right" if dict(spectrum.counts) in readings[before:] else "wrong"] += 1

    options = {"atime": 0, "astep": 599, "gain": 64.0}
    Harness([sensor], mangle=mangle).run(As7341Sensor, act, options=options)
    sys.stdout.write(f"JSON lines: {dict(counts)}\n")
    assert counts["wrong"] == 0
    assert counts["right"] > 1000
