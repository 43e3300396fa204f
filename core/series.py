"""Series: quantities that are measured along an axis, such as a spectrum or a decay, and constant curves beside them.

A series stands in a formula by its name, as one thing; each of its channels is a measured quantity with a name of its
own, which is what tables have as columns and laboratories report.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zosimos.core.errors import SpecError

Array = NDArray[np.float64]

MOST_CHANNELS = 200
"""Channels that a series may have."""

_NEAR = 1e-9  # of a step: places on an axis that differ by less are the same


@dataclass(frozen=True)
class Series:
    """Quantities measured along an axis, in its order.

    Args:
        name: what formulas call all of them together.
        channels: the names of the quantities.
        axis: the place of each, such as a wavelength; empty where only their order is known.
        unit: of the axis, for words.

    Raises:
        SpecError: there is no channel, two have one name, or the axis has another length or does not increase.

    >>> Series("absorbance", ("absorbance_400", "absorbance_500"), (400.0, 500.0), "nm").place(500)
    1
    """

    name: str
    channels: tuple[str, ...]
    axis: tuple[float, ...] = ()
    unit: str = ""

    def __post_init__(self) -> None:
        field = f"measured.{self.name}"
        if not 0 < len(self.channels) <= MOST_CHANNELS:
            raise SpecError(
                f"the series {self.name} has {len(self.channels) or 'no'} channels",
                field=f"{field}.channels",
                value=len(self.channels),
                allowed=f"1 to {MOST_CHANNELS}",
                hint="give along: {min: 400, max: 700, step: 10}, or channels: [A, B, C]",
            )
        if self.axis and len(self.axis) != len(self.channels):
            raise SpecError(
                f"the series {self.name} has {len(self.channels)} channels and {len(self.axis)} places along its axis",
                field=f"{field}.along",
                value=len(self.axis),
                allowed=f"{len(self.channels)} places, one for each channel",
                hint="give both the same length, or leave channels out: they are named by the axis",
            )
        if twice := next((name for name in self.channels if self.channels.count(name) > 1), None):
            raise SpecError(
                f"the series {self.name} has {twice} twice",
                field=f"{field}.channels",
                value=twice,
                hint="places that lie too close have the same name: give channels: names of their own"
                * bool(self.axis),
            )
        check_increasing(self.axis, f"{field}.along", f"the axis of {self.name}")

    def place(self, at: float) -> int | None:
        """Return which channel lies at a place of the axis; None: none does."""
        found = [number for number, own in enumerate(self.axis) if _same(own, at)]
        return found[0] if found else None

    def describe(self) -> str:
        """Return it in words: ``absorbance in 31 channels, 400 to 700 nm``."""
        span = f", {self.axis[0]:g} to {self.axis[-1]:g} {self.unit}".rstrip() if self.axis else ""
        return f"{self.name} in {len(self.channels)} channel{'' if len(self.channels) == 1 else 's'}{span}"

    def stacked(self, columns: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
        """Return the series with its channels in a last axis: as columns have it by its name, or of its channels."""
        if self.name in columns:
            found: Any = columns[self.name]
            return found.array if isinstance(found, ScoredCurves) else np.asarray(found)
        return np.stack(np.broadcast_arrays(*(columns[name] for name in self.channels)), axis=-1)

    @property
    def weights(self) -> Array:
        """What each channel counts in the area under the series, by the trapezoidal rule in the axis' unit."""
        steps = np.diff(np.array(self.axis))
        return np.asarray(0.5 * (np.append(steps, 0.0) + np.append(0.0, steps)))


@dataclass(frozen=True, eq=False)
class ScoredCurves:
    """Curves of a series that are a mean and few shapes, ``centre + scores @ basis``.

    Args:
        scores: ``... x k``.
        centre: ``c``.
        basis: ``k x c``.
        spread: by how much channels are off that, ``... x c`` or 0.
        variance: ``c``, the mean square of the spread.
    """

    scores: Array
    centre: Array
    basis: Array
    spread: Array | float
    variance: Array

    @cached_property
    def array(self) -> Array:
        """The curves, ``... x c``."""
        return np.asarray(self.centre + self.scores @ self.basis + self.spread)

    def squares(self, slope: Array, offset: Array) -> Array:
        """Return the sums of ``(slope * curve + offset)**2`` over channels, ``...``; of the spread its mean square.

        In closed form: a quadratic form of the scores, which costs what they cost, however many channels there are.
        """
        shapes, rest = self.basis * slope, self.centre * slope + offset
        least = float(rest @ rest + self.variance @ slope**2)
        # (z G + 2 h) z' without a copy of the curves
        bent = self.scores @ (shapes @ shapes.T) + 2.0 * (shapes @ rest)
        return np.asarray(np.maximum(np.einsum("...k,...k->...", bent, self.scores) + least, 0.0))


@dataclass(frozen=True)
class Curve:
    """Constant values along an axis, such as the spectrum that is wanted.

    Raises:
        SpecError: the axis does not increase.
    """

    axis: tuple[float, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        check_increasing(self.axis, "constants", "the axis of a curve")


def same_axis(one: Sequence[float], other: Sequence[float]) -> bool:
    """Say whether two axes have the same places, rounding apart.

    >>> same_axis((0.1, 0.3), (0.1, 0.1 + 0.2)), same_axis((1.0,), (2.0,))
    (True, False)
    """
    return len(one) == len(other) and all(map(_same, one, other))


def check_increasing(axis: Sequence[float], field: str, what: str) -> None:
    """Refuse an axis that does not increase.

    Raises:
        SpecError: names the first place that is out of order.
    """
    for before, after in pairwise(axis):
        if not (math.isfinite(before) and math.isfinite(after) and before < after):
            raise SpecError(
                f"{what} does not increase: {before:g} stands before {after:g}",
                field=field,
                value=f"{before:g}, {after:g}",
                allowed="finite numbers, each greater than the one before",
            )


def _same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=_NEAR, abs_tol=1e-300)
