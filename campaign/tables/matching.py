"""Matching: which column of a table is which parameter or outcome of a campaign, and in what unit.

A column is taken by its name; else by its name without its unit, without regard to case, blanks, underscores and
hyphens; or as the campaign file says under ``columns``. Anything else is a note. Two columns for one name are refused:
one of them would be lost.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from zosimos.campaign.control.tables import (
    EXPERIMENT,
    FAILED,
    KEPT,
    PREDICTED,
    STATUS,
    WAITS,
    measured_units,
    outcomes_ever,
)
from zosimos.campaign.definition.knowledge import ACHIEVED
from zosimos.campaign.definition.names import SHARED, UNCERTAINTY, seen
from zosimos.campaign.record.state import State
from zosimos.campaign.tables.grid import Cell, shown
from zosimos.campaign.tables.headers import NONE, key, other_case, split, unit_for, unit_text
from zosimos.core.errors import DataError, UnitError
from zosimos.core.ids import local_id
from zosimos.core.units import convert, is_unit

Role: TypeAlias = Literal["experiment", "parameter", "outcome", "uncertainty", "shared", "failed"]

EXPERIMENTS = ("experiment", "experimentid", "experimentno", "experimentnr", "experimentnumber", "expid", "expno")
PERHAPS = ("id", "nr", "nr.", "no", "no.", "#", "run", "exp", "exp.", "versuch", "sample", "probe")
_ID = re.compile(r"e[\s_-]*0*([1-9][0-9]{0,8})", re.IGNORECASE)
_FAILURES = ("failed", "failure", "failurereason", "reasonoffailure", "fehlgeschlagen", "gescheitert", "misslungen")
_ENDINGS = {"%": ("pct", "percent"), "degC": ("c", "degc", "celsius"), "percent": ("pct",)}
_SPREADS = ("sd", "std", "stdev", "stddev", "std.dev.", "sem", "sigma", "±", "unsicherheit", "stabw")
_TAIL = " :*†‡"  # marks of a footnote, a colon
_QUESTION = re.compile(r"\?|\((?:y/n|yes/no|j/n|ja/nein)\)")
_SAID = "as columns: says"
_BEHIND: Mapping[Role, str] = {"uncertainty": UNCERTAINTY, "shared": SHARED}
SPREADS: tuple[Role, ...] = tuple(_BEHIND)
"""Roles of columns that say how uncertain an outcome is, in its unit."""
_UNSAID = ("pct", "percent")  # endings of names that say a unit where the campaign file has none


@dataclass(frozen=True)
class Target:
    """What a column can be: a parameter, an outcome, its uncertainty or what of it is shared, an id, why it failed."""

    name: str
    role: Role
    unit: str = ""

    @property
    def column(self) -> str:
        """What the column is called in a table to fill in."""
        return self.name + _BEHIND.get(self.role, "")


@dataclass(frozen=True)
class Column:
    """A column that was matched: its place from 0, its header, what it is, how that was seen, and its cells' unit."""

    place: int
    header: str
    target: Target
    how: str = ""
    unit: str = ""


@dataclass(frozen=True)
class Matched:
    """The columns of a header: those that were matched, notes by their place, and one that may hold ids."""

    columns: Sequence[Column]
    notes: Mapping[int, str]
    perhaps: int | None = None

    def of(self, role: Role) -> list[Column]:
        """Return the columns of one role."""
        return [column for column in self.columns if column.target.role == role]


