"""The fold: what each event does to a campaign's state.

Theory of operation: :func:`apply` takes one event and updates plain fields in time that does not grow with the
campaign. An event that does not fit is refused, so that a record which makes no sense is noticed where it is read.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Literal, TypeAlias, get_args

from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.definition.steer import Change, applied
from zosimos.campaign.ledger.events import Event
from zosimos.campaign.record.advice import take_back, take_in
from zosimos.campaign.record.bodies import flag, listed, mapped, number, real, text
from zosimos.campaign.record.experiment import (
    Approval,
    Experiment,
    Forecast,
    Notice,
    ProposedChange,
    ProposedVerb,
    Question,
    Steering,
    Step,
)
from zosimos.campaign.record.observed import observed
from zosimos.campaign.record.results import failure_cause
from zosimos.campaign.record.state import Broken, State
from zosimos.campaign.record.steps import answered, asked, intended, read, settled
from zosimos.core.errors import InputError, LedgerError, NotFoundError
from zosimos.core.records import Candidate, Measurement

_Fold: TypeAlias = Callable[[State, Mapping[str, Any], Event], None]
_Answer: TypeAlias = Literal["granted", "rejected", "expired"]


def readable(campaign: str, events: Iterable[Event], begin: Callable[[], State] | None = None) -> State:
    """Return the state as far as a campaign's events can be read; ``broken`` names the first that does not fit.

    Args:
        campaign: its id.
        events: its events in order. Where one does not fit they are gone through again, from the first.
        begin: gives the state before them, anew each time they are gone through; None: they are all there are.

    Raises:
        NotFoundError: there are no events.
        LedgerError: the very first does not fit.
    """
    begin = begin or partial(State, campaign)
    state = begin()
    for event in events:
        try:
            apply(state, event)
        except LedgerError as error:
            if not state.seq:
                raise
            state = begin()  # again: the event may have changed something before it failed
            for earlier in itertools.takewhile(partial(_before, event), events):
                apply(state, earlier)
            state.broken = Broken(event.seq, event.kind, repr(error.__cause__))
            return state
    return _found(state)


def _before(event: Event, other: Event) -> bool:
    return other.seq < event.seq


def fold(campaign: str, events: Iterable[Event]) -> State:
    """Return the state that a campaign's events lead to.

    Raises:
        NotFoundError: there are no events.
        LedgerError: an event does not fit.
    """
    state = State(campaign)
    for event in events:
        apply(state, event)
    return _found(state)


def _found(state: State) -> State:
    if not state.seq:
        raise NotFoundError(
            f"the ledger has no campaign {state.id}",
            field="campaign",
            value=state.id,
            hint="zosimos list shows the campaigns; --ledger names another ledger",
        )
    return state


def apply(state: State, event: Event) -> None:
    """Take in a campaign's next event.

    Raises:
        LedgerError: the event does not fit the state.
    """
    try:
        _APPLY[event.kind](state, event.body, event)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, InputError) as error:
        raise LedgerError(
            f"event {event.seq} ({event.kind}) does not fit the record before it: {error!r}",
            field="event",
            value=event.seq,
            hint="run zosimos verify; restore the ledger from a backup",
        ) from error
    state.seq, state.head, state.at = event.seq, event.hash, event.at


def _created(state: State, body: Mapping[str, Any], event: Event) -> None:
    if state.specs:
        raise ValueError("the campaign was created already")
    # Stored JSON has its keys sorted; people see their parameters and objectives in the order they wrote them.
    ordered = {root: {name: body["spec"][root][name] for name in names} for root, names in body["order"].items()}
    state.specs.append(parse_spec({**body["spec"], **ordered}, recorded=True))
    state.files = mapped(body, "files")
    state.source = None if body["source"] is None else mapped(body, "source")
    state.clock = text(body, "clock")
    state.created_at = event.at


def _opened(state: State, body: Mapping[str, Any], event: Event) -> None:
    state.sessions += 1
    state.unconfirmed = {}
    state.running_since = state.running_since or event.at


def _paused(state: State, body: Mapping[str, Any], event: Event) -> None:
    state.turn("paused", text(body, "reason"))


def _continued(state: State, body: Mapping[str, Any], event: Event) -> None:
    state.turn("active", "")
    state.failures_in_a_row = 0


def _aborted(state: State, body: Mapping[str, Any], event: Event) -> None:
    state.turn("aborted", text(body, "reason"))


def _finished(state: State, body: Mapping[str, Any], event: Event) -> None:
    state.turn("finished", text(body, "reason"))


def _steered(state: State, body: Mapping[str, Any], event: Event) -> None:
    changes = tuple(Change.from_json(item) for item in listed(body, "changes"))
    state.specs.append(applied(state.spec, changes))
    state.forecast = None  # it answered the old spec's question
    version, by, at = number(body, "version"), text(body["by"], "name"), text(body["by"], "at")
    undoes = None if body["undoes"] is None else number(body, "undoes")
    state.steerings.append(Steering(version, changes, by, text(body, "reason"), undoes, event.at, at))


def _decided(state: State, body: Mapping[str, Any], event: Event) -> None:
    state.decisions += 1
    state.forecast = Forecast(**body["outlook"]) if "outlook" in body else None
    advice = tuple(state.advice[name].advice.id for name in body["inputs"].get("advice", ()))
    for item in body["candidates"]:
        state.add(
            Experiment(
                item["experiment"],
                _in_order(state, Candidate.from_json(item["candidate"])),
                body["decision"],
                body["inputs"]["spec_version"],
                status="approved" if body["policy"] == "autonomous" else "proposed",
                proposed_at=event.at,
                advice=advice,
            )
        )


def _in_order(state: State, candidate: Candidate) -> Candidate:
    """Return the candidate with its values in the order of the spec's parameters."""
    known = {name: candidate.values[name] for name in state.spec.space if name in candidate.values}
    return replace(candidate, values={**known, **candidate.values})


