"""Spending: what a campaign's experiments have cost and used up, worked out of the record.

What counts are the experiments that the campaign chose, in the order in which it chose them: under way, ended, or of
unknown outcome. A result that a person brings from elsewhere costs nothing here, as it counts in no budget; neither
does an experiment that was cancelled before it began.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from zosimos.campaign.definition.costs import build_costs
from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.record import standing
from zosimos.campaign.record.experiment import WAITING, Experiment
from zosimos.campaign.record.lens import Lens, lens_of
from zosimos.campaign.record.state import State
from zosimos.core.errors import SpecError
from zosimos.core.parameters import Values
from zosimos.planners.goal.cost import Account, Costs


def costs_of(spec: CampaignSpec) -> Costs | None:
    """Return what a spec says of costs and stock; None where it says nothing."""
    return build_costs(spec.costs, spec.stock, spec.budget.cost, spec.budget.experiments, spec.spoken)


def charged(experiments: Iterable[Experiment], lens: Lens) -> tuple[Values, ...]:
    """Return the rows of the experiments that cost something, those that wait to begin included."""
    return lens.rows(e.ran_at for e in experiments if e.decision and (e.status != "cancelled" or e.started_at))


def check_past(state: State, spec: CampaignSpec) -> None:
    """Refuse a new spec under which an experiment that is charged already would have no cost.

    Raises:
        SpecError: a cost is not a positive number, or a negative amount of stock is taken.
    """
    costs, rows = costs_of(spec), charged(state.experiments.values(), lens_of([*state.specs, spec]))
    if costs is None or not rows:
        return
    try:
        costs.of(rows, None)
        costs.affordable(rows, costs.account(()))  # looks at the stock they take
    except SpecError as error:
        raise SpecError(
            f"an experiment that is charged already does not fit: {error.message}",
            field=error.field,
            value=error.value,
            allowed=error.allowed,
            hint="check the formula at the experiments made so far, those outside the present bounds included",
        ) from error


def spent(state: State) -> Account | None:
    """Return what the experiments that have begun cost and used up; None where nothing is said of costs."""
    costs = costs_of(state.spec)
    if costs is None:
        return None
    return standing.spent(state, costs)


def price(state: State, spec: CampaignSpec, values: Iterable[Values]) -> float | None:
    """Return what experiments at these values would cost if they were the next ones under a spec; None: not said."""
    costs = costs_of(spec)
    if costs is None or spec.costs is None:
        return None
    before = standing.spent(state, costs).before
    rows = lens_of([*state.specs, spec] if spec is not state.spec else state.specs).rows(values)
    after = costs.account(rows).cost
    if rows and before is not None:
        after += float(costs.changing(rows[:1], before)[0])
    return float(f"{after:.12g}")


def spending(state: State) -> dict[str, Any]:
    """Return what was spent of the budgets in cost and stock, as JSON data; empty where nothing is said of them."""
    account = spent(state)
    if account is None:
        return {}
    found: dict[str, Any] = {}
    if state.spec.costs is not None:
        cost, unit = float(f"{account.cost:.12g}"), state.spec.costs.unit
        found["cost"] = {"spent": cost, "budget": state.spec.budget.cost, "unit": unit}
    if state.spec.stock:
        found["stock"] = {
            name: {"used": float(f"{account.used[name]:.12g}"), "amount": item.amount, "unit": item.unit}
            for name, item in state.spec.stock.items()
        }
    return found


def describe(state: State) -> list[tuple[str, str]]:
    """Return the same as labelled words."""
    found = spending(state)
    lines = []
    if "cost" in found:
        cost = found["cost"]
        limit = "" if cost["budget"] is None else f" of {cost['budget']:g}"
        lines.append(("cost", f"{cost['spent']:.4g}{limit} {cost['unit']}".rstrip() + " spent"))
    for name, item in found.get("stock", {}).items():
        lines.append((name, f"{item['used']:.4g} of {item['amount']:g} {item['unit']}".rstrip() + " used"))
    return lines


def used_up(state: State) -> str | None:
    """Say so if the budget in cost is spent to the last."""
    budget, costs = state.spec.budget.cost, state.spec.costs
    if budget is None or costs is None:  # looked at in each turn of the loop
        return None
    account = spent(state)
    if account is None or account.cost < budget * (1.0 - 1e-9):
        return None
    unit = costs.unit
    return f"the cost budget of {f'{budget:g} {unit}'.rstrip()} is used up"


def unaffordable(state: State, experiment: Experiment) -> str | None:
    """Say so if an experiment that waits to begin can no longer be paid for, after the spec was changed."""
    costs = costs_of(state.spec)
    if costs is None:
        return None
    before, ahead, lens = True, list[Experiment](), state.lens
    for name, other in state.experiments.items():
        before = before and name != experiment.id
        if before or other.status not in WAITING:
            ahead.append(other)
    paid = costs.affordable([lens.row(experiment.values)], costs.account(charged(ahead, lens)))[0]
    return None if paid else "not affordable any more"
