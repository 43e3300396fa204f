"""A design in a space: its runs in the order in which they are to be done, each with its block and what it is for.

A design is a pure function of the space, of what is asked for and of a seed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from zosimos.core.errors import SpecError
from zosimos.core.parameters import Values
from zosimos.core.seeds import derive_seed
from zosimos.core.space import SearchSpace
from zosimos.planners.designs.blocks import in_blocks
from zosimos.planners.designs.kinds import Wanted, plan_of
from zosimos.planners.designs.optimal import optimal_runs
from zosimos.planners.designs.plan import AXIAL, CENTRE, Plan
from zosimos.planners.designs.region import nearest_allowed
from zosimos.planners.designs.request import MIXTURES, MOST_ROWS, OPTIMAL, DesignRequest
from zosimos.planners.designs.values import check_near, placed_rows, rows_of, snapped
from zosimos.surrogates.linear.terms import factors_of, matrix, terms_of

_NAMES = {"box-behnken": "Box-Behnken", "plackett-burman": "Plackett-Burman", "latin-hypercube": "Latin hypercube"}
_MAIN = 10.0  # weight of main effects in blocks
_ZERO = 1e-9  # of a coded number
_MIXED = 0.005  # share of a term that blocks may make up unsaid


@dataclass(frozen=True)
class DesignRow:
    """One run: its place in the order, its number in the standard order, its block, what it is, and its values."""

    run: int
    standard: int
    block: int
    point: str
    values: Values


@dataclass(frozen=True)
class Design:
    """The runs of a design, and what a person should know of it."""

    request: DesignRequest
    rows: tuple[DesignRow, ...]
    notes: tuple[str, ...]

    @property
    def title(self) -> str:
        """What to call it."""
        kind = self.request.design
        return _NAMES.get(kind, kind.replace("d-", "D-").replace("i-", "I-") if kind in OPTIMAL else kind)

    def reason(self, row: DesignRow) -> str:
        """Say which run of the design a row is."""
        block = f", block {row.block} of {self.request.blocks}" if self.request.blocks > 1 else ""
        return f"row {row.run} of {len(self.rows)} of the {self.title} design, {row.point}{block}"

    def summary(self) -> str:
        """Say how many experiments it takes, and of which kinds."""
        kinds = Counter(row.point for row in self.rows)
        parts = ", ".join(f"{n} x {point}" for point, n in kinds.items())
        shared = f" in {self.request.blocks} blocks" if self.request.blocks > 1 else ""
        return f"{self.title} design: {len(self.rows)} experiments{shared} ({parts})"

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        rows = [{**row.__dict__, "values": dict(row.values)} for row in self.rows]
        return {"design": self.request.design, "runs": len(rows), "rows": rows, "notes": list(self.notes)}


def make_design(space: SearchSpace, request: DesignRequest, seed: int, *, beyond: bool = False) -> Design:
    """Return a design in a space.

    Args:
        space: what may be tried.
        request: the design that is wanted.
        seed: of the order of runs, and of searches.
        beyond: whether points outside the ranges are allowed, as a circumscribed design has them.

    Raises:
        SpecError: the space and the design do not go together, or a point of it is not allowed.
    """
    factors = factors_of(space)
    plan = plan_of(Wanted(space, factors, request, derive_seed(seed, "design", "points")))
    if plan.beyond and not beyond:
        raise SpecError(
            "the axial points of a circumscribed design lie beyond the ranges",
            field="shape",
            value=request.shape,
            allowed="inscribed or face-centred in a campaign, whose ranges are limits",
            hint="widen the ranges by the factor alpha and use shape: inscribed",
        )
    if not plan.beyond:
        check_near(space, factors, plan.columns, snapped(space, plan.columns))
    rows = rows_of(space, plan.columns) if plan.beyond else placed_rows(space, plan.columns)
    if request.design == "extreme-vertices":  # a corner need not lie on the steps
        rows = [nearest_allowed(space, row) if space.problems(row) else row for row in rows]
    for row, point in zip(rows, plan.points, strict=True):
        problems = [] if plan.beyond else space.problems(row)
        if problems:
            raise _broken(request, point, row, problems[0])
    if len(rows) > MOST_ROWS:
        raise SpecError(f"the design has {len(rows)} runs", field="replicates", allowed=f"at most {MOST_ROWS} runs")
    rng = np.random.default_rng(derive_seed(seed, "design", "order"))
    block, more = _blocks(space, plan, rows, request, rng)
    order = rng.permutation(len(rows)) if request.randomise else np.arange(len(rows))
    order = order[np.argsort(block[order], kind="stable")]
    made = tuple(
        DesignRow(run, int(place) + 1, int(block[place]) + 1, plan.points[place], rows[place])
        for run, place in enumerate(order, start=1)
    )
    return Design(request, made, (*plan.notes, *more))


def planned_runs(space: SearchSpace, request: DesignRequest) -> int:
    """Return how many runs a design has, without the search for an optimal one.

    Raises:
        SpecError: the space and the design do not go together.
    """
    if request.design in OPTIMAL:
        return optimal_runs(factors_of(space), request) + (request.centre or 0)
    return len(make_design(space, request, 0).rows)


def _blocks(
    space: SearchSpace, plan: Plan, rows: list[Values], request: DesignRequest, rng: np.random.Generator
) -> tuple[np.ndarray[Any, np.dtype[np.int64]], tuple[str, ...]]:
    """Return the block of each run, from 0, and what the blocks disturb."""
    if request.blocks == 1:
        return np.zeros(len(rows), dtype=np.int64), ()
    if request.blocks > len(rows) // 2:
        raise SpecError(
            f"{len(rows)} runs are too few for {request.blocks} blocks",
            field="blocks",
            value=request.blocks,
            allowed=f"at most {len(rows) // 2}",
        )
    factors = factors_of(space)
    terms = terms_of(factors, plan.model)
    made = matrix(factors, terms, space.columns(rows))
    X = made.X - made.X.mean(axis=0)
    size = np.sqrt((X**2).mean(axis=0))
    kept = size > 1e-9
    weight = np.array([_MAIN if len(terms[owner].factors) == 1 else 1.0 for owner in made.owner])
    columns = (X / np.where(kept, size, 1.0) * weight)[:, kept]
    points = np.array(plan.points)
    if request.design == "central-composite":  # as Box and Hunter 1957 have it: the axial points are the last block
        block = np.full(len(rows), request.blocks - 1)
        cube = points != AXIAL
        block[cube] = in_blocks(columns[cube], points[cube] == CENTRE, request.blocks - 1, rng)
        block[points == CENTRE] = np.arange(int((points == CENTRE).sum())) % request.blocks
    else:
        main = made.X[:, [len(terms[owner].factors) == 1 for owner in made.owner]]
        _, alike = np.unique(np.abs(main) < _ZERO, axis=0, return_inverse=True)
        block = in_blocks(columns, points == CENTRE, request.blocks, rng, alike.reshape(-1))
    sums = np.array([X[block == b].sum(axis=0) for b in range(request.blocks)]) / np.where(kept, size, 1.0)
    shares = (sums**2 / np.bincount(block, minlength=request.blocks)[:, None]).sum(axis=0) / len(rows)
    touched = [label for label, share in zip(made.labels, np.where(kept, shares, 0.0), strict=True) if share > _MIXED]
    if not touched:
        return block, ("differences between blocks do not touch the terms of the model",)
    return block, (f"differences between blocks mix with {', '.join(touched)}: up to {shares[kept].max():.0%} of it",)


def _an(point: str) -> str:
    return f"an {point}" if point[0] in "aeio" else f"a {point}"


def _broken(request: DesignRequest, point: str, row: Values, problem: str) -> SpecError:
    shown = ", ".join(
        f"{name} {value}" if isinstance(value, str) else f"{name} {value:g}" for name, value in row.items()
    )
    others = "d-optimal" if request.design in MIXTURES else "d-optimal or extreme-vertices"
    return SpecError(
        f"the {request.design} design has {_an(point)} that is not allowed ({shown}): {problem}",
        field="design",
        value=request.design,
        allowed="a design whose points keep all constraints",
        hint=f"use a {others} design, which stays inside the constraints, or narrow the ranges",
    )
