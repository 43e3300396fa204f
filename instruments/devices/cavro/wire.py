"""The Cavro wire: two framings, the status byte and the errors.

Source: Tecan Cavro XLP 6000 operating manual 734237-C and XP 3000 manual, as transcribed in public copies. A pump
recognises which of the two framings is spoken from the first frame after power-up, and ignores the other from then on.

====== =====================================  ==================================================
       request                                reply
====== =====================================  ==================================================
DT     ``/`` addr commands CR                 ``/0`` status data ETX CR LF
OEM    STX addr seq commands ETX checksum     STX ``0`` status data ETX checksum
====== =====================================  ==================================================

The checksum is the exclusive or of every byte from STX to ETX. Addresses are ``1`` to ``?``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import xor

from zosimos.instruments.wire.framing import Split, one_frame

STX, ETX, CR, LF = 0x02, 0x03, 0x0D, 0x0A
READY = 0x20  # in the status byte 0 1 X 0 e3 e2 e1 e0
ADDRESSES = "123456789:;<=>?"
BUFFER = 255
NOT_INITIALISED = 7

ERRORS: Mapping[int, str] = {
    0: "no error",
    1: "initialisation failed",
    2: "invalid command",
    3: "invalid operand",
    4: "invalid command sequence",
    5: "fluid not detected",
    6: "EEPROM failure",
    7: "not initialised",
    9: "plunger overload",
    10: "valve overload",
    11: "plunger move not allowed: the valve is in bypass",
    15: "command overflow: the pump was still busy",
}

FULL_STEPS: Mapping[str, int] = {"xcalibur": 3000, "xp3000": 3000, "xlp6000": 6000}
"""Steps of a full stroke in the normal mode (N0)."""

FINE: Mapping[str, int] = {"xcalibur": 8, "xp3000": 8, "xlp6000": 8}
"""Increments to a step in the fine mode (N1): 24000 and 48000 to a stroke."""

_CONFIGURATION = re.compile(rb"(?P<ports>\d{1,2})-port\b|(?P<steps>\d{4,5}) steps\b|(?P<mL>\d{1,2}(?:\.\d{1,4})?) mL\b")


def described(configuration: bytes) -> dict[str, float]:
    """Return what a configuration (the answer to ``?76``) names of ``ports``, ``steps`` and the syringe's ``mL``.

    The manual says only that it is text, so its wording is (from general knowledge): what is not recognised is left
    out, and a pump that was never told its syringe cannot name it.

    >>> described(b"9-port, 3000 steps, 1 mL")
    {'ports': 9.0, 'steps': 3000.0, 'mL': 1.0}
    >>> described(b"XLP 6000")
    {}
    """
    found = _CONFIGURATION.finditer(configuration)
    return {str(one.lastgroup): float(one[str(one.lastgroup)]) for one in found}


REPEAT = 0x08  # in the OEM sequence byte 0 0 1 1 R s2 s1 s0: sent before, to be acknowledged and not done again

# A status byte has bit 4 clear. In plain text, "/0" begins a new reply, so that one cut short does not swallow it.
_DT_REPLY = re.compile(rb"/0([@-O`-o])((?:(?!/0)[ -~])*)\x03\r\n")
_DT_PART = re.compile(rb"/(?:0(?:[@-O`-o](?:(?:(?!/0)[ -~])*(?:\x03\r?)?)?)?)?")
_OEM_REPLY = re.compile(rb"\x020([@-O`-o])([ -~]*)\x03(.)", re.DOTALL)
_OEM_PART = re.compile(rb"\x02(?:0(?:[@-O`-o](?:[ -~]*\x03?)?)?)?")


def checksum(frame: bytes) -> int:
    """Return the exclusive or of all bytes, STX to ETX.

    >>> hex(checksum(bytes([0x02]) + b"0`" + bytes([0x03])))
    '0x51'
    """
    return reduce(xor, frame, 0)


def status_byte(error: int, *, ready: bool) -> int:
    """Return the status byte for an error code.

    >>> chr(status_byte(0, ready=True)), chr(status_byte(15, ready=False))
    ('`', 'O')
    """
    return 0x40 | (READY if ready else 0) | error


@dataclass(frozen=True)
class DtFraming:
    """Data-terminal framing: plain text, no checksum. A reply's content is the status byte and the data."""

    address: str = "1"

    def wrap(self, payload: bytes) -> bytes:
        """Return the request's bytes.

        Raises:
            EnvelopeError: they would be more than one request.
        """
        return b"/" + self.address.encode() + one_frame(payload, b"/", b"\r", b"\n") + b"\r"

    def split(self, received: bytes) -> Split:
        """Find the first reply."""
        found = _DT_REPLY.search(received)
        if found is not None:
            return Split(found[1] + found[2], received[found.end() :], received[: found.start()])
        return _unfinished(received, b"/", _DT_PART)


@dataclass(frozen=True)
class OemFraming:
    """OEM framing: with a checksum, so that flipped bits are noticed. Preferred."""

    address: str = "1"

    def wrap(self, payload: bytes) -> bytes:
        """Return the request's bytes; the sequence byte stays 0x31, which the manual allows.

        Raises:
            EnvelopeError: they would be more than one request.
        """
        payload = one_frame(payload, bytes([STX]), bytes([ETX]))
        frame = bytes([STX]) + self.address.encode() + b"1" + payload + bytes([ETX])
        return frame + bytes([checksum(frame)])

    def split(self, received: bytes) -> Split:
        """Find the first reply whose checksum holds."""
        found = _OEM_REPLY.search(received)
        if found is None:
            return _unfinished(received, bytes([STX]), _OEM_PART)
        if checksum(found[0][:-1]) != found[3][0]:
            return Split(None, received[found.end() :], received[: found.end()])
        return Split(found[1] + found[2], received[found.end() :], received[: found.start()])


def _unfinished(received: bytes, start: bytes, part: re.Pattern[bytes]) -> Split:
    """Keep what may still become a reply; the rest is garbage."""
    at = received.find(start)
    while at >= 0 and not part.fullmatch(received, at):
        at = received.find(start, at + 1)
    return Split(None, b"", received) if at < 0 else Split(None, received[at:], received[:at])
