"""Comparing: what a result that a person reports says beyond the record: nothing, something new, or something else.

A value is the same if it is what stands on record, as far as the table writes it out. What a person corrected since is
not wrong in a table from before: it is known as what it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from zosimos.campaign.definition.names import SHARED, UNCERTAINTY
from zosimos.campaign.record.experiment import Experiment, as_stated, plain
from zosimos.campaign.record.lens import Lens
from zosimos.campaign.record.results import in_unit
from zosimos.core.objective import Objective, to_measure
from zosimos.core.parameters import Values
from zosimos.core.records import Measurement
from zosimos.core.values import Value

How: TypeAlias = Literal["new", "adds", "same", "differs", "retracted", "earlier"]
"""A result that is not on record; that adds to one, is one, or differs; one that counts no more, or was corrected."""

SAME = 1e-9
"""What 15 digits of a spreadsheet may be off, of a value, with room."""
_FAILED = "failed"


@dataclass(frozen=True)
class Result:
    """A result reported by a person: for a proposed experiment, or at values of the person's own.

    ``notes`` is what stood beside it, by column; ``place`` says where it was read, for messages; ``halves`` is half of
    what the last digit counts of numbers as they are written, by column: of outcomes where they were texts, of
    parameters also where they were not. ``achieved`` are the values at which a proposed experiment was really run, as
    far as these are not those on record.
    """

    experiment: str | None
    values: Values
    measurements: Sequence[Measurement]
    failed: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)
    place: str = ""
    halves: Mapping[str, float] = field(default_factory=dict)
    achieved: Values = field(default_factory=dict)


@dataclass(frozen=True)
class Difference:
    """A cell that says other than the record: where it is, of which experiment and column, and what both say."""

    place: str
    experiment: str
    column: str
    was: str
    now: str

    def __str__(self) -> str:
        """Return it in words."""
        where = f"{self.place}: " if self.place else ""
        return f"{where}{self.column} of {self.experiment}: {self.was} on record, {self.now} here"

    def as_json(self) -> dict[str, str]:
        """Return JSON data."""
        found = {"where": self.place, "experiment": self.experiment, "column": self.column}
        return {**found, "on_record": self.was, "here": self.now}


@dataclass(frozen=True)
class Compared:
    """A result beside an experiment on record (None: it is a new one).

    ``added`` and ``changed`` are measurements that are new or differ, ``failed`` is the reason of a failure that is not
    on record, ``notes`` are those that are new, ``rewritten`` those that differ, ``moved`` the values at which it was
    run that differ, ``said`` what else is to be said.
    """

    result: Result
    experiment: Experiment | None = None
    how: How = "new"
    added: Mapping[str, Measurement] = field(default_factory=dict)
    changed: Mapping[str, Measurement] = field(default_factory=dict)
    failed: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)
    rewritten: Mapping[str, str] = field(default_factory=dict)
    moved: Values = field(default_factory=dict)
    differences: Sequence[Difference] = ()
    said: str = ""


def compared(found: Experiment, result: Result, objectives: Sequence[Objective], lens: Lens) -> Compared:
    """Return a result beside an experiment that ended.

    Args:
        found: the experiment.
        result: what is reported of it.
        objectives: what is wanted.
        lens: how rows from before are seen.

    Raises:
        UnitError: the unit of a measurement does not fit the one on record.
    """
    if found.status == "retracted":
        return Compared(result, found, "retracted")
    told = in_units(result, objectives)
    notes = {name: text for name, text in result.notes.items() if name not in found.notes}
    rewritten = {
        name: text
        for name, text in result.notes.items()
        if text != found.notes.get(name, text) and not any(item.notes.get(name) == text for item in found.amendments)
    }
    moved, earlier = _moved(found, result, lens)
    differences = [
        Difference(result.place, found.id, name, plain(found.ran_at[name]), plain(value))
        for name, value in moved.items()
    ]
    differences += [
        Difference(result.place, found.id, f"note {name}", found.notes[name], rewritten[name]) for name in rewritten
    ]
    more: dict[str, Measurement] = {}
    changed: dict[str, Measurement] = {}
    failed, said = "", []
    if result.failed:
        if not _same_failure(found, result.failed):
            if any(item.failed == result.failed for item in found.amendments):
                earlier = True
            else:
                failed = result.failed
                differences.append(Difference(result.place, found.id, _FAILED, _outcome(found), failed))
    elif found.status == "failed" and _was(found, told, result.halves):
        earlier = True
    else:
        for name, item in told.items():
            known = found.measurements.get(name)
            if known is None and _taken_out(found, item, result.halves):
                earlier = True
            elif known is None and found.status == "measured":
                more[name] = item
            elif known is not None and alike(known, item, result.halves):
                said += _rounded(known, item)
            elif known is not None and _was(found, {name: item}, result.halves):
                earlier = True
            else:
                changed[name] = item
                was = _outcome(found) if known is None else shown(known)
                differences.append(Difference(result.place, found.id, name, was, shown(item)))
    how: How = "differs" if differences else "adds" if more or notes else "earlier" if earlier else "same"
    differ = moved, tuple(differences), "; ".join(said)
    return Compared(result, found, how, more, changed, failed, notes, rewritten, *differ)


def _moved(found: Experiment, result: Result, lens: Lens) -> tuple[dict[str, Value], bool]:
    """Return the values at which a row says that an experiment was run, and none on record; was it there once?

    A row of a person's own that was found to be an experiment is where that is, or was before a correction.
    """
    if result.experiment is None:
        return {}, not stands_at(lens.row(found.ran_at), result)
    moved: dict[str, Value] = {}
    earlier = False
    for name, value in result.achieved.items():
        half = result.halves.get(name, 0.0)
        if name in found.ran_at and not same_value(found.ran_at[name], value, half):
            was = any(name in one.was_at and same_value(one.was_at[name], value, half) for one in found.amendments)
            earlier = earlier or was
            moved |= {} if was else {name: value}
    return moved, earlier


def in_units(result: Result, objectives: Sequence[Objective]) -> dict[str, Measurement]:
    """Return a result's measurements by quantity, in the units of the campaign."""
    units = {quantity.name: quantity.unit for quantity in to_measure(objectives)}
    return {item.quantity: in_unit(item, units.get(item.quantity, "")) for item in result.measurements}


