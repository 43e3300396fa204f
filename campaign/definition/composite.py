"""Objectives made of measured quantities, as a campaign file says them: ``of:``, ``measured:`` and ``constants:``.

A name in such a formula is, in this order: a parameter, a constant of the file, a number (or list of numbers) among the
lab's own fields, a series declared under ``measured:``, or else a quantity that is to be measured.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Self, TypeAlias

from pydantic import BeforeValidator, Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from zosimos.campaign.definition.fields import (
    Number,
    checked,
    formula,
    in_unit,
    settled,
    settled_share,
    shared_in_unit,
    unsaid_left_out,
)
from zosimos.campaign.definition.series import AlongSpec, ChannelsSpec, build_series
from zosimos.core.composite import Composite, MeasuredQuantity, named_in
from zosimos.core.errors import SpecError
from zosimos.core.naming import is_respelled
from zosimos.core.objective import check_shared
from zosimos.core.revision import FIFTH
from zosimos.core.series import Curve, Series
from zosimos.core.units import parse_quantity
from zosimos.core.validation import Part

if TYPE_CHECKING:
    from zosimos.campaign.definition.model import CampaignSpec

U_SHARED = (
    "how much of the standard uncertainty that results state is the same for all of them (calibration): in its unit, "
    "all, or none; left out: it is learned"
)
_MOST = 200  # numbers in a list or a curve


def _constant(value: object) -> object:
    if isinstance(value, Mapping):
        if not 0 < len(value) <= _MOST:
            raise ValueError(f"a curve of 1 to {_MOST} numbers is meant, each by its place on the axis")
        return {checked(parse_quantity, at, ""): checked(parse_quantity, item, "") for at, item in value.items()}
    if isinstance(value, list | tuple):
        if not 0 < len(value) <= _MOST:
            raise ValueError(f"a list of 1 to {_MOST} numbers is meant")
        return [checked(parse_quantity, item, "") for item in value]
    return checked(parse_quantity, value, "")


ConstantSpec: TypeAlias = Annotated[float | list[float] | dict[float, float], BeforeValidator(_constant)]


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
    along: AlongSpec | None = Field(
        None,
        description="makes it a series, such as a spectrum: where along an axis it is measured, {min: 400, max: 700, "
        "step: 10, unit: nm} or a list; its channels are called NAME_400, NAME_410, ...",
    )
    channels: ChannelsSpec | None = Field(
        None, description="makes it a series: the names of the measured quantities, where they have names of their own"
    )
    u_shared: Number | None = Field(None, description=U_SHARED)

    @model_validator(mode="after")
    def _in_own_unit(self) -> Self:
        in_unit(self, self.unit, "min", "max")
        shared_in_unit(self, self.unit)
        return self

    @model_serializer(mode="wrap")
    def _as_before(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what is not said and specs on record do not know: digests over them stay what they were."""
        return unsaid_left_out(handler(self), "along", "channels", "u_shared")


def build_composites(spec: CampaignSpec) -> dict[str, Composite]:
    """Return the formula of each objective that has one, by the objective's name.

    Raises:
        SpecError: a formula is wrong, names another objective's, or something is declared that no formula names.
    """
    found = {name: _composite(spec, name, part.of) for name, part in spec.objectives.items() if part.of is not None}
    quantities = {part.name for composite in found.values() for part in composite.quantities}
    quantities |= {series.name for series in series_of(spec).values() if quantities.intersection(series.channels)}
    constants = {name for composite in found.values() for name in composite.constants}
    for field, declared, used in (("measured", spec.measured, quantities), ("constants", spec.constants, constants)):
        for name in declared:
            if name not in used:
                raise SpecError(
                    f"no formula of an objective names {name}",
                    field=f"{field}.{name}",
                    allowed=", ".join(sorted(used)) or "nothing: no objective has a formula (of:)",
                    hint=_alike(name, used) or "correct the name, or leave it out",
                )
    return found


def _alike(name: str, used: Collection[str]) -> str:
    """Return what to do about a name that is in a formula with signs that only look the same; "" if none is."""
    plain = unicodedata.normalize("NFKC", name)
    same = next((other for other in used if unicodedata.normalize("NFKC", other) == plain), None)
    return "" if same is None else f"the formula has {same}, with other signs that look the same: copy the name"


