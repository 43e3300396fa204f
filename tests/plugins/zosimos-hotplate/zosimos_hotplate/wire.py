"""What the hotplate puts on its wire: a line each way in the manner of NAMUR, and how a number is read out of one.

Facts from the manuals of IKA's devices: upper case, parts with a space between them, a space before CR LF at the end
of every line, 7 data bits with even parity; ``IN_PV`` asks for an actual value, ``IN_SP`` for a set one, ``OUT_SP``
sets it, ``START`` and ``STOP`` switch; set commands and unknown ones are not answered. The layout of replies is not in
the manuals; devices were seen to answer ``<value> <channel>``. ``STATUS_1`` is undocumented too (11 on, 12 off). The
ramp, ``IN_RT_1`` and ``OUT_RT_1``, is this hotplate's own.
"""

from __future__ import annotations

import re

import zosimos as zo

TERMINATOR = b" \r\n"
NAME, TEMPERATURE, SET_POINT, RATE, STATUS = b"IN_NAME", b"IN_PV_1", b"IN_SP_1", b"IN_RT_1", b"STATUS_1"
QUERIES = frozenset({NAME, TEMPERATURE, SET_POINT, RATE, STATUS})
START, STOP = b"START_1", b"STOP_1"
SETS = (b"OUT_SP_1 ", b"OUT_RT_1 ", START, STOP)
"""What is obeyed without a word."""

MODEL = b"HP-1 hotplate"
ON, OFF = 11, 12
DECIMALS = 1

_REPLY = re.compile(rb"(?P<value>-?[0-9]{1,4}(?:\.[0-9])?) 1")


def number(reply: bytes, query: bytes, device: str) -> float:
    """Return the number in a reply.

    Args:
        reply: the line without its end.
        query: what was asked.
        device: the hotplate's name, for messages.

    Raises:
        ReplyError: it is no number of channel 1.

    >>> number(b"25.0 1", b"IN_PV_1", "plate")
    25.0
    """
    found = _REPLY.fullmatch(reply)
    if found is None:
        raise zo.ReplyError(
            f"{device}: {reply[:60]!r} is no reply to {query.decode()}",
            field=device,
            value=repr(reply[:60]),
            allowed="a number and the channel, such as 25.0 1",
            hint="zosimos show ID --wire shows every byte",
        )
    return float(found["value"])


def is_name(reply: bytes) -> bool:
    """Say whether a reply can only be the name of this kind of hotplate."""
    return reply == MODEL
