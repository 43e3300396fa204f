"""Strokes: a volume as a few even plunger strokes in whole steps."""

from __future__ import annotations

import math

from zosimos.instruments.capabilities.dispenses import ASPIRATE, DELIVER

STROKES = frozenset({ASPIRATE, DELIVER})
"""The verbs that move a plunger by a volume."""


def strokes(volume_ml: float, syringe_ml: float, resolution_ml: float) -> list[float]:
    """Return the volumes of the strokes that move a volume, each a whole number of plunger steps.

    Args:
        volume_ml: the volume; it is rounded to the nearest step, less than half a step is nothing.
        syringe_ml: what one stroke can move at most.
        resolution_ml: the volume of a step.

    >>> strokes(1.5, 1.0, 0.001)
    [0.75, 0.75]
    """
    steps = round(volume_ml / resolution_ml)
    if steps <= 0:
        return []
    most = math.floor(syringe_ml / resolution_ml + 1e-9)
    count = math.ceil(steps / most)
    base, more = divmod(steps, count)
    return [round((base + (1 if index < more else 0)) * resolution_ml, 9) for index in range(count)]
