"""Formula: symbolic regression in its smallest form: the few terms of a library that explain the outcomes best.

For each number of terms the set with the least squared error is found (every set where there are few, an exchange
search beyond). A term must explain 0.1 % of the variance, and lower the Bayesian information criterion (Schwarz 1978,
Ann. Stat. 6:461) although it also pays ``2 log p`` for having been chosen among ``p`` terms (Foster and George 1994,
"The risk inflation criterion for multiple regression", Ann. Stat. 22:1947). A formula is given only if, with the whole
choice repeated in each fold, it explains 90 % of the variance of outcomes that it did not see.

Cost: up to 20,000 least-squares problems of four unknowns for a choice, some 30 ms; eleven choices for a formula.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import RepeatedKFold

from zosimos.surrogates.explanation.design import Array, Design, r_squared
from zosimos.surrogates.explanation.terms import Term, evaluate, library, text

ENOUGH = 0.9  # cross-validated share of variance from which a formula is given
LEAST = 5  # outcomes: with fewer there is nothing to check a formula on
_MOST_TERMS = 5
_ROWS_FOR_EACH = 4  # outcomes for each term
_SETS = 20_000  # up to which all are tried
_RIDGE = 1e-10  # of the scaled sums of squares: terms that are nearly the same do not upset the solution
_WORTH = 0.001  # of the variance: what a term must explain
_ROUNDING = 1e-10  # of the variance: a smaller error is rounding
_FOLDS, _REPEATS = 5, 2
_DIGITS = range(3, 9)  # of a coefficient: as few as cost less than _LOSS of the variance
_LOSS = 0.005

Sets = NDArray[np.int64]


@dataclass(frozen=True)
class Formula:
    """A sum of terms, given by their texts and rounded coefficients, and an intercept (0: none).

    ``r2`` is the share of the outcomes' variance it explains, ``r2_cross`` that of outcomes it was not made from.
    """

    outcome: str
    terms: tuple[tuple[str, float], ...]
    intercept: float
    r2: float
    r2_cross: float

    @property
    def given(self) -> bool:
        """Whether it holds on outcomes that it was not made from."""
        return bool(self.terms) and self.r2_cross > ENOUGH

    def __str__(self) -> str:
        """Return the formula, or that there is none and how far the best one goes."""
        if not self.given:
            share = 100 * max(0.0, self.r2_cross)
            return f"no simple formula fits (the best one found explains {share:.0f} % of unseen outcomes)"
        parts = [(f"{abs(weight):.12g}*{term}", weight < 0) for term, weight in self.terms]
        if self.intercept:
            parts.append((f"{abs(self.intercept):.12g}", self.intercept < 0))
        (first, negative), *rest = parts
        return f"{self.outcome} = {'-' if negative else ''}{first}" + "".join(
            f" {'-' if below else '+'} {part}" for part, below in rest
        )

    def as_json(self) -> dict[str, Any]:
        """Return JSON data; ``text`` says it all."""
        return {
            "given": self.given,
            "text": str(self),
            "terms": [{"term": term, "coefficient": coefficient} for term, coefficient in self.terms],
            "intercept": self.intercept,
            "r2": self.r2,
            "r2_cross": self.r2_cross,
        }


def formula(outcome: str, design: Design, outcomes: Array, *, seed: int = 0) -> Formula:
    """Return the best small formula for ``n`` outcomes at the rows of a design.

    Temperatures enter as Arrhenius factors too where that makes a formula that holds, or a shorter one.

    Args:
        outcome: its name.
        design: the measured rows.
        outcomes: the values.
        seed: of the folds.

    Raises:
        ValueError: the shapes differ, or there are fewer than 5 outcomes.
    """
    if len(design) != len(outcomes) or len(outcomes) < LEAST:
        raise ValueError(f"a formula needs {LEAST} rows or more, and an outcome for each")
    plain = library(design)
    best = _best(outcome, plain, design, outcomes, seed)
    rates = library(design, rates=True)
    if len(rates) == len(plain):
        return best
    other = _best(outcome, rates, design, outcomes, seed)
    shorter = other.given and len(other.terms) < len(best.terms)
    return other if shorter or (not best.given and other.r2_cross > best.r2_cross) else best


def chosen_terms(design: Design, outcomes: Array, terms: Sequence[Term]) -> tuple[str, ...]:
    """Return the texts of the terms that the criterion chooses from a library, in the library's order."""
    return tuple(text(terms[i]) for i in _chosen(evaluate(terms, design.rows), outcomes))


def _best(outcome: str, terms: Sequence[Term], design: Design, y: Array, seed: int) -> Formula:
    values = evaluate(terms, design.rows)
    chosen = _chosen(values, y)
    weights, intercept = _rounded(values[:, chosen], y)
    r2 = r_squared(y, values[:, chosen] @ weights + intercept)
    named = tuple((text(terms[i]), float(weight)) for i, weight in zip(chosen, weights, strict=True))
    return Formula(outcome, named, intercept, r2, _cross_validated(values, y, seed))


