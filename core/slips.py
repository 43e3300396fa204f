"""Slips in formulas: what people write on paper or in a spreadsheet, and a formula here does not take."""

from __future__ import annotations

import re

_SLIPS = (
    (re.compile(r"\d,\d"), "decimals are written with a point: 0.5, not 0,5"),
    (re.compile(r"[²³]"), "powers are written a**2"),
    (re.compile(r"\d\s*%\s*($|[^\w\s.(])|\d\s*%\s+(and|or)\b"), "percent are written as a number: 0.5, not 50 %"),
    (re.compile(r"(?<![\w.])\d+\.?\d*(?![eE][+-]?\d)(?:[^\W\d]|\()"), "products need a sign: 2*a, not 2a"),
    (re.compile(r"[^\W\d]\w*\s*\)?\s*\(|\)\s*\("), "products need a sign: a*(b + c), not a(b + c)"),
    (re.compile(r"\b(?:AND|OR|NOT)\b"), "write and, or, not in small letters"),
    (re.compile(r"=[<>]"), "comparisons are written <= and >="),
    (re.compile(r"&&|\|\|"), "write and, or"),
)


def slip_in(text: str) -> str:
    """Return in words how to write what a formula that was refused most likely means; else nothing.

    >>> slip_in("a + b <= 0,5"), slip_in("2a <= 1"), slip_in("a + * b")
    ('decimals are written with a point: 0.5, not 0,5', 'products need a sign: 2*a, not 2a', '')
    """
    return next((words for pattern, words in _SLIPS if pattern.search(text)), "")
