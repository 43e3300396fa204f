"""A laboratory for tests: every effect is a line in a journal file, and a script says what goes wrong."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from zosimos.campaign.control.commands import Commands, create
from zosimos.campaign.decisions.decide import Inputs
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.execution.loop import Ending
from zosimos.campaign.execution.session import run_campaign
from zosimos.campaign.lab import Executor, Lab, Past, Probe, Steps, Task
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.experiment import Experiment, Step
from zosimos.campaign.record.record import Record
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.core.clock import Clock, ClockKind
from zosimos.core.objective import Objective
from zosimos.core.records import Candidate, Measurement
from zosimos.core.space import SearchSpace
from zosimos.core.table import Table

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Crash(BaseException):
    """Stands for SIGKILL: nothing in the program catches it on the way out."""


@dataclass
class ScriptedLab:
    """Two effects with a wait between them; ``trouble`` is called before and after each effect with its id."""

    journal: Path
    trouble: Callable[[str, str], Any] = lambda moment, effect: None
    remembers: bool = True
    repeatable: bool = False
    wait_s: float = 60.0
    measure: Callable[[Task], Sequence[Measurement]] = lambda task: [
        Measurement("y", -((float(task.values["x"]) - 0.3) ** 2), 0.01, origin="simulated")
    ]
    default_clock: ClockKind = "virtual"
    safe: list[str] = field(default_factory=list)

    @classmethod
    def files(cls, options: Mapping[str, Any]) -> Mapping[str, str]:
        return {}

    @property
    def clock(self) -> ClockKind:
        return self.default_clock

    def candidates(self) -> Table | None:
        return None

    def outcomes(self, objectives: Sequence[str]) -> Sequence[str]:
        return ()

    def check(self, objectives: Sequence[str], parameters: Sequence[str]) -> None:
        return None

    @classmethod
    def card(cls) -> None:
        return None

    def fits(self, space: SearchSpace) -> None:
        return None

    def simulated(self) -> Lab:
        return self

    def account(self, space: SearchSpace, experiments: Sequence[Experiment]) -> Mapping[str, str]:
        return {}

    def executor(self, objectives: Sequence[Objective], space: SearchSpace, clock: Clock, past: Past) -> Executor:
        return self

    async def prepare(self) -> Mapping[str, Any]:
        return {}

    def exhausted(self) -> str:
        return ""

    async def close(self) -> None:
        return None

    def effects(self) -> list[str]:
        return self.journal.read_text().split() if self.journal.exists() else []

    async def run(self, task: Task, steps: Steps) -> Sequence[Measurement]:
        async def act(effect: str) -> str:
            self.trouble("before", effect)
            with self.journal.open("a") as file:
                file.write(f"{effect}\n")
            self.trouble("after", effect)
            return f"did {effect}"

        await steps.effect("dispense", act, params={"volume_mL": 0.25}, repeatable=self.repeatable)
        await steps.wait(self.wait_s)
        await steps.effect("drain", act, repeatable=self.repeatable)
        return self.measure(task)

    async def probe(self, task: Task, step: Step) -> Probe:
        effect = f"{task.experiment}/{step.index}/{step.attempt}"
        if not self.remembers:
            return Probe("unknown", why="the device has no memory")
        return Probe("done", f"did {effect}") if effect in self.effects() else Probe("undone")

    async def safe_state(self) -> None:
        self.safe.append("safe")


def golden(setup: Setup, inputs: Inputs) -> Sequence[Candidate]:
    """Answer at once with points of a golden-ratio sequence inside the bounds of x."""
    part = inputs.spec.space["x"]
    low, high = float(part.min), float(part.max)
    first = len(inputs.observations) + len(inputs.pending) + len(inputs.avoid)
    return [
        Candidate({"x": low + (high - low) * (((first + i) * 0.6180339887498949) % 1.0)}, "golden", "next in sequence")
        for i in range(inputs.count)
    ]


def setup_of(lab: ScriptedLab | None, **spec: Any) -> Setup:
    data = {
        "name": "scripted",
        "seed": 7,
        "space": {"x": {"min": 0, "max": 1}},
        "objectives": {"y": {"goal": "max"}},
        "budget": {"experiments": 4},
        **spec,
    }
    return Setup(parse_spec(data), {}, lab, None)  # type: ignore[arg-type]


class Campaign:
    """A campaign under test, with short names for what tests do to it."""

    def __init__(self, ledger: Ledger, lab: ScriptedLab | None, **spec: Any) -> None:
        self.setup = setup_of(lab, **spec)
        self.ledger = ledger
        entropy = random.Random(len(ledger.campaigns()))
        self.record = create(ledger, self.setup, author="tester", now=NOW, entropy=entropy)

    @property
    def state(self) -> State:
        self.record.sync()
        return self.record.state

    @property
    def commands(self) -> Commands:
        return Commands(Record(self.ledger, self.record.campaign), "tester", NOW)

    def run(self, **options: Any) -> Ending:
        """Run in a fresh process's shoes: the record is read again."""
        self.record = Record(self.ledger, self.record.campaign)
        options = {"wait_for_people": False, "decide": golden, **options}
        return run_campaign(self.record, self.setup, **options)

    def statuses(self) -> dict[str, str]:
        return {name: experiment.status for name, experiment in self.state.experiments.items()}

    def experiment(self, name: str) -> Experiment:
        return self.state.experiments[name]

    def kinds(self) -> list[str]:
        return [event.kind for event in self.ledger.events(self.record.campaign)]
