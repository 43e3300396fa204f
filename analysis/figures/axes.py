"""Axes: which value stands at which pixel; linear, or logarithmic."""

from __future__ import annotations

import math
from dataclasses import dataclass

from zosimos.analysis.figures.refusal import refused


@dataclass(frozen=True)
class Axis:
    """An axis through two places.

    Args:
        name: ``x`` or ``y``.
        low: the value at ``first``.
        high: the value at ``last``.
        first: where the axis begins, in pixels (of y: the bottom).
        last: where it ends, in pixels.
        log: whether equal ways are equal factors.

    Raises:
        DataError: the values are not finite, equal, or not above 0 on a logarithmic axis; the places are too near.

    >>> axis = Axis("x", 1, 100, first=50, last=250, log=True)
    >>> round(axis.value(150), 6), axis.pixel(10)
    (10.0, 150.0)
    """

    name: str
    low: float
    high: float
    first: float
    last: float
    log: bool = False

    def __post_init__(self) -> None:
        shown = f"{self.low:g}:{self.high:g}"
        if not (math.isfinite(self.low) and math.isfinite(self.high)) or self.low == self.high:
            raise self._refused(shown, "two finite numbers that differ", f"state it as in --{self.name} 0:100")
        if not math.isfinite(self.high - self.low):
            raise self._refused(shown, "a range whose width is a finite number", "state it in a larger unit")
        if self.log and min(self.low, self.high) <= 0:
            raise self._refused(shown, "numbers above 0 on a logarithmic axis", f"leave --log-{self.name} out")
        if abs(self.last - self.first) < 10:
            raise self._refused(f"{abs(self.last - self.first):g} pixels long", "10 pixels or more", "check the frame")

    def value(self, pixel: float) -> float:
        """Return the value at a place."""
        part = (pixel - self.first) / (self.last - self.first)
        if self.log:
            return math.exp(math.log(self.low) * (1 - part) + math.log(self.high) * part)
        return self.low * (1 - part) + self.high * part

    def pixel(self, value: float) -> float:
        """Return the place of a value."""
        if self.log:
            part = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            part = (value - self.low) / (self.high - self.low)
        return self.first + part * (self.last - self.first)

    def spread(self, pixel: float, pixels: float) -> float:
        """Return the standard uncertainty of the value at a place that is uncertain by so many pixels."""
        return abs(self.value(pixel + pixels / 2) - self.value(pixel - pixels / 2))

    def _refused(self, value: str, allowed: str, hint: str) -> Exception:
        return refused(
            f"no axis {self.name} can be made of this", field=f"--{self.name}", value=value, allowed=allowed, hint=hint
        )
