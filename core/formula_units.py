"""Units of formulas: what products of prices and masses come out in, so that a factor of a thousand does not slip in.

Numbers in formulas have no unit, so a formula with a coefficient of its own may mean anything; it is left alone. Powers
of ten only bring one unit to another: ``price * mass / 1000`` is EUR where price is in EUR/kg and mass in g.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from zosimos.core.errors import SpecError
from zosimos.core.unit_signs import printed
from zosimos.core.units import is_money, unit_quantity

_NEAR = 1e-9


@dataclass(frozen=True)
class _Worth:
    """A part of a formula: its unit, as a quantity of pint's, and the power of ten that stands in it as a number."""

    unit: Any
    factor: float = 1.0


def check_money(tree: ast.expr, name_of: Callable[[str], str], units: Mapping[str, str], unit: str, field: str) -> None:
    """Refuse a formula about money that adds different things, or comes out in another unit than it says.

    Args:
        tree: the formula.
        name_of: returns the name that a word of it stands for.
        units: of the names; a name without one leaves the formula alone.
        unit: what it should come out in.
        field: named in errors.

    Raises:
        SpecError: different things are added, or the result is not in the unit.
    """
    used = [units.get(name, "") for name in _names(tree, name_of)]
    if not any(map(is_money, (*used, unit))) or not unit or not all(used):
        return
    text = ast.unparse(tree)
    found = _worth(tree, name_of, units, field)
    if found is None:
        return
    wanted = unit_quantity(unit)
    if found.unit.dimensionality != wanted.dimensionality:
        raise SpecError(
            f"{text} does not come out in {printed(unit)}: it is {_said(found.unit)}",
            field=field,
            value=text,
            allowed=f"a formula in {printed(unit)}",
            hint="correct the formula, or the units of what it is made of",
        )
    scale = float((found.unit / wanted).to("dimensionless").magnitude)
    if not math.isclose(found.factor, scale, rel_tol=_NEAR):
        missing = scale / found.factor
        way = f"* {missing:g}" if missing > 1 else f"/ {1 / missing:g}"
        raise SpecError(
            f"{text} comes out in {_said(found.unit / found.factor)}, not in {printed(unit)}",
            field=field,
            value=text,
            allowed=f"a formula in {printed(unit)}",
            hint=f"write ({text}) {way}",
        )


def _names(tree: ast.expr, name_of: Callable[[str], str]) -> list[str]:
    return [name_of(node.id) for node in ast.walk(tree) if isinstance(node, ast.Name)]


def _worth(node: ast.expr, name_of: Callable[[str], str], units: Mapping[str, str], field: str) -> _Worth | None:
    """Return what a part of a formula is worth; None if it says something that may have any unit."""
    match node:
        case ast.Name(id=word):
            return _Worth(unit_quantity(units[name_of(word)]))
        case ast.Constant(value=int() | float() as value) if value > 0 and math.log10(value).is_integer():
            return _Worth(unit_quantity(""), float(value))
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            return _worth(operand, name_of, units, field)
        case ast.BinOp(left=left, op=op, right=right):
            a, b = _worth(left, name_of, units, field), _worth(right, name_of, units, field)
            return None if a is None or b is None else _joined(op, a, b, node, field)
        case _:
            return None


def _joined(op: ast.operator, a: _Worth, b: _Worth, node: ast.expr, field: str) -> _Worth | None:
    match op:
        case ast.Mult():
            return _Worth(a.unit * b.unit, a.factor * b.factor)
        case ast.Div():
            return _Worth(a.unit / b.unit, a.factor / b.factor)
        case ast.Add() | ast.Sub():
            return _together(a, b, ast.unparse(node), field)
        case _:
            return None


def _together(a: _Worth, b: _Worth, text: str, field: str) -> _Worth:
    same = a.unit.dimensionality == b.unit.dimensionality
    if same:
        ratio = float((b.unit / a.unit).to("dimensionless").magnitude)
        same = math.isclose(ratio, b.factor / a.factor, rel_tol=_NEAR)
    if not same:
        raise SpecError(
            f"{text} adds {_said(a.unit / a.factor)} and {_said(b.unit / b.factor)}",
            field=field,
            value=text,
            allowed="parts in one unit",
            hint="bring the parts to one unit, by a power of ten where one is in grams and the other in kilograms; "
            "currencies are converted before they are written down",
        )
    return a


def _said(quantity: Any) -> str:
    number = float(quantity.magnitude)
    unit = printed(f"{quantity.units:~}".replace(" ", "")) or "a plain number"
    return unit if math.isclose(number, 1.0, rel_tol=_NEAR) else f"{number:g} {unit}"
