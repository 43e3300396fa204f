"""Numerals: numbers written with as many digits as are known, the same everywhere that people read them.

With a standard uncertainty both are written to its second significant digit (GUM, JCGM 100:2008, 7.2.6). A value that
was set is written to the step in which it can be set, or to a thousandth of its range. What nothing is known of has six
digits at most.
"""

from __future__ import annotations

import math
from decimal import Decimal

_PLAIN = (1e-4, 1e6)  # magnitudes written without a power of ten
_DIGITS = 6  # significant digits where nothing says how many are known
_MOST_DECIMALS = 12
_ON_STEP = 1e-9  # of a value: nearer to a step it is that step
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def plain(value: float) -> str:
    """Return a number of which nothing more is known.

    >>> plain(0.30000000000000004), plain(82.345678), plain(431.60)
    ('0.3', '82.3457', '431.6')
    """
    return f"{value + 0.0:.{_DIGITS}g}"


def with_spread(value: float, spread: float | None) -> str:
    """Return a value and its standard uncertainty, both to the uncertainty's second significant digit.

    >>> with_spread(12.3456, 0.123), with_spread(1.2341e-7, 2e-9), with_spread(0.5, None), with_spread(1234.5, 120.0)
    ('12.35 ± 0.12', '(1.234 ± 0.020) × 10⁻⁷', '0.5', '1230 ± 120')
    """
    if not spread or not math.isfinite(spread) or not math.isfinite(value):
        return plain(value) + (f" ± {spread:g}" if spread else "")
    largest = max(abs(value), spread)
    exponent = 0 if _PLAIN[0] <= largest < _PLAIN[1] else math.floor(math.log10(largest))
    scaled, width = value / 10.0**exponent, spread / 10.0**exponent
    decimals = min(1 - math.floor(math.log10(width)), _MOST_DECIMALS)
    if decimals < 0:
        scaled, width, decimals = round(scaled, decimals), round(width, decimals), 0
    text = f"{scaled + 0.0:.{decimals}f} ± {width:.{decimals}f}"
    return text if exponent == 0 else f"({text}) × 10{str(exponent).translate(_SUPERSCRIPT)}"


def rounded(value: float, spread: float | None) -> str:
    """Return a value alone, to the second significant digit of its uncertainty.

    >>> rounded(22.0371, 0.35), rounded(22.0371, None), rounded(1234.5, 120.0)
    ('22.04', '22.0371', '1230')
    """
    if not spread or not math.isfinite(spread) or not _PLAIN[0] <= spread or abs(value) >= _PLAIN[1]:
        return plain(value)
    decimals = min(1 - math.floor(math.log10(spread)), _MOST_DECIMALS)
    return f"{round(value, decimals) + 0.0:.{max(decimals, 0)}f}"


def at_step(value: float, step: float, start: float) -> str:
    """Return a value to the decimals of the step in which it can be set, counted from a start.

    A value between two steps, as one that was really set may be, has all its digits.

    >>> at_step(0.30000000000000004, 0.1, 0.0), at_step(80.0, 5.0, 20.0), at_step(27.46, 0.5, 0.0)
    ('0.3', '80', '27.46')
    """
    decimals = max(_decimals(step), _decimals(start))
    if decimals > _MOST_DECIMALS or abs(round(value, decimals) - value) > _ON_STEP * max(abs(value), step):
        return plain(value)
    return f"{value + 0.0:.{decimals}f}"


def in_range(value: float, low: float, high: float) -> str:
    """Return a value to about a thousandth of its range.

    >>> in_range(23.5426639486104, 10.0, 40.0), in_range(80.0, 20.0, 80.0), in_range(0.00012345, 0.0, 0.001)
    ('23.54', '80', '0.000123')
    """
    span = high - low
    if not math.isfinite(span) or span <= 0:
        return plain(value)
    decimals = max(0, 3 - math.floor(math.log10(span)))
    if decimals > _MOST_DECIMALS or abs(value) >= _PLAIN[1]:
        return plain(value)
    text = f"{round(value, decimals) + 0.0:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if decimals else text


def _decimals(number: float) -> int:
    exponent = Decimal(f"{number:.15g}").normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