class Targets:
    """Everything that a campaign's table can have as a column.

    Args:
        state: the campaign.
        said: what a person says that columns of this table are, beside what the campaign file says.
        awaited: outcomes of which a person says that this table has no column.

    Attributes:
        remarks: the headers that were kept as notes of an experiment before.
        later: the outcomes that came after the campaign began.
    """

    def __init__(self, state: State, said: Mapping[str, str] | None = None, awaited: Collection[str] = ()) -> None:
        outcomes = measured_units(state)
        found = [Target(EXPERIMENT, "experiment")]
        found += [Target(name, "parameter", _unit(part)) for name, part in state.spec.space.items()]
        for name, unit in outcomes.items():
            found += [Target(name, role, unit) for role in ("outcome", *SPREADS)]
        self.all = {target.column: target for target in (*found, Target(FAILED, "failed"))}
        self.parameters, self.outcomes = list(state.spec.space), list(outcomes)
        self.later = frozenset(outcomes) - measured_units(state, first=True).keys()
        self.remarks, self.awaited = frozenset(state.note_columns), frozenset(awaited)
        self._gone = {key(name): "outcome" for name in outcomes_ever(state)}
        self._gone |= {key(name): "parameter" for spec in state.specs for name in spec.space}
        self._gone = {one: what for one, what in self._gone.items() if one not in set(map(key, self.all))}
        self._said = {**state.spec.columns, **(said or {})}
        self._said_loosely = {key(column): name for column, name in self._said.items()}
        self._looks = _by_key((seen(name), target) for name, target in self.all.items())
        self._loose = _by_key((key(name), target) for name, target in self.all.items())
        self._bare = _by_key(pair for target in self.all.values() for pair in _bare(target))
        self._spreads = _by_key(pair for target in self.all.values() for pair in _spreads(target))
        for words, name in ((EXPERIMENTS, EXPERIMENT), (_FAILURES, FAILED)):
            self._loose = {**dict.fromkeys(words, self.all[name]), **self._loose}

    def id(self, text: str) -> str:
        """Return the id of an experiment that a text is, written loosely; empty if it is none.

        ``E1`` is e0001; a bare number is none: other tables number their rows too.
        """
        found = _ID.fullmatch(text.strip())
        return local_id("experiment", int(found[1])) if found else ""

    def complete(self, matched: Matched) -> bool:
        """Say whether a header has all that results of every outcome need."""
        return self.serves(matched) and {column.target.column for column in matched.columns}.issuperset(self.outcomes)

    def serves(self, matched: Matched) -> bool:
        """Say whether a header has what results of some outcomes need: some may be told later."""
        has = {column.target.column for column in matched.columns}
        named = EXPERIMENT in has or matched.perhaps is not None
        return bool(has.intersection((*self.outcomes, FAILED))) and (named or has.issuperset(self.parameters))

    def gone(self, header: str) -> str:
        """Return what the campaign had of a header's name and has no more, outcome or parameter; empty for neither."""
        names = (header, *(name for name, _ in split(header)))
        return next((self._gone[key(name)] for name in names if key(name) in self._gone), "")

    def match(self, header: Sequence[Cell]) -> Matched:
        """Return what the columns of a header are. Columns that mean the same are all there: see :func:`refuse_twins`.

        Raises:
            DataError: a column's unit does not fit what it is.
        """
        columns: list[Column] = []
        notes: dict[int, str] = {}
        perhaps = None
        kept = exported(header)
        for place, cell in enumerate(header):
            text = "" if place in kept else shown(cell)
            found = self._column(place, self._plain(text)) if text else None
            if found is not None:
                columns.append(found)
            elif text:
                notes[place] = text
                perhaps = place if perhaps is None and key(text) in PERHAPS else perhaps
        if any(column.target.role == "experiment" for column in columns):
            perhaps = None
        columns += self._spreads_beside(columns, notes)
        return Matched(_said_first(columns, notes), notes, perhaps)

    def _spreads_beside(self, columns: Sequence[Column], notes: dict[int, str]) -> list[Column]:
        """Take notes that are only called ± or SD, right of an outcome, for its uncertainty; return them as columns."""
        has = {column.target.column for column in columns}
        found = []
        for left in columns:
            target = self.all.get(left.target.name + UNCERTAINTY)
            text = notes.get(left.place + 1, "")
            if left.target.role == "outcome" and target and target.column not in has and key(text) in _SPREADS:
                del notes[left.place + 1]
                found.append(Column(left.place + 1, text, target, f"as the uncertainty of {left.header}"))
        return found

    def _plain(self, text: str) -> str:
        """Return a header as the name that it looks like; else on one line, without marks of programs before it."""
        if text in self.all:
            return text
        if (target := self._looks.get(seen(text))) is not None:
            return target.column
        plain = " ".join(html.unescape(text).removeprefix("'").split())
        return plain.removeprefix("#").rstrip(_TAIL).strip() or plain

    def _column(self, place: int, text: str) -> Column | None:
        said = self._meant(text)
        if said is not None:
            unit = next((unit for _, unit in split(text) if is_unit(unit_for(unit, said.unit))), "")
            return Column(place, text, said, _SAID, fitting(text, unit, said))
        if text in self.all:
            return Column(place, text, self.all[text])
        if (target_ := self._loose.get(key(text))) is not None:
            return Column(place, text, target_, "by name")
        for name, unit in split(text):
            how, target_ = self._without_unit(name)
            if target_ is not None and target_.role not in ("experiment", "failed"):
                meant = unit_for(unit, target_.unit)
                if not meant or meant in NONE or is_unit(meant):
                    return Column(place, text, target_, how, fitting(text, unit, target_))
        target_ = self._bare.get(key(text))
        if target_ is not None:
            return Column(place, text, target_, "by name without unit")
        target_ = self._loose.get(_QUESTION.sub("", key(text)))
        if target_ is not None and target_.role == "failed":
            return Column(place, text, target_, "by name")
        target_ = self._spreads.get(key(text))
        return None if target_ is None else Column(place, text, target_, "as its uncertainty")

    def _meant(self, text: str) -> Target | None:
        """Return what somebody said that a header is; of t and T each is what is said of itself, or its own name."""
        loosely = "" if text in self.all else self._said_loosely.get(key(text), "")
        return self.all.get(self._said.get(text, loosely))

    def _without_unit(self, name: str) -> tuple[str, Target | None]:
        """Return what a name without a unit is, and how that was seen: t and T may both be there."""
        said = self._meant(name)
        if said is not None:
            return _SAID, said
        found = self.all.get(name) or self._loose.get(key(name)) or self._bare.get(key(name))
        if found is not None:
            return "by name without unit", found
        return "as its uncertainty", self._spreads.get(key(name))


