"""Replay with another model: all that models were asked in a campaign, asked again, and what would differ.

Nothing comes of it: no event is written, nothing is proposed, no instrument is touched. The record is gone through
once; at each moment at which models were asked another is, about the campaign as it stood.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from langchain_core.language_models import BaseChatModel

from zosimos.agent.models.turn import Limits
from zosimos.agent.models.usage import Usage
from zosimos.agent.replaying.advice_again import advice_again, decided_then
from zosimos.agent.replaying.asked import Compared, OnRecord, on_record, without_exchanges
from zosimos.agent.replaying.past import Past, said
from zosimos.agent.replaying.turn_again import turn_again
from zosimos.campaign.decisions.decide import Decide, decide
from zosimos.campaign.ledger.events import Event
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.fold import apply
from zosimos.campaign.record.repairs import counting
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.planners.advice import Advice

IN_A_ROW = 3
"""Failures in a row after which the other model is asked no more."""


@dataclass(frozen=True)
class Comparison:
    """What another model would have done.

    Args:
        compared: each turn and advice that it was asked again, in order.
        left: how many more there are, which it was not asked as it failed too often in a row.
        unknown: how many turns and advice are on record without what was asked, from before that was kept.
    """

    compared: tuple[Compared, ...]
    left: int = 0
    unknown: int = 0

    @property
    def usage(self) -> Usage:
        """What asking it took."""
        return sum((one.usage for one in self.compared), Usage())

    def summary(self) -> dict[str, int]:
        """Return how many turns and advice came out the same, how many differ, and how many failed."""
        counts: dict[str, int] = {"same": 0, "differs": 0, "failed": 0}
        for one in self.compared:
            counts[one.verdict] += 1
        changed = sum(1 for one in self.compared if one.decision.get("same") is False)
        return {**counts, "decisions that would change": changed, "not asked": self.left, "not on record": self.unknown}

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        found = [one.as_json() for one in self.compared]
        return {"summary": self.summary(), "usage": self.usage.as_json(), "compared": found}


def replay_with(
    ledger: Ledger,
    campaign: str,
    setup: Setup,
    model: BaseChatModel,
    limits: Limits,
    *,
    decide: Decide = decide,
    traced: bool = False,
    progress: Callable[[Compared], None] = lambda _: None,
) -> Comparison:
    """Ask another model all that is on record of what models were asked, and return what would differ.

    Args:
        ledger: where the record is; nothing is written to it.
        campaign: its id.
        setup: its setup.
        model: the other model.
        limits: what each turn and each advice may take.
        decide: makes the next decision, for what other advice would change.
        traced: whether langchain may trace the model, as its own variables say.
        progress: told each comparison as it is made, before what it does to decisions is known.

    Raises:
        NotFoundError, TamperedError: what was asked is not in the ledger any more, or not what was kept.
    """
    events = list(counting(ledger.events(campaign)))
    waiting = sorted(on_record(ledger, events), key=lambda one: one.seen)
    asks = _Asks(events, setup, model, limits, traced)
    state, found, open_ = State(campaign), list[Compared](), list[_Open]()
    for place, event in enumerate(events):
        while waiting and waiting[0].seen < event.seq and not _tired(found):
            one = waiting.pop(0)
            compared, advised = asks.again(one, Past(state, events[:place]))
            progress(compared)
            found.append(compared)
            if one.purpose == "advice" and compared.verdict == "differs":
                open_.append(_Open(len(found) - 1, one.seq, asks.given(one), advised))
        if event.kind == "decision.made":
            for one_open in [item for item in open_ if item.bears_on(event)]:
                then = decided_then(one_open.recorded, one_open.other, state, event, setup, decide)
                found[one_open.place] = replace(found[one_open.place], decision=then)
                open_.remove(one_open)
        apply(state, event)
    found.sort(key=lambda one: one.event)
    return Comparison(tuple(found), len(waiting), without_exchanges(events))


@dataclass(frozen=True)
class _Open:
    """Other advice of which it is not known yet what it does to the next decision."""

    place: int
    seq: int
    recorded: Advice | None
    other: Advice | None

    def bears_on(self, made: Event) -> bool:
        """Say whether a decision is the first that could follow it; one begun before does not know it."""
        named = made.body["inputs"].get("advice", ())
        return made.seq > self.seq and (self.recorded is None or self.recorded.id in named)


class _Asks:
    """Asks another model, one moment after the other."""

    def __init__(
        self, events: Iterable[Event], setup: Setup, model: BaseChatModel, limits: Limits, traced: bool
    ) -> None:
        events = list(events)
        self._proposed = [event for event in events if event.kind == "change.proposed"]
        self._given = {event.body["advice"]: event for event in events if event.kind == "advice.given"}
        self._setup, self._model, self._limits, self._traced = setup, model, limits, traced

    def again(self, one: OnRecord, past: Past) -> tuple[Compared, Advice | None]:
        """Ask once, and return what it comes to, and as advice what of it fits the campaign."""
        if one.purpose == "advice":
            given = self._given.get(one.body["advice"])
            asked = (self._setup, self._model, self._limits)
            return advice_again(one, given, past.state, *asked, traced=self._traced)
        tokens = one.body["proposals"]
        filed = [
            said(event.body["verb"], event.body["changes"], event.body.get("content"))
            for event in self._proposed
            if one.seen < event.seq < one.seq and event.body["token"] in tokens
        ]
        rest = (self._setup, self._model, self._limits)
        return turn_again(one, filed, past, *rest, traced=self._traced), None

    def given(self, one: OnRecord) -> Advice | None:
        """Return what was advised."""
        event = self._given.get(one.body["advice"])
        return None if event is None else Advice.from_json({**event.body, "id": event.body["advice"]})


def _tired(found: Sequence[Compared]) -> bool:
    """Say whether the last ones all failed."""
    return len(found) >= IN_A_ROW and all(one.problem for one in found[-IN_A_ROW:])
