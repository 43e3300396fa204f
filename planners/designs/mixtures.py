"""Designs of mixtures: blends on a lattice, even blends, and the corners of what bounds and constraints allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from zosimos.core.constraints import Linear, Simplex
from zosimos.core.errors import SpecError
from zosimos.core.space import SearchSpace
from zosimos.planners.candidates.polytope import exact_constraints
from zosimos.planners.designs.plan import Plan
from zosimos.planners.designs.region import corners
from zosimos.planners.designs.request import MOST_ROWS, DesignRequest
from zosimos.planners.designs.simplex import simplex_centroid, simplex_lattice
from zosimos.surrogates.linear.terms import Factor

Array: TypeAlias = NDArray[np.float64]
Columns: TypeAlias = Mapping[str, NDArray[Any]]


def lattice_or_centroid(space: SearchSpace, factors: Sequence[Factor], request: DesignRequest) -> tuple[Plan, Columns]:
    """Return the blends of a simplex lattice or centroid, and its centre; between least amounts if there are any.

    Raises:
        SpecError: the space is no mixture, or an upper bound cuts the simplex.
    """
    _require_mixture(space, factors, request.design)
    lows, total = np.array([f.low for f in factors]), factors[0].total
    room = total - lows.sum()
    if room <= 0:
        raise SpecError(
            f"the least amounts of {', '.join(f.name for f in factors)} sum to {lows.sum():g}",
            field="constraints",
            value=f"{lows.sum():g}",
            allowed=f"less than the total, {total:g}",
            hint="lower the least amounts; is each of them a part of the mixture?",
        )
    cut = next((f.name for f in factors if f.high < f.low + room * (1 - 1e-9)), "")
    if cut:
        raise SpecError(
            f"a {request.design} design needs every part up to all that the others leave; {cut} stops before",
            field=f"space.{cut}.max",
            value=next(f.high for f in factors if f.name == cut),
            allowed=f"at least {next(f.low for f in factors if f.name == cut) + room:g}",
            hint="use an extreme-vertices or d-optimal design",
        )
    q = len(factors)
    shares = simplex_lattice(q, request.degree) if request.design == "simplex-lattice" else None
    if shares is None:
        shares = simplex_centroid(q, max(request.degree, 2) if request.degree != 2 else q)
    if len(shares) > MOST_ROWS:
        raise SpecError(
            f"the design has {len(shares)} blends", field="degree", value=request.degree, allowed=f"{MOST_ROWS} at most"
        )
    notes = ("between the least amounts of the parts (pseudo-components)",) if lows.any() else ()
    names = [f.name for f in factors]
    sizes = (shares > 1e-12).sum(axis=1)
    points = ["pure part" if size == 1 else f"blend of {size} parts" for size in sizes]
    model = "interactions" if request.degree > 1 else "linear"
    plan = Plan(_columns(names, lows + room * shares), points, model, notes)
    return plan, _columns(names, (lows + room / q)[None, :])


def extreme_vertices(space: SearchSpace, factors: Sequence[Factor], request: DesignRequest) -> tuple[Plan, Columns]:
    """Return the corners of the allowed region (degree 2: the middles of its edges too), and their mean.

    Raises:
        SpecError: a constraint is not linear, or there are too many limits.
    """
    if any(factor.choices for factor in factors) or space.pool is not None:
        raise SpecError(
            "only numbers have corners", field="design", value=request.design, hint="use a d-optimal design"
        )
    linear = exact_constraints(space, closed=True)
    if any(not isinstance(c, Linear | Simplex) for c in linear) or space.nested:
        raise SpecError(
            "parts that may be absent, or count under conditions, leave several regions with corners of their own",
            field="design",
            value=request.design,
            hint="use a d-optimal design",
        )
    names = [factor.name for factor in factors]
    found, edges = corners(space, names)
    if not len(found):
        raise SpecError("the constraints leave no corner", field="constraints", hint="loosen a constraint")
    rows, points = [found], ["corner of the region"] * len(found)
    if request.degree >= 2 and edges:
        middles = np.array([(found[one] + found[two]) / 2 for one, two in edges])
        rows, points = [found, middles], [*points, *["middle of an edge"] * len(middles)]
    points_of = np.vstack(rows)
    if len(points_of) > MOST_ROWS:
        raise SpecError(
            f"the region has {len(found)} corners and {len(edges)} edges",
            field="design",
            value=request.design,
            allowed=f"{MOST_ROWS} points at most",
            hint="use degree: 1 for corners only, or a d-optimal design, which chooses among them",
        )
    model = "interactions" if request.degree >= 2 else "linear"
    notes = (f"{len(found)} corners of the allowed region, {len(edges)} edges",)
    return Plan(_columns(names, points_of), points, model, notes), _columns(names, found.mean(axis=0)[None, :])


def _columns(names: Sequence[str], points: Array) -> dict[str, NDArray[Any]]:
    return {name: points[:, place] for place, name in enumerate(names)}


def _require_mixture(space: SearchSpace, factors: Sequence[Factor], design: str) -> None:
    other = next((factor.name for factor in factors if not factor.total), "")
    if other or space.pool is not None:
        why = f"{other} is no part of a mixture" if other else "only the rows of a table may be tried"
        raise SpecError(
            f"a {design} design is of one mixture: {why}",
            field="design",
            value=design,
            allowed="parts that sum to a total, and nothing else",
            hint="a d-optimal design takes mixtures with other parameters; constraints: [{type: simplex, of: [...]}] "
            "makes parameters a mixture",
        )
