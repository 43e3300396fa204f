"""Asking an advisor while the campaign runs: at set moments, beside the loop, which never waits for it.

On the wall clock an advisor is asked in a thread of its own. Its answer is taken in at a turn of the loop and counts
from the next decision on; one that does not come in time is given up, and a stop waits for none. In simulated time it
is asked in place while the loop stands still: the same order of events each time.

Whatever an advisor does, it raises, hangs, or answers with nonsense, is recorded and changes nothing else.
"""

from __future__ import annotations

import asyncio
import copy
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from zosimos.campaign.decisions import models_budget
from zosimos.campaign.decisions.advisor_view import advisor_view
from zosimos.campaign.decisions.asking import (
    Heard,
    MakeAdvisor,
    answering,
    asking,
    ended,
    short,
    told,
    trimmed,
)
from zosimos.campaign.decisions.moments import due, used_up, wish
from zosimos.campaign.execution.journal import Journal
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.record.advisor_calls import Moment
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.core import background
from zosimos.core.background import LeftBehindError
from zosimos.core.clock import Clock, GivenUpError
from zosimos.core.errors import ZosimosError
from zosimos.planners.advice import Advisor, Thrifty

_RULES = "offline"  # the advisor that asks no model


class Asking:
    """Asks one campaign's advisor, one question at a time.

    Args:
        journal: the campaign's record.
        setup: its setup.
        clock: the time it runs on.
        make: returns the advisor that a name means; None: nobody is asked, as in a rehearsal.
        unwanted: asked in simulated time, while an advisor is waited for, whether to give it up.
    """

    def __init__(
        self, journal: Journal, setup: Setup, clock: Clock, make: MakeAdvisor | None, unwanted: Callable[[], bool]
    ) -> None:
        self._journal = journal
        self._setup = setup
        self._clock = clock
        self._make = make
        self._unwanted = unwanted
        self._known: dict[str, Advisor] = {}
        self._looked: tuple[object, ...] = ()
        self._doing: asyncio.Task[Heard] | None = None
        self._place = 0

    @property
    def under_way(self) -> tuple[asyncio.Task[Heard], ...]:
        """The question that waits for its answer, if there is one."""
        return () if self._doing is None else (self._doing,)

    async def collect(self) -> None:
        """Record an answer that has come."""
        if self._doing is not None and self._doing.done():
            doing, self._doing = self._doing, None
            await self._taken_in(self._place, doing.result())

    async def turn(self) -> bool:
        """Ask if it is time to, and nobody is being asked; say whether it was given up, as the run is to end."""
        state = self._journal.state
        if self._make is None or state.spec.advisor is None or self._doing is not None:
            return False
        looked = len(state.observations), len(state.notices), state.calls, state.spec_version, state.decisions
        if looked == self._looked:
            return False
        self._looked = (*looked[:2], list(state.calls), *looked[3:])
        moment = due(state)
        return moment is not None and not await self._ask(state, moment)

    def drop(self) -> None:
        """Leave a question behind: its answer is not recorded, and its thread not waited for."""
        if self._doing is not None:
            self._doing.cancel()
            self._doing = None

    async def _ask(self, state: State, moment: Moment) -> bool:
        """Ask, if limits allow it; say whether the run may go on."""
        spec = state.spec.advisor
        assert spec is not None, "a moment has an advisor"
        place = wish(state) if moment == "word" else len(state.calls) + 1
        over = used_up(state, spec)
        if over:
            refused = [ended(place, "problem", words=over)] if moment == "word" else []
            words = f"{over}: it is asked no more"
            if refused or told(words, state):
                await self._commit(lambda now: [*refused, *told(words, now)])
            return True
        author = await self._who(state, spec.kind)
        if not await self._commit(lambda now: asking(now, place, moment, author)):
            return True
        view = copy.deepcopy(advisor_view(self._journal.state, moment, author))
        question = partial(self._heard, author, view, models_budget.left(self._journal.state))
        if self._clock.simulated:
            heard = await self._in_place(question, spec.limits.wait)
            if heard is not None:
                await self._taken_in(place, heard)
            return heard is not None
        self._doing = asyncio.create_task(_beside(question, spec.limits.wait), name=f"advisor, call {place}")
        self._place = place
        return True

    async def _who(self, state: State, kind: str) -> str:
        """Return who is asked: the advisor, or the rules where it asks models and the budget for these is spent."""
        spent = models_budget.spent_on_models(state) if models_budget.asks_models(state, kind) else ""
        if not spent:
            return kind
        words = f"the budget for models is used up, {spent}: {_RULES} advises in the place of {kind}"
        if told(words, state):
            await self._commit(lambda now: told(words, now))
        return _RULES

    async def _in_place(self, question: Callable[[], Heard], wait_s: float) -> Heard | None:
        """Return the answer while simulated time stands still; None: the run is to end, and nobody waits for it."""
        until = time.monotonic() + wait_s
        late = False

        def unwanted() -> bool:
            nonlocal late
            late = time.monotonic() > until
            return late or self._unwanted()

        try:
            return await self._clock.compute(question, unwanted=unwanted)
        except GivenUpError:
            return _late(wait_s) if late else None

    def _heard(self, kind: str, view: Mapping[str, Any], left: models_budget.Left) -> Heard:
        """Ask, in a thread with a loop of its own, and return what came, whatever it was."""
        try:
            if kind not in self._known:
                assert self._make is not None, "asked only where there is one"
                self._known[kind] = self._make(kind)
            advisor = self._known[kind]
            if isinstance(advisor, Thrifty):
                advisor = advisor.within(left.tokens, left.usd)
            return trimmed(asyncio.run(_advised(advisor, view)))
        except Exception as error:  # noqa: BLE001 - an advisor may raise anything; it is on record, and nothing stops
            words = error.message if isinstance(error, ZosimosError) else f"{type(error).__name__}: {error}"
            return Heard(problem=short(words))

    async def _taken_in(self, place: int, heard: Heard) -> None:
        at = self._clock.now().isoformat()
        exchanges = heard.answer.asked.get("exchanges", ())
        kept_as = await self._journal.keep_exchanges(exchanges) if exchanges else None

        def build(now: State) -> list[Draft]:
            try:
                return answering(self._setup, now, place, heard, at, kept_as)
            except Exception as error:  # noqa: BLE001 - it is made of what a program returned; nothing may stop for it
                return [ended(place, "problem", words=short(f"its answer cannot be recorded: {error}"))]

        await self._commit(build)

    async def _commit(self, build: Callable[[State], list[Draft]]) -> bool:
        return bool(await self._journal.commit(build, lambda: self._clock.now().isoformat()))


async def _beside(question: Callable[[], Heard], wait_s: float) -> Heard:
    """Return the answer to a question that is asked in a thread beside the loop."""
    try:
        return await background.within(wait_s, question)
    except LeftBehindError:
        return _late(wait_s)


async def _advised(advisor: Advisor, view: Mapping[str, Any]) -> object:
    return await advisor.advise(view)


def _late(wait_s: float) -> Heard:
    return Heard(problem=f"no answer came within {wait_s:g} s")
