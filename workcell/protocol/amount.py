"""Amounts: the numbers of a recipe, each a constant, a quantity such as ``600 uL``, or a formula, in its field's unit.

A formula speaks of parameters, of constants of the lab and of what earlier steps brought. What it gives is a number in
the unit of its field; a recipe's units are checked before anything moves (:mod:`zosimos.workcell.protocol.units`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from zosimos.core.errors import ExecutionError, SpecError, UnitError
from zosimos.core.expression import Formula
from zosimos.core.units import parse_quantity
from zosimos.core.validation import problem

_QUANTITY = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*(?:[^\W\d]|°)[\w^/*°%µ]*\s*")
_ROUNDING = 1e-9
_WHOLE = 1e-6


@dataclass(frozen=True)
class Amount:
    """A number of a recipe.

    Args:
        written: as it stands in the recipe.
        rule: the unit and the range of its field.

    Raises:
        SpecError: it is no number, quantity or formula.

    >>> volume = Amount("total - 600 * drop", InUnit("mL", "volume", least=0))
    >>> sorted(volume.names), volume.value({"total": 2.0, "drop": 0.001})
    (['drop', 'total'], 1.4)
    """

    written: str | float
    rule: InUnit

    def __post_init__(self) -> None:
        _ = self.formula  # read now, so that a wrong text fails where it is written

    @cached_property
    def formula(self) -> Formula:
        """The formula, in which a quantity is a number in the field's unit."""
        text = self.written
        if isinstance(text, bool) or not isinstance(text, int | float | str):
            raise SpecError(f"the {self.rule.what} is no number", value=text, allowed=self.rule.allowed)
        if isinstance(text, str) and _QUANTITY.fullmatch(text) and not _is_number(text):
            try:
                return Formula(repr(parse_quantity(text, self.rule.unit, difference=self.rule.difference)))
            except UnitError as error:
                raise SpecError(error.message, value=error.value, allowed=error.allowed, hint=error.hint) from error
        return Formula(str(text))

    @property
    def names(self) -> frozenset[str]:
        """What it speaks of."""
        return self.formula.names

    @property
    def unit(self) -> str:
        """The unit of the number that it gives."""
        return self.rule.unit

    def value(self, values: Mapping[str, Any]) -> float:
        """Return the number in the field's unit.

        Raises:
            ExecutionError: a value is no number, or the result is outside the field's range.
            KeyError: a name has no value.
        """
        try:
            number = self.formula.value({name: float(values[name]) for name in self.names})
        except (TypeError, ValueError) as error:
            raise ExecutionError(
                f"the {self.rule.what} {self.written} cannot be worked out: {error}", field=self.rule.what
            ) from error
        return self.rule.checked(number, self.written)


@dataclass(frozen=True)
class InUnit:
    """The unit and the range of a number field; annotates it: ``Annotated[Amount, InUnit("mL", "volume", least=0)]``.

    Args:
        unit: of the number, which a bare number is taken to be in; empty for a plain number.
        what: what it is, for messages.
        least: the smallest number allowed, if there is one.
        most: the largest.
        whole: whether it counts something.
        difference: whether it is a distance between two values, such as a tolerance: 2 degC are 2 K then.

    >>> InUnit("mL", "volume", least=0).read("1.5 cm^3").value({})
    1.5
    >>> InUnit("K", "tolerance", difference=True).read("2 degC").value({})
    2.0
    """

    unit: str
    what: str
    least: float | None = None
    most: float | None = None
    whole: bool = False
    difference: bool = False

    @property
    def allowed(self) -> str:
        """The range in words."""
        kind = "a whole number" if self.whole else "a number"
        ends = [
            f"from {self.least:g}" if self.least is not None else "",
            f"to {self.most:g}" if self.most is not None else "",
        ]
        if self.most is None and self.least is not None:
            return f"{kind}, {self.least:g} or more"
        return " ".join([kind, *(end for end in ends if end)])

    def checked(self, number: float, written: object) -> float:
        """Return a number that is in the range; rounding errors are taken out of it.

        Raises:
            ExecutionError: it is outside, or undefined.
        """
        low, high = self.least, self.most
        inside = number == number and abs(number) < float("inf")
        inside = inside and (low is None or number > low - _ROUNDING) and (high is None or number < high + _ROUNDING)
        if not inside or (self.whole and abs(number - round(number)) > _WHOLE):
            said = f"{number:g} {self.unit}".rstrip()
            raise ExecutionError(
                f"the {self.what} {written} is {said}", field=self.what, value=number, allowed=self.allowed
            )
        number = number if low is None else max(low, number)
        number = number if high is None else min(high, number)
        return float(round(number)) if self.whole else number

    def read(self, written: object) -> Amount:
        """Return what a recipe says; a constant is checked at once.

        Raises:
            PydanticCustomError: it is no amount of this field.
        """
        if isinstance(written, Amount):
            return written
        try:
            amount = Amount(written, self)  # type: ignore[arg-type]  # it refuses what is none
            if not amount.names:
                amount.value({})
        except (SpecError, ExecutionError) as error:
            allowed = error.allowed or self.allowed
            hint = error.hint or "write a number in that range, with or without a unit, or a formula that gives one"
            raise problem(SpecError(error.message, value=written, allowed=allowed, hint=hint)) from error
        return amount

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Let pydantic read and write the field."""
        plain = core_schema.plain_serializer_function_ser_schema(lambda amount: amount.written)
        return core_schema.no_info_plain_validator_function(self.read, serialization=plain)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Say in a JSON schema what the field takes."""
        unit = f" in {self.unit}" if self.unit else ""
        text = f"{self.allowed}{unit}, a quantity with a unit, or a formula of parameters, constants and readings"
        return {"anyOf": [{"type": "number"}, {"type": "string"}], "description": text}


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
