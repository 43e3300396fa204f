"""Small moves from good rows to new allowed ones, over any space: the steps of local and evolutionary searches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from zosimos.core.parameters import Values
from zosimos.core.space import SearchSpace
from zosimos.planners.candidates.encoding import Codec, is_fluid

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Mover:
    """Makes allowed neighbours of rows.

    Args:
        space: what is allowed.
        sample: allowed rows; differences between them are directions that keep linear equalities.
    """

    space: SearchSpace
    sample: Sequence[Values]

    @cached_property
    def codec(self) -> Codec:
        """Rows to coordinates and back."""
        return Codec(self.space)

    @cached_property
    def _cloud(self) -> Array:
        return self.codec.encode(self.sample)

    @cached_property
    def _fluid(self) -> NDArray[np.bool_]:
        return np.array([is_fluid(parameter) for parameter in self.space.parameters])

    @cached_property
    def _counts(self) -> Array:
        return np.array([float(parameter.count) for parameter in self.space.parameters])

    @cached_property
    def _optional(self) -> NDArray[np.int64]:
        """Places of the parts that may be absent."""
        amounts = self.codec.amounts
        return np.array([] if amounts is None else np.array(self.codec.places)[amounts.optional], dtype=np.int64)

    def around(self, rows: Sequence[Values], each: int, scale: float, rng: np.random.Generator) -> list[Values]:
        """Return allowed rows near the given ones, ``each`` tries a row: half along axes, half along directions.

        Where parts may be absent, two thirds of the tries leave absent what is; the others exchange, add or drop one.

        Args:
            rows: where to start, allowed themselves.
            each: tries for each row; tries that break a constraint are dropped.
            scale: size of a move, as a share of each range.
            rng: source of chance.
        """
        return self.allowed(self.tries(rows, each, scale, rng))

    def tries(self, rows: Sequence[Values], each: int, scale: float, rng: np.random.Generator) -> list[Values]:
        """Return what :meth:`around` looks at, allowed or not."""
        points = np.repeat(self.codec.encode(rows), each, axis=0)
        along = np.arange(len(points)) % 2 == 1
        moved = np.where(along[:, None], self._along(points, scale, rng), self._jumped(points, scale, rng))
        if len(self._optional):
            moved = self._resupported(points, moved, scale, rng)
        return self.codec.decode(moved)

    def allowed(self, rows: Sequence[Values]) -> list[Values]:
        """Return the rows that satisfy every constraint."""
        return [row for row, good in zip(rows, self.space.feasible(rows), strict=True) if good]

    def _jumped(self, points: Array, scale: float, rng: np.random.Generator) -> Array:
        """Move a random choice of coordinates: fluid ones by normal steps, levels to a neighbour or anywhere."""
        n, k = points.shape
        chosen = rng.random((n, k)) < max(1.0 / k, 0.35)
        chosen[np.arange(n), rng.integers(k, size=n)] = True
        counts = np.maximum(self._counts, 1.0)
        step = np.maximum(scale, 1.0 / counts) * rng.standard_normal((n, k))
        near = points + np.where(self._fluid, scale * rng.standard_normal((n, k)), step)
        anywhere = rng.random((n, k))
        levels = np.where(rng.random((n, k)) < 0.5, anywhere, near)
        return np.where(chosen, np.where(self._fluid, near, levels), points)

    def _along(self, points: Array, scale: float, rng: np.random.Generator) -> Array:
        """Move fluid coordinates along the difference of two sampled rows (after Storn and Price 1997)."""
        a, b = (self._cloud[rng.integers(len(self._cloud), size=len(points))] for _ in range(2))
        size = 2.0 * scale * rng.standard_normal((len(points), 1))
        return np.where(self._fluid, points + size * (a - b), points)

    def _resupported(self, points: Array, moved: Array, scale: float, rng: np.random.Generator) -> Array:
        """Keep parts absent that were; in every third row, exchange a present part for an absent one, add or drop one.

        Args:
            points: ``n x k``, before the move.
            moved: after it.
            scale: amount of an added part, as a share of its range.
            rng: source of chance.
        """
        parts = self._optional
        before = points[:, parts]
        after = np.where(before > 0, moved[:, parts], 0.0)
        rows = np.arange(2, len(points), 3)
        present = before[rows] > 0
        chance = rng.random(present.shape)
        gone = np.where(present, chance, -1.0).argmax(axis=1)
        come = np.where(present, -1.0, chance).argmax(axis=1)
        kind = rng.random(len(rows))
        can_come, can_go = (~present).any(axis=1), present.any(axis=1)
        adds, drops = can_come & (kind < 2 / 3), can_go & (kind >= 1 / 3)  # the middle third does both: an exchange
        amount = np.where(drops, after[rows, gone], scale * rng.random(len(rows)))
        after[rows[drops], gone[drops]] = 0.0
        after[rows[adds], come[adds]] = amount[adds]
        moved = moved.copy()
        moved[:, parts] = after
        return moved
