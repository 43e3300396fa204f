"""Layout: where in a table its rows begin, what each column is, in which unit, and how its numbers are written."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import count

from zosimos.campaign.control.tables import EXPERIMENT
from zosimos.campaign.record.state import State
from zosimos.campaign.tables.absent import absent
from zosimos.campaign.tables.cells import is_missing
from zosimos.campaign.tables.checks import refuse_merged, refuse_missing
from zosimos.campaign.tables.decimals import told_by_proposals
from zosimos.campaign.tables.grid import Grid, Line, letter, no_rows, shown
from zosimos.campaign.tables.headers import is_known, key, split, unit_for
from zosimos.campaign.tables.matching import SPREADS, Column, Matched, Targets, exported, fitting, refuse_twins
from zosimos.campaign.tables.numbers import Sign, Style, style, written
from zosimos.campaign.tables.shares import doubtful_shares
from zosimos.campaign.tables.sources import Head
from zosimos.campaign.tables.unit_columns import unit_columns, with_units
from zosimos.core.errors import DataError

_ASKED = 50  # notes whose names are compared with those of columns
_NAME = 100  # characters of a note's name


@dataclass(frozen=True)
class Layout:
    """A table before its rows are read: its header, the lines below it, its columns, and what a reader should know.

    ``numeric`` are the places of its columns of numbers.
    """

    head: Head
    body: Sequence[Line]
    matched: Matched
    style: Style
    remarks: Sequence[str]
    numeric: Set[int]

    @property
    def of(self) -> dict[str, Column]:
        """The columns by what they are called in a table to fill in."""
        return {column.target.column: column for column in self.matched.columns}


def laid_out(state: State, targets: Targets, head: Head, decimal: Sign | None) -> Layout:
    """Return the layout of a table.

    Raises:
        DataError: it has no rows, a column is missing or stands twice, cells are merged, or nothing tells what stands
            before decimals.
    """
    columns, notes = list(head.matched.columns), dict(head.matched.notes)
    lines = head.grid.lines[head.index + 1 :]
    remarks = [*_above(head.index), *head.grid.remarks]
    if (place := _ids(state, targets, head.matched, lines)) is not None:
        columns.append(Column(place, notes.pop(place), targets.all[EXPERIMENT], "by its ids"))
    numeric = {column.place for column in columns if _is_number(state, column)}
    columns, body = _in_units(head.grid, lines, columns, notes, numeric, targets, remarks)
    matched = Matched(columns, _named(notes | _beyond(head, body)))
    refuse_twins(matched, head.grid.place(head.line.number))
    refuse_missing(matched, targets, head, body)
    refuse_merged(matched, head, body)
    remarks += doubtful_shares(columns, head.grid, body)
    remarks += [
        f"{name} is worked out from what was measured: the column is a note"
        for name in matched.notes.values()
        if name in state.spec.objectives
    ]
    if passed := len(exported(head.line.cells)):
        remarks.append(f"an export: {passed} columns of the record itself are passed over")
    remarks += [*_absent(matched, targets), *_slips(matched, targets)]

    def otherwise() -> Sign | None:
        return told_by_proposals(state, targets, columns, body)

    written_so = _style(head, body, columns, numeric, decimal, otherwise)
    return Layout(head, body, matched, written_so, remarks, numeric)


def _in_units(
    grid: Grid,
    body: Sequence[Line],
    columns: list[Column],
    notes: dict[int, str],
    numeric: set[int],
    targets: Targets,
    remarks: list[str],
) -> tuple[list[Column], Sequence[Line]]:
    """Return columns with the units of a line below the header, and the lines below it, with those of unit columns.

    Raises:
        DataError: there are no rows, or a unit does not fit.
    """
    units = _units(body[0], columns, numeric, targets) if body else {}
    if units:
        try:
            columns = [_with_unit(column, units.get(column.place, "")) for column in columns]
        except DataError as error:
            error.message = f"{grid.place(body[0].number)}: {error.message}"
            raise
        remarks.append(f"line {body[0].number} read as units")
        body = body[1:]
    columns = [_like_its_outcome(column, columns, units, remarks) for column in columns]
    if not body:
        raise no_rows(grid.source)
    beside = unit_columns(columns, notes, body, numeric)
    remarks += [f"{notes.pop(place)} is the unit of {column.header}" for place, column in beside.items()]
    return columns, with_units(grid, body, beside, columns) if beside else body


def _beyond(head: Head, body: Sequence[Line]) -> dict[int, str]:
    """Return the places of a sheet's cells right of the header; in a text they are refused with their line."""
    width = len(head.line.cells)
    places = (place for line in body for place in range(width, len(line.cells)) if shown(line.cells[place]))
    return dict.fromkeys(places, "") if head.grid.sheet else {}


def _absent(matched: Matched, targets: Targets) -> list[str]:
    """Return what to say of outcomes without a column, and of columns that were parameters or outcomes once."""
    found = [
        f"no column {name}: {'it came later, and ' if name in targets.later else ''}where it is not on record, it is "
        "awaited"
        for name in absent(matched, targets)
    ]
    gone = [(name, what) for name in matched.notes.values() if (what := targets.gone(name))]
    return found + [f"{name} is no {what} of the campaign any more: it is kept as a note" for name, what in gone]


