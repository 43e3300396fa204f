"""Allowed rows of any space, evenly spread: scrambled Sobol sequences, mapped and filtered to the constraints.

A campaign file is checked with :func:`check_feasible` before anything else happens, so nothing here imports torch.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from zosimos.core.constraints import Cardinality, Constraint, Nested, Simplex
from zosimos.core.errors import PlanningError, SpecError
from zosimos.core.parameters import Continuous, Values, levels_of
from zosimos.core.pool import CHUNK, Pool
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners.candidates.encoding import Block, Codec
from zosimos.planners.candidates.polytope import Exact, Polytope, exact_constraints
from zosimos.planners.candidates.repair import climbed, wandering
from zosimos.planners.candidates.sobol import MOST, Draw, scrambled

Array = NDArray[np.float64]

_BLOCK = 512
_BLOCKS = 64  # the sequence ends after this many blocks, about 32,000 points
_PATIENCE = 3  # blocks after which rows are bred if there are hardly any
_FEW = 4  # rows
_JUDGED = 8  # blocks, to say how much a constraint admits
_COUNTED = 2**18  # combinations of levels that are looked at one by one where chance finds hardly any
_RARE = 0.02  # below this share of allowed points in the first block, linear constraints are sampled from inside


def listed(space: SearchSpace) -> Pool | None:
    """Return all allowed rows of a pool or a small grid, or None where the space is too large or continuous."""
    return space.listed


def sobol_draw(width: int, seed: int) -> Draw:
    """Return a source of scrambled Sobol points (Owen 1998) in ``[0, 1)^width``, ``n x width`` a call.

    Direction numbers are known for 21,201 coordinates (Joe and Kuo 2008). Where there are more, points are independent:
    no number of experiments would spread evenly over so many.
    """
    return random_draw(width, seed) if width > MOST else scrambled(width, seed)


def random_draw(width: int, seed: int) -> Draw:
    """Return a source of independent uniform points in ``[0, 1)^width``, ``n x width`` a call."""
    rng = np.random.default_rng(seed)
    return lambda n: rng.random((n, width))


def feasible_rows(space: SearchSpace, draw: Draw, seed: int) -> Iterator[Values]:
    """Yield allowed rows one after another, pool aside; the sequence is long but ends.

    Points are mapped into bounds, grids, mixtures and cardinalities, and rejected where another constraint does not
    hold. Where almost all would be rejected because of linear constraints, the parameters in these come from inside the
    polytope; where hardly any is left even so, every combination of levels is looked at, or, where there are too many,
    rows are bred from those that satisfy most constraints.

    Args:
        space: what is allowed.
        draw: source of points in the unit cube, one coordinate a parameter.
        seed: for the polytope and the breeding, should they be needed.
    """
    codec = Codec(space)
    polytope: Polytope | None = None
    rng = np.random.default_rng(seed)
    found = 0
    for index in range(_BLOCKS):
        block = codec.block(draw(_BLOCK))
        rows: Block | list[Values] = block
        good = block.feasible()
        if index == 0 and good.mean() < _RARE and exact_constraints(space):
            polytope = Polytope.of(space)
        if polytope is not None:
            drawn = list(block)
            rows = drawn = _rounded(codec, _inside(space, polytope, drawn, rng)) or drawn
            good = space.feasible(drawn)
        for row, allowed in zip(rows, good, strict=True):
            if allowed and (polytope is None or not space.problems(row)):
                found += 1
                yield row
        if index == _PATIENCE and found < _FEW:
            if _counted(space):
                break
            seeds = climbed(space, list(rows), rng)
            if seeds:
                yield from wandering(space, seeds, rng, _BLOCKS * _BLOCK)
                return
    if _counted(space):
        yield from _every(space, rng)


def _counted(space: SearchSpace) -> bool:
    """Say whether every combination of levels may be looked at."""
    counts = [parameter.count for parameter in space.controlled]
    return space.exact and 0 < math.prod(counts) <= _COUNTED


def _every(space: SearchSpace, rng: np.random.Generator) -> Iterator[Values]:
    """Yield every allowed combination of levels, in random order."""
    rows = space.combinations(_COUNTED) or ()
    yield from (rows[int(place)] for place in rng.permutation(len(rows)))


def _inside(space: SearchSpace, polytope: Polytope, rows: Sequence[Values], rng: np.random.Generator) -> list[Values]:
    """Return the rows with the parameters of linear constraints replaced by points of the polytope.

    A nested parameter that does not count in a row stays at its default: rows in which the same ones count share a
    polytope.
    """
    columns = space.columns(rows)
    idle = {item.name: ~item.active(columns) for item in space.nested if item.name in polytope.names}
    groups: dict[tuple[str, ...], list[int]] = {}
    for row in range(len(rows)):
        groups.setdefault(tuple(name for name, off in idle.items() if off[row]), []).append(row)
    replaced: dict[int, Values] = {}
    for names, group in groups.items():
        given = {name: float(rows[group[0]][name]) for name in names}
        points = polytope.held(given).sample(len(group), rng)
        for row, point in zip(group, points, strict=False):
            free = {name: x for name, x in zip(polytope.names, point.tolist(), strict=True) if name not in given}
            replaced[row] = _with(space, rows[row], free)
    return [replaced[row] for row in sorted(replaced)]


def _with(space: SearchSpace, row: Values, numbers: Mapping[str, float]) -> Values:
    """Return a row with numbers of the polytope in it."""
    values = dict(row)
    for name, x in numbers.items():
        parameter = space.by_name[name]
        if parameter.count:  # the level itself, free of the scaling's rounding
            values[name] = min(levels_of(parameter), key=lambda level: abs(float(level) - x))
        else:
            values[name] = x
    return space.canonical(values)


def _rounded(codec: Codec, rows: list[Values]) -> list[Values]:
    """Return allowed rows near to some, in the numbers that are proposed; a row itself where there is none."""
    ranges = [parameter for parameter in codec.space.controlled if isinstance(parameter, Continuous)]
    if not rows or all(part.rounding is None and part.digits is None for part in ranges):
        return rows
    near = codec.decode(codec.encode(rows))
    good = codec.space.feasible(near)
    return [other if allowed else row for row, other, allowed in zip(rows, near, good, strict=True)]


def sobol_rows(space: SearchSpace, seed: int) -> Iterator[Values]:
    """Yield the allowed rows of the space's scrambled Sobol sequence with this seed."""
    return feasible_rows(space, sobol_draw(len(space.parameters), seed), seed)


