"""Events of what a person changes afterwards: results corrected and retracted, proposals dropped, each taken back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from tests.campaign.record.case import (
    APPROVED,
    BEFORE,
    BY,
    MEASURED,
    NUMBER,
    PROPOSED,
    UNCERTAIN,
    UNDER_WAY,
    UNKNOWN,
    WHO,
    WORDS,
    Case,
    body,
    decided,
    on,
    refused,
    without,
)
from tests.campaign.record.experiment_cases import MEASUREMENTS, indexed

from zosimos.campaign.ledger.events import Event
from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.record.state import State
from zosimos.core.records import Candidate, Measurement, Prediction

FAILED = MEASURED  # of the campaign before, whose flask broke
FOUND, GONE, LOST, DROPPED, AWAY, BOTH = "e0011", "e0012", "e0013", "e0014", "e0015", "e0016"
SAID = {"reason": "a typo", "by": BY}
FORETOLD = Candidate({"x": 0.5}, "bayesian", predictions={"y": Prediction(1.0, 0.5)}).as_json()
RESULT = {"measurements": {"y": Measurement("y", 2.0, 0.1).as_json()}, "surprise": {"y": 2.0}}
TWO = {**RESULT, "measurements": {**RESULT["measurements"], "z": Measurement("z", 4.0).as_json()}}
DONE = (
    decided(3, "autonomous", FOUND, GONE, LOST),
    decided(4, "autonomous", candidates=[{"experiment": DROPPED, "candidate": FORETOLD}]),
    decided(5, "suggest", AWAY),
    decided(6, "autonomous", BOTH),
    *(on("experiment.measured", name, **RESULT) for name in (FOUND, GONE)),
    on("experiment.measured", BOTH, **TWO),
    on("experiment.failed", LOST, cause="infeasible: it froze", error="told", step=None),
    on("result.retracted", GONE, **SAID),
    on("result.retracted", LOST, **SAID),
    on("proposal.dropped", DROPPED, exclude=False, **SAID),
    on("proposal.dropped", AWAY, exclude=True, **SAID),
)
ALL = (*BEFORE, *DONE)
COUNTS = frozenset({"experiments", "observations", "digests", "amended", "outdated", "forecast", "revised"})
INDEXES = frozenset({"experiments", "active", "avoided", "retracted"})


def _amended(was: State, now: State, event: Event, kind: str) -> tuple[Experiment, Experiment]:
    """Return the event's experiment before and after; it keeps all that it was, and no other changed."""
    name = event.body["experiment"]
    before, after = was.experiments[name], indexed(now, name)
    assert {**now.experiments, name: before} == was.experiments
    assert after.amendments[:-1] == before.amendments
    said = after.amendments[-1]
    assert (said.kind, said.by, said.reason) == (kind, event.body["by"]["name"], event.body.get("reason", ""))
    assert (said.at, said.status) == (event.at, before.status)
    assert (after.candidate, after.decision, after.steps) == (before.candidate, before.decision, before.steps)
    return before, after


def _counted(was: State, now: State, event: Event, after: Experiment) -> None:
    """Only the experiment's own observation changed, and what was worked out of all of them is forgotten."""
    place = after.seen - 1
    assert now.observations[:place] == was.observations[:place]
    assert now.observations[place + 1 :] == was.observations[place + 1 :]
    assert now.digests[:-1] == was.digests[:-1]
    assert now.digests[-1] not in was.digests
    assert (now.amended, now.outdated, now.forecast) == (now.digests[-1], list(now.active), None)
    assert now.revised == (now.status == "finished")
    assert (now.used, now.failures_in_a_row) == (was.used, was.failures_in_a_row)


def _corrected(was: State, now: State, event: Event) -> None:
    before, after = _amended(was, now, event, "corrected")
    moved = event.body.get("achieved", {})
    assert after.ran_at == {**before.ran_at, **moved}
    assert after.values == before.values
    assert (after.amendments[-1].was_at, after.amendments[-1].now_at) == ({n: before.ran_at[n] for n in moved}, moved)
    assert now.observations[after.seen - 1].values == after.ran_at
    assert now.missed == ([*was.missed, "x"] if after.achieved and "x" not in was.missed else was.missed)
    assert after.notes == event.body.get("notes", before.notes)
    if event.body.get("gone"):
        assert after.measurements == {n: item for n, item in before.measurements.items() if n not in event.body["gone"]}
        said = after.amendments[-1]
        assert (said.was, said.now) == ({n: before.measurements[n] for n in event.body["gone"]}, {})
        assert said.gone == tuple(event.body["gone"])
        assert after.status == "measured"
        assert now.observations[after.seen - 1].measurements == after.measurements
        _counted(was, now, event, after)
        return
    if event.body.get("failed") or (before.status == "failed" and event.body["measurements"]):
        _turned(was, now, event, before, after)
        return
    changed = {name: Measurement.from_json(item) for name, item in event.body["measurements"].items()}
    assert after.measurements == {**before.measurements, **changed}
    assert after.surprise == event.body["surprise"]
    assert after.amendments[-1].now == changed
    assert after.amendments[-1].was == {name: before.measurements[name] for name in changed}
    assert (after.status, after.ended_at, after.reason) == (before.status, before.ended_at, before.reason)
    assert now.observations[after.seen - 1].measurements == after.measurements
    _counted(was, now, event, after)


