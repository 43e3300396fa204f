"""How far a condition is from holding: what a solver makes smaller where chance finds no allowed row.

Each comparison lacks something: ``a <= b`` lacks a - b where that is above 0, ``a == b`` the difference. Of ``and`` all
parts lack, of ``or`` the part that lacks least; what has no such measure lacks 1 where it fails.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zosimos.core.rounding import Evaluator, size_of

Array = NDArray[np.float64]
Lacks = Callable[[Mapping[str, NDArray[Any]]], list[Array]]


def shortfalls(
    node: ast.expr, number: Callable[[ast.expr], Evaluator], truth: Callable[[ast.expr], Evaluator]
) -> Lacks:
    """Return what tells, for each row of columns, what each part of a condition lacks, relative to its numbers.

    Args:
        node: the condition.
        number: returns the evaluator of a part that is a number.
        truth: returns the evaluator of a part that holds or not.
    """
    match node:
        case ast.BoolOp(op=op, values=values):
            parts = [shortfalls(value, number, truth) for value in values]
            if isinstance(op, ast.And):
                return lambda columns: [lack for part in parts for lack in part(columns)]
            return lambda columns: [np.minimum.reduce([_together(part(columns)) for part in parts])]
        case ast.Compare(left=left, ops=ops, comparators=rest) if not any(isinstance(op, ast.NotEq) for op in ops):
            terms = [left, *rest]
            if any(isinstance(term, ast.Constant) and isinstance(term.value, str) for term in terms):
                return _failed(truth(node))
            pairs = [_compared(a, op, b, number) for a, op, b in zip(terms, ops, rest, strict=False)]
            return lambda columns: [pair(columns) for pair in pairs]
        case _:
            return _failed(truth(node))


def _compared(left: ast.expr, op: ast.cmpop, right: ast.expr, number: Callable[[ast.expr], Evaluator]) -> Evaluator:
    a, b, sizes = number(left), number(right), [size_of(number, side) for side in (left, right)]

    def lacks(columns: Mapping[str, NDArray[Any]]) -> Array:
        gap = np.asarray(a(columns) - b(columns), dtype=float)
        scale = sizes[0](columns) + sizes[1](columns)
        gap = gap / np.where(scale > 0, scale, 1.0)
        found = gap if isinstance(op, ast.Eq) else np.maximum(gap if isinstance(op, ast.Lt | ast.LtE) else -gap, 0.0)
        return np.where(np.isfinite(found), found, 1.0)

    return lacks


def _failed(truth: Evaluator) -> Lacks:
    return lambda columns: [1.0 - np.asarray(truth(columns), dtype=float)]


def _together(lacks: list[Array]) -> Array:
    return np.asarray(np.sum(np.abs(np.broadcast_arrays(*lacks)), axis=0))
