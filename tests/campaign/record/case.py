"""What a test of one kind of event is made of, and the campaign in which all of them happen."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from hypothesis import strategies as st

from zosimos.campaign.ledger.events import GENESIS, Draft, Event, sealed
from zosimos.campaign.record.long import LongMap
from zosimos.campaign.record.state import State
from zosimos.core.records import Candidate

Bodies: TypeAlias = st.SearchStrategy[dict[str, Any]]
Drafts: TypeAlias = st.SearchStrategy[Sequence[Draft]]

C = "c-20300101t000000-00000000"
BY = {"name": "person", "at": "2030-01-01T00:00:00+00:00"}
SPEC = {
    "name": "first",
    "space": {"x": {"min": 0, "max": 1}},
    "objectives": {"y": {"goal": "max"}},
    "budget": {"experiments": 30},
}
CREATED = {"spec": SPEC, "order": {"space": ["x"], "objectives": ["y"]}, "files": {}, "source": None, "clock": "wall"}


@dataclass(frozen=True)
class Case:
    """How the fold of one kind of event is tested.

    Args:
        body: bodies that are right, in the campaign of ``before``.
        holds: asserts of the state before and after an event that the second holds what the event says.
        touches: the fields of the state that it may change, beside its place in the chain; every other stays.
        wrong: drafts of which all but the last fold and the last must be refused; None where nothing can be wrong.
        before: what is on record before.
    """

    body: Bodies
    holds: Callable[[State, State, Event], None]
    touches: frozenset[str]
    wrong: Drafts | None
    before: Sequence[Draft]


def at(seq: int) -> str:
    """Return a time for the event of that number."""
    return f"2030-01-01T{seq // 3600:02d}:{seq // 60 % 60:02d}:{seq % 60:02d}+00:00"


def chain(drafts: Sequence[Draft]) -> list[Event]:
    """Return drafts as the events of a campaign."""
    made: list[Event] = []
    for seq, draft in enumerate(drafts, start=1):
        made.append(sealed(C, seq, at(seq), draft, made[-1].hash if made else GENESIS))
    return made


def snapshot(state: State) -> State:
    """Return a copy that taking in further events does not change."""
    experiments = state.experiments.copied(lambda one: replace(one, steps=[replace(step) for step in one.steps]))
    copied: dict[str, Any] = {"experiments": experiments}
    for name, value in vars(state).items():
        if name in ("active", "uncertain", "avoided"):
            copied[name] = {key: experiments[key] for key in value}
        elif isinstance(value, LongMap):
            copied.setdefault(name, value.copied(replace))
        elif name == "advice":
            copied[name] = {key: replace(item) for key, item in value.items()}
        elif name not in ("kept", "seen", "shelf"):
            copied[name] = copy.copy(value)
    return State(**copied)


# --- strategies that several kinds share

WORDS = st.text('aB1 :.-_\n\t"\\{}é漢\u0000\U0001f9ea', max_size=12)
NUMBER = st.floats(-1e6, 1e6)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=4,
)
PARAMS = st.dictionaries(WORDS, JSON, max_size=2)
WHO = st.fixed_dictionaries({"name": WORDS, "at": st.just(BY["at"])})
UNKNOWN = "e0099"


def body(**fields: Any) -> Bodies:
    """Return bodies with these fields, each a strategy or a value."""
    return st.fixed_dictionaries(
        {name: item if isinstance(item, st.SearchStrategy) else st.just(item) for name, item in fields.items()}
    )


def refused(kind: str, *bodies: Mapping[str, Any]) -> Drafts:
    """Return single drafts of a kind, each of which must be refused."""
    return st.sampled_from([[Draft(kind, item)] for item in bodies])


def without(good: Mapping[str, Any], *names: str) -> list[dict[str, Any]]:
    """Return the body once for each name, each time without that field."""
    return [{key: item for key, item in good.items() if key != name} for name in names]


# --- the campaign: one experiment in each situation in which an event can find it


def decided(number: int, policy: str, *names: str, **more: Any) -> Draft:
    """Return a decision for these experiments."""
    candidates = [{"experiment": name, "candidate": Candidate({"x": 0.5}, "random").as_json()} for name in names]
    inputs = {"spec_version": 1}
    made = {"decision": f"d{number:04d}", "inputs": inputs, "policy": policy, "candidates": candidates}
    made |= more
    return Draft("decision.made", made)


def on(kind: str, experiment: str, **more: Any) -> Draft:
    """Return an event of an experiment."""
    return Draft(kind, {"experiment": experiment, **more})


INTENT = {"name": "dispense", "params": {"volume_mL": 0.25}, "repeatable": False, "step": 0, "attempt": 1}
REQUESTED = {"token": "t", "experiments": ["e0001", "e0002"], "digest": "d", "spec_version": 1}
SUGGESTED: dict[str, Any] = {
    "token": "c",
    "verb": "pause",
    "changes": [],
    "undoes": None,
    "spec_version": 1,
    "number": 1,
    "digest": "d",
    "by": BY,
    "reason": "noise",
}
ADVISED: dict[str, Any] = {
    "advice": "a0001",
    "items": [{"kind": "explore", "amount": "more"}],
    "author": "ann",
    "kind": "person",
    "reason": "a hunch",
    "given": 1,
    "until": None,
    "by": BY,
}
PROPOSED, APPROVED, UNDER_WAY, UNCERTAIN, MEASURED = "e0001", "e0003", "e0004", "e0005", "e0006"
ASKED, UNDONE, BARE, READ = "e0007", "e0008", "e0009", "e0010"
RUNNING = (UNDER_WAY, ASKED, UNDONE, BARE, READ)
LIVE = (PROPOSED, APPROVED, UNCERTAIN, *RUNNING)

BEFORE: Sequence[Draft] = (
    Draft("campaign.created", CREATED),
    Draft("session.opened", {}),
    decided(1, "batch", PROPOSED, "e0002"),
    Draft("approval.requested", REQUESTED),
    decided(2, "autonomous", APPROVED, UNCERTAIN, MEASURED, *RUNNING, outlook={"reached": 0.5}),
    *(on("experiment.started", name) for name in (UNCERTAIN, MEASURED, *RUNNING)),
    *(on("step.intended", name, **INTENT) for name in (UNDER_WAY, UNCERTAIN, UNDONE)),
    on("step.undone", UNDONE, step=0, attempt=1, how="probed"),
    on("experiment.uncertain", UNCERTAIN, step=0, reason="the power was cut"),
    on("experiment.resolved", UNCERTAIN, verb="probe", by=BY, note=""),
    on("experiment.failed", MEASURED, cause="the flask broke", error="told", step=None),
    Draft("operator.asked", {"token": "q", "experiment": ASKED, "step": 0, "text": "fill the flask"}),
    on("step.read", READ, step=0, name="weigh", params={}, result=1.5, failed=None, began=at(1), ended=at(2)),
    Draft("change.proposed", SUGGESTED),
    Draft("advice.given", ADVISED),
)
