"""Tick marks: they tell whether the axes that a person states can be right.

Marks stand at round values: 1, 1.5, 2, 2.5, 3, 4, 5, 6 or 8 times a power of ten apart and at multiples of that, or on
a logarithmic axis at one to nine times a power of ten. Values that would put them elsewhere are refused.
"""

from __future__ import annotations

import math

import numpy as np

from zosimos.analysis.figures.axes import Axis
from zosimos.analysis.figures.frame import Frame, runs
from zosimos.analysis.figures.picture import Ink
from zosimos.analysis.figures.refusal import BY_HAND, refused

_STEPS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
_OFF = 1.6  # pixels
LEAST = 3


def find_ticks(dark: Ink, frame: Frame, name: str) -> tuple[float, ...]:
    """Return where tick marks stand along the bottom (``x``) or the left (``y``), outside of the frame or else inside.

    Args:
        dark: how dark each pixel is, 0 to 1; height x width.
        frame: where the frame is.
        name: ``x`` or ``y``.

    Returns:
        their places in pixels, in order.
    """
    across, line, outwards = (dark, frame.bottom, 1) if name == "x" else (dark.T, frame.left, -1)
    first, last = (frame.left, frame.right) if name == "x" else (frame.top, frame.bottom)
    for way in (outwards, -outwards):
        row = round(line + way * (frame.half + 1.5))
        if not 0 <= row < across.shape[0]:
            continue
        start, end = max(round(first) - 2, 0), min(round(last) + 3, across.shape[1])
        strip = across[row, start:end]
        found = [(a, b) for a, b in runs(strip > 0.35) if b - a <= 2 * frame.half + 2]
        inside = [(a, b) for a, b in found if way == outwards or (a > 3 and b < len(strip) - 4)]
        if len(inside) >= 2:
            return tuple(start + _centre(strip, a, b) for a, b in inside)
    return ()


def _centre(strip: Ink, a: int, b: int) -> float:
    places = np.arange(max(a - 1, 0), min(b + 2, len(strip)))
    return float((places * strip[places]).sum() / strip[places].sum())


def check_ticks(ticks: tuple[float, ...], axis: Axis) -> None:
    """Refuse an axis on which the tick marks would stand at values where nobody puts them.

    Raises:
        DataError: they would.
    """
    if len(ticks) < LEAST:
        return
    fits = _on_decades(ticks, axis) if axis.log else _on_steps(ticks, axis)
    if not fits:
        kind = "logarithmic" if axis.log else "linear"
        at = ", ".join(f"{axis.value(tick):.4g}" for tick in ticks[:6])
        raise refused(
            f"what is stated of the axis {axis.name} does not fit its tick marks",
            field=f"--{axis.name}",
            value=f"{axis.low:g}:{axis.high:g}, {kind}: the marks would stand at {at}",
            allowed="values for which the marks stand at round numbers",
            hint=f"state the values at the ends of the frame, or with --marks those at the first and the last mark; "
            f"--log-{axis.name} if it is logarithmic; else {BY_HAND}",
        )


def check_ends(ticks: tuple[float, ...], axis: Axis, ends: tuple[float, float]) -> None:
    """Refuse marks as ends of an axis where there is room for another mark that is not seen: it may be hidden.

    Args:
        ticks: the places of the marks that are seen, in order.
        axis: it has its ends at the first and at the last of them.
        ends: where the frame ends, in pixels.

    Raises:
        DataError: there is room for another.
    """
    gaps = np.diff(ticks)
    if axis.log and float(np.ptp(gaps)) > 2 * _OFF:
        low, high = sorted((axis.low, axis.high))
        power = 10.0 ** math.floor(math.log10(high) + 1e-9)
        under = 10.0 ** math.ceil(math.log10(low) - 1e-9)
        places = [axis.pixel(high + power), axis.pixel(low - under / 10)]
    else:
        gap = float(np.median(gaps))
        places = [ticks[0] - gap, ticks[-1] + gap]
    if any(min(ends) - _OFF <= place <= max(ends) + _OFF for place in places):
        raise refused(
            f"a tick mark of the axis {axis.name} may be hidden",
            field="--marks",
            value=f"{len(ticks)} marks are seen, and there is room for one more before or after them",
            allowed="marks along the whole of the frame",
            hint=f"state the values at the ends of the frame, without --marks; else {BY_HAND}",
        )


def _on_steps(ticks: tuple[float, ...], axis: Axis) -> bool:
    """Return whether marks are evenly spaced and at multiples of a round step."""
    gaps = np.diff(ticks)
    if gaps.max() - gaps.min() > 2 * _OFF:
        return False
    step = abs(axis.value(ticks[-1]) - axis.value(ticks[0])) / (len(ticks) - 1)
    power = 10.0 ** math.floor(math.log10(step))
    slack = _OFF / float(gaps.mean())  # of a step
    for round_step in (factor * power * ten for ten in (1, 10) for factor in _STEPS):
        even = abs(step / round_step - 1) * (len(ticks) - 1) <= slack
        places = [axis.value(tick) / round_step for tick in ticks]
        if even and all(abs(place - round(place)) <= slack for place in places):
            return True
    return False


def _on_decades(ticks: tuple[float, ...], axis: Axis) -> bool:
    """Return whether marks stand at one to nine times powers of ten, or at powers of ten alone."""
    for tick in ticks:
        value = axis.value(tick)
        power = 10.0 ** math.floor(math.log10(value))
        near = min(abs(axis.pixel(factor * power) - tick) for factor in range(1, 11))
        if near > _OFF:
            return False
    return True
