"""Advising: what records advice, once it was found to fit the campaign as it is, and what takes it back.

Advice is text and numbers from people and programs. It is checked against the space under the latest conditions, with
what other advice in force excludes left out, so that everything on record can be planned with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.record.advice import AUTHOR, as_body
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.core.canonical import canonical_json
from zosimos.core.errors import NotFoundError, PlanningError, SpecError, StateError
from zosimos.core.ids import local_id
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners.advice import Advice, AuthorKind, Exclude, Item, Point, without_excluded
from zosimos.planners.candidates.sampling import check_feasible
from zosimos.planners.context import ProposalContext
from zosimos.planners.goal.conditions import under_latest
from zosimos.planners.history import History

LONGEST = 2000
"""Characters of a reason, at most."""


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
    """

    items: tuple[Item, ...]
    author: str = ""
    kind: AuthorKind = "person"
    reason: str = ""
    lasting: int | None = None
    call: ModelCall | None = None


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
    if not AUTHOR.fullmatch(said.author):
        raise SpecError(
            "the author has no name that can be shown",
            field="author",
            value=said.author,
            allowed="1 to 100 characters on one line",
        )
    _check_words(said)
    seen = len(state.observations)
    until = None if said.lasting is None else seen + _whole(said.lasting)
    name = local_id("advice", len(state.advice) + 1)
    advice = Advice(name, said.items, said.author, said.kind, said.reason, seen, until)
    _check(setup, state, advice)
    more: dict[str, Any] = {} if said.call is None else dict(vars(said.call))
    return Draft("advice.given", as_body(advice, by, {key: value for key, value in more.items() if value}))


def withdrawing(state: State, name: str, by: Mapping[str, str], reason: str) -> Draft:
    """Return what takes advice back.

    Raises:
        NotFoundError: there is no such advice.
        StateError: it was withdrawn already, or has expired.
    """
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


def _check_words(said: Said) -> None:
    """Refuse what is no advice, and words that cannot be kept."""
    for item in said.items:
        if not isinstance(item, get_args(Item)):
            kinds = ", ".join(kind.__name__ for kind in get_args(Item))
            raise SpecError("this is no advice", field="advice", value=item, allowed=kinds)
    if len(said.reason) > LONGEST:
        raise SpecError(
            "the reason is too long",
            field="reason",
            value=f"{len(said.reason)} characters",
            allowed=f"at most {LONGEST} characters",
        )
    try:
        canonical_json([said.author, said.reason, [item.as_json() for item in said.items]])
    except (ValueError, TypeError) as error:
        raise SpecError(
            "advice holds what cannot be written down",
            field="advice",
            value=str(error),
            allowed="finite numbers, and texts of whole characters",
        ) from error


def _whole(number: object) -> int:
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise SpecError(
            "for how many further results it counts is no whole number above 0",
            field="for",
            value=number,
            allowed="1 or more",
        )
    return number


def _check(setup: Setup, state: State, advice: Advice) -> None:
    """Refuse what does not fit the campaign as it is."""
    space = under_latest(setup.space(state.spec), state.observations)
    objectives = setup.objectives(state.spec)
    advice.check(space, objectives, state.observations)
    left = _left(space, state, advice)
    advice.check(left, objectives, state.observations)
    pending, avoid = (tuple(one.values for one in part.values()) for part in (state.active, state.avoided))
    known = setup.context(state.spec, History(tuple(state.observations), pending, avoid), seed=0)
    for item in advice.items:
        if isinstance(item, Point):
            _check_new(known, state, item)


def _left(space: SearchSpace, state: State, advice: Advice) -> SearchSpace:
    """Return what exclusions leave to try, those in force and the new ones together."""
    wheres = [item.where for item in advice.items if isinstance(item, Exclude)]
    try:
        left = without_excluded(space, (*state.in_force(), advice))
        if wheres:
            check_feasible(left)
    except (PlanningError, SpecError) as error:
        others = ", ".join(one.id for one in state.in_force() if any(isinstance(i, Exclude) for i in one.items))
        beside = f", beside what {others} excludes" if others else ""
        raise SpecError(
            f"nothing would be left to try{beside}",
            field="exclude",
            value="; ".join(wheres),
            allowed="a condition that leaves something to try",
            hint="exclude less" + (f", or withdraw {others}" if others else ""),
        ) from error
    return left


def _check_new(known: ProposalContext, state: State, point: Point) -> None:
    """Refuse a point that no decision would take: it was tried, is under way, or was rejected."""
    space = known.space
    key = row_key(space.pinned(point.values))
    if key not in known.taken:
        return
    told = {"measured": "was measured already", "failed": "was tried already and failed"}
    for experiment in state.experiments.values():
        if experiment.status == "cancelled" and not experiment.avoid:
            continue
        if row_key(space.pinned(experiment.values)) == key:
            again = experiment.status == "measured"
            status = told.get(experiment.status, f"is that of {experiment.id}, which is {experiment.status}")
            raise SpecError(
                f"the point {status}: {experiment.id}" if experiment.status in told else f"the point {status}",
                field="point",
                value=dict(point.values),
                allowed="a point that was not tried, is not under way and was not rejected",
                hint=f"to measure it again, advise to replicate {experiment.id}" if again else "advise another point",
            )
