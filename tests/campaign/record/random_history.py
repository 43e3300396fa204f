"""Histories of a campaign by hand and by machine: whatever may follow what is there, drawn by numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from hypothesis import strategies as st
from tests.campaign.record.case import ADVISED, BY, CREATED, SPEC, SUGGESTED, at, decided, on
from tests.campaign.record.said_cases import NOTE, TURN

from zosimos.campaign.ledger.events import GENESIS, Draft, Event, sealed
from zosimos.campaign.record.fold import apply, fold
from zosimos.campaign.record.snapshot.shelf import numbered
from zosimos.campaign.record.state import State
from zosimos.core.errors import LedgerError
from zosimos.core.records import Measurement

Move: TypeAlias = tuple[str, int, int]

OFTEN = ("decide", "start", "measure", "measure", "measure", "tell")
SELDOM = (
    *("fail", "doubt", "resolve", "cancel", "intend", "done", "read", "request", "answer", "ask", "reply"),
    *("advise", "withdraw", "steer", "suggest", "notice", "note", "chat", "pause", "continue", "session"),
    *("correct", "correct", "move", "add", "turn", "retract", "retract", "restore", "drop", "take"),
)
MOVES = st.tuples(st.sampled_from((*OFTEN, *OFTEN, *OFTEN, *SELDOM)), st.integers(0, 99), st.integers(0, 99))
COSTLY = {
    **SPEC,
    "costs": {"each": "1 + x", "changeover": {"x": 0.1}, "unit": "EUR"},
    "stop": {"reach": {"y": 0.9}, "no_improvement": 7},
}


def drafts(state: State, move: Move) -> Sequence[Draft]:
    """Return what a move would append to a campaign; it may not fit."""
    kind, a, b = move
    count = len(state.experiments)
    name = numbered(a % (count + 1))
    live = [*state.active, *state.uncertain]
    if live and b % 3:
        name = live[a % len(live)]
    steps = len(state.experiments[name].steps) if name in state.experiments else 0
    told = {"by": BY, "reason": "a mistake"}
    over = state.observations[a % len(state.observations)].experiment if state.observations else name
    gone = [*state.retracted, name][a % (len(state.retracted) + 1)]
    tokens = state.tokens() or ["none"]
    token = tokens[a % len(tokens)]
    measured = {"y": Measurement("y", a / 99, origin="measured" if b % 5 else "computed").as_json()}
    moved: dict[str, Any] = {"achieved": {"x": b / 99}} if a % 3 == 0 else {}
    made: dict[str, Any] = {
        "decide": lambda: decided(
            state.decisions + 1,
            ("autonomous", "suggest", "batch")[a % 3],
            *(numbered(count + i) for i in range(1 + b % 4)),
        ),
        "start": lambda: on("experiment.started", name),
        "measure": lambda: on("experiment.measured", name, measurements=measured, surprise={"y": b / 7}, **moved),
        "fail": lambda: on(
            "experiment.failed", name, cause="it broke", error=("told", "InstrumentError")[b % 2], step=0
        ),
        "doubt": lambda: on("experiment.uncertain", name, step=0, reason="no power"),
        "resolve": lambda: on(
            "experiment.resolved", name, verb=("done", "redo", "skip", "probe")[b % 4], by=BY, note="so"
        ),
        "cancel": lambda: on("experiment.cancelled", name, reason="no time", avoid=bool(b % 2)),
        "intend": lambda: on("step.intended", name, name="go", params={"v": b}, repeatable=True, step=steps, attempt=1),
        "done": lambda: on("step.done", name, step=steps - 1, attempt=1, how="acknowledged", result={"n": [b]}),
        "read": lambda: on(
            "step.read", name, step=steps, name="w", params={}, result=b / 3, failed=None, began=at(1), ended=at(2)
        ),
        "tell": lambda: Draft(
            "observation.told",
            {
                "experiment": numbered(count),
                "values": {"x": a / 99},
                "measurements": measured if b % 4 else {},
                "failed": "" if b % 4 else "infeasible: precipitated",
                "by": BY,
            },
        ),
        "request": lambda: Draft(
            "approval.requested", {"token": f"t{a}", "experiments": [name], "digest": "d", "spec_version": 1}
        ),
        "answer": lambda: Draft(
            f"approval.{('granted', 'rejected', 'expired')[b % 3]}", {"token": token, "reason": "so", "by": BY}
        ),
        "ask": lambda: Draft("operator.asked", {"token": f"q{a}", "experiment": name, "step": steps, "text": "fill"}),
        "reply": lambda: Draft("operator.answered", {"token": token, "yes": bool(b % 2), "by": BY, "reason": ""}),
        "advise": lambda: Draft(
            "advice.given",
            {**ADVISED, "advice": f"a{len(state.advice) + 1:04d}", "given": len(state.observations)},
        ),
        "withdraw": lambda: Draft("advice.withdrawn", {"advice": f"a{1 + a % 3:04d}", "by": BY, "reason": "wrong"}),
        "steer": lambda: Draft(
            "spec.steered",
            {
                "version": state.spec_version + 1,
                "changes": [{"path": "objectives.y.goal", "old": "max", "new": ("min", "max")[b % 2]}],
                "by": BY,
                "reason": "",
                "undoes": None,
            },
        ),
        "suggest": lambda: Draft("change.proposed", {**SUGGESTED, "token": f"c{a}"}),
        "notice": lambda: Draft(
            "notice.raised", {"kind": "outlier", "quantity": "y", "experiment": name, "seen": b, "words": "odd"}
        ),
        "note": lambda: Draft(
            "note.added",
            {**NOTE, "note": f"n{len(state.notes) + 1:04d}", "experiment": ("", name)[b % 2]},
        ),
        "chat": lambda: Draft("chat.answered", {**TURN, "asked": f"{a} and {b}"}),
        "pause": lambda: Draft("campaign.paused", {"reason": "noon", "by": BY}),
        "halt": lambda: Draft("campaign.halted", {"reason": "smoke", "by": BY}),
        "continue": lambda: Draft("campaign.continued", {"by": BY}),
        "session": lambda: Draft("session.opened", {}),
        "correct": lambda: on("result.corrected", over, measurements=measured, surprise={"y": b / 9}, **told, **moved),
        "move": lambda: on("result.corrected", over, measurements={}, surprise={}, achieved={"x": b / 99}, **told),
        "add": lambda: on(
            "result.added", over, by=BY, surprise={}, measurements={"z": Measurement("z", a / 99).as_json()}
        ),
        "turn": lambda: on(
            "result.corrected",
            over,
            measurements={},
            surprise={},
            failed=("infeasible: no", "no")[b % 2],
            **told,
            **moved,
        ),
        "retract": lambda: on("result.retracted", over, **told),
        "restore": lambda: on("result.restored", gone, **told),
        "drop": lambda: on("proposal.dropped", name, exclude=bool(b % 2), **told),
        "take": lambda: on("proposal.restored", name, **told),
    }
    return [made[kind]()]


def history(campaign: str, moves: Sequence[Move], spec: Mapping[str, Any] = COSTLY) -> list[Event]:
    """Return the events of a campaign in which each move was made that fits what was there."""
    events: list[Event] = []
    state = State(campaign)

    def appended(draft: Draft) -> bool:
        nonlocal state
        seq = len(events) + 1
        event = sealed(campaign, seq, at(seq), draft, events[-1].hash if events else GENESIS)
        try:
            apply(state, event)
        except LedgerError:
            state = fold(campaign, events)  # the event may have changed something before it failed
            return False
        events.append(event)
        return True

    assert appended(Draft("campaign.created", {**CREATED, "spec": dict(spec)}))
    for move in moves:
        for draft in drafts(state, move):
            appended(draft)
    return events


def pieces(events: Sequence[Event], cuts: Sequence[int]) -> Iterator[Sequence[Event]]:
    """Yield the events in pieces of these lengths, and then the rest."""
    start = 0
    for length in cuts:
        if start < len(events):
            yield events[start : start + length]
        start += length
    if start < len(events):
        yield events[start:]
