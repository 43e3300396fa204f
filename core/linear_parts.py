"""The linear parts of a condition in words: what programs can solve exactly instead of looking for it by chance.

``a + b <= 0.3 and x < y`` says two linear things. Sums, differences, multiples, quotients by something that keeps one
sign, absolute values below a number, and the least or the largest of several are linear or split into what is.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

Form: TypeAlias = dict[str, float]
Ranges: TypeAlias = Mapping[str, tuple[float, float]]

_CONSTANT = ""  # the place of a form's constant: no parameter has an empty name
_TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.LtE: ast.GtE,
    ast.Lt: ast.Gt,
    ast.GtE: ast.LtE,
    ast.Gt: ast.Lt,
    ast.Eq: ast.Eq,
}


@dataclass(frozen=True)
class LinearPart:
    """``low <= sum of coefficient x parameter <= high``, the bounds themselves left out where ``strict``."""

    coefficients: Mapping[str, float]
    low: float
    high: float
    strict: bool


def linear_parts(tree: ast.expr, name: Callable[[str], str], ranges: Ranges) -> list[LinearPart]:
    """Return what a condition says that is linear in its parameters; each part follows from the condition.

    Args:
        tree: the parsed condition.
        name: the name that a word of it stands for.
        ranges: the bounds of the parameters that have numbers.
    """
    reader = _Reader(name, ranges)
    parts = list(reader.parts(tree))
    return [part for part in parts if any(part.coefficients.values())]


@dataclass(frozen=True)
class _Reader:
    name: Callable[[str], str]
    ranges: Ranges

    def parts(self, node: ast.expr) -> Iterator[LinearPart]:
        match node:
            case ast.BoolOp(op=ast.And(), values=values):
                for value in values:
                    yield from self.parts(value)
            case ast.Compare(left=left, ops=ops, comparators=rest):
                terms = [left, *rest]
                for a, op, b in zip(terms, ops, rest, strict=False):
                    if type(op) in _TURNED:
                        yield from self._compared(a, type(op), b)

    def _compared(self, left: ast.expr, op: type[ast.cmpop], right: ast.expr) -> Iterator[LinearPart]:
        a, b = self.form(left), self.form(right)
        if a is not None and b is not None:
            yield _part(_sum(a, b, -1.0), op)
            return
        for one, sign, other in ((left, op, b), (right, _TURNED[op], a)):
            if other is not None:
                yield from self._split(one, sign, other)

    def _split(self, node: ast.expr, op: type[ast.cmpop], other: Form) -> Iterator[LinearPart]:
        """Yield the linear parts of a comparison of something that is not linear with something that is."""
        below, above = op in (ast.LtE, ast.Lt, ast.Eq), op in (ast.GtE, ast.Gt, ast.Eq)
        match node:
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                top, bottom = self.form(left), self.form(right)
                constant = other.get(_CONSTANT, 0.0)
                if top is None or bottom is None or set(other) - {_CONSTANT}:
                    return
                low, high = self._range(bottom)
                if low > 0 or high < 0:
                    yield _part(_sum(top, bottom, -constant), op if low > 0 else _TURNED[op])
            case ast.Call(func=ast.Name(id="abs"), args=[only]) if below:
                inner = self.form(only)
                if inner is not None:
                    to = op if op is not ast.Eq else ast.LtE
                    yield _part(_sum(inner, other, -1.0), to)
                    yield _part(_sum(_times(inner, -1.0), other, -1.0), to)
            case ast.Call(func=ast.Name(id="max" | "min" as which), args=args):
                if (below and which == "max") or (above and which == "min"):
                    to = op if op is not ast.Eq else (ast.LtE if which == "max" else ast.GtE)
                    for part in args:
                        inner = self.form(part)
                        if inner is not None:
                            yield _part(_sum(inner, other, -1.0), to)

    def _range(self, form: Form) -> tuple[float, float]:
        low = high = form.get(_CONSTANT, 0.0)
        for name, factor in form.items():
            if name != _CONSTANT:
                ends = [factor * end for end in self.ranges[name]]
                low, high = low + min(ends), high + max(ends)
        return low, high

    def form(self, node: ast.expr) -> Form | None:
        """Return a linear form's coefficients, or None if the node is none."""
        match node:
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                return {_CONSTANT: float(number)} if abs(number) < 1e300 else None
            case ast.Name(id=word) | ast.Constant(value=str() as word):
                name = self.name(word)
                return {name: 1.0} if name in self.ranges else None
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
                inner = self.form(operand)
                return None if inner is None else _times(inner, -1.0 if isinstance(sign, ast.USub) else 1.0)
            case ast.BinOp(left=left, op=op, right=right):
                a, b = self.form(left), self.form(right)
                return None if a is None or b is None else _joined(a, op, b)
            case _:
                return None


def _joined(a: Form, op: ast.operator, b: Form) -> Form | None:
    constants = [form.get(_CONSTANT, 0.0) if not set(form) - {_CONSTANT} else None for form in (a, b)]
    match op:
        case ast.Add():
            return _sum(a, b, 1.0)
        case ast.Sub():
            return _sum(a, b, -1.0)
        case ast.Mult() if constants[1] is not None:
            return _times(a, constants[1])
        case ast.Mult() if constants[0] is not None:
            return _times(b, constants[0])
        case ast.Div() if constants[1]:
            return {name: factor / constants[1] for name, factor in a.items()}
        case _:
            return None


def _times(form: Form, factor: float) -> Form:
    return {name: factor * value for name, value in form.items()}


def _sum(a: Form, b: Form, factor: float) -> Form:
    return {name: a.get(name, 0.0) + factor * b.get(name, 0.0) for name in dict.fromkeys((*a, *b))}


def _part(form: Form, op: type[ast.cmpop]) -> LinearPart:
    """Return the part that says how a form compares with 0."""
    bound = 0.0 - form.get(_CONSTANT, 0.0)
    coefficients = {name: factor for name, factor in form.items() if name != _CONSTANT and factor}
    low = bound if op in (ast.GtE, ast.Gt, ast.Eq) else -math.inf
    high = bound if op in (ast.LtE, ast.Lt, ast.Eq) else math.inf
    return LinearPart(coefficients, low, high, op in (ast.Lt, ast.Gt))
