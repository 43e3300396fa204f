"""Slips in formulas: what people write on paper or in a spreadsheet, and a formula here does not take."""

from __future__ import annotations

import ast
import re
from itertools import pairwise

_DECIMAL_COMMA = re.compile(r"([-+]?\d+),(\d+)")
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


def decimal_comma_in(text: str, tree: ast.expr) -> str:
    """Return in words what to write where a comma inside a call may be that of a decimal; else nothing.

    Args:
        text: a formula.
        tree: the same, parsed.

    >>> def found(text):
    ...     return decimal_comma_in(text, ast.parse(text, mode="eval").body)
    >>> found("b >= min(a, 0,5)")
    'write 0.5 if that is one number, and 0, 5 with a blank if these are two'
    >>> found("b >= min(a, 0.5)"), found("a >= min(b, 1, 2)"), found("s == '1,2-diol'")
    ('', '', '')
    """
    coded = text.encode()
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        for one, other in pairwise(call.args):
            both = coded[one.col_offset : other.end_col_offset].decode()
            if found := _DECIMAL_COMMA.fullmatch(both):
                whole, part = found.groups()
                return f"write {whole}.{part} if that is one number, and {whole}, {part} with a blank if these are two"
    return ""


def slip_in(text: str) -> str:
    """Return in words how to write what a formula that was refused most likely means; else nothing.

    >>> slip_in("a + b <= 0,5"), slip_in("2a <= 1"), slip_in("a + * b")
    ('decimals are written with a point: 0.5, not 0,5', 'products need a sign: 2*a, not 2a', '')
    """
    return next((words for pattern, words in _SLIPS if pattern.search(text)), "")
