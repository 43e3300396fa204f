"""The search space: parameters, the constraints between them, and, where only some rows exist, the pool of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zosimos.core.canonical import canonical_json
from zosimos.core.constraints import Condition, Constraint, Linear, Simplex
from zosimos.core.errors import SpecError
from zosimos.core.parameters import Categorical, Continuous, Parameter, Values


def row_key(values: Values) -> str:
    """Return a text that is the same for two rows with the same values, whatever their order or number type.

    >>> row_key({"b": 1, "a": 0.5}) == row_key({"a": 0.5, "b": 1.0})
    True
    """
    plain = {name: value if isinstance(value, str) else float(value) + 0.0 for name, value in values.items()}
    return canonical_json(plain)


@dataclass(frozen=True)
class SearchSpace:
    """Parameters and known constraints, or an explicit pool of candidates under the same parameters.

    A pool's rows may lie outside the bounds or break a constraint: such rows are never proposed, and come back when
    the bounds widen again.

    Raises:
        SpecError: a constraint speaks of an unknown or unfit parameter, or no pool row is allowed.
    """

    parameters: tuple[Parameter, ...]
    constraints: tuple[Constraint, ...] = ()
    pool: tuple[Values, ...] | None = None

    def __post_init__(self) -> None:
        if not self.parameters:
            raise SpecError("the space has no parameter", field="space", allowed="one parameter or more")
        for constraint in self.constraints:
            self._check_names(constraint)
        if self.pool is not None and not self.candidates:
            raise SpecError(
                "no row of the pool is inside the bounds and constraints",
                field="space",
                value=f"{len(self.pool)} rows, none allowed",
                allowed="one allowed row or more",
                hint="widen a bound or drop a constraint",
            )

    def _check_names(self, constraint: Constraint) -> None:
        for name in sorted(constraint.names):
            parameter = self.by_name.get(name)
            if parameter is None:
                raise SpecError(
                    f"constraint {str(constraint)!r} speaks of an unknown parameter {name!r}",
                    field="constraints",
                    value=name,
                    allowed=", ".join(self.by_name),
                )
            if isinstance(constraint, Linear | Simplex) and isinstance(parameter, Categorical):
                raise SpecError(
                    f"constraint {str(constraint)!r} adds up {name!r}, which has no numbers",
                    field="constraints",
                    value=name,
                    allowed="numeric parameters",
                )
            if isinstance(constraint, Simplex) and not isinstance(parameter, Continuous) and self.pool is None:
                raise SpecError(
                    f"simplex part {name!r} is not continuous",
                    field="constraints",
                    value=name,
                    allowed="continuous parameters",
                    hint="use a linear constraint for levels and whole numbers",
                )
        if isinstance(constraint, Condition):
            constraint.holds(self.columns([{p.name: p.from_unit(0.5) for p in self.parameters}]))  # refuses text + 1
            known = {c for p in self.parameters if isinstance(p, Categorical) for c in p.choices}
            for text in sorted(constraint.expression.quoted - known):
                raise SpecError(
                    f"constraint {str(constraint)!r} speaks of an unknown choice {text!r}",
                    field="constraints",
                    value=text,
                    allowed=", ".join(sorted(known)) or "no parameter has choices",
                )

    @cached_property
    def by_name(self) -> Mapping[str, Parameter]:
        """Parameters by their names, in order."""
        return {parameter.name: parameter for parameter in self.parameters}

    @property
    def names(self) -> tuple[str, ...]:
        """Parameter names, in order."""
        return tuple(parameter.name for parameter in self.parameters)

    @property
    def width(self) -> int:
        """Number of model columns of a row."""
        return sum(parameter.width for parameter in self.parameters)

    @cached_property
    def candidates(self) -> tuple[Values, ...]:
        """The pool's rows inside bounds and constraints, each once, in the table's order (empty without a pool)."""
        rows: dict[str, Values] = {}
        inside = [row for row in self.pool or () if not self._value_problems(row)]
        for row, good in zip(inside, self.feasible(inside), strict=True):
            if good:
                rows.setdefault(row_key(row), row)
        return tuple(rows.values())

    @cached_property
    def candidate_keys(self) -> frozenset[str]:
        """Keys of the allowed pool rows."""
        return frozenset(row_key(row) for row in self.candidates)

    def columns(self, rows: Sequence[Values]) -> Mapping[str, NDArray[Any]]:
        """Return the rows as one array for each parameter (objects for categorical ones)."""
        return {
            parameter.name: np.array(
                [row[parameter.name] for row in rows], dtype=object if isinstance(parameter, Categorical) else float
            )
            for parameter in self.parameters
        }

    def feasible(self, rows: Sequence[Values]) -> NDArray[np.bool_]:
        """Return, for each row, whether every constraint holds (bounds are not looked at)."""
        good = np.ones(len(rows), dtype=bool)
        if rows and self.constraints:
            columns = self.columns(rows)
            for constraint in self.constraints:
                good &= constraint.holds(columns)
        return good

    def _value_problems(self, values: Values) -> list[str]:
        problems = [f"{name}: missing" for name in self.names if name not in values]
        problems += [f"{name}: no such parameter" for name in values if name not in self.by_name]
        found = (self.by_name[name].problem(value) for name, value in values.items() if name in self.by_name)
        return problems + [problem for problem in found if problem is not None]

    def problems(self, values: Values) -> list[str]:
        """Return what keeps a row from being a candidate, in words; an empty list means it is one."""
        problems = self._value_problems(values)
        if problems:
            return problems
        columns = self.columns([values])
        problems = [f"breaks {constraint}" for constraint in self.constraints if not constraint.holds(columns)[0]]
        if not problems and self.pool is not None and row_key(values) not in self.candidate_keys:
            problems.append("is not a row of the pool")
        return problems

    def features(self, rows: Sequence[Values]) -> NDArray[np.float64]:
        """Return the rows as model columns, shape ``n x d``, each declared range scaled to [0, 1]."""
        table = [
            [column for parameter in self.parameters for column in parameter.features(row[parameter.name])]
            for row in rows
        ]
        return np.array(table, dtype=float).reshape(len(rows), self.width)
