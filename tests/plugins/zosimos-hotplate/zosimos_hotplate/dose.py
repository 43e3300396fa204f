"""Heat dose: what a varying temperature does, in minutes at 60 degC.

``F = integral 10^((T - 60 degC) / z) dt``, the equivalent time of a thermal process (Bigelow, J. Infect. Dis. 29 (1921)
528), with z = 10 K, the value that is used where nothing better is known (from general knowledge). It is given to the
place of its uncertainty's second digit (JCGM 100:2008, 7.2.6): what stands behind it says nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import zosimos as zo

REFERENCE_C, Z_K = 60.0, 10.0

_S_PER_MIN = 60.0


def heat_dose(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the dose of a heating and the cooling after it.

    Args:
        inputs: ``heating`` and ``cooling``: readings, with ``s``, ``celsius`` and ``uncertainty_k``, the standard
            uncertainty of the probe, which is off by the same in all of them.

    Returns:
        ``dose`` in minutes at 60 degC, with its standard uncertainty.

    Raises:
        ExecutionError: there are not two readings, or they are not in the order of time.

    >>> held = {"s": [0, 600], "celsius": [60.0, 60.0], "uncertainty_k": 0.2}
    >>> none = {"s": [], "celsius": [], "uncertainty_k": 0.2}
    >>> heat_dose({"heating": held, "cooling": none})
    {'dose': {'value': 10.0, 'uncertainty': 0.46}}
    """
    dose, uncertainty_k = 0.0, 0.0
    for name in ("heating", "cooling"):
        times, temperatures = inputs[name]["s"], inputs[name]["celsius"]
        if name == "heating" and len(times) < 2:
            raise zo.ExecutionError("a dose needs two readings at least", field=name, value=len(times))
        for (begin, before), (end, after) in pairwise(zip(times, temperatures, strict=True)):
            if end < begin:
                raise zo.ExecutionError("readings must be in the order of time", field=name, value=[begin, end])
            dose += (end - begin) / _S_PER_MIN * (_rate(before) + _rate(after)) / 2.0
        uncertainty_k = max(uncertainty_k, inputs[name]["uncertainty_k"])
    uncertainty = dose * math.log(10.0) / Z_K * uncertainty_k
    place = 1 - math.floor(math.log10(uncertainty)) if uncertainty > 0 else 0
    return {"dose": {"value": round(dose, place), "uncertainty": round(uncertainty, place)}}


def _rate(celsius: float) -> float:
    return float(10 ** ((celsius - REFERENCE_C) / Z_K))


HEAT_DOSE = zo.Method(("heating", "cooling"), ("dose",), heat_dose, units={"dose": "min"})
