"""Memory: what a model is told of a conversation so far, read from the record as data, and what is kept of a turn.

A conversation lives in the ledger like everything else: it goes on in another process, and with another model. What
was said is data to whoever answers next; it can neither hold an approval nor lose one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from zosimos.campaign.record.said import Turn
from zosimos.campaign.record.state import State
from zosimos.campaign.record.suggested import in_words

_TOLD = 6  # turns
_LONGEST = 600  # characters of a message, and of an answer


def remembered(state: State) -> list[dict[str, Any]]:
    """Return the last turns as data, the latest last, each with how its proposals stand now."""
    return [_told(state, turn) for turn in state.turns[-_TOLD:]]


def open_proposals(state: State) -> list[dict[str, Any]]:
    """Return the proposed changes that wait for an answer, as data."""
    return [
        {
            "token": change.token,
            "verb": change.verb,
            "changes": [item.as_json() for item in change.changes],
            "words": in_words(change.verb, change.content, state.experiments),
            "by": change.by,
        }
        for change in state.open_changes()
    ]


def kept(asked: str, answered: str, intent: str, calls: Sequence[Mapping[str, Any]], proposals: Sequence[str]) -> Turn:
    """Return a turn as it goes into the record: whole characters, and arguments that a ledger can hold."""
    plain = tuple({"tool": call["tool"], "arguments": _storable(call["arguments"])} for call in calls)
    return Turn(whole(asked), whole(answered), intent, plain, tuple(proposals))


def _told(state: State, turn: Turn) -> dict[str, Any]:
    proposals = [
        {"token": token, "status": state.changes[token].status if token in state.changes else "unknown"}
        for token in turn.proposals
    ]
    said = {"asked": turn.asked[:_LONGEST], "answered": turn.answered[:_LONGEST], "intent": turn.intent}
    return {**said, "calls": [dict(call) for call in turn.calls], "proposals": proposals}


def whole(text: str) -> str:
    """Return a text without halves of characters, which no event can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _storable(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments as an event can hold them; of others only that they were given."""
    try:
        found: dict[str, Any] = json.loads(whole(json.dumps(dict(arguments), ensure_ascii=False, allow_nan=False)))
    except (TypeError, ValueError, RecursionError):
        return {"unreadable": True}
    return found
