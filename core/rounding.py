"""How far apart two numbers of a formula may be and still be the same on paper.

Each number goes with the size of what it was made of: 0.1 + 0.2 - 0.3 is made of 0.6 and is 0 but for rounding. The
size of a sum is the sum of sizes (as in running error analysis: Higham 2002, Accuracy and Stability, section 3.3).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Evaluator: TypeAlias = Callable[[Mapping[str, NDArray[Any]]], Any]

ROUNDING = 1e-9
"""Of what was added up: room for the rounding of decimals, as linear constraints have it."""


def settled(x: Any, y: Any, size: Any) -> tuple[Any, Any]:
    """Return two sides of a comparison, the same where they differ by rounding only."""
    return np.where((np.abs(x - y) <= ROUNDING * size) & np.isfinite(size), y, x), y


def remainder(number: Callable[[ast.expr], Evaluator], left: ast.expr, right: ast.expr) -> Evaluator:
    """Return what is left of a division, 0 where rounding is all that is left or missing: 0.3 % 0.1 is 0."""
    whole, part, size = number(left), number(right), size_of(number, left)

    def remaining(columns: Mapping[str, NDArray[Any]]) -> Any:
        divisor = part(columns)
        found, room = np.mod(whole(columns), divisor), ROUNDING * (size(columns) + np.abs(divisor))
        return np.where(np.minimum(np.abs(found), np.abs(divisor - found)) <= room, 0.0, found)

    return remaining


def size_of(number: Callable[[ast.expr], Evaluator], node: ast.expr) -> Evaluator:
    """Return how large the numbers are that a number is made of.

    Args:
        number: returns the evaluator of a part of a formula.
        node: the part.
    """
    value = number(node)
    match node:
        case ast.UnaryOp(operand=operand):
            return size_of(number, operand)
        case ast.BinOp(left=left, op=op, right=right):
            return _joined(op, value, size_of(number, left), size_of(number, right), number(right))
        case ast.Call(func=ast.Name(id="min" | "max" | "abs"), args=args):
            sizes = [size_of(number, part) for part in args]
            return lambda columns: np.maximum.reduce(np.broadcast_arrays(*(part(columns) for part in sizes)))
        case ast.Call():
            return lambda columns: 1.0 + np.abs(value(columns))
        case _:
            return lambda columns: np.abs(value(columns))


def _joined(op: ast.operator, value: Evaluator, a: Evaluator, b: Evaluator, right: Evaluator) -> Evaluator:
    match op:
        case ast.Mult():
            return lambda columns: a(columns) * b(columns)
        case ast.Div():
            return lambda columns: a(columns) / np.abs(right(columns))
        case ast.Pow():
            return lambda columns: np.fmax(np.abs(value(columns)), np.float_power(a(columns), np.abs(right(columns))))
        case _:
            return lambda columns: a(columns) + b(columns)
