"""A thousand random protocols on the colour lab's devices: whatever they do, no matter appears or vanishes."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from zosimos.campaign.definition import yaml
from zosimos.core.clock import Clock, run
from zosimos.core.errors import ExecutionError
from zosimos.core.validation import validated
from zosimos.instruments.world.world import World
from zosimos.labs.colour.options import FOLDER
from zosimos.labs.colour.rig import make_rig
from zosimos.workcell.deck import Deck
from zosimos.workcell.execution.interpreter import carry_out
from zosimos.workcell.execution.recorder import Unrecorded
from zosimos.workcell.execution.scheduling import Holds
from zosimos.workcell.execution.station_run import StationRun
from zosimos.workcell.labfile import LabFile
from zosimos.workcell.protocol.model import ProtocolStep

PLACES = ["water", "red", "yellow", "blue", "waste", "fill", "drain"]


def any_step(chance: random.Random) -> dict[str, Any]:
    kind = chance.choice(["dispense"] * 6 + ["rinse", "wait", "weigh", "tare", "read"])
    volume = chance.choice([0, 0.0002, 0.3, 1.0, 1.7, 6.0, round(chance.uniform(0, 3), 4)])
    if kind == "dispense":
        return {"dispense": {"from": chance.choice(PLACES), "to": chance.choice(PLACES), "volume": volume}}
    if kind == "rinse":
        ends = {"from": "water", "to": "fill", "drain": "drain", "waste": "waste"}
        return {"rinse": {**ends, "volume": round(volume / 2, 4), "times": chance.randint(1, 2)}}
    return {
        "wait": {"wait": chance.uniform(0, 100)},
        "weigh": {"weigh": {"as": "mass"}},
        "tare": {"tare": "balance"},
        "read": {"read": {"as": "channels"}},
    }[kind]


def mass(world: World) -> float:
    return sum(world.mass_g(name) for name in world.vessels)


@pytest.mark.slow
def test_mass_is_balanced_over_a_thousand_fuzzed_protocols() -> None:
    path = FOLDER / "lab.yaml"
    lab = validated(LabFile, yaml.parse(yaml.read_text(path)))
    seen = {"done": 0, "refused": 0}

    async def fuzz(clock: Clock) -> None:
        for number in range(1000):
            chance = random.Random(number)
            small = {name: chance.choice([0.5, 2.0, 50.0]) for name in ("water", "red", "yellow", "blue")}
            rig = make_rig(number, asyncio.get_running_loop().time, small, chance.choice([1.0, 100.0]))
            deck = Deck(lab, clock, rig)
            before, weight = rig.world.totals(), mass(rig.world)
            await deck.instruments["pump"].home()  # type: ignore[attr-defined]  # the lab file's pump is one
            at = StationRun(deck, Holds(clock, lambda _: "", {}), Unrecorded(), "fuzz", "cell-1", {})
            for data in [any_step(chance) for _ in range(chance.randint(1, 8))]:
                try:
                    await carry_out([validated(ProtocolStep, data)], at)
                    seen["done"] += 1
                except ExecutionError:
                    seen["refused"] += 1
            rig.settle()
            assert rig.world.totals() == before
            assert mass(rig.world) == pytest.approx(weight, rel=1e-9)
            assert all(amount >= 0 for one in rig.world.vessels.values() for amount in one.contents.values())

    run(fuzz, "virtual")
    assert seen["done"] > 1500
    assert seen["refused"] > 500
