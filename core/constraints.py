"""Known constraints: what a candidate must satisfy before anything is measured.

Six kinds: a linear inequality or equality, a simplex (parts that sum to a total), a cardinality (how many parts are
present), a nested parameter (which counts under conditions), an arithmetic expression, and a function. Each judges
whole columns of candidates at once and names the parameters it speaks of.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from zosimos.core.cardinality import Cardinality
from zosimos.core.errors import SpecError
from zosimos.core.expression import ColumnArray, Expression
from zosimos.core.nested import Nested
from zosimos.core.predicate import Predicate

__all__ = ["Cardinality", "Condition", "Constraint", "Linear", "Nested", "Predicate", "Simplex"]

_RELATIVE_TOLERANCE = 1e-9  # of the sum of magnitudes: room for the rounding of a sum of decimals


@dataclass(frozen=True)
class Linear:
    """``low <= sum of coefficient x parameter <= high``; one bound may be missing, equal bounds make an equality."""

    coefficients: Mapping[str, float]
    low: float = -math.inf
    high: float = math.inf

    def __post_init__(self) -> None:
        if not self.coefficients or not all(math.isfinite(c) for c in self.coefficients.values()):
            raise SpecError(
                "a linear constraint needs finite coefficients",
                field="constraints",
                value=dict(self.coefficients),
                allowed="parameter: number",
            )
        if not self.low <= self.high or (math.isinf(self.low) and math.isinf(self.high)):
            raise SpecError(
                "a linear constraint needs min, max or both, and min at most max",
                field="constraints",
                value=f"min {self.low:g}, max {self.high:g}",
                allowed="min <= max, at least one of them given",
            )

    @property
    def names(self) -> frozenset[str]:
        """The parameters it speaks of."""
        return frozenset(self.coefficients)

    def holds(self, columns: Mapping[str, ColumnArray]) -> NDArray[np.bool_]:
        """Return, for each row of the columns, whether the constraint holds."""
        terms = [coefficient * columns[name].astype(float) for name, coefficient in self.coefficients.items()]
        total = np.sum(terms, axis=0)
        room = _RELATIVE_TOLERANCE * (1.0 + np.sum(np.abs(terms), axis=0))
        return np.asarray((total >= self.low - room) & (total <= self.high + room), dtype=bool)

    def __str__(self) -> str:
        """Return the constraint as a person would write it."""
        terms = " + ".join(f"{c:g}*{name}" for name, c in self.coefficients.items())
        if self.low == self.high:
            return f"{terms} = {self.low:g}"
        left = f"{self.low:g} <= " if math.isfinite(self.low) else ""
        right = f" <= {self.high:g}" if math.isfinite(self.high) else ""
        return f"{left}{terms}{right}"


@dataclass(frozen=True)
class Simplex:
    """Parts that sum to a total, as the fractions of a mixture do; ``tolerance`` is for tables of rounded numbers."""

    parts: tuple[str, ...]
    total: float = 1.0
    tolerance: float = 1e-6

    def __post_init__(self) -> None:
        if len(self.parts) < 2 or len(set(self.parts)) != len(self.parts):
            raise SpecError("a simplex needs two or more different parts", field="constraints", value=list(self.parts))
        if not (math.isfinite(self.total) and self.total > 0 and 0 <= self.tolerance < self.total):
            raise SpecError(
                "a simplex needs a positive total and a tolerance smaller than it",
                field="constraints",
                value=f"total {self.total:g}, tolerance {self.tolerance:g}",
                allowed="total > 0, 0 <= tolerance < total",
            )

    @property
    def names(self) -> frozenset[str]:
        """The parameters it speaks of."""
        return frozenset(self.parts)

    def holds(self, columns: Mapping[str, ColumnArray]) -> NDArray[np.bool_]:
        """Return, for each row of the columns, whether the parts sum to the total."""
        total = np.sum([columns[name].astype(float) for name in self.parts], axis=0)
        return np.asarray(np.abs(total - self.total) <= self.tolerance + _RELATIVE_TOLERANCE * self.total, dtype=bool)

    def __str__(self) -> str:
        """Return the constraint as a person would write it."""
        return f"{' + '.join(self.parts)} = {self.total:g}"


@dataclass(frozen=True)
class Condition:
    """A condition written as arithmetic, linear or not."""

    expression: Expression

    @property
    def names(self) -> frozenset[str]:
        """The parameters it speaks of."""
        return self.expression.names

    def holds(self, columns: Mapping[str, ColumnArray]) -> NDArray[np.bool_]:
        """Return, for each row of the columns, whether the condition holds."""
        return self.expression.holds(columns)

    def __str__(self) -> str:
        """Return the constraint as it was written."""
        return self.expression.text


class LeftAlone(Condition):
    """A condition that holds for what is proposed for a while; the space stays what it is."""


Constraint: TypeAlias = Linear | Simplex | Cardinality | Nested | Condition | Predicate