def exported(header: Sequence[Cell]) -> set[int]:
    """Return the places of columns that an export writes of the record itself; none where the header is of no export.

    They are no remarks of a person, although they come back with a result that somebody filled in there.
    """
    texts = [shown(cell) for cell in header]
    if not {EXPERIMENT, STATUS, *KEPT}.issubset(texts):
        return set()
    return {
        place
        for place, text in enumerate(texts)
        if text in (STATUS, WAITS, *KEPT) or text.endswith(PREDICTED) or is_achieved(text)
    }


def is_achieved(text: str, name: str = "") -> bool:
    """Say whether a header of an export is that of where experiments were really run, in a parameter if it is named."""
    head, found, rest = text.rpartition(ACHIEVED)
    return bool(found) and (not rest or rest.startswith(" (")) and name in ("", head)


def _said_first(columns: Sequence[Column], notes: dict[int, str]) -> list[Column]:
    """Return columns without those whose target another has because the campaign file says so."""
    said = {column.target.column for column in columns if column.how == _SAID}
    kept = []
    for column in columns:
        if column.target.column in said and column.how != _SAID:
            notes[column.place] = column.header
        else:
            kept.append(column)
    return kept


def _unit(part: object) -> str:
    return str(getattr(part, "unit", "") or "")


def _by_key(pairs: Iterable[tuple[str, Target]]) -> dict[str, Target]:
    """Return targets by key, without keys that several have."""
    found: dict[str, Target] = {}
    doubted = set()
    for one, target in pairs:
        if found.setdefault(one, target) != target:
            doubted.add(one)
    return {one: target for one, target in found.items() if one not in doubted}


def _bare(target: Target) -> Iterable[tuple[str, Target]]:
    """Yield the keys of a name without its unit, which stands in it in brackets or at its end."""
    ending = key(_BEHIND.get(target.role, ""))
    for name, unit in split(target.name):
        if unit_text(unit) == unit_text(target.unit) or not target.unit:
            yield key(name) + ending, target
    head, _, tail = target.name.rpartition("_")
    own = unit_text(target.unit)
    ends = (key(re.sub(r"[^A-Za-z0-9µ]", "", own)), *_ENDINGS.get(own, ())) if own else _UNSAID
    if head and key(tail) in ends:
        yield key(head) + ending, target


def _spreads(target: Target) -> Iterable[tuple[str, Target]]:
    """Yield the keys under which people write an uncertainty, or what of it is shared, beside its outcome."""
    if target.role == "shared":
        yield key(f"u_shared({target.name})"), target
    if target.role == "uncertainty":
        for word in _SPREADS:
            yield key(target.name) + word, target
            yield word + key(target.name), target
        yield f"u({key(target.name)})", target


def fitting(header: str, unit: str, target: Target) -> str:
    """Return the unit of a column's cells, "" if it is the target's own; the target's is not known if it has none.

    Raises:
        DataError: it does not convert.
    """
    meant, own = unit_for(unit, target.unit), unit_text(target.unit)
    if unit in NONE:
        if target.unit:
            raise _unfit(header, target, f"it says that there is no unit, and {target.name} is in {target.unit}")
        return ""
    if not meant or not target.unit or meant == own:
        return "" if meant == own else meant
    if other_case(meant, target.unit):
        raise _unfit(header, target, f"{unit} is not {target.unit}: capital letters count in units")
    try:
        convert(1.0, meant, target.unit)
    except UnitError as error:
        raise _unfit(header, target, f"{unit} does not convert to {target.unit}") from error
    return meant


def _unfit(header: str, target: Target, why: str) -> DataError:
    shares = "; or (fraction) where 0.8 is 80 %" if unit_text(target.unit) == "%" else ""
    return DataError(
        f"column {header!r} cannot be {target.column}: {why}",
        field=target.column,
        value=header,
        allowed=f"a unit that converts to {target.unit}",
        hint=f"correct the unit in the header, or rename the column if it is something else{shares}",
    )


def refuse_twins(matched: Matched, source: str) -> None:
    """Refuse a header in which several columns are the same.

    Raises:
        DataError: they are; names them.
    """
    first: dict[str, Column] = {}
    for column in matched.columns:
        other = first.setdefault(column.target.column, column)
        if other is not column:
            same = other.header == column.header
            which = (
                f"column {other.header!r} stands twice"
                if same
                else f"the columns {other.header!r} and {column.header!r} are both {column.target.column}"
            )
            raise DataError(
                f"{source}: {which}",
                field=column.target.column,
                value=f"{other.header}, {column.header}",
                allowed=f"one column for {column.target.column}",
                hint="remove or rename one of them; or say which it is: "
                f'--column "{column.header}={column.target.column}"'
                f" (for good: zosimos steer ID --set 'columns={{\"{column.header}\": {column.target.column}}}')",
            )