def _above(lines: int) -> list[str]:
    return [f"{lines} line{'s' if lines > 1 else ''} above the header not read"] if lines else []


def _ids(state: State, targets: Targets, matched: Matched, body: Sequence[Line]) -> int | None:
    """Return the place of a column that has ids of experiments and nothing else, whatever it is called.

    It is looked for where nothing else says what rows are; where all parameters are there, it must be called Nr or the
    like.
    """
    has = {column.target.column for column in matched.columns}
    if EXPERIMENT in has:
        return None
    perhaps = [] if matched.perhaps is None else [matched.perhaps]
    for place in perhaps if has.issuperset(targets.parameters) else [*perhaps, *matched.notes]:
        texts = [text for line in body if (text := shown(line.at(place)))]
        ids = [targets.id(text) for text in texts]
        if (
            texts
            and all(ids)
            and (place in perhaps or (len(set(ids)) == len(ids) and set(ids) <= set(state.experiments)))
        ):
            return place
    return None


def _is_number(state: State, column: Column) -> bool:
    if column.target.role in ("experiment", "failed"):
        return False
    part = state.spec.space.get(column.target.name)
    return part is None or part.traits(column.target.name).kind != "text"


def _units(line: Line, columns: Sequence[Column], numeric: set[int], targets: Targets) -> dict[int, str]:
    """Return the units that a second line of the header gives, by place; empty if it is none.

    Columns of texts may say anything there (``text``, ``id``) but the id of an experiment.
    """
    found: dict[int, str] = {}
    for column in columns:
        cell = line.at(column.place)
        text = shown(cell).strip("()[]").strip()
        if is_missing(text):
            continue
        if column.place not in numeric:
            if column.target.role == "experiment" and targets.id(text):
                return {}
            continue
        unit = unit_for(text, column.target.unit)
        if not isinstance(cell, str) or written(text) is not None or not is_known(unit):
            return {}
        found[column.place] = text
    return found


def _states_unit(column: Column) -> bool:
    """Say whether a header itself says in which unit its cells are."""
    return any(is_known(unit_for(unit, column.target.unit)) for _, unit in split(column.header))


def _with_unit(column: Column, unit: str) -> Column:
    if not unit:
        return column
    meant = fitting(column.header, unit, column.target)
    if _states_unit(column) and meant != column.unit:
        raise DataError(
            f"column {column.header!r} has the unit {unit} below it",
            field=column.target.column,
            value=f"{column.header}, {unit}",
            allowed="one unit for a column",
            hint="correct one of the two, or remove it",
        )
    return replace(column, unit=meant)


def _like_its_outcome(
    column: Column, columns: Sequence[Column], units: Mapping[int, str], remarks: list[str]
) -> Column:
    """Return a column of uncertainties in the unit of its outcome's column, where it says none of its own."""
    if column.target.role not in SPREADS or column.place in units or _states_unit(column):
        return column
    outcomes = [one for one in columns if one.target.role == "outcome" and one.target.name == column.target.name]
    if len(outcomes) != 1 or not outcomes[0].unit:
        return column
    remarks.append(f"{column.header} is taken in {outcomes[0].unit}, as {outcomes[0].header} is")
    return replace(column, unit=outcomes[0].unit)


def _style(
    head: Head,
    body: Sequence[Line],
    columns: Sequence[Column],
    numeric: set[int],
    decimal: Sign | None,
    otherwise: Callable[[], Sign | None],
) -> Style:
    places = [column.place for column in columns if column.place in numeric]
    texts = (
        (cell, head.grid.place(line.number, place))
        for line in body
        for place in places
        if isinstance(cell := line.at(place), str) and cell
    )
    likely = bool(head.grid.sheet) or head.grid.separator in ("semicolons", "tabs", "bars")
    return style(texts, comma_is_likely=likely, wanted=decimal, otherwise=otherwise)


def _slips(matched: Matched, targets: Targets) -> list[str]:
    """Return what to ask about notes whose names are almost those of columns that are not there."""
    has = {column.target.column for column in matched.columns}
    absent = {key(name): name for name in targets.all if name not in has}
    found = []
    for name in list(matched.notes.values())[:_ASKED]:
        near = difflib.get_close_matches(key(name), absent, n=1, cutoff=0.8)
        found += [f"{name} is kept as a note: did you mean {absent[near[0]]}?"] if near else []
    return found


def _named(notes: Mapping[int, str]) -> dict[int, str]:
    """Return names for columns of notes, no two the same; one without a name is called by its letter."""
    found: dict[int, str] = {}
    taken: set[str] = set()
    seen: Counter[str] = Counter()  # of each name, so that thousands of columns of one name take no time
    for place in sorted(notes):
        plain = notes[place][:_NAME] or f"column {letter(place)}"
        names = (plain if number == 1 else f"{plain} ({number})" for number in count(seen[key(plain)] + 1))
        name = next(name for name in names if key(name) not in taken)
        seen[key(plain)] += 1
        taken.add(key(name))
        found[place] = name
    return found
