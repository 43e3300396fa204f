"""Designs for curved responses: central composite and Box-Behnken.

Box and Wilson 1951, J. R. Stat. Soc. B 13, 1; Box and Behnken 1960, Technometrics 2, 455.
"""

from __future__ import annotations

import itertools
import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from zosimos.core.errors import SpecError
from zosimos.planners.designs.factorial import fraction, two_levels

Array: TypeAlias = NDArray[np.float64]

CENTRES = {2: 5, 3: 6, 4: 7, 5: 6, 6: 9, 7: 14, 8: 20}
"""Centre points with which a rotatable design predicts about as well all over its inside (Box and Hunter 1957, Ann.
Math. Stat. 28, 195); from five factors on with half of the cube. Eight have a quarter of it, and 20 centre points make
their squares uncorrelated besides (13 would do for even prediction)."""
_BOX_BEHNKEN = {
    6: ["ABD", "BCE", "CDF", "ADE", "BEF", "ACF"],
    7: ["DEF", "AFG", "BEG", "ABD", "CDG", "ACE", "BCF"],
}
_BOX_BEHNKEN_CENTRES = {3: 3, 4: 3, 5: 6, 6: 6, 7: 6}


def central_composite(k: int, alpha: float | str, centre: int) -> tuple[Array, Array, float]:
    """Return the cube and the axial points, coded so that the cube is at -1 and +1, and how far out the axes go.

    Raises:
        SpecError: there are fewer than two factors, or too many.
    """
    if k not in CENTRES:
        raise _of_factors("central-composite", k, "2 to 8")
    cube = two_levels(k) if k < 5 else fraction(k, resolution=5).coded
    corners, total = len(cube), len(cube) + 2 * k + centre
    if alpha == "rotatable":
        out = corners**0.25
    elif alpha == "orthogonal":  # squares apart from each other and from the mean: Myers and Montgomery, 7.4
        out = math.sqrt((math.sqrt(corners * total) - corners) / 2)
    else:
        out = float(alpha)
    axes = np.vstack([[-out * row, out * row] for row in np.eye(k)])
    return cube, axes, out


def box_behnken(k: int) -> Array:
    """Return the points on the edges, without the centre.

    Raises:
        SpecError: it is not known for so many factors.
    """
    if k not in _BOX_BEHNKEN_CENTRES:
        raise _of_factors("box-behnken", k, "3 to 7")
    if k in _BOX_BEHNKEN:
        groups = [tuple("ABCDEFG".index(letter) for letter in word) for word in _BOX_BEHNKEN[k]]
    else:
        groups = list(itertools.combinations(range(k), 2))
    blocks = []
    for group in groups:
        block = np.zeros((2 ** len(group), k))
        block[:, list(group)] = two_levels(len(group))
        blocks.append(block)
    return np.vstack(blocks)


def box_behnken_centre(k: int) -> int:
    """Return how many centre points are usual."""
    return _BOX_BEHNKEN_CENTRES.get(k, 0)


def _of_factors(design: str, k: int, allowed: str) -> SpecError:
    return SpecError(
        f"a {design} design is not made of {k} parameter{'s' if k != 1 else ''}",
        field="design",
        value=design,
        allowed=f"{allowed} parameters with numbers",
        hint="a d-optimal design takes any number of parameters",
    )
