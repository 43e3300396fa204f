"""The goal: what is wanted, what may be tried for it, and what is known of the matter before any result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from zosimos.core.objective import Objective
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.cost import Costs
from zosimos.planners.goal.hypotheses import Hypotheses
from zosimos.planners.goal.knowledge import Fidelity
from zosimos.planners.goal.prior import Expectation
from zosimos.planners.goal.rules import Claim


@dataclass(frozen=True)
class Goal:
    """What a campaign is for.

    Args:
        space: what may be tried, constraints included.
        objectives: what is wanted.
        costs: what experiments cost, and how much may be spent; None: nothing is said of it.
        expectation: where a person expects the best row; None: anywhere.
        hypotheses: rival formulas that results shall tell apart.
        claims: rules that results shall contradict if they can.
        errors: by parameter, the standard deviation with which it is set: the best row is to be good around it.
        fidelity: levels of the method of measuring, of which only the last one's outcomes are results.
    """

    space: SearchSpace
    objectives: tuple[Objective, ...]
    costs: Costs | None = None
    expectation: Expectation | None = None
    hypotheses: Hypotheses | None = None
    claims: tuple[Claim, ...] = ()
    errors: Mapping[str, float] = field(default_factory=dict)
    fidelity: Fidelity | None = None
