"""Previews: what a proposed change would do, before anybody says yes.

Besides what follows at once (questions that expire, experiments that are no longer allowed) it makes the next decision
twice from the same record, under the spec as it is and as it would be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from zosimos.campaign import views
from zosimos.campaign.decisions.budget import price
from zosimos.campaign.decisions.decide import Decide, Inputs, inputs_now
from zosimos.campaign.decisions.stopping import room
from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.definition.steer import applied
from zosimos.campaign.record.experiment import ProposedChange
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.core.errors import PlanningError
from zosimos.core.ids import local_id
from zosimos.core.values import is_number
from zosimos.planners.advice import Advice
from zosimos.planners.advice_items import read_item

_NEXT = 2  # decisions shown
_CHEAP = 100  # observations up to which a decision takes about a second


def preview(setup: Setup, state: State, change: ProposedChange, decide: Decide) -> dict[str, Any]:
    """Return what a change would do: ``expires``, ``drops``, ``wider``, ``next``, ``cost`` where they say something."""
    if change.verb == "advise":
        return _said({"next": _next_advised(setup, state, change, decide)})
    if change.verb not in ("steer", "undo", "abort"):
        return {}
    expires = [token for token in state.open_tokens() if token != change.token]
    if change.verb == "abort":
        return _said({"expires": expires, "drops": list(state.active)})
    new = applied(state.spec, change.changes)
    asked = {name for approval in state.open_approvals() for name in approval.experiments}
    space = setup.space(new)
    drops = [item.id for item in state.active.values() if item.status == "approved" and space.problems(item.values)]
    coming = _next(setup, state, new, asked | set(drops), decide)
    return _said(
        {
            "expires": expires,
            "drops": [*sorted(asked), *drops],
            "wider": _wider(state.specs[0], new),
            "next": coming,
            "cost": _cost(state, new, coming),
        }
    )


def described(setup: Setup, state: State, change: ProposedChange, decide: Decide) -> dict[str, Any]:
    """Return a proposal with its diff, what it would do (``preview``), and how to say yes (``approve``)."""
    shown = preview(setup, state, change, decide)
    return views.change_view(state, change) | {"preview": shown, "approve": f"zosimos approve {change.token}"}


def _said(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if value}


def _wider(first: CampaignSpec, new: CampaignSpec) -> list[str]:
    """Return the bounds that would lie outside those the campaign began with."""
    found = []
    for name, part in new.space.items():
        before = first.space[name]
        for side, sign in (("min", -1.0), ("max", 1.0)):
            now: Any = getattr(before, side, None)
            then: Any = getattr(part, side, None)
            if is_number(now) and is_number(then) and sign * (float(then) - float(now)) > 0:
                found.append(f"space.{name}.{side}")
    return found


def _next(setup: Setup, state: State, new: CampaignSpec, dropped: set[str], decide: Decide) -> dict[str, Any]:
    """Return the values that would be tried next, now and then."""
    inputs = _inputs(state)
    if inputs is None:
        return {}
    pending = tuple(item for item in inputs.pending if item.id not in dropped)
    return _both(setup, inputs, replace(inputs, spec=new, spec_version=state.spec_version + 1, pending=pending), decide)


def _next_advised(setup: Setup, state: State, change: ProposedChange, decide: Decide) -> dict[str, Any]:
    """Return the values that would be tried next, now and with what is advised."""
    inputs = _inputs(state)
    if inputs is None:
        return {}
    items = tuple(read_item(item) for item in change.content["items"])
    given = Advice(local_id("advice", len(state.advice) + 1), items, change.by, given=len(state.observations))
    return _both(setup, inputs, replace(inputs, advice=(*inputs.advice, given)), decide)


def _inputs(state: State) -> Inputs | None:
    """Return the inputs of the next decision; None where there is none, or where it would take long."""
    count = min(_NEXT, max(room(state), 0))
    return inputs_now(state, count) if count and len(state.observations) <= _CHEAP else None


def _both(setup: Setup, now: Inputs, then: Inputs, decide: Decide) -> dict[str, Any]:
    try:
        return {
            when: [dict(candidate.values) for candidate in decide(setup, inputs)]
            for when, inputs in (("now", now), ("then", then))
        }
    except PlanningError:
        return {}


def _cost(state: State, new: CampaignSpec, coming: Mapping[str, Any]) -> dict[str, Any]:
    """Return what those next rows would cost, now and then; nothing where a campaign file says nothing of costs."""
    priced = {when: price(state, spec, coming.get(when, ())) for when, spec in (("now", state.spec), ("then", new))}
    if not coming or None in priced.values() or new.costs is None:
        return {}
    return {**priced, "unit": new.costs.unit}
