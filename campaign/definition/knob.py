"""What the parameters of a campaign file have in common, and what the file alone says of their values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, SerializerFunctionWrapHandler, StrictBool, model_serializer

from zosimos.campaign.definition.fields import Choice, Name, listed, unsaid_left_out
from zosimos.core.parameter import Scale, ValueKind
from zosimos.core.validation import Part
from zosimos.core.values import Value


@dataclass(frozen=True)
class Traits:
    """What a campaign file alone says of a parameter's values: enough to read a table and to draw an axis.

    Args:
        kind: what they are.
        scale: how they become model columns.
        bounds: the lowest and the highest number; None of texts.
        levels: texts or numbers that are listed; those of a pool's texts are in its table.
    """

    kind: ValueKind
    scale: Scale
    bounds: tuple[float, float] | None = None
    levels: tuple[Value, ...] = ()


Text: TypeAlias = Annotated[str, Field(min_length=1, max_length=300)]
"""What says which substance something is."""

Species: TypeAlias = StrictBool | Text | list[Text] | dict[Text, Text | list[Text]]
"""Which substances a parameter means: true for what it or its choices are called, a name or several, or by choice."""


class Knob(Part):
    """What every parameter may have."""

    role: Literal["control", "context"] = Field(
        "control", description="context: not chosen but found and recorded, as under context:"
    )
    when: dict[Name, Annotated[list[Choice], BeforeValidator(listed)]] = Field(
        default_factory=dict, description="other parameter: its values under which this one counts; elsewhere: default"
    )
    species: Species | None = Field(
        None,
        description="which substance it is: a name, a formula or a CAS number, several of them, or one for each "
        "choice; true: what its choices are called, or what it is called itself",
    )

    @model_serializer(mode="wrap")
    def _as_before(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what is not said and specs on record do not know: digests over them stay what they were."""
        return unsaid_left_out(handler(self), "species")
