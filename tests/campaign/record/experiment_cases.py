"""Events of experiments: decided, started, ended in one way or another, told by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from tests.campaign.record.case import (
    APPROVED,
    BARE,
    BEFORE,
    BY,
    LIVE,
    MEASURED,
    NUMBER,
    PROPOSED,
    RUNNING,
    UNCERTAIN,
    UNDER_WAY,
    UNKNOWN,
    WHO,
    WORDS,
    Case,
    body,
    decided,
    refused,
    without,
)

from zosimos.campaign.ledger.events import Event
from zosimos.campaign.record.experiment import OPEN, WAITING, Experiment
from zosimos.campaign.record.state import State
from zosimos.core.records import QUALITIES, Candidate, Measurement, Prediction

INDEXES = frozenset({"experiments", "active", "uncertain", "avoided"})
ENDED = INDEXES | {"used", "observations", "digests", "failures_in_a_row", "note_columns", "missed", "split"}

PREDICTIONS = st.dictionaries(
    st.sampled_from(["y", "w"]), st.builds(Prediction, NUMBER, st.floats(0, 9), st.none() | st.floats(0, 9)), max_size=2
)
CANDIDATES = st.builds(
    Candidate,
    st.fixed_dictionaries({"x": st.floats(0, 1)}),
    WORDS,
    WORDS,
    PREDICTIONS,
    st.none() | NUMBER,
    st.sampled_from([None, "in", "out"]),
    st.sampled_from(["", MEASURED]),
    st.none(),
    st.sampled_from(["", "ann"]),
)
MEASUREMENTS = st.fixed_dictionaries(
    {
        "y": st.builds(
            Measurement,
            st.just("y"),
            NUMBER,
            st.none() | st.floats(0, 9),
            quality=st.sampled_from(QUALITIES),
            limit=st.sampled_from([None, "below", "above"]),
        )
    }
).map(lambda found: {name: item.as_json() for name, item in found.items()})


def _noted(**fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Bodies with these fields, some with notes of a person's too."""
    return body(**fields) | body(**fields, notes=st.dictionaries(WORDS, WORDS, max_size=2))


def indexed(state: State, name: str) -> Experiment:
    """Return an experiment after checking that every index agrees with its status."""
    found = state.experiments[name]
    assert (name in state.active) == (found.status in OPEN)
    assert (name in state.uncertain) == (found.status == "uncertain")
    assert (name in state.avoided) == (found.avoid or found.status == "uncertain")
    assert (name in state.retracted) == (found.status == "retracted")
    return found


def moved(was: State, now: State, event: Event, to: str) -> tuple[Experiment, Experiment]:
    """Return the event's experiment before and after; no other changed, and an attempt counts once in the budget."""
    name = event.body["experiment"]
    before, after = was.experiments[name], indexed(now, name)
    assert after.status == to
    assert {**now.experiments, name: before} == was.experiments
    assert now.used == was.used + (before.status in WAITING and to != "cancelled")
    assert (after.candidate, after.decision, after.steps) == (before.candidate, before.decision, before.steps)
    assert after.ended_at == ("" if to == "running" else event.at)
    return before, after


def _decided(was: State, now: State, event: Event) -> None:
    assert now.decisions == was.decisions + 1
    names = [item["experiment"] for item in event.body["candidates"]]
    assert list(now.experiments) == [*was.experiments, *names]
    for item in event.body["candidates"]:
        made = indexed(now, item["experiment"])
        assert made.candidate.as_json() == item["candidate"]
        assert list(made.values) == list(now.spec.space)
        assert made.status == ("approved" if event.body["policy"] == "autonomous" else "proposed")
        assert (made.decision, made.proposed_at) == (event.body["decision"], event.at)
        assert made.spec_version == event.body["inputs"]["spec_version"]
    told = event.body.get("outlook")
    assert told is None if now.forecast is None else now.forecast.as_json() == told


def _started(was: State, now: State, event: Event) -> None:
    before, after = moved(was, now, event, "running")
    assert (after.started_at, after.reason) == (before.started_at or event.at, "")


def _observed(was: State, now: State, event: Event, experiment: Experiment, *, failed: bool) -> None:
    assert now.observations[:-1] == was.observations
    assert indexed(now, experiment.id).notes == event.body.get("notes", {})
    seen = now.observations[-1]
    assert (seen.experiment, seen.values, seen.failed) == (experiment.id, experiment.ran_at, failed)
    assert seen.measurements == ({} if failed else experiment.measurements)
    assert (seen.origin, seen.author) == (experiment.candidate.origin, experiment.candidate.author)
    assert now.digests[:-1] == was.digests
    assert now.digests[-1] not in was.digests
    assert now.failures_in_a_row == (was.failures_in_a_row + 1 if failed else 0)


