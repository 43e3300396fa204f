"""The protocol executor: runs experiments by their protocol on a lab's stations."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from zosimos.campaign.lab import AbortedError, BlockedError, Past, Probe, Steps, Task
from zosimos.campaign.record.experiment import Experiment, Step
from zosimos.core.canonical import canonical_json
from zosimos.core.clock import Clock
from zosimos.core.errors import ExecutionError, InstrumentError, LedgerError, OutcomeUnknownError, StateError
from zosimos.core.records import Measurement
from zosimos.instruments.envelope.verbs import declared
from zosimos.workcell.deck import Deck
from zosimos.workcell.execution import history as record
from zosimos.workcell.execution import preflight
from zosimos.workcell.execution.foresight import check_ahead, check_budgets_ahead
from zosimos.workcell.execution.interpreter import carry_out
from zosimos.workcell.execution.probing import found_out
from zosimos.workcell.execution.recorder import Unrecorded
from zosimos.workcell.execution.scheduling import OVER, Holds
from zosimos.workcell.execution.station_run import StationRun
from zosimos.workcell.execution.unsettled import Unsettled
from zosimos.workcell.protocol.model import Protocol
from zosimos.workcell.protocol.needs import drawn

_FAULTS = 2
_NOT_THE_EXPERIMENTS = (OutcomeUnknownError, AbortedError, BlockedError, LedgerError, StateError)


class ProtocolExecutor:
    """Runs a protocol.

    Args:
        deck: the devices.
        protocol: what to do.
        constants: values that are the same for every experiment.
        objectives: the quantities wanted.
        needs: what an experiment draws from each place, in its unit, at each corner of the space.
        clock: the time to run on.
        past: what the record says.
    """

    def __init__(
        self,
        deck: Deck,
        protocol: Protocol,
        constants: Mapping[str, Any],
        objectives: Sequence[str],
        needs: Sequence[Mapping[str, float]],
        clock: Clock,
        past: Past,
    ) -> None:
        self._deck = deck
        self._protocol = protocol
        self._constants = dict(constants)
        self._objectives = list(objectives)
        self._needs = needs
        self._past = past
        self._prepared: dict[str, Any] = {}
        self._dirty = record.dirty(past.experiments)
        if not deck.lab.in_process:
            # What an earlier campaign left in a real cell is on no record of this one.
            self._dirty |= set(deck.lab.stations) - record.used(past.experiments)
        self._memories: dict[str, Mapping[type, Any]] = {}
        self._actions = protocol.actions()
        self._counted: set[str] = set()
        self._total: dict[str, float] = {}
        self._lost: set[tuple[str, int, int]] = set()
        self._unusable: dict[str, str] = {}
        self._faults: dict[str, int] = {}
        self._holds = Holds(clock, self._status, record.reserved(past.experiments, self._actions))
        for _, effect in record.effects(past.experiments):
            deck.envelope.count(effect)

    def _status(self, owner: str) -> str:
        experiment = self._past.experiments.get(owner)
        if experiment is not None and record.asks(experiment):
            return "asked"
        return experiment.status if experiment is not None else ""

    # --- making ready

    async def prepare(self) -> Mapping[str, Any]:
        """Connect, check everything, and calibrate every station unless the record holds a calibration.

        Raises:
            PreflightError: the lab is not fit for the campaign.
        """
        known = self._past.prepared
        self._remember(known)
        identities = await preflight.identities(self._deck)
        preflight.refuse(preflight.supplies(self._deck, self._needs, self._drawn(), self._past.left))
        if known is not None:
            changed = [name for name, who in identities.items() if known["identities"].get(name) != who]
            preflight.refuse([f"{name}: another device answers than when the campaign began" for name in changed])
        try:
            for name in await preflight.made_ready(self._deck):
                self._lost |= record.interrupted(self._past.experiments, name)
            fresh = {name: await self._station_prepared(name, known) for name in self._deck.lab.stations}
        except ExecutionError as error:
            preflight.refuse([str(error)])
        if known is not None:
            self._prepared = dict(known)
            return known
        kept = {name: self._deck.kept(name) for name in self._deck.instruments}
        self._prepared = {
            "protocol": self._protocol.plain(),
            "identities": identities,
            "stations": fresh,
            "devices": {name: one for name, one in kept.items() if one},
        }
        return self._prepared

    def _remember(self, prepared: Mapping[str, Any] | None) -> None:
        """Make the world of this process again, as the record says it became."""
        if prepared is None:
            return
        for name, kept in prepared["devices"].items():
            self._deck.redo(name, kept)
        for step in record.settled(self._past.experiments):
            if "device" in step.params:
                self._deck.redo(step.params["device"], step.result)

    async def _station_prepared(self, station: str, known: Mapping[str, Any] | None) -> dict[str, Any]:
        """Prepare a station; what was calibrated in an earlier session stays as it was."""
        at = StationRun(self._deck, self._holds, Unrecorded(), "preparation", station, self._constants)
        for step in self._protocol.prepare:
            if known is not None and step.action.once:
                step.action.stands(at)
            else:
                await carry_out([step], at)
        self._memories[station] = at.memories
        return {name: value for name, value in at.values.items() if name not in self._constants}

    # --- running

    def _usable(self) -> list[str]:
        return [name for name in self._deck.lab.stations if name not in self._unusable]

    def exhausted(self) -> str:
        """Say what has run out: usable stations, or liquid that the campaign's budgets allow."""
        if len(self._unusable) == len(self._deck.lab.stations):
            reasons = "; ".join(f"{name}: {why}" for name, why in self._unusable.items())
            return f"no station can be used any more: {reasons}"
        for budget in self._deck.envelope.budgets:
            places = self._deck.lab.budgets[budget.name].places
            most = max((sum(need.get(place, 0.0) for place in places) for need in self._needs), default=0.0)
            left = self._deck.envelope.left(budget)
            under_way = sum(most - self._spent(one, places) for one in self._under_way())
            if left - under_way < most - 1e-9:
                still = f"{max(0.0, left):.4g} of {budget.total:g} {budget.unit}".rstrip() + " are left"
                more = f"{most:.4g} {budget.unit}".rstrip()
                return f"the budget {budget.name!r} is used up: {still}, an experiment may take {more}"
        return self._short()

    def _short(self) -> str:
        """Say which stock or waste bottle does not do for another experiment, once none is under way."""
        if self._under_way():
            return ""
        problems = preflight.supplies(self._deck, self._needs, self._drawn(), 1)
        return f"the lab cannot go on: {'; '.join(problems)}" if problems else ""

    def _drawn(self) -> dict[str, float]:
        """Return what was drawn from the lab's places so far; experiments that are over are summed up once."""
        under_way: dict[str, Experiment] = {}
        for name, experiment in self._past.experiments.items():
            if name in self._counted:
                continue
            if experiment.status in OVER:
                self._counted.add(name)
                for place, volume in record.drawn({name: experiment}).items():
                    self._total[place] = self._total.get(place, 0.0) + volume
            else:
                under_way[name] = experiment
        drawn = record.drawn(under_way)
        return {place: self._total.get(place, 0.0) + drawn.get(place, 0.0) for place in self._deck.lab.places}

    def _under_way(self) -> list[Experiment]:
        """Return the experiments that will still draw liquid."""
        return [one for one in self._past.experiments.values() if one.status in ("approved", "running", "uncertain")]

    def _spent(self, experiment: Experiment, places: Sequence[str]) -> float:
        drawn = record.drawn({experiment.id: experiment})
        return sum(drawn.get(place, 0.0) for place in places)

    async def run(self, task: Task, steps: Steps) -> Sequence[Measurement]:
        """Run the protocol for one candidate on the first free station.

        Raises:
            ExecutionError: it failed; its station was cleaned if that could be done.
            OutcomeUnknownError: nobody knows whether an effect happened.
        """

        async def given() -> dict[str, Any]:
            name = await self._holds.take(self._usable, task.experiment)
            return {"station": name, "dirty": name in self._dirty}

        found = await steps.read(record.STATION, given)
        station = found["station"]
        await self._holds.take(lambda: [station], task.experiment)
        try:
            self._look_ahead(task, steps, station)
            measured = await self._protocol_run(task, steps, station, dirty=found["dirty"])
        except OutcomeUnknownError:
            raise  # the station stays the experiment's until its outcome is known
        except ExecutionError:
            self._holds.release(station)
            raise
        self._holds.release(station)
        return measured

    def _look_ahead(self, task: Task, steps: Steps, station: str) -> None:
        """Refuse what the parameters alone show to be outside a limit, while nothing has moved.

        Raises:
            ExecutionError: something is.
        """
        if not steps.live():
            return  # it began in an earlier session
        values = {**self._constants, **task.values}
        check_ahead(self._deck, self._protocol, station, values)
        check_budgets_ahead(self._deck, drawn(self._protocol, values, self._deck.lab.places))

    async def _protocol_run(self, task: Task, steps: Steps, station: str, *, dirty: bool) -> Sequence[Measurement]:
        values = {**self._constants, **self._prepared["stations"][station], **task.values}
        memories = self._memories[station]
        at = StationRun(self._deck, self._holds, steps, task.experiment, station, values, memories)
        self._dirty.add(station)
        failure: Exception | None = None
        try:
            if dirty:
                await carry_out(self._protocol.cleanup, at)
            await carry_out([*self._protocol.setup, *self._protocol.steps], at)
        except _NOT_THE_EXPERIMENTS:
            raise
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the cell is cleaned before it is said
            failure = error
        await self._cleaned(at, steps, station)
        self._count_faults(station, failure)
        if failure is not None:
            raise failure
        return self._measurements(at, station)

    def _count_faults(self, station: str, failure: Exception | None) -> None:
        """Use a station no more in this session whose devices failed twice in a row; chemistry may fail as it likes."""
        self._faults[station] = self._faults.get(station, 0) + 1 if isinstance(failure, InstrumentError) else 0
        if failure is not None and self._faults[station] >= _FAULTS:
            self._unusable.setdefault(station, str(failure).splitlines()[0])

    async def _cleaned(self, at: StationRun, steps: Steps, station: str) -> None:
        """Clean up after an experiment; a station that cannot be cleaned is not used again in this session."""
        try:
            await carry_out(self._protocol.cleanup, at)
        except _NOT_THE_EXPERIMENTS:
            raise
        except Exception as error:  # noqa: BLE001 - a cell that was not cleaned is not used, whatever the reason
            self._unusable[station] = str(error).splitlines()[0]
            return

        async def noted() -> bool:
            return True

        await steps.read(record.CLEANED, noted)
        self._dirty.discard(station)

    def _measurements(self, at: StationRun, station: str) -> list[Measurement]:
        try:
            readings = hashlib.sha256(canonical_json(at.values).encode()).hexdigest()  # what was read is on record
        except (TypeError, ValueError) as error:
            raise at.failed(f"a step brought what no record can hold: {error}", allowed="JSON data") from error
        devices = "+".join(sorted(set(self._deck.lab.stations[station].devices.values())))
        return [
            Measurement(
                name,
                quantity.value,
                quantity.uncertainty,
                origin=self._deck.origin,  # type: ignore[arg-type]  # one of two literals
                raw=f"readings:{readings}",
                instrument=f"{station}:{devices}",
                u_shared=quantity.u_shared,
            )
            for name, quantity in at.quantities.items()
            if name in self._objectives
        ]

    # --- asking, stopping

    async def probe(self, task: Task, step: Step) -> Probe:
        """Say whether an effect happened, by what the actions of the protocol can find out."""
        if (task.experiment, step.index, step.attempt) in self._lost:
            return Probe("unknown", why="the device forgot what it was doing, so nothing shows what happened")
        if step.name not in declared():
            why = f"no installed capability declares {step.name}: install the package again that brought it"
            return Probe("unknown", why=why)
        steps = self._past.experiments[task.experiment].steps
        return await found_out(self._actions, Unsettled(self._deck, steps, step))

    async def safe_state(self) -> Mapping[str, str]:
        """Bring every device into its safe state, all at once, so that none waits for another that is silent.

        Returns:
            Why the safe state of a device is not confirmed, by the device's name; empty if all are confirmed.
        """
        devices = self._deck.instruments
        answers = await asyncio.gather(*(one.stop() for one in devices.values()), return_exceptions=True)
        return {
            name: _why(answer)
            for name, answer in zip(devices, answers, strict=True)
            if isinstance(answer, BaseException)
        }

    async def close(self) -> None:
        """Bring every device into its safe state once more and let go of its port, whatever becomes of the others.

        Raises:
            Exception: what a driver raised when its port was closed, after all were closed.
        """
        await self.safe_state()
        closing = (one.close() for one in self._deck.instruments.values())
        for answer in await asyncio.gather(*closing, return_exceptions=True):
            if isinstance(answer, BaseException):
                raise answer


def _why(error: BaseException) -> str:
    """Return in words why a device did not confirm that it is safe; a driver's own fault is named as such."""
    if isinstance(error, ExecutionError):
        return error.message + (f" ({error.hint})" if error.hint else "")
    return f"its driver failed: {type(error).__name__}: {error}"
