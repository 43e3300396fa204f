"""Advice: what somebody believes and nobody has measured, in a form that a decision can use.

A person, a language model or another program says where the best may lie, what a row would give, what to measure again
or to leave alone. None of it is data: no model learns from it. It is recorded, expires, and enters decisions as one of
their inputs; how much it counts is for :mod:`zosimos.planners.trust` to say.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal, Protocol, Self, TypeAlias, get_args, runtime_checkable

from zosimos.core.constraints import Condition
from zosimos.core.errors import PlanningError, SpecError
from zosimos.core.expression import Expression
from zosimos.core.objective import Objective
from zosimos.core.parameters import Values
from zosimos.core.records import Observation, Prediction
from zosimos.core.space import SearchSpace
from zosimos.core.values import is_number
from zosimos.planners.goal.prior import Expectation, Likely, Near

AuthorKind: TypeAlias = Literal["person", "llm", "program"]

LARGEST = 1e60
"""Largest expected value; a standard deviation lies between its inverse and it. Squares beyond are no numbers."""


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
            low, high = campaign.space.by_name[name].bounds or (-math.inf, math.inf)
            if isinstance(term, Near) and not low <= term.at <= high:
                raise SpecError(
                    f"the best cannot lie at {name} = {term.at:g}",
                    field=f"prior.{name}",
                    value=term.at,
                    allowed=campaign.space.by_name[name].allowed,
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
        problems = space.problems(space.pinned(measured[self.experiment].values))
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
                _without(space, [self.constraint])
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


Item: TypeAlias = Point | Prior | Replicate | Exclude | Explore


@dataclass(frozen=True)
class Advice:
    """What one author said at one time, and until when it counts.

    Args:
        id: inside the campaign, such as ``a0001``.
        items: what is advised.
        author: who says so: a name; their record is kept under it.
        kind: of author.
        reason: why.
        given: number of observations there were.
        until: number of observations from which on it no longer counts (None: until it is withdrawn).

    Raises:
        SpecError: no item, no author, an unknown kind of author, or an expiry that has passed.
    """

    id: str
    items: tuple[Item, ...]
    author: str
    kind: AuthorKind = "person"
    reason: str = ""
    given: int = 0
    until: int | None = None

    def __post_init__(self) -> None:
        if not self.items:
            raise SpecError(
                "no advice is given",
                field="advice",
                allowed="a point, a prior, a replicate, an exclusion, or more or less exploration",
            )
        if not self.author:
            raise SpecError("advice has no author", field="author", value=self.author, allowed="a name")
        if self.kind not in get_args(AuthorKind):
            raise SpecError(
                f"unknown kind of author {self.kind!r}",
                field="kind",
                value=self.kind,
                allowed=", ".join(get_args(AuthorKind)),
            )
        if self.until is not None and self.until <= self.given:
            raise SpecError(
                "the advice has expired before it counts",
                field="for",
                value=self.until - self.given,
                allowed="1 or more",
            )

    def holds(self, observations: int) -> bool:
        """Say whether it still counts when there are so many observations."""
        return self.until is None or observations < self.until

    def check(self, space: SearchSpace, objectives: Sequence[Objective], observations: Sequence[Observation]) -> None:
        """Refuse advice that does not fit a campaign.

        Raises:
            SpecError: names the item's field, the value and what is allowed.
        """
        for item in self.items:
            item.check(Campaign(space, objectives, observations))

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {
            "id": self.id,
            "items": [item.as_json() for item in self.items],
            "author": self.author,
            "kind": self.kind,
            "reason": self.reason,
            "given": self.given,
            "until": self.until,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the value that ``as_json`` gave."""
        items = tuple(_item(item) for item in data["items"])
        return cls(data["id"], items, data["author"], data["kind"], data["reason"], data["given"], data["until"])

    def __str__(self) -> str:
        """Return it on one line.

        >>> print(Advice("a0001", (Exclude("red > 0.4"),), "ann", reason="it gels", until=30))
        a0001 by ann: leave out red > 0.4 (it gels; until 30 results)
        """
        notes = [self.reason] if self.reason else []
        notes += [] if self.until is None else [f"until {self.until} results"]
        return f"{self.id} by {self.author}: {'; '.join(map(described, self.items))}" + (
            f" ({'; '.join(notes)})" if notes else ""
        )


@runtime_checkable
class Advisor(Protocol):
    """Something that gives advice: a language model, a generator of candidates, a service.

    It is asked at set moments (after so many results, at a milestone) by whoever runs it, beside the loop: the loop
    never waits for it, and what it says counts from the next decision on. It sees a read-only view of the campaign as
    JSON data (spec, experiments, results, its own record), and returns items; whoever asked checks and records them as
    one ``advice.given``, with model, prompt digest and cost. It is never asked again when a decision is replayed.
    A person with ``zosimos advise`` is the advisor that ships.

    >>> class Careful:
    ...     async def advise(self, view):
    ...         return [Explore("less")]
    >>> isinstance(Careful(), Advisor)
    True
    """

    async def advise(self, view: Mapping[str, Any]) -> Sequence[Item]:
        """Return what it advises now; an empty sequence is no advice.

        Args:
            view: the campaign as ``zosimos show ID --json`` prints it.
        """
        ...


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


def without_excluded(space: SearchSpace, advice: Sequence[Advice]) -> SearchSpace:
    """Return the space without what advice in force excludes.

    Raises:
        PlanningError: that leaves nothing; says which advice to withdraw.
    """
    told = [(given, item) for given in advice for item in given.items if isinstance(item, Exclude)]
    if not told:
        return space
    try:
        return _without(space, [item.constraint for _, item in told])
    except SpecError as error:
        names = ", ".join(dict.fromkeys(given.id for given, _ in told))
        raise PlanningError(
            f"nothing is left to try: advice excludes the rest ({names})", hint="withdraw one of them"
        ) from error


def _without(space: SearchSpace, constraints: Sequence[Condition]) -> SearchSpace:
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


def _item(data: Mapping[str, Any]) -> Item:
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
        case other:
            raise ValueError(f"unknown kind of advice {other!r}")


def _term(data: Mapping[str, Any]) -> Near | Likely:
    if "likely" in data:
        return Likely(tuple(data["likely"]), data["factor"])
    return Near(data["at"], data["within"], data.get("log", False))
