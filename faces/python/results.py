"""Results as Python tells them: checked, and turned into what a campaign records."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from zosimos.campaign.control import tables
from zosimos.campaign.control.manual_results import Choices, Result, rehearsed
from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.record.standing import awaiting
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.campaign.tables import said
from zosimos.campaign.tables.grid import Cell
from zosimos.campaign.tables.matching import Targets
from zosimos.campaign.tables.numbers import Sign
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

OutcomeValue: TypeAlias = float | tuple[float, float] | tuple[float, float, float] | Measurement
"""A value, one with its standard uncertainty, with that of what all results share, too, or a whole measurement."""
Target: TypeAlias = Suggestion | str | Mapping[str, Any]
"""What a result is of: a suggestion, an experiment's id, or values of one's own."""
Many: TypeAlias = "str | Path | Sequence[Mapping[str, Any]] | pd.DataFrame"
"""Many results at once: the path of a table, rows of one, a data frame."""

_WAITING = ("proposed", "approved", "uncertain")


def result(
    setup: Setup,
    state: State,
    target: Target,
    outcomes: object,
    failed: str,
    choices: Choices,
    ran_at: Mapping[str, Any] | None = None,
) -> Result:
    """Return what was found at a suggestion, at an experiment by its id, or at values of one's own.

    ``ran_at`` are values at which a suggestion was really run, where these are others.

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
    name, values = _aim(setup, state, target, () if choices.differing or failed else outcomes, choices)
    if failed and outcomes:
        raise DataError(
            "it failed and has an outcome",
            field=next(iter(outcomes)),
            value=next(iter(outcomes.values())),
            allowed="outcomes, or failed=",
            hint="leave out one of the two",
        )
    achieved = {key: plain(value) for key, value in (ran_at or {}).items()}
    if achieved and name is None:
        raise DataError(
            "only what was suggested can have been run elsewhere",
            field="ran_at",
            value=achieved,
            allowed="beside a candidate, or an experiment's id",
            hint="give the values at which it was run instead of others",
        )
    return Result(name, values, [] if failed else _measurements(state, outcomes), failed, achieved=achieved)


