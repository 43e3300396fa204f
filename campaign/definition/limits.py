"""Constraints in a campaign file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag

from zosimos.campaign.definition.fields import Name, PlainNumber, Whole
from zosimos.core.validation import Part


class LinearSpec(Part):
    """A bound on a weighted sum of parameters."""

    type: Literal["linear"]
    coefficients: dict[Name, PlainNumber] = Field(description="parameter: weight")
    min: PlainNumber | None = None
    max: PlainNumber | None = None


class SimplexSpec(Part):
    """Parts that sum to a total."""

    type: Literal["simplex"]
    of: list[Name] = Field(description="the parameters that sum to the total")
    total: PlainNumber = 1.0
    tolerance: PlainNumber = Field(1e-6, description="for pools of rounded numbers")
    at_least: Whole = Field(0, ge=0, description="fewest parts above 0")
    at_most: Whole | None = Field(None, ge=1, description="most parts above 0 (default: all)")
    minimum: PlainNumber = Field(0.0, ge=0, description="least amount of a part that is present")


class CardinalitySpec(Part):
    """How many of some parts are present (above 0)."""

    type: Literal["cardinality"]
    of: list[Name] = Field(description="the parameters that are counted")
    at_least: Whole = Field(0, ge=0, description="fewest parts above 0")
    at_most: Whole | None = Field(None, ge=0, description="most parts above 0 (default: all)")
    minimum: PlainNumber = Field(0.0, ge=0, description="least amount of a part that is present")


def _constraint_type(data: Any) -> str:
    if isinstance(data, str):
        return "expression"
    return str(data.get("type") if isinstance(data, Mapping) else getattr(data, "type", None))


ConstraintSpec: TypeAlias = Annotated[
    Annotated[str, Field(max_length=500), Tag("expression")]
    | Annotated[LinearSpec, Tag("linear")]
    | Annotated[SimplexSpec, Tag("simplex")]
    | Annotated[CardinalitySpec, Tag("cardinality")],
    Discriminator(_constraint_type),
]
