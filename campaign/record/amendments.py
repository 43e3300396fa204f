"""Amendments: how corrected, later and retracted results, and dropped proposals, change a state: part of the fold.

Nothing that was on record is taken away: an experiment keeps what it was in its amendments, and the events stay. From
such an event on the result counts otherwise, for every decision, stop rule and view; decisions made before it are
replayed with what counted then. An experiment whose result was retracted has still been done: the budget does not
change. A dropped proposal was never done, and gives its place in the budget back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from zosimos.campaign.ledger.events import Event
from zosimos.campaign.record import checked
from zosimos.campaign.record.bodies import flag, listed, mapped, real, text, texts
from zosimos.campaign.record.experiment import ENDED, WAITING, Amendment, Experiment
from zosimos.campaign.record.observation import observed
from zosimos.campaign.record.results import failure_cause
from zosimos.campaign.record.standing import Standing
from zosimos.campaign.record.state import State

Body = Mapping[str, Any]


def corrected(state: State, body: Body, event: Event) -> None:
    """Take in other values of a result: ``measurements`` that change, and ``achieved``, where it was really run.

    A failure that has a value after all becomes a result by the former; ``failed`` makes a failure of a result, or
    gives a failure another reason. ``notes`` are all notes as they stand from then on; they count nowhere. All of these
    may come together, but for values of a failure. ``gone`` are outcomes of which nothing is known any more, which
    comes alone and never takes all: the experiment lacks them as if they had not been measured yet.

    Raises:
        KeyError, TypeError, ValueError, DataError: there is no result, or the values make no sense.
    """
    experiment = _one(state, body, *ENDED)
    found, scores = checked.measurements(body["measurements"]), mapped(body, "surprise")
    failed, notes = text(body, "failed") if "failed" in body else "", texts(body, "notes")
    moved, gone = checked.achieved(experiment.values, body.get("achieved", {})), _gone(experiment, body)
    if gone:
        _taken_out(state, experiment, gone, _said("corrected", experiment, body, event), scores)
        return
    if not (found or failed or notes or moved) or (found and failed):
        raise ValueError("it corrects nothing, or makes a failure of a result that it gives")
    predicted = bool(observed(experiment).predictions)
    was = {name: item for name, item in experiment.measurements.items() if failed or name in found}
    was_at = {name: experiment.ran_at[name] for name in moved}
    said = replace(_said("corrected", experiment, body, event), was=was, now=found, notes=_rewritten(experiment, notes))
    said = replace(said, failed=experiment.reason if found or failed else "", was_at=was_at, now_at=moved)
    _noted(experiment, said)
    if notes:
        state.note(experiment, notes)
    if moved:
        state.ran(experiment, {**experiment.achieved, **moved})
    if found or failed:
        experiment.measurements = {} if failed else {**experiment.measurements, **found}
        _ended(state, experiment, failed)
    if found or failed or moved:
        experiment.surprise = {name: real(scores, name) for name in scores}
        state.amend(experiment, predicted=predicted)


def added(state: State, body: Body, event: Event) -> None:
    """Take in outcomes of a result that lacked them, or notes beside it: ``notes`` are all of them from then on.

    Raises:
        KeyError, TypeError, ValueError, DataError: there is no result, it has such outcomes, or they make no sense.
    """
    experiment = _one(state, body, *ENDED)
    found, notes = checked.measurements(body["measurements"]), texts(body, "notes")
    scores, there = mapped(body, "surprise"), [name for name in found if name in experiment.measurements]
    if not (found or notes) or there or (found and experiment.status == "failed"):
        raise ValueError(f"it adds nothing that {experiment.id} lacks")
    said = _said("added", experiment, {**body, "reason": ""}, event)
    _noted(experiment, replace(said, now=found, notes=_rewritten(experiment, notes)))
    if notes:
        state.note(experiment, notes)
    if found:
        predicted = bool(observed(experiment).predictions)
        experiment.measurements = {**experiment.measurements, **found}
        experiment.surprise = {name: real(scores, name) for name in scores}
        state.amend(experiment, predicted=predicted)


def _gone(experiment: Experiment, body: Body) -> tuple[str, ...]:
    """Return the outcomes that a correction leaves nothing of."""
    gone = tuple(listed(body, "gone")) if "gone" in body else ()
    more = [name for name in ("measurements", "failed", "achieved", "notes") if body.get(name)]
    if gone and (more or not set(gone) < experiment.measurements.keys() or len(set(gone)) < len(gone)):
        raise ValueError(f"it does not take some of what was measured out of {experiment.id}, and that alone")
    return gone


def _taken_out(
    state: State, experiment: Experiment, gone: tuple[str, ...], said: Amendment, scores: Mapping[str, Any]
) -> None:
    """Let an experiment lack outcomes that it had."""
    predicted = bool(observed(experiment).predictions)
    _noted(experiment, replace(said, was={name: experiment.measurements[name] for name in gone}, gone=gone))
    experiment.measurements = {name: item for name, item in experiment.measurements.items() if name not in gone}
    experiment.surprise = {name: real(scores, name) for name in scores}
    state.amend(experiment, predicted=predicted)


def _rewritten(experiment: Experiment, notes: Mapping[str, str]) -> dict[str, str]:
    """Return what the notes that change said before, by column; nothing where there was none."""
    return {name: experiment.notes.get(name, "") for name, text in notes.items() if text != experiment.notes.get(name)}


def _ended(state: State, experiment: Experiment, failed: str) -> None:
    """Let an experiment have failed, or not, by a correction."""
    experiment.reason = failed
    experiment.cause = failure_cause("told", failed) if failed else "unknown"
    state.reindex(experiment, "failed" if failed else "measured")


def retracted(state: State, body: Body, event: Event) -> None:
    """Take in that a result, or a failure, counts no more.

    Raises:
        KeyError, TypeError, ValueError: there is none.
    """
    experiment = _one(state, body, "measured", "failed")
    predicted = bool(observed(experiment).predictions)
    said = _said("retracted", experiment, body, event)
    _noted(experiment, replace(said, was=experiment.measurements, surprise=experiment.surprise))
    experiment.measurements, experiment.surprise = {}, {}
    state.reindex(experiment, "retracted")
    state.amend(experiment, predicted=predicted)


def restored(state: State, body: Body, event: Event) -> None:
    """Take in that a retracted result counts again.

    Raises:
        KeyError, TypeError, ValueError: it was not retracted.
    """
    experiment = _one(state, body, "retracted")
    taken = experiment.amendments[-1]
    _noted(experiment, _said("restored", experiment, body, event))
    experiment.measurements, experiment.surprise = taken.was, taken.surprise
    state.reindex(experiment, taken.status)
    state.amend(experiment, predicted=False)


def dropped(state: State, body: Body, event: Event) -> None:
    """Take in that nobody will do a proposed experiment; ``exclude``: its row is not proposed again.

    Raises:
        KeyError, TypeError, ValueError: it waits no more.
    """
    experiment = _one(state, body, *WAITING)
    said = _said("dropped", experiment, body, event)
    advice = text(body, "advice") if "advice" in body else ""
    if advice and advice not in state.advice:
        raise ValueError(f"{advice} is no advice on record")
    _noted(experiment, replace(said, advice=advice))
    experiment.reason, experiment.avoid = f"dropped by {said.by}: {said.reason}", flag(body, "exclude")
    state.move(experiment, "cancelled", event)


def taken_up(state: State, body: Body, event: Event) -> None:
    """Take in that a dropped proposal waits again, as it did.

    Raises:
        KeyError, TypeError, ValueError: it was not dropped.
    """
    experiment = _one(state, body, "cancelled")
    if not was_dropped(experiment):
        raise ValueError(f"{experiment.id} was not dropped")
    before = experiment.amendments[-1].status
    _noted(experiment, _said("taken up", experiment, body, event))
    experiment.reason, experiment.avoid, experiment.ended_at = "", False, ""
    state.reindex(experiment, before)
    state.kept = Standing()  # what was spent goes on from the first experiment that waits


def was_dropped(experiment: Experiment) -> bool:
    """Say whether a person dropped an experiment's proposal, and did not take it up again."""
    return bool(experiment.amendments) and experiment.amendments[-1].kind == "dropped"


def _one(state: State, body: Body, *allowed: str) -> Experiment:
    experiment = state.experiments[body["experiment"]]
    if experiment.status not in allowed:
        raise ValueError(f"{experiment.id} is {experiment.status}, not {' or '.join(sorted(allowed))}")
    return experiment


def _said(kind: Any, experiment: Experiment, body: Body, event: Event) -> Amendment:
    by = mapped(body, "by")
    text(by, "at")
    return Amendment(kind, text(by, "name"), text(body, "reason"), event.at, experiment.status)


def _noted(experiment: Experiment, amendment: Amendment) -> None:
    experiment.amendments = (*experiment.amendments, amendment)
