"""Absorbance: how much light a liquid takes away in one channel of a sensor, compared with a blank.

``A = -log10(I / I0)``, the decadic absorbance of IUPAC's Gold Book (doi:10.1351/goldbook.A00028). Light that goes
around the liquid makes it too small: with a share s of stray light no more than ``-log10(s)`` can be seen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from zosimos.analysis.methods import Method
from zosimos.core.errors import ExecutionError

_LN10 = math.log(10.0)


def absorbance(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the absorbance of a liquid in one channel.

    Args:
        inputs: ``reading`` of the liquid and ``blank`` of the pure solvent in the same light, each with ``counts``, the
            standard error ``spread`` of each channel's mean, and ``full_scale``; ``channel``: the channel's name.

    Returns:
        ``absorbance`` with its standard uncertainty, that of the counts.

    Raises:
        ExecutionError: there is no such channel, it is dark, or it is saturated, so that the absorbance is not known.

    >>> def reading(counts): return {"counts": {"F4": counts}, "spread": {"F4": 1.0}, "full_scale": 36000}
    >>> found = absorbance({"reading": reading(1000.0), "blank": reading(10000.0), "channel": "F4"})
    >>> found["absorbance"]["value"]
    1.0
    """
    channel = inputs["channel"]
    light, spread = _channel(inputs["reading"], channel, "reading")
    full, spread_of_full = _channel(inputs["blank"], channel, "blank")
    return {
        "absorbance": {
            "value": -math.log10(light / full),
            "uncertainty": math.hypot(spread / light, spread_of_full / full) / _LN10,
        }
    }


def _channel(reading: Mapping[str, Any], channel: Any, what: str) -> tuple[float, float]:
    """Return the counts of a channel and their standard error."""
    known = reading["counts"]
    if channel not in known:
        raise ExecutionError(
            f"the sensor has no channel {channel!r}", field="channel", value=channel, allowed=", ".join(known)
        )
    counts = float(known[channel])
    if counts >= reading["full_scale"]:
        raise ExecutionError(
            f"the {what} is saturated in {channel}",
            field=what,
            value=counts,
            allowed=f"below {reading['full_scale']} counts",
            hint="less light, a lower gain or a shorter integration",
        )
    if counts <= 0:
        raise ExecutionError(
            f"the {what} is dark in {channel}",
            field=what,
            value=counts,
            allowed="above 0 counts",
            hint="is the lamp on? or a channel in which the liquid absorbs less",
        )
    return counts, float(reading["spread"][channel])


ABSORBANCE = Method(("reading", "blank", "channel"), ("absorbance",), absorbance, units={"absorbance": ""})
