"""Frames, traces and ports: no byte is lost, nothing blocks for ever, and what does not open says why."""

import asyncio
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zosimos.core.clock import Clock, run
from zosimos.core.errors import ConnectError, DataError, EnvelopeError, ReplyError, SpecError
from zosimos.instruments.devices.cavro.wire import DtFraming, OemFraming, checksum
from zosimos.instruments.envelope.envelope import Envelope
from zosimos.instruments.envelope.limits import Limits
from zosimos.instruments.rig import Rigs, no_rigs, only
from zosimos.instruments.serve import Journal
from zosimos.instruments.wire.framing import Framing, Lines
from zosimos.instruments.wire.link import Link, LinkProfile, Sentinel
from zosimos.instruments.wire.port import Port, SerialSettings, open_port
from zosimos.instruments.wire.trace import WireTrace, read_trace, shown
from zosimos.labs.colour.rig import make_rig

FRAMINGS = (Lines(), Lines(b"\n", 512), DtFraming("1"), OemFraming("1"))
EVERY_FRAMING = pytest.mark.parametrize("framing", FRAMINGS, ids=["CR LF", "LF", "DT", "OEM"])

TEXT = st.binary(max_size=12).map(lambda data: bytes(0x20 + byte % 0x5F for byte in data))
STATUS = st.sampled_from(list(b"@ABCO`abcgio")).map(lambda byte: bytes([byte]))


def frame(framing: Framing, content: bytes) -> bytes:
    """Return a device's frame, made from the protocol's description alone."""
    if isinstance(framing, Lines):
        return content + framing.terminator
    if isinstance(framing, DtFraming):
        return b"/0" + content + b"\x03\r\n"
    body = b"\x020" + content + b"\x03"
    return body + bytes([checksum(body)])


def pieces(framing: Framing) -> st.SearchStrategy[bytes]:
    """Return frames, parts of frames and noise."""
    whole = st.tuples(STATUS, TEXT).map(lambda both: frame(framing, b"".join(both)))
    cut = st.tuples(whole, st.integers(0, 12)).map(lambda both: both[0][: both[1]])
    special = st.sampled_from([b"/", b"/0", b"\x02", b"\x020", b"\x03", b"\r", b"\n", b"\r\n", b"/0`", b"\x02\x02"])
    return st.lists(st.one_of(whole, whole, cut, special, st.binary(max_size=6)), max_size=8).map(b"".join)


def taken(framing: Framing, chunks: list[bytes]) -> tuple[list[bytes], bytes, bytes]:
    """Return the replies, the garbage and what is left when bytes come in chunks."""
    replies, garbage, held = [], b"", b""
    for chunk in chunks:
        held += chunk
        while True:
            found = framing.split(held)
            garbage += found.garbage
            progress = found.reply is not None or len(found.rest) < len(held)
            held = found.rest
            if found.reply is not None:
                replies.append(found.reply)
            if not progress:
                break
    return replies, garbage, held


@pytest.mark.slow
@EVERY_FRAMING
@given(data=st.data())
@settings(max_examples=150)
def test_reply_rest_and_garbage_are_all_that_came_in(framing: Framing, data: st.DataObject) -> None:
    received = data.draw(pieces(framing))
    found = framing.split(received)
    middle = b"" if found.reply is None else frame(framing, found.reply)
    assert found.garbage + middle + found.rest == received


@pytest.mark.slow
@EVERY_FRAMING
@given(data=st.data())
@settings(max_examples=150)
def test_how_bytes_are_cut_makes_no_difference(framing: Framing, data: st.DataObject) -> None:
    received = data.draw(pieces(framing))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(received)), max_size=5)))
    chunks = [received[a:b] for a, b in zip([0, *cuts], [*cuts, len(received)], strict=True)]
    whole = taken(framing, [received])
    assert taken(framing, chunks) == whole
    assert taken(framing, [bytes([byte]) for byte in received]) == whole


@pytest.mark.slow
@EVERY_FRAMING
@given(content=st.tuples(STATUS, TEXT).map(b"".join))
def test_a_frame_comes_back_as_what_was_put_into_it(framing: Framing, content: bytes) -> None:
    if isinstance(framing, DtFraming) and b"/0" in content:
        return  # begins a new reply
    found = framing.split(frame(framing, content))
    assert (found.reply, found.rest, found.garbage) == (content, b"", b"")


