"""Coefficients with standard errors, confidence intervals and their order of size."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from zosimos.surrogates.linear.least_squares import LeastSquares
from zosimos.surrogates.linear.results import Estimate
from zosimos.surrogates.linear.terms import Matrix, Term

Array: TypeAlias = NDArray[np.float64]

_FEW = 3  # effects: with fewer Lenth's error means nothing


def estimates(fit: LeastSquares, made: Matrix, level: float) -> tuple[list[Estimate], str]:
    """Return the estimates in the order of the columns, and what their errors rest on."""
    labels = [made.labels[place] for place in fit.kept]
    terms = [made.terms[made.owner[place]] for place in fit.kept]
    b = fit.coefficients
    pure = [len(term.factors) == 1 and _is_share(made) for term in terms]
    effects = [_is_contrast(term, made) for term in terms]
    ranked = [place for place, term in enumerate(terms) if term.factors and not pure[place]]
    errors, df, judged = _errors(fit, ranked)
    scores = _scores(b, ranked)
    t_at = _t_at(level, df) if df else None
    found = []
    for place, (label, term) in enumerate(zip(labels, terms, strict=True)):
        value, error = float(b[place]), None if errors is None else float(errors[place])
        reach = None if error is None or t_at is None else t_at * error
        t = None if not error else value / error
        p = None if t is None or pure[place] or not df else _p(t, df)
        found.append(
            Estimate(
                label,
                term.label,
                value,
                2 * value if effects[place] else None,
                error,
                None if reach is None else value - reach,
                None if reach is None else value + reach,
                t,
                p,
                scores.get(place),
            )
        )
    return found, judged


def _errors(fit: LeastSquares, ranked: list[int]) -> tuple[Array | None, float, str]:
    """Return standard errors, their degrees of freedom and what they rest on."""
    if fit.left:
        spread = np.sqrt(np.maximum(np.diag(fit.spread), 0) * fit.squares / fit.left)
        return (
            np.asarray(spread),
            float(fit.left),
            f"the residuals, with {fit.left} degree{'s' if fit.left > 1 else ''} of freedom",
        )
    sizes = np.abs(fit.coefficients[ranked])
    if len(sizes) < _FEW:
        return None, 0.0, ""
    first = 1.5 * float(np.median(sizes))
    small = sizes[sizes < 2.5 * first] if first > 0 else sizes
    error = 1.5 * float(np.median(small))
    return (
        np.full(len(fit.coefficients), error),
        len(sizes) / 3,
        "Lenth's pseudo standard error: most effects are taken to be noise",
    )


def _scores(b: Array, ranked: list[int]) -> dict[int, float]:
    from scipy.special import ndtri

    order = sorted(ranked, key=lambda place: abs(b[place]))
    return {place: float(ndtri(0.5 + 0.5 * (rank + 0.5) / len(order))) for rank, place in enumerate(order)}


def _t_at(level: float, df: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(df, 0.5 + level / 2))


def _p(t: float, df: float) -> float:
    from scipy.special import stdtr

    return float(2 * stdtr(df, -abs(t)))


def _is_share(made: Matrix) -> bool:
    """Say whether the model is one of a mixture: it has no constant."""
    return not any(term.is_constant for term in made.terms)


def _is_contrast(term: Term, made: Matrix) -> bool:
    """Say whether twice the coefficient is the change from low to high."""
    several = int((made.owner == made.terms.index(term)).sum()) > 1
    return bool(term.factors) and not several and not term.is_square and not _is_share(made)
