"""State: what a campaign is now, as a fold over its events. Nothing else decides it, and nothing but events changes it.

Theory of operation: ``State.apply`` takes one event and updates plain fields in time that does not grow with the
campaign. An experiment moves only along ``TRANSITIONS``; an event that does not fit is refused, so that a record which
makes no sense is noticed where it is read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal, TypeAlias

from zosimos.campaign.experiment import (
    OPEN,
    TRANSITIONS,
    WAITING,
    Approval,
    Experiment,
    ExperimentStatus,
    Notice,
    Outlook,
    ProposedChange,
    Question,
    Steering,
    Step,
)
from zosimos.campaign.ledger.events import GENESIS, Event
from zosimos.campaign.results import failure_cause
from zosimos.campaign.spec.model import CampaignSpec
from zosimos.campaign.spec.read import parse_spec
from zosimos.campaign.spec.steer import Change, applied
from zosimos.campaign.steps import answered, asked, intended, read, settled
from zosimos.core.canonical import canonical_json
from zosimos.core.errors import InputError, LedgerError, NotFoundError
from zosimos.core.records import Candidate, Measurement, Observation

CampaignStatus: TypeAlias = Literal["active", "paused", "aborted", "finished"]

COURSES: Mapping[str, frozenset[str]] = {
    "active": frozenset({"paused", "aborted", "finished"}),
    "paused": frozenset({"active", "aborted"}),
    "finished": frozenset({"active"}),
    "aborted": frozenset(),
}
"""From a campaign's status to those it can take next."""


@dataclass
class State:
    """A campaign as its events tell it."""

    id: str
    status: CampaignStatus = "active"
    reason: str = ""
    specs: list[CampaignSpec] = field(default_factory=list)
    steerings: list[Steering] = field(default_factory=list)
    files: Mapping[str, str] = field(default_factory=dict)
    source: Mapping[str, Any] | None = None
    prepared: Mapping[str, Any] | None = None
    clock: str = "wall"
    experiments: dict[str, Experiment] = field(default_factory=dict)
    active: dict[str, Experiment] = field(default_factory=dict)
    uncertain: dict[str, Experiment] = field(default_factory=dict)
    avoided: dict[str, Experiment] = field(default_factory=dict)
    approvals: dict[str, Approval] = field(default_factory=dict)
    questions: dict[str, Question] = field(default_factory=dict)
    changes: dict[str, ProposedChange] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    digests: list[str] = field(default_factory=lambda: [GENESIS])
    decisions: int = 0
    used: int = 0
    failures_in_a_row: int = 0
    sessions: int = 0
    outlook: Outlook | None = None
    running_since: str = ""
    created_at: str = ""
    at: str = ""
    seq: int = 0
    head: str = GENESIS

    @property
    def spec(self) -> CampaignSpec:
        """The spec as it stands."""
        return self.specs[-1]

    @property
    def simulated(self) -> bool:
        """Whether the campaign's time is simulated."""
        return self.clock != "wall"

    @property
    def spec_version(self) -> int:
        """The number of the spec as it stands, from 1."""
        return len(self.specs)

    def experiment(self, name: str) -> Experiment:
        """Return an experiment by its id.

        Raises:
            NotFoundError: there is none.
        """
        if name not in self.experiments:
            raise NotFoundError(
                f"campaign {self.id} has no experiment {name}",
                field="experiment",
                value=name,
                allowed="an id such as e0001, as zosimos show lists them",
            )
        return self.experiments[name]

    def open_approvals(self) -> list[Approval]:
        """Return the questions nobody has answered yet, but for those whose experiments all got results by hand."""
        return [
            approval
            for approval in self.approvals.values()
            if approval.status == "open"
            and any(self.experiments[name].status == "proposed" for name in approval.experiments)
        ]

    def open_changes(self) -> list[ProposedChange]:
        """Return the proposed changes nobody has answered yet."""
        return [change for change in self.changes.values() if change.status == "open"]

    def open_questions(self) -> list[Question]:
        """Return what operators were asked to do and have not answered, for experiments that still wait."""
        return [
            question
            for question in self.questions.values()
            if question.status == "open" and question.experiment in self.active
        ]

    def open_tokens(self) -> list[str]:
        """Return the tokens that can be answered."""
        found = [item.token for item in self.open_approvals()] + [item.token for item in self.open_changes()]
        return found + [item.token for item in self.open_questions()]

    def apply(self, event: Event) -> None:
        """Take in the next event.

        Raises:
            LedgerError: the event does not fit the state.
        """
        try:
            _APPLY[event.kind](self, event.body, event)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError, InputError) as error:
            raise LedgerError(
                f"event {event.seq} ({event.kind}) does not fit the record before it: {error!r}",
                field="event",
                value=event.seq,
                hint="run zosimos verify; restore the ledger from a backup",
            ) from error
        self.seq, self.head, self.at = event.seq, event.hash, event.at

    def move(self, experiment: Experiment, to: ExperimentStatus, event: Event) -> None:
        """Move an experiment along ``TRANSITIONS``."""
        if to not in TRANSITIONS[experiment.status]:
            raise ValueError(f"{experiment.id} cannot go from {experiment.status} to {to}")
        was, experiment.status = experiment.status, to
        self._index(experiment)
        if was in WAITING and to not in WAITING and to != "cancelled":
            self.used += 1
        if to == "running":
            experiment.started_at = experiment.started_at or event.at
            experiment.ended_at = experiment.reason = ""
        elif to != "approved":
            experiment.ended_at = event.at

    def turn(self, to: CampaignStatus, reason: str) -> None:
        """Move the campaign along ``COURSES``."""
        if to not in COURSES[self.status]:
            raise ValueError(f"a campaign cannot go from {self.status} to {to}")
        self.status, self.reason = to, reason

    def observe(self, observation: Observation) -> None:
        """Take in an observation, and extend the running digest of all of them in order."""
        self.observations.append(observation)
        text = canonical_json(observation.as_json())
        self.digests.append(hashlib.sha256(f"{self.digests[-1]}\n{text}".encode()).hexdigest())
        self.failures_in_a_row = self.failures_in_a_row + 1 if observation.failed else 0

    def _index(self, experiment: Experiment) -> None:
        for index, belongs in (
            (self.active, experiment.status in OPEN),
            (self.uncertain, experiment.status == "uncertain"),
            (self.avoided, experiment.avoid or experiment.status == "uncertain"),
        ):
            if belongs:
                index[experiment.id] = experiment
            else:
                index.pop(experiment.id, None)

    def add(self, experiment: Experiment) -> None:
        """Take in a new experiment."""
        if experiment.id in self.experiments:
            raise ValueError(f"{experiment.id} exists already")
        self.experiments[experiment.id] = experiment
        self._index(experiment)


