"""Approvals: what a person is asked, bound to exactly what will run.

A token names one question. Its digest covers the campaign, the experiments' ids and values, and the spec's version; it
is used once, and it expires when the spec is steered, because the proposals rest on a spec that is no more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from zosimos.campaign.experiment import Approval
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.state import State
from zosimos.core.canonical import canonical_json
from zosimos.core.ids import tail
from zosimos.core.records import Candidate


def token_for(campaign: str, content: Any) -> tuple[str, str]:
    """Return the token of a question to a person, and the digest of exactly what it stands for."""
    digest = hashlib.sha256(canonical_json(content).encode()).hexdigest()
    return f"{tail(campaign)}-{digest[:8]}", digest


def requests(
    state: State, proposals: Sequence[tuple[str, Candidate]], spec_version: int, *, together: bool
) -> list[Draft]:
    """Return the questions to ask for new proposals: one for all of them, or one for each."""
    groups = [list(proposals)] if together else [[proposal] for proposal in proposals]
    drafts = []
    for group in groups:
        content = {
            "campaign": state.id,
            "experiments": {name: dict(candidate.values) for name, candidate in group},
            "spec_version": spec_version,
        }
        token, digest = token_for(state.id, content)
        body = {
            "token": token,
            "experiments": [name for name, _ in group],
            "digest": digest,
            "spec_version": spec_version,
        }
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
