"""From a design's coded numbers to values that the space allows: ends of ranges, levels, steps, totals of mixtures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from zosimos.core.constraints import Simplex
from zosimos.core.continuous import Continuous
from zosimos.core.errors import SpecError
from zosimos.core.parameter import Parameter, as_values, levels_of
from zosimos.core.parameters import Values
from zosimos.core.space import SearchSpace
from zosimos.planners.candidates.simplex import on_grid
from zosimos.surrogates.linear.terms import Factor

Array: TypeAlias = NDArray[np.float64]
Columns: TypeAlias = Mapping[str, NDArray[Any]]

_OFF = 0.25  # of a half-range: how far a level may lie from where the design wants a point
_FEW = 10_000  # levels that are looked through


def decoded(factor: Factor, coded: Array) -> NDArray[Any]:
    """Return the values at coded numbers: -1 the low end, +1 the high end; of two choices, the first and the second."""
    if factor.choices:
        return np.array([factor.choices[int(code > 0)] for code in coded], dtype=object)
    if factor.log:
        low, high = np.log(factor.low), np.log(factor.high)
        return np.asarray(np.exp((low + high) / 2 + coded * (high - low) / 2))
    return np.asarray((factor.low + factor.high) / 2 + coded * (factor.high - factor.low) / 2)


def snapped(space: SearchSpace, columns: Columns, *, rounding: bool = True) -> dict[str, NDArray[Any]]:
    """Return columns with every number at the level nearest to it, and mixtures at their totals all the same.

    Args:
        space: says the levels.
        columns: what is wanted.
        rounding: whether numbers without levels are rounded as the space rounds what it proposes.
    """
    found = on_levels(space, columns, rounding=rounding)
    for simplex in (c for c in space.constraints if isinstance(c, Simplex)):
        parts = [p for name in simplex.parts if isinstance(p := space.by_name[name], Continuous)]
        if not rounding and not any(part.step for part in parts):
            continue
        values = np.column_stack([np.asarray(columns[part.name], dtype=float) for part in parts])
        lows = np.broadcast_to([part.low for part in parts], values.shape)
        highs = np.broadcast_to([_highest(part) for part in parts], values.shape)
        for place, column in enumerate(on_grid(values, tuple(parts), simplex, lows, highs).T):
            found[parts[place].name] = column
    return found


def on_levels(space: SearchSpace, columns: Columns, *, rounding: bool = True) -> dict[str, NDArray[Any]]:
    """Return columns with every number at the level nearest to it; without levels rounded as proposals are."""
    return {name: _to_levels(space.by_name[name], column, rounding) for name, column in columns.items()}


def placed_rows(space: SearchSpace, columns: Columns) -> list[Values]:
    """Return columns as rows on levels, rounded as proposals are where rules are kept all the same."""
    rows = rows_of(space, snapped(space, columns))
    if not any(is_rounded(parameter) for parameter in space.controlled):
        return rows
    exact = rows_of(space, snapped(space, columns, rounding=False))
    return [other if space.problems(row) else row for row, other in zip(rows, exact, strict=True)]


def is_rounded(parameter: Parameter) -> bool:
    """Say whether what is proposed of a number is rounded, though other values are valid too."""
    return isinstance(parameter, Continuous) and (parameter.rounding is not None or parameter.digits is not None)


def rows_of(space: SearchSpace, columns: Columns) -> list[Values]:
    """Return columns as rows in canonical values, conditions of the day included."""
    lists = {name: as_values(space.by_name[name], column) for name, column in columns.items()}
    names = [p.name for p in space.parameters if p.name in lists]
    plain = [dict(zip(names, cells, strict=True)) for cells in zip(*(lists[name] for name in names), strict=True)]
    return [space.canonical({**row, **space.current}) for row in plain]


def check_near(space: SearchSpace, factors: Sequence[Factor], wanted: Columns, found: Columns) -> None:
    """Refuse levels so coarse that a design is no longer what it is.

    Raises:
        SpecError: names the parameter and the value that has no level near it.
    """
    for factor in factors:
        if factor.choices or factor.total:
            continue
        off = np.abs(factor.coded(wanted[factor.name]) - factor.coded(found[factor.name]))[:, 0]
        if off.max(initial=0.0) > _OFF:
            value = float(wanted[factor.name][int(off.argmax())])
            raise SpecError(
                f"{factor.name} has no level near {value:g}, where the design has a point",
                field=f"space.{factor.name}",
                value=value,
                allowed=space.by_name[factor.name].allowed,
                hint="give it a finer step or more levels, or use a d-optimal design, which takes the levels there are",
            )


def _highest(part: Continuous) -> float:
    return float(part.drawn(np.array([1.0]))[0])


def _to_levels(parameter: Parameter, column: NDArray[Any], rounding: bool) -> NDArray[Any]:
    if parameter.kind == "text":
        return column
    numbers = np.asarray(column, dtype=float)
    if not parameter.count and parameter.bounds is not None and rounding and is_rounded(parameter):
        low, high = parameter.bounds
        inside = (numbers > low) & (numbers < high)  # the ends of a range stay what they are
        return np.where(inside, parameter.drawn(parameter.placed(numbers)), numbers)
    if not parameter.count:
        return numbers
    if parameter.count > _FEW:
        return np.asarray(parameter.drawn(parameter.placed(numbers)), dtype=float)
    levels = np.array(levels_of(parameter), dtype=float)
    return np.asarray(levels[np.abs(numbers[:, None] - levels[None, :]).argmin(axis=1)])
