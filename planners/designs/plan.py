"""What a kind of design makes before its runs are ordered: points in columns of values, what each is, and notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from zosimos.core.errors import SpecError
from zosimos.core.space import SearchSpace
from zosimos.planners.designs.values import decoded
from zosimos.surrogates.linear.terms import Factor

Array: TypeAlias = NDArray[np.float64]

CENTRE, AXIAL = "centre point", "axial point"


@dataclass(frozen=True)
class Plan:
    """Points in standard order.

    Args:
        columns: the values wanted, ``n`` for each parameter that is chosen.
        points: what each point is, in words: corner point, axial point.
        model: the terms that blocks should stay clear of.
        notes: what a person should know of the design.
        beyond: whether points outside the ranges are meant.
    """

    columns: Mapping[str, NDArray[Any]]
    points: Sequence[str]
    model: str = "interactions"
    notes: Sequence[str] = ()
    beyond: bool = field(default=False)

    def with_centre(self, columns: Mapping[str, NDArray[Any]], n: int) -> Plan:
        """Return the plan with ``n`` centre points at its end."""
        joined = {name: np.concatenate([column, columns[name]]) for name, column in self.columns.items()}
        return Plan(joined, [*self.points, *[CENTRE] * n], self.model, self.notes, self.beyond)

    def repeated(self, times: int) -> Plan:
        """Return the plan with all its points several times."""
        columns = {name: np.concatenate([column] * times) for name, column in self.columns.items()}
        return Plan(columns, list(self.points) * times, self.model, self.notes, self.beyond)


def from_codes(factors: Sequence[Factor], coded: Array) -> dict[str, NDArray[Any]]:
    """Return columns of values at coded points, ``n x k``."""
    return {factor.name: decoded(factor, coded[:, place]) for place, factor in enumerate(factors)}


def middle(factors: Sequence[Factor], n: int) -> dict[str, NDArray[Any]]:
    """Return ``n`` centre points; choices and numbers of two values have no middle and take turns."""
    columns: dict[str, NDArray[Any]] = {}
    each = 1
    for factor in factors:
        if count := len(factor.choices) or 2 * factor.has_two_values:
            places = np.arange(n) // each % count
            values = (
                np.array(factor.choices, dtype=object) if factor.choices else decoded(factor, np.array([-1.0, 1.0]))
            )
            columns[factor.name] = values[places]
            each *= count
        else:
            columns[factor.name] = decoded(factor, np.zeros(n))
    return columns


def require_process(space: SearchSpace, factors: Sequence[Factor], design: str) -> None:
    """Refuse a mixture, parameters that count under conditions, and tables of the only rows that exist.

    Raises:
        SpecError: names what does not go with such a design, and which design does.
    """
    part = next((factor.name for factor in factors if factor.total), "")
    nested = space.nested[0].name if space.nested else ""
    if part:
        why, hint = (
            f"{part} is a part of a mixture",
            "use simplex-lattice, simplex-centroid, extreme-vertices or d-optimal",
        )
    elif nested:
        why, hint = f"{nested} counts under conditions only (when)", "use a d-optimal design"
    elif space.pool is not None:
        why, hint = "only the rows of a table may be tried", "a d-optimal design chooses among them"
    else:
        return
    raise SpecError(f"no {design} design here: {why}", field="design", value=design, hint=hint)


def require_numbers(factors: Sequence[Factor], design: str, *, two_choices: bool = False) -> None:
    """Refuse choices, or more than two of them.

    Raises:
        SpecError: names the parameter, and which designs take choices.
    """
    for factor in factors:
        if factor.choices and not (two_choices and len(factor.choices) == 2):
            allowed = "numbers, and two choices" if two_choices else "numbers"
            raise SpecError(
                f"a {design} design cannot take the {len(factor.choices)} choices of {factor.name}",
                field="design",
                value=design,
                allowed=f"parameters with {allowed}",
                hint="full-factorial and d-optimal designs take choices; or leave the choice out of space; or, where a "
                "design is done, go on without it: planner.start: 10",
            )
