"""The last act: what a person did last that can be taken back, and what takes it back.

Steering, advice, corrections, retractions and a pause each have an inverse of their own. What was taken back already,
and what an inverse did, are passed over: asked for again, it goes further back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zosimos.campaign.definition.build import build_objectives
from zosimos.campaign.ledger.events import Event
from zosimos.campaign.record.experiment import ProposedVerb
from zosimos.campaign.record.state import State
from zosimos.campaign.record.walking_back import last_standing
from zosimos.core.errors import StateError


@dataclass(frozen=True)
class Inverse:
    """What takes an act back: a change as one proposes it."""

    verb: ProposedVerb
    content: Mapping[str, Any] = field(default_factory=dict)


def inverse_of_last(state: State, events: Sequence[Event]) -> Inverse:
    """Return what takes back the last act of a person that still stands.

    Args:
        state: the campaign.
        events: all of its events, in order.

    Raises:
        StateError: there is nothing to take back.
    """
    undone = {steering.undoes for steering in state.steerings}
    for event in reversed(events):
        found = _inverse(state, event, undone)
        if found is not None:
            return found
    raise StateError(
        "there is nothing to undo",
        field="undo",
        value=state.id,
        allowed="after a steering, advice, a correction, a retraction or a pause that still stands",
    )


def _inverse(state: State, event: Event, undone: set[int | None]) -> Inverse | None:
    body = event.body
    named = str(body.get("experiment", ""))
    match event.kind:
        case "spec.steered" if body["undoes"] is None and body["version"] not in undone:
            return Inverse("undo")
        case "advice.given" if body["kind"] == "person" and _in_force(state, body["advice"]):
            return Inverse("withdraw", {"advice": body["advice"]})
        case "result.retracted" if named in state.retracted and _last_kind(state, named) == "retracted":
            return Inverse("restore", {"experiment": named})
        case "result.corrected" if _corrected(state, named):
            return Inverse("uncorrect", {"experiment": named})
        case "campaign.paused" | "campaign.halted" if state.status == "paused":
            return Inverse("resume")
        case _:
            return None


def _in_force(state: State, advice: str) -> bool:
    return advice in state.advice and state.advice[advice].status(len(state.observations)) == "in force"


def _last_kind(state: State, experiment: str) -> str:
    """Return what was changed last of an experiment; an act before that is not taken back by what undoes the last."""
    found = state.experiments[experiment].amendments
    return found[-1].kind if found else ""


def _corrected(state: State, experiment: str) -> bool:
    """Say whether a correction of an experiment stands that was not taken back."""
    if experiment not in state.experiments or experiment in state.retracted:
        return False
    made = [objective.name for objective in build_objectives(state.spec) if objective.of is not None]
    return last_standing(state.experiments[experiment], made) is not None
