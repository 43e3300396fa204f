"""The discrete parameter: one of a few numbers, whose distances matter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from zosimos.core.errors import SpecError
from zosimos.core.parameter import ColumnKind, Scale, ValueKind
from zosimos.core.values import Role, Value, is_number

Array: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Discrete:
    """One of a few numeric levels; their distances matter."""

    name: str
    levels: tuple[float, ...]
    unit: str = ""
    role: Role = "control"

    def __post_init__(self) -> None:
        if len(self.levels) < 2 or not all(is_number(level) for level in self.levels):
            raise SpecError(
                f"parameter {self.name!r}: needs two or more finite numeric levels",
                field=f"space.{self.name}.levels",
                value=list(self.levels),
                allowed="a list of two or more different numbers",
            )
        if len(set(self.levels)) != len(self.levels):
            raise SpecError(
                f"parameter {self.name!r}: a level is given twice",
                field=f"space.{self.name}.levels",
                value=list(self.levels),
                allowed="different numbers",
            )
        object.__setattr__(self, "levels", tuple(sorted(self.levels)))

    @property
    def kind(self) -> ValueKind:
        """What its values are."""
        return "number"

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest value."""
        return float(self.levels[0]), float(self.levels[-1])

    @property
    def allowed(self) -> str:
        """Its values in words."""
        return f"one of {', '.join(f'{level:g}' for level in self.levels)} {self.unit}".rstrip()

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
        return len(self.levels)

    def problem(self, value: object) -> str | None:
        """Say what is wrong with a value, or None."""
        if not is_number(value) or value not in self.levels:
            return f"{self.name}: {value!r} is not one of {', '.join(f'{level:g}' for level in self.levels)}"
        return None

    def allows(self, column: Array) -> NDArray[np.bool_]:
        """Return which of ``n`` numbers are levels."""
        return np.isin(column, np.array(self.levels, dtype=float))

    def from_unit(self, u: float) -> float:
        """Return the level at coordinate ``u`` in [0, 1]; each level gets the same share."""
        return self.levels[min(int(u * self.count), self.count - 1)]

    def drawn(self, points: Array) -> Array:
        """Return the levels at ``n`` coordinates in [0, 1], as :meth:`from_unit` does."""
        places = np.minimum((points * self.count).astype(int), self.count - 1)
        return np.asarray(np.array(self.levels, dtype=float)[places])

    def features(self, value: Value) -> tuple[float, ...]:
        """Return the level's place between the lowest (0) and the highest (1)."""
        return (float(self.encoded(np.array([float(value)]))[0, 0]),)

    def encoded(self, column: Array) -> Array:
        """Return ``n`` levels as model columns, ``n x 1``."""
        return ((np.asarray(column, dtype=float) - self.levels[0]) / (self.levels[-1] - self.levels[0]))[:, None]

    def placed(self, column: Array) -> Array:
        """Return ``n`` levels' coordinates: the middles of their shares."""
        places = np.array([self.levels.index(value) for value in column.tolist()], dtype=float)
        return (places + 0.5) / self.count

    def decoded(self, columns: Array) -> Array:
        """Return the numbers of ``n x 1`` model columns; those between two levels stay there."""
        low, high = self.bounds
        return np.asarray(low + columns[:, 0] * (high - low))