def _added(was: State, now: State, event: Event) -> None:
    before, after = _amended(was, now, event, "added")
    came = {name: Measurement.from_json(item) for name, item in event.body["measurements"].items()}
    assert after.measurements == {**before.measurements, **came}
    assert after.amendments[-1].now == came
    assert (after.status, after.ended_at, after.reason) == (before.status, before.ended_at, before.reason)
    if "notes" in event.body:
        assert after.notes == event.body["notes"]
    if came:
        assert after.surprise == event.body["surprise"]
        assert now.observations[after.seen - 1].measurements == after.measurements
        _counted(was, now, event, after)
    else:
        assert (now.observations, now.digests, now.amended) == (was.observations, was.digests, was.amended)


def _turned(was: State, now: State, event: Event, before: Experiment, after: Experiment) -> None:
    """A result became a failure or a failure a result; the record keeps what it was."""
    failed = event.body.get("failed", "")
    assert (after.status, after.reason) == ("failed" if failed else "measured", failed)
    assert after.amendments[-1].failed == before.reason
    assert after.amendments[-1].was == before.measurements
    seen = now.observations[after.seen - 1]
    assert (seen.failed, seen.measurements) == (bool(failed), after.measurements)
    assert now.used == was.used
    _counted(was, now, event, after)


def _retracted(was: State, now: State, event: Event) -> None:
    before, after = _amended(was, now, event, "retracted")
    assert (after.status, after.measurements, after.surprise) == ("retracted", {}, {})
    assert after.amendments[-1].was == before.measurements
    assert after.ended_at == before.ended_at
    assert after.id not in [seen.experiment for seen in now.counting()]
    assert [*now.counting()] == [seen for seen in was.counting() if seen.experiment != after.id]
    _counted(was, now, event, after)


def _restored(was: State, now: State, event: Event) -> None:
    before, after = _amended(was, now, event, "restored")
    taken = before.amendments[-1]
    assert (after.status, after.measurements, after.surprise) == (taken.status, taken.was, taken.surprise)
    seen = now.observations[after.seen - 1]
    assert seen in now.counting()
    assert (seen.failed, seen.measurements, seen.cause) == (after.status == "failed", after.measurements, after.cause)
    _counted(was, now, event, after)


def _dropped(was: State, now: State, event: Event) -> None:
    _, after = _amended(was, now, event, "dropped")
    assert (after.status, after.avoid, after.ended_at) == ("cancelled", event.body["exclude"], event.at)
    assert after.amendments[-1].advice == event.body.get("advice", "")
    assert event.body["by"]["name"] in after.reason
    assert event.body["reason"] in after.reason
    assert now.used == was.used, "it was never done"


def _taken_up(was: State, now: State, event: Event) -> None:
    before, after = _amended(was, now, event, "taken up")
    assert (after.status, after.avoid) == (before.amendments[-1].status, False)
    assert (after.reason, after.ended_at) == ("", "")
    assert now.used == was.used


def _each(kind: str, names: tuple[str, ...], **good: Any) -> st.SearchStrategy[Any]:
    """Return drafts that are refused: for these experiments, for one that nobody knows, and without a field."""
    whole = {**good, "experiment": FOUND}
    return refused(
        kind, *({**good, "experiment": name} for name in (*names, UNKNOWN)), *without(whole, "experiment", *good)
    )


CANCELLED = [on("experiment.cancelled", PROPOSED, reason="", avoid=False), on("proposal.restored", PROPOSED, **SAID)]
OPEN = (PROPOSED, APPROVED, UNCERTAIN, UNDER_WAY)
CORRECTED = {**RESULT, **SAID}
LATER = st.just({"z": Measurement("z", 4.0).as_json()})
CAME = {"measurements": {"z": Measurement("z", 4.0).as_json()}, "surprise": {}, "by": BY}

