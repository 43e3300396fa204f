"""Suspicion: which outcomes are gross errors, judged by whether the others make more sense without them.

Each outcome is either what the members predict, or, with a small chance, an error that may be anything in a wide
range. Sets of outcomes far from the middle, or from what the others predict, are held in doubt in turn, and the set
under which all outcomes together are likeliest is kept: the greedy idea of relevance pursuit (Ament et al. 2024,
"Robust Gaussian Processes via Relevance Pursuit", arXiv 2410.24222), with leave-one-out densities in place of the
evidence. A rare success looks like an error until it is measured again: two outcomes of one row that agree are
believed. Where most outcomes are the same, as in a screening in which most reactions fail, nothing is suspected.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from zosimos.surrogates.committee.covariance import Array
from zosimos.surrogates.committee.fitted import Fitted, Seen

Mask = NDArray[np.bool_]

_CHANCE = 0.02  # of a gross error, before anything is known of an outcome
_RANGE = 40.0  # robust standard deviations over which a gross error may lie
_FAR = 3.0  # standard deviations from which an outcome is looked at
_FEWEST = 4  # outcomes before one can be suspected
_SHARE = 0.35  # of the outcomes that may be in doubt: beyond it nobody knows which side errs
_AGREE, _NEAR = 0.1, 0.25  # how near others are that bear one out: of its distance from the middle, of the spread
_KIND = 2  # outcomes of other rows that bear one out
_ABSURD = 1e4  # robust standard deviations beyond which agreement is an instrument's code for having nothing to say
_TRIES, _FEW_TRIES = 5, 2  # sets tried besides the empty one; fewer where a fit takes long
_LONG = 500  # outcomes from which it does


def least_suspect(seen: Seen, fit: Callable[[tuple[int, ...]], Fitted]) -> Fitted:
    """Return what is fitted with the likeliest set of outcomes held in doubt.

    Args:
        seen: the outcomes and their rows.
        fit: fits with the outcomes at these indices held in doubt.
    """
    y, best = seen.y, fit(())
    scale = robust_spread(y) if len(y) >= _FEWEST else 0.0
    if scale <= 0.0:
        return best
    far = max(_FAR, math.sqrt(2.0 * math.log(len(y))) + 0.5)  # among many outcomes one is far off by chance
    apart: Mask = np.abs(y - float(np.median(y))) > far * scale
    missed: Mask = best.gross(far)
    if not (apart | missed).any():
        return best
    confirmed = _confirmed(seen, scale)
    waiting = [apart, missed, apart | missed]
    tried: set[tuple[int, ...]] = {()}
    score = _likelihood(best, 0, len(y), scale)
    while waiting and len(tried) <= (_TRIES if len(y) <= _LONG else _FEW_TRIES):
        doubted = tuple(int(i) for i in np.flatnonzero(waiting.pop(0) & ~confirmed))
        if doubted in tried or len(doubted) > _SHARE * len(y):
            continue
        tried.add(doubted)
        found = fit(doubted)
        waiting.append(found.gross(far))
        likelihood = _likelihood(found, len(doubted), len(y), scale)
        if likelihood > score:
            best, score = found, likelihood
    return best


def _likelihood(fitted: Fitted, doubted: int, n: int, scale: float) -> float:
    """Return the log likelihood of all outcomes, those in doubt being errors."""
    error = math.log(_CHANCE) - math.log(_RANGE * scale)
    return fitted.log_density + (n - doubted) * math.log(1.0 - _CHANCE) + doubted * error


def _confirmed(seen: Seen, scale: float) -> Mask:
    """Return which outcomes others bear out, ``n``: errors seldom agree.

    One of the same row that agrees is enough, or two of other rows: those are a kind of result, if a rare one.
    """
    off = np.abs(seen.y - float(np.median(seen.y)))
    apart = np.abs(seen.y[:, None] - seen.y)
    same = seen.rows[:, None] == seen.rows
    alike = (same & (apart <= np.maximum(scale, _AGREE * off)[:, None])).sum(axis=1) - 1
    akin = (apart <= np.maximum(_NEAR * scale, _AGREE * off)[:, None]).sum(axis=1) - 1
    return np.asarray(((alike >= 1) | (akin >= _KIND)) & (off < _ABSURD * scale), dtype=np.bool_)


def robust_spread(y: Array) -> float:
    """Return a standard deviation that few outcomes cannot move; 0 where most are the same."""
    off = np.abs(y - float(np.median(y)))
    low, high = np.quantile(y, 0.15, method="higher"), np.quantile(y, 0.85, method="lower")
    return max(1.4826 * float(np.median(off)), float(high - low) / 2.07)
