"""Advice on record: what somebody advised, who recorded it, and whether it was withdrawn.

What cannot be planned with or shown later must not enter the record, so an event's body is read strictly: each item
must be sound by itself and speak of parameters, objectives and experiments that the campaign has. Whether it fits the
space, bounds and constraints included, is checked before the event is made
(:mod:`zosimos.campaign.decisions.advising`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.definition.plugin_knob import PluginParameterSpec
from zosimos.campaign.record.bodies import listed, number, text
from zosimos.core.expression import Expression
from zosimos.core.ids import local_id
from zosimos.core.records import Prediction
from zosimos.core.values import is_number
from zosimos.planners.advice import Advice, Exclude, Explore, Hypothesis, Item, Point, Prior, Replicate
from zosimos.planners.advice_items import LEAST_SURE, SUREST
from zosimos.planners.goal.prior import Likely, Near

if TYPE_CHECKING:
    from zosimos.campaign.record.state import State

AUTHOR = re.compile(r"(?=.*\S)[^\x00-\x1f\x7f]{1,100}")
"""What a name of an author looks like: one line, as in the settings."""


@dataclass
class GivenAdvice:
    """Advice as it is on record.

    Args:
        advice: what was said, by whom, and until when it counts.
        by: who recorded it.
        at: when, in the campaign's time.
        model: the model that its author is, if it is one.
        prompt: a digest of what that model was asked.
        cost: what asking it cost, in the unit of its account.
        cites: the words of a document on which it rests, and where they stand (empty: none).
        withdrawn: when it was withdrawn (empty: it was not).
        withdrawn_by: by whom.
        withdrawn_reason: why.
        holds: whether a person found that the hypothesis it states holds (None: nobody did).
        resolved: when they said so.
        resolved_by: who did.
        resolved_reason: why.
    """

    advice: Advice
    by: str
    at: str
    model: str = ""
    prompt: str = ""
    cost: float | None = None
    cites: str = ""
    withdrawn: str = ""
    withdrawn_by: str = ""
    withdrawn_reason: str = ""
    holds: bool | None = None
    resolved: str = ""
    resolved_by: str = ""
    resolved_reason: str = ""

    @property
    def hypotheses(self) -> list[Hypothesis]:
        """The hypotheses it states."""
        return [item for item in self.advice.items if isinstance(item, Hypothesis)]

    def status(self, observations: int) -> str:
        """Return whether it is in force, has expired or was withdrawn when there are so many observations."""
        if self.withdrawn:
            return "withdrawn"
        return "in force" if self.advice.holds(observations) else "expired"


def as_body(advice: Advice, by: Mapping[str, str], more: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of ``advice.given``; ``more`` holds model, prompt, cost and cites as far as there are any."""
    said = advice.as_json()
    return {"advice": said.pop("id"), **said, "by": dict(by), **more}


def take_in(state: State, body: Mapping[str, Any], at: str) -> None:
    """Take what the body of ``advice.given`` says into a state.

    Raises:
        KeyError, TypeError, ValueError, InputError: it makes no sense in this campaign.
    """
    data: dict[str, Any] = {name: text(body, name) for name in ("author", "kind", "reason")}
    data |= {"id": text(body, "advice"), "items": listed(body, "items"), "given": number(body, "given")}
    until = None if body["until"] is None else number(body, "until")
    advice = Advice.from_json({**data, "until": until})
    seen = len(state.observations)
    if advice.id != local_id("advice", len(state.advice) + 1) or advice.given != seen:
        raise ValueError(f"{advice.id} is not the next advice, or not given after {seen} observations")
    if not AUTHOR.fullmatch(advice.author):
        raise ValueError(f"{advice.author!r} is no name of an author")
    for item in advice.items:
        if not sound(item, state.spec, state.experiments):
            raise ValueError(f"{advice.id} says what cannot be used: {item.as_json()}")
    advice = replace(advice, items=tuple(_in_order(item, state.spec) for item in advice.items))
    model, prompt, cites = (text(body, name) if name in body else "" for name in ("model", "prompt", "cites"))
    cost = body.get("cost")
    if cost is not None and not is_number(cost):
        raise TypeError(f"cost is no number: {cost!r}")
    state.advice[advice.id] = GivenAdvice(advice, text(body["by"], "name"), at, model, prompt, cost, cites)


