"""Parameters in a campaign file: what may be said of each knob, and of each condition that is found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    SerializerFunctionWrapHandler,
    Tag,
    model_serializer,
    model_validator,
)

from zosimos.campaign.definition.fields import (
    Number,
    PlainNumber,
    Whole,
    by_itself,
    checked,
    empty_left_out,
    in_unit,
    unsaid_left_out,
)
from zosimos.campaign.definition.knob import Knob, Traits
from zosimos.campaign.definition.plugin_knob import SHIPPED, PluginParameterSpec
from zosimos.core.units import check_unit, parse_quantity


def _none(value: object) -> object:
    """Take the word none for nothing."""
    return None if isinstance(value, str) and value.strip().lower() == "none" else value


class _Ranged(Knob):
    """A parameter with a unit and bounds that may be written in other units."""

    unit: str = Field("", description="unit of the values, such as degC or mL/min")
    default: Number | None = Field(None, description="value where it does not count, with when; or before it was there")
    error: Number | None = Field(None, description="standard deviation with which it is set; off where left out")

    @model_validator(mode="after")
    def _in_own_unit(self) -> Self:
        in_unit(self, self.unit, "min", "max", "step", "default", "error", apart=("step", "error"))
        return self


class ContinuousSpec(_Ranged):
    """A real number between two bounds."""

    type: Literal["continuous"] = "continuous"
    min: Number = Field(description="lowest value")
    max: Number = Field(description="highest value")
    log: bool = Field(False, description="search on a logarithmic scale")
    step: Annotated[Number | None, BeforeValidator(_none)] = Field(
        None, description="smallest change the equipment can make, counted from min; none: any"
    )
    rounding: Annotated[Number | None, BeforeValidator(_none)] = Field(
        None,
        description="to what proposals are rounded, counted from min, where other values are valid too; left out: in "
        "campaigns by hand, about a thousandth of the range; none: not rounded",
    )
    digits: Annotated[Whole | None, BeforeValidator(_none)] = Field(
        None, ge=1, le=15, description="instead, to how many significant digits; left out, 3 by hand with log"
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        in_unit(self, self.unit, "rounding", apart=("rounding",))
        said = [name for name in ("step", "rounding", "digits") if getattr(self, name) is not None]
        if len(said) > 1:
            raise ValueError(f"{' and '.join(said)} both say which numbers are proposed: keep one")
        if self.rounding is not None and not 0 < float(self.rounding) <= float(self.max) - float(self.min):
            raise ValueError("rounding does not fit the range: it must be above 0, and at most the range")
        return self

    @model_serializer(mode="wrap")
    def _as_before(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what is not said and specs on record do not know: digests over them stay what they were."""
        return unsaid_left_out(handler(self), "rounding", "digits", "species")

    def traits(self, name: str) -> Traits:  # noqa: ARG002 - each part is asked with its name
        """Return what the file says of the values."""
        return Traits("number", "log" if self.log else "linear", (float(self.min), float(self.max)))


class IntegerSpec(_Ranged):
    """A whole number between two bounds, both included."""

    type: Literal["integer"] = "integer"
    min: Number = Field(description="lowest value")
    max: Number = Field(description="highest value")

    def traits(self, name: str) -> Traits:  # noqa: ARG002 - each part is asked with its name
        """Return what the file says of the values."""
        return Traits("whole", "linear", (float(self.min), float(self.max)))


class DiscreteSpec(Knob):
    """One of a few numeric levels."""

    type: Literal["discrete"] = "discrete"
    levels: list[Number] = Field(description="the levels")
    unit: str = Field("", description="unit of the levels")
    default: Number | None = Field(None, description="level where it does not count, with when; or before it was there")
    error: Number | None = Field(None, description="standard deviation with which it is set; off where left out")

    @model_validator(mode="after")
    def _in_own_unit(self) -> Self:
        checked(check_unit, self.unit, part="unit")
        levels: list[Number] = [checked(parse_quantity, level, self.unit, part="levels") for level in self.levels]
        object.__setattr__(self, "levels", levels)
        in_unit(self, self.unit, "default", "error", apart=("error",))
        return self

    def traits(self, name: str) -> Traits:  # noqa: ARG002 - each part is asked with its name
        """Return what the file says of the values."""
        levels = tuple(sorted(float(level) for level in self.levels))
        return Traits("number", "linear", (levels[0], levels[-1]) if levels else None, levels)


