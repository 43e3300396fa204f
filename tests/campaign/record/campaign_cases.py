"""Events of the campaign as a whole: its spec, its course, its sessions, its laboratory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from tests.campaign.record.case import BEFORE, BY, CREATED, JSON, NUMBER, SPEC, WHO, WORDS, Case, body, refused, without

from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.definition.steer import Change, plain
from zosimos.campaign.ledger.events import Draft, Event
from zosimos.campaign.record.state import State

PAUSED, ABORTED = (
    Draft("campaign.paused", {"by": BY, "reason": ""}),
    Draft("campaign.aborted", {"by": BY, "reason": ""}),
)
COURSE = frozenset({"status", "reason", "halted", "revised", "resteered"})


def _created(was: State, now: State, event: Event) -> None:
    spec = event.body["spec"]
    assert (now.spec.name, now.spec_version) == (spec["name"], 1)
    for root, names in event.body["order"].items():
        assert list(getattr(now.spec, root)) == names
    assert now.spec.budget.experiments == spec["budget"]["experiments"]
    assert (now.files, now.source, now.clock) == tuple(event.body[name] for name in ("files", "source", "clock"))
    assert (now.status, now.created_at) == ("active", event.at)


def _opened(was: State, now: State, event: Event) -> None:
    assert now.sessions == was.sessions + 1
    assert now.unconfirmed == {}
    assert now.running_since == (was.running_since or event.at)


def _closed(was: State, now: State, event: Event) -> None:
    assert now.status == was.status, "a session's end is not the campaign's"


def _turned(to: str) -> Case:
    """Return the case of a turn of the campaign's course that gives its reason."""
    kind = f"campaign.{to}"

    def holds(was: State, now: State, event: Event) -> None:
        assert (now.status, now.reason) == (to, event.body["reason"])

    twice = st.just([Draft(kind, {"by": BY, "reason": ""})] * 2)
    over = st.just([ABORTED, Draft(kind, {"by": BY, "reason": ""})])
    return Case(
        body(by=WHO, reason=WORDS),
        holds,
        COURSE,
        refused(kind, {"by": BY}, {"by": BY, "reason": 3}) | twice | over,
        BEFORE,
    )


def _halted(was: State, now: State, event: Event) -> None:
    assert (now.status, now.reason, now.halts) == ("paused", event.body["reason"], was.halts + 1)
    assert now.halted
    assert now.owed


def _continued(was: State, now: State, event: Event) -> None:
    assert (now.status, now.reason, now.halted, now.failures_in_a_row) == ("active", "", False, 0)


def _steered(was: State, now: State, event: Event) -> None:
    assert now.specs[:-1] == was.specs
    for change in event.body["changes"]:
        value = plain(now.spec)
        for name in change["path"].split("."):
            value = value[name]
        assert value == change["new"]
    assert now.steerings[:-1] == was.steerings
    made = now.steerings[-1]
    assert (made.version, made.reason) == (event.body["version"], event.body["reason"])
    assert (made.by, made.real_at) == (event.body["by"]["name"], event.body["by"]["at"])
    assert made.changes == tuple(Change(**change) for change in event.body["changes"])
    assert made.undoes == event.body["undoes"]
    assert now.source == event.body.get("source", was.source)
    if event.body["changes"] == [COMES]:
        assert {item.values["z"] for item in (*now.active.values(), *now.uncertain.values())} == {0.0}
        assert all(item.values == was.experiments[name].values for name, item in now.experiments.items() if item.seen)
    assert now.forecast is None, "it answered a question about the spec as it was"


def _prepared(was: State, now: State, event: Event) -> None:
    assert now.prepared == event.body["found"]


def _stopped(was: State, now: State, event: Event) -> None:
    assert now.unconfirmed == event.body["unconfirmed"]


def _noticed(was: State, now: State, event: Event) -> None:
    assert now.notices[:-1] == was.notices
    assert now.notices[-1].as_json() == {name: event.body[name] for name in now.notices[-1].as_json()}


SPECS = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["first", "zweite µ", "a b"]),
        "space": st.just({"x": {"min": 0, "max": 1}, "a": {"choices": ["p", "q"]}}),
        "objectives": st.just({"y": {"goal": "max"}, "w": {"goal": "min", "unit": "g"}}),
        "budget": st.fixed_dictionaries({"experiments": st.integers(1, 10**6)}),
    }
)


def _jumped(was: State, now: State, event: Event) -> None:
    assert now.jumped_s == was.jumped_s + event.body["seconds"]


ORDERS = st.fixed_dictionaries(
    {"space": st.permutations(["x", "a"]), "objectives": st.permutations(["y", "w"])},
)
CHANGES = st.lists(
    st.one_of(
        body(path="budget.experiments", old=30, new=st.integers(20, 90)),
        body(path="batch", old=1, new=st.integers(1, 9)),
        body(path="space.x.max", old=1.0, new=st.floats(0.5, 9.0)),
    ),
    max_size=3,
    unique_by=lambda change: str(change["path"]),
)
COMES: dict[str, Any] = {
    "path": "space.z",
    "old": None,
    "new": plain(parse_spec({**SPEC, "space": {"z": {"min": 1, "max": 2, "default": 0}}}))["space"]["z"],
}
STEERED = {"version": 2, "changes": [], "by": BY, "reason": "", "undoes": None}
NOTICE = {"kind": "outlier", "quantity": "y", "experiment": "e0006", "seen": 1, "words": "odd"}