def _measured(was: State, now: State, event: Event) -> None:
    _, after = moved(was, now, event, "measured")
    assert {name: item.as_json() for name, item in after.measurements.items()} == event.body["measurements"]
    assert after.surprise == event.body["surprise"]
    assert after.achieved == event.body.get("achieved", {})
    _observed(was, now, event, after, failed=False)


def _failed(was: State, now: State, event: Event) -> None:
    _, after = moved(was, now, event, "failed")
    assert after.reason == event.body["cause"]
    _observed(was, now, event, after, failed=True)
    told = event.body.get("error") == "told" and event.body["cause"].startswith(("fault", "infeasible"))
    assert not told or event.body["cause"].startswith(now.observations[-1].cause)


def _doubted(was: State, now: State, event: Event) -> None:
    _, after = moved(was, now, event, "uncertain")
    assert (after.reason, after.verdict) == (event.body["reason"], "")


def _cancelled(was: State, now: State, event: Event) -> None:
    _, after = moved(was, now, event, "cancelled")
    assert (after.reason, after.avoid) == (event.body["reason"], event.body["avoid"])


def _resolved(was: State, now: State, event: Event) -> None:
    verb = event.body["verb"]
    to = {"done": "running", "redo": "running", "skip": "cancelled", "probe": "uncertain"}[verb]
    after = indexed(now, event.body["experiment"])
    assert (after.status, after.verdict) == (to, verb)
    if verb == "skip":
        moved(was, now, event, to)
        assert event.body["by"]["name"] in after.reason
        assert event.body["note"].rstrip(": ") in after.reason


def _told(was: State, now: State, event: Event) -> None:
    assert list(now.experiments) == [*was.experiments, event.body["experiment"]]
    made = indexed(now, event.body["experiment"])
    failed = event.body["failed"]
    assert (made.values, made.candidate.origin) == (event.body["values"], "person")
    assert made.carried == event.body.get("carried", {})
    assert (made.status, made.reason) == ("failed" if failed else "measured", failed)
    assert (made.proposed_at, made.ended_at) == (event.at, event.at)
    assert now.used == was.used, "a person's own result costs nothing"
    if failed:
        made = replace(made, measurements={})
    _observed(was, now, event, made, failed=bool(failed))


def _one(experiment: str, *, policy: str = "each", **more: Any) -> dict[str, Any]:
    return {**decided(3, policy, experiment).body, **more}


MADE = st.lists(
    st.tuples(st.sampled_from(["e0011", "e0012", "e0013"]), CANDIDATES), unique_by=lambda pair: pair[0]
).map(lambda pairs: [{"experiment": name, "candidate": made.as_json()} for name, made in pairs])
FORECAST = body(experiment=WORDS, reached=st.none() | st.floats(0, 1), regret=st.none() | NUMBER)
DECISION = body(
    decision="d0003",
    inputs=body(spec_version=1),
    policy=st.sampled_from(["autonomous", "batch", "each", "suggest"]),
    candidates=MADE,
)
GOOD = {"measurements": {"y": Measurement("y", 1.0).as_json()}, "surprise": {}}
TOLD: dict[str, Any] = {"experiment": "e0011", "values": {"x": 0.1}, "measurements": GOOD["measurements"]}
TOLD |= {"failed": "", "by": BY}
STAYS: list[dict[str, Any]] = [
    {"experiment": BARE, "reason": ""},
    {"experiment": BARE, "avoid": True},
    {"experiment": BARE, "reason": 3, "avoid": True},
    {"experiment": BARE, "reason": "", "avoid": "yes"},
]
RESOLVED = {"experiment": UNCERTAIN, "verb": "skip", "by": BY, "note": ""}


def _among(*names: str) -> st.SearchStrategy[str]:
    return st.sampled_from(names)


def _each(kind: str, names: tuple[str, ...], **good: Any) -> st.SearchStrategy[Any]:
    """Return drafts that are refused: for these experiments, for one that nobody knows, and for none."""
    return refused(kind, *({**good, "experiment": name} for name in (*names, UNKNOWN)), good)