def channels_of(spec: CampaignSpec) -> frozenset[str]:
    """Return the channels of all series: what no line or table for the eye has room for."""
    return frozenset(channel for series in series_of(spec).values() for channel in series.channels)


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
    declared = series_of(spec)
    known = _respelled(spec, declared)
    field, names = f"objectives.{name}.of", named_in(text, known)
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
    series = tuple(declared[other] for other in names if other in declared)
    measured = [other for other in names if other not in spec.space and other not in constants]
    channels = [channel for other in measured for channel in _channels(other, declared)]
    quantities = tuple(_quantity(spec, *channel) for channel in dict(channels).items())
    try:
        return Composite(text, quantities, constants, series, known=known)
    except SpecError as error:
        raise SpecError(error.message, field=field, value=text, allowed=error.allowed, hint=error.hint) from error


def _respelled(spec: CampaignSpec, series: Mapping[str, Series]) -> tuple[str, ...]:
    """Return the names of a spec that Python would read as other ones, such as µ: in formulas they are themselves."""
    channels = (channel for one in series.values() for channel in one.channels)
    return tuple(filter(is_respelled, (*spec.space, *spec.objectives, *spec.measured, *spec.constants, *channels)))


def series_of(spec: CampaignSpec) -> dict[str, Series]:
    """Return the series that a spec declares, by name.

    Raises:
        SpecError: one is none, or a channel has the name of something else.
    """
    found: dict[str, Series] = {}
    owners: dict[str, str] = {}
    for name, part in spec.measured.items():
        if part.along is None and part.channels is None:
            continue
        if spec.since(FIFTH) and (name in spec.space or name in spec.objectives):
            raise SpecError(
                f"{name} is {'a parameter' if name in spec.space else 'an objective'} and a series, too",
                field=f"measured.{name}",
                value=name,
                hint="rename one of them",
            )
        found[name] = build_series(name, part.along, part.channels)
        for channel in found[name].channels:
            other = owners.setdefault(channel, name)
            if channel in spec.space or channel in spec.objectives or channel in spec.measured or other != name:
                raise SpecError(
                    f"{channel}, a channel of {name}, is something else, too",
                    field=f"measured.{name}",
                    value=channel,
                    hint="rename one of them, or give channels: names of their own",
                )
    return found


def _channels(name: str, declared: Mapping[str, Series]) -> list[tuple[str, str]]:
    """Return the quantities that a name in a formula stands for, each with the part of the spec that tells of it."""
    if name in declared:
        return [(channel, name) for channel in declared[name].channels]
    owner = next((series.name for series in declared.values() if name in series.channels), name)
    return [(name, owner)]


def _quantity(spec: CampaignSpec, name: str, told: str) -> MeasuredQuantity:
    """Return a quantity that is measured, of which a part of the spec tells."""
    part, own = spec.measured.get(told, MeasuredSpec()), spec.objectives.get(name)
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
            f"{told}: min is not below max", field=f"measured.{told}.min", value=low, allowed=f"below {high:g}"
        )
    shared = settled_share(part.u_shared)
    check_shared(shared, f"measured.{told}.u_shared", told, high - low)
    if own is not None:
        return MeasuredQuantity(name, own.unit, low, high, settled_share(own.u_shared))
    return MeasuredQuantity(name, part.unit, low, high, shared)


def _constants(spec: CampaignSpec) -> Mapping[str, float | tuple[float, ...] | Curve]:
    for name in spec.constants:
        if name in spec.space or name in spec.objectives or name in spec.measured:
            raise SpecError(
                f"{name} is a constant and something else, too", field=f"constants.{name}", hint="rename one of them"
            )
    given: dict[str, Any] = {} if spec.lab is None else spec.lab.options
    own = given.get("constants")  # of a lab whose options are constants of its recipe
    known = {**given, **(own if isinstance(own, Mapping) else {}), **spec.constants}
    curves = {name: _curve(name, value) for name, value in spec.constants.items() if isinstance(value, Mapping)}
    numbers = {name: value for name, value in known.items() if _numeric(value)}
    return curves | {
        name: tuple(map(float, value)) if isinstance(value, list | tuple) else float(value)
        for name, value in numbers.items()
        if name not in spec.space and name not in spec.objectives and name not in spec.measured
    }


def _curve(name: str, values: Mapping[float, float]) -> Curve:
    try:
        return Curve(tuple(values), tuple(values.values()))
    except SpecError as error:
        error.field = f"constants.{name}"
        raise


def _numeric(value: object) -> bool:
    if isinstance(value, list | tuple):
        return bool(value) and all(_numeric(item) and not isinstance(item, list | tuple) for item in value)
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