def take_back(state: State, body: Mapping[str, Any], at: str) -> None:
    """Take what the body of ``advice.withdrawn`` says into a state.

    Raises:
        KeyError, TypeError, ValueError: there is no such advice, or it was withdrawn already.
    """
    given = state.advice[text(body, "advice")]
    if given.withdrawn:
        raise ValueError(f"{given.advice.id} was withdrawn already")
    by, reason = text(body["by"], "name"), text(body, "reason")
    given.withdrawn, given.withdrawn_by, given.withdrawn_reason = at, by, reason


def take_verdict(state: State, body: Mapping[str, Any], at: str) -> None:
    """Take what the body of ``advice.resolved`` says into a state.

    Raises:
        KeyError, TypeError, ValueError: there is no such advice, or it does not state one hypothesis.
    """
    given, holds = state.advice[text(body, "advice")], body["holds"]
    if len(given.hypotheses) != 1 or not isinstance(holds, bool):
        raise ValueError(f"{given.advice.id} does not state one hypothesis, or {holds!r} is no verdict")
    by, reason = text(body["by"], "name"), text(body, "reason")
    given.holds, given.resolved, given.resolved_by, given.resolved_reason = holds, at, by, reason


def _in_order(item: Item, spec: CampaignSpec) -> Item:
    """Return an item with its parameters in the order of the spec: stored JSON has its keys sorted."""
    if isinstance(item, Point):
        return replace(item, values={name: item.values[name] for name in spec.space if name in item.values})
    if isinstance(item, Prior):
        return replace(item, terms={name: item.terms[name] for name in spec.space if name in item.terms})
    return item


def sound(item: Item, spec: CampaignSpec, experiments: Collection[str]) -> bool:
    """Say whether an item is made of the right kinds of things, and speaks of what there is."""
    match item:
        case Point():
            values = all(name in spec.space and _value(value) for name, value in item.values.items())
            said = all(name in spec.objectives and _prediction(one) for name, one in item.expected.items())
            return values and said and _text(item.reason)
        case Prior():
            return bool(item.terms) and all(_term(name, term, spec) for name, term in item.terms.items())
        case Replicate():
            return _text(item.experiment) and item.experiment in experiments
        case Exclude():
            return _text(item.where) and bool(item.constraint) and _names(item.where) <= set(spec.space)
        case Explore():
            return item.amount in ("more", "less")
        case Hypothesis():
            known = item.statement.names <= set(spec.space) and item.statement.quantity in spec.objectives
            return known and is_number(item.probability) and LEAST_SURE <= item.probability <= SUREST


def _prediction(said: Prediction) -> bool:
    noise = said.noise is None or is_number(said.noise)
    return is_number(said.mean) and is_number(said.sd) and said.sd > 0 and noise and is_number(said.scale)


def _term(name: str, term: Near | Likely, spec: CampaignSpec) -> bool:
    if name not in spec.space:
        return False
    part = spec.space[name]
    # A record reads the same with and without the packages of its types: what their values are, no fold asks.
    kinds = (True, False) if isinstance(part, PluginParameterSpec) else (part.traits(name).kind == "text",)
    if isinstance(term, Likely):
        fits = any(all(isinstance(one, str) if named else is_number(one) for one in term.choices) for named in kinds)
        return bool(term.choices) and fits and is_number(term.factor) and term.factor > 1
    numbers = is_number(term.at) and is_number(term.within) and term.within > 0
    return numbers and False in kinds and term.log in (True, False) and (not term.log or term.at > 0)


def _value(value: object) -> bool:
    return _text(value) or is_number(value)


def _text(value: object) -> bool:
    return isinstance(value, str)


def _names(where: str) -> set[str]:
    return set(Expression(where).names)