@EVERY_FRAMING
@given(payload=TEXT)
def test_a_request_is_wrapped_whole_and_two_in_one_are_refused(framing: Framing, payload: bytes) -> None:
    if isinstance(framing, DtFraming) and b"/" in payload:
        with pytest.raises(EnvelopeError, match="more than one frame"):
            framing.wrap(payload)
        return
    wrapped = framing.wrap(payload)
    assert wrapped.count(payload) >= 1
    if isinstance(framing, Lines):
        assert framing.split(wrapped).reply == payload
    elif isinstance(framing, DtFraming):
        assert wrapped == b"/1" + payload + b"\r"
    else:
        assert wrapped[:3] + wrapped[-2:-1] == b"\x0211\x03"
        assert checksum(wrapped) == 0


@pytest.mark.slow
@EVERY_FRAMING
@given(content=st.tuples(STATUS, TEXT).map(b"".join), change=st.tuples(st.integers(0, 40), st.integers(1, 255)))
def test_with_a_checksum_any_changed_byte_is_noticed(framing: Framing, content: bytes, change: tuple[int, int]) -> None:
    if not isinstance(framing, OemFraming):
        return
    good = frame(framing, content)
    at = change[0] % len(good)
    found = framing.split(good[:at] + bytes([good[at] ^ change[1]]) + good[at + 1 :])
    assert found.reply is None


def test_a_line_that_is_too_long_is_garbage_however_it_comes() -> None:
    line = b"x" * 513 + b"\n"
    for chunks in ([line], [line[:300], line[300:]]):
        replies, garbage, held = taken(Lines(b"\n", 512), chunks)
        assert (replies, garbage, held) == ([], line, b"")
    assert taken(Lines(b"\n", 512), [b"x" * 512 + b"\n"])[0] == [b"x" * 512]


# --- the trace


def test_trace_is_bounded_and_keeps_the_newest(tmp_path: Path) -> None:
    path, number = tmp_path / "wire" / "pump.jsonl", iter(range(10**6))
    trace = WireTrace(path, "pump", lambda: str(next(number)))
    for _ in range(300):
        trace.note("sent", b"\x00" * 10_000)  # 40 kB each as text
    trace.close()
    files = sorted(one.name for one in path.parent.iterdir())
    assert files == ["pump.jsonl", "pump.jsonl.1", "pump.jsonl.2", "pump.jsonl.3"]
    assert sum(one.stat().st_size for one in path.parent.iterdir()) < 4 * 2_100_000
    moments = [int(line["at"]) for line in read_trace(path)]
    assert moments == list(range(moments[0], 300))
    assert len(moments) > 100


def test_a_trace_cut_short_by_a_crash_can_be_read_and_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "pump.jsonl"
    first = WireTrace(path, "pump", lambda: "1")
    first.note("sent", b"/1Q\r")
    first.note("received", b"/0`\x03\r\n")
    first.close()
    path.write_bytes(path.read_bytes()[:-20])
    assert [line["bytes"] for line in read_trace(path)] == ["/1Q\\r"]
    second = WireTrace(path, "pump", lambda: "2")
    second.note("lost", b"")
    second.note("received", b"")
    second.close()
    assert [(line["at"], line["way"]) for line in read_trace(path)] == [("1", "sent"), ("2", "lost")]


def test_there_is_nothing_to_read_where_nothing_was_written(tmp_path: Path) -> None:
    assert list(read_trace(tmp_path / "none.jsonl")) == []


@pytest.mark.slow
@given(st.binary(max_size=40))
def test_shown_bytes_can_be_told_from_one_another(data: bytes) -> None:
    text = shown(data)
    assert text.isprintable()
    assert text.isascii()
    assert eval('b"' + text.replace('"', '\\"') + '"') == data
    assert json.loads(json.dumps(text)) == text


# --- ports


def opened(url: str, kind: str = "wall", rigs: Rigs = no_rigs) -> Port:
    return run(lambda clock: open_port(url, SerialSettings(), clock, rigs), kind)  # type: ignore[arg-type]  # a clock's name


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("/dev/tty-none", "the port /dev/tty-none does not open: .*No such file"),
        ("socket://127.0.0.1:9", "the port socket://127.0.0.1:9 does not open: .*refused"),
        ("nonsense://x", "url is no address of a port: nonsense:// is not accepted"),
    ],
)
def test_a_port_that_does_not_open_says_why(url: str, words: str) -> None:
    with pytest.raises(ConnectError, match=words) as caught:
        opened(url)
    assert caught.value.field == "url"


def test_a_bench_or_device_that_is_not_there_is_named() -> None:
    mine = only(make_rig(0, lambda: 0.0), ["colour"])
    for url, words in (("sim://nowhere/pump", "no simulated rig 'nowhere'"), ("sim://colour/x", "no device 'x'")):
        for kind in ("wall", "virtual"):
            with pytest.raises((ConnectError, SpecError), match=words):
                opened(url, kind, mine)
    with pytest.raises(ConnectError, match="no simulated rig 'colour'"):
        opened("sim://colour/pump")


