"""The worker: runs approved experiments as tasks, each announcing its steps to the record.

Several processes will share this work one day, each claiming an experiment before it starts; today the process that
holds the campaign's claim may run them all. The place for a claim is :meth:`Worker._spawn`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from zosimos.campaign.decisions.budget import unaffordable
from zosimos.campaign.execution import recovery
from zosimos.campaign.execution.durable import DurableSteps, Moments, Require, nobody_else
from zosimos.campaign.execution.journal import Journal
from zosimos.campaign.lab import AbortedError, BlockedError, Executor, Task
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.record.results import by_objective, surprise
from zosimos.campaign.setup import Setup
from zosimos.core.clock import Clock
from zosimos.core.errors import ExecutionError, InputError, LedgerError, OutcomeUnknownError, StateError
from zosimos.core.records import Measurement
from zosimos.core.revision import FIFTH
from zosimos.core.seeds import derive_seed

SEE_THROUGH_S = 20.0  # how long an orderly stop waits for effects under way; a stroke of a pump takes less


class Worker:
    """Runs experiments on a laboratory.

    Args:
        journal: the campaign's record.
        setup: its setup.
        clock: the time it runs on.
        executor: the laboratory.
        unattended: whether operators are taken to have done what they are asked (a rehearsal).
        require: raises a LedgerError once this process may act no more; asked before each effect.
    """

    def __init__(
        self,
        journal: Journal,
        setup: Setup,
        clock: Clock,
        executor: Executor,
        *,
        unattended: bool = False,
        require: Require = nobody_else,
    ) -> None:
        self._journal = journal
        self._setup = setup
        self._clock = clock
        self._executor = executor
        self._unattended = unattended
        self._require = require
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._steps: dict[str, DurableSteps] = {}
        self._blocked: dict[str, int] = {}
        self._moments: Moments = {}

    @property
    def under_way(self) -> tuple[asyncio.Task[None], ...]:
        """The tasks of the experiments that run."""
        return tuple(self._tasks.values())

    async def start(self) -> None:
        """Enter every experiment that may run now, as far as there are places."""
        self.restart()
        state = self._journal.state
        limit = state.spec.parallel or state.spec.batch
        for experiment in list(state.active.values()):
            if experiment.status != "approved" or experiment.id in self._tasks or len(self._tasks) >= limit:
                continue
            if experiment.spec_version != state.spec_version:
                problems = self._setup.space(state.spec).problems(experiment.values)
                reason = f"no longer allowed: {'; '.join(problems)}" if problems else unaffordable(state, experiment)
                if reason is not None:
                    await self._drop(experiment, reason)
                    continue
            self._spawn(experiment)

    def restart(self) -> None:
        """Enter again every experiment that is on record as running and is not.

        One that waits for a person is entered again when something new is on record.
        """
        state = self._journal.state
        for experiment in list(state.active.values()):
            idle = experiment.id not in self._tasks and self._blocked.get(experiment.id) != state.seq
            if experiment.status == "running" and idle:
                self._spawn(experiment)

    def collect(self) -> None:
        """Take leave of tasks that are done; an error that ended one ends the campaign's run."""
        for name, task in list(self._tasks.items()):
            if task.done():
                del self._tasks[name]
                self._steps.pop(name, None)
                task.result()

    async def end(self) -> None:
        """End all experiments in good order: waits are cut short, effects under way seen through for a while."""
        for task in self._tasks.values():
            task.cancel()
        if self._tasks:
            limit = None if self._clock.kind == "virtual" else SEE_THROUGH_S
            await asyncio.wait(self._tasks.values(), timeout=limit)
        await self.ended()

    def cut(self) -> None:
        """Cut all experiments short at once, effects under way included: nothing more is sent to any device."""
        for steps in self._steps.values():
            steps.cut()
        for task in self._tasks.values():
            task.cancel()

    async def ended(self) -> None:
        """Wait for experiments that were cut short."""
        self.cut()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()
        self._steps.clear()

    async def recover(self) -> None:
        """Settle what an earlier session left in the middle of a step."""
        for experiment in list(self._journal.state.active.values()):
            if experiment.status == "running":
                drafts = await recovery.settled(self._executor, self._task(experiment), experiment)
                if drafts:
                    await self._commit(*drafts)

    async def answer_probes(self) -> None:
        """Ask the laboratory about uncertain experiments where a person wants that."""
        for experiment in list(self._journal.state.uncertain.values()):
            if experiment.verdict == "probe":
                await self._commit(*await recovery.probed_again(self._executor, self._task(experiment), experiment))

    def _spawn(self, experiment: Experiment) -> None:
        steps = self._steps[experiment.id] = DurableSteps(
            self._journal,
            self._clock,
            experiment.id,
            moments=self._moments,
            unattended=self._unattended,
            require=self._require,
        )
        self._tasks[experiment.id] = asyncio.create_task(self._execute(experiment, steps), name=experiment.id)

    async def _drop(self, experiment: Experiment, reason: str) -> None:
        draft = Draft("experiment.cancelled", {"experiment": experiment.id, "reason": reason, "avoid": False})
        await self._journal.commit(lambda _: [draft] if experiment.status == "approved" else [], self._moment)

    def _task(self, experiment: Experiment) -> Task:
        state = self._journal.state
        seed = derive_seed(state.spec.seed, "experiment", experiment.id)
        return Task(state.id, experiment.id, experiment.values, seed)

    async def _execute(self, experiment: Experiment, steps: DurableSteps) -> None:
        if experiment.status == "approved":
            steps.begin(Draft("experiment.started", {"experiment": experiment.id}))
        try:
            found = await self._executor.run(self._task(experiment), steps)
            await steps.end(self._measured(experiment, found))
        except asyncio.CancelledError:
            await steps.flush()
            raise
        except LedgerError:
            raise
        except BlockedError:
            await steps.flush()
            self._blocked[experiment.id] = self._journal.state.seq
        except AbortedError:
            await steps.flush()  # the loop cancels what the abort left behind
        except OutcomeUnknownError as error:
            await steps.flush()
            task = self._task(experiment)
            drafts = await recovery.settled_in_session(self._executor, task, experiment, error.message)
            if drafts:
                await self._commit(*drafts)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong in a lab costs its experiment, not the campaign
            await steps.end(_failure(experiment, error))

    def _measured(self, experiment: Experiment, found: Sequence[Measurement]) -> Draft:
        spec = self._journal.state.spec
        measurements = by_objective(found, self._setup.objectives(spec), self._moment(), experiment.values)
        body = {
            "experiment": experiment.id,
            "measurements": {name: item.as_json() for name, item in measurements.items()},
            "surprise": surprise(experiment.candidate, measurements, learned=spec.since(FIFTH)),
        }
        return Draft("experiment.measured", body)

    def _moment(self) -> str:
        return self._clock.now().isoformat()

    async def _commit(self, *drafts: Draft) -> None:
        await self._journal.commit(lambda _: drafts, self._moment)


def _failure(experiment: Experiment, error: Exception) -> Draft:
    known = isinstance(error, ExecutionError | InputError | StateError)
    cause = str(error) if known else f"{type(error).__name__}: {error}"
    step = len(experiment.steps) - 1 if experiment.steps else None
    body = {"experiment": experiment.id, "cause": cause, "error": type(error).__name__, "step": step}
    return Draft("experiment.failed", body)
