"""Parameters: the knobs of an experiment.

Four kinds: continuous (linear or log, with an optional step), integer, discrete (numeric levels) and categorical
(with optional numeric descriptors). Each is a frozen value that checks itself when it is made, can judge a value, and
maps values to numbers for the models: ``from_unit`` turns a coordinate in [0, 1) into a valid value (for samplers),
``features`` turns a value into model columns, scaled so that the declared range is [0, 1]. ``drawn``, ``encoded`` and
``allows`` do the same for whole columns of values at once.

A parameter with the role ``context`` is not chosen but found: humidity, the batch of a reagent, who is on duty.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from zosimos.core.categorical import Categorical
from zosimos.core.errors import SpecError
from zosimos.core.values import Role, Value, Values, is_number

__all__ = ["Categorical", "Continuous", "Discrete", "Integer", "Parameter", "Role", "Value", "Values", "allowed_values"]

Array: TypeAlias = NDArray[np.float64]

_GRID_TOLERANCE = 1e-6  # of a step: how far from its grid a stepped value may lie


def _check_bounds(name: str, low: float, high: float) -> None:
    for side, bound in (("min", low), ("max", high)):
        if not is_number(bound):
            raise SpecError(
                f"parameter {name!r}: {side} is not a finite number",
                field=f"space.{name}.{side}",
                value=bound,
                allowed="a finite number",
            )
    if low >= high:
        raise SpecError(
            f"parameter {name!r}: the range is empty, min {low:g} is not below max {high:g}",
            field=f"space.{name}.min",
            value=low,
            allowed=f"below max = {high:g}",
            hint="swap or widen the bounds; a parameter with one value belongs in the protocol, not in the space",
        )


@dataclass(frozen=True)
class Continuous:
    """A real number between two bounds, on a linear or log scale, optionally on a grid of ``step`` from ``low``."""

    name: str
    low: float
    high: float
    unit: str = ""
    log: bool = False
    step: float | None = None
    role: Role = "control"

    def __post_init__(self) -> None:
        _check_bounds(self.name, self.low, self.high)
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
            return np.asarray(np.minimum(self.low + self.step * levels, self.high))
        if self.log:
            values = np.exp(math.log(self.low) + points * (math.log(self.high) - math.log(self.low)))
        else:
            values = self.low + points * (self.high - self.low)
        return np.clip(values, self.low, self.high)

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


@dataclass(frozen=True)
class Integer:
    """A whole number between two bounds, both included."""

    name: str
    low: int
    high: int
    unit: str = ""
    role: Role = "control"

    def __post_init__(self) -> None:
        _check_bounds(self.name, self.low, self.high)
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


Parameter: TypeAlias = Continuous | Integer | Discrete | Categorical


def allowed_values(parameter: Parameter) -> str:
    """Return the values of a parameter in words.

    >>> allowed_values(Integer("n", 1, 5, "mL"))
    '1 to 5 mL'
    """
    if isinstance(parameter, Categorical):
        return "one of " + ", ".join(parameter.choices[:20])
    if isinstance(parameter, Discrete):
        return f"one of {', '.join(f'{level:g}' for level in parameter.levels)} {parameter.unit}".rstrip()
    return f"{parameter.low:g} to {parameter.high:g} {parameter.unit}".rstrip()
