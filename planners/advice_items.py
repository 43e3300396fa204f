"""Items of advice: a row worth measuring, where the best may lie, what to repeat or leave alone, what is true.

Each says itself what it is as JSON data and in words, and what in a campaign it does not fit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal, TypeAlias

from zosimos.core.constraints import Condition, LeftAlone
from zosimos.core.errors import SpecError
from zosimos.core.expression import Expression
from zosimos.core.objective import Objective
from zosimos.core.parameters import Parameter, Values
from zosimos.core.records import Observation, Prediction
from zosimos.core.space import SearchSpace
from zosimos.core.values import is_number
from zosimos.planners.goal.prior import Expectation, Likely, Near
from zosimos.planners.goal.statements import Statement, check_statement, read_statement, statement_json

LARGEST = 1e60
"""Largest expected value; a standard deviation lies between its inverse and it. Squares beyond are no numbers."""
LEAST_SURE, SUREST = 0.01, 0.99
"""Probability of a hypothesis, at least and at most: beyond, hardly any result could change anything."""


@dataclass(frozen=True)
class Campaign:
    """What advice is checked against: what may be tried, what is wanted and what was found."""

    space: SearchSpace
    objectives: Sequence[Objective]
    observations: Sequence[Observation]


@dataclass(frozen=True)
class Point:
    """A row worth measuring, with what its author expects there, by quantity (noise included), and why."""

    kind: ClassVar[str] = "point"
    values: Values
    expected: Mapping[str, Prediction] = field(default_factory=dict)
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        expected = {name: prediction.as_json() for name, prediction in self.expected.items()}
        return {"kind": self.kind, "values": dict(self.values), "expected": expected, "reason": self.reason}

    def check(self, campaign: Campaign) -> None:
        """Refuse a row that the space does not have, and expectations of what is no objective."""
        space = campaign.space
        problems = space.problems(space.pinned(self.values))
        if problems:
            raise SpecError(
                f"the point is not in the space: {problems[0]}",
                field="point",
                value=dict(self.values),
                allowed="a row of the pool" if space.pool is not None else "a point inside bounds and constraints",
                hint="correct the values; parameters left out are missing",
            )
        known = [objective.name for objective in campaign.objectives]
        for name, prediction in self.expected.items():
            if name not in known:
                raise SpecError(
                    f"{name!r} is expected, which is no objective", field="expect", value=name, allowed=", ".join(known)
                )
            if not _usable(prediction):
                raise SpecError(
                    f"what is expected of {name} is not a number with a standard deviation above 0",
                    field=f"expect.{name}",
                    value=f"{prediction.mean} ± {prediction.sd}",
                    allowed=f"such as 2±1; numbers up to {LARGEST:g}, standard deviations from {1 / LARGEST:g}",
                )


@dataclass(frozen=True)
class Prior:
    """Where the best row is expected to lie, by parameter: a density, which leans the choice."""

    kind: ClassVar[str] = "prior"
    terms: Mapping[str, Near | Likely]

    @property
    def expectation(self) -> Expectation:
        """The same as a campaign file would say it under ``expect``."""
        return Expectation(self.terms)

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {"kind": self.kind, "terms": {name: _term_json(term) for name, term in self.terms.items()}}

    def check(self, campaign: Campaign) -> None:
        """Refuse what does not fit the space."""
        if not self.terms:
            raise SpecError("the prior speaks of no parameter", field="prior", allowed="such as red=0.2±0.05")
        try:
            self.expectation.check(campaign.space)
        except SpecError as error:
            field = f"prior{(error.field or '').removeprefix('expect')}"
            raise SpecError(
                error.message, field=field, value=error.value, allowed=error.allowed, hint=error.hint
            ) from error
        for name, term in self.terms.items():
            if isinstance(term, Near) and _far_outside(term, campaign.space.by_name[name]):
                raise SpecError(
                    f"the best cannot lie at {name} = {term.at:g}",
                    field=f"prior.{name}",
                    value=term.at,
                    allowed=f"{campaign.space.by_name[name].allowed}, or less than the width of that range beyond it",
                    hint="check the unit; if the best lies at an end of the range, name that",
                )


@dataclass(frozen=True)
class Replicate:
    """An experiment to measure once more, at the same values."""

    kind: ClassVar[str] = "replicate"
    experiment: str

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {"kind": self.kind, "experiment": self.experiment}

    def check(self, campaign: Campaign) -> None:
        """Refuse an experiment without a result, or whose row the space no longer has."""
        measured = {seen.experiment: seen for seen in campaign.observations if not seen.failed}
        if self.experiment not in measured:
            raise SpecError(
                f"{self.experiment!r} has no result that could be measured again",
                field="replicate",
                value=self.experiment,
                allowed=", ".join(measured) or "an experiment with a result; there is none yet",
            )
        space = campaign.space
        problems = space.problems(space.pinned(measured[self.experiment].asked_at))
        if problems:
            raise SpecError(
                f"{self.experiment} cannot be measured again: {problems[0]}",
                field="replicate",
                value=self.experiment,
                allowed="an experiment inside the present bounds and constraints",
            )


@dataclass(frozen=True)
class Exclude:
    """Rows to leave alone while the advice holds: those where a condition on parameters is true."""

    kind: ClassVar[str] = "exclude"
    where: str

    @property
    def constraint(self) -> Condition:
        """What must hold of every row that is proposed.

        Raises:
            SpecError: the text is no condition.
        """
        return Condition(Expression(f"not ({self.where})"))

    def within(self, space: SearchSpace) -> Condition:
        """Return the same, judged as the space judges its rules."""
        return LeftAlone(Expression(f"not ({self.where})", tolerant=space.exact))

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {"kind": self.kind, "where": self.where}

    def check(self, campaign: Campaign) -> None:
        """Refuse a text that is no condition on parameters that are chosen, or that leaves nothing."""
        space = campaign.space
        allowed = f"a comparison such as {space.controlled[0].name} > 0.4"
        try:
            odd = sorted(Expression(self.where).names - {parameter.name for parameter in space.controlled})
            problem = f"{odd[0]!r} is no parameter that is chosen" if odd else ""
            if not problem:
                without_rows(space, [self.within(space)])
        except SpecError as error:
            raise SpecError(
                f"what is to be left alone cannot be used: {error.message}",
                field="exclude",
                value=self.where,
                allowed=allowed,
                hint=error.hint,
            ) from error
        if problem:
            raise SpecError(
                f"what is to be left alone cannot be used: {problem}",
                field="exclude",
                value=self.where,
                allowed=allowed,
            )


@dataclass(frozen=True)
class Explore:
    """Look farther from what is known, or stay nearer to it, than the models would."""

    kind: ClassVar[str] = "explore"
    amount: Literal["more", "less"]

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {"kind": self.kind, "amount": self.amount}

    def check(self, campaign: Campaign) -> None:
        """Refuse any other word."""
        del campaign  # whatever it is
        if self.amount not in ("more", "less"):
            raise SpecError("how far to explore is one word", field="explore", value=self.amount, allowed="more, less")


@dataclass(frozen=True)
class Hypothesis:
    """What its author thinks is true, with the probability that they give it before further results."""

    kind: ClassVar[str] = "hypothesis"
    statement: Statement
    probability: float

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {"kind": self.kind, "statement": statement_json(self.statement), "probability": self.probability}

    def check(self, campaign: Campaign) -> None:
        """Refuse a statement that does not fit the campaign, and a probability that leaves results no say."""
        if not is_number(self.probability) or not LEAST_SURE <= self.probability <= SUREST:
            raise SpecError(
                "how likely the statement is was not said as a probability that results can change",
                field="odds",
                value=self.probability,
                allowed=f"{LEAST_SURE:g} to {SUREST:g}",
            )
        check_statement(self.statement, campaign.space, [objective.name for objective in campaign.objectives])


Item: TypeAlias = Point | Prior | Replicate | Exclude | Explore | Hypothesis


def described(item: Item) -> str:
    """Return one item in words."""
    match item:
        case Point():
            told = ", ".join(f"{name} {p.mean:g}±{p.sd:g}" for name, p in item.expected.items())
            return f"try {_row(item.values)}" + (f", expecting {told}" if told else "")
        case Prior():
            return "the best lies near " + ", ".join(_term_told(name, term) for name, term in item.terms.items())
        case Replicate():
            return f"measure {item.experiment} again"
        case Exclude():
            return f"leave out {item.where}"
        case Explore():
            return f"explore {item.amount}"
        case Hypothesis():
            return f"it holds with a probability of {item.probability:g} that {item.statement}"


def without_rows(space: SearchSpace, constraints: Sequence[Condition]) -> SearchSpace:
    """Return the space with further conditions that its rows must meet.

    Raises:
        SpecError: they leave nothing.
    """
    return replace(space, constraints=(*space.constraints, *constraints))


def _usable(said: Prediction) -> bool:
    """Say whether a prediction has the numbers that trust and expected gain are worked out of."""
    if not all(map(is_number, (said.mean, said.sd, said.scale, said.noise or 0.0))):
        return False
    spreads = (said.sd, said.total, said.scale)
    return abs(said.mean) <= LARGEST and all(1.0 / LARGEST <= spread <= LARGEST for spread in spreads)


def _row(values: Values) -> str:
    return ", ".join(
        f"{name}={value if isinstance(value, str) else format(value, '.6g')}" for name, value in values.items()
    )


def _term_told(name: str, term: Near | Likely) -> str:
    if isinstance(term, Likely):
        return f"{name}={'|'.join(map(str, term.choices))}"
    return f"{name}={term.at:g}±{term.within:g}" + (" decades" if term.log else "")


def _term_json(term: Near | Likely) -> dict[str, Any]:
    if isinstance(term, Likely):
        return {"likely": list(term.choices), "factor": term.factor}
    return {"at": term.at, "within": term.within} | ({"log": True} if term.log else {})


def read_item(data: Mapping[str, Any]) -> Item:
    """Return the item that ``as_json`` gave.

    Raises:
        KeyError, TypeError, ValueError: there is none in it.
    """
    match data["kind"]:
        case "point":
            expected = {name: Prediction.from_json(item) for name, item in data["expected"].items()}
            return Point(data["values"], expected, data["reason"])
        case "prior":
            return Prior({name: _term(term) for name, term in data["terms"].items()})
        case "replicate":
            return Replicate(data["experiment"])
        case "exclude":
            return Exclude(data["where"])
        case "explore":
            return Explore(data["amount"])
        case "hypothesis":
            return Hypothesis(read_statement(data["statement"]), data["probability"])
        case other:
            raise ValueError(f"unknown kind of advice {other!r}")


def _term(data: Mapping[str, Any]) -> Near | Likely:
    if "likely" in data:
        return Likely(tuple(data["likely"]), data["factor"])
    return Near(data["at"], data["within"], data.get("log", False))


def _far_outside(term: Near, parameter: Parameter) -> bool:
    """Say whether a place is farther beyond the range than the range is wide: then it was meant in another unit.

    Somebody may well think that the best lies a little beyond: that says at which end to look.
    """
    if parameter.bounds is None:
        return False
    low, high = parameter.bounds
    if term.log:
        return not low * (low / high) <= term.at <= high * (high / low)
    return not low - (high - low) <= term.at <= high + (high - low)
