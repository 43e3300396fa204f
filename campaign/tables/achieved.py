"""Achieved values: whether a row of a table is what was proposed, rounded, or an experiment that was run elsewhere.

A number within half a unit of its last digit of the proposed one is the proposed one. Any other number is where the
experiment was really run, and is recorded beside what was asked for. But a number far from the proposed one, or another
choice or level, is more often a mistake: a column was sorted, an id stands in the wrong row. So that is refused until
somebody says that it is meant (``--achieved``).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from zosimos.campaign.control.comparing import SAME, Result
from zosimos.campaign.control.elsewhere import loosened
from zosimos.campaign.control.tables import EXPERIMENT
from zosimos.campaign.definition.knob import Traits
from zosimos.campaign.record.experiment import Experiment
from zosimos.core.constraints import Constraint
from zosimos.core.errors import DataError
from zosimos.core.parameters import Values
from zosimos.core.values import Value

NEAR = 0.1
"""Of a parameter's range: how far from its proposal an experiment may have been run without a word about it."""
_COARSE = 0.05  # of the range: what is off by more was not rounded
_FINE = 0.005  # the same for rows without an id: nothing but their values says what they are


@dataclass(frozen=True)
class Given:
    """A parameter's value in a row, and half of what its last digit counts."""

    value: Value
    half: float = 0.0


@dataclass(frozen=True)
class Row:
    """A row that is told of a proposal: where it stands, its values by parameter, and those that are others."""

    place: str
    experiment: str
    given: Mapping[str, Given]
    differ: Mapping[str, Value]


def is_same(traits: Traits, given: Given, wanted: Value, *, most: float = _COARSE) -> bool:
    """Say whether a value is the wanted one, as far as it is written; levels and whole numbers are written out.

    >>> range_ = Traits("number", "linear", (0.0, 80.0))
    >>> is_same(range_, Given(27.46, 0.005), 27.4568), is_same(range_, Given(27.45, 0.005), 27.4568)
    (True, False)
    """
    value = given.value
    if isinstance(value, str) or isinstance(wanted, str):
        return value == wanted
    if abs(value - wanted) <= SAME * max(abs(value), abs(wanted)):
        return True
    rounded = abs(value - wanted) < given.half * (1 + SAME)
    return rounded and traits.kind == "number" and not traits.levels and apart(traits, value, wanted) <= most


def apart(traits: Traits, one: Value, other: Value) -> float:
    """Return how far apart two values of a parameter are, as a share of its range (of its logarithm on a log scale).

    >>> apart(Traits("number", "log", (1.0, 100.0)), 1.0, 10.0)
    0.5
    """
    if isinstance(one, str) or isinstance(other, str) or traits.bounds is None:
        return 0.0 if one == other else math.inf
    low, high = traits.bounds
    if traits.scale == "log":
        if min(one, other) <= 0:
            return 0.0 if one == other else math.inf
        one, other, low, high = math.log(one), math.log(other), math.log(low), math.log(high)
    return abs(one - other) / (high - low) if high > low else math.inf


def proposal_of(
    traits: Mapping[str, Traits], given: Mapping[str, Given], waiting: Iterable[Experiment]
) -> Experiment | None:
    """Return the one proposal that a row without an id is, as far as it is written; None: it is none, or may be two.

    Args:
        traits: of all parameters.
        given: a value of each.
        waiting: proposals without a result.
    """
    fit = [one for one in waiting if _fits(traits, given, one.values)]
    exact = {name: Given(one.value) for name, one in given.items()}
    fit = [one for one in fit if _fits(traits, exact, one.values)] or fit
    alike = all(one.values == fit[0].values for one in fit)  # of equal ones it does not matter which
    return fit[0] if fit and alike else None


def _fits(traits: Mapping[str, Traits], given: Mapping[str, Given], values: Values) -> bool:
    return all(name in values and is_same(traits[name], given[name], values[name], most=_FINE) for name in given)


