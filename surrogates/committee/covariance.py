"""Stationary covariances of a squared scaled distance, with the derivative that gradients of the likelihood need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]

_TINY = 1e-12


@dataclass(frozen=True)
class Stationary:
    """A correlation as a function of the squared distance, any shape.

    Args:
        value: the correlation; it may overwrite what it is given, so that a large pool needs no copies.
        slope: its derivative by the squared distance.
    """

    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]


def _exponential(r2: Array) -> Array:
    np.sqrt(r2, out=r2)
    np.negative(r2, out=r2)
    return np.exp(r2, out=r2)


def _exponential_slope(r2: Array) -> Array:
    r = np.sqrt(r2 + _TINY)  # the derivative at 0 is infinite
    return np.asarray(-0.5 * np.exp(-r) / r)


def _matern32(r2: Array) -> Array:
    np.multiply(r2, 3.0, out=r2)
    r = np.sqrt(r2, out=r2)
    decay = np.exp(-r)
    r += 1.0
    return np.multiply(r, decay, out=decay)


def _matern32_slope(r2: Array) -> Array:
    return np.asarray(-1.5 * np.exp(-np.sqrt(3.0 * r2)))


def _matern52(r2: Array) -> Array:
    np.multiply(r2, 5.0, out=r2)
    r = np.sqrt(r2)
    r2 /= 3.0
    r2 += r
    r2 += 1.0
    np.negative(r, out=r)
    decay = np.exp(r, out=r)
    return np.multiply(r2, decay, out=decay)


def _matern52_slope(r2: Array) -> Array:
    r = np.sqrt(5.0 * r2)
    return np.asarray(-(5.0 / 6.0) * (1.0 + r) * np.exp(-r))


def _gaussian(r2: Array) -> Array:
    np.multiply(r2, -0.5, out=r2)
    return np.exp(r2, out=r2)


def _gaussian_slope(r2: Array) -> Array:
    return np.asarray(-0.5 * np.exp(-0.5 * r2))


COVARIANCES: dict[str, Stationary] = {
    "exponential": Stationary(_exponential, _exponential_slope),  # Matern-1/2, for rough surfaces
    "matern-3/2": Stationary(_matern32, _matern32_slope),
    "matern-5/2": Stationary(_matern52, _matern52_slope),
    "gaussian": Stationary(_gaussian, _gaussian_slope),  # for surfaces that are smooth without end
}
"""Rasmussen and Williams 2006, Gaussian Processes for Machine Learning, section 4.2.1."""
