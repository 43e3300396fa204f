"""Elsewhere: experiments that were run at other values than they were asked to run at, and totals of rounded numbers.

What was really done is recorded beside what was asked for, and models learn from it. So it need not lie on a step, nor
keep a constraint; out of bounds it is taken when that is meant, since there a slip is the commoner cause.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace

from zosimos.campaign.control.comparing import Result
from zosimos.campaign.decisions.budget import costs_of
from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.record.results import surprise_at
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.core.constraints import Condition, Constraint, Linear, Simplex
from zosimos.core.errors import DataError, SpecError
from zosimos.core.nearest import did_you_mean
from zosimos.core.parameters import Parameter, Values, levels_of
from zosimos.core.records import Candidate, Measurement
from zosimos.core.revision import FIFTH
from zosimos.core.units import parse_quantity
from zosimos.core.values import Value, is_number

_MOST = 0.01  # of a total: what is off by more is no rounding
_MORE = re.compile(r"[<>!]|\b(?:and|or|not)\b|==.*==")  # a condition with more to it than one equality
OUTSIDE = "correct the value; or tell it with --outside (Python: outside=True), to learn from it all the same"


def ran_elsewhere(
    setup: Setup, state: State, experiment: Experiment, given: Mapping[str, float | str | None]
) -> dict[str, Value]:
    """Return those of some values at which an experiment was run that are others than on record, as they are meant.

    Raises:
        DataError: a name is no parameter of the experiment, or a value is none that it can have had.
    """
    space = setup.space(state.spec)
    found: dict[str, Value] = {}
    for name, value in given.items():
        if name not in experiment.values or name not in space.by_name:
            raise DataError(
                f"{name!r} is no parameter of {experiment.id}",
                field=name,
                value=value,
                allowed=", ".join(experiment.values),
                hint=did_you_mean(name, experiment.values),
            )
        found[name] = _meant(space.by_name[name], value)
    meant = space.canonical(state.lens.row({**experiment.ran_at, **found}))
    return {name: meant[name] for name in found if meant[name] != experiment.ran_at[name]}


def check_inside(setup: Setup, state: State, ran_at: Values, *, outside: bool) -> None:
    """Refuse numbers outside their parameters' bounds, if they are not welcome; conditions may lie anywhere.

    Raises:
        DataError: there is one.
    """
    space = setup.space(state.spec)
    for name, value in ran_at.items():
        low, high = space.by_name[name].bounds or (0.0, 0.0)
        if outside or isinstance(value, str) or name in space.current or low <= value <= high:
            continue
        raise DataError(
            f"an experiment was run outside the bounds: {name} {value:.10g}",
            field=name,
            value=value,
            allowed=space.by_name[name].allowed,
            hint=OUTSIDE,
        )


def check_point(setup: Setup, state: State, result: Result, *, outside: bool) -> None:
    """Refuse values that no parameter knows; numbers outside bounds and constraints only if they are not welcome.

    Sums of numbers that are rounded are a little off: totals are met as far as the numbers are written.

    Raises:
        DataError: there is one.
    """
    space, values = setup.space(state.spec), result.values
    for name, parameter in space.by_name.items():
        problem = space.value_problem(name, values[name])
        if problem is not None and not (outside and parameter.kind != "text"):
            raise DataError(
                f"a result was found where the space has no point: {problem}",
                field=name,
                value=values[name],
                allowed="a point of the space",
                hint=OUTSIDE if parameter.kind != "text" else "correct the name",
            )
    if outside:
        return
    columns = space.columns([values])
    for constraint in space.constraints:
        if not loosened(constraint, result.halves).holds(columns)[0]:
            raise DataError(
                f"a result was found where the space has no point: it breaks {constraint}",
                field="constraints",
                value=dict(values),
                allowed=str(constraint),
                hint=OUTSIDE,
            )


def surprising(
    setup: Setup, spec: CampaignSpec, candidate: Candidate, ran_at: Values, measurements: Mapping[str, Measurement]
) -> dict[str, float]:
    """Return how far results of an experiment lie from what was predicted of it, as its campaign judges that."""
    parameters, learned = setup.space(spec).by_name, spec.since(FIFTH)
    return surprise_at(parameters, candidate, ran_at, measurements, learned=learned)


def seen_at(state: State, ran_at: Values) -> Values:
    """Return where an experiment was run with all that formulas of today may name: parameters that came later too."""
    return {**state.lens.row(ran_at), **ran_at}


def check_charged(state: State, experiment: Experiment, ran_at: Values) -> None:
    """Refuse values at which an experiment that the campaign pays for would have no cost.

    Raises:
        DataError: its cost is no positive number, or it takes a negative amount from the stock.
    """
    costs = costs_of(state.spec) if experiment.decision else None
    if costs is None or ran_at == experiment.values:
        return
    row = state.lens.row(ran_at)
    try:
        costs.of([row], None)
        costs.affordable([row], costs.account(()))
    except SpecError as error:
        raise DataError(
            f"{experiment.id} has no cost where it was run: {error.message}",
            field=error.field,
            value=error.value,
            allowed=error.allowed,
            hint="correct the value; or change costs so that it has one: zosimos steer",
        ) from error


def loosened(constraint: Constraint, rounding: Mapping[str, float]) -> Constraint:
    """Return a constraint as rounded numbers keep it: a total is met as far as they are written; others as they are.

    Args:
        constraint: what must hold.
        rounding: how far off each number may be as it is written, by parameter.

    >>> parts = Simplex(("a", "b", "c"), total=100.0)
    >>> loosened(parts, dict.fromkeys(parts.parts, 0.05)).tolerance
    0.15000100000000002
    >>> import numpy as np
    >>> from zosimos.core.expression import Expression
    >>> said = loosened(Condition(Expression("a + b == 100")), {"a": 0.05, "b": 0.05})
    >>> said.holds({"a": np.array([33.3]), "b": np.array([66.6])}).tolist()
    [True]
    """
    if isinstance(constraint, Simplex):
        room = sum(rounding.get(name, 0.0) for name in constraint.parts)
        return replace(constraint, tolerance=constraint.tolerance + min(room, _MOST * constraint.total))
    total = _total(constraint)
    if total is None:
        return constraint
    room = sum(abs(factor) * rounding.get(name, 0.0) for name, factor in total.coefficients.items())
    room = min(room, _MOST * abs(total.low))
    return replace(total, low=total.low - room, high=total.high + room)


def _total(constraint: Constraint) -> Linear | None:
    """Return a constraint as a sum that has one value, if it says nothing else."""
    if isinstance(constraint, Condition) and not _MORE.search(constraint.expression.text):
        parts = constraint.expression.linear(dict.fromkeys(constraint.names, (-math.inf, math.inf)))
        if len(parts) == 1:
            constraint = Linear(parts[0].coefficients, parts[0].low, parts[0].high)
    return constraint if isinstance(constraint, Linear) and constraint.low == constraint.high else None


def _meant(parameter: Parameter, value: float | str | None) -> Value:
    """Return a value as its parameter has it: a choice, or a number in the parameter's unit."""
    if parameter.kind == "text":
        problem = parameter.problem(value)
        if problem is not None:
            raise DataError(
                problem,
                field=parameter.name,
                value=value,
                allowed=parameter.allowed,
                hint=did_you_mean(str(value), map(str, levels_of(parameter))),
            )
        return str(value)
    number = None if value is None else parse_quantity(value, parameter.unit, parameter.name)
    if number is None or not is_number(number) or (parameter.kind == "whole" and number != int(number)):
        raise DataError(
            f"{parameter.name} was run at no {'whole ' if parameter.kind == 'whole' else ''}number",
            field=parameter.name,
            value="(empty)" if value is None else value,
            allowed=parameter.allowed,
            hint="correct the value",
        )
    return int(number) if parameter.kind == "whole" else number
