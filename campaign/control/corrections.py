"""Corrections: what gives a result other values, lets one count no more, and takes either back, all of it checked.

Whoever found a result, a person may correct it: the record keeps what it was, by whom it was changed, and why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NoReturn, TypeAlias

from zosimos.campaign.control.elsewhere import check_charged, ran_elsewhere, seen_at, surprising
from zosimos.campaign.decisions.advice_checks import check_reason
from zosimos.campaign.definition.names import SHARED, UNCERTAINTY
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.record.amendments import was_dropped
from zosimos.campaign.record.experiment import ENDED, WAITING, Experiment
from zosimos.campaign.record.results import joined, recomposed
from zosimos.campaign.record.state import State
from zosimos.campaign.record.walking_back import last_standing
from zosimos.campaign.setup import Setup
from zosimos.campaign.wording import standing
from zosimos.core.errors import DataError, StateError
from zosimos.core.nearest import did_you_mean
from zosimos.core.objective import Objective, to_measure
from zosimos.core.parameters import Values
from zosimos.core.records import Limit, Measurement
from zosimos.core.units import parse_quantity

By: TypeAlias = Mapping[str, str]
Given: TypeAlias = float | str | None
"""A number, a number and its unit, or None: the uncertainty is not known."""

_UNKNOWN = ("", "none", "unknown")
_NOTHING = (*_UNKNOWN, "null", "n/a", "na", "-")
_LIMITS: Mapping[str, Limit] = {"<": "below", "≤": "below", ">": "above", "≥": "above"}


def correcting(
    setup: Setup, state: State, experiment: str, values: Mapping[str, Given], by: By, reason: str, at: str
) -> Draft:
    """Return what gives a result other values, or says that it was run elsewhere; formulas are worked out again.

    Args:
        setup: the campaign's setup.
        state: the campaign.
        experiment: its id.
        values: by outcome, or outcome and ``_uncertainty`` or ``_u_shared``; by parameter, where it was really run.
        by: who corrects it.
        reason: why.
        at: when, for measurements that do not say so.

    Raises:
        NotFoundError: there is no such experiment.
        DataError: a name is unknown, a value is no finite number or no choice, or there is no reason.
        StateError: there is no result to correct, or these are its values already.
    """
    elsewhere = bool(values) and values.keys() <= state.experiment(experiment).values.keys()
    found = with_result(state, experiment, "correct", *(ENDED if elsewhere else ()))
    moved = ran_elsewhere(setup, state, found, {name: values[name] for name in values if name in found.values})
    rest = {name: value for name, value in values.items() if name not in found.values}
    changed = _changed(state, found, setup.objectives(state.spec), rest, at) if rest or not values else {}
    if not changed and not moved:
        raise StateError(
            f"{found.id} has these values already: nothing was changed",
            field="values",
            value=", ".join(f"{key}={value}" for key, value in values.items()),
        )
    check_given(reason, f"zosimos correct {state.id} {experiment} {next(iter(values))}=... --reason TEXT")
    return _draft(setup, state, found, changed, moved, by, reason)


def uncorrecting(setup: Setup, state: State, experiment: str, by: By, reason: str) -> Draft:
    """Return what gives a result back what it was before its last correction that was not taken back yet.

    Raises:
        NotFoundError: there is no such experiment.
        DataError: there is no reason.
        StateError: it was not corrected, or each of its corrections was taken back.
    """
    found, objectives = state.experiment(experiment), setup.objectives(state.spec)
    last = last_standing(found, [objective.name for objective in objectives if objective.of is not None])
    corrected = any(one.kind == "corrected" for one in found.amendments)
    if not corrected or found.status != "failed":
        with_result(state, experiment, "correct")
    if last is None:
        why = "is what it was before it was corrected" if corrected else "was not corrected"
        raise StateError(
            f"{experiment} {why}: there is nothing to take back",
            field="experiment",
            value=experiment,
            hint=f"zosimos show {state.id} {experiment} says what became of it"
            + ("; correct it to have one of its other values" if corrected else _added_hint(state, found)),
        )
    check_given(reason, f"zosimos correct {state.id} {experiment} --undo --reason TEXT")
    notes = {**found.notes, **last.notes} if last.notes else {}
    if last.failed:
        return replacing(setup, state, found, {}, by, reason, failed=last.failed, notes=notes, moved=last.was_at)[0]
    if found.status == "failed":
        return replacing(setup, state, found, last.was, by, reason, notes=notes, moved=last.was_at)[0]
    return _draft(setup, state, found, last.was, last.was_at, by, reason, notes)


def replacing(
    setup: Setup,
    state: State,
    found: Experiment,
    changed: Mapping[str, Measurement],
    by: By,
    reason: str,
    *,
    failed: str = "",
    notes: Mapping[str, str] | None = None,
    moved: Values | None = None,
) -> tuple[Draft, dict[str, Measurement]]:
    """Return what gives an experiment that ended another result, and its measurements after it.

    Args:
        setup: the campaign's setup.
        state: the campaign.
        found: the experiment.
        changed: what is measured instead, by quantity, in the units of the campaign; where nothing is said of the
            uncertainty it stays.
        by: who corrects it.
        reason: why.
        failed: why it failed, if that is what is corrected; nothing is measured then.
        notes: all notes as they are to be; None or empty: they stay.
        moved: where it was really run, by parameter; None or empty: that stays.

    Raises:
        SpecError: the reason is nothing that can be kept.
        DataError: what an objective is made of gives no value for it, or it has no cost where it was run.
    """
    check_reason(reason)
    objectives, ran_at = setup.objectives(state.spec), {**found.ran_at, **(moved or {})}
    check_charged(state, found, ran_at)
    before, after, row = found.measurements, dict[str, Measurement](), seen_at(state, ran_at)
    if found.status == "failed":
        after = {} if failed else joined({}, changed, objectives, row)
    elif changed or moved:
        kept = {name: _as_uncertain(item, before[name]) for name, item in changed.items()}
        after = {} if failed else recomposed(before, kept, objectives, row, moved=bool(moved))
    return _corrected(setup, state, found, after, ran_at, by, reason, failed=failed, notes=notes, moved=moved)


def _as_uncertain(item: Measurement, before: Measurement) -> Measurement:
    """Return a measurement with the uncertainty of before as far as it says nothing of it."""
    if item.uncertainty is not None:
        return item
    shared = before.u_shared if item.u_shared is None else item.u_shared
    return replace(item, uncertainty=before.uncertainty, u_shared=shared)


def retracting(state: State, experiment: str, by: By, reason: str) -> Draft:
    """Return what lets a result, or a failure, count no more.

    Raises:
        NotFoundError: there is no such experiment.
        DataError: there is no reason.
        StateError: it has no result, or its result was retracted already.
    """
    with_result(state, experiment, "retract", *ENDED)
    check_given(reason, f"zosimos retract {state.id} {experiment} --reason TEXT")
    return Draft("result.retracted", {"experiment": experiment, "reason": reason, "by": dict(by)})


def restoring(state: State, experiment: str, by: By, reason: str) -> Draft:
    """Return what lets a retracted result count again.

    Raises:
        NotFoundError: there is no such experiment.
        DataError: there is no reason.
        StateError: it was not retracted.
    """
    found = state.experiment(experiment)
    if found.status != "retracted":
        raise StateError(
            f"{experiment} is {standing(state, found)}: no result of it was retracted",
            field="experiment",
            value=experiment,
            allowed=", ".join(state.retracted) or "no result was retracted",
        )
    check_given(reason, f"zosimos retract {state.id} {experiment} --undo --reason TEXT")
    return Draft("result.restored", {"experiment": experiment, "reason": reason, "by": dict(by)})


def with_result(state: State, experiment: str, verb: str, *allowed: str) -> Experiment:
    """Return an experiment whose result a person may change.

    Args:
        state: the campaign.
        experiment: its id.
        verb: what a person wants to do, for errors.
        *allowed: the statuses in which that can be done (none given: it was measured).

    Raises:
        NotFoundError: there is no such experiment.
        StateError: its status is another one.
    """
    found = state.experiment(experiment)
    if found.status not in (allowed or ("measured",)):
        _refuse(state, found, verb)
    return found


def _refuse(state: State, found: Experiment, verb: str) -> NoReturn:
    """Say why there is no result to change, and what can be done."""
    name, why, hint = found.id, f"is {found.status}", ""
    if found.status == "retracted":
        why = f"was already {found.amendments[-1]}"
        hint = f"zosimos retract {state.id} {name} --undo --reason TEXT lets it count again"
    elif found.status == "failed":
        why = f"failed ({found.reason}): there is no value to correct"
        hint = f"zosimos tell {state.id} TABLE --correct gives it one, in a row with its id"
    elif found.status in WAITING:
        why = "has no result yet"
        hint = f"zosimos tell {state.id} TABLE records one; zosimos drop {state.id} {name} gives it up"
    elif found.status in ("running", "uncertain"):
        why = f"is {found.status}: it has no result yet"
        hint = "wait for it" if found.status == "running" else f"zosimos resolve {state.id} {name} settles it"
    elif was_dropped(found):
        why = f"has no result: it was {found.reason}"
        hint = f"zosimos drop {state.id} {name} --undo --reason TEXT lets it wait again"
    elif found.status == "cancelled":
        why = f"has no result: it was cancelled ({found.reason})"
    raise StateError(
        f"{name} {why}", field="experiment", value=name, allowed=f"an experiment with a result to {verb}", hint=hint
    )


def _added_hint(state: State, found: Experiment) -> str:
    """Return how outcomes that came later are taken out, if some did."""
    names = [name for one in found.amendments if one.kind == "added" for name in one.now if name in found.measurements]
    names = [name for name in names if getattr(state.spec.objectives.get(name), "of", None) is None]
    return f"; zosimos retract {state.id} {found.id} {names[-1]} takes out what came later" if names else ""


def check_given(reason: str, hint: str) -> None:
    """Refuse a change of the record for which no reason is given.

    Raises:
        DataError: there is none.
        SpecError: it is nothing that can be kept.
    """
    if not reason.strip():
        raise DataError(
            "a reason is needed: the record keeps it beside what was changed",
            field="reason",
            value=reason or "(empty)",
            allowed="a few words",
            hint=hint,
        )
    check_reason(reason)


def _draft(
    setup: Setup,
    state: State,
    found: Experiment,
    changed: Mapping[str, Measurement],
    moved: Values,
    by: By,
    reason: str,
    notes: Mapping[str, str] | None = None,
) -> Draft:
    """Return what gives a result values that say all of themselves, their uncertainties too."""
    ran_at = {**found.ran_at, **moved}
    check_charged(state, found, ran_at)
    objectives, row = setup.objectives(state.spec), seen_at(state, ran_at)
    after = recomposed(found.measurements, changed, objectives, row, moved=bool(moved))
    return _corrected(setup, state, found, after, ran_at, by, reason, notes=notes, moved=moved)[0]


def _corrected(
    setup: Setup,
    state: State,
    found: Experiment,
    after: Mapping[str, Measurement],
    ran_at: Values,
    by: By,
    reason: str,
    *,
    failed: str = "",
    notes: Mapping[str, str] | None = None,
    moved: Values | None = None,
) -> tuple[Draft, dict[str, Measurement]]:
    """Return the event, and the experiment's measurements after it."""
    whole = {} if failed else {**found.measurements, **after}
    scores = surprising(setup, state.spec, found.candidate, ran_at, whole)
    body = {
        "experiment": found.id,
        "measurements": {name: item.as_json() for name, item in after.items()},
        "surprise": scores if after or moved else {},
        **({"failed": failed} if failed else {}),
        **({"notes": dict(notes)} if notes else {}),
        **({"achieved": dict(moved)} if moved else {}),
    }
    return Draft("result.corrected", {**body, "reason": reason, "by": dict(by)}), whole


