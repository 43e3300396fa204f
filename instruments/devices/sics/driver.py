"""Driver for balances that speak MT-SICS.

The protocol has no checksum, so a flipped digit makes another valid weight, and no framing can tell. Therefore a
weight counts only when two stable readings agree within what the balance's repeatability allows. It has no request
numbers either, so each reading is checked for being the reply to its own request.

A balance that restarts has lost its tare and takes what stands on it for nothing. It announces itself with its serial
number, unasked (MT-SICS reference manual, I4 and ``@``). From then on no weight counts until it was tared again. So
``I4`` is asked for the identity only, and ``I3`` is the sentinel: what says ``I4`` was not asked for. A late reply
looks the same; then the balance is asked for its tare (``TA``), and where that is still the one that it was given,
nothing was lost. Where it cannot say, a weight too few is better than a wrong one.
"""

from __future__ import annotations

import asyncio
import math
from typing import ClassVar

from pydantic import Field

from zosimos.core.errors import InstrumentError, OutcomeUnknownError, ReplyError
from zosimos.core.validation import Part, validated
from zosimos.instruments.capabilities.weighs import TARE, Weight
from zosimos.instruments.devices.sics import wire
from zosimos.instruments.envelope.effect import Effect
from zosimos.instruments.identity import Identity
from zosimos.instruments.instrument import Instrument, Wiring
from zosimos.instruments.wire.framing import Lines
from zosimos.instruments.wire.link import Announcement, LinkProfile, Sentinel
from zosimos.instruments.wire.port import SerialSettings
from zosimos.instruments.wire.trace import shown

READINGS = 5
"""How many readings may be tried until two agree."""

_ATTEMPTS = 3
_COME_IN_S = 0.3
_COVERAGE = 3.0  # two readings differ by less than three standard deviations of their difference


class SicsOptions(Part):
    """What a lab file says of an MT-SICS balance."""

    repeatability_g: float = Field(0.0001, gt=0, le=100, description="standard deviation of repeated weighings, in g")
    readability_g: float = Field(0.0001, gt=0, le=100, description="the last digit's step, in g")
    accuracy_g: float = Field(
        0.0, ge=0, le=100, description="standard uncertainty of its adjustment, the same for all weighings, in g"
    )
    settle_s: float = Field(
        60.0, gt=0, le=600, description="how long a stable reading may take; more than the balance's own time-out"
    )