def _with(**change: object) -> dict[str, object]:
    return {**STEERED, "changes": [{"path": "batch", "old": 1, "new": 2} | change]}


CASES: Mapping[str, Case] = {
    "campaign.created": Case(
        body(spec=SPECS, order=ORDERS, files=st.dictionaries(WORDS, WORDS, max_size=2), clock="wall", by=WHO).flatmap(
            lambda made: body(**made, source=st.none() | st.dictionaries(WORDS, JSON, max_size=2))
        ),
        _created,
        frozenset({"specs", "files", "source", "clock", "created_at"}),
        st.just([Draft("campaign.created", CREATED)] * 2)
        | refused(
            "campaign.created",
            *without(CREATED, "spec", "order", "files", "source", "clock"),
            {**CREATED, "spec": {**SPEC, "budget": {"experiments": 0}}},
            {**CREATED, "order": {"space": ["x", "z"], "objectives": ["y"]}},
            *({**CREATED, **bad} for bad in ({"files": None}, {"source": "file"}, {"clock": None})),
        ),
        (),
    ),
    "campaign.paused": _turned("paused"),
    "campaign.halted": Case(
        body(by=WHO, reason=WORDS),
        _halted,
        COURSE | {"halts", "owed"},
        refused("campaign.halted", {"by": BY}, {"by": BY, "reason": 3})
        | st.just([ABORTED, Draft("campaign.halted", {"by": BY, "reason": ""})]),
        BEFORE,
    ),
    "campaign.aborted": _turned("aborted"),
    "campaign.finished": _turned("finished"),
    "campaign.continued": Case(
        body(by=WHO),
        _continued,
        COURSE | {"failures_in_a_row"},
        st.just([Draft("campaign.continued", {"by": BY})] * 2) | st.just([ABORTED, Draft("campaign.continued", {})]),
        (*BEFORE, PAUSED),
    ),
    "session.opened": Case(
        body(process=st.dictionaries(WORDS, JSON, max_size=2), clock="wall", versions={}),
        _opened,
        frozenset({"sessions", "unconfirmed", "running_since"}),
        None,
        (*BEFORE, Draft("devices.stopped", {"reason": "", "unconfirmed": {"pump": "silent"}})),
    ),
    "session.closed": Case(body(status=WORDS, reason=WORDS), _closed, frozenset(), None, BEFORE),
    "spec.steered": Case(
        body(version=2, changes=CHANGES, by=WHO, reason=WORDS, undoes=st.none() | st.integers(1, 9))
        | body(**STEERED, source=body(path=WORDS, digest=WORDS, overrides=st.lists(WORDS, max_size=2)))
        | st.just({**STEERED, "changes": [COMES]}),
        _steered,
        frozenset({"specs", "steerings", "forecast", "source", "experiments", "active", "uncertain", "avoided"}),
        refused(
            "spec.steered",
            *without(STEERED, "version", "changes", "by", "reason", "undoes"),
            *(
                _with(new=0),
                _with(path="no_such_field"),
                _with(path=3),
                {**STEERED, "reason": 3},
                {**STEERED, "version": "2"},
            ),
            *({**STEERED, "by": by} for by in (None, {}, {"name": 3, "at": ""})),
            *({**STEERED, "source": bad} for bad in (None, 3, {}, {"path": 3, "digest": "", "overrides": []})),
            {**STEERED, "changes": [{**COMES, "new": {**COMES["new"], "default": None}}]},
        ),
        BEFORE,
    ),
    "lab.prepared": Case(
        body(found=st.dictionaries(WORDS, JSON, max_size=2)),
        _prepared,
        frozenset({"prepared"}),
        refused("lab.prepared", {}, {"found": None}, {"found": "all well"}),
        BEFORE,
    ),
    "devices.stopped": Case(
        body(reason=WORDS, unconfirmed=st.dictionaries(WORDS, WORDS, max_size=3)),
        _stopped,
        frozenset({"unconfirmed"}),
        refused("devices.stopped", {"reason": ""}, {"unconfirmed": ["pump"]}, {"unconfirmed": {"pump": 3}}),
        BEFORE,
    ),
    "clock.jumped": Case(
        body(seconds=NUMBER),
        _jumped,
        frozenset({"jumped_s"}),
        refused("clock.jumped", {}, {"seconds": None}, {"seconds": "an hour"}),
        BEFORE,
    ),
    "notice.raised": Case(
        body(kind=WORDS, quantity=WORDS, experiment=WORDS, seen=st.integers(0, 99), words=WORDS),
        _noticed,
        frozenset({"notices"}),
        refused("notice.raised", *without(NOTICE, *NOTICE), {**NOTICE, "seen": "one"}, {**NOTICE, "words": None}),
        BEFORE,
    ),
}
