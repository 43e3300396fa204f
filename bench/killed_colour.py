"""The colour lab for ``kill9.py``: served by a process of its own, which no kill reaches."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from killed import KilledBench

from zosimos.campaign.decisions.decide import Inputs
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup, assemble
from zosimos.core.records import Candidate
from zosimos.instruments.envelope.verbs import declared
from zosimos.instruments.serve import serve
from zosimos.labs.colour.options import campaign as colour_campaign
from zosimos.labs.colour.rig import make_rig
from zosimos.workcell.execution.history import drawn, effects

EXPERIMENTS = 3
TIME_SCALE = 500.0
_STEP_ML = 1.0 / 3000.0


def decide(setup: Setup, inputs: Inputs) -> Sequence[Candidate]:
    """Answer at once: points along a golden-ratio sequence, no model."""
    first = len(inputs.observations) + len(inputs.pending)
    steps = {"red": 0.6180339887, "yellow": 0.7548776662, "blue": 0.8191725134}
    return [
        Candidate({dye: 0.05 + 0.4 * (((first + i + 1) * step) % 1.0) for dye, step in steps.items()}, "mock")
        for i in range(inputs.count)
    ]


class ColourBench(KilledBench):
    """A campaign on a served colour lab; each campaign has a server and a world of its own.

    Args:
        folder: where the files are.
        first: a number of its own, if several benches serve at the same time: each has ports of its own.
    """

    decide = staticmethod(decide)

    def __init__(self, folder: Path, first: int = 0) -> None:
        super().__init__(folder)
        self._count = first
        self._server = 0
        self._address = ""
        self._journals: dict[str, Path] = {}

    def new(self, seed: int) -> str:
        self._count += 1
        self._journal = self.folder / f"journal-{self._count}"
        self._serve()
        name = super().new(seed)
        self._journals[name] = self._journal
        return name

    def over(self) -> None:
        if self._server:
            os.kill(self._server, signal.SIGTERM)
            os.waitpid(self._server, 0)
            self._server = 0

    def setup(self, campaign: str | None) -> Setup:
        data = {**colour_campaign(), "planner": {"kind": "sobol"}, "budget": {"experiments": EXPERIMENTS}}
        data["lab"] = {**data["lab"], "served": self._address, "time_scale": TIME_SCALE}
        return assemble(parse_spec(data), {})

    def compared(self, state: State) -> Counter[str]:
        """Compare strokes with the pump's own count, and what left each stock with the ledger's sum.

        A step that failed, or whose outcome nobody knows, may have moved as much as it was told, or less.
        """
        lines = [json.loads(line) for line in self._journals[state.id].read_text().splitlines()]
        strokes = max((line["state"]["counts"]["strokes"] for line in lines if line["device"] == "pump"), default=0)
        pushed = [
            step.status == "done"
            for experiment in state.experiments.values()
            for step in experiment.steps
            if "place" in step.params and step.how != "read" and step.status != "undone"
        ]
        total = Counter({"duplicated": max(0, strokes - len(pushed)), "lost": max(0, sum(pushed) - strokes)})
        took: Counter[str] = Counter()
        for line in lines:
            for moved in line["moved"]:
                if moved["to"] == "syringe":
                    took[moved["from"]] += moved["amounts"]["water"] / 1e12
        at_most, sure = drawn(state.experiments), Counter[str]()
        for step, effect in effects(state.experiments):
            if step.status == "done" and declared()[effect.verb].draws and "place" in step.params:
                sure[str(step.params["place"])] += effect.amount or 0.0  # type: ignore[assignment]  # mL are no counts
        for stock in ("water", "red", "yellow", "blue"):
            total["duplicated"] += took[stock] - at_most.get(stock, 0.0) > _STEP_ML
            total["lost"] += sure[stock] - took[stock] > _STEP_ML
        return total

    def _serve(self) -> None:
        """Fork a server, and wait until its ports are open."""
        port = 21_000 + 10 * (self._count % 3000)
        self._address = f"127.0.0.1:{port}"
        reading, writing = os.pipe()
        self._server = os.fork()
        if self._server:
            os.close(writing)
            with os.fdopen(reading) as ready:
                if not ready.readline():
                    raise SystemExit("the lab could not be served")
            return

        def say(_: Mapping[str, str]) -> None:
            os.write(writing, b"ready\n")
            os.close(writing)

        try:
            signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
            make = lambda now: make_rig(0, now)  # noqa: E731
            asyncio.run(serve(make, "127.0.0.1", port, time_scale=TIME_SCALE, journal=self._journal, ready=say))
        finally:
            os._exit(1)
