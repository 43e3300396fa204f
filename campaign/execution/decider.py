"""The decider: plans in the background; what it decides is committed only if its ground has not moved.

On the wall clock a decision is computed in a thread, while experiments go on and others start. In simulated time it is
computed in place: the loop stands still until it is made, so the order of events never depends on how long that took.
Either way it rests on the inputs that were taken from the record when it began, and these are recorded with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from zosimos.campaign.decisions.decide import Decide, Inputs, decision, inputs_now
from zosimos.campaign.decisions.forecast import forecast
from zosimos.campaign.decisions.stopping import room
from zosimos.campaign.execution.journal import Journal
from zosimos.campaign.record.experiment import Forecast
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.core.clock import Clock, GivenUpError
from zosimos.core.errors import PlanningError
from zosimos.core.records import Candidate


@dataclass(frozen=True)
class _Made:
    """A decision that was made and is not on record yet: on what, on which ground, and what came of it."""

    inputs: Inputs
    ground: tuple[object, ...]
    candidates: Sequence[Candidate] = ()
    forecast: Forecast | None = None
    nothing_left: str = ""


class Decider:
    """Makes a campaign's decisions, one at a time.

    Args:
        journal: the campaign's record.
        setup: its setup.
        clock: the time it runs on.
        decide: chooses candidates.
        unwanted: asked in simulated time, while a decision is computed, whether to give it up.
    """

    def __init__(
        self, journal: Journal, setup: Setup, clock: Clock, decide: Decide, unwanted: Callable[[], bool]
    ) -> None:
        self._journal = journal
        self._setup = setup
        self._clock = clock
        self._decide = decide
        self._unwanted = unwanted
        self._doing: asyncio.Task[_Made] | None = None
        self._ground: tuple[int, int, str] = (0, 0, "")
        self._exhausted: tuple[tuple[object, ...], str] = ((), "")
        self.nothing_left = ""

    @property
    def under_way(self) -> tuple[asyncio.Task[_Made], ...]:
        """The decision being made, if there is one."""
        return () if self._doing is None else (self._doing,)

    async def turn(self, exhausted: Callable[[], str]) -> bool:
        """Commit the decision that was made, or begin the next if there is room for one; say whether one is on record.

        Args:
            exhausted: says what the laboratory has run out of, so that nothing more can be done; empty if nothing.
        """
        state = self._journal.state
        if self._doing is not None and self._ground != _ground(state):
            self.drop()
        if self._doing is not None:
            if not self._doing.done():
                return False
            doing, self._doing = self._doing, None
            if await self._committed(doing.result()):
                return True
        size = self._wanted(state, exhausted)
        if not size:
            return False
        # What ends without a result, such as a rejected proposal, gives back what it was charged.
        advice = tuple(given.id for given in state.in_force())
        ground = (state.spec_version, len(state.observations), state.amended, advice, *state.active)
        if self._exhausted[0] == ground:
            self.nothing_left = self._exhausted[1]
            return False
        inputs = inputs_now(state, size)
        if self._clock.simulated:
            try:
                return await self._committed(await self._made(inputs, ground))
            except GivenUpError:
                return True  # the loop turns, and finds out why
        self._ground = _ground(state)
        self._doing = asyncio.create_task(self._made(inputs, ground), name=f"decision {inputs.number}")
        self._doing.add_done_callback(_looked_at)
        return False

    def drop(self) -> None:
        """Leave a decision behind that is not wanted any more: it is never recorded, and its thread not waited for."""
        if self._doing is not None:
            self._doing.cancel()
            self._doing = None

    def _wanted(self, state: State, exhausted: Callable[[], str]) -> int:
        """Return how many experiments to decide on now; 0 if there is no room, or nothing to do them with."""
        size = min(state.spec.batch, room(state))
        free = (state.spec.parallel or state.spec.batch) - len(state.active)
        self.nothing_left = ""
        if size == 0 or free < size:
            return 0
        self.nothing_left = exhausted()
        return 0 if self.nothing_left else size

    async def _made(self, inputs: Inputs, ground: tuple[object, ...]) -> _Made:
        return await self._clock.compute(self._computed, inputs, ground, unwanted=self._unwanted)

    def _computed(self, inputs: Inputs, ground: tuple[object, ...]) -> _Made:
        try:
            candidates = self._decide(self._setup, inputs)
            return _Made(inputs, ground, candidates, forecast(self._setup, inputs))
        except PlanningError as error:
            return _Made(inputs, ground, nothing_left=error.message)

    async def _committed(self, made: _Made) -> bool:
        """Put a decision on record unless its ground has moved; say whether it is."""
        if made.nothing_left:
            self._exhausted, self.nothing_left = (made.ground, made.nothing_left), made.nothing_left
            return False
        moment = lambda: self._clock.now().isoformat()  # noqa: E731 - a clock by another name
        found = await self._journal.commit(
            lambda now: decision(now, made.inputs, made.candidates, made.forecast), moment
        )
        return bool(found)


def _ground(state: State) -> tuple[int, int, str]:
    """Return what a decision stands on: further results do not move it, a changed spec or result does."""
    return state.spec_version, state.decisions, state.amended


def _looked_at(doing: asyncio.Task[_Made]) -> None:
    """Look at the error of a decision that nobody waits for any more, so that asyncio does not report it."""
    if not doing.cancelled():
        doing.exception()
