"""The lab of a run: two devices whose every act is a line in a journal outside the process.

A device is busy for ``BUSY_S`` with an effect, whatever becomes of the process that asked for it, and is asked for one
effect at a time. It remembers which effects it began, so that it can be asked about one later. As real drivers do, it
asks for leave just before a command is sent, where the campaign gives leave.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from common import BareExecutor, BenchLab

from faulty.journal import Journal, read
from zosimos.campaign.lab import Executor, Past, Probe, Steps, Task
from zosimos.campaign.record.experiment import Step
from zosimos.core.clock import Clock
from zosimos.core.objective import Objective
from zosimos.core.records import Measurement
from zosimos.core.space import SearchSpace

EFFECTS = (
    ("aspirate", "pump", False),
    ("dispense", "pump", False),
    ("stir", "stirrer", True),
    ("drain", "pump", False),
)
BUSY_S = 0.02
WAIT_S = 0.005
_sessions = itertools.count(1)


class JournalExecutor(BareExecutor):
    """Performs effects by writing them to a journal.

    Args:
        path: the journal.
        may_send: asked for leave before a command is sent.
        sabotage: what it does wrong on purpose, if anything: see :mod:`faulty.sabotage`.
    """

    def __init__(self, path: Path, may_send: Callable[[bool], None], sabotage: str) -> None:
        self._path = path
        self._may_send = may_send
        self._sabotage = sabotage
        self._journal = Journal(path, f"{os.getpid()}-{time.monotonic_ns()}-{next(_sessions)}")
        self._devices = {device: asyncio.Lock() for device in ("pump", "stirrer")}

    async def prepare(self) -> Mapping[str, Any]:
        """Wait until no device is busy any more."""
        begun = [line.t for line in read(self._path) if line.what == "begin"]
        await asyncio.sleep(max(0.0, begun[-1] + BUSY_S - time.monotonic()) if begun else 0.0)
        self._may_send(False)
        self._journal.write("prepared")
        return {}

    async def run(self, task: Task, steps: Steps) -> Sequence[Measurement]:
        """Do the experiment: four effects and two waits."""
        for index, (name, device, repeatable) in enumerate(EFFECTS):

            async def act(effect: str, device: str = device) -> dict[str, str]:
                async with self._devices[device]:
                    self._may_send(False)
                    if self._sabotage != "idle" or not effect.endswith("/1/1"):
                        self._journal.write("begin", effect, device)
                    await asyncio.sleep(BUSY_S)
                    self._journal.write("end", effect, device)
                return {"effect": effect}

            await steps.effect(name, act, params={"volume_mL": 0.25}, repeatable=repeatable)
            if self._sabotage == "unannounced" and index == 0:
                await act(f"{task.experiment}/99/1")
            if index % 2:
                await steps.wait(WAIT_S)
        return [Measurement("y", float(task.values["x"]), origin="simulated")]

    async def probe(self, task: Task, step: Step) -> Probe:
        """Say whether a device began an effect."""
        effect = f"{task.experiment}/{step.index}/{step.attempt}"
        begun = any(line.effect == effect and line.what == "begin" for line in read(self._path))
        return Probe("done", {"effect": effect}) if begun and self._sabotage != "forgetful" else Probe("undone")

    async def safe_state(self) -> None:
        """Stop every device."""
        self._journal.write("safe")

    async def close(self) -> None:
        """Let go of the journal."""
        self._journal.close()


class JournalLab(BenchLab):
    """A laboratory around a journal.

    Args:
        path: the journal.
        sabotage: what its executors do wrong on purpose.
    """

    def __init__(self, path: Path, sabotage: str = "") -> None:
        super().__init__(lambda _: BareExecutor(), "wall")
        self._path = path
        self._sabotage = sabotage

    def executor(self, objectives: Sequence[Objective], space: SearchSpace, clock: Clock, past: Past) -> Executor:
        """Return what runs experiments."""
        return JournalExecutor(self._path, past.may_send, self._sabotage)
