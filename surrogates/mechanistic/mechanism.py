"""A mechanism: a formula with free coefficients, over columns in the units they were declared in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from zosimos.core.errors import SpecError
from zosimos.core.expression import Formula

Array: TypeAlias = NDArray[np.float64]
Law: TypeAlias = Callable[[Mapping[str, Array]], Array]

_STARTS = 4  # further starts of a fit, spread over the bounds
_STEP = 1e-5  # of a coefficient's range: for slopes
_NO_NUMBER = 1e3  # residual, in standard deviations, where a mechanism has no value
_FARTHEST = 1e6  # residual, in standard deviations: beyond it squares overflow


@dataclass(frozen=True)
class FormulaColumn:
    """A model column and the range it was scaled from: 0 is ``low``, 1 is ``high``, on a linear or log scale.

    Raises:
        SpecError: the range is empty, or not positive on a log scale.
    """

    name: str
    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        _check_range(self.name, self.low, self.high, self.log)

    def natural(self, scaled: Array) -> Array:
        """Return values in the declared unit."""
        return _from_unit(scaled, self.low, self.high, self.log)


@dataclass(frozen=True)
class Coefficient:
    """A free number of a mechanism: where the search starts, its bounds, and whether decades count rather than units.

    Raises:
        SpecError: the bounds are empty, not positive on a log scale, or the start is not between them.
    """

    name: str
    start: float
    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        _check_range(self.name, self.low, self.high, self.log)
        if not self.low <= self.start <= self.high:
            raise SpecError(
                f"coefficient {self.name!r} starts outside its bounds",
                field=f"coefficients.{self.name}.start",
                value=self.start,
                allowed=f"{self.low:g} to {self.high:g}",
            )

    @property
    def unit_start(self) -> float:
        """The start as a place between the bounds, 0 to 1."""
        if self.log:
            return float(np.log(self.start / self.low) / np.log(self.high / self.low))
        return (self.start - self.low) / (self.high - self.low)

    def natural(self, place: Array) -> Array:
        """Return values for places between the bounds, 0 to 1."""
        return _from_unit(place, self.low, self.high, self.log)


class _ColumnFormula(Formula):
    """A formula over whole columns at once."""

    _kind: ClassVar[str] = "mechanism"
    _field: ClassVar[str] = "mechanism"

    def __call__(self, columns: Mapping[str, Array]) -> Array:
        """Return the formula's value in each row; NaN where it has none."""
        with np.errstate(all="ignore"):
            return np.asarray(self._worth(columns), dtype=np.float64)


@dataclass(frozen=True)
class Mechanism:
    """What the outcome should follow, but for a few coefficients.

    Args:
        law: a formula's text, such as ``"A * exp(-Ea / (8.314 * T))"``, or a function of named columns and coefficients
            that returns one number a row.
        columns: of all model columns, in their order.
        coefficients: the free numbers, one or more.

    Raises:
        SpecError: the text is no formula, a name is given twice, or the formula names what is neither column nor
            coefficient, or not all coefficients.
    """

    law: str | Law
    columns: tuple[FormulaColumn, ...]
    coefficients: tuple[Coefficient, ...]

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns] + list(self.names)
        if not self.coefficients or len(set(names)) < len(names):
            raise SpecError(
                "a mechanism needs one coefficient or more, and a name only once",
                field="mechanism",
                value=", ".join(names),
                allowed="different names",
            )
        if isinstance(self.law, str):
            used = _ColumnFormula(self.law).names
            free = {coefficient.name for coefficient in self.coefficients}
            if not free <= used or not used <= set(names):
                raise SpecError(
                    "the mechanism and its coefficients do not fit",
                    field="mechanism",
                    value=self.law,
                    allowed=f"a formula of {', '.join(names)} that has all of {', '.join(sorted(free))}",
                )

    @property
    def names(self) -> tuple[str, ...]:
        """The coefficients' names."""
        return tuple(coefficient.name for coefficient in self.coefficients)

    @property
    def text(self) -> str:
        """The mechanism in words: the formula, or the function's name."""
        return self.law if isinstance(self.law, str) else str(getattr(self.law, "__name__", type(self.law).__name__))

    @cached_property
    def _law(self) -> Law:
        return _ColumnFormula(self.law) if isinstance(self.law, str) else self.law

    def natural(self, places: Array) -> Array:
        """Return coefficients for ``p`` places between their bounds."""
        pairs = zip(self.coefficients, places, strict=True)
        return np.array([float(coefficient.natural(place)) for coefficient, place in pairs])

    def values(self, X: Array, places: Array) -> Array:
        """Return the mechanism at ``n x d`` scaled points, shape ``n``; NaN where it has no value.

        Args:
            X: model columns.
            places: ``p`` coefficients as places between their bounds.

        Raises:
            ValueError: X has another number of columns than were declared.
        """
        if X.shape[1] != len(self.columns):
            raise ValueError(f"{len(self.columns)} columns were declared for the mechanism, not {X.shape[1]}")
        known = {column.name: column.natural(x) for column, x in zip(self.columns, X.T, strict=True)}
        known |= {name: np.asarray(value) for name, value in zip(self.names, self.natural(places), strict=True)}
        with np.errstate(all="ignore"):
            found = np.broadcast_to(np.asarray(self._law(known), dtype=np.float64), len(X))
        return np.where(np.isfinite(found), found, np.nan)

    def slopes(self, X: Array, places: Array, of: Callable[[Array], Array]) -> Array:
        """Return how ``of`` the mechanism changes with each place, ``n x p`` central differences; 0 where unknown."""
        columns = []
        for index in range(len(places)):
            step = np.zeros(len(places))
            step[index] = _STEP
            up, down = np.minimum(places + step, 1.0), np.maximum(places - step, 0.0)
            change = of(self.values(X, up)) - of(self.values(X, down))
            columns.append(np.nan_to_num(change / (up - down)[index], posinf=0.0, neginf=0.0))
        return np.stack(columns, axis=1)

    def fitted(self, residuals: Callable[[Array], Array], starts: Sequence[Array] = ()) -> Array:
        """Return the ``p`` places of least squares inside the bounds.

        Args:
            residuals: of places, in standard deviations; NaN where the mechanism has no value.
            starts: places to start from; without any, the declared start and a few spread over the bounds.
        """
        from scipy.optimize import least_squares  # only where something is fitted

        count = len(self.coefficients)
        own = np.array([coefficient.unit_start for coefficient in self.coefficients])
        spread = np.random.default_rng(0).random((_STARTS, count))

        def limited(places: Array) -> Array:
            found = np.nan_to_num(residuals(places), nan=_NO_NUMBER, posinf=_FARTHEST, neginf=-_FARTHEST)
            return np.clip(found, -_FARTHEST, _FARTHEST)

        solutions = [least_squares(limited, start, bounds=(0.0, 1.0)) for start in (starts or (own, *spread))]
        return np.asarray(min(solutions, key=lambda solution: float(solution.cost)).x, dtype=np.float64)


def _from_unit(place: Array, low: float, high: float, log: bool) -> Array:
    return np.asarray(low * (high / low) ** place if log else low + place * (high - low), dtype=np.float64)


def _check_range(name: str, low: float, high: float, log: bool) -> None:
    if not (np.isfinite(low) and np.isfinite(high) and low < high) or (log and low <= 0):
        raise SpecError(
            f"{name!r}: {low:g} to {high:g} is no {'positive ' if log else ''}range",
            field=f"{name}.low",
            value=low,
            allowed="finite bounds, low below high" + (", above 0 on a log scale" if log else ""),
        )
