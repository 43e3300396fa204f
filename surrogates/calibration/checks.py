"""The one check that every stream passes first: equally long columns of finite numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def finite_column(values: ArrayLike, name: str, length: int | None = None) -> NDArray[np.float64]:
    """Return values as a finite vector.

    Raises:
        ValueError: they are not a vector, not finite, or not of the length.
    """
    column = np.asarray(values, dtype=float)
    if column.ndim != 1 or not np.isfinite(column).all() or (length is not None and len(column) != length):
        wanted = "finite numbers" if length is None else f"{length} finite numbers"
        raise ValueError(f"{name} must be a vector of {wanted}, not {_shortened(column)}")
    return column


def finite_table(values: ArrayLike, name: str, columns: int | None = None) -> NDArray[np.float64]:
    """Return values as a finite table (rows x columns).

    Raises:
        ValueError: they are not a table, not finite, or have another number of columns.
    """
    table = np.asarray(values, dtype=float)
    if table.ndim != 2 or not np.isfinite(table).all() or (columns is not None and table.shape[1] != columns):
        wanted = "columns" if columns is None else f"{columns} columns"
        raise ValueError(f"{name} must be a finite table of rows and {wanted}, not {_shortened(table)}")
    return table


def predictions(mean: ArrayLike, sd: ArrayLike, value: ArrayLike) -> tuple[NDArray[np.float64], ...]:
    """Return predicted means, standard deviations and measured values as vectors of one length (1 or more).

    Raises:
        ValueError: they are not finite, not equally long, empty, or a standard deviation is not above 0.
    """
    means = finite_column(mean, "mean")
    if not len(means):
        raise ValueError("at least one prediction is needed")
    sds, values = finite_column(sd, "sd", len(means)), finite_column(value, "value", len(means))
    if not (sds > 0).all():
        raise ValueError(f"standard deviations must be above 0, not {sds.min()}")
    return means, sds, values


def _shortened(array: NDArray[np.float64]) -> str:
    return np.array2string(array, threshold=8, precision=4)
