"""Carrying over: the results of an old campaign as those that a new one begins with.

Each becomes a result of the new campaign's own, at values and in units of its file, and names the campaign and the
experiment that it comes from, with the head of that record. What does not fit is left out and named, never bent. To
learn from another system, whose results are no results here, a campaign file has ``sources:`` instead.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.record.experiment import ENDED, Experiment
from zosimos.campaign.record.results import by_objective
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.campaign.wording import some
from zosimos.core.errors import DataError, SpecError, ZosimosError
from zosimos.core.ids import local_id
from zosimos.core.objective import Objective, to_measure
from zosimos.core.parameters import Value, Values
from zosimos.core.records import Measurement
from zosimos.core.space import SearchSpace, row_key
from zosimos.core.units import convert

_NUMBERS = ("number", "whole")


@dataclass
class Carried:
    """What is carried over, as events of the new campaign, and what a person should know of it.

    ``taken`` are the old experiments, ``left_out`` those that did not fit with why, ``remarks`` what holds of all.
    """

    campaign: str
    head: str
    drafts: list[Draft] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        left = [{"experiment": name, "reason": why} for name, why in self.left_out]
        return {
            "from": self.campaign,
            "head": self.head,
            "taken": list(self.taken),
            "left_out": left,
            "remarks": list(self.remarks),
        }

    def lines(self) -> list[str]:
        """Return it in words."""
        found = [f"{len(self.taken)} results of campaign {self.campaign} (head {self.head})"]
        found += [f"  {remark}" for remark in self.remarks]
        return found + [f"  left out: {name}: {why}" for name, why in self.left_out]


def carrying(old: State, setup: Setup, by: Mapping[str, str], ignored: Collection[str] = ()) -> Carried:
    """Return the results of an old campaign as what a new one begins with.

    Args:
        old: the old campaign.
        setup: of the new one, which has not begun.
        by: who carries them over, and when.
        ignored: parameters of the old campaign that made no difference, as somebody says.

    Raises:
        SpecError: the new campaign has a parameter of which nobody says what it was, lacks one in which results
            differ, or has it as something else.
        DataError: nothing can be carried over.
    """
    space, objectives = setup.space(setup.spec), setup.objectives(setup.spec)
    ended = [item for item in old.experiments.passing() if item.status in ENDED]
    _check_names(old, setup, ended, ignored)
    carried = Carried(old.id, f"{old.seq}:{old.head}")
    carried.remarks += _remarks(old, setup, space, ended)
    outside = 0
    for item in ended:
        try:
            values = space.canonical(_values(old, setup, space, item))
            body = _found(old, item, objectives, values, by["at"])
        except ZosimosError as error:
            carried.left_out.append((item.id, error.message))
            continue
        outside += any(space.value_problem(name, value) is not None for name, value in values.items())
        told = {"experiment": local_id("experiment", len(carried.drafts) + 1), "values": dict(values), "by": dict(by)}
        origin = {"campaign": old.id, "experiment": item.id, "head": carried.head}
        notes = {"notes": dict(item.notes)} if item.notes else {}
        carried.drafts.append(Draft("observation.told", {**told, **body, **notes, "carried": origin}))
        carried.taken.append(item.id)
    if outside:
        carried.remarks.append(f"{outside} outside the new bounds or levels: models learn from them; not best")
    measured = any(item.status == "measured" for item in ended)
    if not carried.drafts or (measured and not any(draft.body["measurements"] for draft in carried.drafts)):
        raise DataError(
            f"nothing of campaign {old.id} can be carried over",
            field="campaign",
            value=_most(carried.left_out) or "it has no result",
            allowed="a campaign with results that fit the new file",
        )
    return carried


def _check_names(old: State, setup: Setup, ended: Sequence[Experiment], ignored: Collection[str]) -> None:
    known, new = old.spec.space, setup.spec.space
    for name, part in new.items():
        if name not in known:
            if part.default is None:
                raise SpecError(
                    f"{name} is no parameter of campaign {old.id}: say what it was there",
                    field=f"space.{name}.default",
                    allowed=setup.space(setup.spec).by_name[name].allowed,
                    hint=f"add default: to {name}, the value that it had in the old experiments",
                )
        elif (part.traits(name).kind in _NUMBERS) != (known[name].traits(name).kind in _NUMBERS):
            raise SpecError(
                f"{name} has {'numbers' if part.traits(name).kind in _NUMBERS else 'names'} here, and had others there",
                field=f"space.{name}",
                value=part.type,
                allowed=known[name].type,
                hint=f"give it another name, with default: what it was in the old experiments, and --ignore {name}",
            )
    for name in ignored:
        if name not in known:
            allowed = ", ".join(known)
            raise SpecError(f"{name} is no parameter of campaign {old.id}", field="--ignore", allowed=allowed)
    for name in (name for name in known if name not in new and name not in ignored):
        values = {row_key({name: row[name]}) for item in ended if name in (row := old.lens.row(item.ran_at))}
        if len(values) > 1:
            raise SpecError(
                f"the results of campaign {old.id} differ in {name}, which the new campaign does not have",
                field=f"space.{name}",
                allowed="a parameter that was the same in all of them",
                hint=f"add {name} to space, held by a constraint if it is not to vary; or, if it makes no difference, "
                f"--ignore {name}",
            )


def _values(old: State, setup: Setup, space: SearchSpace, item: Experiment) -> dict[str, Value]:
    """Return where in the new space an experiment was run.

    Raises:
        DataError: it was nowhere there.
        UnitError: a unit does not convert.
    """
    row: Values = old.lens.row(item.ran_at)
    found: dict[str, Value] = {}
    for name, parameter in space.by_name.items():
        if name not in row:
            found[name] = setup.spec.space[name].default  # type: ignore[assignment]  # there is one: it was looked at
            continue
        value = row[name]
        was = str(getattr(old.spec.space[name], "unit", ""))
        if not isinstance(value, str) and was and parameter.unit and was != parameter.unit:
            value = convert(float(value), was, parameter.unit, f"space.{name}")
        if isinstance(value, float) and parameter.kind == "whole" and value.is_integer():
            value = int(value)
        problem = parameter.problem(value)
        if problem is not None and (parameter.kind == "text" or (parameter.kind == "whole" and value != int(value))):
            raise DataError(problem, field=name, value=value)
        found[name] = value
    return found


def _found(old: State, item: Experiment, objectives: Sequence[Objective], values: Values, at: str) -> dict[str, Any]:
    """Return what an experiment found, as far as the new campaign wants it.

    Raises:
        DataError: nothing of it.
        UnitError: a unit does not convert.
    """
    if item.status == "failed":
        says = item.reason.lower().startswith(item.cause)
        known = "" if item.cause == "unknown" or says else f"{item.cause}: "
        return {"measurements": {}, "failed": f"{known}{item.reason}"}
    has = {name for name, one in item.measurements.items() if one.limit is None}
    there = [one for one in objectives if one.name in item.measurements and one.of is None]
    there += [one for one in objectives if one.of is not None and {part.name for part in one.of.quantities} <= has]
    wanted = {part.name for part in to_measure(there)}
    measured = [_with_unit(one, old) for name, one in item.measurements.items() if name in wanted]
    if not measured:
        raise DataError(f"it has no {' and no '.join(one.name for one in objectives)}", field="objectives")
    found = by_objective(measured, there, at, values)
    return {"measurements": {name: one.as_json() for name, one in found.items()}, "failed": ""}


def _with_unit(found: Measurement, old: State) -> Measurement:
    """Return a measurement with the unit that the old campaign had for it, if it says none itself."""
    unit = old.spec.objectives[found.quantity].unit if found.quantity in old.spec.objectives else ""
    return found if found.unit or not unit else replace(found, unit=unit)


def _remarks(old: State, setup: Setup, space: SearchSpace, ended: Sequence[Experiment]) -> list[str]:
    found = []
    for name, parameter in space.by_name.items():
        part = old.spec.space.get(name)
        if part is None:
            found.append(f"{name}: {setup.spec.space[name].default} in all of them, as its default says")
            continue
        was = str(getattr(part, "unit", ""))
        if was != parameter.unit:
            how = "converted" if was and parameter.unit else "taken as they are"
            found.append(f"{name}: numbers in {was or 'no unit'} {how} to {parameter.unit or 'no unit'}")
    for name in (name for name in old.spec.space if name not in space.by_name):
        values = {str(row[name]) for item in ended if name in (row := old.lens.row(item.ran_at))}
        what = "which makes no difference, as was said" if len(values) > 1 else f"{''.join(values)} in all of them"
        found.append(f"without {name}, {what}")
    waiting = len(old.active)
    found += [f"{some(waiting, 'experiment')} without a result {_stay(waiting)} behind"] if waiting else []
    gone = len(old.retracted)
    return found + ([f"{some(gone, 'retracted result')} {_stay(gone)} behind"] if gone else [])


def _most(left_out: Sequence[tuple[str, str]]) -> str:
    """Return the reason that most have."""
    common = Counter(why for _, why in left_out).most_common(1)
    return f"{common[0][0]} ({common[0][1]} of {len(left_out)})" if common else ""


def _stay(count: int) -> str:
    return "stays" if count == 1 else "stay"
