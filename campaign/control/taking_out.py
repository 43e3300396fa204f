"""Taking out: single outcomes of a result that count no more, such as one told of the wrong flask, and back again.

The rest of the result counts as before, and the experiment waits for what was taken out as if nobody had measured it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zosimos.campaign.control.corrections import By, check_given, with_result
from zosimos.campaign.control.elsewhere import seen_at, surprising
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.record.results import joined
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.core.composite import MeasuredQuantity
from zosimos.core.errors import DataError, StateError
from zosimos.core.nearest import did_you_mean
from zosimos.core.objective import Objective
from zosimos.core.records import Measurement


def taking_out(setup: Setup, state: State, experiment: str, outcomes: Sequence[str], by: By, reason: str) -> Draft:
    """Return what lets single outcomes of a result count no more; those that are worked out of them go with them.

    Args:
        setup: the campaign's setup.
        state: the campaign.
        experiment: its id.
        outcomes: their names.
        by: who takes them out.
        reason: why.

    Raises:
        NotFoundError: there is no such experiment.
        DataError: a name is no measured outcome of it, or there is no reason.
        StateError: it has no result, or nothing would be left of that.
    """
    found, made = with_result(state, experiment, "retract"), _made(setup, state)
    measured = [name for name in found.measurements if name not in made]
    _check_names(found, outcomes, made, measured)
    if set(measured) <= set(outcomes):
        raise StateError(
            f"nothing would be left of the result of {experiment}",
            field="outcome",
            value=", ".join(outcomes),
            hint=f"zosimos retract {state.id} {experiment} --reason TEXT lets all of it count no more",
        )
    check_given(reason, f"zosimos retract {state.id} {experiment} {' '.join(outcomes)} --reason TEXT")
    follows = [
        name
        for name in found.measurements
        if name in made and any(part.name in outcomes for part in _parts(made[name]))
    ]
    gone = [name for name in found.measurements if name in outcomes or name in follows]
    left = {name: item for name, item in found.measurements.items() if name not in gone}
    return _draft(setup, state, found, {}, left, by, reason, gone=gone)


def putting_back(setup: Setup, state: State, experiment: str, outcomes: Sequence[str], by: By, reason: str) -> Draft:
    """Return what lets single outcomes count again as they did when they were taken out.

    Raises:
        NotFoundError: there is no such experiment.
        DataError: there is no reason.
        StateError: it has no result, or an outcome was not taken out of it, or has been measured again since.
    """
    found, made = with_result(state, experiment, "correct"), _made(setup, state)
    taken = taken_out(found)
    open_ones = [name for name in taken if name not in found.measurements and name not in made]
    for name in outcomes:
        if name not in open_ones:
            why = "has a value" if name in found.measurements else "was not taken out"
            raise StateError(
                f"{name} of {experiment} {why}: there is nothing to take back",
                field="outcome",
                value=name,
                allowed=", ".join(open_ones) or "no outcome of it was taken out",
            )
    check_given(reason, f"zosimos retract {state.id} {experiment} {' '.join(outcomes)} --undo --reason TEXT")
    back = {name: taken[name] for name in outcomes}
    came = joined(found.measurements, back, setup.objectives(state.spec), seen_at(state, found.ran_at))
    return _draft(setup, state, found, came, {**found.measurements, **came}, by, reason)


def taken_out(found: Experiment) -> dict[str, Measurement]:
    """Return the outcomes that were taken out of an experiment at one time or another, as they were last."""
    return {name: one.was[name] for one in found.amendments for name in one.gone}


def _check_names(
    found: Experiment, outcomes: Sequence[str], made: Mapping[str, Objective], measured: Sequence[str]
) -> None:
    for name in outcomes:
        if name in made and name in found.measurements:
            parts = ", ".join(part.name for part in _parts(made[name]))
            why, hint = f"{name} is worked out of {parts}", "take out what it is made of; it follows"
        elif name not in measured:
            why, hint = f"{found.id} has no value of {name!r}", did_you_mean(name, measured)
        else:
            continue
        raise DataError(why, field="outcome", value=name, allowed=", ".join(measured), hint=hint)


def _made(setup: Setup, state: State) -> dict[str, Objective]:
    return {one.name: one for one in setup.objectives(state.spec) if one.of is not None}


def _parts(objective: Objective) -> Sequence[MeasuredQuantity]:
    return () if objective.of is None else objective.of.quantities


def _draft(
    setup: Setup,
    state: State,
    found: Experiment,
    changed: Mapping[str, Measurement],
    after: Mapping[str, Measurement],
    by: By,
    reason: str,
    gone: Sequence[str] = (),
) -> Draft:
    body = {
        "experiment": found.id,
        "measurements": {name: item.as_json() for name, item in changed.items()},
        "surprise": surprising(setup, state.spec, found.candidate, found.ran_at, after),
        **({"gone": list(gone)} if gone else {}),
    }
    return Draft("result.corrected", {**body, "reason": reason, "by": dict(by)})
