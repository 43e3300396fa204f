"""The continuous parameter: a real number of a range, on a linear or log scale, optionally on a grid."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from zosimos.core.bounds import check_bounds
from zosimos.core.digits import all_in_digits, in_digits, rounded
from zosimos.core.errors import SpecError
from zosimos.core.parameter import ColumnKind, Scale, ValueKind
from zosimos.core.values import Role, Value, is_number

Array: TypeAlias = NDArray[np.float64]

_GRID_TOLERANCE = 1e-6  # of a step: how far from its grid a stepped value may lie


@dataclass(frozen=True)
class Continuous:
    """A real number between two bounds, on a linear or log scale, optionally on a grid of ``step`` from ``low``.

    Levels of a grid are the decimals that a person would write: 0.3, not 0.30000000000000004. ``decimal`` is false in
    campaigns that were decided before it was so. Without a grid, ``rounding`` says to what drawn values are rounded,
    counted from ``low``, or ``digits`` to how many significant digits, the ends of the range aside; other values are
    valid too.
    """

    name: str
    low: float
    high: float
    unit: str = ""
    log: bool = False
    step: float | None = None
    role: Role = "control"
    decimal: bool = True
    rounding: float | None = None
    digits: int | None = None

    def __post_init__(self) -> None:
        check_bounds(self.name, self.low, self.high)
        if self.log and self.low <= 0:
            raise SpecError(
                f"parameter {self.name!r}: a log scale needs a positive min",
                field=f"space.{self.name}.min",
                value=self.low,
                allowed="above 0",
                hint="raise min or drop log: true",
            )
        if self.step is not None and not 0 < self.step <= self.high - self.low:
            raise SpecError(
                f"parameter {self.name!r}: the step does not fit the range",
                field=f"space.{self.name}.step",
                value=self.step,
                allowed=f"above 0, at most {self.high - self.low:g}",
            )

    @property
    def kind(self) -> ValueKind:
        """What its values are."""
        return "number"

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest value."""
        return float(self.low), float(self.high)

    @property
    def allowed(self) -> str:
        """Its values in words."""
        return f"{self.low:g} to {self.high:g} {self.unit}".rstrip()

    @property
    def scale(self) -> Scale:
        """How a value becomes its model column."""
        return "log" if self.log else "linear"

    @property
    def columns(self) -> ColumnKind:
        """How models compare values by their columns."""
        return "numeric"

    @property
    def width(self) -> int:
        """Number of model columns."""
        return 1

    @property
    def count(self) -> int:
        """How many values it takes; 0 for any real number of the range."""
        return 0 if self.step is None else int((self.high - self.low) / self.step + _GRID_TOLERANCE) + 1

    def problem(self, value: object) -> str | None:
        """Say what is wrong with a value, or None."""
        if not isinstance(value, int | float) or not is_number(value):
            return f"{self.name}: {value!r} is not a finite number"
        if not self.low <= value <= self.high:
            return f"{self.name}: {value:g} is outside [{self.low:g}, {self.high:g}] {self.unit}".rstrip()
        if self.step is not None:
            steps = (value - self.low) / self.step
            if abs(steps - round(steps)) > _GRID_TOLERANCE:
                return f"{self.name}: {value:g} is not on the grid {self.low:g} + k x {self.step:g}"
        return None

    def allows(self, column: Array) -> NDArray[np.bool_]:
        """Return which of ``n`` numbers are valid values."""
        good = (column >= self.low) & (column <= self.high)
        if self.step is not None:
            steps = (column - self.low) / self.step
            good &= np.abs(steps - np.round(steps)) <= _GRID_TOLERANCE
        return np.asarray(good, dtype=bool)

    def from_unit(self, u: float) -> float:
        """Return the value at coordinate ``u`` in [0, 1]; a stepped parameter gives each level the same share."""
        return float(self.drawn(np.array([u]))[0])

    def drawn(self, points: Array) -> Array:
        """Return the values at ``n`` coordinates in [0, 1], as :meth:`from_unit` does."""
        if self.step is not None:
            levels = np.minimum((points * self.count).astype(int), self.count - 1)
            return self._at(levels)
        if self.log:
            values = np.exp(math.log(self.low) + points * (math.log(self.high) - math.log(self.low)))
        else:
            values = self.low + points * (self.high - self.low)
        return np.clip(self._rounded(values), self.low, self.high)

    @property
    def drawn_step(self) -> float | None:
        """The step between values that are drawn, whether others are valid too or not."""
        return self.rounding if self.step is None else self.step

    def _rounded(self, values: Array) -> Array:
        if self.rounding is not None:
            return all_in_digits(self.low + self.rounding * np.rint((values - self.low) / self.rounding))
        return values if self.digits is None else rounded(values, self.digits)

    def _at(self, places: NDArray[np.int64]) -> Array:
        """Return the levels at places counted from 0."""
        assert self.step is not None, "asked only where there is a grid"
        levels = self.low + self.step * places
        if self.decimal:
            short = all_in_digits(np.asarray(levels, dtype=np.float64))
            levels = np.where(np.abs(short - levels) <= _GRID_TOLERANCE / 10 * self.step, short, levels)
            for end in (self.low, self.high):
                levels[levels == in_digits(end)] = end
        return np.asarray(np.minimum(levels, self.high))

    def features(self, value: Value) -> tuple[float, ...]:
        """Return the value's place in the range, 0 at ``low`` and 1 at ``high``."""
        return (float(self.encoded(np.array([float(value)]))[0, 0]),)

    def encoded(self, column: Array) -> Array:
        """Return ``n`` values as model columns, ``n x 1``."""
        low, high, x = self.low, self.high, np.ascontiguousarray(column, dtype=float)
        if self.log:
            # a hand-measured value at or below zero has no logarithm: it counts as a decade below the range
            low, high, x = math.log(low), math.log(high), np.log(np.maximum(x, self.low / 10))
        return ((x - low) / (high - low))[:, None]

    def placed(self, column: Array) -> Array:
        """Return ``n`` values' coordinates: their places in the range, or the middles of their levels' shares."""
        if self.step is not None:
            return np.asarray((np.round((column - self.low) / self.step) + 0.5) / self.count)
        return self.encoded(column)[:, 0]

    def decoded(self, columns: Array) -> Array:
        """Return the values of ``n x 1`` model columns; those between two levels stay there."""
        low, high = (float(end) for end in self.drawn(np.array([0.0, 1.0])))
        if self.step is not None and self.high - high > _GRID_TOLERANCE * self.step:
            high = float(self.high)  # the range ends beyond its last level
        if self.log:
            return np.asarray(low * (high / low) ** columns[:, 0])
        return np.asarray(low + columns[:, 0] * (high - low))
