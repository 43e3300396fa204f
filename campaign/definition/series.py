"""Series in a campaign file: what is measured along an axis, ``along:``, or under names of its own, ``channels:``."""

from __future__ import annotations

import math
from typing import Annotated, Any, Self, TypeAlias

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from zosimos.campaign.definition.fields import Name, PlainNumber, Whole
from zosimos.core.errors import SpecError
from zosimos.core.series import MOST_CHANNELS, Series
from zosimos.core.validation import Part

_NEAR = 1e-9  # of a step: so far may the end lie from the last place


class AxisSpec(Part):
    """Where along an axis a series is measured: places at equal distances, or a list of them."""

    min: PlainNumber | None = Field(None, description="first place")
    max: PlainNumber | None = Field(None, description="last place, which is measured too")
    step: PlainNumber | None = Field(None, gt=0, description="distance of two places")
    count: Whole | None = Field(None, ge=2, le=MOST_CHANNELS, description="number of places, instead of step")
    values: list[PlainNumber] | None = Field(None, description="the places one by one, instead of min and max")
    unit: str = Field("", description="unit of the axis, such as nm or s; for words only")

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> Self:
        regular = (self.min, self.max)
        if self.values is not None:
            if any(part is not None for part in (*regular, self.step, self.count)):
                raise ValueError("give values, or min and max, not both")
            return self
        if None in regular or (self.step is None) == (self.count is None):
            raise ValueError("give min, max and step (or count), or values")
        return self


def _axis(value: object) -> object:
    return {"values": list(value)} if isinstance(value, list | tuple) else value


AlongSpec: TypeAlias = Annotated[AxisSpec, BeforeValidator(_axis)]
ChannelsSpec: TypeAlias = list[Name]


def build_series(name: str, along: AxisSpec | None, channels: list[str] | None) -> Series:
    """Return a series that a campaign file declares; channels without names are called by their places.

    >>> build_series("s", AxisSpec(min=0, max=1, step=0.5), None).channels
    ('s_0', 's_0.5', 's_1')

    Raises:
        SpecError: it has no or too many channels, or as many names as it has no places.
    """
    axis = () if along is None else _places(name, along)
    named = tuple(f"{name}_{place:.10g}" for place in axis) if channels is None else tuple(channels)
    return Series(name, named, axis, "" if along is None else along.unit)


def _places(name: str, along: AxisSpec) -> tuple[float, ...]:
    if along.values is not None:
        return tuple(along.values)
    low, high = float(along.min or 0.0), float(along.max or 0.0)
    if not low < high:
        raise _refused(name, "min", low, f"below max, {high:g}", "min is not below max")
    if not math.isfinite(high - low):
        raise _refused(name, "max", high, "a smaller range", "from min to max is more than a number can be")
    if along.count is not None:
        return tuple(np.linspace(low, high, along.count).tolist())
    steps = (high - low) / float(along.step or 1.0)
    if abs(steps - round(steps)) > _NEAR * max(1.0, steps):
        raise _refused(name, "step", along.step, "a part of max - min", "the steps from min do not end at max")
    if round(steps) >= MOST_CHANNELS:
        raise _refused(
            name, "step", along.step, f"at most {MOST_CHANNELS} channels", f"{steps + 1:g} channels are too many"
        )
    digits = 10  # 400 + 3 * 0.1 is 400.3
    return tuple(round(low + place * (high - low) / round(steps), digits) for place in range(round(steps) + 1))


def _refused(name: str, field: str, value: Any, allowed: str, why: str) -> SpecError:
    return SpecError(f"the axis of {name}: {why}", field=f"measured.{name}.along.{field}", value=value, allowed=allowed)
