"""From the campaign file's fields to the plain values the rest of the program works with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zosimos.campaign.spec.model import (
    CampaignSpec,
    CategoricalSpec,
    ContinuousSpec,
    DiscreteSpec,
    IntegerSpec,
    LinearSpec,
    ParameterSpec,
    SimplexSpec,
)
from zosimos.core.constraints import Condition, Constraint, Linear, Simplex
from zosimos.core.errors import DataError, SpecError
from zosimos.core.expression import Expression
from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous, Discrete, Integer, Parameter, Value, Values
from zosimos.core.space import SearchSpace
from zosimos.core.table import Table
from zosimos.planners.settings import PlannerSettings


def build_space(spec: CampaignSpec, pool: Sequence[Values] | None) -> SearchSpace:
    """Return the search space of a spec, over a pool where there is one.

    Raises:
        SpecError: a bound, level, choice or constraint is wrong.
    """
    parameters = tuple(_parameter(name, part) for name, part in spec.space.items())
    constraints = tuple(_constraint(part) for part in spec.constraints)
    return SearchSpace(parameters, constraints, None if pool is None else tuple(pool))


def build_objectives(spec: CampaignSpec) -> tuple[Objective, ...]:
    """Return the objectives of a spec, in the file's order."""
    return tuple(
        Objective(name, part.goal, part.unit, None if part.target is None else float(part.target))
        for name, part in spec.objectives.items()
    )


def build_planner_settings(spec: CampaignSpec) -> PlannerSettings:
    """Return how the planner shares the work between proposers."""
    shares = spec.planner.shares or {spec.planner.kind or "bayesian": 1.0}
    return PlannerSettings(shares=shares, start=spec.planner.start)


def inferred_space(table: Table, ignore: Sequence[str]) -> dict[str, dict[str, object]]:
    """Return the space a table of candidates shows: numbers become ranges, text becomes choices.

    Columns in ``ignore`` and columns with a single value are left out.
    """
    space: dict[str, dict[str, object]] = {}
    for name in table.header:
        texts = [text.strip() for text in table.column(name)]
        if name in ignore or len(set(texts)) < 2:
            continue
        try:
            numbers = [float(text) for text in texts]
        except ValueError:
            space[name] = {"type": "categorical", "choices": list(dict.fromkeys(texts))}
        else:
            space[name] = {"type": "continuous", "min": min(numbers), "max": max(numbers)}
    return space


def pool_rows(table: Table, spec: CampaignSpec) -> list[Values]:
    """Return each row of a table of candidates as values of the spec's parameters.

    Raises:
        DataError: a parameter has no column, or a cell is not of its kind.
    """
    table.require(list(spec.space))
    return [
        {name: _cell(table, row, name, part) for name, part in spec.space.items()} for row in range(len(table.rows))
    ]


def _cell(table: Table, row: int, name: str, part: ParameterSpec) -> Value:
    if isinstance(part, CategoricalSpec):
        text = table.rows[row][table.header.index(name)].strip()
        if not text:
            raise DataError(
                f"{table.source}, line {table.lines[row]}: {name} is empty",
                field=name,
                allowed="one of " + ", ".join(part.choices),
            )
        return text
    number = table.number(row, name)
    return int(number) if isinstance(part, IntegerSpec) and number == int(number) else number


def values_from_row(table: Table, row: int, spec: CampaignSpec) -> Values:
    """Return one row of a table as values of the spec's parameters. Raises as :func:`pool_rows` does."""
    return {name: _cell(table, row, name, part) for name, part in spec.space.items()}


def _parameter(name: str, part: ParameterSpec) -> Parameter:
    match part:
        case ContinuousSpec():
            step = None if part.step is None else float(part.step)
            return Continuous(name, float(part.min), float(part.max), part.unit, part.log, step)
        case IntegerSpec():
            low, high = float(part.min), float(part.max)
            if low == int(low) and high == int(high):
                low, high = int(low), int(high)
            return Integer(name, low, high, part.unit)  # type: ignore[arg-type]  # Integer refuses fractions itself
        case DiscreteSpec():
            return Discrete(name, tuple(float(level) for level in part.levels), part.unit)
        case CategoricalSpec():
            return Categorical(name, tuple(part.choices), dict(part.descriptors))


def _constraint(part: str | LinearSpec | SimplexSpec) -> Constraint:
    if isinstance(part, str):
        return Condition(Expression(part))
    if isinstance(part, SimplexSpec):
        return Simplex(tuple(part.of), part.total, part.tolerance)
    bounds: Mapping[str, float] = {
        **({} if part.min is None else {"low": part.min}),
        **({} if part.max is None else {"high": part.max}),
    }
    if not bounds:
        raise SpecError(
            "a linear constraint has neither min nor max",
            field="constraints",
            value=dict(part.coefficients),
            hint="give min, max, or both the same for an equality",
        )
    return Linear(dict(part.coefficients), **bounds)
