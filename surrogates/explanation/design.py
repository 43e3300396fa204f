"""Designs: rows of an experiment's parameters as numbers, with names, units and choices to tell about them.

Everything in this package works on raw parameter values (60 degC, not 0.5 of a range), because people think in these.
A choice is its place in the column's ``choices``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Indices: TypeAlias = NDArray[np.int64]
Predict: TypeAlias = Callable[[Array], tuple[Array, Array]]
"""From ``n x d`` raw parameter values to a mean and a standard deviation for each row, both of shape ``n``."""

MOVING_TOGETHER = 0.9  # |correlation| from which two columns cannot be told apart
_BOUND = 0.98  # share of a column's variance that all others explain together, from which it is bound to them
_ROWS_FOR_EACH = 3  # columns: with fewer rows any column seems bound to the others


@dataclass(frozen=True)
class DesignColumn:
    """A parameter: its name, its unit, its ``choices`` (empty for a number), and whether its scale is logarithmic."""

    name: str
    unit: str = ""
    choices: tuple[str, ...] = ()
    log: bool = False

    def text(self, value: float, digits: int = 6) -> str:
        """Return a value as people write it, a number with so many significant digits at most.

        >>> DesignColumn("temperature", "degC").text(62.5)
        '62.5 degC'
        >>> DesignColumn("solvent", choices=("water", "ethanol")).text(1)
        'ethanol'
        """
        return self.choices[round(value)] if self.choices else f"{value:.{digits}g} {self.unit}".rstrip()


@dataclass(frozen=True)
class Design:
    """Named columns and ``n x d`` finite raw values.

    Raises:
        ValueError: the shape does not fit, a value is not finite, or a choice is none of its column's.
    """

    columns: tuple[DesignColumn, ...]
    rows: Array

    def __post_init__(self) -> None:
        if self.rows.ndim != 2 or self.rows.shape[1] != len(self.columns):
            raise ValueError(f"{len(self.columns)} columns need n x {len(self.columns)} values, not {self.rows.shape}")
        if not np.isfinite(self.rows).all():
            raise ValueError("every value of a design must be finite")
        for index, column in enumerate(self.columns):
            codes = self.rows[:, index]
            if column.choices and not np.isin(codes, np.arange(len(column.choices))).all():
                raise ValueError(f"{column.name} holds a code that is none of its {len(column.choices)} choices")

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return tuple(column.name for column in self.columns)

    def take(self, indices: Indices) -> Design:
        """Return some of the rows."""
        return Design(self.columns, self.rows[indices])


def distances(design: Design, row: Array) -> Array:
    """Return how far each of ``n`` rows lies from one of ``d`` values, 0 to 1 within the design's ranges; shape ``n``.

    Gower 1971 ("A general coefficient of similarity", Biometrics 27:857): the mean over columns of the difference as a
    share of the column's range (its logarithm's, on a log scale), and of 0 or 1 for the same choice or another.
    """
    if not design.columns:
        return np.zeros(len(design))
    parts = []
    for index, column in enumerate(design.columns):
        values, here = design.rows[:, index], float(row[index])
        if column.choices:
            parts.append((values != here).astype(float))
            continue
        if column.log and here > 0 and bool((values > 0).all()):
            values, here = np.log(values), math.log(here)
        span = float(np.ptp(np.append(values, here)))
        parts.append(np.abs(values - here) / (span or 1.0))
    return np.asarray(np.mean(parts, axis=0), dtype=float)


def entangled(design: Design) -> tuple[str, ...]:
    """Return, in words, which numeric columns cannot be told apart in these rows; empty if all can.

    Two columns that correlate by 0.9 or more, and columns that the others fix together, as parts of a mixture do:
    what a prediction owes to one of them rather than to another is then a matter of convention.
    """
    numeric = [i for i, c in enumerate(design.columns) if not c.choices and np.ptp(design.rows[:, i]) > 0]
    if len(numeric) < 2 or len(design) < 3:
        return ()
    values = design.rows[:, numeric]
    scaled = (values - values.mean(axis=0)) / values.std(axis=0)
    correlation = scaled.T @ scaled / len(scaled)
    names = [design.columns[i].name for i in numeric]
    found = []
    paired: set[int] = set()
    for a in range(len(names)):
        for b in range(a + 1, len(names)):
            if abs(correlation[a, b]) > MOVING_TOGETHER:
                paired |= {a, b}
                found.append(
                    f"{names[a]} and {names[b]} move together (correlation {correlation[a, b]:.2f}): "
                    "what belongs to which of them cannot be told from these rows"
                )
    bound = [names[i] for i in _bound(scaled) if i not in paired] if len(scaled) > _ROWS_FOR_EACH * len(names) else []
    if bound:
        listed = ", ".join(bound)
        found.append(
            f"{listed}: each is nearly fixed by the others, as parts of a mixture are; "
            "their effects are shared out by convention"
        )
    return tuple(found)


def _bound(scaled: Array) -> Sequence[int]:
    """Return the columns of ``n x k`` scaled values that a linear combination of the others gives."""
    found = []
    for index in range(scaled.shape[1]):
        others = np.delete(scaled, index, axis=1)
        weights, *_ = np.linalg.lstsq(others, scaled[:, index], rcond=None)
        left = float(np.mean((scaled[:, index] - others @ weights) ** 2))
        if 1.0 - left > _BOUND:
            found.append(index)
    return found


def r_squared(found: Array, predicted: Array) -> float:
    """Return the share of the variance of ``found`` that ``predicted`` explains (both ``n``); 0 without any variance.

    >>> r_squared(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0]))
    1.0
    """
    total = float(np.sum((found - found.mean()) ** 2)) if len(found) else 0.0
    return 1.0 - float(np.sum((found - predicted) ** 2)) / total if total > 0 else 0.0
