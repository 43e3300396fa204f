"""An interaction as the results show it by themselves: whether a product of two parameters is needed to describe them.

Models that are fitted to few results take one of several shapes for granted. So what they say of an interaction is held
against a plain regression on the results: on straight lines and squares of all parameters (choices by name), with the
product of the two and without it. That the product is needed is told by the Bayes factor that the Bayesian information
criterion approximates (Schwarz 1978, Ann. Stat. 6, 461; Kass and Raftery 1995, J. Am. Stat. Assoc. 90, 773); that it is
too small to speak of by how surely its coefficient is less than that takes (its t distribution).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zosimos.core.parameter import Parameter
from zosimos.core.parameters import Values
from zosimos.core.space import SearchSpace

Array = NDArray[np.float64]

_SPARE = 3  # results beyond the terms
_UNIT, _SQUARE = 1.0 / 12.0, 1.0 / 180.0  # variances of a place that is evenly spread over its range, and of its square


@dataclass(frozen=True)
class Product:
    """What a regression says of a product: for it, and against it, as logarithms of odds from even ones.

    ``least`` results would be needed where there are too few, or too many of one kind; then it says nothing.
    """

    needed: float
    small: float
    least: int = 0

    def lacking(self, results: int) -> str:
        """Return in words why it says nothing."""
        if results < self.least:
            return f"too few results: {results} of {self.least}"
        return "the results vary too little, or together, to tell the two parameters apart"

    def agreed(self, log_factor: float) -> float:
        """Return what is left of a logarithm of odds: no more than the regression says in the same direction.

        >>> Product(1.5, -0.5).agreed(7.0), Product(1.5, -0.5).agreed(-7.0), Product(-2.0, 3.0).agreed(7.0)
        (1.5, 0.0, 0.0)
        """
        if log_factor >= 0.0:
            return min(log_factor, max(0.0, self.needed))
        return max(log_factor, min(0.0, -self.small))


def product_of(
    first: str, second: str, rows: Sequence[Values], outcomes: Array, space: SearchSpace, share: float
) -> Product:
    """Return what ``n`` outcomes at rows say of the product of two parameters.

    Args:
        first: the one parameter.
        second: the other.
        rows: where outcomes were found.
        outcomes: ``n`` of them.
        space: whose parameters the rows have.
        share: of the variance that the two bring about, from which an interaction is one.
    """
    terms = {p.name: _terms(p, rows) for p in space.controlled}
    own = np.hstack([np.ones((len(rows), 1)), *terms.values()])
    pairs = [_centred(name, terms, space) for name in (first, second)]
    product = np.hstack([a[:, None] * b[:, None] for a in pairs[0].T for b in pairs[1].T])
    whole = np.hstack([own, product])
    least = np.linalg.matrix_rank(own) + product.shape[1] + _SPARE
    if len(rows) < least or np.linalg.matrix_rank(whole) < np.linalg.matrix_rank(own) + product.shape[1]:
        return Product(0.0, 0.0, int(least))
    n, k = len(rows), product.shape[1]
    without, within = (_residual(part, outcomes) for part in (own, whole))
    floor = 1e-12 * float(np.sum((outcomes - outcomes.mean()) ** 2)) + 1e-300
    needed = 0.5 * (n * math.log((without + floor) / (within + floor)) - k * math.log(n))
    if k > 1 or "text" in (space.by_name[first].kind, space.by_name[second].kind):
        return Product(needed, -needed)
    place = 1 + np.cumsum([0, *(part.shape[1] for part in terms.values())])
    starts = dict(zip(terms, place.tolist(), strict=False))
    return Product(needed, _small(whole, outcomes, [starts[first], starts[second]], share))


def _small(design: Array, outcomes: Array, starts: Sequence[int], share: float) -> float:
    """Return the log odds that the product's coefficient, the last one, is too small for its share of the variance.

    Args:
        design: ``n x p`` columns.
        outcomes: ``n`` of them.
        starts: where the terms of each of the two parameters begin: their place and its square.
        share: that the interaction would need.
    """
    from scipy.stats import t  # scipy: only where it is needed

    found = np.linalg.lstsq(design, outcomes, rcond=None)[0]
    freedom = len(outcomes) - design.shape[1]
    noise = float(np.sum((outcomes - design @ found) ** 2)) / freedom
    error = math.sqrt(noise * float(np.linalg.pinv(design.T @ design)[-1, -1])) + 1e-300
    alone = sum(found[at] ** 2 * _UNIT + found[at + 1] ** 2 * _SQUARE for at in starts)
    least = math.sqrt(share / (1.0 - share) * alone) / _UNIT
    below = float(t.cdf((least - found[-1]) / error, freedom) - t.cdf((-least - found[-1]) / error, freedom))
    below = min(max(below, 1e-12), 1.0 - 1e-12)
    return math.log(below / (1.0 - below))


def _terms(parameter: Parameter, rows: Sequence[Values]) -> Array:
    """Return a parameter's terms, ``n x k``: its place in its range and the square of that, or a column a choice."""
    if parameter.kind == "text":
        seen = sorted({str(row[parameter.name]) for row in rows})
        table = [[float(row[parameter.name] == choice) for choice in seen[1:]] for row in rows]
        return np.array(table, dtype=float).reshape(len(rows), len(seen) - 1)
    places = parameter.placed(np.array([row[parameter.name] for row in rows], dtype=float)) - 0.5
    return np.column_stack([places, places**2])


def _centred(name: str, terms: dict[str, Array], space: SearchSpace) -> Array:
    """Return the columns of a parameter whose products with another's are the interaction: its place, or choices."""
    return terms[name] if space.by_name[name].kind == "text" else terms[name][:, :1]


def _residual(design: Array, outcomes: Array) -> float:
    coefficients = np.linalg.lstsq(design, outcomes, rcond=None)[0]
    return float(np.sum((outcomes - design @ coefficients) ** 2))