def alike(known: Measurement, told: Measurement, halves: Mapping[str, float]) -> bool:
    """Say whether a measurement is what stands on record, as far as it is written out; one without uncertainty too."""
    if known.limit != told.limit or not near(known.value, told.value, halves.get(told.quantity, 0.0)):
        return False
    spreads = ((UNCERTAINTY, known.uncertainty, told.uncertainty), (SHARED, known.u_shared, told.u_shared))
    return all(
        here is None or (there is not None and near(there, here, halves.get(told.quantity + ending, 0.0)))
        for ending, there, here in spreads
    )


def near(known: float, told: float, half: float) -> bool:
    """Say whether a number is another one to the digits that it is written with."""
    return abs(known - told) <= max(half * (1 + SAME), SAME * max(abs(known), abs(told)))


def same_value(known: Value, told: Value, half: float) -> bool:
    """Say whether a parameter's value is another one, as far as it is written out; a name is it or not."""
    return known == told if isinstance(known, str) or isinstance(told, str) else near(known, told, half)


def stands_at(values: Values, result: Result) -> bool:
    """Say whether a row of a person's own is at some values, as far as its own are written out."""
    return values.keys() >= result.values.keys() and all(
        same_value(values[name], value, result.halves.get(name, 0.0)) for name, value in result.values.items()
    )


def earlier_states(found: Experiment) -> Iterator[tuple[Mapping[str, Measurement], str]]:
    """Yield what an experiment was before each correction and before a retraction: measured, or why it failed."""
    measurements, failed = dict(found.measurements), found.reason if found.status == "failed" else ""
    for item in reversed(found.amendments):
        if item.kind == "retracted":
            measurements, failed = dict(item.was), found.reason if item.status == "failed" else ""
            yield measurements, failed
        elif item.kind == "added":
            measurements = {name: one for name, one in measurements.items() if name not in item.now}
        elif item.kind == "corrected":
            measurements = {} if item.status == "failed" else {**measurements, **item.was}
            failed = item.failed if item.status == "failed" else ""
            yield measurements, failed


def shown(item: Measurement) -> str:
    """Return a measurement in words."""
    return f"{as_stated(item)} {item.unit}".rstrip()


def _outcome(found: Experiment) -> str:
    if found.status == "failed":
        return f"failed ({found.reason})"
    return ", ".join(f"{name} {shown(item)}" for name, item in found.measurements.items())


def _same_failure(found: Experiment, reason: str) -> bool:
    return found.status == "failed" and (reason == found.reason or reason.casefold() == _FAILED)


def _was(found: Experiment, told: Mapping[str, Measurement], halves: Mapping[str, float]) -> bool:
    """Say whether measurements are what an experiment was before somebody corrected it."""
    return any(
        all(name in then and alike(then[name], item, halves) for name, item in told.items())
        for then, failed in earlier_states(found)
        if not failed
    )


def _taken_out(found: Experiment, told: Measurement, halves: Mapping[str, float]) -> bool:
    """Say whether a measurement is one that was taken out of a result."""
    name = told.quantity
    return any(name in one.gone and alike(one.was[name], told, halves) for one in found.amendments)


def _rounded(known: Measurement, told: Measurement) -> list[str]:
    if near(known.value, told.value, 0.0):
        return []
    return [f"{told.quantity} {told.value:.10g} is {known.value:.10g} on record, rounded"]
