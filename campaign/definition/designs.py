"""A design of experiments in a campaign file: what the campaign begins with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self, TypeAlias

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    SerializerFunctionWrapHandler,
    Tag,
    model_serializer,
    model_validator,
)

from zosimos.campaign.definition.fields import Name, PlainNumber, Whole
from zosimos.core.errors import SpecError
from zosimos.core.validation import Part, problem
from zosimos.planners.designs.request import DesignRequest

NUMBER, DESIGN = "start-number", "start-design"


class DesignSpec(Part):
    """A design of experiments that the campaign begins with."""

    design: str = Field(
        description="full-factorial, fractional-factorial, plackett-burman, central-composite, box-behnken, "
        "latin-hypercube, simplex-lattice, simplex-centroid, extreme-vertices, d-optimal or i-optimal"
    )
    centre: Whole | None = Field(None, description="number of centre points; left out: as is usual for the design")
    blocks: Whole = Field(1, description="blocks, such as days or batches, that the runs are shared out over")
    replicates: Whole = Field(1, description="how many times all of it is run, centre points aside")
    randomise: bool = Field(True, description="draw the order of the runs by lot, from the seed, within blocks")
    runs: Whole | None = Field(
        None, description="of fractional-factorial, plackett-burman, latin-hypercube and optimal designs: how many runs"
    )
    resolution: Whole | None = Field(
        None, description="of fractional-factorial, at least: 3, 4 (the default: main effects clear of pairs), 5, ..."
    )
    generators: list[str] = Field(
        default_factory=list,
        description="of fractional-factorial, instead: E=ABC, the letters being the parameters in their order",
    )
    levels: Whole | dict[Name, Whole] = Field(
        2, description="of full-factorial: levels of each parameter with numbers, or parameter: levels"
    )
    shape: str = Field(
        "inscribed", description="of central-composite: inscribed, or face-centred, with its corners at the ends too"
    )
    alpha: PlainNumber | str = Field(
        "rotatable", description="of central-composite: rotatable, orthogonal, or how far out the axial points lie"
    )
    degree: Whole = Field(
        2,
        description="of simplex-lattice: shares in steps of 1/degree; of simplex-centroid: most parts in a blend; of "
        "extreme-vertices: 2 with the middles of edges, 1 without",
    )
    model: str = Field(
        "quadratic", description="of optimal designs: what is to be estimated: linear, interactions, quadratic, ..."
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        try:
            _ = self.request
        except SpecError as error:
            raise problem(error, error.field or "design") from error
        return self

    @model_serializer(mode="wrap")
    def _said(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Keep what is said: a setting that is added later changes no spec on record."""
        usual = {k: part.get_default(call_default_factory=True) for k, part in type(self).model_fields.items()}
        return {k: v for k, v in handler(self).items() if k == "design" or v != usual[k]}

    @property
    def request(self) -> DesignRequest:
        """The design that is wanted.

        Raises:
            SpecError: a setting is wrong, or the design does not know it.
        """
        given = {name: getattr(self, name) for name in type(self).model_fields}
        return DesignRequest(**{**given, "generators": tuple(self.generators)})


def _named(value: Any) -> Any:
    """Take a name for the design of that name."""
    if isinstance(value, str) and not value.strip().lstrip("+-").isdigit():
        return {"design": value.strip()}
    return value


def _kind(value: Any) -> str:
    return DESIGN if isinstance(value, Mapping | DesignSpec) else NUMBER


StartSpec: TypeAlias = Annotated[
    Annotated[Annotated[Whole, Field(ge=0)], Tag(NUMBER)] | Annotated[DesignSpec, Tag(DESIGN)],
    Discriminator(_kind),
    BeforeValidator(_named),
]
