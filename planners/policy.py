"""The policy: how a campaign plans, with which proposers and models, and by what it judges."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Literal, TypeAlias, get_args

from zosimos.core.errors import SpecError
from zosimos.core.ranking import by_tier
from zosimos.core.revision import EIGHTH, EXACT, FIFTH, FOURTH, NINTH, REVISION, SEVENTH, SIXTH, TENTH, THIRD
from zosimos.planners.designs.request import DesignRequest
from zosimos.planners.goal.goal import Goal
from zosimos.planners.goal.mechanisms import Mechanisms


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
class Policy:
    """How a campaign plans.

    Args:
        shares: of the slots by proposer; only their ratios matter.
        start: number of space-filling points to begin with; None: the rule of ``ProposalContext.start``.
        acquisition: by what the Bayesian proposer judges rows.
        surrogate: the model that learns the outcomes, by name.
        failures: whether a failed experiment teaches where experiments fail, or is only not repeated.
        replicates: whether a measured row may be measured again: never, where a result is too good to fit with the
            others, or wherever it is worth more than a new row.
        mechanisms: the formulas that the mechanistic surrogate learns from.
        feasibility: which model learns where experiments fail (None: the fast one).
        portfolio: whether shares stay as they are, or are earned from there on by what came of them.
        design: that the campaign begins with, instead of space-filling points.
        revision: of the rules by which decisions are made: those of :data:`~zosimos.core.revision.REVISION`, or earlier
            ones in campaigns that began with them.

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
    mechanisms: Mechanisms | None = None
    feasibility: Feasibility | None = None
    portfolio: Portfolio = "fixed"
    revision: int = REVISION
    design: DesignRequest | None = None

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
        if self.start is not None and self.design is not None:
            raise SpecError("give a number of points or a design, not both", field="planner.start", value=self.start)
        if self.start is not None and self.start < 0:
            raise SpecError("the start is negative", field="planner.start", value=self.start, allowed="0 or more")

    @property
    def exact(self) -> bool:
        """Whether an offset of outcomes changes nothing, and the search covers the space while they are all alike."""
        return self.revision >= EXACT

    @property
    def third(self) -> bool:
        """Whether limits teach as such, and predictions are recorded as they are before rows under way are imagined."""
        return self.revision >= THIRD

    @property
    def fourth(self) -> bool:
        """Whether decisions are those of the fourth revision."""
        return self.revision >= FOURTH

    @property
    def fifth(self) -> bool:
        """Whether decisions are those of the fifth revision."""
        return self.revision >= FIFTH

    @property
    def sixth(self) -> bool:
        """Whether decisions are those of the sixth revision."""
        return self.revision >= SIXTH

    @property
    def seventh(self) -> bool:
        """Whether decisions are those of the seventh revision."""
        return self.revision >= SEVENTH

    @property
    def eighth(self) -> bool:
        """Whether decisions are those of the eighth revision."""
        return self.revision >= EIGHTH

    @property
    def ninth(self) -> bool:
        """Whether decisions are those of the ninth revision."""
        return self.revision >= NINTH

    @property
    def tenth(self) -> bool:
        """Whether decisions are those of the tenth revision."""
        return self.revision >= TENTH

    def check(self, goal: Goal) -> None:
        """Refuse a goal whose tiers make no order, or would not be used.

        Raises:
            SpecError: says which field and what is allowed.
        """
        if not by_tier(goal.objectives):
            return
        if self.acquisition.kind != "improvement":
            raise SpecError(
                f"the acquisition {self.acquisition.kind!r} knows no tiers",
                field="planner.acquisition",
                value=self.acquisition.kind,
                allowed="improvement where objectives have tiers",
                hint="leave it out: improvement is the default",
            )
        if goal.fidelity is not None:
            raise SpecError(
                "tiers do not go with levels of fidelity",
                field="fidelity.parameter",
                value=goal.fidelity.parameter,
                allowed="nothing where objectives have tiers",
                hint="leave out fidelity or the tiers",
            )


def __getattr__(name: str) -> object:
    """Give the settings of one piece, which this module held before; they rest on it, so they are looked up late."""
    if name != "PlannerSettings":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module("zosimos.planners.flat"), name)
    return found
