"""Events that ask a person something, and the answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from tests.campaign.record.case import (
    BARE,
    BEFORE,
    BY,
    PROPOSED,
    READ,
    REQUESTED,
    SUGGESTED,
    UNKNOWN,
    WHO,
    WORDS,
    Case,
    body,
    refused,
    without,
)
from tests.campaign.record.experiment_cases import INDEXES, indexed

from zosimos.campaign.ledger.events import Draft, Event
from zosimos.campaign.record.state import State

TOKENS = st.text("0123456789abcdef", min_size=8, max_size=8).map("00000000-".__add__)
TAKEN = ("t", "c", "q")


def _requested(was: State, now: State, event: Event) -> None:
    made = now.approvals[event.body["token"]]
    assert (list(made.experiments), made.digest) == (event.body["experiments"], event.body["digest"])
    assert (made.spec_version, made.status, made.at) == (event.body["spec_version"], "open", event.at)
    assert {**now.approvals, made.token: made} == {**was.approvals, made.token: made}
    still = any(was.experiments[name].status == "proposed" for name in made.experiments)
    assert (made.token in now.open_tokens()) == still


def _suggested(was: State, now: State, event: Event) -> None:
    made = now.changes[event.body["token"]]
    said = {"changes": [change.as_json() for change in made.changes], "by": made.by}
    said |= {name: getattr(made, name) for name in ("verb", "undoes", "spec_version", "number", "digest", "reason")}
    assert said == {name: event.body[name] for name in said} | {"by": event.body["by"]["name"]}
    assert (made.at, made.status, made.answered) == (event.at, "open", "")
    assert made.content == event.body.get("content", {})
    assert made.token in now.open_tokens()


def _answer(verb: str) -> Case:
    """Return the case of a yes, a no or an end, to an approval (t) or a proposed change (c)."""
    kind = f"approval.{verb}"

    def holds(was: State, now: State, event: Event) -> None:
        token, by = event.body["token"], event.body.get("by", {"name": "", "at": ""})
        assert token in was.open_tokens()
        assert token not in now.open_tokens()
        if token in was.changes:
            change = now.changes[token]
            said = (change.status, change.answer, change.answered_by, change.answered)
            assert now.experiments == was.experiments, "what a change does is told by events of its own"
        else:
            approval = now.approvals[token]
            said = (approval.status, approval.reason, approval.by, approval.answered)
            _moved(was, now, event, verb)
        assert said == (verb, event.body["reason"], by["name"], by["at"])

    good = {"token": "t", "reason": "", "by": BY}
    answers = body(token=st.sampled_from(["t", "c"]), digest=WORDS, by=WHO, reason=WORDS)
    if verb == "expired":
        answers |= body(token=st.sampled_from(["t", "c"]), reason=WORDS)
    others = st.sampled_from(["granted", "rejected", "expired"]).map(lambda other: Draft(f"approval.{other}", good))
    twice = others.map(lambda other: [other, Draft(kind, good)])
    wrong = refused(
        kind,
        {**good, "token": "q"},
        {**good, "token": "none"},
        {**good, "reason": 3},
        *without(good, "token", "reason"),
    )
    touches = INDEXES | {"approvals", "changes"}
    return Case(answers, holds, touches, wrong | twice, BEFORE)


def _moved(was: State, now: State, event: Event, verb: str) -> None:
    """An answer to an approval moves the experiments it names that still wait for it, and no others."""
    to = {"granted": "approved", "rejected": "cancelled", "expired": "proposed"}[verb]
    named = was.approvals[event.body["token"]].experiments
    for name, before in was.experiments.items():
        after = indexed(now, name)
        if name not in named or before.status != "proposed":
            assert after == before
            continue
        assert after.status == to
        assert after.avoid == (verb == "rejected")
        assert verb != "rejected" or (after.reason.startswith("rejected") and after.ended_at == event.at)
    assert now.used == was.used


def _asked(was: State, now: State, event: Event) -> None:
    made = now.questions[event.body["token"]]
    assert (made.experiment, made.step, made.text) == tuple(event.body[key] for key in ("experiment", "step", "text"))
    assert made.status == "open"
    assert made.token in now.open_tokens()
    step = now.experiments[made.experiment].steps[-1]
    assert (step.index, step.status, step.seq) == (made.step, "intended", event.seq)
    assert now.question(made.experiment, made.step) == made


def _answered(was: State, now: State, event: Event) -> None:
    made, yes = now.questions[event.body["token"]], event.body["yes"]
    assert (made.status, made.reason) == ("granted" if yes else "rejected", event.body["reason"])
    assert made.by == event.body["by"]["name"]
    assert made.token not in now.open_tokens()
    step = now.experiments[made.experiment].steps[made.step]
    assert (step.status, step.result) == (("done", None) if yes else ("failed", event.body["reason"]))
    assert (step.at, step.seq) == (event.at, event.seq)


NO_CONTENT: list[tuple[str, object]] = [
    ("advise", {}),
    ("advise", {"items": [{"kind": "point", "values": 5, "expected": {}, "reason": ""}]}),
    ("advise", {"items": [{"kind": "point", "values": {"x": None}, "expected": {}, "reason": ""}]}),
    ("correct", {"experiment": "e0001", "values": {}}),
    ("advise", {"items": []}),
    ("advise", {"items": [{"kind": "dance"}]}),
    ("advise", {"items": [{"kind": "replicate", "experiment": "e0001"}], "lasting": "2"}),
    ("withdraw", {"advice": 3}),
    ("correct", {"experiment": "e0001"}),
    ("correct", {"experiment": "e0001", "values": {"y": [1.0]}}),
    ("retract", {"experiment": None}),
    ("restore", ["e0001"]),
    ("clear", {"digest": "d", "kind": "unknown", "subject": "x", "words": "x is not known"}),
    ("clear", {"digest": "d", "kind": "unknown", "subject": "x", "words": "x is not known", "where": [3]}),
    ("clear", {"digest": 3, "kind": "unknown", "subject": "x", "words": "x is not known", "where": []}),
    ("steer", {"experiment": "e0001"}),
]
"""Contents of proposals that make no sense."""


CLEARED = body(digest=WORDS, kind=WORDS, subject=WORDS, words=WORDS, where=st.lists(WORDS, max_size=2))


def _new(good: Mapping[str, Any]) -> dict[str, Any]:
    return {**good, "token": "n"}


def _wrong(good: Mapping[str, Any], **bad: Any) -> list[dict[str, Any]]:
    return [{**good, name: value} for name, value in bad.items()]


ASK = {"token": "n", "experiment": BARE, "step": 0, "text": "stir"}
SAID: Mapping[str, Any] = {"token": "q", "yes": True, "by": BY, "reason": ""}

CASES: Mapping[str, Case] = {
    "approval.requested": Case(
        body(
            token=TOKENS,
            experiments=st.lists(st.sampled_from(["e0001", "e0002", "e0006"]), unique=True),
            digest=WORDS,
            spec_version=st.integers(1, 9),
        ),
        _requested,
        frozenset({"approvals"}),
        refused(
            "approval.requested",
            *({**REQUESTED, "token": token} for token in TAKEN),
            *without(_new(REQUESTED), *REQUESTED),
            *_wrong(_new(REQUESTED), experiments=[UNKNOWN], digest=3, spec_version="1"),
            *_wrong(_new(REQUESTED), token=5, experiments=PROPOSED),
        ),
        BEFORE,
    ),
    "change.proposed": Case(
        body(
            token=TOKENS,
            verb=st.sampled_from(["steer", "undo", "pause", "resume", "abort"]),
            changes=st.lists(body(path="batch", old=st.integers(1, 3), new=st.integers(1, 3)), max_size=2),
            undoes=st.none() | st.integers(1, 9),
            spec_version=st.integers(1, 9),
            number=st.integers(1, 9),
            digest=WORDS,
            by=WHO,
            reason=WORDS,
        )
        | body(**{**SUGGESTED, "verb": "retract"}, content=body(experiment=WORDS)).map(_new)
        | body(**{**SUGGESTED, "verb": "clear"}, content=CLEARED).map(_new),
        _suggested,
        frozenset({"changes"}),
        refused(
            "change.proposed",
            *({**SUGGESTED, "token": token} for token in TAKEN),
            *without(_new(SUGGESTED), *SUGGESTED),
            *({**_new(SUGGESTED), "verb": verb, "content": content} for verb, content in NO_CONTENT),
            {**_new(SUGGESTED), "verb": "retract"},
            *_wrong(_new(SUGGESTED), verb="dance", changes=[{"path": 3, "old": 1, "new": 2}], undoes="1", number=True),
        ),
        BEFORE,
    ),
    "approval.granted": _answer("granted"),
    "approval.rejected": _answer("rejected"),
    "approval.expired": _answer("expired"),
    "operator.asked": Case(
        body(token=TOKENS, experiment=BARE, step=0, text=WORDS)
        | body(token=TOKENS, experiment=READ, step=1, text=WORDS),
        _asked,
        frozenset({"questions", "experiments", "active"}),
        refused(
            "operator.asked",
            *({**ASK, "token": token} for token in TAKEN),
            *without(ASK, *ASK),
            *_wrong(ASK, experiment=UNKNOWN, step=1, text=None, token=0),
        ),
        BEFORE,
    ),
    "operator.answered": Case(
        body(token="q", yes=st.booleans(), by=WHO, reason=WORDS),
        _answered,
        frozenset({"questions", "experiments", "active"}),
        refused(
            "operator.answered",
            *({**SAID, "token": token} for token in ("t", "c", "none")),
            *without(SAID, *SAID),
            *_wrong(SAID, yes="perhaps", by=None),
        )
        | st.just([Draft("operator.answered", SAID)] * 2),
        BEFORE,
    ),
}
