"""Addresses of ports, by an allowlist.

pyserial finds a handler for any ``scheme://`` by its name. Some of its handlers do more than open a port: one writes
whatever file its query names, one tries every port of the machine, and a query may set up logging. A plain name is
opened as a file, whatever it is. A lab file may come from others: only what a laboratory needs is let through.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from pathlib import Path

from zosimos.core.errors import SpecError

ALLOWED = (
    "/dev/ttyUSB0, /dev/serial/by-id/..., COM3, socket://HOST:PORT, rfc2217://HOST:PORT, loop://, or sim://LAB/DEVICE"
)

_LAST_PORT = 65535
_WINDOWS = re.compile(r"(?:\\\\\.\\)?COM[1-9][0-9]{0,3}", re.IGNORECASE)
_UNIX = re.compile(r"/dev(?:/(?!\.)[\w.+:,@=-]+)+", re.ASCII)
_TTY = re.compile(r"/dev/(?:tty[A-Za-z.]|cu[.a]|rfcomm[0-9]|pts/[0-9]|usb/tts/[0-9])[^\s]*", re.ASCII)
"""What a serial port is called once links are followed; ``/dev/tty`` and ``/dev/tty1`` are people's terminals."""

_SIM = re.compile(r"sim://[\w.-]+/[\w.-]+/?", re.ASCII)
_NETWORK = re.compile(r"(?:socket|rfc2217)://(?:[\w.-]+|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})/?(?:\?(.*))?", re.ASCII)
_OPTIONS: dict[str, Callable[[str], bool]] = {
    "ign_set_control": lambda value: not value,
    "poll_modem": lambda value: not value,
    "timeout": lambda value: re.fullmatch(r"[0-9]{1,2}(?:\.[0-9]{1,3})?", value, re.ASCII) is not None,
}
"""What may follow the ``?`` of an rfc2217 address."""


def check_address(url: str, field: str = "url") -> None:
    """Refuse what is no address of a port, by its form alone: also on another machine than the laboratory's.

    Args:
        url: as a lab file has it.
        field: where it stands, for the error.

    Raises:
        SpecError: it is none.

    >>> check_address("socket://10.0.0.7:4001")
    >>> check_address("spy://loop://?file=notes.txt")
    Traceback (most recent call last):
    zosimos.core.errors.SpecError: url is no address of a port: spy:// is not accepted...
    """
    why = _problem(url)
    if why:
        raise SpecError(
            f"url is no address of a port: {why}",
            field=field,
            value=url,
            allowed=ALLOWED,
            hint="write the port's name as the operating system has it, or the host and port of its serial server",
        )


def check_port(url: str, field: str = "url") -> None:
    """Refuse, right before it is opened, a port's name behind which this machine has something else.

    Raises:
        SpecError: the address is none, or there is a file, a pipe or another device.
    """
    check_address(url, field)
    if "://" in url or (os.name == "nt" and _WINDOWS.fullmatch(url)):
        return
    try:
        real = Path(url).resolve()
        found = real.stat()
    except OSError:
        if not url.startswith("/"):  # elsewhere COM3 is a file of the working folder
            raise _no_port(url, field, "no such port on this system") from None
        return  # it is not plugged in, which opening it says
    if not stat.S_ISCHR(found.st_mode):
        raise _no_port(url, field, "it is no device")
    if _TTY.fullmatch(str(real)) is None:
        raise _no_port(url, field, f"it is the device {real}, and no serial port")


def _no_port(url: str, field: str, why: str) -> SpecError:
    return SpecError(
        f"{url} is no serial port: {why}",
        field=field,
        value=url,
        allowed="a serial port, such as /dev/ttyUSB0 or a link to it" if os.name != "nt" else "a port such as COM3",
        hint="ls -l /dev/serial/by-id shows what is plugged in" if os.name != "nt" else "see the device manager",
    )


def _problem(url: str) -> str:
    """Return what is wrong with an address, in words; empty if nothing is."""
    scheme, separator, _ = url.partition("://")
    if not separator:
        return "" if _UNIX.fullmatch(url) or _WINDOWS.fullmatch(url) else "it is no name of a port"
    if url == "loop://" or _SIM.fullmatch(url):
        return ""
    if scheme not in ("socket", "rfc2217"):
        return "write sim://LAB/DEVICE" if scheme == "sim" else f"{scheme}:// is not accepted"
    found = _NETWORK.fullmatch(url)
    if found is None:
        return f"write {scheme}://HOST:PORT"
    if not 1 <= int(found[1]) <= _LAST_PORT:
        return f"there is no TCP port {found[1]}"
    given = found[2].split("&") if found[2] else []
    if given and scheme == "socket":
        return "socket:// takes no options"
    for option in given:
        name, _, value = option.partition("=")
        if name not in _OPTIONS or not _OPTIONS[name](value):
            return f"the option {name!r} is not accepted so; {', '.join(_OPTIONS)} are"
    return ""
