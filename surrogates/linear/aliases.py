"""What cannot be told apart: terms of the model that others make up, and pairs and squares that hide in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zosimos.core.listing import and_more
from zosimos.surrogates.linear.least_squares import LeastSquares
from zosimos.surrogates.linear.terms import BLOCKS, CURVATURE, Factor, Matrix, matrix, terms_of

_FULLY, _PARTLY = 0.99, 0.1  # of a term that shows in another
_MOST = 1000  # terms beyond the model that are looked at


def left_out(fit: LeastSquares, made: Matrix) -> list[str]:
    """Return, in words, the columns that others make up, and so have no estimate of their own."""
    return [
        f"{made.labels[place]} has no estimate: in these experiments it is {_sum(made, parts)}"
        for place, parts in fit.made_of.items()
    ]


def aliased(
    fit: LeastSquares, made: Matrix, factors: Sequence[Factor], columns: Mapping[str, NDArray[Any]]
) -> list[str]:
    """Return, in words, which estimates would show pairs and squares that the model leaves out, if these are there."""
    known = {term.factors for term in made.terms}
    beyond = [term for term in terms_of(factors, "quadratic") if term.factors and term.factors not in known]
    if any(factor.total for factor in factors) or not beyond or len(beyond) > _MOST:
        return []
    more = matrix(factors, beyond, columns)
    shown, *_ = np.linalg.lstsq(fit.X, more.X, rcond=None)
    found = []
    for row, place in enumerate(fit.kept):
        label, term = made.labels[place], made.terms[made.owner[place]]
        if term.is_constant or term.aside == BLOCKS:
            continue
        sizes = np.abs(shown[row])
        fully = [_signed(shown[row][i], more.labels[i]) for i in np.flatnonzero(sizes >= _FULLY)]
        if term.aside == CURVATURE:
            whose = [more.labels[i] for i in np.flatnonzero(sizes >= _PARTLY)]
            found.append(f"curvature does not say of which parameter it is: {', '.join(whose)}")
            continue
        partly = [more.labels[i] for i in np.flatnonzero((sizes >= _PARTLY) & (sizes < _FULLY))]
        if fully:
            found.append(f"{label} cannot be told from {', '.join(fully)}")
        if partly:
            largest = float(sizes[sizes < _FULLY].max())
            found.append(f"{label} is mixed with {and_more(partly, 4)}: up to {largest:.0%} of them")
    return found


def _signed(share: float, label: str) -> str:
    return label if share > 0 else f"-{label}"


def _sum(made: Matrix, parts: Mapping[int, float]) -> str:
    if not parts:
        return "always 0"
    return " + ".join(f"{part:.3g} x {made.labels[place]}" for place, part in parts.items()).replace("+ -", "- ")
