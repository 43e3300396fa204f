"""Which of many results models learn from: the nearest to the best ones, and others from all over the space.

The best are those that a first model, of results drawn at random, believes to be the best: a gross error far above all
others is none. The nearest by its length scales are taken whatever their outcomes are, so that they are not the lucky
ones. It is a trust region (Eriksson et al. 2019, "Scalable Global Optimization via Local Bayesian Optimization", arXiv
1910.01739) of results and not of rows: nothing keeps a search from looking elsewhere, where less is known.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from zosimos.core.objective import Objective
from zosimos.core.ranking import by_tier, standings
from zosimos.planners.acquisition.improvement import utilities
from zosimos.surrogates.committee.member import Data, Kind, Member
from zosimos.surrogates.committee.standard import Standard
from zosimos.surrogates.committee.suspicion import robust_spread
from zosimos.surrogates.committee.view import squared

Array = NDArray[np.float64]

MOST_EXACT = 2_000
"""Results that models learn from at most: exact Gaussian processes cost the cube of their number."""

_BEST = 20  # rows that others are to be near to
_FAR = 6.0  # robust standard deviations: what lies farther off draws the first model no farther
_CHUNK = 1_000  # rows predicted together


def selected_places(kind: Kind, X: Array, worth: Array, seed: int, most: int) -> NDArray[np.int64]:
    """Return the places of the results that models learn from, ascending; all of them where they are no more than that.

    Args:
        kind: of the first model.
        X: ``n x d`` model columns.
        worth: ``n`` numbers, higher for better results; NaN where nobody knows.
        seed: of the choice.
        most: how many to return at most.
    """
    n = len(X)
    if n <= most:
        return np.arange(n)
    drawn = np.random.default_rng(seed).permutation(n)
    half = most // 2
    some = drawn[np.isfinite(worth[drawn])][:half]
    if len(some) < 2:
        return np.sort(drawn[:most])
    middle, spread = float(np.median(worth[some])), robust_spread(worth[some])
    if spread > 0.0:
        worth = np.clip(worth, middle - _FAR * spread, middle + _FAR * spread)
    standard = Standard.of(worth[some])
    unknown = np.full(len(some), np.nan)
    first = Member(kind, Data(X[some], standard.scaled(worth[some]), unknown, np.ones(len(some))), seed)
    believed = np.concatenate([first.mean(X[start : start + _CHUNK]) for start in range(0, n, _CHUNK)])
    best = np.argsort(-believed, kind="stable")[:_BEST]
    scaled = kind.view.scaled(kind.view.seen(X), first.lengths)
    near = np.argsort(squared(scaled, scaled[best]).min(axis=1), kind="stable")[:half]
    others = drawn[~np.isin(drawn, near)][: most - half]
    return np.sort(np.concatenate([near, others]))


def worth_of(values: Array, objectives: Sequence[Objective]) -> Array:
    """Return how good results are, ``n``, higher is better: by the sum of scaled utilities, or by tiers.

    Args:
        values: ``n x o`` outcomes, NaN where there is none.
        objectives: what is wanted.
    """
    if by_tier(objectives):
        return np.asarray(standings(objectives, values), dtype=np.float64)
    gains = np.column_stack([utilities(column, one) for column, one in zip(values.T, objectives, strict=True)])
    spreads = np.nanstd(gains, axis=0)
    return np.asarray((gains / np.where(spreads > 0.0, spreads, 1.0)).sum(axis=1))
