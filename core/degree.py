"""Degree: whether a formula is a sum of measured quantities with known factors: then much follows in closed form."""

from __future__ import annotations

import ast
from collections.abc import Callable

_KEEPING = ("sum", "mean", "area")  # of a series: sums with known factors
_CURVED = 2


def is_affine(tree: ast.expr, measured: Callable[[str], bool]) -> bool:
    """Say whether a formula is affine in what is measured, by its form.

    Args:
        tree: the formula.
        measured: says whether a word of it is measured; all other words are known numbers.

    >>> [is_affine(ast.parse(text, mode="eval").body, "uv".__contains__) for text in ("2*u - v/x + 1", "u*v", "x/u")]
    [True, False, False]
    """
    return _degree(tree, measured) < _CURVED


def _degree(node: ast.expr, measured: Callable[[str], bool]) -> int:
    """Return 0 where nothing measured is in a part, 1 where it is affine in that, 2 where it may be anything."""
    match node:
        case ast.Name(id=word) | ast.Constant(value=str() as word):
            return int(measured(word))
        case ast.Subscript(value=value):
            return _degree(value, measured)
        case ast.UnaryOp(operand=operand):
            return _degree(operand, measured)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right):
            return max(_degree(left, measured), _degree(right, measured))
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return min(_CURVED, _degree(left, measured) + _degree(right, measured))
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return _CURVED if _degree(right, measured) else _degree(left, measured)
        case ast.Call(func=ast.Name(id=name), args=[only]) if name in _KEEPING:
            return _degree(only, measured)
        case ast.Call(args=args):
            return _CURVED if any(_degree(part, measured) for part in args) else 0
        case ast.BinOp(left=left, right=right):
            return _CURVED if _degree(left, measured) or _degree(right, measured) else 0
        case _:
            return 0
