"""Linear constraints and mixtures as a polytope: is there a point at all, and points spread over a narrow one.

Rejection finds no point on an equality and few in a sliver. There, points come from hit-and-run (Smith 1984, Operations
Research 32, 1296), run along mixtures of the polytope's corners, so that a sliver is crossed along its length; where a
parameter has levels, points are rounded to them and mended, and where that fails a mixed-integer program finds the
nearest allowed point (by sum of distances).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from zosimos.core.constraints import Condition, Linear, Simplex
from zosimos.core.parameters import Categorical, Discrete
from zosimos.core.space import SearchSpace
from zosimos.planners.codec import is_fluid, level_count

Array = NDArray[np.float64]

_STEPS = 60  # hit-and-run moves for each point, after which it has forgotten where it began
_CORNERS = 6  # besides one for each parameter
_MENDS = 20
_PROGRAMS = 4  # each costs some ten milliseconds
_EXACT = 1e-11  # of a range
_MARGIN = 1e-9  # of a range: points keep this far inside inequalities, so that rounding does not break them


@dataclass(frozen=True)
class Polytope:
    """``low <= x <= high`` and ``bottom <= A x <= top``, with x scaled so that each parameter's range is [0, 1].

    ``levels`` holds, for each name, its allowed scaled values, or None where any will do.
    """

    names: tuple[str, ...]
    A: Array
    bottom: Array
    top: Array
    origin: Array
    span: Array
    levels: tuple[Array | None, ...]

    @classmethod
    def of(cls, space: SearchSpace, constraints: Sequence[Linear | Simplex] | None = None) -> Polytope:
        """Return the polytope of a space's linear constraints and mixtures (all, or those given)."""
        chosen = linear_constraints(space) if constraints is None else tuple(constraints)
        names = tuple(name for name in space.names if any(name in c.names for c in chosen))
        lows: list[float] = []
        highs: list[float] = []
        levels: list[Array | None] = []
        for name in names:
            parameter = space.by_name[name]
            assert not isinstance(parameter, Categorical), "a space refuses linear constraints on names"
            low, high = (
                (parameter.levels[0], parameter.levels[-1])
                if isinstance(parameter, Discrete)
                else (float(parameter.low), float(parameter.high))
            )
            lows.append(low)
            highs.append(high)
            if is_fluid(parameter):
                levels.append(None)
            else:
                count = level_count(parameter)
                values = [float(parameter.from_unit((k + 0.5) / count)) for k in range(count)]
                levels.append((np.array(values) - low) / (high - low))
        origin, span = np.array(lows), np.array(highs) - np.array(lows)
        table = np.array([[_coefficient(c, name) for name in names] for c in chosen]).reshape(len(chosen), len(names))
        limits = np.array([_limits(c) for c in chosen]).reshape(len(chosen), 2)
        shift = table @ origin
        scale = np.maximum(np.abs(table * span).max(axis=1, initial=0.0), 1e-300)
        return cls(
            names,
            table * span / scale[:, None],
            (limits[:, 0] - shift) / scale,
            (limits[:, 1] - shift) / scale,
            origin,
            span,
            tuple(levels),
        )

    @property
    def has_levels(self) -> bool:
        """Whether a parameter in it cannot take every number of its range."""
        return any(levels is not None for levels in self.levels)

    def nearest(self, point: Array | None = None) -> Array | None:
        """Return the allowed point nearest to a scaled point (any, without one), or None if there is none."""
        d = len(self.names)
        target = np.full(d, 0.5) if point is None else point
        sizes = [0 if levels is None else len(levels) for levels in self.levels]
        width = 2 * d + sum(sizes)  # x, its distance to the target, a switch for each level
        rows: list[Array] = []
        bounds: list[tuple[float, float]] = []

        def add(row: Array, low: float, high: float) -> None:
            rows.append(row)
            bounds.append((low, high))

        for coefficients, low, high in zip(self.A, self.bottom, self.top, strict=True):
            add(np.concatenate([coefficients, np.zeros(width - d)]), low, high)
        offset = 2 * d
        for i, levels in enumerate(self.levels):
            for sign in (1.0, -1.0):
                row = np.zeros(width)
                row[i], row[d + i] = sign, -1.0
                add(row, -math.inf, sign * target[i])
            if levels is not None:
                value, one = np.zeros(width), np.zeros(width)
                value[i] = -1.0
                value[offset : offset + len(levels)] = levels
                one[offset : offset + len(levels)] = 1.0
                add(value, 0.0, 0.0)
                add(one, 1.0, 1.0)
                offset += len(levels)
        cost = np.concatenate([np.zeros(d), np.ones(d), np.zeros(sum(sizes))])
        whole = np.concatenate([np.zeros(2 * d), np.ones(sum(sizes))])
        limits = np.array(bounds)
        solution = milp(
            cost,
            integrality=whole,
            bounds=Bounds(np.zeros(width), np.concatenate([np.ones(d), np.full(d, np.inf), np.ones(sum(sizes))])),
            constraints=LinearConstraint(np.array(rows), limits[:, 0], limits[:, 1]),
        )
        return None if solution.x is None else self._polished(np.asarray(solution.x[:d], dtype=float))

    def _polished(self, x: Array) -> Array:
        """Put levels exactly on their values and mend the equalities' rounding with what is left."""
        x = x.copy()
        for i, levels in enumerate(self.levels):
            if levels is not None:
                x[i] = levels[np.abs(levels - x[i]).argmin()]
        equal = self.bottom == self.top
        free = np.array([levels is None for levels in self.levels]) & (x > 0) & (x < 1)
        if equal.any() and free.any():
            missing = self.bottom[equal] - self.A[equal] @ x
            x[free] += np.linalg.lstsq(self.A[equal][:, free], missing, rcond=None)[0]
        return np.clip(x, 0.0, 1.0)

    def sample(self, n: int, rng: np.random.Generator) -> Array:
        """Return up to ``n`` points, shape ``n x d``, in the parameters' own units."""
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
                rounded[:, fluid] = np.clip(rounded[:, fluid], 0.0, 1.0)
        reached = rounded @ self.A.T
        good = ((reached >= self.bottom - _EXACT) & (reached <= self.top + _EXACT)).all(axis=1)
        programs = [self.nearest(point) for point in points[~good][:_PROGRAMS]]
        return np.vstack([rounded[good], *(point[None] for point in programs if point is not None)])

    def _inequalities(self) -> tuple[Array, Array]:
        """Return ``G, h`` of ``G x <= h``, the box included, equalities left out."""
        d = len(self.names)
        upper = np.isfinite(self.top) & (self.top > self.bottom)
        lower = np.isfinite(self.bottom) & (self.top > self.bottom)
        G = np.vstack([self.A[upper], -self.A[lower], np.eye(d), -np.eye(d)])
        return G, np.concatenate([self.top[upper], -self.bottom[lower], np.ones(d), np.zeros(d)])

    def _corners(self, rng: np.random.Generator) -> Array:
        """Return corners in random directions and their opposites, each once, ``m x d`` (linear programs)."""
        G, h = self._inequalities()
        equal = self.bottom == self.top
        found = []
        for direction in rng.standard_normal((_CORNERS + len(self.names), len(self.names))):
            for cost in (direction, -direction):
                solution = linprog(cost, G, h, self.A[equal], self.bottom[equal], bounds=(0, 1))
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
        return np.asarray(np.clip(points, 0.0, 1.0), dtype=float)


def linear_constraints(space: SearchSpace) -> tuple[Linear | Simplex, ...]:
    """Return the constraints of a space that are linear."""
    return tuple(c for c in space.constraints if not isinstance(c, Condition))


def _coefficient(constraint: Linear | Simplex, name: str) -> float:
    if isinstance(constraint, Linear):
        return constraint.coefficients.get(name, 0.0)
    return 1.0 if name in constraint.parts else 0.0


def _limits(constraint: Linear | Simplex) -> tuple[float, float]:
    if isinstance(constraint, Linear):
        return constraint.low, constraint.high
    return constraint.total, constraint.total
