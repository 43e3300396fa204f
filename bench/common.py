"""What the benchmarks share: the closing JSON line, a mocked planner, and a lab of one's own without a plugin."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from zosimos.campaign.decisions.decide import Inputs
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.lab import Executor, Lab, Past
from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.setup import Setup
from zosimos.core.clock import Clock, ClockKind
from zosimos.core.objective import Objective
from zosimos.core.records import Candidate
from zosimos.core.space import SearchSpace
from zosimos.core.table import Table


def report(bench: str, settings: Mapping[str, Any], figures: Mapping[str, Any]) -> None:
    """Print the figures as the last line: one JSON object."""
    machine = {"python": platform.python_version(), "machine": platform.machine()}
    print(json.dumps({"bench": bench, "settings": {**settings, **machine}, "figures": dict(figures)}))


def mocked_decide(setup: Setup, inputs: Inputs) -> Sequence[Candidate]:
    """Answer at once: points along a golden-ratio sequence, no model."""
    first = len(inputs.observations) + len(inputs.pending)
    return [Candidate({"x": ((first + i) * 0.6180339887498949) % 1.0}, "mock") for i in range(inputs.count)]


class BareExecutor:
    """What an executor without devices answers."""

    async def prepare(self) -> Mapping[str, Any]:
        return {}

    def exhausted(self) -> str:
        return ""

    async def safe_state(self) -> None:
        return None

    async def close(self) -> None:
        return None


class BenchLab:
    """A laboratory around an executor that a benchmark makes."""

    def __init__(self, make: Callable[[Clock], Executor], clock: ClockKind) -> None:
        self._make = make
        self._clock = clock

    @classmethod
    def files(cls, options: Mapping[str, Any]) -> Mapping[str, str]:
        return {}

    @property
    def clock(self) -> ClockKind:
        return self._clock

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
        return self._make(clock)


def bench_setup(lab: BenchLab, *, experiments: int, batch: int, parallel: int, clock: ClockKind) -> Setup:
    """Return a one-parameter campaign on a benchmark's laboratory."""
    data = {
        "name": "benchmark",
        "space": {"x": {"min": 0, "max": 1}},
        "objectives": {"y": {"goal": "max"}},
        "batch": batch,
        "parallel": parallel,
        "clock": clock,
        "budget": {"experiments": experiments},
    }
    return Setup(parse_spec(data), {}, lab, None)  # type: ignore[arg-type]  # a lab by shape