def sobol_points(space: SearchSpace, seed: int, n: int) -> Array:
    """Return the features of the sequence's first ``n`` points, ``n x d``, allowed or not (mixtures apart)."""
    return space.features(Codec(space).spread(sobol_draw(len(space.parameters), seed)(n)))


def fresh(rows: Iterator[Values], taken: Container[str], n: int) -> list[Values]:
    """Return the next ``n`` rows that are not taken, each once; fewer if the rows end before."""
    found: dict[str, Values] = {}
    for row in rows if n > 0 else ():
        key = row_key(row)
        if key not in taken and key not in found:
            found[key] = row
            if len(found) == n:
                break
    return list(found.values())


def nearest_rows(space: SearchSpace, points: Array, free: Sequence[Values]) -> list[Values]:
    """Return, for each of ``n x d`` feature points in turn, the nearest row still free; fewer if they run out."""
    pool = free if isinstance(free, Pool) else None
    points = points[: len(free)]
    near: list[list[tuple[float, int]]] = [[] for _ in points]
    for start in range(0, len(free) if len(points) else 0, CHUNK):
        rows = slice(start, start + CHUNK)
        features = space.features(free[rows]) if pool is None else pool.features(rows)
        for place, point in enumerate(points):
            distance = ((features - point) ** 2).sum(axis=1)
            # earlier points may take some, but never more than there are points
            few = min(len(points), len(distance))
            within = np.flatnonzero(distance <= np.partition(distance, few - 1)[few - 1])
            found = [*near[place], *((float(distance[i]), start + int(i)) for i in within)]
            near[place] = sorted(found)[: len(points)]
    chosen: list[int] = []
    for candidates in near:
        chosen.append(next(index for _, index in candidates if index not in chosen))
    return [free[index] for index in chosen]


