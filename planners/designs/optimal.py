"""Optimal designs: the best rows for a stated model, whatever is allowed: constraints, mixtures, choices, tables."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from zosimos.core.errors import SpecError
from zosimos.core.parameters import Values
from zosimos.core.space import SearchSpace
from zosimos.planners.designs.exchange import efficiency, exchange
from zosimos.planners.designs.plan import CENTRE, Plan, middle
from zosimos.planners.designs.region import candidate_rows
from zosimos.planners.designs.request import DesignRequest
from zosimos.planners.designs.values import rows_of, snapped
from zosimos.surrogates.linear.least_squares import independent
from zosimos.surrogates.linear.terms import Factor, matrix, terms_of

_MOST = 150  # coefficients: a search takes seconds up to there
_SPARE = 4  # runs beyond one a coefficient: something to judge the noise by


def optimal(space: SearchSpace, factors: Sequence[Factor], request: DesignRequest, seed: int) -> Plan:
    """Return the rows of an optimal design, and its centre points after them.

    Raises:
        SpecError: there are fewer runs than coefficients, or what is allowed does not determine the model.
    """
    runs, centre = optimal_runs(factors, request), request.centre or 0
    levels = 2 if request.model in ("linear", "interactions", "factorial") else 3
    rows = candidate_rows(space, factors, levels, seed)
    if not rows:
        raise SpecError("no allowed row was found", field="constraints", hint="loosen a constraint or widen a bound")
    terms = terms_of(factors, request.model)
    made = matrix(factors, terms, space.columns(rows))
    middles = _centres(space, factors, rows, centre)
    fixed = matrix(factors, terms, space.columns(middles)).X if middles else np.empty((0, made.X.shape[1]))
    places = _exchanged(made.X.tobytes(), made.X.shape, fixed.tobytes(), runs, request.design[0].upper(), seed)
    chosen = [rows[place] for place in places]
    X = np.vstack([made.X[list(places)], fixed])
    if len(independent(X)[0]) < X.shape[1]:
        raise SpecError(
            f"{runs} runs do not determine the {X.shape[1]} coefficients of the {request.model} model",
            field="runs",
            value=runs,
            hint="raise runs or choose a smaller model",
        )
    columns = {name: column for name, column in space.columns([*chosen, *middles]).items() if name in _names(factors)}
    note = f"{request.model} model, {X.shape[1]} coefficients"
    if not any(factor.total for factor in factors):  # of shares there is no orthogonal design to compare with
        note += f"; D-efficiency {efficiency(X):.1f} %"
    return Plan(columns, ["optimal point"] * runs + [CENTRE] * centre, request.model, (note,))


def optimal_runs(factors: Sequence[Factor], request: DesignRequest) -> int:
    """Return how many runs an optimal design has, centre points aside.

    Raises:
        SpecError: they are fewer than the model has coefficients; or there is no such model.
    """
    each = {factor.name: max(1, len(factor.choices) - 1) for factor in factors}
    coefficients = 0
    for term in terms_of(factors, request.model):
        coefficients += int(np.prod([each[name] for name in term.factors]))
    if coefficients > _MOST:
        raise SpecError(
            f"the {request.model} model of these parameters has {coefficients} coefficients",
            field="model",
            value=request.model,
            allowed=f"at most {_MOST} coefficients",
            hint="choose a smaller model: linear or interactions; or screen the parameters first (plackett-burman)",
        )
    runs = request.runs or coefficients + _SPARE
    if runs + (1 if request.centre else 0) < coefficients:
        raise SpecError(
            f"{runs} runs cannot estimate the {coefficients} coefficients of the {request.model} model",
            field="runs",
            value=runs,
            allowed=f"at least {coefficients}, better {coefficients + _SPARE}",
            hint="raise runs, or choose a smaller model: linear, interactions",
        )
    return runs


def _names(factors: Sequence[Factor]) -> set[str]:
    return {factor.name for factor in factors}


def _centres(space: SearchSpace, factors: Sequence[Factor], rows: Sequence[Values], n: int) -> list[Values]:
    """Return ``n`` centre points: the middle of the ranges if it is allowed, else the row nearest to all others."""
    if not n:
        return []
    if not any(factor.total for factor in factors) and space.pool is None:
        found = rows_of(space, snapped(space, middle(factors, n)))
        if not any(space.problems(row) for row in found):
            return found
    features = space.features(rows)
    nearest = int(((features - features.mean(axis=0)) ** 2).sum(axis=1).argmin())
    return [rows[nearest]] * n


@lru_cache(maxsize=16)
def _exchanged(X: bytes, shape: tuple[int, int], fixed: bytes, runs: int, criterion: str, seed: int) -> tuple[int, ...]:
    """Return the chosen places; kept, because every decision of an opening asks for the same design."""
    given, besides = np.frombuffer(X).reshape(shape), np.frombuffer(fixed).reshape(-1, shape[1])
    found = exchange(given, runs, np.random.default_rng(seed), fixed=besides, criterion=criterion)
    return tuple(int(place) for place in found)
