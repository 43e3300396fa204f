"""A laboratory for measurements: k effects and w waits to an experiment, each as cheap as can be."""

from __future__ import annotations

from collections.abc import Sequence

from common import BareExecutor

from zosimos.campaign.lab import Probe, Steps, Task
from zosimos.campaign.record.experiment import Step
from zosimos.core.records import Measurement


class StepsExecutor(BareExecutor):
    """Announces ``effects`` effects; ``waits`` waits of ``wait_s`` are spread among them."""

    def __init__(self, effects: int, waits: int, wait_s: float) -> None:
        self._effects, self._wait_s = effects, wait_s
        self._waits_after = [round((i + 1) * effects / waits) - 1 for i in range(waits)]

    async def run(self, task: Task, steps: Steps) -> Sequence[Measurement]:
        async def act(effect: str) -> str:
            return effect

        for index in range(self._effects):
            await steps.effect("dispense", act, params={"channel": index, "volume_mL": 0.25})
            for _ in range(self._waits_after.count(index)):
                await steps.wait(self._wait_s)
        x = float(task.values["x"])
        return [Measurement("y", x * (1.0 - x), 0.01, origin="simulated")]

    async def probe(self, task: Task, step: Step) -> Probe:
        return Probe("unknown")
