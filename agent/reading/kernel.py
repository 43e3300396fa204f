"""Kernel readers: how likely a label is by the exemplars that a vector lies near, learned beforehand.

A support vector machine with a Gaussian kernel (Cortes and Vapnik, Machine Learning 20, 273 (1995)): its score is a sum
over exemplars kept, each with a weight that falls with the squared distance. It sees what no linear reader can: that an
alarming word counts for less beside one circumstance and for more beside another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LARGEST = 127  # of a signed byte


@dataclass(frozen=True)
class Kernel:
    """A score that is above 0 where a vector has the label.

    Args:
        kept: the exemplars that count ``(n, dimensions)``, as signed bytes.
        scale: what a byte stands for.
        weights: how much each counts, and for which side ``(n,)``.
        bias: the score far from all of them.
        width: what squared distances are multiplied by.
    """

    kept: NDArray[np.int8]
    scale: float
    weights: NDArray[np.float32]
    bias: float
    width: float

    def score(self, vector: NDArray[np.float64]) -> float:
        """Return the score of a vector ``(dimensions,)``.

        >>> reader = rounded(np.array([[0.0], [1.0]]), np.array([-1.0, 1.0]), bias=0.0, width=1.0)
        >>> round(reader.score(np.array([1.0])), 2)
        0.63
        """
        away = self.kept.astype(np.float32) * np.float32(self.scale) - vector.astype(np.float32)
        near = np.exp(-self.width * np.einsum("ij,ij->i", away, away))
        return float(self.weights @ near) + self.bias

    def as_arrays(self, name: str) -> dict[str, NDArray[np.generic]]:
        """Return what is kept in a file."""
        numbers = np.array([self.scale, self.bias, self.width])
        return {f"{name}_kept": self.kept, f"{name}_weights": self.weights, f"{name}_numbers": numbers}


def from_arrays(arrays: Mapping[str, NDArray[np.generic]], name: str) -> Kernel:
    """Return the reader that was kept under a name."""
    kept, weights = arrays[f"{name}_kept"].astype(np.int8), arrays[f"{name}_weights"].astype(np.float32)
    scale, bias, width = (float(number) for number in arrays[f"{name}_numbers"].astype(np.float64))
    return Kernel(kept, scale, weights, bias, width)


def rounded(kept: NDArray[np.float64], weights: NDArray[np.float64], bias: float, width: float) -> Kernel:
    """Return a reader whose exemplars are bytes, which reads as well and is small."""
    scale = max(float(np.abs(kept).max()), float(np.finfo(float).tiny)) / _LARGEST
    return Kernel(np.round(kept / scale).astype(np.int8), scale, weights.astype(np.float32), bias, width)
