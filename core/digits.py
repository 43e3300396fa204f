"""Numbers in the fifteen digits that a decimal keeps: the shortest way in which people and spreadsheets write them.

A 64-bit float holds any decimal of 15 significant digits and gives it back (DBL_DIG of IEEE 754 arithmetic); what
stands behind these digits is the rounding of sums and products, such as the end of 0.30000000000000004.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

DIGITS = 15
_EXACT_POWERS = 22  # the largest power of ten that is a float without rounding
_FEW = 8  # numbers that are done sooner one by one
_DOUBT = 0.1  # of a last digit: nearer to the middle between two numbers the text decides


def in_digits(number: float) -> float:
    """Return a number in fifteen significant digits.

    >>> in_digits(0.1 + 0.2), in_digits(1e300), in_digits(-0.0)
    (0.3, 1e+300, 0.0)
    """
    return float(f"{number:.{DIGITS}g}") + 0.0


def all_in_digits(numbers: Array) -> Array:
    """Return ``n`` finite numbers in fifteen significant digits, each as :func:`in_digits` does."""
    numbers = np.asarray(numbers, dtype=float)
    if len(numbers) < _FEW:
        return np.array([in_digits(x) for x in numbers.tolist()], dtype=float)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        power = DIGITS - 1 - np.floor(np.log10(np.abs(numbers)))
        scale = np.power(10.0, np.clip(np.abs(power), 0, _EXACT_POWERS))
        counted = np.where(power >= 0, numbers * scale, numbers / scale)
        whole = np.rint(counted)
        found = np.where(power >= 0, whole / scale, whole * scale)  # one rounding of the exact decimal
        plain = (np.abs(power) <= _EXACT_POWERS) & (np.abs(np.abs(counted - whole) - 0.5) > _DOUBT)
    rest = np.flatnonzero(~plain)
    found[rest] = [in_digits(x) for x in numbers[rest].tolist()]
    return np.asarray(found + 0.0)


def rounded(numbers: Array, digits: int) -> Array:
    """Return ``n`` finite numbers in so many significant digits, as the decimals that a person would write.

    >>> rounded(np.array([0.0123456, 27.4568, -1234567.0, 0.0]), 3).tolist()
    [0.0123, 27.5, -1230000.0, 0.0]
    """
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        power = digits - 1 - np.floor(np.log10(np.abs(numbers)))
        scale = np.power(10.0, np.clip(np.abs(power), 0, _EXACT_POWERS))
        found = np.where(power >= 0, np.rint(numbers * scale) / scale, np.rint(numbers / scale) * scale)
    return all_in_digits(np.where((numbers == 0) | (np.abs(power) > _EXACT_POWERS), numbers, found))
