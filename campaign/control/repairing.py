"""Repairing: a record that holds an event which does not fit goes on from before it, with the rest set aside.

Nothing is rewritten. A ``record.repaired`` is appended that says which events do not count, who says so and why. What
they ask, answer and decide is not taken over: no token and no yes from there counts, and results that a person added
there must be added again. Three things are, because it would be dangerous to forget them:

- a pause or an abort is recorded again, by the person who asked for it;
- devices that did not confirm their safe state stay named;
- effects: what the set-aside part says of an experiment's steps is recorded again as far as it can be read, and the
  experiment becomes uncertain, so that a person decides and nothing is done twice. Where it cannot be read to its end
  (``unreadable``), nobody can go on from it: it can be given up, or its result be added by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from zosimos.campaign.control.changes import aborting, halting, pausing
from zosimos.campaign.decisions.proposals import By
from zosimos.campaign.ledger.claims import execution_claim
from zosimos.campaign.ledger.events import Draft, Event
from zosimos.campaign.ledger.verify import verify_chain
from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.record.fold import apply
from zosimos.campaign.record.record import Moment, Record
from zosimos.campaign.record.repairs import REPAIRED
from zosimos.campaign.record.state import State
from zosimos.core.errors import LedgerError, SpecError, StateError
from zosimos.core.listing import and_more

_EFFECTS = frozenset(
    {
        *("step.intended", "step.done", "step.undone", "step.failed"),
        *("experiment.started", "experiment.measured", "experiment.failed", "experiment.uncertain"),
    }
)
"""What says that an experiment was under way: its devices may have done something."""

_STOPS = {"campaign.paused": "pause", "campaign.halted": "halt", "campaign.aborted": "abort"}
"""What stops a campaign, from the mildest on, and what a person asks for by it."""

_ID = re.compile(r"e(\d{4,9})")
_FARTHEST = 1_000_000  # numbers of experiments beyond the last known that can have been given in earnest
_NAMED = 6  # events that a reason names one by one
_NEW = ("decision.made", "observation.told")


@dataclass(frozen=True)
class Plan:
    """What a repair writes, and what it cannot keep: ids of experiments by what becomes of them."""

    events: tuple[Event, ...]
    drafts: tuple[Draft, ...]
    uncertain: tuple[str, ...]
    cancelled: tuple[str, ...]
    lost: tuple[str, ...]
    untouched: tuple[str, ...]

    def lines(self) -> list[str]:
        """Return in words what becomes of experiments and of what people asked for."""
        found = [f"{name} becomes uncertain: a person says how it goes on" for name in self.uncertain]
        found += [f"{name} is cancelled: its approval does not count, and it was under way" for name in self.cancelled]
        found += [f"{name} is known from what is set aside alone: it is not part of the campaign" for name in self.lost]
        found += [f"{name} has ended before: what is set aside of it changes nothing" for name in self.untouched]
        for draft in self.drafts:
            if draft.kind in _STOPS:
                found.append(f"{draft.kind.partition('.')[2]}, as {draft.body['by']['name']} asked: recorded again")
            elif draft.kind == "devices.stopped":
                found.append(f"not known to be safe: {', '.join(draft.body['unconfirmed'])}: recorded again")
        return found

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        listed = [{"seq": event.seq, "at": event.at, "kind": event.kind} | _about(event) for event in self.events]
        found: dict[str, Any] = {"set_aside": listed, "recorded": [draft.kind for draft in self.drafts]}
        for name in ("uncertain", "cancelled", "lost", "untouched"):
            found[name] = list(getattr(self, name))
        return found


def planned(record: Record, by: By, reason: str) -> Plan:
    """Return what a repair would do now, without doing it.

    Raises:
        StateError: the record makes sense to its end.
        TamperedError: it is not what was written: its chain of hashes does not hold.
    """
    record.sync()
    if record.broken is None:
        raise StateError(
            f"the record of campaign {record.campaign} makes sense to its end: there is nothing to repair",
            field="campaign",
            value=record.campaign,
            hint=f"zosimos verify {record.campaign} checks everything else",
        )
    verify_chain(record.ledger, record.campaign)
    events = record.ledger.events(record.campaign, record.state.seq)
    return _plan(record.state, events, by, reason, record.stop_asked())


def repair(record: Record, by: By, reason: str, moment: Moment, shown: Plan | None = None) -> Plan:
    """Set aside all from the first event that does not fit, and return what was done.

    Args:
        record: the broken record; it is whole afterwards.
        by: who says so.
        reason: why, for the record.
        moment: gives the time to stamp.
        shown: the plan that the person has seen, if one was shown.

    Raises:
        SpecError: there is no reason.
        StateError: there is nothing to repair, or something was added since it was shown.
        TamperedError: the chain of hashes does not hold: only a backup helps.
        LockedError: another process runs the campaign.
    """
    if not reason.strip():
        raise SpecError("a repair needs a reason", field="--reason", value=reason, allowed="why, in a few words")
    with execution_claim(record.ledger, record.campaign):
        seen = planned(record, by, reason) if shown is None else shown
        asked = record.stop_asked()
        made: list[Plan] = []

        def build(events: Sequence[Event]) -> Sequence[Draft]:
            if [event.hash for event in events] != [event.hash for event in seen.events]:
                raise StateError(
                    f"something was added to the record of campaign {record.campaign} since it was shown",
                    field="event",
                    value=events[-1].seq if events else None,
                    allowed=f"up to event {seen.events[-1].seq}, as shown",
                    hint="nothing was done: look at it again, and then repair it",
                )
            made.append(_plan(record.state, events, by, reason, asked))
            return made[0].drafts

        record.repair(build, moment)
        record.clear_stop()
    return made[0]


def check_readable(experiment: Experiment, verb: str) -> None:
    """Refuse to go on with an experiment whose last steps nobody can read.

    Raises:
        StateError: it can only be given up, or its result be added by hand.
    """
    if experiment.unreadable and verb != "skip":
        raise StateError(
            f"what {experiment.id} did last was set aside by a repair and cannot be read: it cannot go on",
            field="verb",
            value=verb,
            allowed="skip; or add its result with zosimos tell, if it has one",
        )


def _plan(state: State, events: Sequence[Event], by: By, reason: str, asked: Mapping[str, str]) -> Plan:
    uncertain: list[str] = []
    unreadable: list[str] = []
    cancelled: list[str] = []
    lost: list[str] = []
    untouched: list[str] = []
    drafts: list[Draft] = []
    for name, own in sorted(_under_way(events).items()):
        experiment = state.experiments.get(name)
        why = f"what it did after event {state.seq} was set aside by a repair: {_named(own)}"
        if experiment is None:
            lost.append(name)
        elif experiment.status == "proposed":
            drafts.append(Draft("experiment.cancelled", {"experiment": name, "reason": why, "avoid": True}))
            cancelled.append(name)
        elif experiment.status in ("approved", "running", "uncertain"):
            again, whole = _steps_again(experiment, own)
            drafts += [Draft("experiment.started", {"experiment": name})] if experiment.status == "approved" else []
            drafts += again
            step = _interrupted(experiment, again)
            drafts.append(Draft("experiment.uncertain", {"experiment": name, "step": step, "reason": why}))
            uncertain.append(name)
            unreadable += [] if whole else [name]
        else:
            untouched.append(name)
    lost += [name for name in _new(events) if name not in state.experiments and name not in lost]
    for approval in state.open_approvals():
        if all(name in cancelled for name in approval.experiments if state.experiments[name].status == "proposed"):
            gone = "what it asks for was cancelled by a repair"
            drafts.append(Draft("approval.expired", {"token": approval.token, "reason": gone}))
    drafts += _unsafe_again(events)
    over = [_subject(draft) for draft in drafts]
    drafts += [draft for draft in _stopped_again(state, events, asked) if _subject(draft) not in over]
    kinds = [event.kind for event in events]
    body = {
        "from": events[0].seq,
        "through": events[-1].seq,
        "set_aside": {"count": len(events), "kinds": {kind: kinds.count(kind) for kind in sorted(set(kinds))}},
        "numbered": _numbered(state, events),
        "unreadable": unreadable,
        "by": dict(by),
        "reason": reason,
    }
    written = (Draft(REPAIRED, body), *drafts)
    return Plan(tuple(events), written, tuple(uncertain), tuple(cancelled), tuple(lost), tuple(untouched))


def _about(event: Event) -> dict[str, str]:
    name = event.body.get("experiment")
    return {"experiment": name} if isinstance(name, str) else {}


def _named(events: Sequence[Event]) -> str:
    """Return events in words, the first few of them."""
    return and_more([f"{event.kind} (event {event.seq})" for event in events], _NAMED)


def _subject(draft: Draft) -> tuple[str, object]:
    """Return what a draft ends, so that nothing is ended twice."""
    return draft.kind, draft.body.get("token", draft.body.get("experiment"))


def _under_way(events: Iterable[Event]) -> dict[str, list[Event]]:
    """Return what is said of each experiment whose devices may have done something, in order."""
    said: dict[str, list[Event]] = {}
    for event in events:
        if event.kind in _EFFECTS or event.kind == "step.read":
            for name in _about(event).values():
                said.setdefault(name, []).append(event)
    return {name: own for name, own in said.items() if any(event.kind in _EFFECTS for event in own)}


def _steps_again(experiment: Experiment, own: Sequence[Event]) -> tuple[list[Draft], bool]:
    """Return the steps that are set aside to be recorded again, and whether that is all there is of them."""
    scratch = State("")
    steps = [replace(step) for step in experiment.steps]
    scratch.experiments[experiment.id] = replace(experiment, steps=steps)
    again: list[Draft] = []
    for event in own:
        if event.kind.startswith("step."):
            try:
                apply(scratch, event)
            except LedgerError:
                return again, False
            again.append(Draft(event.kind, event.body))
    ended = any(event.kind in ("experiment.measured", "experiment.failed") for event in own)
    return again, bool(steps) or not ended  # one that ended without a step on record would be done again as a whole


def _interrupted(experiment: Experiment, again: Sequence[Draft]) -> int | None:
    """Return the step that was announced last and not settled."""
    if again:
        return again[-1].body["step"] if again[-1].kind == "step.intended" else None
    last = experiment.steps[-1] if experiment.steps else None
    return last.index if last is not None and last.status == "intended" else None


def _new(events: Iterable[Event]) -> list[str]:
    """Return the experiments that were decided on or added by hand in what is set aside, as far as that can be read."""
    found: list[Any] = []
    for event in events:
        if event.kind in _NEW:
            made = event.body.get("candidates")
            found += _about(event).values()
            found += (
                [item.get("experiment") for item in made if isinstance(item, dict)] if isinstance(made, list) else []
            )
    return list(dict.fromkeys(name for name in found if isinstance(name, str)))


def _numbered(state: State, events: Sequence[Event]) -> int:
    """Return how many numbers of experiments were given away in what is set aside: devices may know those names."""
    acted = [name for event in events if event.kind == "step.intended" for name in _about(event).values()]
    numbers = [int(match[1]) for match in map(_ID.fullmatch, [*_new(events), *acted]) if match is not None]
    given = [number for number in numbers if number <= state.numbered + _FARTHEST]
    return max(0, max(given, default=0) - state.numbered)


def _unsafe_again(events: Iterable[Event]) -> list[Draft]:
    """Return what says once more which devices did not confirm their safe state."""
    found: list[Draft] = []
    for event in events:
        devices = event.body.get("unconfirmed") if event.kind == "devices.stopped" else None
        if isinstance(devices, dict) and devices and all(isinstance(why, str) for why in devices.values()):
            reason = f"again after a repair: {event.body.get('reason', '')}".rstrip(": ")
            found = [Draft("devices.stopped", {"reason": reason, "unconfirmed": devices})]
    return found


def _stopped_again(state: State, events: Sequence[Event], note: Mapping[str, str]) -> list[Draft]:
    """Return the strongest stop that somebody asked for meanwhile, in that person's name."""
    asked = [(_STOPS[event.kind], event) for event in events if event.kind in _STOPS]
    wanted = [(verb, _person(event), str(event.body.get("reason") or "")) for verb, event in asked]
    if note:
        wanted.append((note["verb"], {"name": note["by"], "at": ""}, note["reason"]))
    if not wanted:
        return []
    strongest = list(_STOPS.values())
    verb, person, why = max(reversed(wanted), key=lambda item: strongest.index(item[0]))
    reason = f"again after a repair: {why}".rstrip(": ")
    if state.status not in ("active", "paused"):
        return []
    if verb == "abort":
        return aborting(state, person, reason)
    if verb == "halt":
        return [] if state.halted else [halting(person, reason)]
    return [pausing(person, reason)] if state.status == "active" else []


def _person(event: Event) -> dict[str, str]:
    """Return who asked for a stop, as far as that can be read."""
    by = event.body.get("by")
    name, at = (by.get("name"), by.get("at")) if isinstance(by, dict) else (None, None)
    return {"name": name if isinstance(name, str) and name else "somebody", "at": at if isinstance(at, str) else ""}
