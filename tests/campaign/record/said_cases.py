"""Events of what is said: notes of people, and turns of conversations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from tests.campaign.record.case import BEFORE, BY, JSON, MEASURED, UNKNOWN, WHO, WORDS, Case, body, refused, without
from tests.campaign.record.model_cases import ACCOUNT, WRONG_ACCOUNTS

from zosimos.campaign.ledger.events import Draft, Event
from zosimos.campaign.record.said import REMEMBERED
from zosimos.campaign.record.state import State

NOTE = {"note": "n0001", "text": "it smelled odd", "experiment": "", "by": BY}
TURN: dict[str, Any] = {
    "asked": "why e0006?",
    "answered": "It was the best.",
    "intent": "explain",
    "model": "offline",
    "calls": [{"tool": "explain", "arguments": {"experiment": MEASURED}}],
    "proposals": ["c"],
    "by": BY,
}
TURNS = body(
    asked=WORDS,
    answered=WORDS,
    intent=WORDS,
    model=WORDS,
    calls=st.lists(body(tool=WORDS, arguments=st.dictionaries(WORDS, JSON, max_size=2)), max_size=2),
    proposals=st.lists(WORDS, max_size=2),
    by=WHO,
)
WITH_MODELS = st.tuples(TURNS, ACCOUNT).map(lambda two: {**two[0], "models": two[1]})


def _written_down(was: State, now: State, event: Event) -> None:
    assert now.notes[:-1] == was.notes
    said = {name: event.body[name] for name in ("note", "text", "experiment")}
    assert now.notes[-1].as_json() == {**said, "by": event.body["by"]["name"], "at": event.at}


def _conversed(was: State, now: State, event: Event) -> None:
    assert now.turns == [*was.turns, now.turns[-1]][-REMEMBERED:]
    assert {**now.turns[-1].as_body(), "by": event.body["by"]} == event.body
    assert now.turns[-1].by == event.body["by"]["name"]


CASES: Mapping[str, Case] = {
    "note.added": Case(
        body(
            note=st.sampled_from(["n0001", "n0099"]),
            text=WORDS.filter(str.strip),
            experiment=st.sampled_from(["", MEASURED]),
            by=WHO,
        ),
        _written_down,
        frozenset({"notes"}),
        refused(
            "note.added",
            *without(NOTE, *NOTE),
            *({**NOTE, "note": name} for name in ("", "e0001", "n1", 3)),
            *({**NOTE, "text": text} for text in ("", " \n", None)),
            *({**NOTE, "experiment": name} for name in (UNKNOWN, None)),
        )
        | st.just([Draft("note.added", NOTE)] * 2),
        BEFORE,
    ),
    "chat.answered": Case(
        TURNS | WITH_MODELS,
        _conversed,
        frozenset({"turns"}),
        refused(
            "chat.answered",
            *without(TURN, *TURN),
            *({**TURN, name: 3} for name in ("asked", "answered", "intent", "model", "calls", "proposals", "by")),
            *({**TURN, "calls": [call]} for call in (3, {}, {"tool": "explain"}, {"tool": 1, "arguments": {}})),
            {**TURN, "proposals": [3]},
            *({**TURN, "models": wrong} for wrong in WRONG_ACCOUNTS),
        ),
        (*BEFORE, *[Draft("chat.answered", TURN)] * REMEMBERED),
    ),
}