def broken(constraints: Sequence[Constraint], results: Iterable[Result]) -> Iterator[str]:
    """Yield a remark for each experiment that was run where a constraint does not hold: it counts all the same."""
    for result in results:
        ran_at = {**result.values, **result.achieved}
        if not result.achieved:
            continue
        kinds = {name: object if isinstance(value, str) else float for name, value in ran_at.items()}
        columns = {name: np.array([value], dtype=kinds[name]) for name, value in ran_at.items()}
        for constraint in constraints:
            if constraint.names <= ran_at.keys() and not loosened(constraint, result.halves).holds(columns)[0]:
                yield f"{result.experiment} was run where nothing is proposed, and counts: it breaks {constraint}"


def refuse_doubtful(
    traits: Mapping[str, Traits], rows: Sequence[Row], proposals: Sequence[Experiment], found: Iterable[str]
) -> None:
    """Refuse rows whose values are more likely a mistake than where an experiment was run.

    Args:
        traits: of all parameters.
        rows: those that are told of a proposal.
        proposals: the campaign's, for rows that are another's.
        found: the parameters whose values nobody chose: they are what was found.

    Raises:
        DataError: a value is far from the proposed one, a row is another proposal's, or a column was sorted.
    """
    chosen = {name: traits[name] for name in traits if name not in set(found)}
    moved = [row for row in rows if any(name in chosen for name in row.differ)]
    by_id = {one.id: one for one in proposals}
    for row in moved:
        _refuse_anothers(chosen, row, proposals)
    for name in chosen:
        _refuse_sorted(name, chosen[name], [row for row in moved if name in row.differ], by_id)
    for row in moved:
        own = by_id[row.experiment].values
        for name in row.differ.keys() & chosen.keys():
            value, wanted = row.differ[name], own[name]
            if chosen[name].kind == "whole" or value in chosen[name].levels:
                other = "choice" if isinstance(value, str) else "level"
                raise _doubted(row, f"{name} has another {other}", {name: value}, {name: wanted})
            if apart(chosen[name], value, wanted) > NEAR * (1 + SAME):
                raise _doubted(row, f"{name} is far from what was proposed", {name: value}, {name: wanted})


def _refuse_anothers(chosen: Mapping[str, Traits], row: Row, proposals: Sequence[Experiment]) -> None:
    given = {name: one for name, one in row.given.items() if name in chosen}
    for other in proposals if len(given) > 1 else ():  # one value alone is another's by chance
        if other.id != row.experiment and all(
            name in other.values and is_same(chosen[name], one, other.values[name]) for name, one in given.items()
        ):
            differ = {name: row.differ[name] for name in row.differ}
            raise _doubted(
                row, f"these are the values of {other.id}", differ, {name: other.values[name] for name in differ}
            )


def _refuse_sorted(name: str, traits: Traits, rows: Sequence[Row], by_id: Mapping[str, Experiment]) -> None:
    """Refuse a column in which the values of several proposals have changed places."""
    numbers = [row for row in rows if not isinstance(row.differ[name], str)]
    if len(numbers) < 2:
        return
    given = sorted(numbers, key=lambda row: float(row.differ[name]))
    wanted = sorted(float(by_id[row.experiment].values[name]) for row in numbers)
    if all(is_same(traits, row.given[name], value) for row, value in zip(given, wanted, strict=True)):
        row = numbers[0]
        own = by_id[row.experiment].values[name]
        names = ", ".join(one.experiment for one in numbers)
        raise _doubted(row, f"{name} of {names} have changed places", {name: row.differ[name]}, {name: own})


def _doubted(row: Row, why: str, differ: Values, wanted: Values) -> DataError:
    return DataError(
        f"{row.place}: the values differ from those of {row.experiment}: {why}",
        field=EXPERIMENT,
        value=dict(differ),
        allowed=str(dict(wanted)),
        hint="correct the row; leave the experiment column empty if it is a result of your own; or say that it was "
        "really run there: --achieved (Python: achieved=True)",
    )
