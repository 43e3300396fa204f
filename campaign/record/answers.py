"""How answers change what was asked, and the experiments it was about: part of :mod:`zosimos.campaign.record.fold`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias

from zosimos.campaign.ledger.events import Event
from zosimos.campaign.record.bodies import text
from zosimos.campaign.record.experiment import Approval, ProposedChange
from zosimos.campaign.record.state import State

Answer: TypeAlias = Literal["granted", "rejected", "expired"]


def answer(status: Answer) -> Callable[[State, Mapping[str, Any], Event], None]:
    """Return what takes in an answer: to a proposed change, or to an approval, which moves experiments."""

    def apply(state: State, body: Mapping[str, Any], event: Event) -> None:
        if body["token"] in state.changes:
            change = state.changes[body["token"]]
            change.answered_by, change.answer = _closed(change, "the proposal", body, status)
            return
        approval = state.approvals[body["token"]]
        approval.by, approval.reason = _closed(approval, "approval", body, status)
        if status == "granted":
            _granted(state, approval, event)
        elif status == "rejected":
            _rejected(state, approval, event)

    return apply


def _granted(state: State, approval: Approval, event: Event) -> None:
    for name in approval.experiments:
        if state.experiments[name].status == "proposed":
            state.move(state.experiments[name], "approved", event)


def _rejected(state: State, approval: Approval, event: Event) -> None:
    for name in approval.experiments:
        experiment = state.experiments[name]
        if experiment.status == "proposed":
            experiment.reason, experiment.avoid = f"rejected: {approval.reason}".rstrip(": "), True
            state.move(experiment, "cancelled", event)


def _closed(asked: Approval | ProposedChange, name: str, body: Mapping[str, Any], status: Answer) -> tuple[str, str]:
    """Close what was asked, and return who answered and the reason that was given."""
    if asked.status != "open":
        raise ValueError(f"{name} {asked.token} was already {asked.status}")
    by = body.get("by", {"name": "", "at": ""})
    reason, answered_by, at = text(body, "reason"), text(by, "name"), text(by, "at")
    asked.status, asked.answered = status, at
    return answered_by, reason
