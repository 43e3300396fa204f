"""Addresses of ports: only what a laboratory needs is let through, when a lab file is read and before a port opens."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest
import serial
from hypothesis import given
from hypothesis import strategies as st

from zosimos.core.clock import Clock
from zosimos.core.errors import ConnectError, SpecError
from zosimos.core.validation import validated
from zosimos.instruments.wire.address import check_address, check_port
from zosimos.instruments.wire.port import SerialSettings, open_port
from zosimos.workcell.lab_parts.devices import DeviceSpec

posix = pytest.mark.skipif(sys.platform == "win32", reason="ports are files of POSIX systems")

GOOD = [
    "/dev/ttyUSB0",
    "/dev/ttyS1",
    "/dev/cu.usbserial-A9",
    "/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A9-if00-port0",
    "/dev/serial/by-path/pci-0000:00:14.0-usb-0:1:1.0-port0",
    "/dev/balance",
    "COM3",
    "com12",
    r"\\.\COM21",
    "socket://10.0.0.7:4001",
    "socket://serial-server.lab:4001/",
    "socket://[::1]:4001",
    "rfc2217://10.0.0.7:4001",
    "rfc2217://10.0.0.7:4001?ign_set_control&poll_modem&timeout=3",
    "loop://",
    "sim://colour/balance-1",
]
BAD = [
    "spy://loop://?file=victim",
    "SPY://loop://?file=victim",
    "spy:///dev/ttyUSB0?file=victim",
    " spy://loop://?file=victim",
    "spy://loop://?file=victim\n",
    "alt:///dev/ttyUSB0?class=PosixPollSerial",
    "hwgrep://.*",
    "hwgrep://ttyUSB&skip_busy",
    "cp2110://0001:0023:00",
    "loop://?logging=debug",
    "socket://host:1?logging=debug",
    "socket://user:word@host:1",
    "socket://host",
    "socket://host:0",
    "socket://host:65536",
    "socket://host:1/?file=x",
    "socket://:1",
    "rfc2217://host:1?logging=debug",
    "rfc2217://host:1?timeout=1e9",
    "rfc2217://host:1?timeout=3&file=victim",
    "rfc2217://host:1?ign_set_control=/etc/passwd",
    "sim://colour/../pump",
    "sim://colour",
    "sim://colour/pump?file=x",
    "file:///dev/ttyUSB0",
    "",
    "victim.txt",
    "./ttyUSB0",
    "/tmp/victim",
    "/dev/../etc/passwd",
    "/dev/./ttyUSB0",
    "/dev/",
    "/dev/tty USB0",
    "/dev/ttyUSB0\n",
    "COM",
    "COM0",
    "COM3\n",
    "AUX",
]


@pytest.mark.parametrize("url", GOOD)
def test_addresses_of_a_laboratory_are_let_through(url: str) -> None:
    check_address(url)


@pytest.mark.parametrize("url", BAD)
def test_every_other_address_is_refused_when_the_lab_file_is_read(url: str) -> None:
    with pytest.raises(SpecError, match="url is no address of a port") as caught:
        validated(DeviceSpec, {"driver": "cavro", "link": "real", "url": url}, "lab file.devices.pump")
    assert caught.value.field == "lab file.devices.pump.url"
    assert caught.value.value == url
    assert caught.value.allowed is not None
    assert "socket://HOST:PORT" in caught.value.allowed
    assert caught.value.hint


@given(
    st.sampled_from([name.split(".")[-1] for name in ("spy", "alt", "hwgrep", "cp2110", "x.y", "sIM2")]),
    st.text(max_size=20),
)
def test_no_other_scheme_is_let_through_whatever_follows(scheme: str, rest: str) -> None:
    with pytest.raises(SpecError):
        check_address(f"{scheme}://{rest}")


@given(st.text(max_size=30))
def test_a_plain_name_that_is_let_through_is_below_dev_or_a_port_of_windows(name: str) -> None:
    try:
        check_address(name)
    except SpecError:
        return
    assert name.startswith("/dev/") or name.upper().removeprefix("\\\\.\\").startswith("COM")
    assert ".." not in Path(name).parts


def opened(url: str) -> None:
    async def main() -> None:
        port = await open_port(url, SerialSettings(), Clock())
        await port.close()

    asyncio.run(main())


@pytest.mark.parametrize("url", ["spy://loop://?file=victim", "/etc/passwd", "victim", "hwgrep://tty"])
def test_an_address_that_was_never_checked_is_refused_before_it_is_opened(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "victim").write_text("precious")
    with pytest.raises(ConnectError, match="no address of a port") as caught:
        opened(url)
    assert caught.value.allowed
    assert (tmp_path / "victim").read_text() == "precious"


@posix
@pytest.mark.parametrize("name", ["/dev/zero", "/dev/null", "/dev/tty", "/dev/fd", "/dev/shm"])
def test_what_is_no_serial_port_is_refused_before_it_is_opened(name: str) -> None:
    if not Path(name).exists():
        pytest.skip(f"there is no {name}")
    check_address(name)  # a link of that name could lead to a port elsewhere
    with pytest.raises(ConnectError, match="is no serial port"):
        opened(name)


@posix
def test_files_and_pipes_below_dev_are_refused() -> None:
    folder = Path("/dev/shm")
    if not os.access(folder, os.W_OK):
        pytest.skip("nothing can be made below /dev here")
    made = [folder / f"zosimos-file-{os.getpid()}", folder / f"zosimos-pipe-{os.getpid()}"]
    made[0].write_text("precious")
    os.mkfifo(made[1])
    try:
        for path in made:
            with pytest.raises(SpecError, match="it is no device"):
                check_port(str(path))
        assert made[0].read_text() == "precious"
    finally:
        for path in made:
            path.unlink()


@posix
def test_the_port_of_another_system_is_no_file_of_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConnectError, match="no such port on this system"):
        opened("COM3")
    (tmp_path / "COM3").write_text("precious")
    with pytest.raises(ConnectError, match="it is no device"):
        opened("COM3")


@posix
def test_a_port_that_is_there_opens() -> None:
    import pty  # which Windows does not have

    ours, theirs = pty.openpty()
    try:
        name = os.ttyname(theirs)
        check_port(name)
        opened(name)
    finally:
        os.close(ours)
        os.close(theirs)


def test_what_is_not_plugged_in_is_said_when_it_is_opened() -> None:
    check_port("/dev/ttyUSB99")
    with pytest.raises(ConnectError, match="does not open"):
        opened("/dev/ttyUSB99")


def test_every_handler_that_pyserial_has_is_either_let_through_or_refused_by_name() -> None:
    folder = Path(serial.__file__).parent / "urlhandler"
    schemes = {path.stem.removeprefix("protocol_") for path in folder.glob("protocol_*.py")}
    assert schemes == {"alt", "cp2110", "hwgrep", "loop", "rfc2217", "socket", "spy"}  # a new one: look at what it does
