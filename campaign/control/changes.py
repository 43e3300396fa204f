"""Proposals: changes of a campaign that somebody suggests and a person's approval makes.

Whoever may not act alone (a model, above all) proposes (:mod:`~zosimos.campaign.decisions.proposals`). Saying yes
writes the answer and the change in one transaction; a token is used once, and it expires when the spec moves on or the
campaign ends. What is done is read from the record, never from what a model said about it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from zosimos.campaign.control.coming_and_going import check_coming_and_going
from zosimos.campaign.decisions.budget import check_past
from zosimos.campaign.decisions.proposals import By, check
from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.definition.steer import Change, steered, steered_to, undone
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.record.approvals import change_digest, expiry
from zosimos.campaign.record.experiment import ProposedChange, ProposedVerb
from zosimos.campaign.record.state import State
from zosimos.campaign.record.suggested import BESIDE
from zosimos.campaign.setup import Setup
from zosimos.core.errors import StateError, TamperedError

Beside: TypeAlias = Callable[[ProposedVerb, Mapping[str, Any], str], list[Draft]]


def carried_out(state: State, change: ProposedChange, by: By, beside: Beside) -> list[Draft]:
    """Return what an approved proposal does, to be written together with the approval.

    Args:
        state: the campaign as it is now.
        change: the proposal.
        by: who approves it.
        beside: returns what a proposal does that leaves the spec as it is, given its verb, its content and the reason.

    Raises:
        StateError: it does not fit the campaign as it is now.
        TamperedError: the record of it is not what its digest covers.
    """
    check(state, change.verb)
    found = change_digest(
        state.id, change.verb, change.changes, change.undoes, change.spec_version, change.number, change.content
    )
    if found != change.digest or change.spec_version != state.spec_version:
        raise not_covered(change.token)
    # The reason is the proposer's, perhaps a model's: nobody may take it for the words of whoever says yes.
    reason = f"{change.by} proposed it: {change.reason}" if change.reason else ""
    match change.verb:
        case "pause":
            return [pausing(by, reason)]
        case "resume":
            return [continuing(by)]
        case "abort":
            return aborting(state, by, reason, but=change.token)
        case verb if verb in BESIDE:
            return beside(verb, change.content, reason)
        case _:
            return steering(state, change.changes, by, reason, change.undoes, but=change.token)


def not_covered(token: str) -> TamperedError:
    """Return the error for a question whose record is not what its digest covers."""
    return TamperedError(
        f"what is on record for {token} is not what its token stands for",
        field="token",
        value=token,
        hint="run zosimos verify; have it proposed again",
    )


def pausing(by: By, reason: str) -> Draft:
    """Return what pauses a campaign."""
    return Draft("campaign.paused", {"by": by, "reason": reason or f"paused by {by['name']}"})


def halting(by: By, reason: str) -> Draft:
    """Return what pauses a campaign and has its devices stand still at once."""
    return Draft("campaign.halted", {"by": by, "reason": reason or f"halted by {by['name']}"})


def continuing(by: By) -> Draft:
    """Return what takes a campaign up again."""
    return Draft("campaign.continued", {"by": by})


def aborting(state: State, by: By, reason: str, *, but: str = "") -> list[Draft]:
    """Return what ends a campaign for good; open questions expire, except the one named ``but``."""
    body = {"by": by, "reason": reason or f"aborted by {by['name']}"}
    return [*expiry(state, "the campaign was aborted", but=but), Draft("campaign.aborted", body)]


def steering(
    state: State,
    changes: Sequence[Change],
    by: By,
    reason: str,
    undoes: int | None,
    *,
    but: str = "",
    source: Mapping[str, Any] | None = None,
) -> list[Draft]:
    """Return what makes the spec's next version; open questions expire, except the one named ``but``.

    ``source`` is the campaign file that says all of it from here on, if one does.
    """
    version = state.spec_version + 1
    body: dict[str, Any] = {
        "version": version,
        "changes": [change.as_json() for change in changes],
        "by": by,
        "reason": reason,
        "undoes": undoes,
        **({} if source is None else {"source": dict(source)}),
    }
    return [Draft("spec.steered", body), *expiry(state, f"the spec was steered to version {version}", but=but)]


def steering_wanted(setup: Setup, state: State, wanted: Mapping[str, Any] | CampaignSpec) -> list[Change]:
    """Return the changes that lead from the spec as it stands to the one wanted, all of it checked.

    Raises:
        SpecError: the new spec is wrong or cannot be reached under way.
        StateError: the campaign was aborted.
    """
    _require_steerable(state)
    change = steered_to if isinstance(wanted, CampaignSpec) else steered
    new, changes = change(state.spec, wanted)  # type: ignore[arg-type]  # each function takes its own kind
    setup.check(new)
    check_coming_and_going(setup, state, new)
    check_past(state, new)
    return changes


def undoing_wanted(setup: Setup, state: State) -> tuple[list[Change], int]:
    """Return the changes that take back the last steering that was not undone yet, and the version it made.

    Raises:
        SpecError: the spec that comes of it does not fit the experiments made since.
        StateError: there is none, its fields were changed again since, or the campaign was aborted.
    """
    _require_steerable(state)
    gone = {steering.undoes for steering in state.steerings}
    left = [s for s in state.steerings if s.undoes is None and s.version not in gone]
    if not left:
        raise StateError("there is no steering to undo", field="--undo", value=state.id)
    new, changes = undone(state.spec, left[-1].changes)
    setup.check(new)
    check_coming_and_going(setup, state, new)
    check_past(state, new)
    return changes, left[-1].version


def _require_steerable(state: State) -> None:
    if state.status == "aborted":
        raise StateError("an aborted campaign cannot be steered", value=state.id)
