"""Parts that sum to a total, each between its bounds: maps onto that set, a row each.

Amounts are counted from each part's lower bound: ``0 <= s_i <= cap_i`` and ``sum s_i = amount``. Caps and amounts may
differ from row to row: a part that is absent has a cap of 0.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from zosimos.core.constraints import Simplex
from zosimos.core.parameters import Continuous

Array = NDArray[np.float64]
Noise = Callable[[int, int], Array]

_BISECTIONS = 60  # halves the interval to the last bit of a double
_SWEEPS = 32  # of pairwise exchange, after which a point has forgotten where it began, up to fifty parts


def fill(weights: Array, caps: Array, amount: Array | float) -> Array:
    """Pour an amount into vessels in proportion to their weights; what overflows goes to the others (water-filling).

    Args:
        weights: ``n x k``, 0 or more.
        caps: ``k`` or ``n x k``, with ``sum(caps) >= amount``.
        amount: 0 or more, one for all rows or ``n x 1``.

    Returns:
        ``n x k`` amounts ``min(cap, level * weight)``, with the level at which they sum to ``amount``.
    """
    w = np.maximum(weights, 1e-12)
    caps = np.broadcast_to(caps, w.shape)
    ratio = caps / w  # the level at which each part is full
    order = np.argsort(ratio, axis=1)
    full = np.take_along_axis(caps, order, axis=1).cumsum(axis=1)
    sorted_w = np.take_along_axis(w, order, axis=1)
    rest = w.sum(axis=1, keepdims=True) - sorted_w.cumsum(axis=1)
    # with the first j parts full the level is (amount - their caps) / (weights of the others)
    full = np.hstack([np.zeros((len(w), 1)), full[:, :-1]])
    rest = np.hstack([w.sum(axis=1, keepdims=True), rest[:, :-1]])
    levels = (amount - full) / np.maximum(rest, 1e-300)
    fits = levels <= np.take_along_axis(ratio, order, axis=1) * (1 + 1e-12)
    first = np.where(fits.any(axis=1), fits.argmax(axis=1), w.shape[1] - 1)
    level = np.take_along_axis(levels, first[:, None], axis=1)
    return _balanced(np.minimum(caps, level * w), caps, amount)


def scattered(u: Array, caps: Array, amount: Array | float, noise: Noise) -> Array:
    """Return points spread uniformly over the allowed amounts.

    Minus the logarithms of uniform numbers, scaled to one sum, are uniform on the simplex (Devroye 1986, XI.4). Where
    such a point lies inside the caps it stands; where not it is replaced by one that many pairwise exchanges have
    moved: of two parts, one takes a uniform share of what both can hold (a Gibbs sampler on pairs, whose stationary
    distribution is uniform on the simplex within its caps).

    Args:
        u: ``n x k`` uniform numbers.
        caps: ``k`` or ``n x k``.
        amount: one for all rows or ``n x 1``.
        noise: called with a turn and a number m of columns, returns ``n x m`` uniform numbers.
    """
    weights = -np.log1p(-np.minimum(u, 1 - 1e-12))
    caps = np.broadcast_to(caps, u.shape)
    filled = fill(weights, caps, amount)
    weights = np.where(caps > 0, weights, 0.0)  # a part that is absent does not overflow
    free = weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-300) * amount
    over = (free > caps).any(axis=1)
    if over.any():
        filled[over] = _exchanged(filled, caps, noise)[over]
        filled[over] = _balanced(filled[over], caps[over], amount if np.ndim(amount) == 0 else np.asarray(amount)[over])
    return filled


def _exchanged(amounts: Array, caps: Array, noise: Noise) -> Array:
    """Return amounts after ``_SWEEPS`` turns, in each of which all parts that are present meet in random pairs."""
    present = caps > 0
    width = int(present.sum(axis=1).max(initial=0))
    moved = amounts.copy()
    for turn in range(_SWEEPS if width > 1 else 0):
        keys = np.where(present, noise(2 * turn, amounts.shape[1]), 2.0)  # the present ones first, in random order
        order = np.argsort(keys, axis=1)[:, :width]
        half = width // 2
        one, other = order[:, :half], order[:, half : 2 * half]
        a, b = np.take_along_axis(moved, one, axis=1), np.take_along_axis(moved, other, axis=1)
        both = a + b
        low = np.maximum(0.0, both - np.take_along_axis(caps, other, axis=1))
        high = np.minimum(np.take_along_axis(caps, one, axis=1), both)
        a = low + noise(2 * turn + 1, half) * np.maximum(high - low, 0.0)
        np.put_along_axis(moved, one, a, axis=1)
        np.put_along_axis(moved, other, both - a, axis=1)
    return np.clip(moved, 0.0, caps)


def project(points: Array, caps: Array, amount: Array | float) -> Array:
    """Return the allowed point nearest to each row (Euclidean): ``clip(point - shift, 0, cap)`` with one shift."""
    low = (points - caps).min(axis=1, keepdims=True) - 1e-12
    high = points.max(axis=1, keepdims=True)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        above = np.clip(points - middle, 0, caps).sum(axis=1, keepdims=True) > amount
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return _balanced(np.clip(points - high, 0, caps), np.broadcast_to(caps, points.shape), amount)


def on_grid(values: Array, parts: tuple[Continuous, ...], constraint: Simplex, lows: Array, highs: Array) -> Array:
    """Move stepped parts to their grids and let the others, or single steps, take up what the sum lost.

    Args:
        values: ``n x k`` values that sum to the total.
        parts: the ``k`` parameters.
        constraint: gives total and tolerance.
        lows: ``n x k`` lower bounds, those of stepped parts on their grids; an absent part has 0 for both bounds.
        highs: ``n x k`` upper bounds, likewise.

    Returns:
        ``n x k`` values; a row whose sum no step can mend is left as it is, for the constraint to refuse.
    """
    steps = np.array([part.drawn_step or 0.0 for part in parts])
    if not steps.any():
        return values
    origins = np.array([part.low for part in parts])
    stepped = steps > 0
    safe = np.where(stepped, steps, 1.0)
    snapped = np.where(stepped, np.clip(origins + safe * np.round((values - origins) / safe), lows, highs), values)
    rows = zip(snapped, values, lows, highs, strict=True)
    return np.array([_mended(row, wish, low, high, steps, constraint) for row, wish, low, high in rows])


def _mended(row: Array, wish: Array, lows: Array, highs: Array, steps: Array, constraint: Simplex) -> Array:
    row = row.copy()
    for index in np.flatnonzero(steps == 0):
        missing = constraint.total - row.sum()
        row[index] = np.clip(row[index] + missing, lows[index], highs[index])
    for _ in range(4 * len(row)):
        missing = constraint.total - row.sum()
        if abs(missing) <= constraint.tolerance:
            break
        moved = row + np.sign(missing) * steps
        able = (steps > 0) & (steps <= abs(missing) + constraint.tolerance)
        able &= (moved >= lows - 1e-12) & (moved <= highs + 1e-12)
        if not able.any():
            break
        # the part that rounding moved farthest the other way gives or takes one step
        regret = np.where(able, np.sign(missing) * (wish - row), -np.inf)
        most = int(regret.argmax())
        row[most] = np.clip(moved[most], lows[most], highs[most])
    return row


def _balanced(amounts: Array, caps: Array, amount: Array | float) -> Array:
    """Give the rounding error of the sum to the part with the most room on both sides."""
    room = np.minimum(amounts, caps - amounts)
    widest = room.argmax(axis=1)
    rows = np.arange(len(amounts))
    error = np.reshape(amount, -1) - amounts.sum(axis=1)
    amounts[rows, widest] = np.clip(amounts[rows, widest] + error, 0, caps[rows, widest])
    return amounts