CASES: Mapping[str, Case] = {
    "decision.made": Case(
        DECISION | DECISION.flatmap(lambda made: body(**made, outlook=FORECAST)),
        _decided,
        frozenset({"decisions", "forecast", "experiments", "active"}),
        refused(
            "decision.made",
            *without(_one("e0011"), "decision", "inputs", "policy", "candidates"),
            *(_one(PROPOSED), _one("e0011", candidates=[{"experiment": "e0011"}]), _one("e0011", inputs={})),
        ),
        BEFORE,
    ),
    "experiment.started": Case(
        body(experiment=_among(APPROVED, UNCERTAIN)),
        _started,
        INDEXES | {"used"},
        _each("experiment.started", (PROPOSED, UNDER_WAY, MEASURED)),
        BEFORE,
    ),
    "experiment.measured": Case(
        _noted(experiment=_among(*LIVE), measurements=MEASUREMENTS, surprise=st.dictionaries(st.just("y"), NUMBER))
        | body(experiment=_among(*LIVE), achieved=body(x=NUMBER), **{**GOOD, "measurements": MEASUREMENTS}),
        _measured,
        ENDED,
        _each("experiment.measured", (MEASURED,), **GOOD)
        | refused(
            "experiment.measured",
            *({**GOOD, "experiment": BARE, "measurements": bad} for bad in ([], {"y": 1.0}, {"y": {"quantity": "y"}})),
            *({**GOOD, "experiment": BARE, "surprise": bad} for bad in (3, None, {"y": "much"})),
            *({**GOOD, "experiment": BARE, "notes": bad} for bad in ("cloudy", None, {"Remarks": 3})),
            *({**GOOD, "experiment": BARE, "achieved": bad} for bad in (3, None, {"z": 1.0}, {"x": None})),
        ),
        BEFORE,
    ),
    "experiment.failed": Case(
        _noted(
            experiment=_among(*LIVE),
            cause=WORDS | _among("fault: a leak", "infeasible, it froze"),
            error=_among("told", "InstrumentError", "EnvelopeError", ""),
            step=st.none() | st.integers(0, 3),
        )
        | body(experiment=_among(*LIVE), cause=WORDS, error=st.just("told"), achieved=body(x=NUMBER)),
        _failed,
        ENDED,
        _each("experiment.failed", (MEASURED,), cause="a leak")
        | refused(
            "experiment.failed",
            *({"experiment": BARE, **bad} for bad in ({}, {"cause": None}, {"cause": "a leak", "achieved": {"z": 1}})),
        ),
        BEFORE,
    ),
    "experiment.uncertain": Case(
        body(experiment=_among(UNCERTAIN, *RUNNING), step=st.integers(0, 3), reason=WORDS),
        _doubted,
        INDEXES,
        _each("experiment.uncertain", (PROPOSED, APPROVED, MEASURED), step=0, reason="")
        | refused("experiment.uncertain", {"experiment": BARE, "step": 0}, {"experiment": BARE, "reason": 3}),
        BEFORE,
    ),
    "experiment.cancelled": Case(
        body(experiment=_among(*LIVE), reason=WORDS, avoid=st.booleans()),
        _cancelled,
        INDEXES,
        _each("experiment.cancelled", (MEASURED,), reason="", avoid=True) | refused("experiment.cancelled", *STAYS),
        BEFORE,
    ),
    "experiment.resolved": Case(
        body(experiment=UNCERTAIN, verb=_among("done", "redo", "skip", "probe"), by=WHO, note=WORDS),
        _resolved,
        INDEXES,
        _each("experiment.resolved", (MEASURED, UNDER_WAY), verb="redo", by=BY, note="")
        | refused("experiment.resolved", *without(RESOLVED, "verb", "by", "note"), {**RESOLVED, "verb": "dance"}),
        BEFORE,
    ),
    "observation.told": Case(
        _noted(experiment="e0011", values=body(x=st.floats(-9, 9)), measurements=MEASUREMENTS, failed="", by=WHO)
        | body(experiment="e0011", values=body(x=st.floats(-9, 9)), measurements={}, failed=WORDS.filter(bool), by=WHO)
        | body(**{**TOLD, "measurements": MEASUREMENTS}, carried=body(campaign="c-1", experiment="e0003", head="9:ab")),
        _told,
        ENDED - {"used"},
        refused(
            "observation.told",
            *without(TOLD, "experiment", "values", "measurements", "failed"),
            *({**TOLD, "experiment": PROPOSED}, {**TOLD, "measurements": {"y": {"quantity": "y"}}}),
            *({**TOLD, "carried": bad} for bad in (3, None, {"campaign": 3}, {"campaign": "c-1"})),
        ),
        BEFORE,
    ),
}
