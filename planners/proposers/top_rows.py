"""The best rows of a list by acquisition value, without working all of them out where the list is long.

The mean of a row is cheap, its variance is not: it costs the square of the number of measurements. But the variance
left after some of the measurements is never below that left after all, and the expected improvement only grows with
it. So a bound from a quarter of the measurements (a sixteenth of the work) comes first, and only rows whose bound beats
what was found are worked out. The rows returned are those that working out all would give.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zosimos.core.pool import Pool
from zosimos.planners.models.belief import Belief

_WORTHWHILE = 1e10  # rows times measurements squared: below, everything is worked out
_SHARE = 4  # one in so many measurements goes into the bound
_BLOCK = 1024  # rows worked out at a time
_ROUNDING = 1e-6  # of logarithms: a bound may be this much too low


def top_rows(belief: Belief, rows: Pool, count: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the places of the ``count`` rows with the highest acquisition values, the best first, and the values."""
    measured = len(belief.learned.rows)
    if not belief.judgement.bounded or len(rows) * measured**2 < _WORTHWHILE:
        values = belief.acquisition(rows)
        best = np.argsort(-values, kind="stable")[:count]
        return best, values[best]
    bounds = belief.acquisition(rows, first=measured // _SHARE)
    order = np.argsort(-bounds, kind="stable")
    places, values = np.empty(0, dtype=np.int64), np.empty(0)
    for start in range(0, len(order), _BLOCK):
        if len(values) == count and values[-1] > bounds[order[start]] + _ROUNDING:
            break
        block = order[start : start + _BLOCK]
        places = np.concatenate([places, block])
        values = np.concatenate([values, belief.acquisition(rows.take(block))])
        best = np.lexsort((places, -values))[:count]
        places, values = places[best], values[best]
    return places, values
