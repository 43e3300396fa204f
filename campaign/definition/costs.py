"""What experiments cost and use up, in a campaign file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Self, TypeAlias

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from zosimos.campaign.definition.fields import Name, Number, PlainNumber, formula, in_unit
from zosimos.core.errors import SpecError
from zosimos.core.space import SearchSpace
from zosimos.core.validation import Part
from zosimos.planners.candidates.sampling import fresh, sobol_rows
from zosimos.planners.goal.cost import Costs, Stock

_LOOKED_AT = 1024  # rows of a space that cannot be listed, to say what the cheapest costs


def _formula(value: object) -> object:
    """Take a number for the formula that says it."""
    if isinstance(value, bool):
        raise PydanticCustomError("truth", "a number or a formula is meant, not yes or no")
    return repr(value) if isinstance(value, int | float) else value


FormulaText: TypeAlias = Annotated[str, BeforeValidator(_formula), Field(min_length=1, max_length=500)]


class CostsSpec(Part):
    """What an experiment costs."""

    each: FormulaText = Field(description="cost of an experiment: a number, or arithmetic on parameters")
    choices: dict[Name, dict[str, PlainNumber]] = Field(
        default_factory=dict, description="parameter: what each of its choices adds"
    )
    changeover: dict[Name, PlainNumber] = Field(
        default_factory=dict,
        description="parameter: what is added when it differs from the experiment before (numbers: per unit)",
    )
    unit: str = Field("", max_length=20, description="unit of costs, such as min or EUR")


class StockSpec(Part):
    """Something that experiments use up."""

    amount: Number = Field(description="how much there is")
    uses: FormulaText = Field(description="how much an experiment takes: a number, or arithmetic on parameters")
    unit: str = Field("", description="unit of both")

    @model_validator(mode="after")
    def _in_own_unit(self) -> Self:
        in_unit(self, self.unit, "amount")
        return self


def build_costs(
    costs: CostsSpec | None,
    stock: Mapping[str, StockSpec],
    budget: float | None,
    experiments: int,
    known: tuple[str, ...] = (),
) -> Costs | None:
    """Return what experiments cost and use up; None where nothing is said of it. Known names need no quotes.

    Raises:
        SpecError: a formula is wrong, or a number is negative.
    """
    if costs is None and not stock:
        return None
    part = costs or CostsSpec(each="1")
    items = tuple(
        Stock(name, float(item.amount), formula(item.uses, f"stock.{name}.uses", known), item.unit)
        for name, item in stock.items()
    )
    each = formula(part.each, "costs.each", known)
    return Costs(each, part.choices, part.changeover, part.unit, items, budget, experiments)


def check_affordable(costs: Costs, space: SearchSpace) -> None:
    """Refuse a budget or stock of which not even a first experiment can be paid for.

    Raises:
        SpecError: names the budget or stock that is too small, and says by how much.
    """
    if not costs.limited or _affords(costs, space):
        return
    limits = {f"stock.{item.name}.amount": replace(costs, budget=None, stock=(item,)) for item in costs.stock}
    if costs.budget is not None:
        limits = {"budget.cost": replace(costs, stock=()), **limits}
    field = next((name for name, alone in limits.items() if not _affords(alone, space)), next(iter(limits)))
    rows = space.listed if space.listed is not None else fresh(sobol_rows(space, 0), frozenset(), _LOOKED_AT)
    raise SpecError(
        costs.shortage(costs.account(()), rows),
        field=field,
        value=costs.budget if field == "budget.cost" else limits[field].stock[0].amount,
        allowed="enough for one experiment or more",
        hint="check the units, the formula and the amount",
    )


def _affords(costs: Costs, space: SearchSpace) -> bool:
    rows, account = space.listed, costs.account(())
    if rows is None:
        return next(sobol_rows(costs.within(space, account), 0), None) is not None
    return any(bool(costs.affordable(rows.take(chunk), account).any()) for chunk in rows.chunks())
