"""Said: notices of the program, notes of people, and turns of conversations, as they are on record.

None of it is data: no decision rests on it and no model learns from it. Of a conversation a state keeps the last
:data:`REMEMBERED` turns, which is what whoever answers next is shown; the record keeps them all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from zosimos.campaign.ledger.events import Event
from zosimos.campaign.record.bodies import listed, mapped, number, text
from zosimos.campaign.record.experiment import Notice
from zosimos.campaign.record.model_use import MODELS, account

if TYPE_CHECKING:
    from zosimos.campaign.record.state import State

NAME = re.compile(r"n[0-9]{4,9}")
"""What a note is called."""

REMEMBERED = 10
"""Turns of a conversation that a state keeps."""


@dataclass(frozen=True)
class Note:
    """What a person wrote down about a campaign, or about one of its experiments (empty: about all of it)."""

    id: str
    text: str
    experiment: str
    by: str
    at: str

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {"note": self.id, **{name: getattr(self, name) for name in ("text", "experiment", "by", "at")}}


@dataclass(frozen=True)
class Turn:
    """One message of a person and what was answered.

    Args:
        asked: the message.
        answered: the answer, as the person saw it.
        intent: what was asked, as it is read without a model.
        calls: the tools that were called, each with its arguments.
        proposals: tokens of what was proposed.
        by: who asked.
        model: who answered.
        models: which models were asked, and what for, as the record names it; empty: not on record.
    """

    asked: str
    answered: str
    intent: str
    calls: tuple[Mapping[str, Any], ...] = ()
    proposals: tuple[str, ...] = ()
    by: str = ""
    model: str = ""
    models: Mapping[str, Any] = field(default_factory=dict)

    def as_body(self) -> dict[str, Any]:
        """Return what ``chat.answered`` says, but for who asked."""
        said = {name: getattr(self, name) for name in ("asked", "answered", "intent", "model")}
        more = {MODELS: dict(self.models)} if self.models else {}
        return {**said, "calls": [dict(call) for call in self.calls], "proposals": list(self.proposals), **more}


def noticed(state: State, body: Mapping[str, Any], _: Event) -> None:
    """Take in ``notice.raised``."""
    kind, quantity, experiment, words = (text(body, name) for name in ("kind", "quantity", "experiment", "words"))
    state.notices.append(Notice(kind, quantity, experiment, number(body, "seen"), words))


def written_down(state: State, body: Mapping[str, Any], event: Event) -> None:
    """Take in ``note.added``.

    Raises:
        KeyError, TypeError, ValueError: it says nothing, or is about an experiment that is not on record.
    """
    name, said, experiment = text(body, "note"), text(body, "text"), text(body, "experiment")
    if not NAME.fullmatch(name) or any(note.id == name for note in state.notes):
        raise ValueError(f"{name!r} is no name of a new note")
    if not said.strip():
        raise ValueError("a note without words")
    if experiment and experiment not in state.experiments:
        raise ValueError(f"a note about {experiment!r}, which is not on record")
    state.notes.append(Note(name, said, experiment, text(body["by"], "name"), event.at))


def conversed(state: State, body: Mapping[str, Any], _: Event) -> None:
    """Take in ``chat.answered``.

    Raises:
        KeyError, TypeError, ValueError: it is no turn of a conversation.
    """
    calls = tuple(listed(body, "calls"))
    for call in calls:
        text(call, "tool")
        mapped(call, "arguments")
    proposals = tuple(listed(body, "proposals"))
    if not all(isinstance(token, str) for token in proposals):
        raise TypeError(f"proposals holds what is no token: {proposals!r}")
    asked, answered, intent, model = (text(body, name) for name in ("asked", "answered", "intent", "model"))
    by, models = text(body["by"], "name"), account(body)
    state.turns.append(Turn(asked, answered, intent, calls, proposals, by, model, models))
    del state.turns[:-REMEMBERED]