def fold(campaign: str, events: Iterable[Event]) -> State:
    """Return the state that a campaign's events lead to.

    Raises:
        NotFoundError: there are no events.
        LedgerError: an event does not fit.
    """
    state = State(campaign)
    for event in events:
        state.apply(event)
    if not state.seq:
        raise NotFoundError(
            f"the ledger has no campaign {campaign}",
            field="campaign",
            value=campaign,
            hint="zosimos list shows the campaigns; --ledger names another ledger",
        )
    return state


def _created(state: State, body: Mapping[str, Any], event: Event) -> None:
    if state.specs:
        raise ValueError("the campaign was created already")
    # Stored JSON has its keys sorted; people see their parameters and objectives in the order they wrote them.
    ordered = {root: {name: body["spec"][root][name] for name in names} for root, names in body["order"].items()}
    state.specs.append(parse_spec({**body["spec"], **ordered}))
    state.files = body["files"]
    state.source = body["source"]
    state.clock = body["clock"]
    state.created_at = event.at


def _opened(state: State, body: Mapping[str, Any], event: Event) -> None:
    state.sessions += 1
    state.running_since = state.running_since or event.at


def _paused(state: State, body: Mapping[str, Any], event: Event) -> None:
    state.turn("paused", body["reason"])


def _continued(state: State, body: Mapping[str, Any], event: Event) -> None:
    state.turn("active", "")
    state.failures_in_a_row = 0


def _aborted(state: State, body: Mapping[str, Any], event: Event) -> None:
    state.turn("aborted", body["reason"])


def _finished(state: State, body: Mapping[str, Any], event: Event) -> None:
    state.turn("finished", body["reason"])


def _steered(state: State, body: Mapping[str, Any], event: Event) -> None:
    changes = tuple(Change.from_json(item) for item in body["changes"])
    state.specs.append(applied(state.spec, changes))
    state.outlook = None  # it answered the old spec's question
    by = body["by"]
    state.steerings.append(
        Steering(body["version"], changes, by["name"], body["reason"], body["undoes"], event.at, by["at"])
    )


def _decided(state: State, body: Mapping[str, Any], event: Event) -> None:
    state.decisions += 1
    state.outlook = Outlook(**body["outlook"]) if "outlook" in body else None
    for item in body["candidates"]:
        state.add(
            Experiment(
                item["experiment"],
                _in_order(state, Candidate.from_json(item["candidate"])),
                body["decision"],
                body["inputs"]["spec_version"],
                status="approved" if body["policy"] == "autonomous" else "proposed",
                proposed_at=event.at,
            )
        )


def _in_order(state: State, candidate: Candidate) -> Candidate:
    """Return the candidate with its values in the order of the spec's parameters."""
    known = {name: candidate.values[name] for name in state.spec.space if name in candidate.values}
    return replace(candidate, values={**known, **candidate.values})


def _requested(state: State, body: Mapping[str, Any], event: Event) -> None:
    token, names = body["token"], tuple(body["experiments"])
    state.approvals[token] = Approval(token, names, body["digest"], body["spec_version"], at=event.at)