@dataclass(frozen=True)
class How:
    """What a person says of a table: names of its columns by header, its sheet, what stands before its decimals.

    ``achieved`` says that values far from those suggested are where experiments were really run.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    sheet: str | None = None
    decimal: Sign | None = None
    achieved: bool = False


def table(state: State, path: Path, how: How) -> Reading:
    """Return the results of a CSV or .xlsx file, and how it was read.

    Raises:
        DataError: it cannot be read, or a column or cell is wrong.
        NotFoundError: a row names an experiment that does not exist.
    """
    targets = Targets(state, how.columns)
    head = load(path, targets, how.sheet)
    said.check(how.columns, targets, head)
    return read(state, targets, head, decimal=how.decimal, achieved=how.achieved)


def preview(
    setup: Setup,
    state: State,
    what: Many,
    choices: Choices,
    how: How,
) -> dict[str, Any]:
    """Return how a table is read and what would come of it, as data (``experiments``: the ids of its results).

    Raises:
        DataError: it cannot be read, or a column or cell is wrong.
        StateError: an experiment has a result already, or the campaign is aborted.
    """
    reading = table(state, Path(what), how) if isinstance(what, str | Path) else rows(state, listed(what), how)
    came = rehearsed(setup, state, reading.results, choices, refuse=False)
    remarks = [*reading.summary.remarks, *came.remarks]
    return {**reading.summary.as_json(), **came.as_json(), "remarks": remarks, "experiments": came.experiments}


def rows(state: State, given: Iterable[object], how: How) -> Reading:
    """Return the results that rows report, with the keys that a table of results has as columns; others are notes.

    Raises:
        DataError: a key is missing, is almost one that is known, or a value is wrong.
    """
    items = [dict(row) if isinstance(row, Mapping) else _refuse(row) for row in given]
    if not items:
        raise DataError("there is no result", field="results", value="(empty)", allowed="one row or more")
    targets = Targets(state, how.columns)
    head = table_of([{str(name): _cell(value) for name, value in row.items()} for row in items], "the results", targets)
    said.check(how.columns, targets, head)
    for name in head.matched.notes.values():  # written by hand in a program: a slip of the pen, not a remark
        if near := difflib.get_close_matches(name, targets.all, n=1, cutoff=0.8):
            raise unknown("key", name, near)
    return read(state, targets, head, achieved=how.achieved)


def _refuse(row: object) -> NoReturn:
    raise DataError(
        "a result in the list is no mapping and no pair",
        field="results",
        value=row,
        allowed='{"experiment": id, "objective": value}, or (candidate, {"objective": value}), all of one kind',
    )


def many(setup: Setup, state: State, given: Any, choices: Choices, how: How) -> list[Result]:
    """Return the results of a data frame, of a list of rows, or of a list of (candidate, outcomes).

    Raises:
        DataError: it is something else, or as :func:`result` and :func:`rows` say.
        StateError: an experiment has a result already.
    """
    items = checked_list(given)
    if are_pairs(items):
        return [result(setup, state, target, found, "", choices) for target, found in items]
    return list(rows(state, items, how).results)


def checked_list(given: Any) -> list[Any]:
    """Return results as a list of rows or pairs.

    Raises:
        DataError: it is nothing of the kind.
    """
    if not isinstance(given, Iterable):
        raise DataError(
            "these are no results", field="results", value=given, allowed="a list, a data frame, a CSV or .xlsx file"
        )
    return listed(given)


def are_pairs(items: Sequence[Any]) -> bool:
    """Say whether results are given as (candidate, outcomes)."""
    return bool(items) and all(isinstance(item, tuple) and len(item) == 2 for item in items)


def _cell(value: Any) -> Cell:
    value = plain(value)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return float(value) if isinstance(value, int | float) else str(value)


def _aim(
    setup: Setup, state: State, target: Target, outcomes: Iterable[str], choices: Choices
) -> tuple[str | None, Values]:
    if isinstance(target, Suggestion):
        known = state.experiments.get(target.id)
        if known is None or row_key(known.values) != row_key(dict(target)):
            raise DataError(
                f"{target.id} was not suggested here with these values",
                field="candidate",
                value=dict(target),
                hint="tell it where it was asked for; or tell dict(candidate), as values of your own",
            )
        return _open(known, outcomes, choices).id, known.values
    if isinstance(target, str):
        found = _open(state.experiment(target), outcomes, choices)
        return found.id, found.values
    if not isinstance(target, Mapping):
        raise DataError(
            "a result is of a candidate",
            field="candidate",
            value=target,
            allowed="what ask returned, an experiment's id, or a mapping of values",
        )
    values = own_values(setup, state, target, outside=choices.outside)
    key = row_key(values)
    for item in state.active.values():  # the values of a suggestion that waits answer it
        if item.status in _WAITING and row_key(item.values) == key:
            return item.id, item.values
    lacking = [
        item
        for name, missing in awaiting(state).items()
        if outcomes and missing and all(one in missing for one in outcomes)
        for item in [state.experiments[name]]
        if row_key(item.ran_at) == key
    ]
    if len(lacking) == 1:  # the other outcomes of the same experiment
        return lacking[0].id, lacking[0].values
    return None, values


def _open(found: Experiment, outcomes: Iterable[str], choices: Choices) -> Experiment:
    """Return an experiment that lacks some of these outcomes, or whose result may be corrected."""
    lacks = found.status == "measured" and any(name not in found.measurements for name in outcomes)
    if found.status in ("measured", "failed") and not lacks and choices.differing is None:
        raise StateError(
            f"{found.id} has a result already: it {'was' if found.status == 'measured' else 'has'} {found.status}",
            field="candidate",
            value=found.id,
            hint='tell dict(candidate) to add another measurement at the same values; or say differing="correct"',
        )
    return found


def _measurements(state: State, outcomes: Mapping[str, Any]) -> list[Measurement]:
    units = tables.measured_units(state)
    for name in outcomes:
        if name not in units:
            raise unknown("objective", str(name), units)
    if not outcomes:
        name = next(iter(units))
        raise DataError(
            f"the objective {name} is missing",
            field=name,
            value="nothing",
            allowed=f"a value for each of {', '.join(units)}, or for some of them until the others are there",
            hint=f'give {name}=value, or failed="why" if there is none',
        )
    return [_measurement(name, outcomes[name], unit) for name, unit in units.items() if name in outcomes]


def _measurement(name: str, outcome: Any, unit: str) -> Measurement:
    if isinstance(outcome, Measurement):
        return Measurement(**{**outcome.as_json(), "quantity": name})
    pair = isinstance(outcome, Sequence) and not isinstance(outcome, str)
    given = [*checked_numbers(name, outcome), None][:3] if pair else [outcome, None, None]
    uncertainty, shared = (None if spread is None else _number(name, spread) for spread in given[1:])
    return Measurement(name, _number(name, given[0]), uncertainty, unit, u_shared=shared)


def checked_numbers(name: str, given: Sequence[Any]) -> Sequence[Any]:
    """Return a value with its uncertainty, and perhaps that of what all results share.

    Raises:
        DataError: it has fewer or more numbers.
    """
    if not 2 <= len(given) <= 3:
        raise DataError(
            f"{name} has {len(given)} numbers",
            field=name,
            value=given,
            allowed="a value, (value, uncertainty), or (value, uncertainty, u_shared)",
        )
    return given


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
