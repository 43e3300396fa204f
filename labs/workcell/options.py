"""What a campaign file says of a laboratory made of files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from pydantic import Field

from zosimos.core.errors import SpecError
from zosimos.core.units import parse_quantity
from zosimos.core.validation import Part
from zosimos.workcell.protocol.model import Protocol
from zosimos.workcell.words import Key

Constant: TypeAlias = float | str | list[float]


class WorkcellOptions(Part):
    """What a campaign file says of a laboratory made of a lab file and a recipe."""

    file: str = Field(description="the lab file, relative to the campaign file: devices, places, stations, limits")
    protocol: str = Field(description="the recipe, relative to the campaign file: what an experiment does")
    constants: dict[Key, Constant] = Field(
        default_factory=dict,
        description="inputs of the recipe that are the same in every experiment: a number in the recipe's unit, a "
        "quantity such as '1.5 mL', a text, or a list of numbers",
    )
    served: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9_.-]+:[0-9]{1,5}$",
        description="HOST:PORT of zosimos lab serve, whose devices are used instead of those of the lab file",
    )
    time_scale: float = Field(1.0, ge=1, le=1e5, description="how much faster than real time the served lab runs")


def in_the_recipes_units(constants: Mapping[str, Constant], protocol: Protocol) -> dict[str, Any]:
    """Return constants as the recipe takes them: quantities as numbers in the unit of their input.

    Raises:
        SpecError: the recipe has no such input.
        UnitError: a quantity does not fit the unit of its input.

    >>> recipe = Protocol(name="mix", roles={}, inputs={"volume": "mL", "solvent": ""}, steps=[{"wait": 1}])
    >>> in_the_recipes_units({"volume": "1.5 cm^3", "solvent": "water"}, recipe)
    {'volume': 1.5, 'solvent': 'water'}
    """
    found: dict[str, Any] = {}
    for name, value in constants.items():
        field = f"lab.constants.{name}"
        if name not in protocol.inputs:
            raise SpecError(
                f"the recipe {protocol.name!r} has no input {name!r}",
                field=field,
                value=value,
                allowed=", ".join(protocol.inputs) or "it has no inputs",
                hint="correct the name, or add it to the recipe's inputs with its unit",
            )
        unit = protocol.inputs[name]
        is_quantity = isinstance(value, str) and unit
        found[name] = parse_quantity(value, unit, field) if is_quantity else _plain(value)  # type: ignore[arg-type]  # a text
    return found


def _plain(value: Constant) -> Any:
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
