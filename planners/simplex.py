"""Parts that sum to a total, each between its bounds: three maps onto that set, a row each.

Amounts are counted from each part's lower bound: ``0 <= s_i <= cap_i`` and ``sum s_i = amount``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zosimos.core.constraints import Simplex
from zosimos.core.parameters import Continuous

Array = NDArray[np.float64]

_BISECTIONS = 60  # halves the interval to the last bit of a double


def fill(weights: Array, caps: Array, amount: float) -> Array:
    """Pour an amount into vessels in proportion to their weights; what overflows goes to the others (water-filling).

    Args:
        weights: ``n x k``, 0 or more.
        caps: ``k``, with ``sum(caps) >= amount``.
        amount: 0 or more.

    Returns:
        ``n x k`` amounts ``min(cap, level * weight)``, with the level at which they sum to ``amount``.
    """
    w = np.maximum(weights, 1e-12)
    ratio = caps / w  # the level at which each part is full
    order = np.argsort(ratio, axis=1)
    full = np.take_along_axis(np.broadcast_to(caps, w.shape), order, axis=1).cumsum(axis=1)
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


def project(points: Array, caps: Array, amount: float) -> Array:
    """Return the allowed point nearest to each row (Euclidean): ``clip(point - shift, 0, cap)`` with one shift."""
    low = (points - caps).min(axis=1, keepdims=True) - 1e-12
    high = points.max(axis=1, keepdims=True)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        above = np.clip(points - middle, 0, caps).sum(axis=1, keepdims=True) > amount
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return _balanced(np.clip(points - high, 0, caps), caps, amount)


def on_grid(values: Array, parts: tuple[Continuous, ...], constraint: Simplex) -> Array:
    """Move stepped parts to their grids and let the others, or single steps, take up what the sum lost.

    Args:
        values: ``n x k`` values that sum to the total.
        parts: the ``k`` parameters.
        constraint: gives total and tolerance.

    Returns:
        ``n x k`` values; a row whose sum no step can mend is left as it is, for the constraint to refuse.
    """
    steps = np.array([part.step or 0.0 for part in parts])
    if not steps.any():
        return values
    lows = np.array([part.low for part in parts])
    highs = np.array([part.high for part in parts])
    stepped = steps > 0
    safe = np.where(stepped, steps, 1.0)
    levels = np.floor((highs - lows) / safe + 1e-6)
    snapped = np.where(stepped, lows + safe * np.clip(np.round((values - lows) / safe), 0, levels), values)
    return np.array(
        [_mended(row, wish, lows, highs, steps, constraint) for row, wish in zip(snapped, values, strict=True)]
    )


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


def _balanced(amounts: Array, caps: Array, amount: float) -> Array:
    """Give the rounding error of the sum to the part with the most room on both sides."""
    room = np.minimum(amounts, caps - amounts)
    widest = room.argmax(axis=1)
    rows = np.arange(len(amounts))
    error = amount - amounts.sum(axis=1)
    amounts[rows, widest] = np.clip(amounts[rows, widest] + error, 0, caps[widest])
    return amounts
