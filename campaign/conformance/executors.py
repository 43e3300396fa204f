"""What is asked of an executor."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from zosimos.campaign.conformance.trial import START, DeathError, Trial, measured
from zosimos.campaign.lab import Executor, Past, Probe, Task
from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.record.state import State
from zosimos.core import clock as clocks
from zosimos.core.clock import Clock
from zosimos.core.seeds import derive_seed

_DEATHS = 4  # moments of an experiment at which the program dies


class ExecutorKit:
    """Checks of an executor, each by itself."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial

    def measures(self) -> None:
        """Run two experiments: both end with a finite value of each objective."""
        state = self._trial.run()
        for item in state.experiments.values():
            assert item.status == "measured", f"{item.id} is {item.status}: {item.reason}"
            for name, found in item.measurements.items():
                assert math.isfinite(found.value), f"{item.id}: {name} is {found.value}"
                assert found.origin in ("measured", "simulated", "computed"), (
                    f"{item.id}: {name} comes from {found.origin}: a lab measures, simulates or computes"
                )
        assert state.experiments, f"no experiment was run: {state.reason}"

    def repeats(self) -> None:
        """Run the same campaign twice and compare what was done and found."""
        first, second = (_told(self._trial.run()) for _ in range(2))
        assert first == second, "two runs of the same campaign must do and find the same"

    def prepares(self) -> None:
        """Prepare once and look at what is to be kept."""

        async def main(clock: Clock) -> Any:
            executor = self._executor(clock)
            try:
                return await executor.prepare()
            finally:
                await executor.close()

        found = clocks.run(main, "virtual", epoch=START)
        assert isinstance(found, Mapping), f"prepare must return a mapping, not a {type(found).__name__}"
        json.dumps(dict(found))

    def runs_out(self) -> None:
        """Ask what has run out."""

        async def main(clock: Clock) -> Any:
            executor = self._executor(clock)
            try:
                await executor.prepare()
                return executor.exhausted()
            finally:
                await executor.close()

        found = clocks.run(main, "virtual", epoch=START)
        assert isinstance(found, str), f"exhausted must return a text, empty if nothing has run out, not {found!r}"

    def is_made_safe(self) -> None:
        """Make it safe and close it twice, before and after it was prepared."""

        async def main(clock: Clock) -> None:
            for prepared in (False, True):
                executor = self._executor(clock)
                if prepared:
                    await executor.prepare()
                for _ in range(2):
                    await executor.safe_state()
                for _ in range(2):
                    await executor.close()

        clocks.run(main, "virtual", epoch=START)

    def answers(self) -> None:
        """Ask of every effect of an experiment whether it happened."""
        state = self._trial.run(1)
        (item,) = state.experiments.values()

        async def main(clock: Clock) -> list[Any]:
            executor = self._executor(clock, state.experiments)
            try:
                await executor.prepare()
                return [await executor.probe(_task(state, item), step) for step in item.steps if step.how == "executed"]
            finally:
                await executor.close()

        for found in clocks.run(main, "virtual", epoch=START):
            assert isinstance(found, Probe), f"probe must return a Probe, not a {type(found).__name__}"
            assert found.answer in ("done", "undone", "unknown"), f"done, undone or unknown is meant: {found.answer!r}"

    def goes_on_before(self) -> None:
        """Die when an effect is announced, before its first byte leaves."""
        self._goes_on("step.intended")

    def goes_on_after(self) -> None:
        """Die when an effect has happened, before that is on record."""
        self._goes_on("step.done")

    def _goes_on(self, kind: str) -> None:
        whole = _steps(self._trial.run(1))
        effects = [index for index, (_, _, how) in enumerate(whole) if how == "executed"]
        for place in sorted({effects[i * (len(effects) - 1) // (_DEATHS - 1)] for i in range(_DEATHS) if effects}):
            with self._trial.begun(1) as (ledger, campaign):
                try:
                    self._trial.go(ledger, campaign, (kind, place))
                except DeathError:
                    state = self._trial.go(ledger, campaign)
                else:
                    raise AssertionError(f"step {place} was announced in one run and not in another")
            (item,) = state.experiments.values()
            assert item.status in ("measured", "uncertain"), (
                f"killed at step {place}, the experiment is {item.status} afterwards: {item.reason}"
            )
            done = [(name, params) for name, params, _ in _steps(state)]
            expected = [(name, params) for name, params, _ in whole][: len(done)]
            assert done == expected, f"killed at step {place}, it went on with other steps than it would have done"

    def _executor(self, clock: Clock, experiments: Mapping[str, Experiment] | None = None) -> Executor:
        setup = self._trial.simulated()
        assert setup.lab is not None, "it was set up in one"
        past = Past(setup.spec.seed, setup.spec.budget.experiments, None, experiments or {})
        return setup.lab.executor(measured(setup.spec), setup.space(setup.spec), clock, past)


def _task(state: State, item: Experiment) -> Task:
    return Task(state.id, item.id, item.values, derive_seed(state.spec.seed, "experiment", item.id))


def _steps(state: State) -> list[tuple[str, dict[str, Any], str]]:
    return [(step.name, dict(step.params), step.how) for item in state.experiments.values() for step in item.steps]


def _told(state: State) -> list[Any]:
    """Return what a campaign did and found."""
    found = [
        (item.id, item.status, {name: (m.value, m.uncertainty, m.unit) for name, m in item.measurements.items()})
        for item in state.experiments.values()
    ]
    return [*found, *_steps(state)]
