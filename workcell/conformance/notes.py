"""A record in memory that an action announces to, which can end at any step as if the program had died there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from zosimos.campaign.lab import AbortedError, Action, Reading
from zosimos.campaign.record.experiment import Step
from zosimos.instruments.envelope.effect import Effect


class ProgramEndedError(AbortedError):
    """The program ends here."""


@dataclass
class Note:
    """An effect or a reading on record."""

    name: str
    params: Mapping[str, Any]
    how: Literal["effect", "read"]
    result: Any = None
    done: bool = False


@dataclass
class Notes:
    """The record of one experiment, for as many sessions as it takes.

    Args:
        notes: what is on record.
        strays: effects that were permitted while none was announced.
        acted: the place of each effect that was really done, in the order in which they were.
        dies_before: the effect before which the program ends: announced, and nothing done; None if it lives.
        dies_after: the effect after which it ends: done, and not reported.
    """

    notes: list[Note] = field(default_factory=list)
    acted: list[int] = field(default_factory=list)
    dies_before: int | None = None
    dies_after: int | None = None
    strays: list[Effect] = field(default_factory=list)
    _next: int = 0
    _inside: int = 0

    def again(self) -> None:
        """Begin a further session on the same record."""
        self._next, self.dies_before, self.dies_after = 0, None, None

    async def effect(
        self,
        name: str,
        action: Action,
        *,
        params: Mapping[str, Any] | None = None,
        repeatable: bool = False,  # noqa: ARG002 - as Steps has it
    ) -> Any:
        """Do an effect, unless it is on record as done."""
        index, note = self._noted(name, params or {}, "effect")
        if note.done:
            return note.result
        if index == self.dies_before:
            raise ProgramEndedError
        with self._announced():
            note.result = await action(f"kit/{index}/1")
        self.acted.append(index)
        if index == self.dies_after:
            raise ProgramEndedError
        note.done = True
        return note.result

    async def read(self, name: str, reading: Reading, *, params: Mapping[str, Any] | None = None) -> Any:
        """Read something, unless it is on record."""
        _, note = self._noted(name, params or {}, "read")
        if not note.done:
            with self._announced():
                note.result, note.done = await reading(), True
        return note.result

    def live(self) -> bool:
        """Say whether what comes next is not on record yet."""
        return self._next >= len(self.notes) or not self.notes[self._next].done

    async def wait(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    async def ask(self, text: str) -> None:
        """Take the operator to have done it."""

    def permitted(self, effect: Effect) -> None:
        """Hear that an effect is about to leave; one that nobody announced strays."""
        if not self._inside and not effect.is_safe:
            self.strays.append(effect)

    @contextmanager
    def _announced(self) -> Iterator[None]:
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

    def _noted(self, name: str, params: Mapping[str, Any], how: Literal["effect", "read"]) -> tuple[int, Note]:
        index, self._next = self._next, self._next + 1
        if index == len(self.notes):
            self.notes.append(Note(name, dict(params), how))
        note = self.notes[index]
        assert (note.name, dict(note.params), note.how) == (name, dict(params), how), (
            f"entered again it must do the same in the same order: it announced {name} {dict(params)} where "
            f"{note.name} {dict(note.params)} is on record"
        )
        return index, note

    def effects(self) -> list[int]:
        """Return the places of all effects."""
        return [index for index, note in enumerate(self.notes) if note.how == "effect"]

    def steps(self, upto: int) -> list[Step]:
        """Return what is on record as an experiment's steps, the last of them announced and not reported."""
        made = []
        for index, note in enumerate(self.notes[: upto + 1]):
            step = Step(index, note.name, dict(note.params), False, 1, "intended" if index == upto else "done")
            step.result = note.result if index < upto else None
            step.how = "read" if note.how == "read" else "executed"
            made.append(step)
        return made
