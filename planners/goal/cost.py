"""Costs: what an experiment takes, what changing over from the one before takes, and what is left of budget and stock.

A cost is a formula over parameters plus what changing over adds. Gains are judged per cost (Snoek et al. 2012,
"Practical Bayesian Optimization of Machine Learning Algorithms", arXiv 1206.2944), the less so the more of the budget
is spent (Lee et al. 2020, "Cost-aware Bayesian Optimization", arXiv 2003.10870): early on cheap experiments teach most
for the money, at the end what counts is the best row, costly or not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from zosimos.core.errors import SpecError
from zosimos.core.expression import ColumnArray, Formula
from zosimos.core.parameters import Values
from zosimos.core.pool import CHUNK, columns_of
from zosimos.core.predicate import Predicate
from zosimos.core.space import SearchSpace
from zosimos.planners.candidates.sampling import fresh, sobol_rows

Array: TypeAlias = NDArray[np.float64]

_ROUNDING = 1e-9  # of a budget or stock: sums of decimal fractions may end this far above it
_CHECKED = 1024  # rows of a space that cannot be listed
_LEFT = "what is left of budget and stock"


class Term(Protocol):
    """A number for each row, such as a :class:`~zosimos.core.expression.Formula`."""

    @property
    def names(self) -> frozenset[str]:
        """The parameters it speaks of."""
        ...

    def column(self, columns: Mapping[str, ColumnArray]) -> Array:
        """Return the number for each of ``n`` rows, or a single one for all."""
        ...


@dataclass(frozen=True)
class Stock:
    """Something that is used up: how much there is, and how much an experiment takes."""

    name: str
    amount: float
    uses: Term
    unit: str = ""

    def __post_init__(self) -> None:
        _check_number(self.amount, f"stock.{self.name}.amount")


@dataclass(frozen=True)
class Account:
    """What the experiments so far have taken: their number and cost, the stock, and the row that was run last."""

    count: int
    cost: float
    used: Mapping[str, float]
    before: Values | None


@dataclass(frozen=True)
class Costs:
    """What experiments cost, and how much may be spent.

    Args:
        each: cost of an experiment, above 0.
        choices: by parameter and choice, what the choice adds.
        changeover: by parameter, what is added when it differs from the experiment before: for a categorical parameter
            a number, for the others a number per unit of distance.
        unit: of all costs.
        stock: what is used up.
        budget: cost that may be spent in all (None: no limit).
        experiments: how many may be made: without a budget in cost, judging by cost cools with their number.

    Raises:
        SpecError: a number is negative or not finite.
    """

    each: Term = field(default_factory=lambda: Formula("1"))
    choices: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    changeover: Mapping[str, float] = field(default_factory=dict)
    unit: str = ""
    stock: tuple[Stock, ...] = ()
    budget: float | None = None
    experiments: int | None = None

    def __post_init__(self) -> None:
        for name, number in self.changeover.items():
            _check_number(number, f"costs.changeover.{name}")
        for name, added in self.choices.items():
            for choice, number in added.items():
                _check_number(number, f"costs.choices.{name}.{choice}")
        if self.budget is not None:
            _check_number(self.budget, "budget.cost")

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The parameters that costs and stock speak of."""
        terms = (self.each, *(item.uses for item in self.stock))
        return tuple(sorted({*self.choices, *self.changeover}.union(*(term.names for term in terms))))

    @property
    def limited(self) -> bool:
        """Whether anything can run out."""
        return self.budget is not None or bool(self.stock)

    @property
    def stated(self) -> bool:
        """Whether experiments differ in what they cost, or cost something else than 1."""
        return bool(self.choices or self.changeover) or self.each != Formula("1")

    def check(self, space: SearchSpace) -> None:
        """Refuse costs that do not fit a space: all listed rows are looked at, or an even spread of a large space.

        Raises:
            SpecError: an unknown or unfit parameter or choice, or a row whose cost is not a positive number.
        """
        for place, names in self._places():
            for name in names:
                _check_known(space, name, place)
        for name, added in self.choices.items():
            parameter = space.by_name[name]
            odd = [choice for choice in added if parameter.kind != "text" or parameter.problem(choice)]
            if odd:
                raise SpecError(
                    f"{name} has no choice {odd[0]!r}",
                    field=f"costs.choices.{name}",
                    value=odd[0],
                    allowed=parameter.allowed,
                )
        rows = _looked_at(space)
        for start in range(0, len(rows), CHUNK):
            columns, n = self._columns(rows[start : start + CHUNK])
            self._own(columns, n)
            self._stock_uses(columns, n)

    def account(self, rows: Sequence[Values]) -> Account:
        """Return what experiments at these rows take, made one after the other.

        They were charged for, perhaps before these costs were stated: what cannot be counted counts as nothing.
        """
        if not len(rows):
            return Account(0, 0.0, {item.name: 0.0 for item in self.stock}, None)
        columns, n = self._columns(rows)
        cost = math.fsum(_known(self._priced(columns, n)))
        cost += math.fsum(float(self.changing([after], before)[0]) for before, after in pairwise(rows))
        used = {item.name: math.fsum(_known(_uses(item, columns, n))) for item in self.stock}
        return Account(n, cost, used, rows[-1])

    def of(self, rows: Sequence[Values], before: Values | None) -> Array:
        """Return the costs of ``n`` rows, each if it is made next, after the row before (None: the first).

        Raises:
            SpecError: a row's cost is not a positive number.
        """
        columns, n = self._columns(rows)
        return self._own(columns, n) + self._changed(columns, n, before)

    def changing(self, rows: Sequence[Values], before: Values | None) -> Array:
        """Return the part of the costs that changing over takes, shape ``n``."""
        return self._changed(*self._columns(rows), before)

    def affordable(self, rows: Sequence[Values], account: Account) -> NDArray[np.bool_]:
        """Return which of ``n`` rows what is left of budget and stock still allows next.

        Raises:
            SpecError: a row's cost is not a positive number, or what it takes is negative.
        """
        columns, n = self._columns(rows)
        if n and self.limited:
            self._own(columns, n)
            self._stock_uses(columns, n)
        return self._within(columns, n, account)

    def cooling(self, account: Account) -> float:
        """Return the exponent of the cost in gain per cost: the share of the budget that is left.

        The budget in cost where there is one, else in experiments: with the last of them a costly row may be the best.
        With neither it is 1.
        """
        if self.budget is not None:
            return min(1.0, max(0.0, 1.0 - account.cost / self.budget)) if self.budget > 0 else 0.0
        if self.experiments is not None:
            return max(0.0, 1.0 - account.count / self.experiments)
        return 1.0

    def within(self, space: SearchSpace, account: Account) -> SearchSpace:
        """Return a space that cannot be listed, without what can no longer be afforded."""
        if not self.limited or space.listed is not None:
            return space
        names = self.names or space.names[:1]

        def test(columns: Mapping[str, ColumnArray]) -> NDArray[np.bool_]:
            return self._within(columns, len(columns[names[0]]), account)

        affordable = Predicate(_LEFT, names, test)
        return replace(space, constraints=(*space.constraints, affordable), pool=None)

    def describe(self, row: Values, before: Values | None) -> str:
        """Return what a row costs next, in words."""
        cost, changing = float(self.of([row], before)[0]), float(self.changing([row], before)[0])
        text = self.amount(cost)
        return f"{text}, {changing:.4g} of it changeover" if changing > 0 else text

    def amount(self, cost: float) -> str:
        """Return a cost with its unit."""
        return f"{cost:.4g} {self.unit}".rstrip()

    def shortage(self, account: Account, rows: Sequence[Values]) -> str:
        """Return in words why none of these rows, which are allowed and new, can be made."""
        found: list[tuple[bool, str]] = []  # whether it is short of everything, and in words
        if self.budget is not None:
            left, least = self.budget - account.cost, float(self.of(rows, account.before).min())
            text = f"{_rounded(left)} of {self.amount(self.budget)} are left and the cheapest costs {least:.4g}"
            found.append((left < least, text))
        uses = self._stock_uses(*self._columns(rows))
        for item in self.stock:
            left, least = item.amount - account.used[item.name], float(uses[item.name].min())
            amount = f"{item.amount:g} {item.unit}".rstrip()
            text = f"{_rounded(left)} of {amount} {item.name} are left and an experiment takes {least:.4g} or more"
            found.append((left < least, text))
        told = [text for short, text in found if short] or [text for _, text in found]
        return f"no experiment that is left can be afforded: {'; '.join(told)}"

    def _places(self) -> list[tuple[str, tuple[str, ...]]]:
        """Return, by the field that says them, the parameters that must be numbers, and those that need not."""
        found = [("costs.each", tuple(sorted(self.each.names))), ("costs.changeover", tuple(self.changeover))]
        found += [(f"stock.{item.name}.uses", tuple(sorted(item.uses.names))) for item in self.stock]
        return [*found, ("costs.choices", tuple(self.choices))]

    def _columns(self, rows: Sequence[Values]) -> tuple[Mapping[str, ColumnArray], int]:
        return columns_of(rows, self.names), len(rows)

    def _priced(self, columns: Mapping[str, ColumnArray], n: int) -> Array:
        """Return what each row costs by itself, whatever the formula says."""
        cost = np.array(np.broadcast_to(self.each.column(columns), n), dtype=float)
        for name, added in self.choices.items():
            column = columns[name]
            for choice, number in added.items():
                cost += np.where(column == choice, number, 0.0)
        return cost

    def _own(self, columns: Mapping[str, ColumnArray], n: int) -> Array:
        cost = self._priced(columns, n)
        wrong = ~(np.isfinite(cost) & (cost > 0))
        if wrong.any():
            raise _wrong("an experiment's cost is not a positive number", "costs.each", cost, wrong, columns, self.unit)
        return cost

    def _changed(self, columns: Mapping[str, ColumnArray], n: int, before: Values | None) -> Array:
        cost = np.zeros(n)
        for name, number in self.changeover.items() if before is not None else ():
            assert before is not None
            column, old = columns[name], before[name]
            if isinstance(old, str):
                cost += np.where(column == old, 0.0, number)
            else:
                cost += number * np.abs(np.asarray(column, dtype=float) - float(old))
        return cost

    def _stock_uses(self, columns: Mapping[str, ColumnArray], n: int) -> dict[str, Array]:
        found = {}
        for item in self.stock:
            used = _uses(item, columns, n)
            wrong = ~(np.isfinite(used) & (used >= 0))
            if wrong.any():
                where = f"stock.{item.name}.uses"
                raise _wrong(
                    f"what an experiment takes of {item.name} is negative", where, used, wrong, columns, item.unit
                )
            found[item.name] = used
        return found

    def _within(self, columns: Mapping[str, ColumnArray], n: int, account: Account) -> NDArray[np.bool_]:
        """Return which rows can be afforded; one without a proper cost cannot: it may break a constraint besides."""
        good = np.ones(n, dtype=bool)
        if not n:
            return good
        if self.budget is not None:
            own = self._priced(columns, n)
            total = account.cost + own + self._changed(columns, n, account.before)
            good &= (own > 0) & (total <= self.budget * (1.0 + _ROUNDING))
        for item in self.stock:
            used = _uses(item, columns, n)
            good &= (used >= 0) & (account.used[item.name] + used <= item.amount * (1.0 + _ROUNDING))
        return good


