"""Mechanisms in a campaign file: ``planner.formula`` and ``planner.constants``, for ``surrogate: mechanistic``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, TypeAlias

from pydantic import BeforeValidator

from zosimos.campaign.definition.fields import Name, formula
from zosimos.core.errors import SpecError
from zosimos.planners.goal.mechanisms import Mechanisms

if TYPE_CHECKING:  # the model is made of parts that stand beside this one
    from zosimos.campaign.definition.model import PlannerSpec

SURROGATE = "mechanistic"


def _texts(value: object) -> object:
    """Refuse what is neither a text nor texts by name in one message: a union would give one for each of its parts."""
    texts = list(value.values()) if isinstance(value, Mapping) else [value]
    if value is not None and not all(isinstance(text, str) for text in texts):
        raise SpecError(
            "the formula is not a text",
            field="planner.formula",
            value=value,
            allowed="a text, or objective: text",
            hint='put it in quotes, such as "a + b * temperature"',
        )
    return value


Formulas: TypeAlias = Annotated[str | dict[Name, str] | None, BeforeValidator(_texts)]


def build_mechanisms(part: PlannerSpec, measured: Sequence[str]) -> Mechanisms | None:
    """Return what outcomes should follow; None where another surrogate models them.

    Raises:
        SpecError: the surrogate has no formula, another one has, or a formula cannot be read or is of no objective.
    """
    if part.surrogate != SURROGATE:
        for name, given in (("formula", part.formula), ("constants", part.constants)):
            if given:
                raise SpecError(
                    f"planner.{name} is for the surrogate {SURROGATE!r} alone",
                    field=f"planner.{name}",
                    value=given,
                    allowed=f"nothing with the surrogate {part.surrogate!r}",
                    hint=f"write surrogate: {SURROGATE}, or leave out {name}",
                )
        return None
    if not part.formula:
        raise SpecError(
            f"the surrogate {SURROGATE!r} needs a formula",
            field="planner.formula",
            allowed="arithmetic on parameters and constants",
            hint="such as formula: k0 * exp(-Ea / (8.314 * temperature)), and bounds for k0 and Ea under constants:",
        )
    texts = part.formula
    if isinstance(texts, str):
        if len(measured) > 1:
            raise SpecError(
                "planner.formula does not say of which measured quantity it is",
                field="planner.formula",
                value=texts,
                allowed=f"a formula for each of {', '.join(measured)}, or for some",
                hint=f"write formula: {{ {measured[0]}: ... }}",
            )
        read = {measured[0]: formula(texts, "planner.formula")}
    else:
        read = {name: formula(text, f"planner.formula.{name}") for name, text in texts.items()}
    return Mechanisms(read, {name: (low, high) for name, (low, high) in part.constants.items()})
