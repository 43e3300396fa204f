"""The campaign file, field by field (pydantic). Numbers may be written with units; they are stored as plain numbers.

Everything a person may write is here and in the three modules beside it (kinds of fields, knobs, limits); what the
fields mean is in their descriptions, which the exported JSON schema carries too. The classes refuse unknown fields and
become the plain values of ``core`` in :mod:`zosimos.campaign.definition.build`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from zosimos.campaign.definition.advisor import AdvisorSpec
from zosimos.campaign.definition.budget import BudgetSpec
from zosimos.campaign.definition.composite import U_SHARED, ConstantSpec, MeasuredSpec, RangeSpec
from zosimos.campaign.definition.costs import CostsSpec, StockSpec
from zosimos.campaign.definition.designs import StartSpec
from zosimos.campaign.definition.expect import ExpectSpec
from zosimos.campaign.definition.fields import (
    Duration,
    Name,
    Number,
    PlainNumber,
    Whole,
    checked,
    distance,
    empty_left_out,
    in_unit,
    shared_in_unit,
    unsaid_left_out,
)
from zosimos.campaign.definition.hypotheses import ClaimSpec, HypothesesSpec, WrittenClaim
from zosimos.campaign.definition.knob import Text
from zosimos.campaign.definition.knobs import (
    CategoricalSpec,
    ContinuousSpec,
    DiscreteSpec,
    IntegerSpec,
    ParameterSpec,
)
from zosimos.campaign.definition.knowledge import FidelitySpec, SourceSpec
from zosimos.campaign.definition.limits import CardinalitySpec, ConstraintSpec, LinearSpec, SimplexSpec
from zosimos.campaign.definition.mechanism import Formulas
from zosimos.campaign.definition.names import check_names
from zosimos.campaign.definition.plugin_knob import PluginParameterSpec
from zosimos.core.errors import SpecError
from zosimos.core.objective import Transform
from zosimos.core.revision import EXACT, REVISION
from zosimos.core.units import parse_quantity
from zosimos.core.validation import Part
from zosimos.planners.policy import AcquisitionName, Failures, Feasibility, Portfolio, Replicates
from zosimos.planners.portfolio import STARTING_SHARES

__all__ = [
    "BudgetSpec",
    "CampaignSpec",
    "CardinalitySpec",
    "CategoricalSpec",
    "ClaimSpec",
    "ConstraintSpec",
    "ContinuousSpec",
    "CostsSpec",
    "DiscreteSpec",
    "Duration",
    "ExpectSpec",
    "FidelitySpec",
    "HypothesesSpec",
    "IntegerSpec",
    "LabSpec",
    "LinearSpec",
    "MeasuredSpec",
    "ObjectiveSpec",
    "ParameterSpec",
    "PlannerSpec",
    "PluginParameterSpec",
    "RangeSpec",
    "SimplexSpec",
    "SourceSpec",
    "StockSpec",
    "StopSpec",
]


class ObjectiveSpec(Part):
    """What is wanted of a measured quantity, or of what is worked out from several."""

    goal: Literal["max", "min", "target"] = Field(description="maximise, minimise, or bring to the target")
    unit: str = Field("", description="unit of the measured values")
    target: Number | None = Field(None, description="the value wanted, with goal: target")
    threshold: Number | None = Field(
        None, description="with several objectives: an outcome must be at least (max) or at most (min) this to count"
    )
    tier: Whole | None = Field(
        None, ge=1, description="order of importance, 1 first: each counts among what meets the thresholds before it"
    )
    of: str | None = Field(
        None,
        max_length=500,
        description="how it follows from measured quantities, such as 'price / power'; left out: it is measured itself",
    )
    range: RangeSpec | None = Field(None, description="values that can be, such as {min: 0, max: 100}, or one of them")
    transform: Transform | None = Field(None, description="scale on which one member models it: auto, log, ... or none")
    u_shared: Number | None = Field(None, description=U_SHARED)

    @model_validator(mode="after")
    def _in_own_unit(self) -> Self:
        in_unit(self, self.unit, "target", "threshold")
        if self.range is not None:
            in_unit(self.range, self.unit, "min", "max", within="range.")
        shared_in_unit(self, self.unit)
        return self

    @model_serializer(mode="wrap")
    def _as_before(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what is not said and specs on record do not know: digests over them stay what they were."""
        return unsaid_left_out(empty_left_out(handler(self), "of", "range", "transform"), "u_shared")


