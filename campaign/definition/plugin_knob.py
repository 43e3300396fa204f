"""Parameters of types that installed packages bring, in a campaign file: what is theirs is kept as it is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import ConfigDict, Field, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from zosimos.campaign.definition.fields import Choice, Number, in_unit
from zosimos.campaign.definition.knob import Knob, Traits
from zosimos.core.canonical import canonical_json
from zosimos.core.nearest import did_you_mean
from zosimos.core.parameter import Parameter, levels_of
from zosimos.core.parameter_types import make_parameter, type_names

RECORDED = "recorded"
"""In a validation's context: the data are on record, so that a type may be one whose package is gone."""

SHIPPED = ("continuous", "integer", "discrete", "categorical", "molecule", "composition")
"""Types that a campaign file can name without a package; none can take their names."""

_LISTED = 1000  # values of a plugin's parameter that count as levels on a list: more are a range


class PluginParameterSpec(Knob):
    """A parameter of a type that an installed package brings; the other fields are the type's own."""

    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)

    type: str = Field(
        description="the type's name, as its package calls it", json_schema_extra={"not": {"enum": list(SHIPPED)}}
    )
    unit: str = Field("", description="unit of the values")
    default: Choice | None = Field(None, description="value where it does not count, with when")
    error: Number | None = Field(None, description="standard deviation with which it is set; off where left out")

    @model_validator(mode="before")
    @classmethod
    def _of_a_known_type(cls, data: Any, info: ValidationInfo) -> Any:
        """Refuse a type that nobody brings, unless it is on record; nothing is imported."""
        name = data.get("type") if isinstance(data, Mapping) else None
        if isinstance(data, Mapping) and name not in type_names() and not (info.context or {}).get(RECORDED, False):
            known = (*SHIPPED, *type_names())
            hint = did_you_mean(str(name), known, "correct it, or install the package that brings it")
            context = {"tag": str(name), "allowed": ", ".join(known), "hint": hint}
            raise PydanticCustomError("unknown_type", "unknown type", context)
        return data

    @model_validator(mode="after")
    def _plain(self) -> Self:
        in_unit(self, self.unit, "error", apart=("error",))
        try:
            canonical_json(self.fields)
        except (TypeError, ValueError) as error:
            raise ValueError(f"only finite numbers, texts, lists and mappings can be recorded: {error}") from error
        return self

    @property
    def fields(self) -> dict[str, Any]:
        """The type's own fields."""
        return dict(self.__pydantic_extra__ or {})

    def parameter(self, name: str) -> Parameter:
        """Return the parameter.

        Raises:
            SpecError: its package is not installed, the type is broken, or it refuses a field.
        """
        return make_parameter(self.type, name, self.unit, self.role, self.fields)

    def traits(self, name: str) -> Traits:
        """Return what the type says of the values. Raises as :meth:`parameter` does."""
        made = self.parameter(name)
        return Traits(made.kind, made.scale, made.bounds, tuple(levels_of(made)) if made.count <= _LISTED else ())
