"""The campaign file, field by field (pydantic). Numbers may be written with units; they are stored as plain numbers.

Everything a person may write is here; what the fields mean is in their descriptions, which the exported JSON schema
carries too. The classes refuse unknown fields. They turn into the plain values of ``core`` in
:mod:`zosimos.campaign.spec.build`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Self, TypeAlias, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from zosimos.core.errors import UnitError
from zosimos.core.units import check_unit, parse_duration, parse_quantity
from zosimos.core.validation import Part

T = TypeVar("T")


def _checked(function: Callable[..., T], *arguments: Any, part: str = "", **options: Any) -> T:
    """Call a unit function; its error becomes pydantic's, so that it carries the full path of the field."""
    try:
        return function(*arguments, **options)
    except UnitError as error:
        context = {"problem": error.message, "part": part, "value": error.value}
        context |= {"allowed": error.allowed, "hint": error.hint}
        raise PydanticCustomError("unit", "{problem}", context) from error


def _number(value: object) -> object:
    if isinstance(value, str):
        return value
    return _checked(parse_quantity, value, "")


def _duration(value: object) -> object:
    return None if value is None else _checked(parse_duration, value)


def _bare_number(value: object) -> object:
    """Accept a number in quotes wherever a plain number is meant."""
    return None if value is None else _checked(parse_quantity, value, "")


def _whole_number(value: object) -> object:
    """Refuse yes and no, which pydantic would count as 1 and 0."""
    if isinstance(value, bool):
        raise PydanticCustomError("truth", "a number is meant, not yes or no")
    return value


