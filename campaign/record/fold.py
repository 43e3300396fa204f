"""The fold: what each event does to a campaign's state.

Theory of operation: :func:`apply` takes one event and updates plain fields in time that does not grow with the
campaign. An event that does not fit is refused, so that a record which makes no sense is noticed where it is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from itertools import takewhile
from typing import Any, TypeAlias, get_args

from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.definition.steer import Change, applied
from zosimos.campaign.ledger.events import Event
from zosimos.campaign.record import checked
from zosimos.campaign.record.advisor_calls import FOLDS as ADVICE
from zosimos.campaign.record.amendments import added, corrected, dropped, restored, retracted, taken_up
from zosimos.campaign.record.answers import answer
from zosimos.campaign.record.bodies import flag, lines, listed, mapped, number, real, source, text, texts
from zosimos.campaign.record.experiment import (
    Approval,
    Experiment,
    ProposedChange,
    ProposedVerb,
    Question,
    Steering,
    Step,
)
from zosimos.campaign.record.lens import check_seen
from zosimos.campaign.record.model_use import asked as models_asked
from zosimos.campaign.record.repairs import REPAIRED, counting, gaps, repaired, without
from zosimos.campaign.record.results import failure_cause
from zosimos.campaign.record.said import conversed, noticed, written_down
from zosimos.campaign.record.state import Broken, CampaignStatus, State
from zosimos.campaign.record.steps import answered, asked, intended, read, settled
from zosimos.campaign.record.suggested import content_in
from zosimos.core.errors import DamagedError, LedgerError, NotFoundError, ZosimosError
from zosimos.core.records import Candidate

_Fold: TypeAlias = Callable[[State, Mapping[str, Any], Event], None]
_MISFITS = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)


def readable(campaign: str, events: Iterable[Event], begin: Callable[[], State] | None = None) -> State:
    """Return the state as far as a campaign's events can be read; ``broken`` names the first that does not fit.

    Events that a repair set aside are left out.

    Args:
        campaign: its id.
        events: its events in order. Where one does not fit they are gone through again, from the first.
        begin: gives a new state before them, each time they are gone through; None: they are all there are.

    Raises:
        NotFoundError: there are no events.
        DamagedError: the very first does not fit.
    """
    start = begin or partial(State, campaign)
    state, misfit = _taken_in(start, events)
    if misfit is not None:
        aside = gaps(events)
        if aside:
            state, misfit = _taken_in(start, without(events, aside))
        if misfit is not None:
            event, error = misfit
            if not state.seq:
                raise error
            whole = takewhile(lambda other: other.seq < event.seq, without(events, aside))
            state, _ = _taken_in(start, whole)  # again: the event may have changed something before it failed
            state.broken = Broken(event.seq, event.kind, _in_words(error.__cause__))
    return _there(state)


def _there(state: State) -> State:
    """Refuse a campaign of which there is not one event."""
    if not state.seq:
        raise NotFoundError(
            f"the ledger has no campaign {state.id}",
            field="campaign",
            value=state.id,
            hint="zosimos list shows the campaigns; --ledger names another ledger",
        )
    return state


def _taken_in(start: Callable[[], State], events: Iterable[Event]) -> tuple[State, tuple[Event, LedgerError] | None]:
    """Return the state after events, up to the first that does not fit, and that one with why."""
    state = start()
    for event in events:
        try:
            apply(state, event)
        except LedgerError as error:
            return state, (event, error)
    return state, None


def fold(campaign: str, events: Iterable[Event]) -> State:
    """Return the state that a campaign's events lead to.

    Raises:
        NotFoundError: there are no events.
        LedgerError: an event does not fit.
    """
    state, misfit = _taken_in(partial(State, campaign), counting(events))
    if misfit is not None:
        raise misfit[1]
    return _there(state)


def apply(state: State, event: Event) -> None:
    """Take in a campaign's next event.

    Raises:
        DamagedError: the event does not fit the state.
    """
    try:
        _APPLY[event.kind](state, event.body, event)
    except (*_MISFITS, ZosimosError) as error:
        raise DamagedError(
            f"event {event.seq} ({event.kind}) does not fit the record before it: {_in_words(error)}",
            field="event",
            value=event.seq,
            hint="zosimos verify says what can be trusted; zosimos repair sets the event aside",
        ) from error
    state.seq, state.head, state.at = event.seq, event.hash, event.at


def _in_words(error: BaseException | None) -> str:
    """Return why an event does not fit."""
    if isinstance(error, KeyError) and error.args:
        return f"{error.args[0]!r} is not there"
    return (str(error) or type(error).__name__).splitlines()[0]


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


def _turning(to: CampaignStatus) -> _Fold:
    """Return what moves the campaign along its course, for the reason that the event gives."""
    return lambda state, body, event: state.turn(to, text(body, "reason"))


def _halted(state: State, body: Mapping[str, Any], event: Event) -> None:
    reason = text(body, "reason")
    if state.status != "paused":
        state.turn("paused", reason)
    state.reason, state.halted, state.owed, state.halts = reason, True, True, state.halts + 1


def _continued(state: State, body: Mapping[str, Any], event: Event) -> None:
    state.turn("active", "")
    state.failures_in_a_row = 0


def _steered(state: State, body: Mapping[str, Any], event: Event) -> None:
    changes = tuple(Change.from_json(item) for item in listed(body, "changes"))
    state.specs.append(applied(state.spec, changes))
    state.forecast = None  # it answered the old spec's question
    if state.spec.space.keys() != state.specs[-2].space.keys():
        check_seen(state.specs, done=bool(state.experiments))
        lens = state.lens
        for experiment in (*state.active.values(), *state.uncertain.values()):  # they will be run in the new space
            experiment.candidate = _in_order(state, lens.filling(experiment.candidate))
    if "source" in body:
        state.source = source(mapped(body, "source"))
    state.resteered = state.status == "finished"
    version, by, at = number(body, "version"), text(body["by"], "name"), text(body["by"], "at")
    undoes = None if body["undoes"] is None else number(body, "undoes")
    state.steerings.append(Steering(version, changes, by, text(body, "reason"), undoes, event.at, at))


def _decided(state: State, body: Mapping[str, Any], event: Event) -> None:
    decision, version = text(body, "decision"), number(body["inputs"], "spec_version")
    state.decisions += 1
    state.forecast = checked.forecast(body["outlook"]) if "outlook" in body else None
    advice = tuple(state.advice[name].advice.id for name in body["inputs"].get("advice", ()))
    for item in body["candidates"]:
        state.add(
            Experiment(
                text(item, "experiment"),
                _in_order(state, checked.candidate(item["candidate"])),
                decision,
                version,
                status="approved" if body["policy"] == "autonomous" else "proposed",
                proposed_at=event.at,
                advice=advice,
            )
        )


def _in_order(state: State, candidate: Candidate) -> Candidate:
    """Return the candidate with its values in the order of the spec's parameters, each of which it must have."""
    known = {name: candidate.values[name] for name in state.spec.space}
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
        content=content_in(verb, body),
        evidence=lines(body, "evidence") if "evidence" in body else (),
    )


