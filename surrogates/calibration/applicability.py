"""Domain of applicability: is a row like those the model learned from, or is the prediction an extrapolation?

Three checks, each of which can only make the flag worse; the worst counts.

==============  ===========================================================  ========  ================  =========
check           what                                                         ``in``    ``near``          ``out``
==============  ===========================================================  ========  ================  =========
distance        mean distance to the 3 nearest training rows, over the 95th  up to 1   up to 2           above 2
                percentile of what training rows have among themselves
range           how far outside the training rows' range the worst column    up to     up to 0.5         above 0.5
                lies, over that range                                        0.02
leverage        over its warning limit, 3 times the training rows' mean      up to 1   above 1           never
==============  ===========================================================  ========  ================  =========

Distance after Sheridan et al. 2004, J. Chem. Inf. Comput. Sci. 44, 1912 (similarity to the training set discriminates
better than anything else); range and leverage after Sahigara et al. 2012, Molecules 17, 4791. Leverage never says
``out`` because it knows straight lines only. Fewer than four distinct rows have no spread of their own: distance is
then that to the nearest row, 1 is a tenth of the diagonal of a unit box, and range and leverage are not asked.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zosimos.surrogates.calibration.checks import finite_table

Flag: TypeAlias = Literal["in", "near", "out"]

_NEIGHBOURS = 3
_PERCENTILE = 95
_FEWEST = 4  # distinct rows from which the training set's own distances and range say something
_REACH = 0.1  # of the unit box's diagonal: what fewer rows are taken to speak for
_LEAST_REACH = 1e-3  # the same, for rows that are all but equal
_DISTANCE = 1.0, 2.0
_RANGE = 0.02, 0.5
_LEVERAGE = 3.0
_ROWS_PER_COLUMN = 3  # from which leverage is asked
_CELLS = 4_000_000  # of the distance table at once: bounds the memory of a large pool
_FLAGS: tuple[Flag, ...] = ("in", "near", "out")


@dataclass(frozen=True)
class Applicability:
    """How ``n`` rows lie to what a model learned from.

    Args:
        flags: the verdict on each row.
        distance: relative distances, as in the table above.
        beyond: how far each row's worst column lies outside the range, relative (0 inside).
        leverage: over the warning limit; 0 where it is not asked.
        columns: the column that lies outside furthest, -1 inside.
    """

    flags: tuple[Flag, ...]
    distance: NDArray[np.float64]
    beyond: NDArray[np.float64]
    leverage: NDArray[np.float64]
    columns: NDArray[np.int64]

    def why(self, row: int) -> str:
        """Return the verdict on a row in words."""
        parts = [f"{self.distance[row]:.2g} times as far from its nearest rows as measured rows are from theirs"]
        if self.beyond[row] > 0:
            parts.append(f"column {self.columns[row]} is {self.beyond[row]:.0%} of its range outside")
        if self.leverage[row] > 1:
            parts.append(f"leverage is {self.leverage[row]:.2g} times the warning limit")
        return f"{self.flags[row]}: {'; '.join(parts)}"

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {
            "flags": list(self.flags),
            "distance": self.distance.tolist(),
            "beyond": self.beyond.tolist(),
            "leverage": self.leverage.tolist(),
            "columns": self.columns.tolist(),
        }


@dataclass(frozen=True)
class Domain:
    """The rows that a model learned from, and what they are like among themselves.

    Args:
        rows: ``n x d``, distinct, in columns scaled as the model scales them (over length scales, for instance).
        unit: distance that counts as 1.
        least: lowest value of each column.
        span: range of each column.
        hat: ``(d + 1) x (d + 1)`` inverse that gives leverages over their warning limit; None: too few rows.
    """

    rows: NDArray[np.float64]
    unit: float
    least: NDArray[np.float64]
    span: NDArray[np.float64]
    hat: NDArray[np.float64] | None

    @classmethod
    def of(cls, X: ArrayLike) -> Self:
        """Return the domain of ``n x d`` training rows (1 or more), in columns scaled to about 0 to 1.

        Raises:
            ValueError: the table is not finite or has no row or no column.
        """
        table = finite_table(X, "X")
        if not table.size:
            raise ValueError("at least one row and one column are needed")
        rows = np.unique(table, axis=0)
        diagonal = math.sqrt(rows.shape[1])
        unit = _REACH * diagonal
        if len(rows) >= _FEWEST:
            own = _neighbour_distance(rows, rows, leave_out=True)
            unit = max(float(np.percentile(own, _PERCENTILE)), _LEAST_REACH * diagonal)
        least = rows.min(axis=0)
        return cls(rows, unit, least, rows.max(axis=0) - least, _hat(rows))

    def judge(self, X: ArrayLike) -> Applicability:
        """Return the verdict on ``m x d`` rows.

        Raises:
            ValueError: the table is not finite or has other columns.
        """
        rows = finite_table(X, "X", self.rows.shape[1])
        distance = _neighbour_distance(rows, self.rows) / self.unit
        beyond, columns = self._beyond(rows)
        leverage = np.zeros(len(rows))
        if self.hat is not None:
            design = _design(rows)
            leverage = np.einsum("ij,jk,ik->i", design, self.hat, design)
        worst = np.maximum(_grades(distance, *_DISTANCE), _grades(beyond, *_RANGE))
        worst = np.maximum(worst, leverage > 1)
        return Applicability(tuple(_FLAGS[grade] for grade in worst), distance, beyond, leverage, columns)

    def _beyond(self, rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        if len(self.rows) < _FEWEST:
            return np.zeros(len(rows)), np.full(len(rows), -1)
        outside = np.maximum(self.least - rows, rows - self.least - self.span).clip(min=0)
        # a column that never varied has no range: the reach of the rows stands for it
        relative = outside / np.where(self.span > 0, self.span, self.unit)
        columns = relative.argmax(axis=1)
        beyond = relative[np.arange(len(rows)), columns]
        return beyond, np.where(beyond > 0, columns, -1)


def _grades(values: NDArray[np.float64], near: float, out: float) -> NDArray[np.int64]:
    return (values > near).astype(np.int64) + (values > out)


def _neighbour_distance(
    rows: NDArray[np.float64], training: NDArray[np.float64], *, leave_out: bool = False
) -> NDArray[np.float64]:
    """Return each row's mean distance to its nearest training rows; ``leave_out``: the rows are the training rows."""
    k = _NEIGHBOURS if len(training) >= _FEWEST else 1
    found = np.empty(len(rows))
    step = max(1, _CELLS // (len(training) * training.shape[1]))
    for start in range(0, len(rows), step):
        chunk = rows[start : start + step]
        distances = np.sqrt(((chunk[:, None, :] - training[None]) ** 2).sum(axis=-1))
        if leave_out:
            distances[np.arange(len(chunk)), np.arange(start, start + len(chunk))] = np.inf
        found[start : start + step] = np.partition(distances, k - 1, axis=1)[:, :k].mean(axis=1)
    return found


def _design(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack([np.ones(len(rows)), rows])


def _hat(rows: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the inverse by which a row's leverage comes out as a multiple of its warning limit 3 p / n."""
    design = _design(rows)
    n, p = design.shape
    if n < max(_FEWEST, _ROWS_PER_COLUMN * p):
        return None
    rank = int(np.linalg.matrix_rank(design))
    return np.asarray(np.linalg.pinv(design.T @ design) / (_LEVERAGE * rank / n))
