"""The classical analysis of a designed experiment: effects with errors, analysis of variance, curvature, lack of fit.

Least squares in coded units; standard errors from what is left over, or, where as many coefficients as results leave
nothing, from Lenth's pseudo standard error (1989, Technometrics 31, 469). The tests are those of Montgomery 2013,
Design and Analysis of Experiments, chapters 6, 10 and 11; of mixtures, Cornell 2002, Experiments with Mixtures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from zosimos.core.errors import StateError
from zosimos.surrogates.linear.aliases import aliased, left_out
from zosimos.surrogates.linear.estimates import estimates
from zosimos.surrogates.linear.least_squares import independent, least_squares
from zosimos.surrogates.linear.results import Analysis
from zosimos.surrogates.linear.terms import BLOCKS, CURVATURE, Factor, Matrix, Term, matrix, terms_of
from zosimos.surrogates.linear.variance import lack_of_fit, repeated, share_of, variance

Array: TypeAlias = NDArray[np.float64]
Columns: TypeAlias = Mapping[str, NDArray[Any]]

_LEAST = 3  # results
_SPARE = 3  # results beyond the coefficients that a model of choice should leave
_CENTRE, _CORNER = 0.1, 0.75  # coded numbers of centre points and of corners that were nearly met
_SMALLEST, _LARGEST = 1e-150, 1e150  # outcomes whose squares a computer holds


def analyse(
    factors: Sequence[Factor],
    columns: Columns,
    y: Array,
    *,
    model: str | None = None,
    blocks: NDArray[np.int64] | None = None,
    level: float = 0.95,
) -> Analysis:
    """Return the analysis of outcomes.

    Args:
        factors: what was varied.
        columns: the values at which the experiments were run, ``n`` for each factor.
        y: their outcomes, ``n``.
        model: the terms; None: the largest model that the results determine with some to spare.
        blocks: the block of each experiment, ``n``.
        level: of the confidence intervals.

    Raises:
        StateError: there are fewer than three results, or all were the same experiment.
        SpecError: there is no such model.
    """
    varied, still = _varied(factors, columns)
    _require_enough(y, varied)
    notes = (
        [f"{', '.join(still)} did not vary: nothing is known of {'its' if len(still) == 1 else 'their'} effect"]
        if still
        else []
    )
    chosen = model or _largest(varied, columns, len(y), blocks)
    made = _with_blocks(matrix(varied, terms_of(varied, chosen), columns), blocks)
    made, curved = _with_curvature(made, varied, columns)
    fit = least_squares(made.X, y)
    mixture = any(factor.total for factor in varied)
    total = fit.total
    if not total:
        notes.append("all outcomes are the same: there are no effects to see")
    elif fit.left and not fit.squares:
        notes.append("the model passes through every result: there is no noise to judge effects by")
    if fit.left == 0:
        notes.append("as many coefficients as results: nothing is left to tell the noise")
    elif fit.left < _SPARE:
        told = "1 degree of freedom tells" if fit.left == 1 else f"{fit.left} degrees of freedom tell"
        notes.append(f"only {told} the noise: intervals are wide")
    found, judged = estimates(fit, made, level)
    pressed = fit.pressed
    return Analysis(
        chosen,
        len(y),
        found,
        variance(fit, made, mixture=mixture),
        float(np.sqrt(fit.squares / fit.left)) if fit.left else None,
        fit.left,
        judged,
        1 - fit.squares / total if total else None,
        1 - fit.squares / fit.left / (total / (len(y) - 1)) if total and fit.left else None,
        1 - pressed / total if total and pressed is not None else None,
        lack_of_fit(fit, made),
        share_of(fit, made, Term((), CURVATURE)) if curved else None,
        [*left_out(fit, made), *aliased(fit, made, varied, columns)],
        notes,
        repeated(made),
    )


def _require_enough(y: Array, varied: Sequence[Factor]) -> None:
    few = len(y) < _LEAST
    if few or not varied:
        count = f"{len(y) or 'no'} result{'s' if len(y) != 1 else ''}"
        raise StateError(
            f"{count} say{'s' if len(y) == 1 else ''} nothing of effects"
            if few
            else f"{count} with all parameters at the same values say nothing of effects",
            field="experiments",
            value=len(y),
            allowed=f"{_LEAST} results or more, of different experiments",
            hint="tell more results first: at least one more than there are parameters",
        )
    if not _SMALLEST < (float(np.abs(y).max()) or 1.0) < _LARGEST:
        raise StateError(
            "the outcomes are too large or too small for sums of squares",
            field="experiments",
            value=float(np.abs(y).max()),
            allowed=f"{_SMALLEST:g} to {_LARGEST:g}",
            hint="give the outcome in another unit",
        )


def _varied(factors: Sequence[Factor], columns: Columns) -> tuple[list[Factor], list[str]]:
    """Return the factors of which there were different values, with the choices that were tried, and the others."""
    found: list[Factor] = []
    still: list[str] = []
    for factor in factors:
        seen = set(columns[factor.name].tolist())
        if len(seen) < 2:
            still.append(factor.name)
        elif factor.choices:
            found.append(replace(factor, choices=tuple(choice for choice in factor.choices if choice in seen)))
        else:
            found.append(factor)
    return found, still


def _largest(factors: Sequence[Factor], columns: Columns, n: int, blocks: NDArray[np.int64] | None) -> str:
    """Return the largest model that the rows determine, with some results to spare if there is one."""
    for spare in (_SPARE, 1):
        for name in ("quadratic", "interactions"):
            X = _with_blocks(matrix(factors, terms_of(factors, name), columns), blocks).X
            if X.shape[1] + spare <= n and len(independent(X)[0]) == X.shape[1]:
                return name
        if _with_blocks(matrix(factors, terms_of(factors, "linear"), columns), blocks).X.shape[1] + spare <= n:
            return "linear"
    return "linear"


def _with_blocks(made: Matrix, blocks: NDArray[np.int64] | None) -> Matrix:
    """Return a model with a column for each block but one, after the constant (or after a mixture's parts)."""
    if blocks is None or len(names := np.unique(blocks)) < 2:
        return made
    last = (blocks == names[-1])[:, None]
    codes = (blocks[:, None] == names[None, :-1]) * 1.0 - last * 1.0
    first = [place for place, owner in enumerate(made.owner) if made.terms[owner].is_constant]
    cut = len(first)
    X = np.hstack([made.X[:, :cut], codes, made.X[:, cut:]])
    labels = (*made.labels[:cut], *(f"block {name}" for name in names[:-1]), *made.labels[cut:])
    owner = np.concatenate([made.owner[:cut], [len(made.terms)] * codes.shape[1], made.owner[cut:]])
    return Matrix(X, labels, owner, (*made.terms, Term((), BLOCKS)))


def _with_curvature(made: Matrix, factors: Sequence[Factor], columns: Columns) -> tuple[Matrix, bool]:
    """Return a model of two levels with a column for its centre points, if it has such and no squares."""
    numbers = [factor for factor in factors if factor.curves]
    if (
        not numbers
        or len(numbers) < sum(not f.choices and not f.has_two_values for f in factors)
        or any(t.is_square for t in made.terms)
    ):
        return made, False
    coded = np.abs(np.column_stack([factor.coded(columns[factor.name]) for factor in numbers]))
    centre = np.asarray((coded < _CENTRE).all(axis=1))
    corner = np.asarray((coded > _CORNER).all(axis=1))
    if not centre.any() or not corner.any() or not (centre | corner).all():
        return made, False
    X = np.hstack([made.X, centre[:, None] * 1.0])
    if len(independent(X)[0]) <= len(independent(made.X)[0]):
        return made, False
    owner = np.append(made.owner, len(made.terms))
    return Matrix(X, (*made.labels, CURVATURE), owner, (*made.terms, Term((), CURVATURE))), True
