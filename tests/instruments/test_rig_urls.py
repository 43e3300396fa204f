"""A pyserial program that knows nothing of us, typed from the pump's manual, on its own rig or an installed one."""

import subprocess
import sys
import time

import pytest
import serial

import zosimos.instruments  # noqa: F401 - teaches pyserial sim://
from zosimos.instruments.rig import Rig
from zosimos.instruments.urls.protocol_sim import port
from zosimos.labs.colour.rig import make_rig

FASTER = 40.0


@pytest.fixture
def fast() -> Rig:
    """The colour rig, on which 40 s pass in one."""
    began = time.monotonic()
    return make_rig(0, lambda: FASTER * (time.monotonic() - began))


def opened(url: str = "sim://colour/pump", **settings: object) -> serial.SerialBase:
    return serial.serial_for_url(url, timeout=1, **settings)  # type: ignore[return-value]  # the stubs know one class


def ask(port: serial.SerialBase, command: str) -> bytes:
    port.write(f"/1{command}\r".encode())
    return port.read_until(b"\r\n")


def until_ready(port: serial.SerialBase) -> bytes:
    end = time.monotonic() + 5.0
    while time.monotonic() < end:
        status = ask(port, "Q")[2:3]
        if status and status[0] & 0x20:
            return status
        time.sleep(0.005)
    raise AssertionError("the pump stays busy")


def test_a_plain_pyserial_program_homes_the_pump_and_moves_liquid(fast: Rig) -> None:
    with port(fast, "pump", timeout=1, baudrate=9600) as pump:
        assert ask(pump, "A100R") == b"/0g\x03\r\n"
        assert ask(pump, "ZR") == b"/0@\x03\r\n"
        assert ask(pump, "Q") == b"/0@\x03\r\n"
        assert until_ready(pump) == b"`"
        assert ask(pump, "?23").startswith(b"/0`XCalibur")
        assert ask(pump, "I1A1500O5A0R") == b"/0@\x03\r\n"
        assert until_ready(pump) == b"`"
        assert ask(pump, "?") == b"/0`0\x03\r\n"
    assert fast.world.vessels["cell-1"].volume_ml == 0.5


def test_the_installed_bench_answers_in_real_time() -> None:
    with opened() as pump:
        began = time.monotonic()
        assert ask(pump, "?23").startswith(b"/0`XCalibur")
        assert 0.02 < time.monotonic() - began < 0.9  # thirty characters at 9600 baud
        assert ask(pump, "Q") == b"/0`\x03\r\n"


def test_open_ports_of_an_installed_bench_share_a_world_that_ends_with_them() -> None:
    with opened() as pump, opened("sim://colour/balance-1") as balance:
        world = pump._rig.world
        assert balance._rig.world is world
    with opened() as again:
        assert again._rig.world is not world


def test_two_benches_of_one_name_do_not_see_each_other(fast: Rig) -> None:
    other = make_rig(0, fast.now)
    with port(fast, "pump", timeout=1) as mine, port(other, "pump", timeout=1) as theirs, opened() as installed:
        assert ask(mine, "ZR") == b"/0@\x03\r\n"
        until_ready(mine)
        assert ask(mine, "?") == b"/0`0\x03\r\n"
        assert [one.device("pump").state()["initialised"] for one in (fast, other)] == [True, False]
        assert ask(theirs, "A100R") == b"/0g\x03\r\n" == ask(installed, "A100R")


@pytest.mark.slow
def test_another_program_needs_one_import() -> None:
    program = (
        "import serial, zosimos.instruments\n"
        "port = serial.serial_for_url('sim://colour/balance-1', 9600, timeout=1)\n"
        "port.write(b'I4\\r\\n')\n"
        "assert port.readline() == b'I4 A \"B001\"\\r\\n'\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sim://nowhere/pump", "there is no simulated rig 'nowhere'"),
        ("sim:///pump", "there is no simulated rig ''"),
        ("sim://colour/oven", "the rig has no device 'oven'"),
        ("sim://colour", "the rig has no device ''"),
    ],
)
def test_what_is_not_there_is_a_serial_exception_in_words(url: str, words: str) -> None:
    with pytest.raises(serial.SerialException, match=words):
        opened(url)


def test_any_serial_settings_are_accepted_and_kept() -> None:
    """As for a device at 7E1; a pseudo-terminal would refuse or drop them."""
    with opened(baudrate=4800, bytesize=7, parity="E", stopbits=1) as port:
        assert (port.bytesize, port.parity, port.baudrate) == (7, "E", 4800)
        assert ask(port, "Q") == b"/0`\x03\r\n"
        port.parity, port.bytesize, port.timeout = "O", 8, 0.5
        port.rts, port.dtr, port.break_condition = False, True, False
        assert (port.cts, port.dsr, port.ri, port.cd) == (True, True, False, True)
        assert ask(port, "Q") == b"/0`\x03\r\n"


def test_reads_wait_no_longer_than_their_timeout() -> None:
    with opened() as port:
        port.timeout = 0.05
        began = time.monotonic()
        assert port.read(10) == b""
        assert 0.04 < time.monotonic() - began < 0.5
        port.timeout = 0
        assert port.read() == b""
        port.write(b"/1Q\r")
        port.flush()
        time.sleep(0.05)
        assert port.in_waiting == 6
        assert port.read(3) == b"/0`"
        port.reset_input_buffer()
        assert port.in_waiting == 0


def test_a_port_that_was_closed_forgets_what_came_in_and_can_be_opened_again() -> None:
    port = opened()
    port.write(b"/1Q\r")
    time.sleep(0.05)
    assert port.in_waiting
    port.close()
    for use in (lambda: port.read(1), lambda: port.write(b"x"), lambda: port.in_waiting):
        with pytest.raises(serial.SerialException, match="not open"):
            use()
    port.open()
    with pytest.raises(serial.SerialException, match="already open"):
        port.open()
    assert ask(port, "?") == b"/0`0\x03\r\n"
    port.close()
