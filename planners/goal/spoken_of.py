"""Checks of what a statement speaks of in a search space: a condition, what is chosen, what has numbers."""

from __future__ import annotations

from dataclasses import replace

from zosimos.core.constraints import Condition
from zosimos.core.errors import PlanningError, SpecError
from zosimos.core.expression import Expression
from zosimos.core.parameters import value_at
from zosimos.core.space import SearchSpace
from zosimos.planners.candidates.sampling import check_feasible


def check_region(where: str, space: SearchSpace) -> None:
    """Refuse a condition that cannot be judged in a space, or under which nothing may be tried.

    Raises:
        SpecError: says why.
    """
    middle = {parameter.name: value_at(parameter, 0.5) for parameter in space.parameters}
    try:
        Expression(where).holds(space.columns([middle]))
    except SpecError as error:
        raise SpecError(
            error.message, field="hypothesis", value=where, allowed=error.allowed, hint=error.hint
        ) from error
    if not leaves(space, where):
        raise SpecError(
            f"nothing that may be tried lies where {where}",
            field="hypothesis",
            value=where,
            allowed="a condition that some allowed row meets",
        )


def leaves(space: SearchSpace, where: str) -> bool:
    """Say whether something may be tried where a condition holds."""
    try:
        left = replace(space, constraints=(*space.constraints, Condition(Expression(where, tolerant=space.exact))))
        check_feasible(left)
    except (SpecError, PlanningError):
        return False
    return True


def check_chosen(name: str, space: SearchSpace) -> None:
    """Refuse a parameter that is found and not chosen.

    Raises:
        SpecError: says why.
    """
    if space.by_name[name].role != "control":
        raise SpecError(
            f"{name} is not chosen but found, so that its effect is not looked into",
            field="hypothesis",
            value=name,
            allowed=", ".join(parameter.name for parameter in space.controlled),
        )


def check_numeric(name: str, space: SearchSpace) -> None:
    """Refuse a parameter that is not chosen, or has no numbers.

    Raises:
        SpecError: says why.
    """
    check_chosen(name, space)
    if space.by_name[name].kind == "text":
        raise SpecError(
            f"{name} has choices, which have no order to rise or fall with",
            field="hypothesis",
            value=name,
            allowed=", ".join(p.name for p in space.controlled if p.kind != "text") or "a parameter with numbers",
            hint="say where the best lies, or a rule, such as: yield > 60 where solvent == 'DMF'",
        )
