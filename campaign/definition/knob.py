"""What the parameters of a campaign file have in common, and what the file alone says of their values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from zosimos.campaign.definition.fields import Choice, Name, listed
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


class Knob(Part):
    """What every parameter may have."""

    role: Literal["control", "context"] = Field(
        "control", description="context: not chosen but found and recorded, as under context:"
    )
    when: dict[Name, Annotated[list[Choice], BeforeValidator(listed)]] = Field(
        default_factory=dict, description="other parameter: its values under which this one counts; elsewhere: default"
    )
