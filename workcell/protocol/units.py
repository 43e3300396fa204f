"""Units in a protocol: a number that would silently be taken in another unit is refused before anything moves.

A formula is checked like an equation in physics: what is added or compared must be in one unit, and the result in the
unit of its field. Checked is what is known on both sides. A bare number may carry any unit (``0.998 * volume`` is a
mass where 0.998 is a density), so a product with one is not known.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from zosimos.core.errors import SpecError
from zosimos.core.objective import Objective
from zosimos.core.units import is_unit, same_unit
from zosimos.workcell.protocol.amount import Amount
from zosimos.workcell.protocol.fields import Brings, amounts, marked
from zosimos.workcell.protocol.model import Protocol, ProtocolStep

_BARE = "(a bare number)"  # fits whatever it is added to or compared with
_ALIKE = frozenset({"min", "max"})


def check_units(protocol: Protocol, given: Mapping[str, str], objectives: Sequence[Objective]) -> None:
    """Refuse a protocol whose numbers do not fit together, or that gives an objective in another unit than it states.

    Args:
        protocol: the protocol, which :func:`~zosimos.workcell.protocol.check.check` has let pass.
        given: the units of parameters and constants.
        objectives: what the campaign wants.

    Raises:
        SpecError: names the place, both units and the fix.
    """
    for name, unit in protocol.inputs.items():
        if name in given and _differ(unit, given[name]):
            raise SpecError(
                f"the protocol takes {name} in {_shown(unit)}, and it is given in {_shown(given[name])}",
                field=f"protocol.inputs.{name}",
                value=unit,
                allowed=given[name] or "no unit",
                hint=f"write {name}: {given[name] or repr('')} under inputs, and its formulas in that unit",
            )
    units: dict[str, str | None] = {name: unit or None for name, unit in protocol.inputs.items()}
    for place, step in protocol.walk():
        _check_step(f"{place}.{step.kind}", step, units)
    _check_objectives(protocol, objectives)


def _check_step(where: str, step: ProtocolStep, units: dict[str, str | None]) -> None:
    """Check one step, and add the units of what it brings."""
    action = step.action
    for field, amount in amounts(action):
        _check_amount(f"{where}.{field}", amount, units)
    for field, text in action.conditions():
        _Units(f"{where}.{field}", text, units).of(_parsed(text))
    for field, name, unit in action.takes():
        has = units.get(name)
        if has is not None and _differ(unit, has):
            raise SpecError(
                f"{action.by} takes {field.rpartition('.')[2]} in {_shown(unit)}, and {name} is in {has}",
                field=f"{where}.{field}",
                value=name,
                allowed=f"a value in {_shown(unit)}",
                hint=f"give {name} in {_shown(unit)}, or use another method",
            )
    for _, name, brings in marked(action, Brings):
        units[name] = brings.unit or None
    for name, given in action.measures().items():
        units[name] = given or None


def _check_amount(where: str, amount: Amount, units: Mapping[str, str | None]) -> None:
    written = amount.formula.text
    found = _Units(where, written, units).of(_parsed(written))
    if found not in (None, _BARE) and _differ(str(found), amount.unit):
        raise SpecError(
            f"the {amount.rule.what} {written} is in {found}, and would be taken in {_shown(amount.unit)}",
            field=where,
            value=written,
            allowed=f"a formula that gives {amount.unit}" if amount.unit else "a formula that gives a plain number",
            hint=f"give what it is made of in {_shown(amount.unit)} under inputs, or multiply by a factor that "
            "converts it",
        )


def _check_objectives(protocol: Protocol, objectives: Sequence[Objective]) -> None:
    actions = [step.action for step in (*protocol.setup, *protocol.steps)]
    for objective in objectives:
        for action in actions:
            unit = action.measures().get(objective.name)
            if unit is not None and _differ(unit, objective.unit):
                raise SpecError(
                    f"the objective {objective.name!r} is in {_shown(objective.unit)}, and {action.by} gives it in "
                    f"{_shown(unit)}",
                    field=f"objectives.{objective.name}.unit",
                    value=objective.unit or "none",
                    allowed=unit or "no unit",
                    hint=f"write unit: {unit}" if unit else "leave unit out",
                )


class _Units:
    """Finds the unit of a formula's parts: None where it is not known.

    Args:
        where: the field, for messages.
        text: the formula as it is written.
        units: of the names in it.
    """

    def __init__(self, where: str, text: str, units: Mapping[str, str | None]) -> None:
        self._where, self._text, self._units = where, text, units

    def of(self, node: ast.expr) -> str | None:
        """Return the unit of a part.

        Raises:
            SpecError: unlike things are added or compared.
        """
        match node:
            case ast.Constant():
                return _BARE
            case ast.Name(id=name):
                return self._units.get(name)
            case ast.UnaryOp(operand=operand):
                return self.of(operand)
            case ast.BoolOp(values=values):
                for value in values:
                    self.of(value)
                return None
            case ast.Compare(left=left, comparators=rest):
                self._alike([left, *rest])
                return None
            case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mod(), right=right):
                return self._alike([left, right])
            case ast.BinOp(left=left, op=ast.Mult() | ast.Div() as op, right=right):
                return _joined(self.of(left), "*" if isinstance(op, ast.Mult) else "/", self.of(right))
            case ast.BinOp(left=left, right=right):
                self.of(left), self.of(right)
                return None
            case ast.Call(func=ast.Name(id=name), args=args):
                if name in _ALIKE:
                    return self._alike(args)
                inner = [self.of(arg) for arg in args]
                return inner[0] if name == "abs" else None
            case _:
                return None

    def _alike(self, nodes: Sequence[ast.expr]) -> str | None:
        """Return the one unit of parts that are added or compared."""
        found: tuple[str, str] | None = None  # a part in words, and its unit
        bare = True
        for node in nodes:
            unit = self.of(node)
            bare = bare and unit == _BARE
            if unit is None or unit == _BARE:
                continue
            part = ast.unparse(node)
            if found is not None and _differ(found[1], unit):
                raise SpecError(
                    f"{self._text}: {found[0]} is in {found[1]} and {part} in {unit}, so that they cannot be added or "
                    "compared",
                    field=self._where,
                    value=self._text,
                    allowed="parts in one unit",
                    hint="multiply one of them by a number that converts it, such as a density",
                )
            found = found or (part, unit)
        return _BARE if bare else found[1] if found is not None else None


def _parsed(text: str) -> ast.expr:
    return ast.parse(text.strip(), mode="eval").body


def _joined(left: str | None, sign: str, right: str | None) -> str | None:
    """Return the unit of a product or a quotient, where it is known."""
    if left is None or right is None or _BARE in (left, right):
        return _BARE if left == right == _BARE else None
    joined = f"({left}){sign}({right})"
    return joined if is_unit(joined) else None


def _differ(first: str, second: str) -> bool:
    """Say whether two units that exist are different ones; of a unit that does not exist nothing is known."""
    return not same_unit(first, second) and is_unit(first) and is_unit(second)


def _shown(unit: str) -> str:
    return unit or "no unit"