def _cross_validated(values: Array, y: Array, seed: int) -> float:
    """Return the share of the variance of held-out outcomes that formulas chosen without them explain."""
    found = np.zeros((_REPEATS, len(y)))
    splitter = RepeatedKFold(n_splits=_FOLDS, n_repeats=_REPEATS, random_state=seed % 2**32)
    for turn, (known, out) in enumerate(splitter.split(values)):
        chosen = _chosen(values[known], y[known])
        weights, intercept = _fitted(values[np.ix_(known, chosen)], y[known])
        found[turn // _FOLDS, out] = values[np.ix_(out, chosen)] @ weights + intercept
    return r_squared(np.tile(y, _REPEATS), found.ravel())


def _chosen(values: Array, y: Array) -> list[int]:
    """Return the columns of ``n x p`` term values that the criterion chooses, in order."""
    n, p = values.shape
    centred, outcome = values - values.mean(axis=0), y - y.mean()
    size, total = np.linalg.norm(centred, axis=0), float(np.linalg.norm(outcome))
    if not p or total <= 1e-12 * float(np.abs(y).max()) * math.sqrt(n):
        return []
    scaled = np.where(size > 0, centred / np.where(size > 0, size, 1.0), 0.0)
    search = _Search(scaled.T @ scaled + _RIDGE * np.eye(p), scaled.T @ outcome / total)
    price = math.log(n) + 2 * math.log(p)
    best: list[int] = []
    left, lowest = 1.0, 0.0  # the mean alone leaves the whole variance
    for columns, error in search.best_of_each_size(min(p, _MOST_TERMS, n // _ROWS_FOR_EACH)):
        criterion = n * math.log(max(error, _ROUNDING)) + len(columns) * price
        if criterion < lowest and left - error >= _WORTH * (len(columns) - len(best)):
            best, left, lowest = columns, error, criterion
    return best


@dataclass(frozen=True)
class _Search:
    """The best sets of columns, by their correlations with each other (``p x p``) and with the outcome (``p``)."""

    among: Array
    with_outcome: Array

    def best_of_each_size(self, most: int) -> Iterator[tuple[list[int], float]]:
        """Yield the best set found of 1, 2, ... columns and its squared error as a share of the variance."""
        p = len(self.with_outcome)
        known: list[int] = []
        for count in range(1, most + 1):
            if math.comb(p, count) <= _SETS:
                known, error = self._best(np.array(list(combinations(range(p), count)), dtype=np.int64))
            else:
                known, error = self._exchanged(known)
            yield sorted(known), error

    def _best(self, sets: Sets) -> tuple[list[int], float]:
        target = self.with_outcome[sets]
        weights = np.linalg.solve(self.among[sets[:, :, None], sets[:, None, :]], target[..., None])[..., 0]
        errors = 1.0 - np.sum(weights * target, axis=1)
        best = int(errors.argmin())
        return [int(i) for i in sets[best]], float(errors[best])

    def _exchanged(self, known: list[int]) -> tuple[list[int], float]:
        """Return a set one larger: the best column is added, then one exchanged for another as long as that helps."""
        others = np.setdiff1d(np.arange(len(self.with_outcome)), known)
        best, error = self._best(np.array([[*known, i] for i in others], dtype=np.int64))
        while True:
            others = np.setdiff1d(np.arange(len(self.with_outcome)), best)
            swaps = [[*best[:place], i, *best[place + 1 :]] for place in range(len(best)) for i in others]
            found, less = self._best(np.array(swaps, dtype=np.int64))
            if less >= error - _ROUNDING:
                return best, error
            best, error = found, less


def _fitted(values: Array, y: Array) -> tuple[Array, float]:
    """Return the least-squares weights of ``n x k`` terms, and an intercept if the outcomes call for one (BIC)."""
    centre = values.mean(axis=0)
    if not values.shape[1]:
        return np.zeros(0), float(y.mean())
    size = np.linalg.norm(values, axis=0)
    size[size == 0] = 1.0
    weights = np.linalg.lstsq((values - centre) / size, y - y.mean(), rcond=None)[0] / size
    bare = np.linalg.lstsq(values / size, y, rcond=None)[0] / size
    intercept = float(y.mean() - centre @ weights)
    with_one, without = (float(np.sum((y - made) ** 2)) for made in (values @ weights + intercept, values @ bare))
    floor = _ROUNDING * float(np.sum((y - y.mean()) ** 2))
    if len(y) * math.log(max(without, floor) / max(with_one, floor)) <= math.log(len(y)):
        return bare, 0.0
    return weights, intercept


def _rounded(values: Array, y: Array) -> tuple[Array, float]:
    """Return the fitted weights and intercept, with as few digits as cost hardly anything."""
    weights, intercept = _fitted(values, y)
    exact = r_squared(y, values @ weights + intercept)
    for digits in _DIGITS:
        short = np.array([float(f"{weight:.{digits}g}") for weight in weights])
        moved = intercept and float(np.mean(y - values @ short))
        rounded = float(f"{moved:.{digits}g}")
        if r_squared(y, values @ short + rounded) >= exact - _LOSS:
            return short, rounded
    return weights, intercept
