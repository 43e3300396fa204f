"""Dropping: what lets a proposal wait no more because nobody will do it, and what takes that back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from zosimos.campaign.control.corrections import check_given
from zosimos.campaign.decisions.advising import Said, giving, withdrawing
from zosimos.campaign.decisions.stopping import room
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.record.amendments import was_dropped
from zosimos.campaign.record.experiment import WAITING, Experiment
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.campaign.wording import standing
from zosimos.core.errors import SpecError, StateError
from zosimos.core.expression import Expression
from zosimos.core.parameters import Parameter, Value, Values
from zosimos.core.space import SearchSpace
from zosimos.planners.advice import Exclude

By: TypeAlias = Mapping[str, str]

_NEAR = 0.05  # of a parameter's range, or of its decades: what lies so near to an excluded value is left alone too


def dropping(
    setup: Setup, state: State, experiment: str, by: By, reason: str, *, exclude: bool, runs: str
) -> list[Draft]:
    """Return what lets a proposal wait no more.

    Args:
        setup: the campaign's setup.
        state: the campaign.
        experiment: its id.
        by: who drops it.
        reason: why.
        exclude: keep planners away from its values; where numbers are continuous, also from what lies near them, by
            an advice that stands in the record beside it.
        runs: who runs the campaign in its laboratory (empty: nobody).

    Raises:
        NotFoundError: there is no such experiment.
        DataError: there is no reason.
        StateError: it waits no more, or a laboratory is about to run it.
        SpecError: nothing would be left to try.
    """
    found = state.experiment(experiment)
    _check_waits(state, found, runs)
    check_given(reason, f"zosimos drop {state.id} {experiment} --reason TEXT")
    body = {"experiment": experiment, "reason": reason, "by": dict(by), "exclude": exclude}
    where = _around(setup.space(state.spec), found.values) if exclude else ""
    if not where:
        return [Draft("proposal.dropped", body)]
    said = Said((Exclude(where),), by["name"], "person", f"{experiment} was dropped: {reason}")
    try:
        advice = giving(setup, state, said, by)
    except SpecError as error:
        error.hint = f"{error.hint}; or drop it without --exclude".lstrip("; ")
        raise
    return [advice, Draft("proposal.dropped", {**body, "advice": advice.body["advice"]})]


def taking_up(state: State, experiment: str, by: By, reason: str) -> list[Draft]:
    """Return what lets a dropped proposal wait again; what kept planners away from it is withdrawn.

    Raises:
        NotFoundError: there is no such experiment.
        DataError: there is no reason.
        StateError: it was not dropped, the budget has no room for it, or it would have to be approved again.
    """
    found = state.experiment(experiment)
    if found.status != "cancelled" or not was_dropped(found):
        stands = standing(state, found)
        raise StateError(f"{experiment} is {stands}: it was not dropped", field="experiment", value=experiment)
    if state.status in ("aborted", "finished"):
        raise StateError(f"campaign {state.id} is {state.status}", field="campaign", value=state.id)
    if room(state) < 1:
        raise StateError(
            f"the budget of {state.spec.budget.experiments} experiments has no room for it",
            field="budget.experiments",
            value=state.spec.budget.experiments,
            hint=f"zosimos steer {state.id} --set budget.experiments=N",
        )
    dropped = found.amendments[-1]
    asked = any(experiment in approval.experiments for approval in state.approvals.open())
    if state.spec.lab is not None and dropped.status == "proposed" and not asked:
        raise StateError(
            f"{experiment} would have to be approved, and nobody is asked about it any more",
            field="experiment",
            value=experiment,
            hint=f"have it proposed again: zosimos advise {state.id} --point ...",
        )
    check_given(reason, f"zosimos drop {state.id} {experiment} --undo --reason TEXT")
    drafts = [Draft("proposal.restored", {"experiment": experiment, "reason": reason, "by": dict(by)})]
    given = state.advice.get(dropped.advice)
    if given is not None and given.status(len(state.observations)) == "in force":
        drafts.append(withdrawing(state, dropped.advice, by, f"{experiment} is taken up again: {reason}"))
    return drafts


def _check_waits(state: State, found: Experiment, runs: str) -> None:
    """Refuse to drop what waits no more, and what a laboratory may begin at any moment."""
    name, why, hint = found.id, "", ""
    if found.status == "measured":
        why = "has a result"
        hint = f"zosimos retract {state.id} {name} --reason TEXT lets it count no more"
    elif found.status in ("running", "uncertain"):
        why = f"is {found.status}: it was begun"
        hint = f"zosimos abort {state.id} ends what runs" if found.status == "running" else ""
        hint = hint or f"zosimos resolve {state.id} {name} skip gives it up"
    elif was_dropped(found):
        why = f"was already {found.reason}"
    elif found.status not in WAITING:
        why = f"is {found.status}"
    elif found.status == "approved" and runs and state.status == "active":
        why = f"is approved, and {runs} may begin it at any moment"
        hint = f"pause the campaign first: zosimos pause {state.id}"
    if why:
        raise StateError(
            f"{name} {why}: it cannot be dropped",
            field="experiment",
            value=name,
            allowed=", ".join(_waiting(state)) or "nothing waits",
            hint=hint,
        )


def _waiting(state: State) -> list[str]:
    return [one.id for one in state.active.values() if one.status in WAITING]


def _around(space: SearchSpace, values: Values) -> str:
    """Return a condition that holds of a row and of what lies near it; empty where the row alone is to be left alone.

    That is so where every row can be named (a pool, or levels only), and where the condition cannot be written.
    """
    if space.pool is not None or all(parameter.count for parameter in space.controlled):
        return ""
    text = " and ".join(_near(parameter, values[parameter.name]) for parameter in space.controlled)
    try:
        names = Expression(text).names
    except SpecError:  # too many parameters, or a name that no condition can hold
        return ""
    return text if names == {parameter.name for parameter in space.controlled} else ""


def _near(parameter: Parameter, value: Value) -> str:
    """Return the condition that one parameter has a value, or nearly so if it is continuous."""
    if isinstance(value, str) or parameter.count or parameter.bounds is None:
        return f"{parameter.name} == {value!r}"
    low, high = parameter.bounds
    if parameter.scale == "log":
        factor = (high / low) ** _NEAR
        return f"{value / factor:.9g} <= {parameter.name} <= {value * factor:.9g}"
    return f"abs({parameter.name} - {value:.9g}) <= {_NEAR * (high - low):.9g}"
