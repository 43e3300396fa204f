"""How a campaign plans: which proposers share the slots, and how many points come before the first model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from zosimos.core.errors import SpecError
from zosimos.core.objective import Objective
from zosimos.core.ranking import by_tier
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.cost import Costs
from zosimos.planners.goal.hypotheses import Hypotheses
from zosimos.planners.goal.knowledge import Fidelity, Source
from zosimos.planners.goal.mechanisms import Mechanisms
from zosimos.planners.goal.prior import Expectation
from zosimos.planners.goal.rules import Claim


def _all_bayesian() -> Mapping[str, float]:
    return {"bayesian": 1.0}


Failures: TypeAlias = Literal["learn", "ignore"]
Feasibility: TypeAlias = Literal["dirichlet"]
Replicates: TypeAlias = Literal["none", "in-doubt", "when-useful"]
Portfolio: TypeAlias = Literal["fixed", "earned"]
AcquisitionName: TypeAlias = Literal[
    "improvement",
    "confidence-bound",
    "probability",
    "thompson",
    "uncertainty",
    "level",
    "parego",
    "knowledge-gradient",
]
ACQUISITION_NAMES: tuple[str, ...] = get_args(AcquisitionName)


@dataclass(frozen=True)
class AcquisitionSettings:
    """By what the Bayesian proposer judges rows.

    Args:
        kind: one of :data:`ACQUISITION_NAMES`.
        kappa: standard deviations that a confidence bound lies above the mean.
        level: of the outcome, whose crossing ``level`` looks for; None: the middle of what is predicted.

    Raises:
        SpecError: the name is unknown, or kappa is not a finite number of 0 or more.
    """

    kind: str = "improvement"
    kappa: float = 2.0
    level: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in ACQUISITION_NAMES:
            raise SpecError(
                f"unknown acquisition {self.kind!r}",
                field="planner.acquisition.kind",
                value=self.kind,
                allowed=", ".join(ACQUISITION_NAMES),
            )
        if not (math.isfinite(self.kappa) and self.kappa >= 0):
            raise SpecError(
                "kappa is not a finite number of 0 or more",
                field="planner.acquisition.kappa",
                value=self.kappa,
                allowed="0 or more",
            )


@dataclass(frozen=True)
class PlannerSettings:
    """Shares of the slots by proposer, the number of space-filling points to start with, the acquisition and the model.

    Only the ratios of the shares matter. ``start`` None means :meth:`start_for`'s rule. ``failures`` says whether a
    failed experiment teaches where experiments fail, or is only not repeated; ``feasibility`` which model learns that
    (None: the fast one); ``replicates`` whether a measured row may be measured again: never, where a result is too good
    to fit with the others, or wherever it is worth more than a new row. ``portfolio`` says whether the shares stay as
    they are, or are earned from there on by what came of them.

    Raises:
        SpecError: a share is negative or not finite, none is positive, or the start is negative,
            or ``failures``, ``feasibility``, ``replicates`` or ``portfolio`` is not a known word.
    """

    shares: Mapping[str, float] = field(default_factory=_all_bayesian)
    start: int | None = None
    acquisition: AcquisitionSettings = field(default_factory=AcquisitionSettings)
    surrogate: str = "committee"
    failures: Failures = "learn"
    replicates: Replicates = "in-doubt"
    sources: tuple[Source, ...] = ()
    fidelity: Fidelity | None = None
    costs: Costs | None = None
    expectation: Expectation | None = None
    hypotheses: Hypotheses | None = None
    claims: tuple[Claim, ...] = ()
    errors: Mapping[str, float] = field(default_factory=dict)
    mechanisms: Mechanisms | None = None
    feasibility: Feasibility | None = None
    portfolio: Portfolio = "fixed"

    def __post_init__(self) -> None:
        for what, word, known in (
            ("failures", self.failures, get_args(Failures)),
            ("replicates", self.replicates, get_args(Replicates)),
            ("feasibility", self.feasibility, (None, *get_args(Feasibility))),
            ("the portfolio", self.portfolio, get_args(Portfolio)),
        ):
            if word not in known:
                raise SpecError(
                    f"unknown way to treat {what}: {word!r}",
                    field=f"planner.{what.removeprefix('the ')}",
                    value=word,
                    allowed=", ".join(filter(None, known)),
                )
        for name, share in self.shares.items():
            if not (math.isfinite(share) and share >= 0):
                raise SpecError(
                    f"the share of proposer {name!r} is not a finite number of 0 or more",
                    field=f"planner.shares.{name}",
                    value=share,
                    allowed="0 or more",
                )
        if not any(share > 0 for share in self.shares.values()):
            raise SpecError(
                "no proposer has a share above 0",
                field="planner.shares",
                value=dict(self.shares),
                allowed="one positive share or more",
                hint="write shares: {bayesian: 1}",
            )
        if self.start is not None and self.start < 0:
            raise SpecError("the start is negative", field="planner.start", value=self.start, allowed="0 or more")

    def check_objectives(self, objectives: Sequence[Objective]) -> None:
        """Refuse objectives whose tiers make no order, or would not be used.

        Raises:
            SpecError: says which field and what is allowed.
        """
        if not by_tier(objectives):
            return
        if self.acquisition.kind != "improvement":
            raise SpecError(
                f"the acquisition {self.acquisition.kind!r} knows no tiers",
                field="planner.acquisition",
                value=self.acquisition.kind,
                allowed="improvement where objectives have tiers",
                hint="leave it out: improvement is the default",
            )
        if self.fidelity is not None:
            raise SpecError(
                "tiers do not go with levels of fidelity",
                field="fidelity.parameter",
                value=self.fidelity.parameter,
                allowed="nothing where objectives have tiers",
                hint="leave out fidelity or the tiers",
            )

    def start_for(self, space: SearchSpace) -> int:
        """Return the number of space-filling points: ``start``, or two for each parameter, at least 3.

        A pool gives at most a quarter of its rows to the start (but at least 2), so that a tiny one is not used up
        before the first model.
        """
        if self.fidelity is not None:
            return sum(self.opening(space).values())
        if self.start is not None:
            return self.start
        rule = 3 if self.sources else max(3, 2 * len(space.parameters))
        return rule if space.pool is None else min(rule, max(2, math.ceil(len(space.candidates) / 4)))

    def opening(self, space: SearchSpace) -> dict[str, int]:
        """Return how many space-filling points each level of fidelity gets: two, the least trusted one all others."""
        assert self.fidelity is not None, "asked only where there are levels"
        first, *above = self.fidelity.levels
        rule = max(3, 2 * (len(space.parameters) - 1)) if self.start is None else max(1, self.start - 2 * len(above))
        return {first: rule, **dict.fromkeys(above, 2)}