def _suggested(state: State, body: Mapping[str, Any], event: Event) -> None:
    token, changes = body["token"], tuple(Change.from_json(item) for item in body["changes"])
    if token in state.approvals or token in state.changes:
        raise ValueError(f"{token} stands for something else already")
    state.changes[token] = ProposedChange(
        token,
        body["verb"],
        changes,
        body["undoes"],
        body["spec_version"],
        body["number"],
        body["digest"],
        body["by"]["name"],
        body["reason"],
        event.at,
    )


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
    status: Literal["granted", "rejected", "expired"],
    then: Callable[[State, Approval, Event], None] = lambda state, approval, event: None,
) -> Callable[[State, Mapping[str, Any], Event], None]:
    """Return what takes in an answer: to a proposed change, or to an approval, which moves experiments."""

    def apply(state: State, body: Mapping[str, Any], event: Event) -> None:
        if body["token"] in state.changes:
            _change_answered(state, body, status)
        else:
            then(state, _answered(state, body, status), event)

    return apply


def _answered(state: State, body: Mapping[str, Any], status: Literal["granted", "rejected", "expired"]) -> Approval:
    approval = state.approvals[body["token"]]
    if approval.status != "open":
        raise ValueError(f"approval {approval.token} was already {approval.status}")
    by = body.get("by", {"name": "", "at": ""})
    approval.status, approval.reason, approval.by, approval.answered = status, body["reason"], by["name"], by["at"]
    return approval


def _change_answered(state: State, body: Mapping[str, Any], status: Literal["granted", "rejected", "expired"]) -> None:
    change = state.changes[body["token"]]
    if change.status != "open":
        raise ValueError(f"the proposal {change.token} was already {change.status}")
    by = body.get("by", {"name": "", "at": ""})
    change.status, change.answer, change.answered_by, change.answered = status, body["reason"], by["name"], by["at"]


def _started(state: State, body: Mapping[str, Any], event: Event) -> None:
    state.move(state.experiments[body["experiment"]], "running", event)


def _measured(state: State, body: Mapping[str, Any], event: Event) -> None:
    experiment = state.experiments[body["experiment"]]
    experiment.measurements = {name: Measurement.from_json(item) for name, item in body["measurements"].items()}
    experiment.surprise = body["surprise"]
    state.move(experiment, "measured", event)
    predicted = experiment.candidate.predictions
    state.observe(Observation(experiment.id, experiment.values, experiment.measurements, predictions=predicted))


def _failed(state: State, body: Mapping[str, Any], event: Event) -> None:
    experiment = state.experiments[body["experiment"]]
    experiment.reason = body["cause"]
    state.move(experiment, "failed", event)
    cause = failure_cause(body.get("error", ""), body["cause"])
    state.observe(Observation(experiment.id, experiment.values, failed=True, cause=cause))


def _doubted(state: State, body: Mapping[str, Any], event: Event) -> None:
    experiment = state.experiments[body["experiment"]]
    experiment.reason, experiment.verdict = body["reason"], ""
    state.move(experiment, "uncertain", event)


def _cancelled(state: State, body: Mapping[str, Any], event: Event) -> None:
    experiment = state.experiments[body["experiment"]]
    experiment.reason, experiment.avoid = body["reason"], body["avoid"]
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
    observation = Observation(experiment.id, experiment.values, measurements, failed=bool(failed))
    state.observe(replace(observation, cause=failure_cause("told", failed)) if failed else observation)


def _asked(state: State, body: Mapping[str, Any], event: Event) -> None:
    asked(state.experiments[body["experiment"]].steps, body, event)
    state.questions[body["token"]] = Question(body["token"], body["experiment"], body["step"], body["text"])


def _operator_answered(state: State, body: Mapping[str, Any], event: Event) -> None:
    question = state.questions[body["token"]]
    answered(state.experiments[question.experiment].steps, question.step, body, event)
    question.status = "granted" if body["yes"] else "rejected"
    question.by, question.reason = body["by"]["name"], body["reason"]


def _prepared(state: State, body: Mapping[str, Any], event: Event) -> None:
    state.prepared = body["found"]


def _noticed(state: State, body: Mapping[str, Any], event: Event) -> None:
    state.notices.append(Notice(**body))


def _on_step(fold: Callable[[list[Step], Mapping[str, Any], Event], None]) -> Callable[..., None]:
    return lambda state, body, event: fold(state.experiments[body["experiment"]].steps, body, event)


_APPLY: Mapping[str, Callable[[State, Mapping[str, Any], Event], None]] = {
    "campaign.created": _created,
    "campaign.paused": _paused,
    "campaign.continued": _continued,
    "campaign.aborted": _aborted,
    "campaign.finished": _finished,
    "session.opened": _opened,
    "session.closed": lambda state, body, event: None,
    "spec.steered": _steered,
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
    "notice.raised": _noticed,
}