def _requested(state: State, body: Mapping[str, Any], event: Event) -> None:
    token, names = _new_token(state, body), tuple(listed(body, "experiments"))
    if not all(name in state.experiments for name in names):
        raise ValueError(f"{token} asks about experiments that nobody proposed")
    state.approvals[token] = Approval(token, names, text(body, "digest"), number(body, "spec_version"), at=event.at)


def _suggested(state: State, body: Mapping[str, Any], event: Event) -> None:
    token, changes = _new_token(state, body), tuple(Change.from_json(item) for item in listed(body, "changes"))
    for change in listed(body, "changes"):
        text(change, "path")
    verb = body["verb"]
    if verb not in get_args(ProposedVerb):
        raise ValueError(f"{token} proposes {verb!r}, which is no change of a campaign")
    state.changes[token] = ProposedChange(
        token,
        verb,
        changes,
        None if body["undoes"] is None else number(body, "undoes"),
        number(body, "spec_version"),
        number(body, "number"),
        text(body, "digest"),
        text(body["by"], "name"),
        text(body, "reason"),
        event.at,
    )


def _new_token(state: State, body: Mapping[str, Any]) -> str:
    token = text(body, "token")
    if state.has_token(token):
        raise ValueError(f"{token} stands for something else already")
    return token


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


def _answer(
    status: _Answer, then: Callable[[State, Approval, Event], None] = lambda state, approval, event: None
) -> _Fold:
    """Return what takes in an answer: to a proposed change, or to an approval, which moves experiments."""

    def apply(state: State, body: Mapping[str, Any], event: Event) -> None:
        if body["token"] in state.changes:
            _change_answered(state, body, status)
        else:
            then(state, _answered(state, body, status), event)

    return apply


def _answered(state: State, body: Mapping[str, Any], status: _Answer) -> Approval:
    approval = state.approvals[body["token"]]
    if approval.status != "open":
        raise ValueError(f"approval {approval.token} was already {approval.status}")
    by = body.get("by", {"name": "", "at": ""})
    approval.status, approval.reason = status, text(body, "reason")
    approval.by, approval.answered = text(by, "name"), text(by, "at")
    return approval


def _change_answered(state: State, body: Mapping[str, Any], status: _Answer) -> None:
    change = state.changes[body["token"]]
    if change.status != "open":
        raise ValueError(f"the proposal {change.token} was already {change.status}")
    by = body.get("by", {"name": "", "at": ""})
    change.status, change.answer = status, text(body, "reason")
    change.answered_by, change.answered = text(by, "name"), text(by, "at")


def _started(state: State, body: Mapping[str, Any], event: Event) -> None:
    state.move(state.experiments[body["experiment"]], "running", event)


def _measured(state: State, body: Mapping[str, Any], event: Event) -> None:
    experiment = state.experiments[body["experiment"]]
    experiment.measurements = {name: Measurement.from_json(item) for name, item in body["measurements"].items()}
    surprise = mapped(body, "surprise")
    experiment.surprise = {name: real(surprise, name) for name in surprise}
    state.move(experiment, "measured", event)
    state.observe(observed(experiment))


def _failed(state: State, body: Mapping[str, Any], event: Event) -> None:
    experiment = state.experiments[body["experiment"]]
    experiment.reason = body["cause"]
    state.move(experiment, "failed", event)
    state.observe(observed(experiment, failure_cause(body.get("error", ""), body["cause"])))


