"""The colour lab under test: short campaigns without a model, and something wrong with the lab."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from scripted_lab import NOW

from zosimos.campaign.control.commands import Commands, create
from zosimos.campaign.decisions.decide import Inputs
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.execution.loop import Ending
from zosimos.campaign.execution.session import reopened, run_campaign
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.record import Record
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup, assemble
from zosimos.core.errors import ConnectError
from zosimos.core.records import Candidate
from zosimos.instruments.rig import Rig
from zosimos.labs.colour.options import campaign
from zosimos.labs.workcell.recipe import RecipeLab

Fault = Callable[[Rig], None]
WHOLE = RecipeLab._rig


def golden(setup: Setup, inputs: Inputs) -> Sequence[Candidate]:
    """Answer at once with points of a golden-ratio sequence."""
    first = len(inputs.observations) + len(inputs.pending) + len(inputs.avoid)
    steps = {"red": 0.6180339887, "yellow": 0.7548776662, "blue": 0.8191725134}
    return [
        Candidate({dye: 0.05 + 0.4 * (((first + i + 1) * step) % 1.0) for dye, step in steps.items()}, "golden")
        for i in range(inputs.count)
    ]


class ColourCampaign:
    """A campaign on the colour lab, whose rig a test may spoil."""

    def __init__(
        self,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        fault: Fault = lambda rig: None,
        files: dict[str, bytes] | None = None,
        lab: dict[str, Any] | None = None,
        **spec: Any,
    ) -> None:
        self.rigs: list[Rig] = []

        def spoiled(lab: RecipeLab, seed: int, now: Callable[[], float]) -> Rig:
            rig = WHOLE(lab, seed, now)
            fault(rig)
            self.rigs.append(rig)
            return rig

        monkeypatch.setattr(RecipeLab, "_rig", spoiled)
        data = {**campaign(), "budget": {"experiments": 3}, **spec}
        data["lab"] = {**data["lab"], **(lab or {})}
        self.setup = assemble(parse_spec(data), files or {})
        self.ledger = Ledger(str(folder / "ledger.db"))
        self.folder = folder
        self.record = create(self.ledger, self.setup, author="tester", now=NOW, entropy=random.Random(0))

    def run(self, **options: Any) -> Ending:
        self.record = Record(self.ledger, self.record.campaign)
        options = {"wait_for_people": False, "decide": golden, **options}
        return run_campaign(self.record, reopened(self.record), **options)

    @property
    def state(self) -> State:
        return Record(self.ledger, self.record.campaign).state

    @property
    def commands(self) -> Commands:
        return Commands(Record(self.ledger, self.record.campaign), "tester", NOW)

    @property
    def rig(self) -> Rig:
        """The newest session's rig."""
        return self.rigs[-1]

    def statuses(self) -> list[str]:
        return [experiment.status for experiment in self.state.experiments.values()]

    def reasons(self) -> str:
        return "\n".join(experiment.reason for experiment in self.state.experiments.values())


def unplugged(device: str, after: int, times: float = float("inf")) -> Fault:
    """Pull a device's plug at its n-th request, and put it back after some tries."""

    def spoil(rig: Rig) -> None:
        write, counts = rig.write, {"writes": 0, "refused": 0}

        def cut(name: str, data: bytes) -> None:
            counts["writes"] += name == device
            if name == device and counts["writes"] > after and counts["refused"] < times:
                counts["refused"] += 1
                raise ConnectError(f"the port of {device} is gone", hint="check cable and power")
            write(name, data)

        rig.write = cut  # type: ignore[method-assign]

    return spoil
