"""Objectives made of measured quantities, as a campaign file says them: ``of:``, ``measured:`` and ``constants:``.

A name in such a formula is, in this order: a parameter, a constant of the file, a number (or list of numbers) among the
lab's own fields, or else a quantity that is to be measured.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Self, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from zosimos.campaign.definition.fields import Number, checked, formula, in_unit, settled
from zosimos.core.composite import Composite, MeasuredQuantity, named_in
from zosimos.core.errors import SpecError
from zosimos.core.units import parse_quantity
from zosimos.core.validation import Part

if TYPE_CHECKING:
    from zosimos.campaign.definition.model import CampaignSpec

_MOST = 100  # numbers in a list


def _constant(value: object) -> object:
    if isinstance(value, list | tuple):
        if not 0 < len(value) <= _MOST:
            raise ValueError(f"a list of 1 to {_MOST} numbers is meant")
        return [checked(parse_quantity, item, "") for item in value]
    return checked(parse_quantity, value, "")


ConstantSpec: TypeAlias = Annotated[float | list[float], BeforeValidator(_constant)]


class RangeSpec(Part):
    """Between which values an outcome can lie at all."""

    min: Number | None = Field(None, description="lowest value that can be, such as 0")
    max: Number | None = Field(None, description="highest value that can be, such as 100")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("it limits nothing: write min:, max:, or both")
        return self


class MeasuredSpec(Part):
    """What is known of a quantity that is measured because an objective is made of it."""

    unit: str = Field("", description="unit of the measured values")
    min: Number | None = Field(None, description="lowest value that can be, such as 0 for a concentration")
    max: Number | None = Field(None, description="highest value that can be")

    @model_validator(mode="after")
    def _in_own_unit(self) -> Self:
        in_unit(self, self.unit, "min", "max")
        return self


def build_composites(spec: CampaignSpec) -> dict[str, Composite]:
    """Return the formula of each objective that has one, by the objective's name.

    Raises:
        SpecError: a formula is wrong, names another objective's, or something is declared that no formula names.
    """
    found = {name: _composite(spec, name, part.of) for name, part in spec.objectives.items() if part.of is not None}
    quantities = {part.name for composite in found.values() for part in composite.quantities}
    constants = {name for composite in found.values() for name in composite.constants}
    for field, declared, used in (("measured", spec.measured, quantities), ("constants", spec.constants, constants)):
        for name in declared:
            if name not in used:
                raise SpecError(
                    f"no formula of an objective names {name}",
                    field=f"{field}.{name}",
                    allowed=", ".join(sorted(used)) or "nothing: no objective has a formula (of:)",
                    hint="correct the name, or leave it out",
                )
    return found


def check_money(spec: CampaignSpec) -> None:
    """Refuse formulas about money, of objectives and of costs, that do not come out in the unit they are said to have.

    Raises:
        SpecError: names the formula.
    """
    units = {name: str(getattr(part, "unit", "")) for name, part in spec.space.items()}
    for name, part in spec.objectives.items():
        if part.of is not None:
            made = _composite(spec, name, part.of)
            known = units | {quantity.name: quantity.unit for quantity in made.quantities}
            made.check_money(known, part.unit, f"objectives.{name}.of")
    if spec.costs is not None:
        each = formula(spec.costs.each, "costs.each", spec.spoken)
        each.check_money(units, spec.costs.unit, "costs.each")


def _composite(spec: CampaignSpec, name: str, text: str) -> Composite:
    field, names = f"objectives.{name}.of", named_in(text)
    for other in names:
        if other in spec.objectives and spec.objectives[other].of is not None:
            same = other == name
            raise SpecError(
                f"{name} is made of {'itself' if same else f'{other}, which is made of others'}",
                field=field,
                value=text,
                allowed="measured quantities, parameters and constants",
                hint="rename the quantity" if same else f"write the formula of {other} out",
            )
        if other in spec.space and spec.space[other].traits(other).kind == "text":
            raise SpecError(f"{other} is a choice, not a number", field=field, value=text, allowed="numeric parameters")
    constants = {key: value for key, value in _constants(spec).items() if key in names}
    measured = [other for other in names if other not in spec.space and other not in constants]
    quantities = tuple(_quantity(spec, other) for other in measured)
    try:
        return Composite(text, quantities, constants)
    except SpecError as error:
        raise SpecError(error.message, field=field, value=text, allowed=error.allowed, hint=error.hint) from error


def _quantity(spec: CampaignSpec, name: str) -> MeasuredQuantity:
    part, own = spec.measured.get(name, MeasuredSpec()), spec.objectives.get(name)
    if own is not None and part.unit and part.unit != own.unit:
        raise SpecError(
            f"{name} is an objective, too, in another unit",
            field=f"measured.{name}.unit",
            value=part.unit,
            allowed=own.unit or "no unit",
            hint="leave it out here",
        )
    low, high = settled(part.min), settled(part.max)
    low, high = -math.inf if low is None else low, math.inf if high is None else high
    if not low < high:
        raise SpecError(
            f"{name}: min is not below max", field=f"measured.{name}.min", value=low, allowed=f"below {high:g}"
        )
    return MeasuredQuantity(name, part.unit if own is None else own.unit, low, high)


def _constants(spec: CampaignSpec) -> Mapping[str, float | tuple[float, ...]]:
    for name in spec.constants:
        if name in spec.space or name in spec.objectives or name in spec.measured:
            raise SpecError(
                f"{name} is a constant and something else, too", field=f"constants.{name}", hint="rename one of them"
            )
    given: dict[str, Any] = {} if spec.lab is None else spec.lab.options
    own = given.get("constants")  # of a lab whose options are constants of its recipe
    known = {**given, **(own if isinstance(own, Mapping) else {}), **spec.constants}
    numbers = {name: value for name, value in known.items() if _numeric(value)}
    return {
        name: tuple(map(float, value)) if isinstance(value, list | tuple) else float(value)
        for name, value in numbers.items()
        if name not in spec.space and name not in spec.objectives and name not in spec.measured
    }


def _numeric(value: object) -> bool:
    if isinstance(value, list | tuple):
        return bool(value) and all(_numeric(item) and not isinstance(item, list | tuple) for item in value)
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