def check_feasible(space: SearchSpace) -> None:
    """Refuse a space in which no row is allowed, naming the constraint that cannot hold.

    Linear constraints, mixtures and cardinalities are decided exactly (linear or mixed-integer program); the others by
    sampling and breeding.

    Raises:
        SpecError: no row satisfies all constraints; says how much of the space each admits alone.
    """
    if space.pool is not None or not space.constraints:
        return
    exact = tuple(c for c in space.constraints if _solved(c, space))
    parts: list[Exact] = []
    for count, constraint in enumerate(exact):
        parts += exact_constraints(replace(space, constraints=(constraint,)), closed=True)
        if Polytope.of(space, parts).nearest() is None:
            raise _impossible(space, constraint, exact[:count], "holds at no point inside the bounds", proven=True)
    rows = listed(space)
    if rows or (rows is None and next(sobol_rows(space, 0), None) is not None):
        return
    every = rows is not None or _counted(space)  # level was looked at
    why = "holds at no combination of levels" if every else f"held at none of {_BLOCK * _BLOCKS} points tried"
    others = tuple(constraint for constraint in space.constraints if constraint not in exact)
    for count in range(1, len(others) + 1):
        partial = replace(space, constraints=(*exact, *others[:count]))
        if next(sobol_rows(partial, 0), None) is None:
            before = (*exact, *others[: count - 1])
            raise _impossible(space, others[count - 1], before, why, proven=every)
    raise _impossible(space, space.constraints[-1], space.constraints[:-1], why, proven=every)


def no_rows_error(space: SearchSpace) -> PlanningError:
    """Return the error for a space in which no new row can be found."""
    if space.pool is not None:
        return PlanningError(
            "every allowed row was measured, is under way or was rejected",
            hint="add rows to the pool, widen a bound, drop a constraint, or stop the campaign here",
        )
    if _counted(space):
        return PlanningError(
            "no new row was found: every allowed combination was measured, is under way or was rejected",
            hint="widen a bound, add levels, loosen a constraint, or stop the campaign here",
        )
    return PlanningError(
        "no new row was found: every allowed row that the search came upon was measured, is under way or was rejected",
        hint="widen a bound, add levels, loosen a constraint, or stop the campaign here",
    )


def _solved(constraint: Constraint, space: SearchSpace) -> bool:
    """Say whether a program decides a constraint, or a part of it."""
    return bool(exact_constraints(replace(space, constraints=(constraint,), pool=None), closed=True))


def _impossible(
    space: SearchSpace, constraint: Constraint, before: Sequence[Constraint], why: str, *, proven: bool = False
) -> SpecError:
    """Return the error for a space in which no row was found; it speaks of a contradiction where that is proven."""
    together = f" together with {', '.join(map(str, before))}" if before else ""
    judged = ", the constraints contradict" if proven else ""
    return SpecError(
        f"no allowed row was found{judged}: constraint {str(constraint)!r}{together} {why}",
        field="constraints",
        value=str(constraint),
        allowed="constraints that at least one candidate satisfies",
        hint=f"widen a bound or loosen a constraint. Alone, each admits: {_admitted(space)}",
    )


def _admitted(space: SearchSpace) -> str:
    """Return how much of the space inside the bounds each constraint admits alone, in words.

    Mixtures, cardinalities and nested parameters are kept by construction: the others are judged where these hold.
    """
    made = tuple(c for c in space.constraints if isinstance(c, Simplex | Cardinality | Nested))
    rows = Codec(replace(space, constraints=made)).spread(sobol_draw(len(space.parameters), 0)(_BLOCK * _JUDGED))
    columns = space.columns(rows)
    shares = [(constraint, float(constraint.holds(columns).mean())) for constraint in space.constraints]
    return ", ".join(f"{str(c)!r} {_percent(share)}" for c, share in shares)


def _percent(share: float) -> str:
    least = 1 / (_BLOCK * _JUDGED)
    return f"under {100 * least:.2g} %" if share < least else f"{100 * share:.2g} %"
