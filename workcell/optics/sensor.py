"""A colour sensor as the steps so far want it: its lamp, what is turned into its light, and readings with it."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass, field
from typing import Annotated, Any

from zosimos.instruments.capabilities.measures_spectrum import LIGHT, MEASURES_SPECTRUM, TURRET, MeasuresSpectrum
from zosimos.workcell.execution.station_run import StationRun
from zosimos.workcell.protocol.fields import Needs
from zosimos.workcell.words import Word

CAPABILITY = MEASURES_SPECTRUM.name
SensorRole = Annotated[Word, Needs(CAPABILITY)]

_DIGIT = 1.0 / math.sqrt(12.0)  # standard deviation of rounding to whole counts


@dataclass
class Settings:
    """What the steps so far set, by role: each lamp's current in mA, and what is in each sensor's light."""

    lamps: dict[str, float] = field(default_factory=dict)
    slots: dict[str, int] = field(default_factory=dict)


async def light(at: StationRun, role: str, current_ma: float, *, repeat: bool) -> None:
    """Set a lamp's current."""
    sensor: MeasuresSpectrum = at.device(role, CAPABILITY)
    await at.effect(role, LIGHT, lambda: sensor.set_light(current_ma), amount=current_ma, repeat=repeat)
    at.memory(Settings).lamps[role] = current_ma


async def turn(at: StationRun, role: str, slot: int, *, repeat: bool = True) -> None:
    """Turn something into a sensor's light."""
    sensor: MeasuresSpectrum = at.device(role, CAPABILITY)
    await at.effect(role, TURRET, lambda: sensor.set_turret(slot), channel=slot, repeat=repeat)
    at.memory(Settings).slots[role] = slot


async def mean_spectrum(at: StationRun, role: str, times: int) -> dict[str, Any]:
    """Return the mean of several readings and its standard error; a channel that was ever at full scale stays there.

    Lamp and turret are first set as the steps so far want them: a step on record is not done again on resume.
    """
    sensor: MeasuresSpectrum = at.device(role, CAPABILITY)
    wanted = at.memory(Settings)
    lamp, slot = wanted.lamps.get(role), wanted.slots.get(role)
    if lamp is not None and sensor.light_ma != lamp:
        await sensor.set_light(lamp)
    if slot is not None and sensor.slot != slot:
        await sensor.set_turret(slot)
    readings = [await sensor.spectrum() for _ in range(times)]
    full = readings[0].full_scale
    counts: dict[str, float] = {}
    spread: dict[str, float] = {}
    for name in readings[0].counts:
        values = [reading.counts[name] for reading in readings]
        counts[name] = float(full) if max(values) >= full else statistics.fmean(values)
        noise = statistics.stdev(values) if times > 1 else 0.0
        spread[name] = math.hypot(noise, _DIGIT) / math.sqrt(times)
    return {**readings[0].as_json(), "counts": counts, "spread": spread, "times": times}
