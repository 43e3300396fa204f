"""The analysis of variance of a fit: what each term describes beyond all others, and what replicates say of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zosimos.surrogates.linear.least_squares import LeastSquares, least_squares
from zosimos.surrogates.linear.results import Share
from zosimos.surrogates.linear.terms import Matrix, Term

_DECIMALS = 6  # of coded numbers, to which experiments are the same


def variance(fit: LeastSquares, made: Matrix, *, mixture: bool) -> list[Share]:
    """Return the lines of the table: model, terms (each beyond all others), residual, its two parts, and total."""
    y, total = fit.y, fit.total
    described = fit.beyond_rounding(total - fit.squares)
    lines = [_tested("model", fit.X.shape[1] - 1, described, fit)]
    parts = [term for term in made.terms if len(term.factors) == 1]
    if mixture:
        pure = [place for place, at in enumerate(fit.kept) if made.terms[made.owner[at]] in parts]
        alone = least_squares(fit.X[:, pure], y)
        lines.append(_tested("linear mixing", len(pure) - 1, fit.beyond_rounding(total - alone.squares), fit))
    for term in made.terms:
        if not term.is_constant and not (mixture and term in parts):
            share = share_of(fit, made, term)
            lines += [] if share is None else [share]
    lines.append(Share("residual", fit.left, fit.squares))
    lack = lack_of_fit(fit, made)
    if lack is not None:
        lines += [lack, Share("pure error", fit.left - lack.df, max(fit.squares - lack.squares, 0.0))]
    return [*lines, Share("total", len(y) - 1, total)]


def share_of(fit: LeastSquares, made: Matrix, term: Term) -> Share | None:
    """Return what a term describes beyond all others; None if none of its columns was kept."""
    own = [place for place, at in enumerate(fit.kept) if made.terms[made.owner[at]] == term]
    if not own:
        return None
    others = [place for place in range(fit.X.shape[1]) if place not in own]
    if not others:
        return _tested(term.label, len(own), float(fit.y @ fit.y) - fit.squares, fit)
    without = least_squares(fit.X[:, others], fit.y)
    return _tested(term.label, len(own), fit.beyond_rounding(without.squares - fit.squares), fit)


def lack_of_fit(fit: LeastSquares, made: Matrix) -> Share | None:
    """Return what the model misses, judged by experiments that were repeated; None where that cannot be told."""
    group = _alike(made)
    means = np.bincount(group, fit.y) / np.bincount(group)
    pure = fit.beyond_rounding(float(((fit.y - means[group]) ** 2).sum()))
    pure_df = len(fit.y) - len(means)
    df = fit.left - pure_df
    if pure_df < 1 or df < 1:
        return None
    squares = fit.beyond_rounding(fit.squares - pure)
    f = squares / df / (pure / pure_df) if pure > 0 else None
    return Share("lack of fit", df, squares, f, _p(f, df, pure_df))


def repeated(made: Matrix) -> int:
    """Return how many degrees of freedom the experiments that were repeated have."""
    group = _alike(made)
    return len(group) - len(np.unique(group))


def _alike(made: Matrix) -> NDArray[np.int64]:
    """Return a number for each experiment, the same where experiments are."""
    _, group = np.unique(np.round(made.X, _DECIMALS), axis=0, return_inverse=True)
    return np.asarray(group.reshape(-1), dtype=np.int64)


def _tested(source: str, df: int, squares: float, fit: LeastSquares) -> Share:
    f = squares / df / (fit.squares / fit.left) if df and fit.left and fit.squares > 0 else None
    return Share(source, df, squares, f, _p(f, df, fit.left))


def _p(f: float | None, df: int, left: int) -> float | None:
    if f is None:
        return None
    from scipy.special import fdtrc

    return float(fdtrc(df, left, f))