CASES: Mapping[str, Case] = {
    "result.corrected": Case(
        body(experiment=FOUND, measurements=MEASUREMENTS, surprise=st.just({"y": 0.5}), reason=WORDS, by=WHO)
        | body(
            experiment=FOUND,
            measurements=MEASUREMENTS | st.just({}),
            achieved=body(x=NUMBER),
            surprise=st.just({"y": 0.5}),
            reason=WORDS,
            by=WHO,
        )
        | body(
            experiment=BOTH,
            measurements=st.just({}),
            gone=st.sampled_from([["y"], ["z"]]),
            surprise=st.just({}),
            reason=WORDS,
            by=WHO,
        )
        | body(
            experiment=FAILED,
            measurements=MEASUREMENTS | st.just({}),
            achieved=body(x=NUMBER),
            surprise=st.just({}),
            notes=st.just({"Remarks": "clear"}),
            reason=WORDS,
            by=WHO,
        )
        | body(experiment=FAILED, measurements=MEASUREMENTS, surprise=st.just({}), reason=WORDS, by=WHO)
        | body(
            experiment=st.sampled_from([FOUND, FAILED]),
            measurements=st.just({}),
            surprise=st.just({}),
            failed=st.sampled_from(["infeasible: it froze", "the flask broke"]),
            reason=WORDS,
            by=WHO,
        )
        | body(
            experiment=st.sampled_from([FOUND, FAILED]),
            measurements=st.just({}),
            surprise=st.just({}),
            achieved=body(x=NUMBER),
            notes=st.just({"Remarks": "cloudy"}),
            failed=st.sampled_from(["infeasible: it froze", "the flask broke"]),
            reason=WORDS,
            by=WHO,
        ),
        _corrected,
        COUNTS | INDEXES | {"missed", "note_columns", "split"},
        _each("result.corrected", (*OPEN, GONE, LOST, DROPPED), **CORRECTED)
        | refused(
            "result.corrected",
            {**CORRECTED, "experiment": FOUND, "measurements": {}},
            {**CORRECTED, "experiment": BOTH, "gone": ["z"]},
            *(
                {**CORRECTED, "experiment": BOTH, "measurements": {}, "gone": gone}
                for gone in (["y", "z"], ["q"], ["z", "z"], "z")
            ),
            {**CORRECTED, "experiment": FOUND, "failed": "it broke"},
            {**CORRECTED, "experiment": FOUND, "notes": "cloudy"},
            {**CORRECTED, "experiment": FOUND, "surprise": {"y": "much"}},
            {**CORRECTED, "experiment": FOUND, "achieved": {"z": 1.0}},
            {**CORRECTED, "experiment": FOUND, "achieved": {"x": None}},
            {**CORRECTED, "experiment": FOUND, "by": "ann"},
        ),
        ALL,
    ),
    "result.added": Case(
        body(experiment=FOUND, measurements=LATER, surprise=st.just({"y": 0.5}), by=WHO)
        | body(experiment=FOUND, measurements=LATER, surprise=st.just({}), by=WHO, notes=st.just({"Remarks": "clear"}))
        | body(
            experiment=st.sampled_from([FOUND, FAILED]),
            measurements=st.just({}),
            surprise=st.just({}),
            by=WHO,
            notes=st.just({"Remarks": "clear"}),
        ),
        _added,
        COUNTS | {"note_columns", "split"},
        _each("result.added", (*OPEN, FAILED, GONE, LOST, DROPPED), **CAME)
        | refused(
            "result.added",
            {**CAME, "experiment": FOUND, "measurements": {}},
            {**CAME, "experiment": FOUND, "measurements": RESULT["measurements"]},
            {**CAME, "experiment": FOUND, "surprise": {"y": "much"}},
            {**CAME, "experiment": FOUND, "by": "ann"},
        ),
        ALL,
    ),
    "result.retracted": Case(
        body(experiment=st.sampled_from([FOUND, FAILED]), reason=WORDS, by=WHO),
        _retracted,
        COUNTS | INDEXES,
        _each("result.retracted", (*OPEN, GONE, LOST, DROPPED), **SAID),
        ALL,
    ),
    "result.restored": Case(
        body(experiment=st.sampled_from([GONE, LOST]), reason=WORDS, by=WHO),
        _restored,
        COUNTS | INDEXES,
        _each("result.restored", (*OPEN, FOUND, FAILED, DROPPED), **SAID),
        ALL,
    ),
    "proposal.dropped": Case(
        body(experiment=st.sampled_from([PROPOSED, APPROVED]), reason=WORDS, by=WHO, exclude=st.booleans())
        | body(experiment=PROPOSED, reason=WORDS, by=WHO, exclude=True, advice="a0001"),
        _dropped,
        INDEXES,
        _each("proposal.dropped", (UNCERTAIN, UNDER_WAY, FOUND, FAILED, GONE, DROPPED), **SAID, exclude=False)
        | refused(
            "proposal.dropped",
            {**SAID, "experiment": PROPOSED, "exclude": "yes"},
            {**SAID, "experiment": PROPOSED, "exclude": True, "advice": "a0099"},
        ),
        ALL,
    ),
    "proposal.restored": Case(
        body(experiment=st.sampled_from([DROPPED, AWAY]), reason=WORDS, by=WHO),
        _taken_up,
        INDEXES,
        _each("proposal.restored", (*OPEN, FOUND, FAILED, GONE, LOST), **SAID) | st.just(CANCELLED),
        ALL,
    ),
}
