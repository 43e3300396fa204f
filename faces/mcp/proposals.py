"""Proposals as an agent sees them: by their number in the campaign, never by the token that grants them.

A token stands for a person's yes. Whoever has it could say yes with ``zosimos approve``, or have a person paste it, so
a client is told a number, and the command that shows a person all that is open.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any, Protocol

from zosimos.campaign import views
from zosimos.campaign.record.experiment import ProposedChange
from zosimos.campaign.record.record import Record
from zosimos.campaign.record.state import State
from zosimos.core.errors import NotFoundError, StateError

_LISTED = 20  # proposals, the latest
_KEPT = ("campaign", "status", "verb", "changes", "content", "words", "by", "reason", "evidence", "asked", "preview")


class _Hints(Protocol):
    def hint(self, command: str) -> str: ...


def filed(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a tool said of a proposal that it filed: its number, what would be done, what would follow."""
    return {"proposal": found["number"]} | without_tokens({name: found[name] for name in _KEPT if name in found})


def without_tokens(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a tool found, with how many questions are open or would expire in place of their tokens."""
    counted = {name: len(value) if name in ("open", "expires") else value for name, value in found.items()}
    return counted | ({"preview": without_tokens(found["preview"])} if "preview" in found else {})


def listed(state: State) -> dict[str, Any]:
    """Return the latest proposals, and how many there are."""
    changes = list(state.changes.values())
    return {
        "campaign": state.id,
        "total": len(changes),
        "proposals": [_view(state, item) for item in changes[-_LISTED:]],
    }


def decision(state: State, number: int) -> dict[str, Any]:
    """Return what became of a proposal.

    Raises:
        NotFoundError: there is none of that number.
    """
    return _view(state, numbered(state, number))


def require_open(state: State, number: int) -> None:
    """Refuse a proposal that was decided on.

    Raises:
        NotFoundError: there is none of that number.
        StateError: it is not open.
    """
    found = numbered(state, number)
    if found.status != "open":
        raise StateError(f"the proposal was already {found.status}", field="proposal", value=number)


def waits(found: Mapping[str, Any]) -> bool:
    """Say whether what a client is told of is a proposal that waits for a person."""
    return "proposal" in found and found["status"] == "open"


def to_decide(hints: _Hints, record: Record) -> str:
    """Return what a person types to see all that is open, with what says yes or no to it."""
    return hints.hint(f"zosimos approvals {shlex.quote(record.campaign)}")


def numbered(state: State, number: int) -> ProposedChange:
    """Return the proposal of a number.

    Raises:
        NotFoundError: there is none.
    """
    for change in state.changes.values():
        if change.number == number:
            return change
    raise NotFoundError(
        "there is no such proposal", field="proposal", value=number, allowed=f"1 to {len(state.changes)}"
    )


def _view(state: State, change: ProposedChange) -> dict[str, Any]:
    view = views.change_view(state, change)
    answered = {"answered_by": change.answered_by, "answer": change.answer} if change.answered_by else {}
    return {"proposal": change.number, **{name: view[name] for name in _KEPT if name in view}, **answered}
