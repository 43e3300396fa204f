"""State is a fold over events: each experiment moves only along the table, and what does not fit is refused."""

from typing import Any

import pytest

from zosimos.campaign.ledger.events import GENESIS, Draft, Event, sealed
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.experiment import TRANSITIONS
from zosimos.campaign.record.fold import fold
from zosimos.campaign.record.record import Record
from zosimos.campaign.record.state import State
from zosimos.core.errors import LedgerError, NotFoundError, StateError
from zosimos.core.records import Candidate, Measurement

C = "c-20300101t000000-00000000"
BY = {"name": "person", "at": "2030-01-01T00:00:00+00:00"}
SPEC = {
    "name": "first",
    "space": {"x": {"min": 0, "max": 1}},
    "objectives": {"y": {"goal": "max"}},
    "budget": {"experiments": 9},
}
CREATED = {"spec": SPEC, "order": {"space": ["x"], "objectives": ["y"]}, "files": {}, "source": None, "clock": "wall"}
MEASURED = {"measurements": {"y": Measurement("y", 1.0).as_json()}, "surprise": {"y": 0.5}}


def decision(number: int, *names: str, policy: str = "autonomous") -> tuple[str, dict[str, Any]]:
    candidates = [{"experiment": name, "candidate": Candidate({"x": 0.5}, "random").as_json()} for name in names]
    inputs = {"spec_version": 1}
    return "decision.made", {"decision": f"d{number:04d}", "inputs": inputs, "policy": policy, "candidates": candidates}


def on(kind: str, name: str = "e0001", **body: Any) -> tuple[str, dict[str, Any]]:
    return kind, {"experiment": name, **body}


def step(kind: str, index: int = 0, attempt: int = 1, **body: Any) -> tuple[str, dict[str, Any]]:
    return kind, {"experiment": "e0001", "step": index, "attempt": attempt, **body}


def steering(path: str, old: Any, new: Any) -> tuple[str, dict[str, Any]]:
    changes = [{"path": path, "old": old, "new": new}]
    return "spec.steered", {"version": 2, "changes": changes, "by": BY, "reason": "faster", "undoes": None}


def told(name: str, failed: bool = False, **measurements: Any) -> tuple[str, dict[str, Any]]:
    body = {"experiment": name, "values": {"x": 0.1}, "measurements": measurements, "failed": failed, "by": BY}
    return "observation.told", body


INTENT = {"name": "dispense", "params": {}, "repeatable": False}
ASKED = ("approval.requested", {"token": "t", "experiments": ["e0001", "e0002"], "digest": "", "spec_version": 1})
ANSWER = {"token": "t", "reason": "no", "by": BY}

TO: dict[str, tuple[str, dict[str, Any]]] = {
    "running": on("experiment.started"),
    "measured": on("experiment.measured", **MEASURED),
    "failed": on("experiment.failed", cause="broken"),
    "uncertain": on("experiment.uncertain", reason="crash"),
    "cancelled": on("experiment.cancelled", reason="changed my mind", avoid=False),
}
HOW: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "proposed": [],
    "approved": [],
    "running": [TO["running"]],
    "uncertain": [TO["running"], TO["uncertain"]],
    "measured": [TO["measured"]],
    "failed": [TO["failed"]],
    "cancelled": [TO["cancelled"]],
    "retracted": [TO["measured"], ("result.retracted", {"experiment": "e0001", "by": BY, "reason": "spilled"})],
}


def events(*bodies: tuple[str, dict[str, Any]]) -> list[Event]:
    chain: list[Event] = []
    for seq, (kind, body) in enumerate([("campaign.created", CREATED), *bodies], start=1):
        previous = chain[-1].hash if chain else GENESIS
        chain.append(sealed(C, seq, f"2030-01-01T00:00:{seq:02d}+00:00", Draft(kind, body), previous))
    return chain


def folded(*bodies: tuple[str, dict[str, Any]]) -> State:
    return fold(C, events(*bodies))


def refused(*bodies: tuple[str, dict[str, Any]]) -> None:
    """The last event does not fit what the others made."""
    folded(*bodies[:-1])
    with pytest.raises(LedgerError, match="does not fit the record before it") as caught:
        folded(*bodies)
    assert caught.value.value == len(bodies) + 1
    assert caught.value.hint


@pytest.mark.parametrize("start", sorted(TRANSITIONS))
@pytest.mark.parametrize("end", sorted(TO))
def test_experiment_moves_only_along_the_table(start: str, end: str) -> None:
    policy = "each" if start == "proposed" else "autonomous"
    history = [decision(1, "e0001", policy=policy), *HOW[start]]
    assert folded(*history).experiments["e0001"].status == start
    if end in TRANSITIONS[start]:
        assert folded(*history, TO[end]).experiments["e0001"].status == end
    else:
        refused(*history, TO[end])


def test_hand_made_campaign_folds_to_what_happened() -> None:
    chain = events(
        ("session.opened", {}),
        decision(1, "e0001", "e0002"),
        on("experiment.started", "e0001"),
        step("step.intended", **INTENT),
        step("step.done", how="ran", result=5),
        on("experiment.measured", "e0001", **MEASURED),
        on("experiment.started", "e0002"),
        on("experiment.failed", "e0002", cause="leak"),
        ("campaign.paused", {"by": BY, "reason": "lunch"}),
        steering("batch", 1, 2),
        told("e0003", failed=True),
    )
    state = fold(C, chain)
    assert (state.status, state.reason) == ("paused", "lunch")
    assert [experiment.status for experiment in state.experiments.values()] == ["measured", "failed", "failed"]
    assert state.experiments["e0001"].steps[0].result == 5
    assert (state.used, state.failures_in_a_row, state.decisions, state.sessions) == (2, 2, 1, 1)
    assert (state.spec_version, state.spec.batch, state.specs[0].batch) == (2, 2, 1)
    assert [item.experiment for item in state.observations] == ["e0001", "e0002", "e0003"]
    assert len(set(state.digests)) == 4
    assert not state.active
    assert (state.seq, state.head) == (12, chain[-1].hash)
    assert fold(C, chain) == state


