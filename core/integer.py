"""The integer parameter: a whole number between two bounds, both included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from zosimos.core.bounds import check_bounds
from zosimos.core.errors import SpecError
from zosimos.core.parameter import ColumnKind, Scale, ValueKind
from zosimos.core.values import Role, Value, is_number

Array: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Integer:
    """A whole number between two bounds, both included."""

    name: str
    low: int
    high: int
    unit: str = ""
    role: Role = "control"

    def __post_init__(self) -> None:
        check_bounds(self.name, self.low, self.high)
        for side, bound in (("min", self.low), ("max", self.high)):
            if bound != int(bound):
                raise SpecError(
                    f"parameter {self.name!r}: {side} is not a whole number",
                    field=f"space.{self.name}.{side}",
                    value=bound,
                    allowed="a whole number",
                    hint="use type: continuous for fractions",
                )

    @property
    def kind(self) -> ValueKind:
        """What its values are."""
        return "whole"

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
        return "linear"

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
        """How many values it takes."""
        return int(self.high) - int(self.low) + 1

    def problem(self, value: object) -> str | None:
        """Say what is wrong with a value, or None."""
        if not isinstance(value, int | float) or not is_number(value) or value != int(value):
            return f"{self.name}: {value!r} is not a whole number"
        if not self.low <= value <= self.high:
            return f"{self.name}: {value:g} is outside [{self.low}, {self.high}] {self.unit}".rstrip()
        return None

    def allows(self, column: Array) -> NDArray[np.bool_]:
        """Return which of ``n`` numbers are valid values."""
        return np.asarray((column >= self.low) & (column <= self.high) & (column == np.floor(column)), dtype=bool)

    def from_unit(self, u: float) -> int:
        """Return the value at coordinate ``u`` in [0, 1]; each whole number gets the same share."""
        return int(self.low) + min(int(u * self.count), self.count - 1)

    def drawn(self, points: Array) -> Array:
        """Return the values at ``n`` coordinates in [0, 1], as :meth:`from_unit` does."""
        return int(self.low) + np.minimum(np.floor(points * self.count), self.count - 1.0)

    def features(self, value: Value) -> tuple[float, ...]:
        """Return the value's place in the range, 0 at ``low`` and 1 at ``high``."""
        return (float(self.encoded(np.array([float(value)]))[0, 0]),)

    def encoded(self, column: Array) -> Array:
        """Return ``n`` values as model columns, ``n x 1``."""
        return ((np.asarray(column, dtype=float) - self.low) / (self.high - self.low))[:, None]

    def placed(self, column: Array) -> Array:
        """Return ``n`` values' coordinates: the middles of their shares."""
        return np.asarray((column - self.low + 0.5) / self.count)

    def decoded(self, columns: Array) -> Array:
        """Return the numbers of ``n x 1`` model columns; those between two whole ones stay there."""
        low, high = self.bounds
        return np.asarray(low + columns[:, 0] * (high - low))