def _changed(
    state: State, found: Experiment, objectives: Sequence[Objective], values: Mapping[str, Given], at: str
) -> dict[str, Measurement]:
    """Return the measurements that are changed, as they are to be."""
    units = {part.name: part.unit for part in to_measure(objectives)}
    made = {objective.name: objective.of for objective in objectives if objective.of is not None}
    known = {name: item.unit for name, item in found.measurements.items() if name not in made} | units
    if not values:
        raise DataError(
            "nothing is given to correct",
            field="values",
            value="(empty)",
            allowed=f"{next(iter(known), 'outcome')}=VALUE",
            hint=f"zosimos correct {state.id} {found.id} OUTCOME=VALUE --reason TEXT",
        )
    changed: dict[str, Measurement] = {}
    for key, value in values.items():
        shared = key not in known and key.endswith(SHARED)
        name = key if key in known else key.removesuffix(SHARED if shared else UNCERTAINTY)
        if key in made:
            parts = ", ".join(part.name for part in made[key].quantities)
            raise DataError(
                f"{key} is worked out of {parts}: it cannot be corrected itself",
                field=key,
                value=value,
                allowed=parts,
                hint="correct what it is made of; it follows",
            )
        if name not in known:
            raise DataError(
                f"{name!r} is no outcome and no parameter of campaign {state.id}",
                field=key,
                value=value,
                allowed=", ".join([*known, *found.values]),
                hint=did_you_mean(name, [*known, *found.values]),
            )
        if name not in found.measurements:
            raise StateError(
                f"{found.id} has no value of {name}: only what is on record can be corrected",
                field=name,
                value=value,
                allowed=", ".join(found.measurements),
                hint=f"zosimos tell {state.id} TABLE adds what was measured since",
            )
        before = changed.get(name, found.measurements[name])
        if key == name:
            changed[name] = _measured(before, value, at)
        elif shared:
            changed[name] = replace(before, u_shared=_uncertainty(key, value, before.unit))
        else:
            changed[name] = replace(before, uncertainty=_uncertainty(key, value, before.unit))
    return {name: item for name, item in changed.items() if item != found.measurements[name]}


