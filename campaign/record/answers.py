"""How answers change what was asked, and the experiments it was about: part of :mod:`zosimos.campaign.record.fold`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias

from zosimos.campaign.ledger.events import Event
from zosimos.campaign.record.bodies import text
from zosimos.campaign.record.experiment import Approval
from zosimos.campaign.record.state import State

Answer: TypeAlias = Literal["granted", "rejected", "expired"]


def answer(status: Answer) -> Callable[[State, Mapping[str, Any], Event], None]:
    """Return what takes in an answer: to a proposed change, or to an approval, which moves experiments."""

    def apply(state: State, body: Mapping[str, Any], event: Event) -> None:
        if body["token"] in state.changes:
            _change_answered(state, body, status)
            return
        approval = _answered(state, body, status)
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


def _answered(state: State, body: Mapping[str, Any], status: Answer) -> Approval:
    approval = state.approvals[body["token"]]
    if approval.status != "open":
        raise ValueError(f"approval {approval.token} was already {approval.status}")
    by = body.get("by", {"name": "", "at": ""})
    approval.status, approval.reason = status, text(body, "reason")
    approval.by, approval.answered = text(by, "name"), text(by, "at")
    return approval


def _change_answered(state: State, body: Mapping[str, Any], status: Answer) -> None:
    change = state.changes[body["token"]]
    if change.status != "open":
        raise ValueError(f"the proposal {change.token} was already {change.status}")
    by = body.get("by", {"name": "", "at": ""})
    change.status, change.answer = status, text(body, "reason")
    change.answered_by, change.answered = text(by, "name"), text(by, "at")
