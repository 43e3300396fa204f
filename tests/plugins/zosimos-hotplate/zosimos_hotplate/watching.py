"""Watching a plate: its temperature, each reading on record, and what the readings come to.

A reading says when it was made, so that an experiment that is entered again after a crash goes on where it was: what
passed meanwhile counts. It also says what the heater is set to, because somebody may have switched it off.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import zosimos as zo
from zosimos_hotplate.heats import HEATS, Heater, Heats

_DIGITS = 2


@dataclass(frozen=True)
class Seen:
    """A reading: when, in seconds of the laboratory's time; the temperature in degC; what the heater is set to."""

    at_s: float
    celsius: float
    heater: Heater


async def look(at: zo.StationRun, role: str) -> Seen:
    """Read a plate, once for the record."""
    plate: Heats = at.device(role, HEATS.name)

    async def reading() -> dict[str, object]:
        celsius, heater = await plate.temperature(), await plate.heater()
        return {"at_s": round(at.seconds(), _DIGITS), "celsius": celsius, "heater": asdict(heater)}

    found = await at.read("temperature", reading, role=role)
    return Seen(found["at_s"], found["celsius"], Heater(**found["heater"]))


def series(seen: Sequence[Seen], uncertainty_k: float) -> dict[str, Any]:
    """Return readings as a value for later steps: seconds since the first, degC, and the probe's uncertainty.

    >>> on = Heater(60.0, 10.0, True)
    >>> series([Seen(100.0, 22.0, on), Seen(110.0, 23.5, on)], 0.2)
    {'s': [0.0, 10.0], 'celsius': [22.0, 23.5], 'uncertainty_k': 0.2}
    """
    return {
        "s": [round(one.at_s - seen[0].at_s, _DIGITS) for one in seen],
        "celsius": [one.celsius for one in seen],
        "uncertainty_k": uncertainty_k,
    }


def mean_of(seen: Sequence[Seen], uncertainty_k: float) -> tuple[float, float]:
    """Return the mean temperature over some readings, and its standard uncertainty.

    The readings scatter, and the probe is off by an amount that is the same in all of them (JCGM 100:2008, 5.1.2).

    >>> on = Heater(60.0, 10.0, True)
    >>> mean, uncertainty = mean_of([Seen(0.0, 59.9, on), Seen(9.0, 60.1, on)], 0.2)
    >>> mean, round(uncertainty, 4)
    (60.0, 0.2236)
    """
    values = [one.celsius for one in seen]
    scatter = statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else 0.0
    return statistics.fmean(values), math.hypot(scatter, uncertainty_k)