def lasting(space: SearchSpace) -> SearchSpace:
    """Return a space without what :meth:`Costs.within` adds: a measured row is an answer that costs nothing more."""
    kept = tuple(c for c in space.constraints if not (isinstance(c, Predicate) and c.name == _LEFT))
    return space if len(kept) == len(space.constraints) else replace(space, constraints=kept)


def _uses(item: Stock, columns: Mapping[str, ColumnArray], n: int) -> Array:
    return np.array(np.broadcast_to(item.uses.column(columns), n), dtype=float)


def _known(numbers: Array) -> Array:
    """Return what experiments took: nothing where a formula that came later has no number of 0 or more for them."""
    return np.where(np.isfinite(numbers), np.maximum(numbers, 0.0), 0.0)


def _rounded(left: float) -> str:
    return f"{max(0.0, left):.4g}"


def _looked_at(space: SearchSpace) -> Sequence[Values]:
    return space.listed if space.listed is not None else fresh(sobol_rows(space, 0), frozenset(), _CHECKED)


def _check_known(space: SearchSpace, name: str, place: str) -> None:
    parameter = space.by_name.get(name)
    if parameter is None:
        raise SpecError(
            f"{place} speaks of an unknown parameter {name!r}", field=place, value=name, allowed=", ".join(space.names)
        )
    if place == "costs.changeover":
        if parameter.role == "context":
            raise SpecError(f"{name} is not chosen: nobody changes it over", field=place, value=name)
    elif (parameter.kind == "text") != (place == "costs.choices"):
        wanted = "choices" if place == "costs.choices" else "numbers"
        raise SpecError(
            f"{place} speaks of {name!r}, which has no {wanted}",
            field=place,
            value=name,
            allowed=f"a parameter with {wanted}",
            hint="write costs.choices for what a choice adds, costs.each for numbers",
        )


def _check_number(number: float, place: str) -> None:
    if not (math.isfinite(number) and number >= 0):
        raise SpecError(f"{place} is not a finite number of 0 or more", field=place, value=number, allowed="0 or more")


def _wrong(
    why: str, place: str, numbers: Array, wrong: NDArray[np.bool_], columns: Mapping[str, ColumnArray], unit: str
) -> SpecError:
    """Return the error that names the first row whose number is of no use."""
    index = int(np.argmax(wrong))
    row = ", ".join(f"{name} {_shown(column[index])}" for name, column in sorted(columns.items()) if np.ndim(column))
    return SpecError(
        f"{why} at {row or 'any row'}: {f'{numbers[index]:.4g} {unit}'.rstrip()}",
        field=place,
        value=f"{numbers[index]:.4g}",
        allowed="a finite number above 0" if place == "costs.each" else "0 or more",
        hint="check the formula over the whole range of its parameters",
    )


def _shown(value: object) -> str:
    return value if isinstance(value, str) else f"{float(value):.6g}"  # type: ignore[arg-type]  # a cell is text or a number
