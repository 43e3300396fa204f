"""Scrambled Sobol points, bit for bit those of SciPy, without what it takes to import ``scipy.stats``.

That takes half a second, a third of a first ``zosimos ask``, and nothing else of it is needed there. Points of
campaigns on record must never change, so they are made as ``scipy.stats.qmc.Sobol`` makes them: a linear scramble of
the direction numbers and a digital shift (Matousek 1998, J. Complexity 14, 527), points in the order of the Gray code
(Antonov and Saleev 1979), 30 bits. Direction numbers: Joe and Kuo 2008, SIAM J. Sci. Comput. 30, 2635
(``new-joe-kuo-6``); of more coordinates than stand here SciPy has them.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Draw = Callable[[int], Array]

MOST = 21_201
"""Coordinates of which direction numbers are known."""

_BITS = 30  # of a coordinate, as SciPy
_JOE_KUO = """
3:1 7:1,3 11:1,3,1 13:1,1,1 19:1,1,3,3 25:1,3,5,13 37:1,1,5,5,17 41:1,1,5,5,5 47:1,1,7,11,19 55:1,1,5,1,1
59:1,1,1,3,11 61:1,3,5,5,31 67:1,3,3,9,7,49 91:1,1,1,15,21,21 97:1,3,1,13,27,49 103:1,1,1,15,7,5 109:1,3,1,15,13,25
115:1,1,5,5,19,61 131:1,3,7,11,23,15,103 137:1,3,7,13,13,15,69 143:1,1,3,13,7,35,63 145:1,3,5,9,1,25,53
157:1,3,1,13,9,35,107 167:1,3,1,5,27,61,31 171:1,1,5,11,19,41,61 185:1,3,5,3,3,13,69 191:1,1,7,13,1,19,1
193:1,3,7,5,13,19,59 203:1,1,3,9,25,29,41 211:1,3,5,13,23,1,55 213:1,3,7,3,13,59,17 229:1,3,1,3,5,53,69
239:1,1,5,5,23,33,13 241:1,1,7,7,1,61,123 247:1,1,7,9,13,61,49 253:1,3,3,5,3,55,33 285:1,3,1,15,31,13,49,245
299:1,3,5,15,31,59,63,97 301:1,3,1,11,11,11,77,249 333:1,3,1,11,27,43,71,9 351:1,1,7,15,21,11,81,45
355:1,3,7,3,25,31,65,79 357:1,3,1,1,19,11,3,205 361:1,1,5,9,19,21,29,157 369:1,3,7,11,1,33,89,185
391:1,3,3,3,15,9,79,71 397:1,3,7,11,15,39,119,27 425:1,1,3,1,11,31,97,225 451:1,1,1,3,23,43,57,177
463:1,3,7,7,17,17,37,71 487:1,3,1,5,27,63,123,213 501:1,1,3,5,11,43,53,133 529:1,3,5,5,29,17,47,173,479
539:1,3,3,11,3,1,109,9,69 545:1,1,1,5,17,39,23,5,343 557:1,3,1,5,25,15,31,103,499 563:1,1,1,11,11,17,63,105,183
601:1,1,5,11,9,29,97,231,363 607:1,1,5,15,19,45,41,7,383 617:1,3,7,7,31,19,83,137,221 623:1,1,1,3,23,15,111,223,83
631:1,1,5,13,31,15,55,25,161 637:1,1,3,13,25,47,39,87,257
"""  # primitive polynomial (its bits) and first direction numbers of each coordinate from the second on


def scrambled(width: int, seed: int, *, child: bool = True) -> Draw:
    """Return a source of scrambled Sobol points in ``[0, 1)^width``, ``n x width`` a call, one call after another.

    Args:
        width: coordinates, at most :data:`MOST`.
        seed: of the scramble.
        child: whether chance is the first child of the seed's generator, as where SciPy is given one, or that itself.

    >>> scrambled(2, 7)(4).round(3).tolist()
    [[0.65, 0.917], [0.153, 0.499], [0.307, 0.562], [0.81, 0.104]]
    """
    directions = _directions()
    rng = np.random.default_rng(seed)
    if width > len(directions):
        return _of_scipy(width, rng if child else seed)
    return _Sequence(directions[:width], rng.spawn(1)[0] if child else rng).draw


class _Sequence:
    """A scrambled sequence, and how far it was drawn."""

    def __init__(self, directions: NDArray[np.uint32], rng: np.random.Generator) -> None:
        width = len(directions)
        powers = np.uint32(2) ** np.arange(_BITS, dtype=np.uint32)
        self._point = rng.integers(2, size=(width, _BITS), dtype=np.uint32) @ powers
        lower = np.tril(rng.integers(2, size=(width, _BITS, _BITS), dtype=np.uint32))
        lower[:, np.arange(_BITS), np.arange(_BITS)] = 1
        high_first = powers[::-1]
        bits = directions[:, None, :] // high_first[:, None] % np.uint32(2)  # width x bit x direction
        self._directions = np.einsum("dpj,p->dj", lower @ bits % np.uint32(2), high_first)
        self._drawn = 0

    def draw(self, n: int) -> Array:
        """Return the next ``n`` points."""
        places = np.arange(self._drawn, self._drawn + n, dtype=np.int64)
        flipped = np.where(places > 0, _trailing_zeros(places), _BITS)  # the first point is the shift itself
        steps = np.concatenate([self._directions, np.zeros((len(self._point), 1), np.uint32)], axis=1)[:, flipped]
        points = np.bitwise_xor.accumulate(np.concatenate([self._point[:, None], steps], axis=1), axis=1)
        self._drawn += n
        self._point = points[:, -1]
        return np.ascontiguousarray(points[:, 1:].T / 2.0**_BITS)


def _trailing_zeros(places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many of the lowest bits are 0: what the Gray code flips on the way to each place above 0."""
    return np.asarray(np.log2(np.maximum(places & -places, 1)), dtype=np.int64)


@cache
def _directions() -> NDArray[np.uint32]:
    """Return the direction numbers of all coordinates that stand here, ``coordinates x bits``, not scrambled."""
    found = [[1] * _BITS]
    for entry in _JOE_KUO.split():
        polynomial, _, first = entry.partition(":")
        numbers, bits = [int(number) for number in first.split(",")], int(polynomial)
        degree = len(numbers)
        for place in range(degree, _BITS):
            number = numbers[place - degree]
            for back in range(1, degree + 1):
                if bits >> (degree - back) & 1:
                    number ^= numbers[place - back] << back
            numbers.append(number)
        found.append(numbers)
    return np.array(found, dtype=np.uint32) << np.arange(_BITS - 1, -1, -1, dtype=np.uint32)


def _of_scipy(width: int, chance: np.random.Generator | int) -> Draw:
    """Return SciPy's own source of the same."""
    from scipy.stats import qmc  # half a second to import: only for many coordinates

    engine = qmc.Sobol(width, scramble=True, seed=chance)

    def draw(n: int) -> Array:
        with warnings.catch_warnings():  # a block of any size is meant: balance holds over the whole sequence
            warnings.filterwarnings("ignore", message="The balance properties", category=UserWarning)
            return np.asarray(engine.random(n), dtype=float)

    return draw
