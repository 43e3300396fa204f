"""Results as Python tells them: checked, and turned into what a campaign records."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from zosimos.campaign.control import tables
from zosimos.campaign.control.manual_results import Result, rehearsed
from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.campaign.tables import said
from zosimos.campaign.tables.grid import Cell
from zosimos.campaign.tables.matching import Targets
from zosimos.campaign.tables.reading import Reading, read
from zosimos.campaign.tables.sources import load
from zosimos.campaign.tables.sources import rows as table_of
from zosimos.core.errors import DataError, StateError
from zosimos.core.parameters import Values
from zosimos.core.records import Measurement
from zosimos.core.space import row_key
from zosimos.faces.python.candidates import Suggestion
from zosimos.faces.python.points import is_finite, own_values, unknown
from zosimos.faces.python.words import plain

if TYPE_CHECKING:
    import pandas as pd

OutcomeValue: TypeAlias = float | tuple[float, float] | Measurement
"""A value, a value with its standard uncertainty, or a whole measurement."""
Target: TypeAlias = Suggestion | str | Mapping[str, Any]
"""What a result is of: a suggestion, an experiment's id, or values of one's own."""
Many: TypeAlias = "str | Path | Sequence[Mapping[str, Any]] | pd.DataFrame"
"""Many results at once: the path of a table, rows of one, a data frame."""

_WAITING = ("proposed", "approved", "uncertain")


def result(setup: Setup, state: State, target: Target, outcomes: object, failed: str, *, outside: bool) -> Result:
    """Return what was found at a suggestion, at an experiment by its id, or at values of one's own.

    Raises:
        DataError: a name is unknown or missing, a value is not a finite number or out of its range.
        NotFoundError: there is no such experiment.
        StateError: the experiment has a result already.
    """
    if not isinstance(outcomes, Mapping):
        raise DataError(
            "the outcomes have no names",
            field="outcomes",
            value=outcomes,
            allowed=", ".join(f"{name}=value" for name in tables.measured_units(state)),
        )
    name, values = _aim(setup, state, target, outside=outside)
    if failed and outcomes:
        raise DataError(
            "it failed and has an outcome",
            field=next(iter(outcomes)),
            value=next(iter(outcomes.values())),
            allowed="outcomes, or failed=",
            hint="leave out one of the two",
        )
    return Result(name, values, [] if failed else _measurements(state, outcomes), failed)


def table(state: State, path: Path, columns: Mapping[str, str]) -> Reading:
    """Return the results of a CSV or .xlsx file, and how it was read; ``columns`` are names by header.

    Raises:
        DataError: it cannot be read, or a column or cell is wrong.
        NotFoundError: a row names an experiment that does not exist.
    """
    targets = Targets(state, columns)
    head = load(path, targets)
    said.check(columns, targets, head)
    return read(state, targets, head)


def preview(setup: Setup, state: State, what: Many, *, outside: bool, columns: Mapping[str, str]) -> dict[str, Any]:
    """Return how a table is read, as data, with the ids that its results would get (``experiments``).

    Raises:
        DataError: it cannot be read, or a column or cell is wrong.
        StateError: an experiment has a result already, or the campaign is aborted.
    """
    file = Path(what) if isinstance(what, str | Path) else None
    reading = rows(state, listed(what), columns) if file is None else table(state, file, columns)
    names = rehearsed(setup, state, reading.results, outside=outside)
    return {**reading.summary.as_json(), "experiments": names}


def rows(state: State, given: Iterable[object], columns: Mapping[str, str]) -> Reading:
    """Return the results that rows report, with the keys that a table of results has as columns; others are notes.

    Raises:
        DataError: a key is missing, is almost one that is known, or a value is wrong.
    """
    items = [dict(row) if isinstance(row, Mapping) else _refuse(row) for row in given]
    if not items:
        raise DataError("there is no result", field="results", value="(empty)", allowed="one row or more")
    targets = Targets(state, columns)
    head = table_of([{str(name): _cell(value) for name, value in row.items()} for row in items], "the results", targets)
    said.check(columns, targets, head)
    for name in head.matched.notes.values():  # written by hand in a program: a slip of the pen, not a remark
        if near := difflib.get_close_matches(name, targets.all, n=1, cutoff=0.8):
            raise unknown("key", name, near)
    return read(state, targets, head)


def _refuse(row: object) -> NoReturn:
    raise DataError(
        "a result in the list is no mapping and no pair",
        field="results",
        value=row,
        allowed='{"experiment": id, "objective": value}, or (candidate, {"objective": value}), all of one kind',
    )


def many(setup: Setup, state: State, given: Any, *, outside: bool, columns: Mapping[str, str]) -> list[Result]:
    """Return the results of a data frame, of a list of rows, or of a list of (candidate, outcomes).

    Raises:
        DataError: it is something else, or as :func:`result` and :func:`rows` say.
        StateError: an experiment has a result already.
    """
    if not isinstance(given, Iterable):
        raise DataError(
            "these are no results", field="results", value=given, allowed="a list, a data frame, a CSV or .xlsx file"
        )
    items = listed(given)
    if items and all(isinstance(item, tuple) and len(item) == 2 for item in items):
        return [result(setup, state, target, found, "", outside=outside) for target, found in items]
    return list(rows(state, items, columns).results)


def _cell(value: Any) -> Cell:
    value = plain(value)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return float(value) if isinstance(value, int | float) else str(value)


def _aim(setup: Setup, state: State, target: Target, *, outside: bool) -> tuple[str | None, Values]:
    if isinstance(target, Suggestion):
        known = state.experiments.get(target.id)
        if known is None or row_key(known.values) != row_key(dict(target)):
            raise DataError(
                f"{target.id} was not suggested here with these values",
                field="candidate",
                value=dict(target),
                hint="tell it where it was asked for; or tell dict(candidate), as values of your own",
            )
        return _waiting(known).id, known.values
    if isinstance(target, str):
        found = _waiting(state.experiment(target))
        return found.id, found.values
    if not isinstance(target, Mapping):
        raise DataError(
            "a result is of a candidate",
            field="candidate",
            value=target,
            allowed="what ask returned, an experiment's id, or a mapping of values",
        )
    values = own_values(setup, state, target, outside=outside)
    key = row_key(values)
    for item in state.active.values():  # the values of a suggestion that waits answer it
        if item.status in _WAITING and row_key(item.values) == key:
            return item.id, item.values
    return None, values


def _waiting(found: Experiment) -> Experiment:
    if found.status in ("measured", "failed"):
        raise StateError(
            f"{found.id} has a result already: it {'was' if found.status == 'measured' else 'has'} {found.status}",
            field="candidate",
            value=found.id,
            hint="tell dict(candidate) to add another measurement at the same values",
        )
    return found


def _measurements(state: State, outcomes: Mapping[str, Any]) -> list[Measurement]:
    units = tables.measured_units(state)
    for name in outcomes:
        if name not in units:
            raise unknown("objective", str(name), units)
    for name in units:
        if name not in outcomes:
            raise DataError(
                f"the objective {name} is missing",
                field=name,
                value=", ".join(outcomes) or "nothing",
                allowed=f"a value for each of {', '.join(units)}",
                hint=f'give {name}=value, or failed="why" if there is none',
            )
    return [_measurement(name, outcomes[name], unit) for name, unit in units.items()]


def _measurement(name: str, outcome: Any, unit: str) -> Measurement:
    if isinstance(outcome, Measurement):
        return Measurement(**{**outcome.as_json(), "quantity": name})
    pair = isinstance(outcome, Sequence) and not isinstance(outcome, str)
    if pair and len(outcome) != 2:
        raise DataError(
            f"{name} has {len(outcome)} numbers", field=name, value=outcome, allowed="a value, or (value, uncertainty)"
        )
    value, uncertainty = outcome if pair else (outcome, None)
    number = _number(name, value)
    return Measurement(name, number, None if uncertainty is None else _number(name, uncertainty), unit)


def _number(name: str, value: Any) -> float:
    found = plain(value)
    if not is_finite(found):
        raise DataError(
            f"{name} is not a finite number",
            field=name,
            value=value,
            allowed="a number, or (value, standard uncertainty)",
            hint='tell failed="why" if there is no value',
        )
    return float(found)


def listed(given: Any) -> list[Any]:
    """Return one row, several rows or a pandas data frame as a list of rows."""
    if isinstance(given, Mapping):
        return [given]
    records = getattr(given, "to_dict", None)
    return list(records("records")) if callable(records) else list(given)
