"""From the campaign file's fields to the plain values the rest of the program works with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zosimos.campaign.definition.candidates import refuse_mixed
from zosimos.campaign.definition.chemistry import described_choices, is_looked_up
from zosimos.campaign.definition.composite import build_composites, channels_of
from zosimos.campaign.definition.costs import build_costs
from zosimos.campaign.definition.designs import DesignSpec
from zosimos.campaign.definition.expect import build_expectation
from zosimos.campaign.definition.fields import settled, settled_share
from zosimos.campaign.definition.hypotheses import build_claims, build_hypotheses
from zosimos.campaign.definition.knowledge import build_fidelity
from zosimos.campaign.definition.mechanism import build_mechanisms
from zosimos.campaign.definition.model import (
    CampaignSpec,
    CardinalitySpec,
    CategoricalSpec,
    ContinuousSpec,
    DiscreteSpec,
    IntegerSpec,
    LinearSpec,
    ParameterSpec,
    PluginParameterSpec,
    SimplexSpec,
)
from zosimos.campaign.definition.totals import rounded_total
from zosimos.core.columns import Numbers, Texts
from zosimos.core.constraints import Cardinality, Condition, Constraint, Linear, Nested, Simplex
from zosimos.core.errors import SpecError
from zosimos.core.expression import Expression
from zosimos.core.objective import Objective, to_measure
from zosimos.core.parameters import Continuous, Discrete, Integer, Parameter, Values
from zosimos.core.pool import Pool
from zosimos.core.revision import EXACT, FIFTH
from zosimos.core.space import SearchSpace
from zosimos.core.table import Kind, Table
from zosimos.planners.goal.goal import Goal
from zosimos.planners.policy import AcquisitionSettings, Policy

_NO_LIMIT = 1e30  # in any unit: what is said to be beyond it is meant as no limit


def build_space(
    spec: CampaignSpec, pool: Sequence[Values] | None, elsewhere: Mapping[str, Sequence[str]] | None = None
) -> SearchSpace:
    """Return the search space of a spec, over a pool where there is one.

    Args:
        spec: the spec.
        pool: the candidates, if there is a table of them.
        elsewhere: by parameter, texts that sources have and that may be no choices.

    Raises:
        SpecError: a bound, level, choice or constraint is wrong.
    """
    parameters = tuple(
        _parameter(name, part, pool, spec, (elsewhere or {}).get(name, ())) for name, part in spec.space.items()
    )
    nested = tuple(
        Nested(name, {parent: tuple(values) for parent, values in part.when.items()}, part.default)
        for name, part in spec.space.items()
        if part.when and part.default is not None
    )
    return SearchSpace(parameters, (*nested, *build_constraints(spec)), pool, exact=spec.since(EXACT))


def build_constraints(spec: CampaignSpec) -> tuple[Constraint, ...]:
    """Return what a spec says under ``constraints``.

    Raises:
        SpecError: one is wrong.
    """
    return tuple(constraint for part in spec.constraints for constraint in _constraints(part, spec))


def build_objectives(spec: CampaignSpec) -> tuple[Objective, ...]:
    """Return the objectives of a spec, in the file's order.

    Raises:
        SpecError: a formula of one is wrong.
    """
    made = build_composites(spec)
    return tuple(
        Objective(
            name,
            part.goal,
            part.unit,
            settled(part.target),
            settled(part.threshold),
            part.tier,
            made.get(name),
            *_limits(name, spec),
            part.transform,
            settled_share(part.u_shared),
        )
        for name, part in spec.objectives.items()
    )


def _limits(name: str, spec: CampaignSpec) -> tuple[float | None, float | None]:
    """Return the lowest and the highest value that an objective can have.

    Raises:
        SpecError: one is so far off that models could not reckon with it.
    """
    given = spec.objectives[name].range
    if given is None:
        return None, None
    low, high = settled(given.min), settled(given.max)
    for side, limit in (("min", low), ("max", high)):
        if limit is not None and abs(limit) > _NO_LIMIT and spec.since(FIFTH):
            raise SpecError(
                f"objective {name!r}: no outcome comes near {limit:g}, so it limits nothing",
                field=f"objectives.{name}.range.{side}",
                value=limit,
                allowed=f"-{_NO_LIMIT:g} to {_NO_LIMIT:g}",
                hint=f"leave {side} out where there is no limit",
            )
    return low, high


def outcome_names(spec: CampaignSpec) -> list[str]:
    """Return what is shown of an experiment's outcome: the objectives, then the quantities that some are made of."""
    return list(dict.fromkeys([*spec.objectives, *(part.name for part in to_measure(build_objectives(spec)))]))


def shown_names(spec: CampaignSpec) -> list[str]:
    """Return the same without the channels of series, for which no line or table for the eye has room."""
    channels = channels_of(spec)
    return [name for name in outcome_names(spec) if name not in channels]