class PlannerSpec(Part):
    """How the next experiments are chosen."""

    kind: str | None = Field(
        None,
        description="one proposer for all: bayesian (the default), random, sobol, maximin, evolutionary, forest, "
        "discriminate, counterexample or a plugin's name",
    )
    shares: dict[str, PlainNumber] = Field(
        default_factory=dict, description="several proposers and the share of experiments each gets, instead of kind"
    )
    start: StartSpec | None = Field(
        None,
        description="number of space-filling experiments before the models take over; or a design of experiments: its "
        "name, or {design: box-behnken, centre: 3}",
    )
    acquisition: AcquisitionName = Field(
        "improvement", description="by what the bayesian proposer judges: the best first, or what is not known yet"
    )
    kappa: PlainNumber = Field(2.0, ge=0, description="standard deviations that a confidence-bound adds")
    level: PlainNumber | None = Field(None, description="outcome whose crossing acquisition: level looks for")
    surrogate: str = Field("committee", description="the bayesian proposer's model: committee, forest, saas, ...")
    formula: Formulas = Field(
        None,
        description="with surrogate: mechanistic, what the objective should follow: arithmetic on parameters (in their "
        "units) and constants; or objective: formula",
    )
    constants: dict[Name, Annotated[list[PlainNumber], Field(min_length=2, max_length=2)]] = Field(
        default_factory=dict, description="constants of the formula that are fitted, each with its bounds"
    )
    failures: Failures = Field(
        "learn", description="what a failed experiment teaches: where experiments fail, or nothing but not to repeat it"
    )
    feasibility: Feasibility | None = Field(
        None,
        description="what learns where experiments fail: dirichlet, a full classifier, where many descriptors of a "
        "choice decide it; left out: a faster model",
    )
    replicates: Replicates = Field(
        "in-doubt",
        description="when a row is measured again: never; to confirm a result too good to fit with the others; or also "
        "wherever that helps to choose the best more than a new row",
    )
    portfolio: Portfolio | None = Field(
        None,
        description="whether several proposers keep their shares (fixed, the default) or earn them by what they "
        "delivered (earned; shares are then where they start)",
    )

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> Self:
        if self.kind is not None and self.portfolio == "earned":
            raise ValueError("portfolio: earned shares experiments between proposers: leave out kind")
        if self.kind is not None and self.shares:
            raise ValueError("give kind or shares, not both")
        if self.shares and (min(self.shares.values()) < 0 or sum(self.shares.values()) <= 0):
            raise ValueError("shares must be 0 or more, and not all 0")
        return self

    @model_serializer(mode="wrap")
    def _as_before(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what is not said and specs on record do not know: digests over them stay what they were."""
        return empty_left_out(handler(self), "formula", "constants", "feasibility", "portfolio")

    @property
    def sharing(self) -> dict[str, float]:
        """The proposers and their shares, be it all for the one that ``kind`` names; those of a portfolio at first."""
        if self.portfolio == "earned" and not self.shares:
            return dict(STARTING_SHARES)
        return self.shares or {self.kind or "bayesian": 1.0}


class StopSpec(Part):
    """When to stop before the budget is used up."""

    reach: dict[Name, Number] = Field(
        default_factory=dict, description="objective: value that is good enough; all must be met by one experiment"
    )
    confidence: PlainNumber | None = Field(
        None, gt=0, lt=1, description="with reach: stop only if the true values meet it with at least this probability"
    )
    regret: Number | None = Field(
        None, description="stop when no untried row can be better than the best by more than this (in its unit)"
    )
    no_improvement: Whole | None = Field(None, ge=1, description="stop after so many experiments without a better one")
    expected_gain: Number | None = Field(
        None, description="stop when the next experiment is expected to gain less than this (in its unit)"
    )
    failures: Whole = Field(5, ge=1, description="pause after so many failed experiments in a row")

    @model_validator(mode="after")
    def _of_something(self) -> Self:
        if self.confidence is not None and not self.reach:
            raise SpecError(
                "stop.confidence is of reaching a goal, and there is none",
                field="stop.confidence",
                value=self.confidence,
                hint="add stop.reach",
            )
        return self


class LabSpec(BaseModel):
    """Where experiments are run; the other fields are the lab's own."""

    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)
    kind: str = Field(description="the lab plugin's name, such as pool")

    @property
    def options(self) -> dict[str, Any]:
        """The lab's own fields."""
        return dict(self.__pydantic_extra__ or {})


