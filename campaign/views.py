"""Views: what the faces show, as plain JSON data. Rebuilt from the state each time; nothing is stored."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from zosimos.campaign.decisions import models_budget
from zosimos.campaign.decisions.budget import price, spending
from zosimos.campaign.decisions.followed import advice_views
from zosimos.campaign.decisions.stopping import stop_reason
from zosimos.campaign.definition.build import build_objectives, outcome_names
from zosimos.campaign.definition.described import described
from zosimos.campaign.ledger.events import Event
from zosimos.campaign.record.approvals import verb_of, waits_for
from zosimos.campaign.record.experiment import TRANSITIONS, Approval, Experiment, ProposedChange, Question
from zosimos.campaign.record.results import awaited, awaited_lines
from zosimos.campaign.record.standing import awaiting, front
from zosimos.campaign.record.state import State
from zosimos.campaign.record.suggested import in_words
from zosimos.campaign.wording import to_do
from zosimos.core.ids import urn
from zosimos.core.ranking import by_tier
from zosimos.core.replicates import contradictions
from zosimos.core.values import Value, Values

_LOOKED_AT = 100  # last results that are compared with what they state


def pareto_front(state: State) -> list[Experiment]:
    """Return the experiments that no other dominates, the best first; with one objective, the best."""
    return [state.experiments[name] for name in front(state)]


def best(state: State) -> dict[str, Any] | None:
    """Return the best experiment so far with its candidate and outcomes, or None; with trade-offs, all of them."""
    names = front(state)
    if not names:
        return None
    found = _result(state, state.experiments[names[0]])
    if len(objectives := build_objectives(state.spec)) > 1 and not by_tier(objectives):
        found["pareto"] = [_result(state, state.experiments[name]) for name in names]
    return found


def due(state: State) -> str:
    """Return what would end a campaign that nobody runs but a person, in words; empty while nothing does."""
    if state.status != "active" or state.spec.lab is not None:
        return ""
    over = stop_reason(state, datetime.fromisoformat(state.at))
    return "" if over is None else over.words


def revised(state: State) -> str:
    """Say so if results or the spec were changed after a campaign had finished, and nothing would end it any more."""
    changed = state.revised or state.resteered
    if not changed or stop_reason(state, datetime.fromisoformat(state.at)) is not None:
        return ""
    if state.revised:
        what = "a result was corrected, completed or retracted"
        return f"{what} after the campaign finished, and no stop rule holds any more"
    changes = ", ".join(described(change) for change in state.steerings[-1].changes[:3])
    return f"the campaign was steered after it finished ({changes}), and no stop rule holds any more"


def _result(state: State, experiment: Experiment) -> dict[str, Any]:
    found = experiment.measurements
    first = [name for name in outcome_names(state.spec) if name in found]
    asked = state.lens.row(experiment.values)
    achieved = {name: value for name, value in experiment.achieved.items() if name in asked}
    return {
        "experiment": experiment.id,
        "candidate": dict(asked),
        **({"achieved": achieved} if achieved else {}),
        "outcomes": {
            name: item.as_outcome() for name, item in ((name, found[name]) for name in dict.fromkeys([*first, *found]))
        },
    }


def status(state: State) -> dict[str, Any]:
    """Return where a campaign stands."""
    counts = {name: state.counts[name] for name in TRANSITIONS if state.counts.get(name)}
    waiting = state.status == "active" and (state.uncertain or state.open_approvals() or state.open_questions())
    return {
        "campaign": state.id,
        "name": state.spec.name,
        "status": state.status,
        "reason": state.reason or (waits_for(state) if waiting else due(state)),
        "created": state.created_at,
        "at": state.at,
        "experiments": counts,
        "used": state.used,
        "budget": state.spec.budget.experiments,
        **spending(state),
        **({"models": models} if (models := models_budget.told(state)) else {}),
        "spec_version": state.spec_version,
        "approval": state.spec.approval,
        "best": best(state),
        "approvals": [approval_view(state, approval) for approval in state.open_approvals()],
        "changes": [change_view(state, change) for change in state.open_changes()],
        "advice": advice_views(state, [state.advice[advice.id] for advice in state.in_force()]),
        "notices": [notice.as_json() for notice in state.notices],
        "noted": [note.as_json() for note in state.notes],
        "unconfirmed": dict(state.unconfirmed),
        "uncertain": {experiment.id: experiment.reason for experiment in state.uncertain.values()},
        "retracted": {experiment.id: str(experiment.amendments[-1]) for experiment in state.retracted.values()},
        "waits_for": {name: list(missing) for name, missing in awaiting(state).items()},
        "to_do": to_do(state),
        "revised": revised(state),
        "repairs": [repair.as_json() for repair in state.repairs],
        "broken": None if state.broken is None else state.broken.as_json(),
    }


def contradicted(state: State) -> dict[str, list[str]]:
    """Return what results say against the uncertainties that are stated, in words; nothing where they agree.

    Unlike :func:`status` it reads results: the last so many of them.
    """
    seen = [one for one in state.observations[-_LOOKED_AT:] if one.experiment not in state.retracted]
    found = contradictions(seen, build_objectives(state.spec))
    return {"uncertainties": found} if found else {}


def waiting_for(state: State) -> list[dict[str, Any]]:
    """Return what only a person can do now, each with the command that does it; empty if there is nothing."""
    if state.broken is not None:
        reason = f"{state.broken}; shown up to there, and not to be changed"
        return [{"kind": "broken", "reason": reason, "command": f"zosimos repair {state.id}"}]
    if state.status in ("aborted", "finished"):
        why = revised(state)
        return [{"kind": "reopen", "reason": why, "command": f"zosimos resume {state.id}"}] if why else []
    if state.status == "paused":
        return [{"kind": "resume", "reason": state.reason, "command": f"zosimos resume {state.id}"}]
    found: list[dict[str, Any]] = [
        {
            "kind": "resolve",
            "experiment": experiment.id,
            "reason": experiment.reason,
            "command": f"zosimos resolve {state.id} {experiment.id} done|redo|skip|probe",
        }
        for experiment in state.uncertain.values()
    ]
    found += [
        {
            "kind": "operator",
            "experiment": question.experiment,
            "token": question.token,
            "text": question.text,
            "verb": verb_of(question),
            "command": f"zosimos approve {question.token}",
        }
        for question in state.open_questions()
    ]
    approvals = state.open_approvals()
    found += [
        {
            "kind": "approval",
            "token": approval.token,
            "verb": verb_of(approval),
            "experiments": list(approval.experiments),
            "command": f"zosimos approve {approval.token}",
        }
        for approval in approvals
    ]
    asked = {name for approval in approvals for name in approval.experiments}
    suggested = [item.id for item in state.active.values() if item.status == "proposed" and item.id not in asked]
    if suggested:
        command = f"zosimos tell {state.id} results.csv"
        found.append({"kind": "results", "experiments": suggested, "command": command})
    if half_done := awaiting(state):
        command = f"zosimos tell {state.id} results.csv"
        found.append({"kind": "outcomes", "experiments": list(half_done), "reason": lacks(state), "command": command})
    return found


def lacks(state: State) -> str:
    """Return in words what is still to be measured of experiments that have some of their outcomes; empty: nothing."""
    return "; ".join(awaited_lines(awaiting(state)))


def in_space(state: State, values: Values) -> dict[str, Value]:
    """Return a row in the order of today's space, as it is seen there."""
    row = state.lens.row(values)
    return {name: row[name] for name in state.spec.space if name in row}


