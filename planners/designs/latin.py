"""Latin hypercubes whose nearest two points lie far apart.

Each parameter is cut into as many strips as there are runs, each used once (McKay, Beckman and Conover 1979). Swaps of
two entries of a column lower the sum of inverse powers of distances (Morris and Mitchell 1995, J. Stat. Plan. Inference
43, 381, with p = 15).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]

_STARTS = 3
_SWAPS = 2000  # in all, at each start
_POWER = 15.0


@lru_cache(maxsize=16)
def latin_hypercube(n: int, k: int, seed: int) -> Array:
    """Return ``n x k`` coordinates in (0, 1), at the middles of their strips; kept, as every decision asks again."""
    rng = np.random.default_rng(seed)
    best, least = np.empty((0, k)), np.inf
    for _ in range(_STARTS):
        places = np.column_stack([rng.permutation(n) for _ in range(k)]).astype(float)
        crowding = _crowding(places)
        for _ in range(_SWAPS // max(1, n // 20)):
            column, (one, two) = int(rng.integers(k)), rng.choice(n, 2, replace=False)
            places[[one, two], column] = places[[two, one], column]
            now = _crowding(places)
            if now <= crowding:
                crowding = now
            else:
                places[[one, two], column] = places[[two, one], column]
        if crowding < least:
            best, least = places.copy(), crowding
    found = np.asarray((best + 0.5) / n)
    found.flags.writeable = False
    return found


def _crowding(places: Array) -> float:
    squares = ((places[:, None, :] - places[None, :, :]) ** 2).sum(axis=2)
    upper = squares[np.triu_indices(len(places), 1)]
    nearest = float(upper.min())
    # powers of the ratio to the nearest: no overflow, whatever the distances
    return float(np.log(((nearest / upper) ** (_POWER / 2)).sum()) - _POWER / 2 * np.log(nearest))