def _measured(before: Measurement, value: Given, at: str) -> Measurement:
    """Return a measurement with another value; what was a limit is a value then, unless it is written as a limit."""
    name, text = before.quantity, value.strip() if isinstance(value, str) else value
    limit = _LIMITS.get(text[:1]) if isinstance(text, str) else None
    number = _value(name, text.lstrip("<>≤≥= ") if limit and isinstance(text, str) else text, before.unit)
    spread, shared = (None, None) if limit else (before.uncertainty, before.u_shared)
    return replace(before, value=number, uncertainty=spread, limit=limit, at=before.at or at, u_shared=shared)


def _value(name: str, value: Given, unit: str) -> float:
    word = "" if value is None else value.strip().lower() if isinstance(value, str) else None
    if value is None or (word is not None and (word in _NOTHING or word.startswith("failed"))):
        raise DataError(
            f"{name} is given no value",
            field=name,
            value=word or "(empty)",
            allowed="a number, or a number and a unit",
            hint="zosimos tell ID TABLE --correct makes a failure of it, in a row with its id"
            if word and word.startswith("failed")
            else f"zosimos retract ID EXPERIMENT {name} --reason TEXT lets it count no more",
        )
    return parse_quantity(value, unit, name)


def _uncertainty(key: str, value: Given, unit: str) -> float | None:
    if value is None or (isinstance(value, str) and value.strip().lower() in _UNKNOWN):
        return None
    return parse_quantity(value, unit, key, difference=True)
