"""Calls of an advisor on record: a person's wish that it be asked, that it was asked, and what came of it.

That it is asked stands on record before it is: a session that takes the campaign up again asks no second time, and no
call is free. What it advised is an ``advice.given`` of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from zosimos.campaign.ledger.events import Event
from zosimos.campaign.record.advice import take_back, take_in, take_verdict
from zosimos.campaign.record.bodies import lines, mapped, number, real, text
from zosimos.campaign.record.model_use import MODELS, ModelUse, account, count

if TYPE_CHECKING:
    from zosimos.campaign.record.state import State

Moment: TypeAlias = Literal["start", "every", "plateau", "surprise", "drift", "word"]
MOMENTS: tuple[Moment, ...] = get_args(Moment)
Said: TypeAlias = Literal["advice", "nothing", "problem"]
SAID: tuple[Said, ...] = get_args(Said)


@dataclass(frozen=True)
class AdvisorCall:
    """One call of an advisor.

    Args:
        moment: why it was asked; ``word``: a person wished so.
        seen: number of observations there were.
        at: when it was asked, or wished for, in the campaign's time.
        by: whose wish it was.
        author: the advisor, as the campaign file names it.
        status: wished for, asked, or what came of it.
        advice: what it advised, by id.
        words: what was wrong, or was left out of what it said.
        suggests: what it suggests that only a person may do, in words.
        tokens: of the question and the answer, as far as its server counted.
        cost: in US dollars, as far as a price is known.
        asked_in: the number of the event by which it was asked.
        models: which models were asked, and what for, as the record names it; empty: not on record.
    """

    moment: Moment
    seen: int
    at: str
    by: str = ""
    author: str = ""
    status: Literal["wanted", "asked", "advice", "nothing", "problem"] = "asked"
    advice: str = ""
    words: str = ""
    suggests: tuple[str, ...] = ()
    tokens: Mapping[str, int] = field(default_factory=dict)
    cost: float | None = None
    models: Mapping[str, Any] = field(default_factory=dict)
    asked_in: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return JSON data; what there is not is left out."""
        data = {
            **self.__dict__,
            "suggests": list(self.suggests),
            "tokens": dict(self.tokens),
            MODELS: dict(self.models),
        }
        return {name: item for name, item in data.items() if item not in ("", [], {}, None) and name != "asked_in"}


def wanted(state: State, body: Mapping[str, Any], event: Event) -> None:
    """Take in that a person wishes the advisor to be asked."""
    state.calls.append(
        AdvisorCall("word", len(state.observations), event.at, text(body["by"], "name"), status="wanted")
    )
    text(body, "reason")


def asked(state: State, body: Mapping[str, Any], event: Event) -> None:
    """Take in that it is asked: a new call, or one that was wished for."""
    place, moment, author = number(body, "call"), text(body, "moment"), text(body, "author")
    if moment not in MOMENTS or number(body, "seen") != len(state.observations):
        raise ValueError(f"{moment!r} is no moment after {len(state.observations)} results")
    if place == len(state.calls) + 1 and moment != "word":
        here, seq = len(state.observations), event.seq
        state.calls.append(AdvisorCall(moment, here, event.at, author=author, asked_in=seq))
        return
    wish = _call(state, place)
    if wish.status != "wanted" or moment != "word":
        raise ValueError(f"call {place} was asked already")
    here = len(state.observations)
    state.calls[place - 1] = replace(wish, status="asked", author=author, seen=here, at=event.at, asked_in=event.seq)


def answered(state: State, body: Mapping[str, Any], event: Event) -> None:
    """Take in what came of a call."""
    del event  # when it was asked says more
    place, said = number(body, "call"), text(body, "said")
    call = _call(state, place)
    if call.status not in ("wanted", "asked") or said not in SAID:
        raise ValueError(f"call {place} has an answer already, or {said!r} is none")
    advice = text(body, "advice")
    if (advice in state.advice) != (said == "advice"):
        raise ValueError(f"call {place} names advice {advice!r}")
    tokens = mapped(body, "tokens")
    cost = None if body["cost"] is None else real(body, "cost")
    used = {name: number(tokens, name) for name in tokens}
    if MODELS not in body and (used or cost is not None):  # counted by itself in no event
        seen = used.get("input", 0), used.get("output", 0)
        count(state, "advice", call.author, ModelUse(1, *seen, cost or 0.0, int(cost is None)))
    state.calls[place - 1] = replace(
        call,
        status=said,
        advice=advice,
        words=text(body, "words"),
        suggests=lines(body, "suggests"),
        tokens=used,
        cost=cost,
        models=account(body),
    )


FOLDS: Mapping[str, Callable[[State, Mapping[str, Any], Event], None]] = {
    "advice.given": lambda state, body, event: take_in(state, body, event.at),
    "advice.withdrawn": lambda state, body, event: take_back(state, body, event.at),
    "advice.resolved": lambda state, body, event: take_verdict(state, body, event.at),
    "advice.wanted": wanted,
    "advice.asked": asked,
    "advice.answered": answered,
}
"""What each event of advice does to a state."""


def _call(state: State, place: int) -> AdvisorCall:
    if not 1 <= place <= len(state.calls):
        raise ValueError(f"there is no call {place}")
    return state.calls[place - 1]