def _doubted(state: State, body: Mapping[str, Any], event: Event) -> None:
    experiment = state.experiments[body["experiment"]]
    experiment.reason, experiment.verdict = text(body, "reason"), ""
    state.move(experiment, "uncertain", event)


def _cancelled(state: State, body: Mapping[str, Any], event: Event) -> None:
    experiment = state.experiments[body["experiment"]]
    experiment.reason, experiment.avoid = text(body, "reason"), flag(body, "avoid")
    state.move(experiment, "cancelled", event)


def _resolved(state: State, body: Mapping[str, Any], event: Event) -> None:
    experiment = state.experiments[body["experiment"]]
    experiment.verdict = body["verb"]
    if body["verb"] in ("done", "redo"):
        state.move(experiment, "running", event)
    elif body["verb"] == "skip":
        said = f"skipped by {body['by']['name']}: {body['note']}".rstrip(": ")
        experiment.reason, experiment.avoid = f"{said} ({experiment.reason})", True
        state.move(experiment, "cancelled", event)
    elif body["verb"] != "probe":
        raise ValueError(f"{body['verb']!r} settles no experiment")


def _told(state: State, body: Mapping[str, Any], event: Event) -> None:
    measurements = {name: Measurement.from_json(item) for name, item in body["measurements"].items()}
    candidate = _in_order(state, Candidate(body["values"], "person", "told"))
    experiment = Experiment(
        body["experiment"],
        candidate,
        "",
        state.spec_version,
        status="failed" if body["failed"] else "measured",
        measurements=measurements,
        reason=body["failed"],
        proposed_at=event.at,
        ended_at=event.at,
    )
    state.add(experiment)
    failed = str(body["failed"] or "")
    state.observe(observed(experiment, failure_cause("told", failed) if failed else "unknown"))


def _asked(state: State, body: Mapping[str, Any], event: Event) -> None:
    token, step, words = _new_token(state, body), number(body, "step"), text(body, "text")
    asked(state.experiments[body["experiment"]].steps, body, event)
    state.questions[token] = Question(token, body["experiment"], step, words)


def _operator_answered(state: State, body: Mapping[str, Any], event: Event) -> None:
    question = state.questions[body["token"]]
    answered(state.experiments[question.experiment].steps, question.step, body, event)
    question.status = "granted" if flag(body, "yes") else "rejected"
    question.by, question.reason = text(body["by"], "name"), text(body, "reason")


def _prepared(state: State, body: Mapping[str, Any], event: Event) -> None:
    state.prepared = mapped(body, "found")


def _stopped(state: State, body: Mapping[str, Any], event: Event) -> None:
    unconfirmed = mapped(body, "unconfirmed")
    state.unconfirmed = {device: text(unconfirmed, device) for device in unconfirmed}


def _noticed(state: State, body: Mapping[str, Any], event: Event) -> None:
    kind, quantity, experiment, words = (text(body, name) for name in ("kind", "quantity", "experiment", "words"))
    state.notices.append(Notice(kind, quantity, experiment, number(body, "seen"), words))


def _on_step(fold: Callable[[list[Step], Mapping[str, Any], Event], None]) -> _Fold:
    return lambda state, body, event: fold(state.experiments[body["experiment"]].steps, body, event)


_APPLY: Mapping[str, _Fold] = {
    "campaign.created": _created,
    "campaign.paused": _paused,
    "campaign.continued": _continued,
    "campaign.aborted": _aborted,
    "campaign.finished": _finished,
    "session.opened": _opened,
    "session.closed": lambda state, body, event: None,
    "spec.steered": _steered,
    "advice.given": lambda state, body, event: take_in(state, body, event.at),
    "advice.withdrawn": lambda state, body, event: take_back(state, body, event.at),
    "decision.made": _decided,
    "change.proposed": _suggested,
    "approval.requested": _requested,
    "approval.granted": _answer("granted", _granted),
    "approval.rejected": _answer("rejected", _rejected),
    "approval.expired": _answer("expired"),
    "experiment.started": _started,
    "experiment.measured": _measured,
    "experiment.failed": _failed,
    "experiment.uncertain": _doubted,
    "experiment.cancelled": _cancelled,
    "experiment.resolved": _resolved,
    "observation.told": _told,
    "step.intended": _on_step(intended),
    "step.done": _on_step(partial(settled, "done")),
    "step.undone": _on_step(partial(settled, "undone")),
    "step.failed": _on_step(partial(settled, "failed")),
    "step.read": _on_step(read),
    "operator.asked": _asked,
    "operator.answered": _operator_answered,
    "lab.prepared": _prepared,
    "devices.stopped": _stopped,
    "notice.raised": _noticed,
}
