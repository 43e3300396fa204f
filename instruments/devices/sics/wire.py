"""What MT-SICS puts on the wire: commands, replies, and how a weight is read out of one.

Facts from the MT-SICS reference manual 11780711 (XPR/XSR balances, WX weigh modules): a line each way, CR LF, upper
case; a weight reply is ``ID status value unit`` with the value right-aligned in ten characters. What that manual was
not read for is marked "(from general knowledge)".
"""

from __future__ import annotations

import re
from decimal import Decimal

from zosimos.core.errors import InstrumentError, ReplyError
from zosimos.instruments.wire.trace import shown

TERMINATOR = b"\r\n"
WIDTH = 10
"""Characters of the value field."""

QUERIES = frozenset({b"S", b"SI", b"I0", b"I1", b"I2", b"I3", b"I4", b"I5", b"I10", b"I11", b"TA"})
"""What only asks. T, TI, Z, ZI, TAC, @ and TA with a number change the balance."""

UNITS = {b"g": 0, b"mg": -3, b"kg": 3}
"""Power of ten that makes grams of each unit."""

ERRORS = {
    b"ES": "did not understand the command (syntax error)",
    b"ET": "received a damaged command (transmission error)",
    b"EL": "cannot carry out the command (logical error)",
}

_WEIGHT = re.compile(rb"(?P<command>[A-Z]+) (?P<status>[SA]) (?P<field>[ 0-9.-]{10}) (?P<unit>[!-~]{1,5})")
_NUMBER = re.compile(rb" *-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_TEXT = re.compile(rb'(?P<command>I[0-9]{1,2}) A "(?P<text>[ !#-~]{0,64})"')  # the quotes: (from general knowledge)
_ANNOUNCEMENT = re.compile(rb'I4 A "[ !#-~]{0,64}"')  # also behind the noise of power that comes back
_REFUSALS = {
    b"I": ("the reading never settles", "close the draught shield; look for vibration, or a vessel that touches"),
    b"+": ("overload: more is on it than it can weigh", "take weight off"),
    b"-": ("underload: the pan is not in place, or something lifts it", "put the pan and the vessel in place"),
    b"L": ("it refuses the parameter", ""),
}


def grams(reply: bytes, command: bytes, device: str) -> float:
    """Return the weight in grams that a reply to ``S``, ``T`` or ``TA`` gives.

    Args:
        reply: the line, without its end.
        command: what was asked.
        device: the balance's name, for messages.

    Raises:
        InstrumentError: the balance says that it cannot.
        ReplyError: it is no reply to that command.

    >>> grams(b"S S    52.1873 g", b"S", "balance")
    52.1873
    """
    _refused(reply, command, device)
    match = _WEIGHT.fullmatch(reply)
    status = b"A" if command == b"TA" else b"S"
    if (
        match is None
        or match["command"] != command
        or match["status"] != status
        or not _NUMBER.fullmatch(match["field"])
    ):
        raise _no_reply(reply, command, device)
    unit = match["unit"]
    if unit not in UNITS:
        raise InstrumentError(
            f"{device} weighs in an unknown unit",
            field=device,
            value=shown(unit),
            allowed=", ".join(name.decode() for name in UNITS),
            hint="set the balance's unit to g",
        )
    return float(Decimal(match["field"].decode().strip()).scaleb(UNITS[unit])) + 0.0  # no negative zero


def text(reply: bytes, command: bytes, device: str) -> str:
    """Return the text that a reply to one of the ``I`` commands gives: data, never an instruction.

    Raises:
        InstrumentError: the balance says that it cannot.
        ReplyError: it is no reply to that command, or its text is too long.

    >>> text(b'I4 A "B123456789"', b"I4", "balance")
    'B123456789'
    """
    _refused(reply, command, device)
    match = _TEXT.fullmatch(reply)
    if match is None or match["command"] != command:
        raise _no_reply(reply, command, device)
    return match["text"].decode("ascii")


def announces(line: bytes) -> bool:
    """Say whether a line that came unasked is what a balance says of itself after it restarted: its serial number.

    >>> announces(b'I4 A "B123456789"'), announces(b"S S    52.1873 g")
    (True, False)
    """
    return _ANNOUNCEMENT.search(line) is not None


def is_firmware(reply: bytes) -> bool:
    """Say whether a reply can only be one to ``I3``."""
    return _is_text(reply, b"I3")


def _is_text(reply: bytes, command: bytes) -> bool:
    match = _TEXT.fullmatch(reply)
    return match is not None and match["command"] == command


def _refused(reply: bytes, command: bytes, device: str) -> None:
    """Raise what the balance says it cannot do."""
    if reply in ERRORS:
        raise InstrumentError(f"{device} {ERRORS[reply]}: {shown(command)}", field=device, value=shown(reply))
    for status, (what, hint) in _REFUSALS.items():
        if reply == command + b" " + status:
            raise InstrumentError(f"{device}: {what}", field=device, value=shown(reply), hint=hint)


def _no_reply(reply: bytes, command: bytes, device: str) -> ReplyError:
    return ReplyError(
        f"{device}: {shown(reply[:60])} is no reply to {shown(command)}",
        field=device,
        value=shown(reply[:60]),
        hint="zosimos show ID --wire shows every byte",
    )
