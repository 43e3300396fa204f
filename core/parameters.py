"""Parameters: the knobs of an experiment.

Four kinds: continuous (linear or log, with an optional step), integer, discrete (numeric levels) and categorical
(with optional numeric descriptors). Each is a frozen value that checks itself when it is made, can judge a value, and
maps values to numbers for the models: ``from_unit`` turns a coordinate in [0, 1) into a valid value (for samplers),
``features`` turns a value into model columns, scaled so that the declared range is [0, 1].
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from zosimos.core.errors import SpecError

Value: TypeAlias = float | int | str
Values: TypeAlias = Mapping[str, Value]

_GRID_TOLERANCE = 1e-6  # of a step: how far from its grid a stepped value may lie


def _is_number(value: object) -> bool:
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # a whole number beyond every float
        return False


def _check_bounds(name: str, low: float, high: float) -> None:
    for side, bound in (("min", low), ("max", high)):
        if not _is_number(bound):
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

    def problem(self, value: object) -> str | None:
        """Say what is wrong with a value, or None."""
        if not isinstance(value, int | float) or not _is_number(value):
            return f"{self.name}: {value!r} is not a finite number"
        if not self.low <= value <= self.high:
            return f"{self.name}: {value:g} is outside [{self.low:g}, {self.high:g}] {self.unit}".rstrip()
        if self.step is not None:
            steps = (value - self.low) / self.step
            if abs(steps - round(steps)) > _GRID_TOLERANCE:
                return f"{self.name}: {value:g} is not on the grid {self.low:g} + k x {self.step:g}"
        return None

    def from_unit(self, u: float) -> float:
        """Return the value at coordinate ``u`` in [0, 1]; a stepped parameter gives each level the same share."""
        if self.step is not None:
            levels = int((self.high - self.low) / self.step + _GRID_TOLERANCE) + 1
            return min(self.high, self.low + self.step * min(int(u * levels), levels - 1))
        if self.log:
            value = math.exp(math.log(self.low) + u * (math.log(self.high) - math.log(self.low)))
        else:
            value = self.low + u * (self.high - self.low)
        return min(max(value, self.low), self.high)

    def features(self, value: Value) -> tuple[float, ...]:
        """Return the value's place in the range, 0 at ``low`` and 1 at ``high``."""
        x = float(value)
        if self.log:
            # a hand-measured value at or below zero has no logarithm: it counts as a decade below the range
            x = max(x, self.low / 10)
            return ((math.log(x) - math.log(self.low)) / (math.log(self.high) - math.log(self.low)),)
        return ((x - self.low) / (self.high - self.low),)


@dataclass(frozen=True)
class Integer:
    """A whole number between two bounds, both included."""

    name: str
    low: int
    high: int
    unit: str = ""

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

    def problem(self, value: object) -> str | None:
        """Say what is wrong with a value, or None."""
        if not isinstance(value, int | float) or not _is_number(value) or value != int(value):
            return f"{self.name}: {value!r} is not a whole number"
        if not self.low <= value <= self.high:
            return f"{self.name}: {value:g} is outside [{self.low}, {self.high}] {self.unit}".rstrip()
        return None

    def from_unit(self, u: float) -> int:
        """Return the value at coordinate ``u`` in [0, 1]; each whole number gets the same share."""
        count = int(self.high) - int(self.low) + 1
        return int(self.low) + min(int(u * count), count - 1)

    def features(self, value: Value) -> tuple[float, ...]:
        """Return the value's place in the range, 0 at ``low`` and 1 at ``high``."""
        return ((float(value) - self.low) / (self.high - self.low),)


@dataclass(frozen=True)
class Discrete:
    """One of a few numeric levels; their distances matter."""

    name: str
    levels: tuple[float, ...]
    unit: str = ""

    def __post_init__(self) -> None:
        if len(self.levels) < 2 or not all(_is_number(level) for level in self.levels):
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

    def problem(self, value: object) -> str | None:
        """Say what is wrong with a value, or None."""
        if not _is_number(value) or value not in self.levels:
            return f"{self.name}: {value!r} is not one of {', '.join(f'{level:g}' for level in self.levels)}"
        return None

    def from_unit(self, u: float) -> float:
        """Return the level at coordinate ``u`` in [0, 1]; each level gets the same share."""
        return self.levels[min(int(u * len(self.levels)), len(self.levels) - 1)]

    def features(self, value: Value) -> tuple[float, ...]:
        """Return the level's place between the lowest (0) and the highest (1)."""
        return ((float(value) - self.levels[0]) / (self.levels[-1] - self.levels[0]),)


@dataclass(frozen=True)
class Categorical:
    """One of several names; descriptors, where given, say how alike they are (choice -> descriptor -> number)."""

    name: str
    choices: tuple[str, ...]
    descriptors: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    unit: str = ""

    def __post_init__(self) -> None:
        where = f"space.{self.name}.choices"
        if len(self.choices) < 2:
            raise SpecError(
                f"parameter {self.name!r}: needs two or more choices",
                field=where,
                value=list(self.choices),
                allowed="a list of two or more names",
            )
        if len(set(self.choices)) != len(self.choices):
            raise SpecError(f"parameter {self.name!r}: a choice is given twice", field=where, value=list(self.choices))
        if self.descriptors:
            self._check_descriptors()

    def _check_descriptors(self) -> None:
        where = f"space.{self.name}.descriptors"
        if set(self.descriptors) != set(self.choices):
            odd = sorted(set(self.descriptors) ^ set(self.choices))
            raise SpecError(
                f"parameter {self.name!r}: descriptors and choices differ in {', '.join(odd)}",
                field=where,
                value=sorted(self.descriptors),
                allowed="one row of descriptors for each choice",
            )
        names = set(self.descriptors[self.choices[0]])
        for choice, row in self.descriptors.items():
            if not names or set(row) != names or not all(_is_number(number) for number in row.values()):
                raise SpecError(
                    f"parameter {self.name!r}: the descriptors of {choice!r} are incomplete or not numbers",
                    field=f"{where}.{choice}",
                    value=dict(row),
                    allowed=f"a finite number for each of {', '.join(sorted(names)) or 'one or more names'}",
                )

    @property
    def width(self) -> int:
        """Number of model columns: the descriptors', or one for each choice."""
        return len(self.descriptors[self.choices[0]]) if self.descriptors else len(self.choices)

    def problem(self, value: object) -> str | None:
        """Say what is wrong with a value, or None."""
        return None if value in self.choices else f"{self.name}: {value!r} is not one of {', '.join(self.choices)}"

    def from_unit(self, u: float) -> str:
        """Return the choice at coordinate ``u`` in [0, 1]; each choice gets the same share."""
        return self.choices[min(int(u * len(self.choices)), len(self.choices) - 1)]

    def features(self, value: Value) -> tuple[float, ...]:
        """Return the choice's descriptors, each scaled to [0, 1] over the choices, or its one-hot code."""
        if not self.descriptors:
            return tuple(1.0 if choice == value else 0.0 for choice in self.choices)
        scaled = []
        for name in sorted(self.descriptors[self.choices[0]]):
            column = [self.descriptors[choice][name] for choice in self.choices]
            low, span = min(column), (max(column) - min(column)) or 1.0
            scaled.append((self.descriptors[str(value)][name] - low) / span)
        return tuple(scaled)


Parameter: TypeAlias = Continuous | Integer | Discrete | Categorical