def build_goal(spec: CampaignSpec, space: SearchSpace) -> Goal:
    """Return what a spec is for, in its space."""
    return Goal(
        space,
        build_objectives(spec),
        fidelity=build_fidelity(spec.fidelity),
        costs=build_costs(spec.costs, spec.stock, spec.budget.cost, spec.budget.experiments, spec.spoken),
        expectation=build_expectation(spec.expect, spec.space),
        hypotheses=build_hypotheses(spec.hypotheses, list(spec.objectives)),
        claims=build_claims(spec.claims),
        errors=_errors(spec),
    )


def build_policy(spec: CampaignSpec) -> Policy:
    """Return how the planner shares the work between proposers, and by what it judges."""
    acquisition = AcquisitionSettings(spec.planner.acquisition, spec.planner.kappa, spec.planner.level)
    return Policy(
        spec.planner.sharing,
        spec.planner.start if isinstance(spec.planner.start, int) else None,
        acquisition,
        spec.planner.surrogate,
        failures=spec.planner.failures,
        replicates=spec.planner.replicates,
        feasibility=spec.planner.feasibility,
        portfolio=spec.planner.portfolio or "fixed",
        revision=spec.revision or 1,
        design=spec.planner.start.request if isinstance(spec.planner.start, DesignSpec) else None,
        mechanisms=build_mechanisms(spec.planner, [part.name for part in to_measure(build_objectives(spec))]),
    )


def _errors(spec: CampaignSpec) -> dict[str, float]:
    """Return the standard deviations with which parameters are set, where they are given."""
    given = {name: getattr(part, "error", None) for name, part in spec.space.items()}
    return {name: float(error) for name, error in given.items() if error is not None}


def inferred_space(table: Table, ignore: Sequence[str]) -> dict[str, dict[str, object]]:
    """Return the space a table of candidates shows: numbers become ranges, text becomes choices.

    Columns in ``ignore`` and columns with a single value are left out.

    Raises:
        DataError: a cell is empty, or no finite number in a column of numbers.
    """
    kinds: dict[str, Kind] = {
        name: "number" if name in table.numeric else "text"
        for name in table.header
        if name not in ignore and name not in table.constant
    }
    space: dict[str, dict[str, object]] = {}
    for name, column in table.read(kinds).items():
        if isinstance(column, Texts):
            refuse_mixed(table, name, column, quoted=not set(ignore).isdisjoint(table.header))
            found: dict[str, object] = {"type": "categorical", "choices": list(column.choices)}
            varies = len(column.choices) > 1
        else:
            low, high = float(column.values.min()), float(column.values.max())
            found = {"type": "continuous", "min": low, "max": high}
            varies = low < high
        if varies:
            space[name] = found
    return space


def pool_rows(table: Table, spec: CampaignSpec) -> Pool:
    """Return a table of candidates as columns of the spec's parameters.

    Raises:
        DataError: a parameter has no column, or a cell is not of its kind.
    """
    kinds: dict[str, Kind] = {
        name: "text" if part.traits(name).kind == "text" else "number"
        for name, part in spec.space.items()
        if part.role == "control"
    }
    columns = table.read(kinds)
    for name, column in columns.items():
        if isinstance(column, Numbers) and spec.space[name].traits(name).kind == "whole":
            columns[name] = Numbers(column.values, whole=True)
    return Pool(columns)


def _parameter(
    name: str, part: ParameterSpec, pool: Sequence[Values] | None, spec: CampaignSpec, elsewhere: Sequence[str]
) -> Parameter:
    match part:
        case ContinuousSpec():
            step, rounding = settled(part.step), settled(part.rounding)
            low, high = float(part.min), float(part.max)
            return Continuous(
                name, low, high, part.unit, part.log, step, part.role, spec.since(EXACT), rounding, part.digits
            )
        case IntegerSpec():
            low, high = float(part.min), float(part.max)
            if low == int(low) and high == int(high):
                low, high = int(low), int(high)
            return Integer(name, low, high, part.unit, part.role)  # type: ignore[arg-type]  # Integer refuses fractions itself
        case DiscreteSpec():
            return Discrete(name, tuple(float(level) for level in part.levels), part.unit, part.role)
        case CategoricalSpec():
            return described_choices(name, part, pool, look_up=is_looked_up(spec, name), elsewhere=elsewhere)
        case PluginParameterSpec():
            return part.parameter(name)


def _constraints(part: str | LinearSpec | SimplexSpec | CardinalitySpec, spec: CampaignSpec) -> tuple[Constraint, ...]:
    """Return what a constraint of the file means: a mixture of few parts is two constraints."""
    if isinstance(part, str | LinearSpec) and (total := rounded_total(part, spec)) is not None:
        return (total,)
    if isinstance(part, str):
        return (Condition(Expression(part, tolerant=spec.since(EXACT), known=spec.spoken)),)
    if isinstance(part, LinearSpec):
        return (_linear(part),)
    cardinality = Cardinality(tuple(part.of), part.at_least, part.at_most, part.minimum)
    if isinstance(part, CardinalitySpec):
        return (cardinality,)
    simplex = Simplex(tuple(part.of), part.total, part.tolerance)
    counts = part.at_least > 0 or part.at_most is not None or bool(part.minimum)
    return (simplex, cardinality) if counts else (simplex,)


def _linear(part: LinearSpec) -> Linear:
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
