"""Approvals: what a person is asked, bound to exactly what will run.

A token names one question. Its digest covers the campaign, the experiments' ids and values, and the spec's version; it
is used once, and it expires when the spec is steered, because the proposals rest on a spec that is no more.

Whoever says yes has seen something: :func:`standing` is the digest of what a yes would do now, taken when it is shown
and compared again inside the transaction that answers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from zosimos.campaign.definition.steer import Change
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.record.experiment import Approval, ProposedChange, Question
from zosimos.campaign.record.state import State
from zosimos.core.canonical import canonical_json
from zosimos.core.parameters import Values
from zosimos.core.records import Candidate

Asked: TypeAlias = Approval | ProposedChange | Question


def digest_of(content: Any) -> str:
    """Return the digest of exactly what a question to a person stands for."""
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()


def change_digest(
    campaign: str,
    verb: str,
    changes: Sequence[Change],
    undoes: int | None,
    spec_version: int,
    number: int,
    content: Mapping[str, Any],
) -> str:
    """Return the digest of a proposed change: the campaign, what would be done, and the spec that it rests on."""
    covered = {
        "campaign": campaign,
        "verb": verb,
        "changes": [change.as_json() for change in changes],
        "undoes": undoes,
        "spec_version": spec_version,
        "number": number,  # two proposals of the same change at different times are two questions
        **({"content": dict(content)} if content else {}),
    }
    return digest_of(covered)


def verb_of(asked: Asked) -> str:
    """Return in one word what a yes does: ``run`` experiments, a task is ``done``, or the change's own verb."""
    match asked:
        case Approval():
            return "run"
        case Question():
            return "done"
        case _:
            return asked.verb


def standing(state: State, asked: Asked) -> str:
    """Return the digest of what a yes would do now; it differs once anything of that has changed."""
    facts: dict[str, Any] = {"token": asked.token, "verb": verb_of(asked), "status": asked.status}
    match asked:
        case Approval():
            facts |= {"digest": covered(state, asked), "runs": _proposed(state, asked)}
        case Question():
            facts |= {"experiment": asked.experiment, "step": asked.step, "text": asked.text}
        case _:
            facts |= {"digest": asked.digest, "campaign": state.status, "spec_version": state.spec_version}
            facts |= {"halts": state.halts} if state.halts else {}
            facts |= {"beside": _touched(state, asked.content)} if asked.content else {}
    return digest_of(facts)


def _touched(state: State, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return how what a proposal beside the spec speaks of stands now: a result that changes is another."""
    named, advice = str(content.get("experiment")), str(content.get("advice"))
    if advice in state.advice:
        return {"advice": state.advice[advice].status(len(state.observations))}
    if named not in state.experiments:
        return {}
    found = state.experiments[named]
    values = {name: item.as_json() for name, item in found.measurements.items()}
    return {"status": found.status, "values": values, "ran_at": dict(found.ran_at), "changes": len(found.amendments)}


def covered(state: State, approval: Approval) -> str:
    """Return the digest of the experiments as they are on record, which the one stored with the question must equal."""
    values = {name: state.experiments[name].values for name in approval.experiments}
    return digest_of(_content(state.id, values, approval.spec_version))


def _content(campaign: str, values: Mapping[str, Values], spec_version: int) -> dict[str, Any]:
    experiments = {name: dict(item) for name, item in values.items()}
    return {"campaign": campaign, "experiments": experiments, "spec_version": spec_version}


def requests(
    state: State, proposals: Sequence[tuple[str, Candidate]], spec_version: int, *, together: bool
) -> list[Draft]:
    """Return the questions to ask for new proposals: one for all of them, or one for each."""
    groups = [list(proposals)] if together else [[proposal] for proposal in proposals]
    drafts = []
    for group in groups:
        values = {name: candidate.values for name, candidate in group}
        digest = digest_of(_content(state.id, values, spec_version))
        body = {"experiments": list(values), "digest": digest, "spec_version": spec_version}
        drafts.append(Draft("approval.requested", body))
    return drafts


def expiry(state: State, reason: str, *, but: str = "") -> list[Draft]:
    """Return what ends every open question and the proposals it was about, except the change named ``but``."""
    drafts = [
        Draft("approval.expired", {"token": change.token, "reason": reason})
        for change in state.open_changes()
        if change.token != but
    ]
    for approval in state.open_approvals():
        drafts.append(Draft("approval.expired", {"token": approval.token, "reason": reason}))
        drafts += [
            Draft("experiment.cancelled", {"experiment": name, "reason": reason, "avoid": False})
            for name in _proposed(state, approval)
        ]
    return drafts


def waits_for(state: State) -> str:
    """Say in words what a campaign needs from a person."""
    approvals = state.open_approvals()
    if state.uncertain:
        first = next(iter(state.uncertain.values()))
        return f"{first.id} is uncertain ({first.reason}): zosimos resolve {state.id} {first.id} done|redo|skip|probe"
    wanted = [change for change in state.open_changes() if change.verb == "clear"]
    if wanted:
        return f"a yes: {wanted[0].content['words']} (zosimos approve {wanted[0].token})"
    questions = state.open_questions()
    if questions:
        return f"the operator: {questions[0].text} (zosimos approve {questions[0].token} when it is done)"
    if approvals:
        return "approval of " + ", ".join(
            f"{' '.join(approval.experiments)} (zosimos approve {approval.token})" for approval in approvals
        )
    suggested = [experiment.id for experiment in state.active.values() if experiment.status == "proposed"]
    return f"results of {', '.join(suggested)} (zosimos tell {state.id} results.csv)" if suggested else "a person"


def _proposed(state: State, approval: Approval) -> list[str]:
    return [name for name in approval.experiments if state.experiments[name].status == "proposed"]
