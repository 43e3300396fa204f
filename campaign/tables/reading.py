"""Reading: what a table reports of a campaign's experiments, row by row, and how it was read.

All of a table is read before anything counts, and the first thing that is wrong refuses all of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from zosimos.campaign.control.comparing import Result, compared, stands_at
from zosimos.campaign.control.tables import EXPERIMENT
from zosimos.campaign.definition.build import build_constraints, build_objectives
from zosimos.campaign.record.experiment import ENDED
from zosimos.campaign.record.state import State
from zosimos.campaign.tables import cells as reads
from zosimos.campaign.tables.achieved import Given, Row, broken, is_same, proposal_of, refuse_doubtful
from zosimos.campaign.tables.asides import aside
from zosimos.campaign.tables.cells import Failure, Outcome, is_missing
from zosimos.campaign.tables.checks import no_result, refuse_missing, refuse_wide, unknown_experiment
from zosimos.campaign.tables.grid import Cell, Line, Quantity, shown
from zosimos.campaign.tables.layout import Layout, laid_out
from zosimos.campaign.tables.matching import SPREADS, Column, Role, Targets, exported, is_achieved
from zosimos.campaign.tables.nearby import Nearby
from zosimos.campaign.tables.numbers import Sign, written
from zosimos.campaign.tables.sources import Head
from zosimos.campaign.tables.summary import ReadAs, Summary
from zosimos.core.errors import DataError, NotFoundError
from zosimos.core.parameters import Values
from zosimos.core.records import Measurement
from zosimos.core.values import Value

_NOTE = 2000  # characters of a note that are kept


@dataclass(frozen=True)
class Reading:
    """The results of a table, and how it was read."""

    results: Sequence[Result]
    summary: Summary


def read(state: State, targets: Targets, head: Head, *, decimal: Sign | None = None, achieved: bool = False) -> Reading:
    """Return what a table reports.

    Args:
        state: the campaign.
        targets: what its columns can be.
        head: the table and its header.
        decimal: what stands before decimals; None: it is found out.
        achieved: whether values far from those proposed are where experiments were really run.

    Raises:
        DataError: a column is missing or stands twice, a cell is wrong, or a row is likely no experiment of
            its proposal.
        NotFoundError: a row names an experiment that does not exist.
    """
    return _Reader(state, targets, laid_out(state, targets, head, decimal)).read(achieved=achieved)


class _Reader:
    """One table while it is read."""

    def __init__(self, state: State, targets: Targets, layout: Layout) -> None:
        self.state, self.targets, self.layout, self.grid = state, targets, layout, layout.head.grid
        self.of, self.style = layout.of, layout.style
        self.traits = {name: part.traits(name) for name, part in state.spec.space.items()}
        self.objectives = build_objectives(state.spec)
        self.left_out: list[tuple[str, str]] = []
        self.read_as: list[ReadAs] = []
        self.halves: dict[str, float] = {}  # of the row that is read
        header = layout.head.line.cells
        self.ran = {  # columns of an export that say where experiments were really run
            name: place
            for place in exported(header)
            for name in targets.parameters
            if is_achieved(shown(header[place]), name)
        }
        self.rows: list[Row] = []
        self.named: set[str] = set()

    def read(self, *, achieved: bool) -> Reading:
        """Return the results."""
        layout = self.layout
        column = self.of.get(EXPERIMENT)
        if column is not None:
            cells = (shown(self._cell(line, column)) for line in layout.body)
            self.named = {self.targets.id(text) or text for text in cells}
        found = [result for line in layout.body if (result := self._row(line)) is not None]
        if not found:
            raise no_result(self.grid.source, self.targets.outcomes[0], self.left_out)
        if not achieved and any(row.differ for row in self.rows):
            own = [name for name, part in self.state.spec.space.items() if part.role == "context"]
            refuse_doubtful(self.traits, self.rows, list(self.state.experiments.values()), own)
        remarks = [*layout.remarks, *broken(build_constraints(self.state.spec), found)]
        names = list(layout.matched.notes.values())
        facts = layout.head.line.number, self.style, len(layout.body), len(found)
        columns = sorted(layout.matched.columns, key=lambda column: column.place)
        return Reading(found, Summary(self.grid, *facts, columns, names, self.left_out, self.read_as, remarks))

    def _row(self, line: Line) -> Result | None:
        place = self.grid.place(line.number)
        refuse_wide(self.grid, line, len(self.layout.head.line.cells))
        if [shown(cell) for cell in line.cells] == [shown(cell) for cell in self.layout.head.line.cells]:
            self.left_out.append((place, "the header again"))
            return None
        if why := aside(line, self.layout, self.targets):
            self.left_out.append((place, why))
            return None
        name = self._experiment(line)
        outcomes = {one: self._outcome(line, one) for one in self.targets.outcomes}
        failed = self._failed(line, outcomes)
        measured = {one: found for one, found in outcomes.items() if isinstance(found, Outcome)}
        if not failed and not measured:
            said = next(
                (f"{one} says {text!r}" for one, text in self._notes(line).items() if reads.says_failed(text)), ""
            )
            self.left_out.append(
                (place, f"no outcome; {said}, which belongs under failed" if said else "no outcome (yet)")
            )
            return None
        if failed and measured:
            one = next(iter(measured))
            raise DataError(
                f"{place}: it failed and has an outcome",
                field=one,
                value=shown(self._cell(line, self.of[one])),
                allowed="an outcome, or a reason under failed",
                hint="remove one of the two",
            )
        self.halves = {one: found.half for one, found in measured.items() if found.half}
        given, achieved = (self._own(line), {}) if name is None else self._proposed(line, name)
        if name is None:
            values: Values = {one: found.value for one, found in given.items()}
        else:
            values = self.state.experiment(name).values
        measurements = [] if failed else [self._measurement(line, *item) for item in measured.items()]
        self.halves |= {one: found.half for one, found in given.items() if found.half}
        result = Result(name, values, measurements, failed, self._notes(line), place, self.halves, achieved)
        return self._meant(line, given, result) if name is None else result

    def _cell(self, line: Line, column: Column) -> Cell:
        ran = self.ran.get(column.target.name) if column.target.role == "parameter" else None
        return line.at(column.place if ran is None or not shown(line.at(ran)) else ran)

    def _place(self, line: Line, column: Column) -> str:
        return self.grid.place(line.number, column.place)

    def _said(self, line: Line, column: Column, meaning: str) -> None:
        text = shown(self._cell(line, column))
        self.read_as.append(ReadAs(self._place(line, column), column.target.column, text, meaning))

    def _experiment(self, line: Line) -> str | None:
        column = self.of.get(EXPERIMENT)
        text = "" if column is None else shown(self._cell(line, column))
        if column is None or not text or is_missing(text):
            return None
        name = self.targets.id(text) or text
        try:
            self.state.experiment(name)
        except NotFoundError as error:
            raise unknown_experiment(error, self._place(line, column), name, self.state.experiments) from error
        return name

    def _outcome(self, line: Line, name: str) -> Outcome | Failure | None:
        if (column := self.of.get(name)) is None:  # it is awaited
            return None
        cell = self._cell(line, column)
        found = reads.outcome(cell, column, self.style, self._place(line, column))
        unit = f" {column.target.unit}" if column.target.unit else ""
        if found is None:
            if shown(cell):
                self._said(line, column, "missing")
        elif isinstance(found, Failure):
            self._said(line, column, f"failed: {found.why}")
        elif found.limit is not None:
            self._said(line, column, f"{found.limit} {found.value:.6g}{unit}: a limit, never the best by itself")
        elif found.uncertainty is not None or _is_dressed(cell):
            spread = "" if found.uncertainty is None else f" with the standard uncertainty {found.uncertainty:.6g}"
            self._said(line, column, f"{found.value:.15g}{unit}{spread}")
        return found

    def _failed(self, line: Line, outcomes: Mapping[str, Outcome | Failure | None]) -> str:
        column = self.of.get("failed")
        reason = "" if column is None else reads.failure(self._cell(line, column))
        if column is not None and (text := shown(self._cell(line, column))) != reason and not is_missing(text):
            self._said(line, column, reason or "not failed")
        said = [found.why for found in outcomes.values() if isinstance(found, Failure)]
        return reason or next(iter(said), "")

    def _is_absent(self, line: Line, name: str) -> bool:
        """Say whether a parameter's cell is empty or says so; n/a may be the name of a choice."""
        cell = self._cell(line, self.of[name])
        return is_missing(cell) and shown(cell) not in self.traits[name].levels

    def _value(self, line: Line, name: str) -> tuple[Value, float]:
        """Return a parameter's value, and half of what its last digit counts."""
        column, traits = self.of[name], self.traits[name]
        cell, place = self._cell(line, column), self._place(line, column)
        if traits.kind == "text":
            exactly = self.state.spec.space[name].type != "categorical"  # a formula or a SMILES means what it says
            choices = [str(level) for level in (*traits.levels, *self._gone(name))]
            found = reads.choice(cell, column, choices, place, exactly=exactly)
            if found != shown(cell).removeprefix("'"):
                self._said(line, column, found)
            return found, 0.0
        number = reads.number(cell, column, self.style, place)
        if _is_dressed(cell):
            self._said(line, column, f"{number.value:.15g} {column.target.unit}".rstrip())
        whole = traits.kind == "whole" and number.value == int(number.value)
        return (int(number.value) if whole else number.value), number.half

    def _given(self, line: Line, names: Iterable[str]) -> dict[str, Given]:
        return {name: Given(*self._value(line, name)) for name in names}

    def _gone(self, name: str) -> list[Value]:
        """Return choices that a parameter had earlier: rows on record have them, and new rows are refused later."""
        levels = self.traits[name].levels
        before = [spec.space[name].traits(name).levels for spec in self.state.specs if name in spec.space]
        return [level for level in dict.fromkeys(one for some in before for one in some) if level not in levels]

    def _own(self, line: Line) -> dict[str, Given]:
        for name in self.targets.parameters:
            if name not in self.of:
                refuse_missing(self.layout.matched, self.targets, self.layout.head, self.layout.body, own=line)
        return self._given(line, self.targets.parameters)

    def _meant(self, line: Line, own: Mapping[str, Given], result: Result) -> Result:
        """Return a row without an id as the proposal that it is, if it is one, where a person does the experiments."""
        if self.state.spec.lab is not None:
            return result
        near = self._waiting.at(result.values, {name: one.half for name, one in own.items()})
        found = proposal_of(self.traits, own, [self.state.active[name] for name in near if name not in self.named])
        if found is None or self._is_on_record(result):
            return result
        self.named.add(found.id)
        self.read_as.append(ReadAs(self.grid.place(line.number), EXPERIMENT, "", f"{found.id}, whose values these are"))
        return replace(result, experiment=found.id, values=found.values)

    def _is_on_record(self, result: Result) -> bool:
        """Say whether a row is an experiment that ended, of which a repeat waits: it is told again, and no repeat."""
        lens = self.state.lens
        for name in self._ended.at(result.values, result.halves):
            one = self.state.experiments[name]
            if name not in self.named and stands_at(lens.row(one.ran_at), result):
                how = compared(one, result, self.objectives, lens).how
                both = result.failed or any(item.quantity in one.measurements for item in result.measurements)
                if how == "same" or (how == "adds" and both):
                    self.named.add(one.id)
                    return True
        return False

    @cached_property
    def _waiting(self) -> Nearby:
        return Nearby(((one.id, one.values) for one in self.state.active.values()), self.traits)

    @cached_property
    def _ended(self) -> Nearby:
        ended, lens = (one for one in self.state.experiments.passing() if one.status in ENDED), self.state.lens
        return Nearby(((one.id, lens.row(one.ran_at)) for one in ended), self.traits)

    def _proposed(self, line: Line, name: str) -> tuple[dict[str, Given], dict[str, Value]]:
        """Return a row's values, and those that are not where its experiment was to run, or ran as is on record."""
        experiment, lens = self.state.experiment(name), self.state.lens
        proposed, on_record = lens.row(experiment.values), lens.row(experiment.ran_at)  # what came later: its default
        there = [one for one in self.targets.parameters if one in self.of and one in proposed]
        there = [one for one in there if not self._is_absent(line, one)]
        # A text as it was proposed may be a choice that is gone.
        given = self._given(line, (one for one in there if shown(self._cell(line, self.of[one])) != proposed[one]))
        differ: dict[str, Value] = {}
        achieved: dict[str, Value] = {}
        for one, found in given.items():
            traits, wanted = self.traits[one], proposed[one]
            known, as_asked = is_same(traits, found, on_record[one]), is_same(traits, found, wanted)
            if not known and one not in experiment.values:
                raise DataError(
                    f"{self._place(line, self.of[one])}: the values differ from those of {name}: it was done before "
                    f"{one} came, which is {_digits(wanted)} in all from before",
                    field=one,
                    value=found.value,
                    allowed=_digits(wanted),
                    hint="leave the cell empty; or leave the experiment column empty if it is a result of your own",
                )
            if not known:
                achieved[one] = wanted if as_asked else found.value
            if not as_asked:
                differ |= {} if known else {one: found.value}
                self._said(line, self.of[one], f"where it was really run; {_digits(wanted)} was proposed")
            elif not is_same(traits, Given(found.value), wanted):
                self._said(line, self.of[one], f"{_digits(wanted)}, which was proposed, rounded")
        self.rows.append(Row(self.grid.place(line.number), name, given, differ))
        return given, achieved

    def _measurement(self, line: Line, name: str, found: Outcome) -> Measurement:
        target = self.of[name].target
        uncertainty, shared = (self._spread(line, name, role) for role in SPREADS)
        if uncertainty is not None and found.uncertainty is not None:
            column = next(one for one in self.layout.matched.of("uncertainty") if one.target.name == name)
            raise DataError(
                f"{self._place(line, column)}: {column.target.column} is given twice, in the cell of {name} too",
                field=column.target.column,
                value=shown(self._cell(line, column)),
                hint="remove one of the two",
            )
        uncertainty = found.uncertainty if uncertainty is None else uncertainty
        try:
            return Measurement(name, found.value, uncertainty, target.unit, limit=found.limit, u_shared=shared)
        except DataError as error:
            error.message = f"{self._place(line, self.of[name])}: {error.message}"
            raise

    def _spread(self, line: Line, name: str, role: Role) -> float | None:
        """Return what a column of its own says of an outcome's uncertainty; None where there is nothing."""
        column = next((one for one in self.layout.matched.of(role) if one.target.name == name), None)
        cell = "" if column is None else self._cell(line, column)
        if column is None or is_missing(cell):
            return None
        found = reads.number(cell, column, self.style, self._place(line, column), difference=True)
        self.halves |= {column.target.column: found.half} if isinstance(cell, str) else {}
        return found.value

    def _notes(self, line: Line) -> dict[str, str]:
        found = {}
        for place, name in self.layout.matched.notes.items():
            text = shown(line.at(place))
            if len(text) > _NOTE:
                self.left_out.append((self.grid.place(line.number, place), f"all but {_NOTE} characters of {name}"))
                text = text[:_NOTE]
            if text:
                found[name] = text
        return found


def _digits(value: Value) -> str:
    return value if isinstance(value, str) else f"{value:.10g}"


def _is_dressed(text: Cell) -> bool:
    """Say whether more than a number stands in a cell, or blanks stand in it."""
    if not isinstance(text, str):
        return isinstance(text, Quantity)
    number = written(text)
    return number is not None and (bool(number.rest) or len(text.split()) > 1 or not text.strip().isascii())