# a number, or text such as "80 degC" until its unit is known
Number: TypeAlias = Annotated[float | str, BeforeValidator(_number)]
Whole: TypeAlias = Annotated[int, BeforeValidator(_whole_number)]
Duration = Annotated[float, BeforeValidator(_duration), Field(ge=0, description="seconds, or text such as '8 h'")]
PlainNumber = Annotated[float, BeforeValidator(_bare_number), Field(allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]


class _Ranged(Part):
    """A parameter with a unit and bounds that may be written in other units."""

    unit: str = Field("", description="unit of the values, such as degC or mL/min")

    @model_validator(mode="after")
    def _in_own_unit(self) -> Self:
        _checked(check_unit, self.unit, part="unit")
        for name in ("min", "max", "step"):
            value = getattr(self, name, None)
            if value is not None:
                own = _checked(parse_quantity, value, self.unit, part=name, difference=name == "step")
                object.__setattr__(self, name, own)
        return self


class ContinuousSpec(_Ranged):
    """A real number between two bounds."""

    type: Literal["continuous"] = "continuous"
    min: Number = Field(description="lowest value")
    max: Number = Field(description="highest value")
    log: bool = Field(False, description="search on a logarithmic scale")
    step: Number | None = Field(None, description="smallest change the equipment can make, counted from min")


class IntegerSpec(_Ranged):
    """A whole number between two bounds, both included."""

    type: Literal["integer"] = "integer"
    min: Number = Field(description="lowest value")
    max: Number = Field(description="highest value")


class DiscreteSpec(Part):
    """One of a few numeric levels."""

    type: Literal["discrete"] = "discrete"
    levels: list[Number] = Field(description="the levels")
    unit: str = Field("", description="unit of the levels")

    @model_validator(mode="after")
    def _in_own_unit(self) -> Self:
        _checked(check_unit, self.unit, part="unit")
        levels: list[Number] = [_checked(parse_quantity, level, self.unit, part="levels") for level in self.levels]
        object.__setattr__(self, "levels", levels)
        return self


class CategoricalSpec(Part):
    """One of several names."""

    type: Literal["categorical"] = "categorical"
    choices: list[str] = Field(description="the names; quote yes, no, on, off and numbers")
    descriptors: dict[str, dict[str, PlainNumber]] = Field(
        default_factory=dict, description="for each choice, numbers that say how alike choices are"
    )


def _parameter_type(data: Any) -> str:
    if isinstance(data, Mapping):
        if "type" in data:
            return str(data["type"])
        return "categorical" if "choices" in data else "discrete" if "levels" in data else "continuous"
    return str(getattr(data, "type", "continuous"))


ParameterSpec: TypeAlias = Annotated[
    Annotated[ContinuousSpec, Tag("continuous")]
    | Annotated[IntegerSpec, Tag("integer")]
    | Annotated[DiscreteSpec, Tag("discrete")]
    | Annotated[CategoricalSpec, Tag("categorical")],
    Discriminator(_parameter_type),
]


class LinearSpec(Part):
    """A bound on a weighted sum of parameters."""

    type: Literal["linear"]
    coefficients: dict[Name, PlainNumber] = Field(description="parameter: weight")
    min: PlainNumber | None = None
    max: PlainNumber | None = None


class SimplexSpec(Part):
    """Parts that sum to a total."""

    type: Literal["simplex"]
    of: list[Name] = Field(description="the parameters that sum to the total")
    total: PlainNumber = 1.0
    tolerance: PlainNumber = Field(1e-6, description="for pools of rounded numbers")


def _constraint_type(data: Any) -> str:
    if isinstance(data, str):
        return "expression"
    return str(data.get("type") if isinstance(data, Mapping) else getattr(data, "type", None))


ConstraintSpec: TypeAlias = Annotated[
    Annotated[str, Field(max_length=500), Tag("expression")]
    | Annotated[LinearSpec, Tag("linear")]
    | Annotated[SimplexSpec, Tag("simplex")],
    Discriminator(_constraint_type),
]


class ObjectiveSpec(Part):
    """What is wanted of a measured quantity."""

    goal: Literal["max", "min", "target"] = Field(description="maximise, minimise, or bring to the target")
    unit: str = Field("", description="unit of the measured values")
    target: Number | None = Field(None, description="the value wanted, with goal: target")

    @model_validator(mode="after")
    def _in_own_unit(self) -> Self:
        _checked(check_unit, self.unit, part="unit")
        if self.target is not None:
            object.__setattr__(self, "target", _checked(parse_quantity, self.target, self.unit, part="target"))
        return self


class PlannerSpec(Part):
    """How the next experiments are chosen."""

    kind: str | None = Field(
        None, description="one proposer for all: bayesian (the default), random, sobol, evolutionary or a plugin's name"
    )
    shares: dict[str, PlainNumber] = Field(
        default_factory=dict, description="several proposers and the share of experiments each gets, instead of kind"
    )
    start: Whole | None = Field(
        None, ge=0, description="number of space-filling experiments before the models take over"
    )

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> Self:
        if self.kind is not None and self.shares:
            raise ValueError("give kind or shares, not both")
        if self.shares and (min(self.shares.values()) < 0 or sum(self.shares.values()) <= 0):
            raise ValueError("shares must be 0 or more, and not all 0")
        return self


class BudgetSpec(Part):
    """What the campaign may use up."""

    experiments: Whole = Field(ge=1, description="number of experiments, failed ones included")
    time: Duration | None = Field(None, description="time since the start, such as '8 h'")


class StopSpec(Part):
    """When to stop before the budget is used up."""

    reach: dict[Name, Number] = Field(
        default_factory=dict, description="objective: value that is good enough; all must be met by one experiment"
    )
    no_improvement: Whole | None = Field(None, ge=1, description="stop after so many experiments without a better one")
    failures: Whole = Field(5, ge=1, description="pause after so many failed experiments in a row")


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
    constraints: list[ConstraintSpec] = Field(
        default_factory=list, description="what candidates must satisfy, such as 'a + 2*b <= 0.8'"
    )
    objectives: dict[Name, ObjectiveSpec] = Field(min_length=1, description="what is wanted")
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
    clock: Literal["wall", "virtual", "paced"] | None = Field(
        None, description="time: wall, or for simulated labs virtual (jumps) or paced (sleeps); default: the lab's"
    )
    pace: PlainNumber = Field(1.0, gt=0, description="real seconds a simulated second takes, with clock: paced")
    budget: BudgetSpec
    stop: StopSpec = StopSpec()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for name, value in self.stop.reach.items():
            if name not in self.objectives:
                raise ValueError(f"stop.reach speaks of {name!r}, which is no objective")
            unit = self.objectives[name].unit
            self.stop.reach[name] = _checked(parse_quantity, value, unit, part=f"stop.reach.{name}")
        if self.parallel is not None and self.parallel < self.batch:
            raise ValueError(f"parallel ({self.parallel}) must be at least batch ({self.batch})")
        both = sorted(set(self.space) & set(self.objectives))
        if both:
            raise ValueError(f"{', '.join(both)} is both a parameter and an objective")
        for names in (self.space, self.objectives):
            for name, longer in ((a, b) for a in names for b in names if b.startswith(f"{a}.")):
                raise ValueError(f"the path {longer} could mean {longer!r} or a field of {name!r}: rename one")
        return self