@pytest.mark.parametrize("url", ["socket://127.0.0.1:9", "/dev/ttyUSB0", "loop://", "rfc2217://127.0.0.1:9"])
def test_simulated_time_does_not_wait_for_real_ports(url: str) -> None:
    with pytest.raises(ConnectError, match="virtual time cannot wait for it") as caught:
        opened(url, "virtual")
    assert (caught.value.field, caught.value.allowed) == ("clock", "wall")
    assert "clock: wall" in caught.value.hint


def test_a_loop_gives_back_what_was_written() -> None:
    async def main(clock: Clock) -> tuple[bytes, bytes]:
        port = await open_port("loop://", SerialSettings(bytesize=7, parity="E"), clock)
        try:
            await port.write(b"/1Q\r")
            now = asyncio.get_running_loop().time
            back = b""
            while len(back) < 4 and (data := await port.read(now() + 0.3)):
                back += data
            return back, await port.read(now() + 0.1)
        finally:
            await port.close()

    assert run(main) == (b"/1Q\r", b"")


@contextmanager
def server(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """Serve TCP connections one after the other; give their URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(3.0)

    def main() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(3.0)
                try:
                    serve(connection)
                except OSError:
                    continue

    thread = threading.Thread(target=main, daemon=True)
    thread.start()
    try:
        yield f"socket://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(3.0)


def link_to(url: str, clock: Clock) -> Link:
    profile = LinkProfile(Lines(), Sentinel(b"I4", b"me".__eq__), {b"I4", b"S", b"bye"}.__contains__, within_s=0.3)
    return Link("box", lambda: open_port(url, SerialSettings(), clock), profile, Envelope(Limits()))


def answering(connection: socket.socket) -> None:
    """Answer lines; hang up in the middle of the answer to ``bye``."""
    held = b""
    while data := connection.recv(100):
        held += data
        while b"\r\n" in held:
            line, _, held = held.partition(b"\r\n")
            if line == b"bye":
                connection.sendall(b"good b")
                return
            connection.sendall({b"I4": b"me\r\n"}.get(line, b"to " + line + b"\r\n"))


def test_a_box_on_the_network_answers_and_one_that_hangs_up_is_an_error_and_is_called_again() -> None:
    async def main(clock: Clock, url: str) -> list[bytes]:
        link = link_to(url, clock)
        try:
            first = await link.query(b"S")
            with pytest.raises(ConnectError, match=r"the port socket://.* is gone"):
                await link.query(b"bye")
            return [first, await link.query(b"S")]
        finally:
            await link.close()

    with server(answering) as url:
        assert run(lambda clock: main(clock, url)) == [b"to S", b"to S"]


def test_a_box_that_says_nothing_is_an_error_in_time_and_the_loop_goes_on_meanwhile() -> None:
    beats = []

    async def heart() -> None:
        while True:
            beats.append(time.monotonic())
            await asyncio.sleep(0.01)

    async def main(clock: Clock, url: str) -> None:
        port = await open_port(url, SerialSettings(), clock)
        beating = asyncio.create_task(heart())
        began = time.monotonic()
        assert await port.read(asyncio.get_running_loop().time() + 0.3) == b""
        assert 0.25 < time.monotonic() - began < 1.0
        beating.cancel()
        await port.close()

    def silent(connection: socket.socket) -> None:
        connection.recv(1)

    with server(silent) as url:
        run(lambda clock: main(clock, url))
    assert len(beats) > 10


def test_a_box_that_is_something_else_is_told_from_ours() -> None:
    def web(connection: socket.socket) -> None:
        while connection.recv(100):
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async def main(clock: Clock, url: str) -> None:
        link = link_to(url, clock)
        try:
            with pytest.raises(ReplyError, match="does not answer I4 as a device of its kind does"):
                await link.ready()
        finally:
            await link.close()

    with server(web) as url:
        run(lambda clock: main(clock, url))


def test_what_is_no_line_of_a_trace_is_left_out_and_a_pipe_is_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "pump.jsonl"
    good = {"at": "1", "device": "pump", "way": "sent", "bytes": "x"}
    odd = ["[" * 50_000, "5", "[]", '{"at": 1}', '{"at": "1"}', "\x1b[2J"]
    path.write_text("\n".join([*odd, json.dumps(good), *odd]), encoding="utf-8")
    assert list(read_trace(path)) == [good]
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.jsonl")
        with pytest.raises(DataError, match="it is a pipe"):
            list(read_trace(tmp_path / "pipe.jsonl"))
        with pytest.raises(DataError, match="it is a pipe"):
            WireTrace(tmp_path / "pipe.jsonl", "pump", lambda: "1")
        with pytest.raises(DataError, match="it is a pipe"):
            Journal(tmp_path / "pipe.jsonl")