class SicsBalance(Instrument):
    """An MT-SICS balance: ``Weighs``.

    Raises:
        SpecError: an option in the lab file is wrong.
    """

    kind: ClassVar[str] = "MT-SICS balance"
    serial_settings: ClassVar[SerialSettings] = SerialSettings()  # 9600 8N1 (from general knowledge)

    def __init__(self, wiring: Wiring) -> None:
        self._options = validated(SicsOptions, dict(wiring.options), f"devices.{wiring.name}")
        self._doubt = ""  # why the tare may be lost, until it is tared again
        self._tare_g: float | None = None  # the tare it was given in this session
        super().__init__(wiring)

    def _link_profile(self) -> LinkProfile:
        return LinkProfile(
            Lines(wire.TERMINATOR),
            Sentinel(b"I3", wire.is_firmware),
            wire.QUERIES.__contains__,
            restarts=Announcement(wire.announces, b"I4"),
        )

    def _restarted(self, said: bytes) -> None:
        self._doubt = f"it restarted and announced itself ({shown(said[:80])})"

    async def _make_ready(self) -> None:
        """Doubt the tare of before: a balance on USB loses its port and its tare together."""
        if self._tare_g is not None and not self._doubt:
            self._doubt = "its port was opened again"

    @property
    def tolerance_g(self) -> float:
        """How far two readings of one load may differ: three standard deviations of a difference, and a digit."""
        return _COVERAGE * math.sqrt(2.0) * self._options.repeatability_g + self._options.readability_g

    @property
    def uncertainty_g(self) -> float:
        """Standard uncertainty of a reading: repeatability, and rounding to the last digit (JCGM 100:2008, F.2.2.1)."""
        return math.hypot(self._options.repeatability_g, self._options.readability_g / math.sqrt(12.0))

    async def identify(self) -> Identity:
        """Return serial number, model and firmware as the balance gives them."""
        serial, model, firmware = [await self._text(query) for query in (b"I4", b"I2", b"I3")]
        return Identity("MT-SICS", model, serial, firmware)

    async def weigh(self) -> Weight:
        """Return the stable weight: the mean of two readings that agree.

        Raises:
            InstrumentError: the reading never settles, is out of range or in an unknown unit, no two agree, or the
                balance restarted since it was last tared.
            ReplyError: the balance does not answer.
        """
        seen: list[float] = []
        for _ in range(READINGS):
            value = await self._reading()
            if self._doubt and not await self._still_tared():
                raise InstrumentError(
                    f"{self.name} has lost its tare, or cannot show that it has not: {self._doubt}",
                    field=self.name,
                    hint="tare it again with nothing on it that is to be weighed; check its power supply",
                )
            if value is None:
                continue
            for other in seen:
                if abs(value - other) <= self.tolerance_g:
                    return Weight((value + other) / 2.0, self.uncertainty_g, self._options.accuracy_g)
            seen.append(value)
        raise InstrumentError(
            f"{self.name}: of {READINGS} readings no two agree within {self.tolerance_g:.2g} g",
            field=self.name,
            value=", ".join(f"{value:g} g" for value in seen) or "no reading was a weight",
            hint="look for draught and vibration, and for noise on the cable; see repeatability_g in the lab file",
        )

    async def tare(self) -> None:
        """Make the present weight zero, once it is stable.

        Raises:
            EnvelopeError: the limits do not allow it.
            InstrumentError: the balance says that it did not.
            OutcomeUnknownError: it may or may not have: tare again.
        """
        effect = Effect(self.name, TARE)
        reply = await self._do(effect, b"T", within_s=self._options.settle_s)
        self._tare_g = None
        try:
            self._tare_g = wire.grams(reply, b"T", self.name)
        except ReplyError as error:
            raise OutcomeUnknownError(
                f"{effect} may or may not have happened: {error.message}", field=self.name, hint="tare again"
            ) from error
        self._doubt = ""

    async def _still_tared(self) -> bool:
        """Say whether the tare that was given is still there, so that no restart can have come since.

        A restart leaves no tare (from general knowledge), so one that is next to nothing proves nothing.
        """
        if self._tare_g is None or abs(self._tare_g) <= self.tolerance_g:
            return False
        try:
            there = wire.grams(await self._ask(b"TA"), b"TA", self.name)
        except InstrumentError:
            return False
        if abs(there - self._tare_g) > self._options.readability_g:
            return False
        self._doubt = ""
        return True

    async def _reading(self) -> float | None:
        """Return a stable reading; None if what came back was damaged, or a reply to something else.

        A reading is followed by the sentinel: if the reading was a late or doubled reply, its own is still to come and
        takes the sentinel's place. Then a moment's wait lets everything come in, and the link finds back into step.
        """
        reply = await self._ask(b"S", within_s=self._options.settle_s)
        if wire.is_firmware(await self._ask(b"I3")):
            try:
                return wire.grams(reply, b"S", self.name)
            except ReplyError:
                pass
        await asyncio.sleep(_COME_IN_S)
        return None

    async def _text(self, query: bytes) -> str:
        """Return the text a balance answers; a damaged line that is still text is asked for again."""
        for attempt in range(1, _ATTEMPTS + 1):
            reply = await self._ask(query)
            try:
                return wire.text(reply, query, self.name)
            except ReplyError:
                if attempt == _ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    async def safe_state(self) -> None:
        """Do nothing: a balance moves and heats nothing, and can be left alone as it is."""
