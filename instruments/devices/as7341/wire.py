"""What the colour sensor's firmware puts on the wire: one JSON object in each line, each way.

``docs/firmware-as7341.md`` is the protocol. Facts of the AS7341 itself (channels, integration time, full scale, gains)
are its data sheet's.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from zosimos.core.errors import ReplyError
from zosimos.instruments.wire.framing import Lines, Split
from zosimos.instruments.wire.trace import shown

TERMINATOR = b"\n"
LONGEST_REQUEST = 256
LONGEST_REPLY = 512
LARGEST_ID = 2**31 - 1
DEVICE = "as7341-cell"

PEAKS_NM: Mapping[str, int] = {
    "F1": 415,
    "F2": 445,
    "F3": 480,
    "F4": 515,
    "F5": 555,
    "F6": 590,
    "F7": 630,
    "F8": 680,
}
CHANNELS = (*PEAKS_NM, "clear", "nir")
GAINS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0)
LARGEST_ATIME = 255
LARGEST_ASTEP = 65534
LARGEST_COUNT = 65535
PASSES = 2
"""Ten channels on six converters: a reading integrates twice."""

_STEP_MS = 0.00278
_SAME = 1e-6

Reply_ = TypeVar("Reply_", bound="Reply")


def integration_ms(atime: int, astep: int) -> float:
    """Return how long one pass integrates.

    >>> round(integration_ms(35, 999), 2)
    100.08
    """
    return (atime + 1) * (astep + 1) * _STEP_MS


def full_scale(atime: int, astep: int) -> int:
    """Return the largest count.

    >>> full_scale(35, 999)
    36000
    """
    return min(LARGEST_COUNT, (atime + 1) * (astep + 1))


def _one_of_the_gains(gain: float) -> float:
    if gain not in GAINS:
        raise ValueError("a gain is one of " + ", ".join(f"{one:g}" for one in GAINS))
    return gain


def _plain(text: str) -> str:
    if not text.isprintable():
        raise ValueError("a text has no control characters")
    return text


Gain = Annotated[float, AfterValidator(_one_of_the_gains)]
Text = Annotated[str, Field(max_length=64), AfterValidator(_plain)]
Number = Annotated[int, Field(ge=0, le=LARGEST_ID)]
Count = Annotated[int, Field(ge=0, le=LARGEST_COUNT)]


class _Line(BaseModel):
    """What the device says: exactly the fields that are declared, of exactly their types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Reply(_Line):
    """A reply to a request that was carried out; ``id`` is the request's."""

    id: Number
    ok: Literal[True]


class Hello(Reply):
    """Who the device is. The texts are its own: data, never instructions."""

    device: Text
    firmware: Text
    serial: Text


class Configured(Reply):
    """The settings that now count, and the integration time and full scale they make."""

    atime: Annotated[int, Field(ge=0, le=LARGEST_ATIME)]
    astep: Annotated[int, Field(ge=0, le=LARGEST_ASTEP)]
    gain: Gain
    t_ms: Annotated[float, Field(gt=0)]
    full_scale: Count


class Lit(Reply):
    """The lamp's current that now flows."""

    ma: Annotated[float, Field(ge=0)]


class Turned(Reply):
    """The slot that is now in the light."""

    slot: Annotated[int, Field(ge=0, le=255)]


class Read(Reply):
    """A reading, and everything it was made with."""

    counts: Mapping[str, Count]
    full_scale: Count
    gain: Gain
    t_ms: Annotated[float, Field(gt=0)]
    light_ma: Annotated[float, Field(ge=0)]
    slot: Annotated[int, Field(ge=0, le=255)]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if set(self.counts) != set(CHANNELS):
            raise ValueError("a reading has the channels " + ", ".join(CHANNELS))
        if max(self.counts.values()) > self.full_scale:
            raise ValueError("no count is above the full scale")
        return self


class Refusal(_Line):
    """Why a request was not carried out; ``id`` is null where the device could not tell which one it was."""

    id: Number | None
    ok: Literal[False]
    error: Text
    code: Literal["bad-json", "bad-request", "unknown-command", "out-of-range", "busy", "too-long"]


class NumberedLines:
    """The lines, seen from the driver: what is numbered as the reply to an earlier request is passed over.

    Such a line is no garbage: it only came late, or twice.
    """

    def __init__(self) -> None:
        self._lines = Lines(TERMINATOR, LONGEST_REPLY)
        self._expected: object = None

    def wrap(self, payload: bytes) -> bytes:
        """Return the line, and expect its number from now on."""
        self._expected = _number_in(payload)
        return self._lines.wrap(payload)

    def split(self, received: bytes) -> Split:
        """Find the first line that is no reply to an earlier request."""
        while True:
            found = self._lines.split(received)
            if found.reply is None or _number_in(found.reply) in (None, self._expected):
                return found
            received = found.rest


def request(number: int, command: str, **fields: float) -> bytes:
    """Return a request's line, without its end.

    >>> request(7, "light", ma=10.0)
    b'{"id":7,"cmd":"light","ma":10.0}'
    """
    return json.dumps({"id": number, "cmd": command, **fields}, separators=(",", ":")).encode()


def asks(payload: bytes) -> bool:
    """Say whether a request only asks: it is exactly a ``hello`` or a ``read``."""
    try:
        data = parsed(payload)
    except ValueError:
        return False
    number, command = data.get("id"), data.get("cmd")
    if type(number) is not int or not 0 <= number <= LARGEST_ID or command not in ("hello", "read"):
        return False
    return request(number, command) == payload


def answer(line: bytes, number: int, model: type[Reply_], device: str) -> Reply_ | Refusal:
    """Return what a line from the device says.

    Args:
        line: without its end.
        number: the request's.
        model: what it says if the request was carried out.
        device: the sensor's name, for messages.

    Raises:
        ReplyError: it says neither that nor why not, or answers another request.
    """
    try:
        data = parsed(line)
        said = (model if data.get("ok") is True else Refusal).model_validate(data)
    except ValueError as error:  # pydantic's is one too
        raise _no_reply(line, device, _why(error)) from error
    if said.id != number:
        raise _no_reply(line, device, f"it is not to request {number}")
    return said


def parsed(line: bytes) -> dict[str, Any]:
    """Return the JSON object in a line.

    Raises:
        ValueError: it is none, a key stands twice in it, or it holds a number that is none (NaN, Infinity).
    """
    try:
        data = json.loads(line, object_pairs_hook=_unique, parse_constant=_no_number)
    except RecursionError as error:
        raise ValueError("brackets in brackets without end") from error
    if not isinstance(data, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - one kind of error for all that is no reply
    return data


def same(one: float, other: float) -> bool:
    """Say whether two numbers are the same but for how they were written."""
    return math.isclose(one, other, rel_tol=_SAME, abs_tol=_SAME)


def _number_in(line: bytes) -> int | None:
    """Return the number of a request or reply; None where there is none."""
    try:
        number = parsed(line).get("id")
    except ValueError:
        return None
    return number if type(number) is int else None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        raise ValueError("a key stands twice")
    return data


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number")


def _no_reply(line: bytes, device: str, why: str) -> ReplyError:
    return ReplyError(
        f"{device}: {shown(line[:60])} is no reply that counts: {why}",
        field=device,
        value=shown(line[:200]),
        hint="zosimos show ID --wire shows every byte",
    )


def _why(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        return ".".join(str(part) for part in first["loc"]) + f": {first['msg']}".removeprefix(": ")
    return str(error)
