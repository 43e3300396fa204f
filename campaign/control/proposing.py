"""Proposing: what records a proposal, worked out on a state and not yet written: who looks ahead needs no record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zosimos.campaign.control.beside import done_beside
from zosimos.campaign.control.changes import steering_wanted, undoing_wanted
from zosimos.campaign.decisions.proposals import By, proposal
from zosimos.campaign.definition.steer import Change
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.record.experiment import ProposedVerb
from zosimos.campaign.record.state import State
from zosimos.campaign.record.suggested import BESIDE
from zosimos.campaign.setup import Setup


def proposing(
    setup: Setup, state: State, verb: ProposedVerb, wanted: Mapping[str, Any] | None, by: By, reason: str, at: str
) -> Draft | str:
    """Return what records a proposal, or the token of an open one that says exactly the same.

    Args:
        setup: the campaign's setup, against which a new spec is checked.
        state: the campaign.
        verb: what to do.
        wanted: for ``steer``, dotted path to new value; for what leaves the spec as it is, the content that
            :func:`~zosimos.campaign.control.beside.done_beside` reads.
        by: who proposes it.
        reason: why, for the record.
        at: the present moment.

    Raises:
        SpecError: the new spec is wrong or cannot be reached under way.
        StateError: the change does not fit the campaign as it is.
    """
    changes: list[Change] = []
    undoes = None
    if verb == "steer":
        changes = steering_wanted(setup, state, wanted or {})
    elif verb == "undo":
        changes, undoes = undoing_wanted(setup, state)
    content = wanted if verb in BESIDE else None
    if content is not None:
        done_beside(setup, state, verb, content, by, reason, at)  # it can be done
    return proposal(state, verb, changes, undoes, by, reason, content)
