"""The allowed region of a space as designs need it: its corners, the middles of its edges, and rows to choose from."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from zosimos.core.constraints import Cardinality, Linear, Simplex
from zosimos.core.parameters import Values, range_of
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners.candidates.polytope import Polytope, exact_constraints
from zosimos.planners.candidates.sampling import fresh, sobol_rows
from zosimos.planners.designs.values import decoded, on_levels, placed_rows
from zosimos.planners.designs.vertices import some_vertices, too_many, vertices
from zosimos.surrogates.linear.terms import Factor

Array: TypeAlias = NDArray[np.float64]

_LISTED = 2500  # rows of a small space that are all candidates
_CROSSED = 3000  # combinations of corners, levels and choices
_SPREAD = 300  # further rows, spread evenly
_DIGITS = 11  # of a range, to which corners are said
_PAIRED = 25  # corners of which all middles are candidates, not only those of edges


def corners(space: SearchSpace, names: Sequence[str], *, some: bool = False) -> tuple[Array, list[tuple[int, int]]]:
    """Return the corners of the linear constraints over some parameters (``n x k``), and which pairs are edges.

    Args:
        space: gives the constraints.
        names: of the parameters.
        some: whether a part of the corners will do, without edges, where there are too many to find all.

    Raises:
        SpecError: there are too many limits.
    """
    k = len(names)
    ranges = np.array([range_of(space.by_name[name]) for name in names])
    span = np.maximum(ranges[:, 1] - ranges[:, 0], 1e-300)
    A, b = [*np.eye(k), *-np.eye(k)], [*np.ones(k), *np.zeros(k)]
    E: list[Array] = []
    e: list[float] = []
    for constraint in exact_constraints(space, closed=True):
        if isinstance(constraint, Cardinality) or not constraint.names <= set(names):
            continue
        weights = _weights(constraint)
        row = np.array([weights.get(name, 0.0) for name in names])
        low, high = _limits(constraint)
        shift, size = float(row @ ranges[:, 0]), float(np.abs(row * span).max())
        row = row * span / size
        if low == high:
            E, e = [*E, row], [*e, (low - shift) / size]
            continue
        if np.isfinite(high):
            A, b = [*A, row], [*b, (high - shift) / size]
        if np.isfinite(low):
            A, b = [*A, -row], [*b, -(low - shift) / size]
    limits = np.array(A), np.array(b), np.array(E).reshape(len(E), k), np.array(e)
    found, edges = (some_vertices(*limits), []) if some and too_many(*limits[::2]) else vertices(*limits)
    decimals = _DIGITS - np.ceil(np.log10(span)).astype(int)  # 0.5, not 0.49999999998
    points = [np.round(ranges[i, 0] + found[:, i] * span[i], decimals[i]) for i in range(k)]
    return np.column_stack(points), edges


def nearest_allowed(space: SearchSpace, row: Values) -> Values:
    """Return the allowed row nearest to one that rounding took outside linear constraints; itself if there is none."""
    polytope = Polytope.of(space)
    place = (np.array([float(row[name]) for name in polytope.names]) - polytope.origin) / polytope.span
    found = polytope.nearest(place)
    if found is None:
        return row
    values = dict(zip(polytope.names, (polytope.origin + found * polytope.span).tolist(), strict=True))
    columns = {name: np.array([value]) for name, value in values.items()}
    rounded, exact = (on_levels(space, columns, rounding=rounding) for rounding in (True, False))
    mended = space.canonical({**row, **{name: float(column[0]) for name, column in rounded.items()}})
    if not space.problems(mended):
        return mended
    return space.canonical({**row, **{name: float(column[0]) for name, column in exact.items()}})


def candidate_rows(space: SearchSpace, factors: Sequence[Factor], levels: int, seed: int) -> list[Values]:
    """Return allowed rows that a design may be chosen from: all of a small space; else corners, levels and a spread."""
    listed = space.listed
    if listed is not None and (space.pool is not None or len(listed) <= _LISTED):
        rng = np.random.default_rng(seed)
        few = listed if len(listed) <= 2 * _CROSSED else listed.take(np.sort(rng.choice(len(listed), 2 * _CROSSED)))
        return [space.canonical({**row, **space.current}) for row in few]
    rows = [*_crossed(space, factors, levels, seed), *fresh(sobol_rows(space, seed), frozenset(), _SPREAD)]
    return list({row_key(row): row for row in rows}.values())


def _crossed(space: SearchSpace, factors: Sequence[Factor], levels: int, seed: int) -> list[Values]:
    """Return the corners and edges of what is bound together, with all levels and choices of the rest."""
    linear = exact_constraints(space, closed=True)
    bound = {name for c in linear for name in c.names if not isinstance(c, Cardinality)}
    names = [factor.name for factor in factors if factor.name in bound]
    parts: list[list[dict[str, Any]]] = []
    if names:
        found, edges = corners(space, names, some=True)
        near = range(min(len(found), _PAIRED))
        pairs = edges if edges and len(found) > _PAIRED else list(itertools.combinations(near, 2))
        middles = [(found[one] + found[two]) / 2 for one, two in pairs]
        points = np.vstack([found, *middles, found.mean(axis=0)]) if len(found) else found
        parts.append([dict(zip(names, point.tolist(), strict=True)) for point in points])
    for factor in factors:
        if factor.name not in bound:
            values = list(factor.choices) or decoded(factor, np.linspace(-1, 1, levels)).tolist()
            parts.append([{factor.name: value} for value in values])
    total = int(np.prod([float(len(part)) for part in parts]))
    rng = np.random.default_rng(seed)
    places = range(total) if total <= _CROSSED else sorted({int(i) for i in rng.integers(total, size=_CROSSED)})
    made = [_combined(parts, place) for place in places]
    if not made:
        return []
    kinds = {p.name: object if p.kind == "text" else float for p in space.controlled}
    columns = {name: np.array([row[name] for row in made], dtype=kind) for name, kind in kinds.items()}
    return [row for row in placed_rows(space, columns) if not space.problems(row)]


def _combined(parts: Sequence[Sequence[dict[str, Any]]], place: int) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for part in parts:
        place, here = divmod(place, len(part))
        row |= part[here]
    return row


def _weights(constraint: Linear | Simplex) -> dict[str, float]:
    return dict.fromkeys(constraint.parts, 1.0) if isinstance(constraint, Simplex) else dict(constraint.coefficients)


def _limits(constraint: Linear | Simplex) -> tuple[float, float]:
    return (constraint.total,) * 2 if isinstance(constraint, Simplex) else (constraint.low, constraint.high)
