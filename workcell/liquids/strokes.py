"""Strokes: a volume as a few even plunger strokes in whole steps."""

from __future__ import annotations

import math

from zosimos.core.errors import ExecutionError
from zosimos.instruments.capabilities.dispenses import ASPIRATE, DELIVER

_MOST_STROKES = 10_000
STROKES = frozenset({ASPIRATE, DELIVER})
"""The verbs that move a plunger by a volume."""


def strokes(volume_ml: float, syringe_ml: float, resolution_ml: float) -> list[float]:
    """Return the volumes of the strokes that move a volume, each a whole number of plunger steps.

    Args:
        volume_ml: the volume; it is rounded to the nearest step, less than half a step is nothing.
        syringe_ml: what one stroke can move at most.
        resolution_ml: the volume of a step.

    Raises:
        ExecutionError: a step is more than one stroke may move, or it takes too many strokes.

    >>> strokes(1.5, 1.0, 0.001)
    [0.75, 0.75]
    """
    steps = round(volume_ml / resolution_ml)
    if steps <= 0:
        return []
    most = math.floor(syringe_ml / resolution_ml + 1e-9)
    if most < 1:
        raise ExecutionError(
            "the pump cannot move a single step",
            field="limits",
            value=f"{syringe_ml:g} mL",
            allowed=f"strokes of {resolution_ml:.4g} mL or more",
            hint="raise max of aspirate and deliver in the lab file",
        )
    if steps > most * _MOST_STROKES:
        raise ExecutionError(
            f"{volume_ml:g} mL would take more than {_MOST_STROKES} strokes",
            field="volume",
            value=f"{volume_ml:g} mL",
            allowed=f"up to {most * _MOST_STROKES * resolution_ml:g} mL",
            hint="use a smaller volume or a larger syringe",
        )
    count = math.ceil(steps / most)
    base, more = divmod(steps, count)
    return [round((base + (1 if index < more else 0)) * resolution_ml, 9) for index in range(count)]