def approval_view(state: State, approval: Approval) -> dict[str, Any]:
    """Return an approval with exactly what would run."""
    return {
        "token": approval.token,
        "verb": verb_of(approval),
        "campaign": state.id,
        "status": approval.status,
        "asked": approval.at,
        "spec_version": approval.spec_version,
        "experiments": [
            {
                "experiment": name,
                "values": in_space(state, state.experiments[name].values),
                "reason": state.experiments[name].candidate.reason,
            }
            for name in approval.experiments
        ],
        **_price(state, approval),
    }


def _price(state: State, approval: Approval) -> dict[str, Any]:
    """Return what the experiments would cost, as far as the campaign file says."""
    experiments = [state.experiments[name] for name in approval.experiments]
    cost = price(state, state.spec, [item.values for item in experiments if item.status == "proposed"])
    if cost is None or state.spec.costs is None:
        return {}
    return {"cost": {"value": cost, "unit": state.spec.costs.unit}}


def question_view(state: State, question: Question) -> dict[str, Any]:
    """Return what an operator is asked to do."""
    found = {"token": question.token, "verb": verb_of(question), "campaign": state.id, "status": question.status}
    return {**found, "experiment": question.experiment, "text": question.text}


def change_view(state: State, change: ProposedChange) -> dict[str, Any]:
    """Return a proposed change with exactly what would be done."""
    return {
        "token": change.token,
        "number": change.number,
        "campaign": state.id,
        "status": change.status,
        "asked": change.at,
        "spec_version": change.spec_version,
        "verb": change.verb,
        "changes": [item.as_json() for item in change.changes],
        **_beside(state, change),
        "by": change.by,
        "reason": change.reason,
        **({"evidence": list(change.evidence)} if change.evidence else {}),
    }


def _beside(state: State, change: ProposedChange) -> dict[str, Any]:
    """Return what a proposed change does that leaves the spec as it is, as data and in words, if it does any."""
    if not change.content:
        return {}
    words = in_words(change.verb, change.content, state.experiments)
    return {"content": dict(change.content), "words": words}


def event_view(event: Event) -> dict[str, Any]:
    """Return an event as it is on record."""
    return {"seq": event.seq, "at": event.at, "kind": event.kind, "body": event.body, "hash": event.hash}


def waits_for_outcomes(state: State, experiment: Experiment) -> list[str]:
    """Return what is still to be measured of an experiment that has some of its outcomes; else nothing."""
    if experiment.status != "measured":
        return []
    return awaited(experiment.measurements, build_objectives(state.spec))


def experiment_view(state: State, experiment: Experiment) -> dict[str, Any]:
    """Return everything on record about an experiment."""
    return {
        "experiment": experiment.id,
        "urn": urn(state.id, experiment.id),
        "status": experiment.status,
        "reason": experiment.reason,
        "decision": experiment.decision,
        "spec_version": experiment.spec_version,
        "candidate": experiment.candidate.as_json(),
        "achieved": dict(experiment.achieved),
        "measurements": {name: item.as_json() for name, item in experiment.measurements.items()},
        "waits_for": waits_for_outcomes(state, experiment),
        "surprise": dict(experiment.surprise),
        "amendments": [amendment.as_json() for amendment in experiment.amendments],
        "notes": dict(experiment.notes),
        "noted": [note.as_json() for note in state.notes if note.experiment == experiment.id],
        **({"carried": dict(experiment.carried)} if experiment.carried else {}),
        "proposed": experiment.proposed_at,
        "started": experiment.started_at,
        "ended": experiment.ended_at,
        "steps": [
            {
                "step": step.index,
                "name": step.name,
                "params": dict(step.params),
                "status": step.status,
                "attempt": step.attempt,
                "how": step.how,
                "at": step.at,
                "result": step.result,
            }
            for step in experiment.steps
        ],
    }
