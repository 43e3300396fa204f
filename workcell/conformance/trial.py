"""A trial of an action: a laboratory in virtual time, in which its step is carried out once or in several sessions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from zosimos.core.clock import Clock, run
from zosimos.core.validation import validated
from zosimos.instruments.envelope.effect import Effect
from zosimos.instruments.envelope.envelope import Permit
from zosimos.instruments.rig import Rig
from zosimos.workcell.action import Action
from zosimos.workcell.conformance.notes import Notes, ProgramEndedError
from zosimos.workcell.deck import Deck
from zosimos.workcell.execution import preflight
from zosimos.workcell.execution.interpreter import carry_out
from zosimos.workcell.execution.scheduling import Holds
from zosimos.workcell.execution.station_run import StationRun
from zosimos.workcell.labfile import LabFile
from zosimos.workcell.protocol.model import Protocol, ProtocolStep
from zosimos.workcell.simulation import make_rig

Found = TypeVar("Found")

_AT_MOST_S = 7 * 86_400.0
_SEED = 1


@dataclass(frozen=True)
class Trial:
    """What the kit is given.

    Args:
        step: the step as a recipe has it, such as ``{"heat": {"to": "60 degC"}}``.
        lab: a lab file as plain data.
        rig: makes its simulated devices as they are at the beginning, given what tells the time; None: as the lab file
            says.
        roles: the capability of each role, as in a recipe.
        inputs: parameters and constants that the step speaks of, with their units.
        values: what they are.
        before: steps that come before it in the recipe.
        station: where it is carried out; by default the lab's first.
    """

    step: Mapping[str, Any]
    lab: Mapping[str, Any]
    rig: Callable[[Callable[[], float]], Rig] | None
    roles: Mapping[str, str]
    inputs: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    before: Sequence[Mapping[str, Any]] = ()
    station: str = ""

    @cached_property
    def labfile(self) -> LabFile:
        """The lab file."""
        return validated(LabFile, dict(self.lab), "lab file")

    @cached_property
    def action(self) -> Action:
        """The action under trial."""
        found: Action = validated(ProtocolStep, dict(self.step), "step").action
        return found

    @property
    def on(self) -> str:
        """The station."""
        return self.station or next(iter(self.labfile.stations))

    def protocol(self, **changes: Any) -> Protocol:
        """Return a recipe with the step at its end; ``changes`` to its parts."""
        steps = [*self.before, self.step]
        data = {"name": "trial", "roles": dict(self.roles), "inputs": dict(self.inputs), "steps": steps, **changes}
        return validated(Protocol, data, "protocol")

    def deck(self, clock: Clock, rig: Rig | None) -> Deck:
        """Return the lab's devices."""
        return Deck(self.labfile, clock, rig)

    def live(self, act: Callable[[Session], Awaitable[Found]]) -> Found:
        """Do something in the laboratory as it is at the beginning."""

        async def main(clock: Clock) -> Found:
            now = asyncio.get_running_loop().time
            rig = make_rig(self.labfile, _SEED, now) if self.rig is None else self.rig(now)
            session = Session(self, clock, rig)
            return await asyncio.wait_for(act(session), _AT_MOST_S)

        return run(main, "virtual")


@dataclass
class Session:
    """The laboratory of a trial while it runs.

    Args:
        trial: what was given.
        clock: its time.
        rig: its simulated devices, which live on when the program dies.
    """

    trial: Trial
    clock: Clock
    rig: Rig

    @asynccontextmanager
    async def opened(self, notes: Notes) -> AsyncIterator[StationRun]:
        """Give a station run on devices that were connected and made ready, as at the start of a program."""
        deck = self.trial.deck(self.clock, self.rig)
        try:
            await preflight.identities(deck)
            await preflight.made_ready(deck)
            holds = Holds(self.clock, lambda _: "", {})
            yield StationRun(deck, holds, notes, "kit", self.trial.on, self.trial.values)
        finally:
            for instrument in deck.instruments.values():
                await instrument.close()

    async def carried_out(self, notes: Notes) -> StationRun:
        """Carry the recipe out as far as the notes let it, and return the station run."""
        async with self.opened(notes) as at:
            permit = at.deck.envelope.permit

            def noted(effect: Effect, payload: bytes) -> Permit:
                notes.permitted(effect)
                return permit(effect, payload)

            at.deck.envelope.permit = noted  # type: ignore[method-assign]  # the deck's own envelope is under trial
            try:
                await carry_out(self.trial.protocol().steps, at)
            except ProgramEndedError:
                self.rig.settle()
            return at