def _new_token(state: State, body: Mapping[str, Any]) -> str:
    token = text(body, "token")
    if state.has_token(token):
        raise ValueError(f"{token} stands for something else already")
    return token


def _started(state: State, body: Mapping[str, Any], event: Event) -> None:
    state.move(state.experiments[body["experiment"]], "running", event)


def _measured(state: State, body: Mapping[str, Any], event: Event) -> None:
    experiment = state.experiments[body["experiment"]]
    experiment.measurements = checked.measurements(body["measurements"])
    state.ran(experiment, checked.achieved(experiment.values, body.get("achieved", {})))
    surprise = mapped(body, "surprise")
    experiment.surprise = {name: real(surprise, name) for name in surprise}
    state.note(experiment, texts(body, "notes"))
    state.move(experiment, "measured", event)
    state.observe(experiment)


def _failed(state: State, body: Mapping[str, Any], event: Event) -> None:
    experiment = state.experiments[body["experiment"]]
    experiment.reason = text(body, "cause")
    experiment.cause = failure_cause(body.get("error", ""), body["cause"])
    state.ran(experiment, checked.achieved(experiment.values, body.get("achieved", {})))
    state.note(experiment, texts(body, "notes"))
    state.move(experiment, "failed", event)
    state.observe(experiment)


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
    measurements, failed = checked.measurements(body["measurements"]), body["failed"]
    if not isinstance(failed, str | bool):
        raise TypeError(f"failed is no reason: {failed!r}")
    carried = texts(body, "carried")
    why = f"carried over from {carried['campaign']} {carried['experiment']}" if carried else "told"
    candidate = _in_order(state, Candidate(checked.values(body["values"]), "person", why))
    experiment = Experiment(
        text(body, "experiment"),
        candidate,
        "",
        state.spec_version,
        status="failed" if failed else "measured",
        measurements=measurements,
        reason=failed if isinstance(failed, str) else "",
        proposed_at=event.at,
        ended_at=event.at,
        cause=failure_cause("told", str(failed)) if failed else "unknown",
        carried=carried,
    )
    state.note(experiment, texts(body, "notes"))
    state.add(experiment)
    state.observe(experiment)


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
    state.owed = False


def _on_step(fold: Callable[[list[Step], Mapping[str, Any], Event], None]) -> _Fold:
    return lambda state, body, event: fold(state.experiments[body["experiment"]].steps, body, event)


_APPLY: Mapping[str, _Fold] = {
    "campaign.created": _created,
    "campaign.paused": _turning("paused"),
    "campaign.halted": _halted,
    "campaign.continued": _continued,
    "campaign.aborted": _turning("aborted"),
    "campaign.finished": _turning("finished"),
    "session.opened": _opened,
    "session.closed": lambda state, body, event: None,
    "spec.steered": _steered,
    **ADVICE,
    "decision.made": _decided,
    "change.proposed": _suggested,
    "approval.requested": _requested,
    "approval.granted": answer("granted"),
    "approval.rejected": answer("rejected"),
    "approval.expired": answer("expired"),
    "experiment.started": _started,
    "experiment.measured": _measured,
    "experiment.failed": _failed,
    "experiment.uncertain": _doubted,
    "experiment.cancelled": _cancelled,
    "experiment.resolved": _resolved,
    "observation.told": _told,
    "result.added": added,
    "result.corrected": corrected,
    "result.retracted": retracted,
    "result.restored": restored,
    "proposal.dropped": dropped,
    "proposal.restored": taken_up,
    "step.intended": _on_step(intended),
    "step.done": _on_step(partial(settled, "done")),
    "step.undone": _on_step(partial(settled, "undone")),
    "step.failed": _on_step(partial(settled, "failed")),
    "step.read": _on_step(read),
    "operator.asked": _asked,
    "operator.answered": _operator_answered,
    "lab.prepared": _prepared,
    "devices.stopped": _stopped,
    "notice.raised": noticed,
    "note.added": written_down,
    "models.asked": models_asked,
    "chat.answered": conversed,
    "clock.jumped": lambda state, body, event: state.jump(real(body, "seconds")),
    REPAIRED: repaired,
}