_DESCRIBED = ("descriptions", "molecules", "compositions", "crystals")


class CategoricalSpec(Knob):
    """One of several names, perhaps with what says how alike they are: numbers, molecules, compositions or crystals."""

    type: Literal["categorical", "molecule", "composition"] = Field(
        "categorical", description="molecule, composition: the choices, or a pool's cells, are SMILES or formulas"
    )
    choices: list[str] = Field(
        default_factory=list,
        description="the names; quote yes, no, on, off and numbers; may be left out where they are given below",
    )
    descriptors: dict[str, dict[str, PlainNumber]] = Field(
        default_factory=dict, description="for each choice, numbers that say how alike choices are"
    )
    descriptions: dict[str, Annotated[str, Field(min_length=1, max_length=1000)]] = Field(
        default_factory=dict, description="for each choice, what it is, in words: alike descriptions, alike choices"
    )
    molecules: dict[str, str] = Field(default_factory=dict, description="for each choice, its SMILES")
    compositions: Annotated[dict[str, str], BeforeValidator(by_itself)] = Field(
        default_factory=dict, description="for each choice, its chemical formula; or a list of formulas"
    )
    crystals: dict[str, str] = Field(default_factory=dict, description="for each choice, the text of its CIF file")
    fingerprint: bool = Field(False, description="of molecules, count the surroundings of their atoms besides")
    by_name: bool | None = Field(
        None, description="true: choices are only names, also where they are SMILES or known substances"
    )
    default: str | None = Field(None, description="choice where it does not count, with when; or before it was there")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        named = {name: getattr(self, name) for name in ("descriptors", *_DESCRIBED)}
        given = {name: keys for name, keys in named.items() if keys}
        if self.descriptors and self.descriptions:  # what the words came to when the campaign began
            del given["descriptors"]
        if len(given) + (self.type != "categorical") > 1:
            sources = [*given, *([] if self.type == "categorical" else [f"type: {self.type}"])]
            raise ValueError(f"{' and '.join(sources)} cannot both say how alike the choices are: keep one")
        described = list(next(iter(given.values()), ()))
        if not self.choices and self.type == "categorical":
            if not described:
                raise ValueError("there are no choices: add choices:, a list of two or more names")
            object.__setattr__(self, "choices", described)
        if "descriptors" not in given and described and set(described) != set(self.choices):
            odd = sorted(set(described) ^ set(self.choices))
            raise ValueError(f"{next(iter(given))} and choices differ in {', '.join(odd)}")
        odd = [name for name in self.species if name not in self.choices] if isinstance(self.species, dict) else []
        if odd and self.choices:
            raise ValueError(f"species speaks of {', '.join(odd)}, which is no choice: write the choices as they are")
        if self.fingerprint and not (self.molecules or self.type == "molecule"):
            raise ValueError("fingerprint needs molecules")
        if self.by_name and (given or self.type != "categorical"):
            source = next(iter(given), f"type: {self.type}")
            raise ValueError(f"by_name and {source} contradict each other: keep one")
        return self

    @model_serializer(mode="wrap")
    def _as_before(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what is not said and specs on record do not know: digests over them stay what they were."""
        return empty_left_out(unsaid_left_out(handler(self), "by_name", "species"), "descriptions")

    def traits(self, name: str) -> Traits:  # noqa: ARG002 - each part is asked with its name
        """Return what the file says of the values."""
        return Traits("text", "own", levels=tuple(self.choices))


_NAMED = ("choices", *_DESCRIBED)


def _parameter_type(data: Any) -> str:
    if isinstance(data, Mapping):
        if "type" in data:
            return _tag(data["type"])
        return "categorical" if any(key in data for key in _NAMED) else "discrete" if "levels" in data else "continuous"
    return _tag(getattr(data, "type", "continuous"))


def _tag(type_name: object) -> str:
    if type_name in ("molecule", "composition"):
        return "categorical"
    return str(type_name) if type_name in SHIPPED else "plugin"


ParameterSpec: TypeAlias = Annotated[
    Annotated[ContinuousSpec, Tag("continuous")]
    | Annotated[IntegerSpec, Tag("integer")]
    | Annotated[DiscreteSpec, Tag("discrete")]
    | Annotated[CategoricalSpec, Tag("categorical")]
    | Annotated[PluginParameterSpec, Tag("plugin")],
    Discriminator(_parameter_type),
]
