"""Statements about a campaign that results can bear out or contradict: what somebody thinks is true of it.

There are five forms: a trend, an interaction, where the best lies, a law (a formula with constants to fit), and a rule.
Each is a value that says what it speaks of, writes itself as a sentence that
:mod:`zosimos.planners.goal.statement_grammar` reads back, and refuses a campaign that it does not fit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Literal, TypeAlias

import numpy as np

from zosimos.core.constraints import Condition
from zosimos.core.errors import PlanningError, SpecError
from zosimos.core.expression import Expression, Formula
from zosimos.core.parameters import value_at
from zosimos.core.space import SearchSpace
from zosimos.core.values import is_number
from zosimos.planners.candidates.sampling import check_feasible
from zosimos.planners.goal.rules import Claim

MOST_CONSTANTS = 6
"""Constants of one law: each costs time to fit, and with more of them few results can say anything."""
LARGEST_CONSTANT = 1e12
"""Largest bound of a constant, either side of 0."""

_WORD = re.compile(r"[^\W\d]\w*")
_WORDS = frozenset({"the", "if", "and", "or", "not", "in", "on", "where", "with", "then", "best", "lies"})


@dataclass(frozen=True)
class Trend:
    """A quantity rises or falls with a parameter, on average over what may be tried, or over part of it.

    >>> str(Trend("delta_e", "red", "falls", "blue < 0.2"))
    'delta_e falls with red where blue < 0.2'
    """

    form: ClassVar[str] = "trend"
    quantity: str
    parameter: str
    direction: Literal["rises", "falls"]
    where: str = ""

    def __post_init__(self) -> None:
        if self.direction not in ("rises", "falls"):
            raise SpecError("a trend goes up or down", field="hypothesis", value=self.direction, allowed="rises, falls")
        if self.where:
            Expression(self.where)

    @property
    def names(self) -> frozenset[str]:
        """The parameters it speaks of."""
        return frozenset({self.parameter}) | _spoken(self.where)

    def check(self, space: SearchSpace) -> None:
        """Refuse a space that it does not fit."""
        _check_numeric(self.parameter, space)
        if self.where:
            check_region(self.where, space)

    def __str__(self) -> str:
        """Return it as a sentence."""
        there = f" where {self.where}" if self.where else ""
        return f"{written(self.quantity)} {self.direction} with {written(self.parameter)}{there}"


@dataclass(frozen=True)
class Interaction:
    """The effect of one parameter on a quantity depends on another.

    >>> str(Interaction("delta_e", "red", "blue"))
    'red and blue interact on delta_e'
    """

    form: ClassVar[str] = "interaction"
    quantity: str
    first: str
    second: str

    def __post_init__(self) -> None:
        if self.first == self.second:
            raise SpecError(
                "a parameter has no interaction with itself",
                field="hypothesis",
                value=self.first,
                allowed="two parameters",
            )

    @property
    def names(self) -> frozenset[str]:
        """The parameters it speaks of."""
        return frozenset({self.first, self.second})

    def check(self, space: SearchSpace) -> None:
        """Refuse a space that it does not fit."""
        for name in (self.first, self.second):
            _check_chosen(name, space)

    def __str__(self) -> str:
        """Return it as a sentence."""
        return f"{written(self.first)} and {written(self.second)} interact on {written(self.quantity)}"


@dataclass(frozen=True)
class Region:
    """The best row of an objective, noise aside, is one where a condition holds.

    >>> str(Region("delta_e", "red > 0.4"))
    'the best delta_e lies where red > 0.4'
    """

    form: ClassVar[str] = "region"
    quantity: str
    where: str

    def __post_init__(self) -> None:
        Expression(self.where)

    @property
    def names(self) -> frozenset[str]:
        """The parameters it speaks of."""
        return _spoken(self.where)

    def check(self, space: SearchSpace) -> None:
        """Refuse a space that it does not fit, or of which it leaves nothing out."""
        check_region(self.where, space)
        if not _leaves(space, f"not ({self.where})"):
            raise SpecError(
                f"{self.where} holds of all that may be tried, so that it says nothing",
                field="hypothesis",
                value=self.where,
                allowed="a condition that holds of some of it",
            )

    def __str__(self) -> str:
        """Return it as a sentence."""
        return f"the best {written(self.quantity)} lies where {self.where}"


@dataclass(frozen=True)
class Law:
    """A quantity follows a formula over parameters and constants, which are fitted within bounds.

    >>> str(Law("rate", "k*S / (Km + S)", {"k": (0, 5), "Km": (0.1, 20)}))
    'rate = k*S / (Km + S) with k in [0, 5], Km in [0.1, 20]'
    """

    form: ClassVar[str] = "law"
    quantity: str
    formula: str
    constants: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        bounds = {name: (low, high) for name, (low, high) in self.constants.items()}
        object.__setattr__(self, "constants", bounds)  # of JSON they are lists
        known = self.parsed.names
        if len(self.constants) > MOST_CONSTANTS:
            raise SpecError(
                "the law has too many constants",
                field="hypothesis",
                value=len(self.constants),
                allowed=f"at most {MOST_CONSTANTS}",
            )
        for name, (low, high) in self.constants.items():
            numbers = is_number(low) and is_number(high) and max(abs(low), abs(high)) <= LARGEST_CONSTANT
            if not numbers or not low < high:
                raise SpecError(
                    f"the bounds of {name} leave nothing",
                    field=f"hypothesis.{name}",
                    value=[low, high],
                    allowed=f"a lower and a higher number, up to {LARGEST_CONSTANT:g}",
                )
            if name not in known:
                raise SpecError(
                    f"the constant {name!r} is not in the formula",
                    field=f"hypothesis.{name}",
                    value=self.formula,
                    allowed=", ".join(sorted(known)) or "nothing",
                )

    @cached_property
    def parsed(self) -> Formula:
        """The formula."""
        return Formula(self.formula)

    @property
    def names(self) -> frozenset[str]:
        """The parameters it speaks of."""
        return self.parsed.names - set(self.constants)

    def check(self, space: SearchSpace) -> None:
        """Refuse a space that it does not fit."""
        numeric = [p.name for p in space.parameters if p.kind != "text"]
        for name in sorted(set(self.constants) & set(space.by_name)):
            raise SpecError(
                f"{name} is a parameter and a constant",
                field=f"hypothesis.{name}",
                value=name,
                hint="rename the constant",
            )
        for name in sorted(self.names - set(numeric)):
            raise SpecError(
                f"the law speaks of {name!r}, which has no number",
                field="hypothesis",
                value=self.formula,
                allowed=", ".join([*numeric, *self.constants]),
                hint=f"give a constant its bounds, such as: with {name} in [0, 5]",
            )

    def __str__(self) -> str:
        """Return it as a sentence."""
        bounds = ", ".join(f"{written(name)} in [{low!r}, {high!r}]" for name, (low, high) in self.constants.items())
        return f"{written(self.quantity)} = {self.formula}" + (f" with {bounds}" if bounds else "")


@dataclass(frozen=True)
class Rule:
    """Where a condition on parameters holds, an outcome lies on one side of a number, in most cases at least.

    >>> str(Rule("yield", ">", 60.0, "temperature > 70"))
    'yield > 60.0 where temperature > 70'
    """

    form: ClassVar[str] = "rule"
    quantity: str
    sign: Literal["<", "<=", ">", ">="]
    bound: float
    where: str

    def __post_init__(self) -> None:
        if self.sign not in ("<", "<=", ">", ">=") or not is_number(self.bound):
            raise SpecError(
                "a rule compares an objective with a number",
                field="hypothesis",
                value=f"{self.sign} {self.bound}",
                allowed="such as yield > 60 where temperature > 70",
            )
        Expression(self.where)

    @cached_property
    def claim(self) -> Claim:
        """The same as a campaign file says it under ``claims``."""
        return Claim(self.where, f"{self.quantity} {self.sign} {self.bound!r}")

    @property
    def names(self) -> frozenset[str]:
        """The parameters it speaks of."""
        return _spoken(self.where)

    def check(self, space: SearchSpace) -> None:
        """Refuse a space that it does not fit."""
        check_region(self.where, space)

    def __str__(self) -> str:
        """Return it as a sentence."""
        return f"{written(self.quantity)} {self.sign} {self.bound!r} where {self.where}"


Statement: TypeAlias = Trend | Interaction | Region | Law | Rule

FORMS: Mapping[str, Callable[..., Statement]] = {one.form: one for one in (Trend, Interaction, Region, Law, Rule)}
"""Every form of statement, by its name."""


def statement_json(statement: Statement) -> dict[str, Any]:
    """Return JSON data.

    >>> statement_json(Region("y", "x > 1"))
    {'form': 'region', 'quantity': 'y', 'where': 'x > 1'}
    """
    said = {name: value for name, value in vars(statement).items() if name in statement.__dataclass_fields__}
    if isinstance(statement, Law):
        said["constants"] = {name: list(bounds) for name, bounds in statement.constants.items()}
    return {"form": statement.form, **said}


def read_statement(data: Mapping[str, Any]) -> Statement:
    """Return the statement that :func:`statement_json` gave.

    Raises:
        KeyError, TypeError, ValueError, SpecError: there is none in it.
    """
    fields = {str(name): value for name, value in data.items() if name != "form"}
    if fields.get("constants") is not None:
        fields["constants"] = {str(name): (low, high) for name, (low, high) in fields["constants"].items()}
    for name, value in fields.items():
        if name not in ("constants", "bound") and not isinstance(value, str):
            raise TypeError(f"{name} of a statement is no text: {value!r}")
    if "bound" in fields:
        fields["bound"] = float(fields["bound"])
    return FORMS[data["form"]](**fields)


def check_statement(statement: Statement, space: SearchSpace, quantities: Sequence[str]) -> None:
    """Refuse a statement that does not fit a campaign.

    Raises:
        SpecError: names the field, the value and what is allowed.
    """
    if statement.quantity not in quantities:
        raise SpecError(
            f"the statement speaks of {statement.quantity!r}, which is no objective",
            field="hypothesis",
            value=statement.quantity,
            allowed=", ".join(quantities),
        )
    for name in sorted(statement.names - set(space.by_name)):
        if not isinstance(statement, Law):
            raise SpecError(
                f"the statement speaks of {name!r}, which is no parameter",
                field="hypothesis",
                value=name,
                allowed=", ".join(space.by_name),
            )
    for name in (statement.quantity, *sorted(statement.names)):
        if "`" in name:
            raise SpecError(
                f"no statement can hold the name {name!r}",
                field="hypothesis",
                value=name,
                allowed="names without a backtick",
            )
    statement.check(space)


def check_region(where: str, space: SearchSpace) -> None:
    """Refuse a condition that cannot be judged in a space, or under which nothing may be tried.

    Raises:
        SpecError: says why.
    """
    middle = {parameter.name: value_at(parameter, 0.5) for parameter in space.parameters}
    columns = {
        name: np.array([value], dtype=object if isinstance(value, str) else float) for name, value in middle.items()
    }
    try:
        Expression(where).holds(columns)
    except SpecError as error:
        raise SpecError(
            error.message, field="hypothesis", value=where, allowed=error.allowed, hint=error.hint
        ) from error
    if not _leaves(space, where):
        raise SpecError(
            f"nothing that may be tried lies where {where}",
            field="hypothesis",
            value=where,
            allowed="a condition that some allowed row meets",
        )


def written(name: str) -> str:
    """Return a name as a statement says it: in backticks where it is no plain word.

    >>> written("red"), written("flow-rate")
    ('red', '`flow-rate`')
    """
    return name if _WORD.fullmatch(name) and name not in _WORDS else f"`{name}`"


def _spoken(where: str) -> frozenset[str]:
    return Expression(where).names if where else frozenset()


def _leaves(space: SearchSpace, where: str) -> bool:
    """Say whether something may be tried where a condition holds."""
    try:
        left = replace(space, constraints=(*space.constraints, Condition(Expression(where, tolerant=space.exact))))
        check_feasible(left)
    except (SpecError, PlanningError):
        return False
    return True


def _check_chosen(name: str, space: SearchSpace) -> None:
    if space.by_name[name].role != "control":
        raise SpecError(
            f"{name} is not chosen but found, so that its effect is not looked into",
            field="hypothesis",
            value=name,
            allowed=", ".join(parameter.name for parameter in space.controlled),
        )


def _check_numeric(name: str, space: SearchSpace) -> None:
    _check_chosen(name, space)
    if space.by_name[name].kind == "text":
        raise SpecError(
            f"{name} has choices, which have no order to rise or fall with",
            field="hypothesis",
            value=name,
            allowed=", ".join(p.name for p in space.controlled if p.kind != "text") or "a parameter with numbers",
            hint="say where the best lies, or a rule, such as: yield > 60 where solvent == 'DMF'",
        )
