"""The checks of the contract of an action. What it says of itself is held against what it does in a laboratory."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from zosimos.core.clock import Clock
from zosimos.core.errors import EnvelopeError, SpecError
from zosimos.core.units import same_unit
from zosimos.core.validation import validated
from zosimos.instruments.capability import capabilities
from zosimos.instruments.envelope.effect import Effect
from zosimos.instruments.envelope.envelope import Envelope
from zosimos.instruments.envelope.limits import Limits
from zosimos.instruments.envelope.verbs import declared
from zosimos.workcell.conformance.notes import Notes
from zosimos.workcell.conformance.trial import Session, Trial
from zosimos.workcell.execution.unsettled import Unsettled
from zosimos.workcell.protocol.check import check
from zosimos.workcell.protocol.fields import Brings, Needs, amounts, marked
from zosimos.workcell.protocol.model import Protocol, ProtocolStep
from zosimos.workcell.protocol.units import check_units
from zosimos.workcell.reach import Reach

_NEAR = 1e-9
_NAME = "number_of_the_kit"


class ActionKit:
    """The checks, on one trial."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        ((self._kind, self._said),) = trial.step.items()

    # --- as data

    def reads_back(self) -> None:
        """Check that its step is data that reads back as the same step."""
        step = validated(ProtocolStep, dict(self._trial.step), "step")
        written = step.model_dump(mode="json", by_alias=True, exclude_unset=True)
        json.dumps(written)
        assert validated(ProtocolStep, written, "step") == step, f"it was written as {written}, which reads otherwise"

    def refuses_unknown(self) -> None:
        """Check that a misspelt field is refused by name."""
        if not isinstance(self._said, Mapping):
            return
        field = ""
        try:
            validated(ProtocolStep, {self._kind: {**self._said, "no_such_field": 1}}, "step")
        except SpecError as error:
            field = str(error.field)
        assert "no_such_field" in field, f"a field that it does not have must be refused by name, not {field!r}"

    def takes_formulas(self) -> None:
        """Check that each of its numbers may be a formula, whose unit is checked and whose value counts."""
        for place, amount in self._numbers():
            unit, value = amount.unit, amount.value(self._trial.values)
            made = self._with(place, unit)
            action = made.steps[-1].action
            found = dict(amounts(action))[place]
            assert found.value({_NAME: value}) == value, f"{place}: a formula must give its number"
            other = "kg" if not same_unit(unit, "kg") else "mL"
            try:
                check_units(self._with(place, other), {}, ())
            except SpecError:
                continue
            raise AssertionError(f"{place}: a formula in {other} must be refused where {unit or 'no unit'} is taken")

    def names_roles(self) -> None:
        """Check that a role whose device cannot do it is refused."""
        roles = list(marked(self._trial.action, Needs))
        for _, role, mark in roles:
            other = next(name for name in sorted(capabilities()) if name != mark.capability)
            try:
                self._checked(self._trial.protocol(roles={**self._trial.roles, role: other}))
            except SpecError:
                continue
            raise AssertionError(f"a role {role!r} that {other} must be refused: it needs one that {mark.capability}")

    # --- what it says of itself

    def fits(self) -> None:
        """Check that the recipe it is tried in passes every check before anything moves."""
        self._checked(self._trial.protocol())
        check_units(self._trial.protocol(), dict(self._trial.inputs), ())

    def effects_said(self) -> None:
        """Check that each effect that it had is one that it said it may have, and no larger."""
        said = list(self._trial.action.effects(self._reach()))
        verbs = {verb.name for name in self._trial.roles.values() for verb in capabilities()[name].verbs}
        for effect in said:
            assert effect.verb in verbs, f"no capability of its roles has the verb {effect.verb!r}"
        for effect in self._effects(self._lived()[1]):
            alike = [one for one in said if (one.device, one.verb, one.channel) == _key(effect)]
            assert alike or effect.is_safe, f"{effect}: it had an effect that effects() does not yield"
            if effect.amount is not None and alike and not effect.is_safe:
                most = max(one.amount or 0.0 for one in alike)
                assert effect.amount <= most + _NEAR, f"{effect}: more than the {most:g} that effects() yields"

    def announces(self) -> None:
        """Check that it acts through the record alone: what it does to a device is announced before."""
        strays = self._lived()[1].strays
        assert not strays, f"{strays[0]} was done and not announced: do it inside at.effect"

    def closed_by_default(self) -> None:
        """Check that a lab that grants nothing refuses what it may do, before anything moves."""
        said = [one for one in self._trial.action.effects(self._reach()) if not one.is_safe]
        closed = Envelope(Limits())
        for effect in said:
            try:
                closed.check(effect)
            except EnvelopeError:
                continue
            raise AssertionError(f"{effect} must need a grant")

    def draws_said(self) -> None:
        """Check that it takes out of each place what it said."""
        _, notes = self._lived()
        numbers = {name: float(one) for name, one in self._trial.values.items() if isinstance(one, int | float)}
        said = {place: amount for place, amount in self._trial.action.draws(numbers).items() if amount}
        taken: dict[str, float] = {}
        for index in self._own(notes):
            note = notes.notes[index]
            place = str(note.params.get("place", ""))
            if declared()[note.name].draws and place in self._trial.labfile.places:
                taken[place] = taken.get(place, 0.0) + float(note.params["amount"])
        assert set(taken) <= set(said), f"it took out of {', '.join(sorted(taken))}, and draws() says {said}"
        for place, amount in said.items():
            step = 0.01 * amount + 0.01
            assert abs(taken.get(place, 0.0) - amount) <= step, (
                f"{place}: {taken.get(place, 0.0):g} taken, {amount:g} said"
            )

    def brings_said(self) -> None:
        """Check that the values that it brings are there afterwards, and can be kept."""
        at, _ = self._lived()
        names = {name for _, name, _ in marked(self._trial.action, Brings)} | set(self._trial.action.measures())
        for name in names:
            assert name in at.values, f"it brings no {name!r}"
            json.dumps(at.values[name])
        for name, quantity in at.quantities.items():
            assert (quantity.uncertainty or 0.0) >= 0, f"{name}: its uncertainty is negative"
            assert (quantity.u_shared or 0.0) >= 0, f"{name}: the shared part of its uncertainty is negative"

    # --- doing it

    def repeats(self) -> None:
        """Check that the same step in the same laboratory does the same."""
        first, second = self._lived()[1], self._lived()[1]
        assert _announced(first) == _announced(second), "twice the same must announce the same"

    def survives(self) -> None:
        """Check that it goes on after the program died before any of its effects, and repeats none."""
        whole = self._lived()[1]
        for index in self._own(whole):

            async def act(session: Session, index: int = index) -> Notes:
                notes = Notes(dies_before=index)
                await session.carried_out(notes)
                notes.again()
                await session.carried_out(notes)
                return notes

            notes = self._trial.live(act)
            assert sorted(notes.acted) == sorted(set(notes.acted)), f"an effect was done twice after a crash at {index}"
            names = [note.name for note in notes.notes if note.how == "effect"]
            assert names == [whole.notes[one].name for one in whole.effects()], "after a crash it had other effects"

    def settles(self) -> None:
        """Check that what it finds out after a crash is so: an effect that was done, or not begun."""
        action, whole = type(self._trial.action), self._lived()[1]
        for index in self._own(whole):
            if whole.notes[index].name not in action.settles:
                continue
            for done in (True, False):
                answer = self._trial.live(lambda session, i=index, d=done: self._probed(session, i, d))  # type: ignore[misc]  # the lambda keeps its own
                wanted, wrong = ("done", "undone") if done else ("undone", "done")
                effect = f"effect {index}, {whole.notes[index].name},"
                assert answer != wrong, f"{effect} was {wanted}, and it says {wrong}"
                assert answer == wanted, (
                    f"{effect} was {wanted}; a verb in settles must be found out when nothing hides it"
                )

    async def _probed(self, session: Session, index: int, done: bool) -> str:
        notes = Notes(dies_after=index) if done else Notes(dies_before=index)
        await session.carried_out(notes)
        notes.again()
        async with session.opened(notes) as at:
            steps = notes.steps(index)
            found = await type(self._trial.action).probe(Unsettled(at.deck, steps, steps[-1]))
        return found.answer

    # --- parts

    def _lived(self) -> tuple[Any, Notes]:
        notes = Notes()

        async def act(session: Session) -> Any:
            return await session.carried_out(notes)

        return self._trial.live(act), notes

    def _own(self, notes: Notes) -> list[int]:
        """Return the places of the effects of the step itself, without those of the steps before it."""
        if not self._trial.before:
            return notes.effects()
        earlier = Notes()

        async def act(session: Session) -> None:
            from_before = Trial(
                self._trial.before[-1], self._trial.lab, self._trial.rig, self._trial.roles, self._trial.inputs,
                self._trial.values, self._trial.before[:-1], self._trial.station,
            )  # fmt: skip
            await Session(from_before, session.clock, session.rig).carried_out(earlier)

        self._trial.live(act)
        return [index for index in notes.effects() if index >= len(earlier.notes)]

    def _effects(self, notes: Notes) -> Iterator[Effect]:
        for index in self._own(notes):
            yield Effect.from_json(notes.notes[index].params)

    def _reach(self) -> Reach:
        return Reach(self._trial.deck(Clock(), None), self._trial.on, [dict(self._trial.values)])

    def _numbers(self) -> list[tuple[str, Any]]:
        written = isinstance(self._said, Mapping)
        known = {place: one for place, one in amounts(self._trial.action) if one.names <= set(self._trial.values)}
        return [(place, one) for place, one in known.items() if written and "." not in place]

    def _with(self, place: str, unit: str) -> Protocol:
        """Return the recipe with one of the step's numbers as a formula in a unit."""
        step = {self._kind: {**self._said, place: _NAME}}
        inputs = {**self._trial.inputs, _NAME: unit}
        made = self._trial.protocol(steps=[*self._trial.before, step], inputs=inputs)
        self._checked(made, _NAME)
        return made

    def _checked(self, made: Protocol, *more: str) -> None:
        lab = self._trial.labfile
        places = {*lab.places, *lab.stations[self._trial.on].ports}
        check(made, [*self._trial.inputs, *more], places, lab.standards)


def _key(effect: Effect) -> tuple[str, str, str]:
    return effect.device, effect.verb, effect.channel


def _announced(notes: Notes) -> list[tuple[str, str, Any]]:
    return [(note.how, note.name, dict(note.params)) for note in notes.notes]
