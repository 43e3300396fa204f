"""Checks of advice before it is recorded: a name and words that can be shown, numbers that can be used, room to go on.

Advice is text and numbers from people and programs, and a program may hand over anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from zosimos.campaign.record.advice import AUTHOR, sound
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.core.canonical import canonical_json
from zosimos.core.errors import PlanningError, SpecError
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners.advice import Advice, Exclude, Item, Point, without_excluded
from zosimos.planners.candidates.sampling import check_feasible
from zosimos.planners.context import ProposalContext
from zosimos.planners.goal.conditions import under_latest
from zosimos.planners.history import History

if TYPE_CHECKING:
    from zosimos.campaign.decisions.advising import Said

LONGEST = 2000
"""Characters of a reason, at most."""


def check_words(state: State, said: Said) -> None:
    """Refuse what is no advice, and words that cannot be kept or shown.

    Raises:
        SpecError: says which field, and what is allowed.
    """
    _check_author(state, said)
    check_reason(said.reason)
    for item in said.items:
        if not isinstance(item, get_args(Item)):
            kinds = ", ".join(kind.__name__ for kind in get_args(Item))
            raise SpecError("this is no advice", field="advice", value=item, allowed=kinds)
    try:
        canonical_json([item.as_json() for item in said.items])
    except (ValueError, TypeError, AttributeError) as error:
        raise SpecError(
            "advice holds what cannot be written down",
            field="advice",
            value=str(error),
            allowed="finite numbers, and texts of whole characters",
        ) from error


def check_reason(reason: object) -> None:
    """Refuse a reason that nobody could read.

    Raises:
        SpecError: it is no text, too long, or holds half a character.
    """
    if not isinstance(reason, str):
        raise SpecError("the reason is no text", field="reason", value=reason, allowed="a text, perhaps an empty one")
    if len(reason) > LONGEST:
        raise SpecError(
            "the reason is too long",
            field="reason",
            value=f"{len(reason)} characters",
            allowed=f"at most {LONGEST} characters",
        )
    try:
        reason.encode()
    except UnicodeEncodeError as error:
        raise SpecError(
            "the reason holds half a character", field="reason", value=reason, allowed="a text of whole characters"
        ) from error


def check_fit(setup: Setup, state: State, advice: Advice) -> None:
    """Refuse what does not fit the campaign as it is.

    Raises:
        SpecError: says which item, and what is allowed.
    """
    try:
        _check_items(setup, state, advice)
        fits = all(sound(item, state.spec, state.experiments) for item in advice.items)
    except (TypeError, ValueError, AttributeError, KeyError) as error:  # what a program may hand over
        raise _malformed(f"{type(error).__name__}: {error}") from error
    if not fits:
        raise _malformed("; ".join(str(item.as_json()) for item in advice.items))


def _check_author(state: State, said: Said) -> None:
    name: object = said.author
    shown = isinstance(name, str) and AUTHOR.fullmatch(name) and name.isprintable() and name == name.strip()
    if not shown:
        raise SpecError(
            "the author has no name that can be shown",
            field="author",
            value=name,
            allowed="1 to 100 characters on one line, all of which can be seen, with no space at an end",
        )
    kinds = {given.advice.kind for given in state.advice.values() if given.advice.author == name}
    if kinds - {said.kind}:
        raise SpecError(
            f"{name} has advised as {', '.join(sorted(kinds))}, and trust goes by the name",
            field="author",
            value=name,
            allowed=f"a name that is no other author's, for advice of kind {said.kind}",
        )


def _malformed(what: str) -> SpecError:
    return SpecError(
        "advice is made of the wrong kinds of things",
        field="advice",
        value=what,
        allowed="numbers, texts and predictions where they belong",
        hint="make it with texts, as zosimos advise takes them, or with the classes of zosimos.planners.advice",
    )


def _check_items(setup: Setup, state: State, advice: Advice) -> None:
    found = state.counting()
    space = under_latest(setup.space(state.spec), found)
    objectives = setup.objectives(state.spec)
    advice.check(space, objectives, found)
    left = _left(space, state, advice)
    advice.check(left, objectives, found)
    pending, avoid = (tuple(one.values for one in part.values()) for part in (state.active, state.avoided))
    known = setup.context(state.spec, History(state.observed(), pending, avoid), seed=0)
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
        if experiment.status == "retracted" or (experiment.status == "cancelled" and not experiment.avoid):
            continue
        if row_key(space.pinned(experiment.ran_at)) == key or row_key(space.pinned(experiment.values)) == key:
            again = experiment.status == "measured"
            status = told.get(experiment.status, f"is that of {experiment.id}, which is {experiment.status}")
            raise SpecError(
                f"the point {status}: {experiment.id}" if experiment.status in told else f"the point {status}",
                field="point",
                value=dict(point.values),
                allowed="a point that was not tried, is not under way and was not rejected",
                hint=f"to measure it again, advise to replicate {experiment.id}" if again else "advise another point",
            )
