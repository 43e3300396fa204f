"""Where a person expects the best candidate to lie, in a campaign file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from zosimos.campaign.definition.fields import Choice, Number, PlainNumber, listed
from zosimos.campaign.definition.knobs import ParameterSpec
from zosimos.core.errors import SpecError
from zosimos.core.units import parse_quantity
from zosimos.core.validation import Part
from zosimos.planners.goal.prior import Expectation, Likely, Near


class ExpectSpec(Part):
    """What is expected of one parameter: a value, or some of its choices."""

    at: Number | None = Field(None, description="the value expected")
    within: Number | None = Field(
        None, description="standard deviation about it; of parameters with log: true in decades"
    )
    likely: Annotated[list[Choice], BeforeValidator(listed)] = Field(
        default_factory=list, description="the choices or levels expected, instead of a value"
    )
    factor: PlainNumber = Field(3.0, gt=1, description="how many times as likely they are as the others")

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> Self:
        near = self.at is not None and self.within is not None
        if (self.at is None) != (self.within is None) or near == bool(self.likely):
            raise ValueError("give at and within for a value, or likely for choices")
        return self


def build_expectation(expect: Mapping[str, ExpectSpec], space: Mapping[str, ParameterSpec]) -> Expectation | None:
    """Return what is expected, in the parameters' own units; None where nothing is said.

    Raises:
        SpecError: it speaks of an unknown parameter, or a unit does not fit.
    """
    if not expect:
        return None
    return Expectation({name: _term(name, part, space) for name, part in expect.items()})


def _term(name: str, part: ExpectSpec, space: Mapping[str, ParameterSpec]) -> Near | Likely:
    if name not in space:
        raise SpecError(
            f"expect speaks of {name!r}, which is no parameter",
            field=f"expect.{name}",
            value=name,
            allowed=", ".join(space),
        )
    knob = space[name]
    unit, traits = str(getattr(knob, "unit", "")), knob.traits(name)
    if part.at is None or part.within is None:
        if traits.kind == "text":
            return Likely(tuple(str(choice) for choice in part.likely), part.factor)
        return Likely(tuple(parse_quantity(x, unit, f"expect.{name}.likely") for x in part.likely), part.factor)
    log = traits.scale == "log"
    within = parse_quantity(part.within, "" if log else unit, f"expect.{name}.within", difference=not log)
    return Near(parse_quantity(part.at, unit, f"expect.{name}.at"), within, log)