def test_approval_moves_the_experiments_it_names() -> None:
    asked = [decision(1, "e0001", "e0002", policy="batch"), ASKED]
    assert [approval.token for approval in folded(*asked).open_approvals()] == ["t"]
    granted = folded(*asked, ("approval.granted", ANSWER))
    assert [e.status for e in granted.experiments.values()] == ["approved", "approved"]
    assert granted.open_approvals() == []
    rejected = folded(*asked, ("approval.rejected", ANSWER))
    assert [e.status for e in rejected.experiments.values()] == ["cancelled", "cancelled"]
    assert set(rejected.avoided) == {"e0001", "e0002"}
    assert rejected.used == 0


@pytest.mark.parametrize("first", ["granted", "rejected", "expired"])
@pytest.mark.parametrize("second", ["granted", "rejected", "expired"])
def test_question_is_answered_once(first: str, second: str) -> None:
    asked = [decision(1, "e0001", "e0002", policy="batch"), ASKED]
    refused(*asked, (f"approval.{first}", ANSWER), (f"approval.{second}", ANSWER))


@pytest.mark.parametrize(("verb", "status"), [("done", "running"), ("redo", "running"), ("skip", "cancelled")])
def test_person_resolves_what_a_crash_left_open(verb: str, status: str) -> None:
    state = folded(decision(1, "e0001"), *HOW["uncertain"], on("experiment.resolved", verb=verb, by=BY, note=""))
    assert state.experiments["e0001"].status == status
    assert ("e0001" in state.avoided) == (verb == "skip")
    assert not state.uncertain


INTENDED, DONE, UNDONE = step("step.intended", **INTENT), step("step.done", how="ran"), step("step.undone", how="asked")


@pytest.mark.parametrize(
    "history",
    [
        [DONE],
        [INTENDED, INTENDED],
        [INTENDED, DONE, DONE],
        [INTENDED, DONE, step("step.intended", 0, 2, **INTENT)],
        [INTENDED, step("step.done", 0, 2, how="ran")],
        [step("step.intended", 1, 1, **INTENT)],
        [step("step.intended", 0, 2, **INTENT)],
        [INTENDED, UNDONE, step("step.intended", 0, 3, **INTENT)],
    ],
)
def test_step_out_of_order_is_refused(history: list[tuple[str, dict[str, Any]]]) -> None:
    refused(decision(1, "e0001"), TO["running"], *history)


def test_step_may_be_tried_again_after_it_was_undone() -> None:
    again = [step("step.intended", 0, 2, **INTENT), step("step.done", 0, 2, how="ran")]
    state = folded(decision(1, "e0001"), TO["running"], INTENDED, UNDONE, *again)
    assert [(s.attempt, s.status) for s in state.experiments["e0001"].steps] == [(2, "done")]


@pytest.mark.parametrize(
    "event",
    [
        ("campaign.created", CREATED),
        TO["running"],
        ("campaign.paused", {}),
        ("approval.granted", ANSWER),
        steering("batch", 1, 0),
        told("e0001", y={"quantity": "y"}),
        told("e0001", y=[]),
        told("e0001", y={"quantity": "y", "value": 1, "origin": "?"}),
    ],
)
def test_event_that_makes_no_sense_is_refused(event: tuple[str, dict[str, Any]]) -> None:
    refused(event)


def test_experiment_is_decided_once() -> None:
    refused(decision(1, "e0001"), decision(2, "e0001"))


def test_campaign_without_events_is_not_found() -> None:
    with pytest.raises(NotFoundError, match="no campaign"):
        fold(C, [])
    with pytest.raises(NotFoundError, match="no experiment e0009"):
        folded().experiment("e0009")


# --- the record keeps state and ledger in step ---


def at() -> str:
    return "2030-01-01T00:00:00+00:00"


def paused(reason: str) -> list[Draft]:
    return [Draft("campaign.paused", {"by": BY, "reason": reason})]


def test_two_records_of_one_campaign_take_in_what_the_other_wrote(ledger: Ledger) -> None:
    mine, other = Record.created(ledger, C, CREATED, at), Record(ledger, C)
    other.commit(lambda state: paused("other"), at)
    seen: list[str] = []

    def build(state: State) -> list[Draft]:
        seen.append(state.reason)
        return [Draft("campaign.continued", {"by": {"name": "t", "at": ""}})]

    (event,) = mine.commit(build, at)
    assert (seen, event.seq, mine.state.status) == (["other"], 3, "active")
    assert other.sync()
    assert not other.sync()
    assert other.state == mine.state == Record(ledger, C).state


def test_commit_that_raises_leaves_ledger_and_state_as_they_were(ledger: Ledger) -> None:
    record = Record.created(ledger, C, CREATED, at)

    def build(state: State) -> list[Draft]:
        raise LookupError

    with pytest.raises(LookupError):
        record.commit(build, at)
    assert record.commit(lambda state: [], at) == []
    assert record.state == Record(ledger, C).state
    assert record.state.seq == 1


def test_campaign_is_created_once(ledger: Ledger) -> None:
    Record.created(ledger, C, CREATED, at)
    with pytest.raises(StateError, match="exists already"):
        Record.created(ledger, C, CREATED, at)
    assert len(ledger.events(C)) == 1
