"""Linear constraints, mixtures and cardinalities as a polytope: is there a point at all, and points spread over it.

Rejection finds no point on an equality and few in a sliver. There, points come from hit-and-run (Smith 1984, Operations
Research 32, 1296), run along mixtures of the polytope's corners, so that a sliver is crossed along its length; where a
parameter has levels, points are rounded to them and mended, and where that fails a mixed-integer program finds the
nearest allowed point (by sum of distances). Which parts are present is decided by such a program too; the points then
come from the polytope of those parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from zosimos.core.constraints import Cardinality, Condition, Linear, Simplex
from zosimos.core.parameters import range_of
from zosimos.core.space import SearchSpace
from zosimos.planners.candidates.milp import Count, Program

Array = NDArray[np.float64]

_STEPS = 60  # hit-and-run moves for each point, after which it has forgotten where it began
_CORNERS = 6  # besides one for each parameter
_MENDS = 20
_PROGRAMS = 4  # each costs some ten milliseconds
_EXACT = 1e-11  # of a range
_MARGIN = 1e-9  # of a range: points keep this far inside inequalities, so that rounding does not break them
_OFF = 1e-6  # of what a sum can vary by: how far points stay off the bound of a part such as a < b
_SUPPORTS = 8  # choices of present parts, each of which costs some linear programs
_TRACE = 1e-3  # of a part's maximum: the least amount where some must be present, but no amount is stated

Exact: TypeAlias = Linear | Simplex | Cardinality


@dataclass(frozen=True)
class Polytope:
    """``floor <= x <= ceiling`` and ``bottom <= A x <= top``, with x scaled so that each parameter's range is [0, 1].

    ``levels`` holds, for each name, its allowed scaled values, or None where any will do. Where ``optional``, x may
    also be 0; ``counts`` say how many of some may be above.
    """

    names: tuple[str, ...]
    A: Array
    bottom: Array
    top: Array
    origin: Array
    span: Array
    levels: tuple[Array | None, ...]
    floor: Array
    ceiling: Array
    optional: NDArray[np.bool_]
    counts: tuple[Count, ...]

    @classmethod
    def of(cls, space: SearchSpace, constraints: Sequence[Exact] | None = None) -> Polytope:
        """Return the polytope of a space's linear constraints, mixtures and cardinalities (all, or those given).

        Conditions of the day are at their current values, and no coordinate of it.
        """
        given = exact_constraints(space) if constraints is None else tuple(constraints)
        names = tuple(p.name for p in space.controlled if any(p.name in c.names for c in given))
        chosen = [c for c in given if not isinstance(c, Cardinality)]
        lows: list[float] = []
        highs: list[float] = []
        levels: list[Array | None] = []
        for name in names:
            parameter = space.by_name[name]
            low, high = range_of(parameter)  # a space refuses linear constraints on texts
            lows.append(low)
            highs.append(high)
            if parameter.count:
                grid = (np.arange(parameter.count) + 0.5) / parameter.count
                levels.append((np.asarray(parameter.drawn(grid), dtype=float) - low) / (high - low))
            else:
                levels.append(None)
        origin, span = np.array(lows), np.array(highs) - np.array(lows)
        table = np.array([[_coefficient(c, name) for name in names] for c in chosen]).reshape(len(chosen), len(names))
        limits = np.array([_limits(c, space) for c in chosen]).reshape(len(chosen), 2)
        shift = table @ origin
        largest = np.abs(table * span).max(axis=1, initial=0.0)
        scale = np.where(largest > 0, largest, 1.0)
        polytope = cls(
            names,
            table * span / scale[:, None],
            (limits[:, 0] - shift) / scale,
            (limits[:, 1] - shift) / scale,
            origin,
            span,
            tuple(levels),
            np.zeros(len(names)),
            np.ones(len(names)),
            np.zeros(len(names), dtype=bool),
            (),
        )
        return polytope._counted([c for c in given if isinstance(c, Cardinality)])

    def _counted(self, cardinalities: Sequence[Cardinality]) -> Polytope:
        """Return the polytope with the parts of cardinalities optional where their range begins at 0."""
        floor, optional, counts = self.floor.copy(), self.optional.copy(), []
        for cardinality in cardinalities:
            places = [self.names.index(name) for name in cardinality.parts]
            for place, name in zip(places, cardinality.parts, strict=True):
                optional[place] = self.origin[place] == 0
                least = (least_amount(cardinality, name, self.span[place]) - self.origin[place]) / self.span[place]
                floor[place] = max(floor[place], least)
            always = sum(not optional[place] for place in places)
            free = tuple(place for place in places if optional[place])
            counts.append(Count(free, cardinality.at_least - always, cardinality.most - always))
        return replace(self, floor=floor, optional=optional, counts=tuple(counts))

    @property
    def has_levels(self) -> bool:
        """Whether a parameter in it cannot take every number of its range."""
        return any(levels is not None for levels in self.levels)

    def nearest(self, point: Array | None = None) -> Array | None:
        """Return the allowed point nearest to a scaled point (any, without one), or None if there is none."""
        target = np.full(len(self.names), 0.5) if point is None else point
        found = self._program().nearest(target)
        return None if found is None else self._polished(found)

    def supports(self, n: int, rng: np.random.Generator) -> list[NDArray[np.bool_]]:
        """Return up to ``n`` different choices of the parts that are present; empty if no point is allowed."""
        found: dict[bytes, NDArray[np.bool_]] = {}
        for _ in range(n):
            present = self._program().support(rng.standard_normal(len(self.names)))
            if present is None:
                break
            found.setdefault(present.tobytes(), present)
        return list(found.values())

    def _program(self) -> Program:
        return Program(self.A, self.bottom, self.top, self.levels, self.floor, self.ceiling, self.optional, self.counts)

    def held(self, given: Mapping[str, float]) -> Polytope:
        """Return the polytope of points that have these values."""
        if not given:
            return self
        floor, ceiling, optional = self.floor.copy(), self.ceiling.copy(), self.optional.copy()
        gone = set()
        for name, value in given.items():
            place = self.names.index(name)
            floor[place] = ceiling[place] = (value - self.origin[place]) / self.span[place]
            optional[place] = False
            gone |= {place} if value == 0 else set()
        counts = tuple(count.without(gone, {self.names.index(name) for name in given}) for count in self.counts)
        return replace(self, floor=floor, ceiling=ceiling, optional=optional, counts=counts)

    def with_present(self, present: NDArray[np.bool_]) -> Polytope:
        """Return the polytope of points in which just these optional parts are present."""
        absent = self.optional & ~present
        return replace(
            self,
            floor=np.where(absent, 0.0, self.floor),
            ceiling=np.where(absent, 0.0, self.ceiling),
            optional=np.zeros_like(self.optional),
            counts=(),
        )

    def _polished(self, x: Array) -> Array:
        """Put levels exactly on their values and mend the equalities' rounding with what is left."""
        x = x.copy()
        for i, levels in enumerate(self.levels):
            if levels is not None:
                x[i] = levels[np.abs(levels - x[i]).argmin()]
        equal = self.bottom == self.top
        free = np.array([levels is None for levels in self.levels]) & (x > self.floor) & (x < self.ceiling)
        if equal.any() and free.any():
            missing = self.bottom[equal] - self.A[equal] @ x
            x[free] += np.linalg.lstsq(self.A[equal][:, free], missing, rcond=None)[0]
        return np.clip(x, 0.0, self.ceiling)

    def sample(self, n: int, rng: np.random.Generator) -> Array:
        """Return up to ``n`` points, shape ``n x d``, in the parameters' own units."""
        if self.optional.any():
            supports = self.supports(_SUPPORTS, rng)
            each = -(-n // max(1, len(supports)))
            drawn = [self.with_present(present).sample(each, rng) for present in supports]
            points = np.vstack([np.empty((0, len(self.names))), *drawn])
            return points[rng.permutation(len(points))[:n]]
        corners = self._corners(rng)
        if len(corners) < 2:
            return self.origin + self.span * corners
        centre = corners.mean(axis=0)
        points = self._walked(np.repeat(centre[None], n, axis=0), corners - centre, rng)
        return self.origin + self.span * (self._on_levels(points) if self.has_levels else points)

    def _on_levels(self, points: Array) -> Array:
        """Return points near the given ones with allowed levels, possibly fewer: rounded and mended, or by program."""
        rounded = points.copy()
        for i, levels in enumerate(self.levels):
            if levels is not None:
                rounded[:, i] = levels[np.abs(points[:, i, None] - levels).argmin(axis=1)]
        equal = self.bottom == self.top
        fluid = np.array([levels is None for levels in self.levels])
        if equal.any() and fluid.any():
            back = np.linalg.pinv(self.A[equal][:, fluid]).T
            for _ in range(_MENDS):  # onto the equalities' plane, then into the box
                rounded[:, fluid] += (self.bottom[equal] - rounded @ self.A[equal].T) @ back
                rounded[:, fluid] = np.clip(rounded[:, fluid], self.floor[fluid], self.ceiling[fluid])
        reached = rounded @ self.A.T
        good = ((reached >= self.bottom - _EXACT) & (reached <= self.top + _EXACT)).all(axis=1)
        good &= ((rounded >= self.floor - _EXACT) & (rounded <= self.ceiling + _EXACT)).all(axis=1)
        programs = [self.nearest(point) for point in points[~good][:_PROGRAMS]]
        return np.vstack([rounded[good], *(point[None] for point in programs if point is not None)])

    def _inequalities(self) -> tuple[Array, Array]:
        """Return ``G, h`` of ``G x <= h``, the box included, equalities left out."""
        d = len(self.names)
        upper = np.isfinite(self.top) & (self.top > self.bottom)
        lower = np.isfinite(self.bottom) & (self.top > self.bottom)
        G = np.vstack([self.A[upper], -self.A[lower], np.eye(d), -np.eye(d)])
        return G, np.concatenate([self.top[upper], -self.bottom[lower], self.ceiling, -self.floor])

    def _corners(self, rng: np.random.Generator) -> Array:
        """Return corners in random directions and their opposites, each once, ``m x d`` (linear programs)."""
        from scipy.optimize import linprog  # scipy: only where it is needed

        G, h = self._inequalities()
        equal = self.bottom == self.top
        box = np.column_stack([self.floor, self.ceiling])
        found = []
        open_ways = int((self.ceiling > self.floor).sum())
        for direction in rng.standard_normal((_CORNERS + open_ways, len(self.names))):
            for cost in (direction, -direction):
                solution = linprog(cost, G, h, self.A[equal], self.bottom[equal], bounds=box)
                if solution.x is not None:
                    found.append(np.round(solution.x, 12))
        return np.unique(np.array(found).reshape(-1, len(self.names)), axis=0)

    def _walked(self, points: Array, ways: Array, rng: np.random.Generator) -> Array:
        """Move every point at once along random mixtures of the ways, each to a uniform place between the walls."""
        G, h = self._inequalities()
        for _ in range(_STEPS):
            direction = rng.standard_normal((len(points), len(ways))) @ ways
            direction /= np.maximum(np.linalg.norm(direction, axis=1, keepdims=True), 1e-300)
            speed, gap = direction @ G.T, np.maximum(h - points @ G.T - _MARGIN, 0.0)
            with np.errstate(divide="ignore", invalid="ignore"):
                ahead = np.where(speed > 1e-12, gap / speed, np.inf).min(axis=1)
                behind = np.where(speed < -1e-12, gap / speed, -np.inf).max(axis=1)
            points = points + (behind + rng.random(len(points)) * (ahead - behind))[:, None] * direction
        equal = self.bottom == self.top
        if equal.any():  # take out the drift of many small roundings
            points = points + (self.bottom[equal] - points @ self.A[equal].T) @ np.linalg.pinv(self.A[equal]).T
        return np.asarray(np.clip(points, self.floor, self.ceiling), dtype=float)


def exact_constraints(space: SearchSpace, *, closed: bool = False) -> tuple[Exact, ...]:
    """Return the constraints of a space that linear and mixed-integer programs decide, the linear parts of texts too.

    Args:
        space: the space.
        closed: whether the bounds of parts such as ``a < b`` count as allowed: where nothing is allowed even so, the
            constraints contradict each other. Else points stay off these bounds.
    """
    found: list[Exact] = []
    for constraint in space.constraints:
        if isinstance(constraint, Linear | Simplex | Cardinality):
            found.append(constraint)
        elif isinstance(constraint, Condition) and (closed or constraint.expression.tolerant):
            found += parts_of(constraint, space, closed=closed)
    return tuple(found)


def parts_of(constraint: Condition, space: SearchSpace, *, closed: bool = False) -> list[Linear]:
    """Return the linear parts of a condition in words."""
    ranges = {p.name: range_of(p) for p in space.parameters if p.kind != "text"}
    found = []
    for part in constraint.expression.linear(ranges):
        width = sum(abs(c) * (ranges[name][1] - ranges[name][0]) for name, c in part.coefficients.items())
        off = _OFF * width if part.strict and not closed else 0.0
        found.append(Linear(part.coefficients, part.low + off, part.high - off))
    return found


def least_amount(cardinality: Cardinality, name: str, high: float) -> float:
    """Return the least amount of a part that is proposed as present: a share of its maximum where any would do."""
    stated = cardinality.least(name)
    return _TRACE * high if stated == 0 and cardinality.at_least > 0 else stated


def _coefficient(constraint: Linear | Simplex, name: str) -> float:
    if isinstance(constraint, Linear):
        return constraint.coefficients.get(name, 0.0)
    return 1.0 if name in constraint.parts else 0.0


def _limits(constraint: Linear | Simplex, space: SearchSpace) -> tuple[float, float]:
    """Return the bounds of the sum over what is chosen: the conditions of the day have taken their part."""
    found = [name for name in space.current if name in constraint.names]
    taken = sum(_coefficient(constraint, name) * float(space.current[name]) for name in found)
    if isinstance(constraint, Linear):
        return constraint.low - taken, constraint.high - taken
    return constraint.total - taken, constraint.total - taken
