"""Linear readers: which of some labels a vector has, by multinomial logistic regression learned beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LARGEST = 127  # of a signed byte


@dataclass(frozen=True)
class Linear:
    """One score for each label, linear in a vector.

    Args:
        weights: ``(places, labels)``, as signed bytes.
        scale: what a byte stands for, by label.
        bias: by label.
    """

    weights: NDArray[np.int8]
    scale: NDArray[np.float64]
    bias: NDArray[np.float64]

    def scores(self, places: NDArray[np.intp], values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the logarithms of the labels' probabilities ``(labels,)``.

        Args:
            places: where the vector is not 0.
            values: what it is there.
        """
        scores = (values @ self.weights[places].astype(np.float64)) * self.scale + self.bias
        return np.asarray(scores - np.logaddexp.reduce(scores))

    def as_arrays(self, name: str) -> dict[str, NDArray[np.generic]]:
        """Return what is kept in a file."""
        return {f"{name}_weights": self.weights, f"{name}_scale": self.scale, f"{name}_bias": self.bias}


def from_arrays(arrays: Mapping[str, NDArray[np.generic]], name: str) -> Linear:
    """Return the reader that was kept under a name."""
    weights, scale, bias = (arrays[f"{name}_{part}"] for part in ("weights", "scale", "bias"))
    return Linear(weights.astype(np.int8), scale.astype(np.float64), bias.astype(np.float64))


def rounded(weights: NDArray[np.float64], bias: NDArray[np.float64]) -> Linear:
    """Return a reader whose weights are bytes, which reads as well and is small."""
    scale = np.maximum(np.abs(weights).max(0), np.finfo(float).tiny) / _LARGEST
    return Linear(np.round(weights / scale).astype(np.int8), scale, bias)
