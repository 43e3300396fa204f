"""Advising: what records advice, once it was found to fit the campaign as it is, and what takes it back.

Advice is text and numbers from people and programs. It is checked against the space under the latest conditions, with
what other advice in force excludes left out, so that everything on record can be planned with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zosimos.campaign.decisions.advice_checks import check_fit, check_reason, check_words
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.record.advice import as_body
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.core.errors import NotFoundError, SpecError, StateError
from zosimos.core.ids import local_id
from zosimos.planners.advice import Advice, AuthorKind, Item


@dataclass(frozen=True)
class ModelCall:
    """What was asked of a model for its advice: which one, a digest of the prompt, and what it cost."""

    model: str
    prompt: str = ""
    cost: float | None = None


@dataclass(frozen=True)
class Said:
    """Advice before it has a place in the record.

    Args:
        items: what is advised.
        author: whose advice it is; their record is kept under this name (empty: whoever records it).
        kind: of author.
        reason: why.
        lasting: for how many further results it counts (None: until it is withdrawn).
        call: of a model, what was asked of it.
        cites: the words of a document on which it rests, and where they stand, found there by whoever says so.
    """

    items: tuple[Item, ...]
    author: str = ""
    kind: AuthorKind = "person"
    reason: str = ""
    lasting: int | None = None
    call: ModelCall | None = None
    cites: str = ""


def giving(setup: Setup, state: State, said: Said, by: Mapping[str, str]) -> Draft:
    """Return what records advice.

    Args:
        setup: the campaign's setup.
        state: the campaign.
        said: the advice.
        by: who records it.

    Raises:
        SpecError: an item does not fit the campaign, or leaves nothing to try; no name; an expiry that is no number.
        StateError: the campaign was aborted.
    """
    if state.status == "aborted":
        raise StateError(
            f"campaign {state.id} is aborted: nothing is decided any more", field="campaign", value=state.id
        )
    check_words(state, said)
    check_reason(said.cites)
    seen = len(state.observations)
    until = None if said.lasting is None else seen + _whole(said.lasting)
    name = local_id("advice", len(state.advice) + 1)
    advice = Advice(name, said.items, said.author, said.kind, said.reason, seen, until)
    check_fit(setup, state, advice)
    more: dict[str, Any] = {"cites": said.cites} | ({} if said.call is None else dict(vars(said.call)))
    return Draft("advice.given", as_body(advice, by, {key: value for key, value in more.items() if value}))


def withdrawing(state: State, name: str, by: Mapping[str, str], reason: str) -> Draft:
    """Return what takes advice back.

    Raises:
        NotFoundError: there is no such advice.
        StateError: it was withdrawn already, or has expired.
        SpecError: the reason is nothing that can be kept.
    """
    check_reason(reason)
    there = ", ".join(advice.id for advice in state.in_force()) or "none is in force"
    if name not in state.advice:
        raise NotFoundError(
            f"campaign {state.id} has no advice {name!r}",
            field="withdraw",
            value=name,
            allowed=there,
            hint=f"zosimos advise {state.id} lists what is in force",
        )
    status = state.advice[name].status(len(state.observations))
    if status != "in force":
        raise StateError(
            f"{name} {'was withdrawn already' if status == 'withdrawn' else 'has expired'}",
            field="withdraw",
            value=name,
            allowed=there,
            hint=f"zosimos advise {state.id} lists what is in force",
        )
    return Draft("advice.withdrawn", {"advice": name, "by": dict(by), "reason": reason})


def resolving(state: State, name: str, *, holds: bool, by: Mapping[str, str], reason: str) -> Draft:
    """Return what records that a person found a hypothesis true or false, whatever results make of it.

    Raises:
        NotFoundError: there is no such advice.
        SpecError: it does not state one hypothesis, or the reason is nothing that can be kept.
    """
    check_reason(reason)
    stated = [one.advice.id for one in state.advice.values() if len(one.hypotheses) == 1]
    allowed = ", ".join(stated) or "none is stated"
    if name not in state.advice:
        raise NotFoundError(
            f"campaign {state.id} has no advice {name!r}",
            field="resolve",
            value=name,
            allowed=allowed,
            hint=f"zosimos hypotheses {state.id} lists them",
        )
    if name not in stated:
        raise SpecError(f"{name} does not state one hypothesis", field="resolve", value=name, allowed=allowed)
    return Draft("advice.resolved", {"advice": name, "holds": holds, "by": dict(by), "reason": reason})


def _whole(number: object) -> int:
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise SpecError(
            "for how many further results it counts is no whole number above 0",
            field="for",
            value=number,
            allowed="1 or more",
        )
    return number
