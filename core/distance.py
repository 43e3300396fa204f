"""How far apart two rows are, as models see them: in shares of each parameter's range.

A range that is searched on a log scale is shared out on that scale; two choices are as far apart as can be.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from zosimos.core.parameter import Parameter
from zosimos.core.values import Values

AS_ASKED = 0.01
"""Of a range: an experiment that ran no farther from where it was asked to run was done as good as there."""


def apart(parameters: Mapping[str, Parameter], one: Values, other: Values) -> float:
    """Return the largest distance between two rows in any model column; names that are not in both count for nothing.

    >>> from zosimos.core.parameters import Continuous
    >>> round(apart({"x": Continuous("x", 0, 50)}, {"x": 10.0}, {"x": 12.0}), 3)
    0.04
    """
    widest = 0.0
    for name in one.keys() & other.keys() & parameters.keys():
        if one[name] != other[name]:
            kind = object if parameters[name].kind == "text" else float
            first, second = parameters[name].encoded(np.array([one[name], other[name]], dtype=kind))
            widest = max(widest, float(np.abs(first - second).max()))
    return widest
