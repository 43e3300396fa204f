"""Scenes: campaigns that really ran, and what there is to say of each, by role."""

from __future__ import annotations

import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from zosimos.agent.tools import Toolbox
from zosimos.campaign.control.commands import Commands, create
from zosimos.campaign.control.comparing import Result
from zosimos.campaign.decisions.decide import Inputs
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.execution.session import reopened, run_campaign
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.record import Record
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup, assemble
from zosimos.core.records import Candidate, Measurement
from zosimos.labs.colour.options import campaign

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
EXPERIMENTS = 11  # that the colour lab runs
COUPLING = {
    "name": "Coupling",
    "seed": 1,
    "space": {
        "temperature": {"min": 40, "max": 110, "unit": "degC"},
        "time": {"min": 0.5, "max": 8, "unit": "h"},
        "base": {"choices": ["K2CO3", "Cs2CO3", "Et3N"]},
    },
    "objectives": {"yield": {"goal": "max", "unit": "%"}},
    "batch": 2,
    "approval": "suggest",
    "budget": {"experiments": 24},
}
BY_HAND = (
    (52.5, 1.25, "K2CO3", 31.2),
    (74.0, 2.5, "Cs2CO3", 58.9),
    (88.5, 4.75, "Et3N", 47.3),
    (95.0, 3.0, "Cs2CO3", 82.6),
    (67.0, 6.5, "K2CO3", 40.8),
    (103.5, 1.75, "Cs2CO3", 71.4),
    (81.0, 5.25, "Et3N", 63.7),
    (99.5, 7.5, "K2CO3", 22.1),
)
"""Temperature, time, base and yield of a coupling, as somebody might have written them down."""


@dataclass(frozen=True)
class Scene:
    """A campaign as it stands, the objective and numeric parameters of interest, and another unit for each of these."""

    record: Record
    setup: Setup
    outcome: str
    spellings: Sequence[str]
    parameters: Sequence[str]
    others: Mapping[str, tuple[str, float]]

    @property
    def state(self) -> State:
        """What is on record."""
        return self.record.state

    @property
    def unit(self) -> str:
        """The objective's unit."""
        return self.state.spec.objectives[self.outcome].unit

    def ranked(self) -> list[str]:
        """Return the measured experiments, the best first."""
        found = {e.id: e.measurements[self.outcome].value for e in self.state.experiments.values() if e.measurements}
        sign = 1.0 if self.state.spec.objectives[self.outcome].goal == "min" else -1.0
        return sorted(found, key=lambda name: sign * found[name])

    def mean(self) -> float:
        """Return the mean of all measured outcomes."""
        return statistics.fmean(self.outcome_of(name) for name in self.ranked())

    def outcome_of(self, experiment: str) -> float:
        """Return what an experiment gave."""
        return self.state.experiments[experiment].measurements[self.outcome].value

    def toolbox(self) -> Toolbox:
        """Return the tools of a turn."""
        return Toolbox(self.record, self.setup, Commands(self.record, "somebody through a model", NOW), _golden)


def scenes(folder: Path) -> list[Scene]:
    """Run a campaign on the simulated colour lab, keep one by hand, and return both."""
    return [_colour(folder), _coupling(folder)]


def _colour(folder: Path) -> Scene:
    setup = assemble(parse_spec({**campaign(), "budget": {"experiments": EXPERIMENTS}}), {})
    ledger = Ledger(str(folder / "colour.db"))
    record = create(ledger, setup, author="somebody", now=NOW, entropy=random.Random(0))
    run_campaign(record, reopened(record), wait_for_people=False, decide=_golden)
    Commands(record, "somebody", NOW).steer(setup, {"budget.experiments": 30}, "more to learn")
    Commands(record, "somebody", NOW).go_on()
    micro = dict.fromkeys(("red", "yellow", "blue"), ("uL", 1000.0))
    return Scene(record, setup, "delta_e", ("delta_e", "delta E", "ΔE"), ("red", "yellow", "blue"), micro)


def _coupling(folder: Path) -> Scene:
    setup = assemble(parse_spec(COUPLING), {})
    ledger = Ledger(str(folder / "coupling.db"))
    record = create(ledger, setup, author="somebody", now=NOW, entropy=random.Random(1))
    commands = Commands(record, "somebody", NOW)
    rows = [{"temperature": t, "time": h, "base": base} for t, h, base, _ in BY_HAND]
    found = [
        Result(None, values, [Measurement("yield", row[3], 0.9, unit="%")])
        for values, row in zip(rows, BY_HAND, strict=True)
    ]
    commands.tell(
        setup, [*found, Result(None, {"temperature": 60.0, "time": 2.0, "base": "Et3N"}, [], "it boiled over")]
    )
    commands.steer(setup, {"space.temperature.max": 106}, "the solvent boils")
    return Scene(record, setup, "yield", ("yield",), ("temperature", "time"), {"time": ("min", 60.0)})


def _golden(setup: Setup, inputs: Inputs) -> Sequence[Candidate]:
    """Answer at once with points of a golden-ratio sequence."""
    first = len(inputs.observations) + len(inputs.pending) + len(inputs.avoid)
    steps = {"red": 0.6180339887, "yellow": 0.7548776662, "blue": 0.8191725134}
    values: list[dict[str, Any]] = [
        {dye: 0.05 + 0.4 * (((first + i + 1) * step) % 1.0) for dye, step in steps.items()} for i in range(inputs.count)
    ]
    return [Candidate(item, "golden", "the next of a sequence") for item in values]
