"""Allowed rows of any space, evenly spread: scrambled Sobol sequences, mapped and filtered to the constraints.

A campaign file is checked with :func:`check_feasible` before anything else happens, so nothing here imports torch.
"""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from zosimos.core.constraints import Condition, Constraint
from zosimos.core.errors import PlanningError, SpecError
from zosimos.core.parameters import Values
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners.codec import Codec, level_count
from zosimos.planners.polytope import Polytope, linear_constraints

Array = NDArray[np.float64]
Draw = Callable[[int], Array]

GRID_LIMIT = 4096  # a space with this many level combinations or fewer is listed, and treated as a pool
_BLOCK = 512
_BLOCKS = 64  # the sequence ends after this many blocks, about 32,000 points
_RARE = 0.02  # below this share of allowed points in the first block, linear constraints are sampled from inside


def listed(space: SearchSpace) -> tuple[Values, ...] | None:
    """Return all allowed rows of a pool or a small grid, or None where the space is too large or continuous."""
    if space.pool is not None:
        return space.candidates
    counts = [level_count(parameter) for parameter in space.parameters]
    if 0 in counts or math.prod(counts) > GRID_LIMIT:
        return None
    axes = [
        [parameter.from_unit((k + 0.5) / count) for k in range(count)]
        for parameter, count in zip(space.parameters, counts, strict=True)
    ]
    rows: list[Values] = [dict(zip(space.names, row, strict=True)) for row in itertools.product(*axes)]
    return tuple(row for row, good in zip(rows, space.feasible(rows), strict=True) if good)


def sobol_draw(width: int, seed: int) -> Draw:
    """Return a source of scrambled Sobol points (Owen 1998) in ``[0, 1)^width``, ``n x width`` a call."""
    from scipy.stats import qmc  # half a second to import, and most commands never draw a point

    engine = qmc.Sobol(width, scramble=True, rng=np.random.default_rng(seed))

    def draw(n: int) -> Array:
        with warnings.catch_warnings():  # a block of any size is meant: balance holds over the whole sequence
            warnings.filterwarnings("ignore", message="The balance properties", category=UserWarning)
            return np.asarray(engine.random(n), dtype=float)

    return draw


def random_draw(width: int, seed: int) -> Draw:
    """Return a source of independent uniform points in ``[0, 1)^width``, ``n x width`` a call."""
    rng = np.random.default_rng(seed)
    return lambda n: rng.random((n, width))


def feasible_rows(space: SearchSpace, draw: Draw, seed: int) -> Iterator[Values]:
    """Yield allowed rows one after another, pool aside; the sequence is long but ends.

    Points are mapped into bounds, grids and mixtures, and rejected where another constraint does not hold. Where
    almost all would be rejected because of linear constraints, the parameters in these come from inside the polytope.

    Args:
        space: what is allowed.
        draw: source of points in the unit cube, one coordinate a parameter.
        seed: for the polytope, should it be needed.
    """
    codec = Codec(space)
    inside = False
    rng = np.random.default_rng(seed)
    for index in range(_BLOCKS):
        rows = codec.spread(draw(_BLOCK))
        good = space.feasible(rows)
        if index == 0 and good.mean() < _RARE and linear_constraints(space):
            polytope = Polytope.of(space)
            inside = True
        if inside:
            rows = _inside(space, polytope, rows, rng)
            good = space.feasible(rows)
        for row, allowed in zip(rows, good, strict=True):
            if allowed and (not inside or not space.problems(row)):
                yield row


def _inside(space: SearchSpace, polytope: Polytope, rows: Sequence[Values], rng: np.random.Generator) -> list[Values]:
    """Return the rows with the parameters of linear constraints replaced by points of the polytope."""
    points = polytope.sample(len(rows), rng)
    replaced: list[Values] = []
    for row, point in zip(rows, points, strict=False):
        values = dict(row)
        for name, x in zip(polytope.names, point, strict=True):
            parameter = space.by_name[name]
            count = level_count(parameter)
            if count:  # the level itself, free of the scaling's rounding
                levels = [parameter.from_unit((k + 0.5) / count) for k in range(count)]
                values[name] = min(levels, key=lambda level: abs(float(level) - float(x)))
            else:
                values[name] = float(x)
        replaced.append(values)
    return replaced


def sobol_rows(space: SearchSpace, seed: int) -> Iterator[Values]:
    """Yield the allowed rows of the space's scrambled Sobol sequence with this seed."""
    return feasible_rows(space, sobol_draw(len(space.parameters), seed), seed)


def sobol_points(space: SearchSpace, seed: int, n: int) -> Array:
    """Return the features of the sequence's first ``n`` points, ``n x d``, allowed or not (mixtures apart)."""
    return space.features(Codec(space).spread(sobol_draw(len(space.parameters), seed)(n)))


def fresh(rows: Iterator[Values], taken: frozenset[str], n: int) -> list[Values]:
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
    features = space.features(free)
    left = np.ones(len(free), dtype=bool)
    chosen = []
    for point in points[: len(free)]:
        distance = np.where(left, ((features - point) ** 2).sum(axis=1), np.inf)
        index = int(distance.argmin())
        left[index] = False
        chosen.append(free[index])
    return chosen


def check_feasible(space: SearchSpace) -> None:
    """Refuse a space in which no row is allowed, naming the constraint that cannot hold.

    Linear constraints and mixtures are decided exactly (linear or mixed-integer program); conditions by sampling.

    Raises:
        SpecError: no row satisfies all constraints.
    """
    if space.pool is not None or not space.constraints:
        return
    linear = linear_constraints(space)
    for count in range(1, len(linear) + 1):
        if Polytope.of(space, linear[:count]).nearest() is None:
            raise _impossible(linear[count - 1], linear[: count - 1], "no point inside the bounds satisfies it")
    rows = listed(space)
    if rows or (rows is None and next(sobol_rows(space, 0), None) is not None):
        return
    conditions = tuple(c for c in space.constraints if isinstance(c, Condition))
    for count in range(1, len(conditions) + 1):
        partial = SearchSpace(space.parameters, (*linear, *conditions[:count]))
        if next(sobol_rows(partial, 0), None) is None:
            before = (*linear, *conditions[: count - 1])
            raise _impossible(conditions[count - 1], before, f"it held at none of {_BLOCK * _BLOCKS} points tried")
    raise _impossible(space.constraints[-1], space.constraints[:-1], "no point that satisfies it was found")


def no_rows_error(space: SearchSpace) -> PlanningError:
    """Return the error for a space in which no new row can be found."""
    if space.pool is not None:
        return PlanningError(
            "every allowed row was measured, is under way or was rejected",
            hint="add rows to the pool, widen a bound, drop a constraint, or stop the campaign here",
        )
    return PlanningError(
        "no new row was found: every allowed combination was measured, is under way or was rejected",
        hint="widen a bound, add levels, loosen a constraint, or stop the campaign here",
    )


def _impossible(constraint: Constraint, before: Sequence[Constraint], why: str) -> SpecError:
    together = f" together with {', '.join(map(str, before))}" if before else ""
    return SpecError(
        f"constraint {str(constraint)!r} can never hold{together}: {why}",
        field="constraints",
        value=str(constraint),
        allowed="constraints that at least one candidate satisfies",
        hint="widen a bound or loosen the constraint; write an equality as a linear constraint, not as a condition",
    )
