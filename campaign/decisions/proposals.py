"""Proposing: what goes on record when somebody suggests a change of a campaign; pure functions of the state.

``change.proposed`` says exactly what would be done, and a random token names it. Its digest covers the campaign, the
verb, each field's old and new value and the spec's version.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from zosimos.campaign.definition.steer import Change
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.record.approvals import change_digest
from zosimos.campaign.record.experiment import Approval, ProposedChange, ProposedVerb
from zosimos.campaign.record.state import State
from zosimos.campaign.record.suggested import BESIDE
from zosimos.core.errors import StateError

By: TypeAlias = Mapping[str, str]

FROM: Mapping[str, tuple[str, ...]] = {
    "pause": ("active",),
    "resume": ("paused", "finished"),
    "abort": ("active", "paused"),
    "steer": ("active", "paused", "finished"),
    "undo": ("active", "paused", "finished"),
    **dict.fromkeys(BESIDE, ("active", "paused", "finished")),
}
"""The campaign's statuses in which each change makes sense."""


def proposal(
    state: State,
    verb: ProposedVerb,
    changes: Sequence[Change],
    undoes: int | None,
    by: By,
    reason: str,
    content: Mapping[str, Any] | None = None,
    before: int = 0,
) -> Draft | str:
    """Return what records a proposal, or the token of an open one that says exactly the same.

    Args:
        state: the campaign.
        verb: what would be done.
        changes: of the spec.
        undoes: the version of the spec that would be undone.
        by: who proposes it.
        reason: why.
        content: what :mod:`~zosimos.campaign.control.beside` would do.
        before: proposals that are recorded before it at the same time.

    Raises:
        StateError: the change does not fit the campaign's status.
    """
    check(state, verb)
    for known in state.open_changes():
        said = (known.verb, list(known.changes), known.undoes, dict(known.content))
        if said == (verb, list(changes), undoes, dict(content or {})):
            return known.token
    number = len(state.changes) + 1 + before
    body = {
        "verb": verb,
        "changes": [change.as_json() for change in changes],
        "undoes": undoes,
        "spec_version": state.spec_version,
        "number": number,
        "digest": change_digest(state.id, verb, changes, undoes, state.spec_version, number, content or {}),
        "by": by,
        "reason": reason,
        **({"content": dict(content)} if content else {}),
    }
    return Draft("change.proposed", body)


def no(asked: Approval | ProposedChange, by: By, reason: str) -> Draft:
    """Return what says no to a question about experiments or a change."""
    return Draft("approval.rejected", answer_body(asked, by, reason))


def answer_body(asked: Approval | ProposedChange, by: By, reason: str) -> dict[str, Any]:
    """Return what an answer to such a question holds."""
    return {"token": asked.token, "digest": asked.digest, "by": by, "reason": reason}


def replaces(new: ProposedChange, older: ProposedChange) -> bool:
    """Say whether a proposal says of the same settings, or of the same result, something else than an older one."""
    if older.number >= new.number or new.verb != older.verb:
        return False
    if new.verb == "steer":
        return {change.path for change in new.changes} == {change.path for change in older.changes}
    named = ("experiment", "values")
    return new.verb == "correct" and [list(new.content[name]) for name in named] == [
        list(older.content[name]) for name in named
    ]


def check(state: State, verb: str) -> None:
    """Refuse a change that does not fit the campaign's status.

    Raises:
        StateError: it does not.
    """
    if state.status not in FROM[verb]:
        raise StateError(
            f"the campaign is {state.status}: there is nothing to {verb}",
            field="campaign",
            value=state.reason or state.status,
            allowed=f"a campaign that is {' or '.join(FROM[verb])}",
        )
