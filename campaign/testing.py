"""Conformance kits for labs and executors: parametrize a test with ``lab_checks(...)`` or ``executor_checks(...)``.

Experiments are run in virtual time, in the lab's own simulation, on a ledger in memory; the program "dies" at steps on
record and the campaign is taken up again, as after a power cut.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeAlias

from zosimos.campaign.commands import create
from zosimos.campaign.executor import Executor, Past, Probe, Task
from zosimos.campaign.experiment import Experiment
from zosimos.campaign.lab import Lab, LabCard
from zosimos.campaign.ledger.events import Draft, Event
from zosimos.campaign.ledger.store import MEMORY, Ledger
from zosimos.campaign.record import Moment, Record
from zosimos.campaign.session import run_campaign
from zosimos.campaign.setup import Setup, fitted
from zosimos.campaign.spec.read import parse_spec
from zosimos.campaign.state import State
from zosimos.core import clock as clocks
from zosimos.core.clock import Clock
from zosimos.core.conformance import Check, run_all
from zosimos.core.errors import InputError
from zosimos.core.seeds import derive_seed
from zosimos.core.table import Table

MakeLab: TypeAlias = Callable[[], Lab]
"""Makes the lab anew, as a process that starts does."""

_MEMBERS = ("files", "card", "clock", "candidates", "outcomes", "check", "fits", "simulated", "account", "executor")
_STRANGE = "no such name in any laboratory"
_START = datetime(2000, 1, 1, tzinfo=UTC)
_DEATHS = 4  # moments of an experiment at which the program dies


def check_lab(make: MakeLab, campaign: Mapping[str, Any], files: Mapping[str, bytes] | None = None) -> None:
    """Run :func:`lab_checks` and :func:`executor_checks`.

    Raises:
        AssertionError: a check failed; it is named.
    """
    run_all([*lab_checks(make, campaign, files), *executor_checks(make, campaign, files)])


def lab_checks(make: MakeLab, campaign: Mapping[str, Any], files: Mapping[str, bytes] | None = None) -> list[Check]:
    """Return the checks of the contract of :class:`Lab`.

    Args:
        make: makes the lab, as ``lambda: MyLab(options, files)``.
        campaign: a campaign for it as plain data, as a campaign file would give it: ``space``, ``objectives``, ``lab``.
        files: the bytes of the lab's files, by role.
    """
    kit = _LabKit(_Trial(make, campaign, files or {}))
    return [
        Check("it has everything that a lab has", kit.members),
        Check("its files are named by role", kit.names_files),
        Check("its card shows a campaign that it takes", kit.shows_a_campaign),
        Check("it takes the campaign it is made for", kit.takes),
        Check("it refuses an objective that it does not know", kit.refuses_objective),
        Check("it refuses a parameter that it does not know", kit.refuses_parameter),
        Check("its candidates have a column for each parameter", kit.has_columns),
        Check("it can be simulated", kit.simulates),
        Check("it accounts for what was used, in words", kit.accounts),
    ]


def check_executor(make: MakeLab, campaign: Mapping[str, Any], files: Mapping[str, bytes] | None = None) -> None:
    """Run :func:`executor_checks`.

    Raises:
        AssertionError: a check failed; it is named.
    """
    run_all(executor_checks(make, campaign, files))


def executor_checks(
    make: MakeLab, campaign: Mapping[str, Any], files: Mapping[str, bytes] | None = None
) -> list[Check]:
    """Return the checks of the contract of :class:`Executor`, whose arguments are those of :func:`lab_checks`."""
    kit = _ExecutorKit(_Trial(make, campaign, files or {}))
    return [
        Check("it measures every objective", kit.measures),
        Check("the same campaign runs the same way", kit.repeats),
        Check("what it prepares is JSON data", kit.prepares),
        Check("it says in words what has run out", kit.runs_out),
        Check("it may be made safe and closed at any time, and twice", kit.is_made_safe),
        Check("asked what happened, it says done, undone or unknown", kit.answers),
        Check("killed before an effect, it goes on with the same steps", kit.goes_on_before),
        Check("killed after an effect, it goes on with the same steps", kit.goes_on_after),
    ]


# --- a campaign that is run for the checks


class _DeathError(BaseException):
    """The end of the program: nothing in it catches this on the way out."""


class _MortalRecord(Record):
    """A record whose program dies when a certain step is announced, or before it is reported."""

    dies_at: tuple[str, int] | None = None

    def commit(self, build: Callable[[State], Sequence[Draft]], at: Moment) -> list[Event]:
        def inside(state: State) -> Sequence[Draft]:
            drafts = build(state)
            if any((draft.kind, draft.body.get("step")) == self.dies_at for draft in drafts) and after:
                raise _DeathError
            return drafts

        after = self.dies_at is not None and self.dies_at[0] == "step.done"
        events = super().commit(inside, at)
        if any((event.kind, event.body.get("step")) == self.dies_at for event in events):
            raise _DeathError
        return events


class _Trial:
    """A small campaign in a lab's simulation; each time it is set up everything is made anew."""

    def __init__(self, make: MakeLab, campaign: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
        self.make = make
        self.files = files
        self.campaign = dict(campaign)

    def setup(self, lab: Lab | None = None, experiments: int = 2) -> Setup:
        """Return the setup of the campaign in a new lab: small, with space-filling candidates, run by nobody."""
        own = {"name": "conformance", "planner": {"kind": "sobol"}, "batch": 1, "budget": {"experiments": experiments}}
        spec = parse_spec({**self.campaign, **own, "approval": "autonomous", "watch": "off", "stop": {}})
        return fitted(spec, self.files, self.make() if lab is None else lab)

    def simulated(self, experiments: int = 2) -> Setup:
        """Return the same with everything real simulated."""
        setup = self.setup(experiments=experiments)
        assert setup.lab is not None, "it was set up in one"
        return replace(setup, lab=setup.lab.simulated())

    @contextmanager
    def begun(self, experiments: int = 2) -> Iterator[tuple[Ledger, str]]:
        """Give a ledger and a campaign that was not run yet."""
        with Ledger(MEMORY) as ledger:
            entropy = random.Random(0)  # noqa: S311 - an id, no secret
            setup = self.simulated(experiments)
            yield ledger, create(ledger, setup, author="kit", now=_START, entropy=entropy).campaign

    def go(self, ledger: Ledger, campaign: str, dies_at: tuple[str, int] | None = None) -> State:
        """Run the campaign as a process that starts does, and return its state."""
        record = _MortalRecord(ledger, campaign)
        record.dies_at = dies_at
        setup = self.simulated(record.state.spec.budget.experiments)
        run_campaign(record, setup, kind="virtual", wait_for_people=False, unattended=True)
        return record.state

    def run(self, experiments: int = 2) -> State:
        """Run the campaign to its end, and return its state."""
        with self.begun(experiments) as (ledger, campaign):
            return self.go(ledger, campaign)


# --- labs


class _LabKit:
    def __init__(self, trial: _Trial) -> None:
        self._trial = trial

    @property
    def _names(self) -> tuple[list[str], list[str]]:
        spec = self._trial.setup().spec
        return list(spec.objectives), list(spec.space)

    def members(self) -> None:
        lab = self._trial.make()
        missing = [name for name in _MEMBERS if not hasattr(lab, name)]
        assert not missing, f"it has no {', '.join(missing)}"
        assert lab.clock in ("wall", "virtual", "paced"), f"its clock is {lab.clock!r}: wall, virtual or paced is meant"

    def names_files(self) -> None:
        options = {name: value for name, value in dict(self._trial.campaign["lab"]).items() if name != "kind"}
        found = self._trial.make().files(options)
        assert isinstance(found, Mapping), f"files must be role: path, not a {type(found).__name__}"
        for role, path in found.items():
            assert isinstance(path, str), f"files must be role: path, not {role!r}: {path!r}"
            assert role in self._trial.files, f"it reads a file {role!r} ({path}), and the kit was not given it"

    def shows_a_campaign(self) -> None:
        lab = self._trial.make()
        card = lab.card()
        if card is None:
            return
        assert isinstance(card, LabCard), f"its card must be a LabCard or None, not a {type(card).__name__}"
        assert card.summary.strip(), "its card says nothing of what it does"
        spec = parse_spec({**card.spec, "name": "from the card"})
        lab.check(list(spec.objectives), list(spec.space))
        json.dumps(card.options.model_json_schema())

    def takes(self) -> None:
        setup = self._trial.setup()
        assert setup.lab is not None, "the campaign for the kit names no lab"
        setup.lab.fits(setup.space(setup.spec))

    def refuses_objective(self) -> None:
        objectives, parameters = self._names
        self._refused([*objectives, _STRANGE], parameters, "an objective")

    def refuses_parameter(self) -> None:
        objectives, parameters = self._names
        self._refused(objectives, [*parameters, _STRANGE], "a parameter")

    def _refused(self, objectives: Sequence[str], parameters: Sequence[str], what: str) -> None:
        try:
            self._trial.make().check(objectives, parameters)
        except InputError as error:
            words = str(error)
        else:
            raise AssertionError(f"{what} that it does not know must raise SpecError or DataError")
        assert _STRANGE in words, f"the error must name {what} that is not known; it says: {words}"

    def has_columns(self) -> None:
        lab = self._trial.make()
        table = lab.candidates()
        if table is None:
            return
        assert isinstance(table, Table), f"candidates must be a Table or None, not a {type(table).__name__}"
        objectives, parameters = self._names
        table.require([*parameters, *lab.outcomes(objectives)])

    def simulates(self) -> None:
        lab = self._trial.make().simulated()
        missing = [name for name in _MEMBERS if not hasattr(lab, name)]
        assert not missing, f"its simulation is no lab: it has no {', '.join(missing)}"

    def accounts(self) -> None:
        setup, state = self._trial.simulated(), self._trial.run()
        assert setup.lab is not None, "it was set up in one"
        found = setup.lab.account(setup.space(setup.spec), list(state.experiments.values()))
        texts = [text for pair in found.items() for text in pair]
        assert all(isinstance(text, str) for text in texts), f"an account is fact: words, not {dict(found)}"


# --- executors


class _ExecutorKit:
    def __init__(self, trial: _Trial) -> None:
        self._trial = trial

    def measures(self) -> None:
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
        first, second = (_told(self._trial.run()) for _ in range(2))
        assert first == second, "two runs of the same campaign must do and find the same"

    def prepares(self) -> None:
        async def main(clock: Clock) -> Any:
            executor = self._executor(clock)
            try:
                return await executor.prepare()
            finally:
                await executor.close()

        found = clocks.run(main, "virtual", epoch=_START)
        assert isinstance(found, Mapping), f"prepare must return a mapping, not a {type(found).__name__}"
        json.dumps(dict(found))

    def runs_out(self) -> None:
        async def main(clock: Clock) -> Any:
            executor = self._executor(clock)
            try:
                await executor.prepare()
                return executor.exhausted()
            finally:
                await executor.close()

        found = clocks.run(main, "virtual", epoch=_START)
        assert isinstance(found, str), f"exhausted must return a text, empty if nothing has run out, not {found!r}"

    def is_made_safe(self) -> None:
        async def main(clock: Clock) -> None:
            for prepared in (False, True):
                executor = self._executor(clock)
                if prepared:
                    await executor.prepare()
                for _ in range(2):
                    await executor.safe_state()
                for _ in range(2):
                    await executor.close()

        clocks.run(main, "virtual", epoch=_START)

    def answers(self) -> None:
        state = self._trial.run(1)
        (item,) = state.experiments.values()

        async def main(clock: Clock) -> list[Any]:
            executor = self._executor(clock, state.experiments)
            try:
                await executor.prepare()
                return [await executor.probe(_task(state, item), step) for step in item.steps if step.how == "executed"]
            finally:
                await executor.close()

        for found in clocks.run(main, "virtual", epoch=_START):
            assert isinstance(found, Probe), f"probe must return a Probe, not a {type(found).__name__}"
            assert found.answer in ("done", "undone", "unknown"), f"done, undone or unknown is meant: {found.answer!r}"

    def goes_on_before(self) -> None:
        self._goes_on("step.intended")

    def goes_on_after(self) -> None:
        self._goes_on("step.done")

    def _goes_on(self, kind: str) -> None:
        whole = _steps(self._trial.run(1))
        effects = [index for index, (_, _, how) in enumerate(whole) if how == "executed"]
        for place in sorted({effects[i * (len(effects) - 1) // (_DEATHS - 1)] for i in range(_DEATHS) if effects}):
            with self._trial.begun(1) as (ledger, campaign):
                try:
                    self._trial.go(ledger, campaign, (kind, place))
                except _DeathError:
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
        return setup.lab.executor(setup.objectives(setup.spec), setup.space(setup.spec), clock, past)


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
