"""The closed loop: propose, screen, select, approve, execute, analyse, record, verify, learn, stop, and again.

Theory of operation: one coroutine, :meth:`Runner.run`, turns round a small cycle. Each turn takes in what other
processes appended (steering, approvals, pause, abort), starts what is approved, decides on more when there is room,
and waits for the first thing to happen. Experiments run as tasks beside it. Every fact goes through the record before
it is acted on, so the process may die anywhere.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from zosimos.campaign import recovery
from zosimos.campaign.approvals import expiry, waits_for
from zosimos.campaign.decide import Decide, decide, decision, inputs_now
from zosimos.campaign.executor import AbortedError, BlockedError, Executor, Past, Steps, Task
from zosimos.campaign.experiment import Experiment
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.outlook import outlook
from zosimos.campaign.record import Record
from zosimos.campaign.results import by_objective, surprise
from zosimos.campaign.setup import Setup
from zosimos.campaign.spending import unaffordable
from zosimos.campaign.state import State
from zosimos.campaign.stopping import room, stop_reason
from zosimos.campaign.versions import versions
from zosimos.campaign.watch import noticed
from zosimos.core.clock import Clock
from zosimos.core.errors import ExecutionError, InputError, LedgerError, OutcomeUnknownError, PlanningError, StateError
from zosimos.core.records import Measurement
from zosimos.core.seeds import derive_seed

_POLL_S = 0.3  # real seconds between looks for what other processes appended, while something else goes on


@dataclass(frozen=True)
class Ending:
    """Why a runner came to its end. ``waiting`` is for a person; ``interrupted`` can be resumed."""

    status: Literal["finished", "aborted", "paused", "waiting", "interrupted"]
    reason: str


class Runner:
    """Runs one campaign, whose execution lock the caller holds.

    Args:
        record: the campaign's record.
        setup: its setup.
        clock: the time it runs on.
        decide: chooses candidates (replaceable for measurements of everything else).
        wait_for_people: whether to wait when only a person can go on; else the run ends with ``waiting``.
        changed: called after each turn of the loop, for displays.
        still_ours: raises if the execution lock was lost; called in each turn.
        wire: the folder for wire traces, if they are wanted.
        unattended: whether operators are taken to have done what they are asked (a rehearsal).
    """

    def __init__(
        self,
        record: Record,
        setup: Setup,
        clock: Clock,
        *,
        decide: Decide = decide,
        wait_for_people: bool = True,
        changed: Callable[[State], None] = lambda _: None,
        still_ours: Callable[[], None] = lambda: None,
        wire: Path | None = None,
        unattended: bool = False,
    ) -> None:
        self.record = record
        self.setup = setup
        self.clock = clock
        self._decide = decide
        self._wait_for_people = wait_for_people
        self._changed = changed
        self._still_ours = still_ours
        self._wire = wire
        self._unattended = unattended
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._blocked: dict[str, int] = {}
        self._wake = asyncio.Event()
        self._stopping = ""
        self._exhausted: tuple[object, ...] | None = None
        self._nothing_left = ""
        self._watched = 0

    def stop(self, reason: str) -> None:
        """Ask for an orderly end: effects under way are seen through, waits are cut short, everything can resume."""
        self._stopping = self._stopping or reason
        self._wake.set()

    async def run(self) -> Ending:
        """Run until the campaign ends, is paused or aborted, waits for a person, or is asked to stop.

        Raises:
            LedgerError: the record cannot be written; the devices were brought into their safe state.
        """
        if self.setup.lab is None:
            raise StateError(
                f"campaign {self.record.campaign} has no lab to run in",
                field="lab",
                hint="use zosimos ask and tell, or add a lab to the campaign file",
            )
        state = self.record.state
        past = Past(state.spec.seed, room(state), state.prepared, state.experiments, self._wire)
        measured, space = self.setup.measured(self.setup.spec), self.setup.space(self.setup.spec)
        executor = self.setup.lab.executor(measured, space, self.clock, past)
        process = {"pid": os.getpid(), "host": socket.gethostname()}
        self._commit(Draft("session.opened", {"process": process, "clock": self.clock.kind, "versions": versions()}))
        try:
            await self._prepare(executor)
            await self._recover(executor)
            ending = await self._loop(executor)
        except BaseException:
            await self._cancel_tasks()
            await executor.safe_state()
            raise
        finally:
            await executor.close()
        self._commit(Draft("session.closed", {"status": ending.status, "reason": ending.reason}))
        return ending

    async def _prepare(self, executor: Executor) -> None:
        found = await executor.prepare()
        if found and found != self.record.state.prepared:
            self._commit(Draft("lab.prepared", {"found": dict(found)}))

    async def _loop(self, executor: Executor) -> Ending:
        while True:
            self._collect()
            self._still_ours()
            self.record.sync()
            state = self.record.state
            self._changed(state)
            if state.status == "aborted":
                return await self._abort(executor)
            if state.status == "finished":
                return Ending("finished", state.reason)
            if self._stopping:
                await self._cancel_tasks()
                return Ending("interrupted", self._stopping)
            await self._answer_probes(executor)
            self._watch()
            self._pause_after_failures()
            over = stop_reason(state, self.clock.now())
            reason = over.words if over is not None else None
            if reason is None and state.status == "active" and not self._held():
                self._start(executor)
                if await self._decided(executor):
                    continue
                reason = self._nothing_left if not self.record.state.active else None
            else:
                self._restart(executor)
            if self._tasks:
                await self._something_happens()
            elif reason and not state.uncertain and state.status == "active" and not self._waiting_inside():
                self._finish(reason)
            elif not self._wait_for_people:
                return self._waiting()
            else:
                await self.clock.outside(_POLL_S)

    def _waiting_inside(self) -> bool:
        """Say whether an experiment that has begun waits for a person."""
        return any(experiment.status == "running" for experiment in self.record.state.active.values())

    def _held(self) -> bool:
        """Say whether an uncertain experiment keeps new ones from starting."""
        return bool(self.record.state.uncertain) and self.record.state.spec.uncertain == "pause"

    # --- deciding

    async def _decided(self, executor: Executor) -> bool:
        """Decide on the next batch if there is room for one; say whether anything was recorded."""
        state = self.record.state
        size = min(state.spec.batch, room(state))
        free = (state.spec.parallel or state.spec.batch) - len(state.active)
        self._nothing_left = ""
        if size == 0 or free < size:
            return False
        exhausted = executor.exhausted()
        if exhausted:
            self._nothing_left = exhausted
            return False
        # What ends without a result, such as a rejected proposal, gives back what it was charged.
        ground = (state.spec_version, len(state.observations), *state.active)
        if self._exhausted == ground:
            self._nothing_left = "nothing is left to propose"
            return False
        inputs = inputs_now(state, size)
        try:
            candidates = await self.clock.compute(self._decide, self.setup, inputs)
            seen = await self.clock.compute(outlook, self.setup, inputs)
        except PlanningError as error:
            self._exhausted = ground
            self._nothing_left = error.message
            return False
        return bool(self.record.commit(lambda now: decision(now, inputs, candidates, seen), self._moment))

    # --- executing

    def _start(self, executor: Executor) -> None:
        self._restart(executor)
        state = self.record.state
        limit = state.spec.parallel or state.spec.batch
        for experiment in list(state.active.values()):
            if experiment.status != "approved" or experiment.id in self._tasks or len(self._tasks) >= limit:
                continue
            if experiment.spec_version != state.spec_version:
                problems = self.setup.space(state.spec).problems(experiment.values)
                if problems:
                    self._drop(experiment, f"no longer allowed: {'; '.join(problems)}")
                    continue
                unpaid = unaffordable(state, experiment)
                if unpaid is not None:
                    self._drop(experiment, unpaid)
                    continue
            self._spawn(executor, experiment)

    def _drop(self, experiment: Experiment, reason: str) -> None:
        draft = Draft("experiment.cancelled", {"experiment": experiment.id, "reason": reason, "avoid": False})
        self.record.commit(lambda _: [draft] if experiment.status == "approved" else [], self._moment)

    def _restart(self, executor: Executor) -> None:
        """Enter again every experiment that is on record as running and is not.

        One that waits for a person is entered again when something new is on record.
        """
        state = self.record.state
        for experiment in list(state.active.values()):
            idle = experiment.id not in self._tasks and self._blocked.get(experiment.id) != state.seq
            if experiment.status == "running" and idle:
                self._spawn(executor, experiment)

    def _spawn(self, executor: Executor, experiment: Experiment) -> None:
        self._tasks[experiment.id] = asyncio.create_task(self._execute(executor, experiment), name=experiment.id)

    def _task(self, experiment: Experiment) -> Task:
        state = self.record.state
        seed = derive_seed(state.spec.seed, "experiment", experiment.id)
        return Task(state.id, experiment.id, experiment.values, seed)

    async def _execute(self, executor: Executor, experiment: Experiment) -> None:
        steps = Steps(self.record, self.clock, experiment.id, unattended=self._unattended)
        if experiment.status == "approved":
            steps.begin(Draft("experiment.started", {"experiment": experiment.id}))
        try:
            found = await executor.run(self._task(experiment), steps)
            steps.end(self._measured(experiment, found))
        except asyncio.CancelledError:
            steps.flush()
            raise
        except LedgerError:
            raise
        except BlockedError:
            steps.flush()
            self._blocked[experiment.id] = self.record.state.seq
        except AbortedError:
            steps.flush()  # the loop cancels what the abort left behind
        except OutcomeUnknownError as error:
            steps.flush()
            drafts = await recovery.settled_in_session(executor, self._task(experiment), experiment, error.message)
            if drafts:
                self._commit(*drafts)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong in a lab costs its experiment, not the campaign
            steps.end(_failure(experiment, error))

    def _measured(self, experiment: Experiment, found: Sequence[Measurement]) -> Draft:
        objectives = self.setup.objectives(self.record.state.spec)
        measurements = by_objective(found, objectives, self._moment(), experiment.values)
        body = {
            "experiment": experiment.id,
            "measurements": {name: item.as_json() for name, item in measurements.items()},
            "surprise": surprise(experiment.candidate, measurements),
        }
        return Draft("experiment.measured", body)

    def _collect(self) -> None:
        """Take leave of tasks that are done; an error that ended one ends the campaign's run."""
        for name, task in list(self._tasks.items()):
            if task.done():
                del self._tasks[name]
                task.result()

    async def _something_happens(self) -> None:
        """Wait for a task to end, for the request to stop and, outside virtual time, for other processes."""
        waits: list[asyncio.Task[Any]] = [asyncio.create_task(self._wake.wait())]
        if self.clock.kind != "virtual":
            waits.append(asyncio.create_task(self.clock.outside(_POLL_S)))
        try:
            await asyncio.wait([*self._tasks.values(), *waits], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def _cancel_tasks(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()

    # --- recovering

    async def _recover(self, executor: Executor) -> None:
        for experiment in list(self.record.state.active.values()):
            if experiment.status == "running":
                drafts = await recovery.settled(executor, self._task(experiment), experiment)
                if drafts:
                    self._commit(*drafts)

    async def _answer_probes(self, executor: Executor) -> None:
        for experiment in list(self.record.state.uncertain.values()):
            if experiment.verdict == "probe":
                self._commit(*await recovery.probed_again(executor, self._task(experiment), experiment))

    def _pause_after_failures(self) -> None:
        state = self.record.state
        if state.status == "active" and state.failures_in_a_row >= state.spec.stop.failures:
            last = state.experiments[state.observations[-1].experiment]
            reason = f"{state.failures_in_a_row} experiments failed in a row, the last ({last.id}): {last.reason}"
            pause = Draft("campaign.paused", {"by": {"name": "zosimos", "at": ""}, "reason": reason})
            self.record.commit(lambda now: [pause] if now.status == "active" else [], self._moment)

    def _watch(self) -> None:
        """Look at new results for what is unusual, and record it."""
        state, pause = self.record.state, not self._unattended
        if len(state.observations) == self._watched:
            return
        self._watched = len(state.observations)
        if noticed(state, pause=pause):  # mostly there is nothing: no transaction keeps others out for that
            self.record.commit(lambda now: noticed(now, pause=pause), self._moment)

    # --- ending

    def _finish(self, reason: str) -> None:
        """Record the end, unless somebody paused, aborted or steered meanwhile."""
        version = self.record.state.spec_version
        over = "the campaign is finished"

        def build(state: State) -> list[Draft]:
            if state.status != "active" or state.spec_version != version:
                return []
            drafts = expiry(state, over)
            asked = {draft.body["experiment"] for draft in drafts if draft.kind == "experiment.cancelled"}
            drafts += [
                Draft("experiment.cancelled", {"experiment": name, "reason": over, "avoid": False})
                for name in state.active
                if name not in asked
            ]
            return [*drafts, Draft("campaign.finished", {"reason": reason})]

        self.record.commit(build, self._moment)

    async def _abort(self, executor: Executor) -> Ending:
        await executor.safe_state()
        await self._cancel_tasks()
        drafts = []
        for experiment in self.record.state.active.values():
            step = recovery.interrupted_step(experiment)
            if step is not None:
                reason = f"aborted during step {step.index} ({step.name})"
                body = {"experiment": experiment.id, "step": step.index, "reason": reason}
                drafts.append(Draft("experiment.uncertain", body))
            else:
                body = {"experiment": experiment.id, "reason": "aborted", "avoid": False}
                drafts.append(Draft("experiment.cancelled", body))
        if drafts:
            self._commit(*drafts)
        return Ending("aborted", self.record.state.reason)

    def _waiting(self) -> Ending:
        state = self.record.state
        if state.status == "paused":
            return Ending("paused", state.reason)
        return Ending("waiting", waits_for(state))

    # --- writing

    def _moment(self) -> str:
        return self.clock.now().isoformat()

    def _commit(self, *drafts: Draft) -> None:
        self.record.commit(lambda _: drafts, self._moment)


def _failure(experiment: Experiment, error: Exception) -> Draft:
    known = isinstance(error, ExecutionError | InputError | StateError)
    cause = str(error) if known else f"{type(error).__name__}: {error}"
    step = len(experiment.steps) - 1 if experiment.steps else None
    body = {"experiment": experiment.id, "cause": cause, "error": type(error).__name__, "step": step}
    return Draft("experiment.failed", body)