class CampaignSpec(Part):
    """A campaign file."""

    version: Literal[1] = Field(1, description="version of this file format")
    name: Name = Field(description="what to call the campaign")
    description: str = Field("", max_length=10_000, description="the goal in words")
    seed: Whole = Field(0, ge=0, lt=2**63, description="seed of every random choice")
    space: dict[Name, ParameterSpec] = Field(
        default_factory=dict, description="the knobs; may be left out where a table of candidates says them"
    )
    context: dict[Name, ParameterSpec] = Field(
        default_factory=dict,
        description="conditions that are not chosen but found, such as humidity; kept as parameters with role: context",
    )
    constraints: list[ConstraintSpec] = Field(
        default_factory=list, description="what candidates must satisfy, such as 'a + 2*b <= 0.8'"
    )
    objectives: dict[Name, ObjectiveSpec] = Field(min_length=1, description="what is wanted")
    measured: dict[Name, MeasuredSpec] = Field(
        default_factory=dict, description="units and bounds of quantities that objectives are made of (of:)"
    )
    species: list[Text] = Field(
        default_factory=list, max_length=1000, description="substances that are there in every experiment"
    )
    constants: dict[Name, ConstantSpec] = Field(
        default_factory=dict, description="numbers, or lists of them, that formulas of objectives (of:) may name"
    )
    columns: dict[Name, Name] = Field(
        default_factory=dict, description="what columns of tables of results are: 'Temp. set': temperature"
    )
    sources: dict[Name, SourceSpec] = Field(default_factory=dict, description="earlier campaigns that may help")
    fidelity: FidelitySpec | None = Field(None, description="cheaper levels of a method, and the one that counts")
    candidates: str | None = Field(None, description="CSV of the only candidates that exist, a column a parameter")
    lab: LabSpec | None = Field(None, description="where experiments run; leave out to run them by hand (ask and tell)")
    planner: PlannerSpec = PlannerSpec()
    batch: Whole = Field(1, ge=1, le=1000, description="experiments chosen at a time")
    parallel: Whole | None = Field(
        None, ge=1, le=1000, description="experiments that may be under way at once (default: the batch)"
    )
    approval: Literal["suggest", "each", "batch", "autonomous"] = Field(
        "autonomous", description="who decides: suggest only; a person for each, or for each batch; or the campaign"
    )
    uncertain: Literal["pause", "continue"] = Field(
        "pause", description="what to do when a crash leaves an experiment's outcome unknown"
    )
    watch: Literal["notify", "pause", "off"] = Field(
        "notify", description="when results are unusual (an outlier, a drift): tell a person, also pause, or do nothing"
    )
    clock: Literal["wall", "virtual", "paced"] | None = Field(
        None, description="time: wall, or for simulated labs virtual (jumps) or paced (sleeps); default: the lab's"
    )
    pace: PlainNumber = Field(1.0, gt=0, description="real seconds a simulated second takes, with clock: paced")
    budget: BudgetSpec
    costs: CostsSpec | None = Field(None, description="what an experiment costs, and changing over from the one before")
    stock: dict[Name, StockSpec] = Field(default_factory=dict, description="what experiments use up")
    expect: dict[Name, ExpectSpec] = Field(default_factory=dict, description="where the best is expected to lie")
    hypotheses: HypothesesSpec | None = Field(None, description="rival formulas that kind: discriminate tells apart")
    claims: list[WrittenClaim] = Field(
        default_factory=list, description="rules, each if: and then:, that kind: counterexample tries to contradict"
    )
    stop: StopSpec = StopSpec()
    advisor: AdvisorSpec | None = Field(None, description="who is asked for advice while it runs, and when")
    revision: Whole | None = Field(
        None, ge=1, le=REVISION, description="of the rules by which it decides: written when it begins, and kept to"
    )

    def since(self, revision: int) -> bool:
        """Say whether it decides by the rules of a revision, or of a later one."""
        return (self.revision or 1) >= revision

    @property
    def spoken(self) -> tuple[str, ...]:
        """The names that rules and formulas may say without quotes, though they are no words."""
        return tuple(self.space) if self.since(EXACT) else ()

    @model_validator(mode="after")
    def _with_context(self) -> Self:
        """Keep the conditions among the parameters, where everything that shows or records values finds them."""
        for name in sorted(set(self.space) & set(self.context)):
            raise SpecError(
                f"{name} is given under space and under context",
                field=f"context.{name}",
                hint="change it under space, and leave it out here",
            )
        found = {name: part.model_copy(update={"role": "context"}) for name, part in self.context.items()}
        object.__setattr__(self, "space", {**self.space, **found})
        object.__setattr__(self, "context", {})
        for name, part in self.space.items():
            if part.when and (part.role == "context" or part.default is None):
                chosen = part.role != "context"
                why, hint = ("has no default", "add a default:") if chosen else ("is not chosen", "leave when: out")
                message = f"{name} counts only under conditions (when) but {why}"
                raise SpecError(message, field=f"space.{name}", value=part.when, hint=hint)
        return self

    def _differences_in_unit(self) -> None:
        """Bring what is said of differences between outcomes to the unit of the objective that is meant."""
        one = next(iter(self.objectives)) if len(self.objectives) == 1 else ""
        meant = [("stop", "regret", one), ("stop", "expected_gain", one)]
        if self.hypotheses is not None:
            meant.append(("hypotheses", "noise", self.hypotheses.of or one))
        for part, name, objective in meant:
            if (value := getattr(getattr(self, part), name)) is not None:
                unit = self.objectives[objective].unit if objective in self.objectives else ""
                own = checked(parse_quantity, value, unit, part=f"{part}.{name}", difference=True)
                object.__setattr__(getattr(self, part), name, distance(own, f"{part}.{name}", above=True))

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for name, value in self.stop.reach.items():
            if name not in self.objectives:
                raise SpecError(
                    f"stop.reach speaks of {name!r}, which is no objective",
                    field=f"stop.reach.{name}",
                    value=value,
                    allowed=", ".join(self.objectives),
                )
            part = self.objectives[name]
            near = part.goal == "target"  # how near to it is good enough: a distance
            goal = checked(parse_quantity, value, part.unit, part=f"stop.reach.{name}", difference=near)
            self.stop.reach[name] = distance(goal, f"stop.reach.{name}", above=False) if near else goal
        self._differences_in_unit()
        if self.budget.cost is not None and self.costs is None:
            raise SpecError(
                "budget.cost is given but not what an experiment costs",
                field="budget.cost",
                value=self.budget.cost,
                hint="add costs: each: ...",
            )
        for name, part in self.objectives.items() if len(self.objectives) == 1 else ():
            for what in ("threshold", "tier"):
                value = getattr(part, what)
                if value is not None:
                    raise SpecError(
                        f"a {what} needs several objectives",
                        field=f"objectives.{name}.{what}",
                        value=value,
                        hint="with one objective, use stop.reach" if what == "threshold" else "leave it out",
                    )
        if self.parallel is not None and self.parallel < self.batch:
            raise SpecError(
                f"parallel ({self.parallel}) is less than batch ({self.batch})",
                field="parallel",
                value=self.parallel,
                allowed=f"at least {self.batch}",
            )
        check_names(self.space, self.objectives)
        return self

    @model_serializer(mode="wrap")
    def _as_before(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what is not said and specs on record do not know: digests over them stay what they were."""
        return empty_left_out(handler(self), "species", "measured", "constants", "columns", "advisor", "revision")
