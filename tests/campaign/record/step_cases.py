"""Events of an experiment's steps: announced, settled, read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from tests.campaign.record.case import (
    ASKED,
    BARE,
    BEFORE,
    INTENT,
    JSON,
    PARAMS,
    READ,
    UNDER_WAY,
    UNDONE,
    UNKNOWN,
    WORDS,
    Case,
    at,
    body,
    refused,
    without,
)

from zosimos.campaign.ledger.events import Draft, Event
from zosimos.campaign.record.experiment import Step
from zosimos.campaign.record.state import State

STEPS = frozenset({"experiments", "active", "uncertain", "avoided"})


def _changed(was: State, now: State, event: Event) -> Step:
    """Return the step that the event speaks of, after checking that no other changed."""
    name, index = event.body["experiment"], event.body["step"]
    before, after = was.experiments[name], now.experiments[name]
    assert after.steps[:index] == before.steps[:index]
    assert len(after.steps) == max(len(before.steps), index + 1)
    assert {**now.experiments, name: before} == was.experiments
    assert (after.status, after.measurements) == (before.status, before.measurements)
    assert after.steps[index].index == index
    assert after.steps[index].seq == event.seq
    return after.steps[index]


def _intended(was: State, now: State, event: Event) -> None:
    step = _changed(was, now, event)
    said = {name: getattr(step, name) for name in ("name", "params", "repeatable", "attempt")}
    assert said == {name: event.body[name] for name in said}
    assert (step.status, step.result, step.began, step.at) == ("intended", None, event.at, event.at)


def _settled(status: str) -> Case:
    """Return the case of one way in which an announced effect ends."""
    kind = f"step.{status}"

    def holds(was: State, now: State, event: Event) -> None:
        step = _changed(was, now, event)
        assert (step.status, step.how, step.at) == (status, event.body["how"], event.at)
        assert step.result == event.body.get("result")
        before = was.experiments[event.body["experiment"]].steps[step.index]
        assert (step.name, step.params, step.attempt) == (before.name, before.params, before.attempt)
        assert step.began == before.began

    result = st.just({}) if status == "undone" else body(result=JSON)
    bodies = st.tuples(body(experiment=UNDER_WAY, step=0, attempt=1, how=WORDS), result).map(
        lambda two: {**two[0], **two[1]}
    )
    good: dict[str, Any] = {"experiment": UNDER_WAY, "step": 0, "attempt": 1, "how": "executed"}
    wrong = refused(
        kind,
        *without(good, *good),
        *(
            {**good, **bad}
            for bad in ({"experiment": UNKNOWN}, {"experiment": BARE}, {"step": 1}, {"attempt": 2}, {"step": -1})
        ),
        *({**good, "experiment": name} for name in (UNDONE, READ)),
    )
    return Case(bodies, holds, STEPS, wrong | st.just([Draft(kind, good)] * 2), BEFORE)


def _read(was: State, now: State, event: Event) -> None:
    step = _changed(was, now, event)
    failed = event.body["failed"]
    found = ("done", event.body["result"]) if failed is None else ("failed", failed)
    assert (step.status, step.result) == found
    assert (step.name, step.params, step.how) == (event.body["name"], event.body["params"], "read")
    assert (step.began, step.at) == (event.body["began"], event.body["ended"])


INTENDED = {"experiment": BARE, **INTENT}
READING: dict[str, Any] = {"experiment": BARE, "step": 0, "name": "weigh", "params": {}}
READING |= {"result": 1, "failed": None, "began": at(1), "ended": at(2)}


def _place(*places: tuple[str, int, int]) -> st.SearchStrategy[dict[str, Any]]:
    return st.sampled_from([{"experiment": name, "step": step, "attempt": attempt} for name, step, attempt in places])


CASES: Mapping[str, Case] = {
    "step.intended": Case(
        st.tuples(
            _place((BARE, 0, 1), (READ, 1, 1), (UNDER_WAY, 0, 2), (UNDONE, 0, 2), (UNDER_WAY, 1, 1)),
            body(name=WORDS, params=PARAMS, repeatable=st.booleans()),
        ).map(lambda two: {**two[0], **two[1]}),
        _intended,
        STEPS,
        refused(
            "step.intended",
            *without(INTENDED, *INTENDED),
            *({**INTENDED, **bad} for bad in ({"experiment": UNKNOWN}, {"step": 1}, {"attempt": 2}, {"step": -1})),
            *({**INTENDED, "experiment": name} for name in (UNDER_WAY, READ, UNDONE)),
        ),
        BEFORE,
    ),
    "step.done": _settled("done"),
    "step.undone": _settled("undone"),
    "step.failed": _settled("failed"),
    "step.read": Case(
        st.tuples(
            _place((BARE, 0, 1), (READ, 1, 1), (UNDER_WAY, 1, 1)),
            body(name=WORDS, params=PARAMS, began=at(3), ended=at(4)),
            body(result=JSON, failed=None) | body(result=None, failed=WORDS),
        ).map(lambda three: {k: v for part in three for k, v in part.items() if k != "attempt"}),
        _read,
        STEPS,
        refused(
            "step.read",
            *without(READING, *READING),
            *({**READING, **bad} for bad in ({"experiment": UNKNOWN}, {"experiment": ASKED}, {"step": 1})),
        ),
        BEFORE,
    ),
}
