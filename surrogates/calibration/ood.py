"""Beyond the data: does a model see values that are better than any it was shown?

Measures of extrapolation to outcome values outside the training range, after Segal et al. 2025, "Known Unknowns:
Out-of-Distribution Property Prediction in Materials and Molecules" (arXiv 2502.05970). Outcomes are taken as
"the higher the better"; turn their sign where they are to be minimised.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zosimos.surrogates.calibration.checks import finite_column

_TOP = 0.3  # of the rows is called the top
_GRID = 512  # points on which densities are compared
_FURTHER = 4.0  # bandwidths that the grid reaches beyond the values


@dataclass(frozen=True)
class Extrapolation:
    """How well values above a limit were foreseen.

    Args:
        n: rows.
        beyond: rows whose measured value lies above the limit.
        precision: the share of the rows predicted above it that are (None: none was).
        recall: the share of the rows above it that were predicted so (None: none is).
        top_precision: the share of the best-predicted rows that are among the best measured.
        overlap: of the densities of predicted and measured values, 0 to 1.
    """

    n: int
    beyond: int
    precision: float | None
    recall: float | None
    top_precision: float
    overlap: float

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return asdict(self)


def extrapolation(
    predicted: ArrayLike, measured: ArrayLike, limit: float, *, top: float = _TOP, cost: float = 1.0
) -> Extrapolation:
    """Compare ``n`` predicted values with the measured ones.

    Args:
        predicted: by the model.
        measured: what was found.
        limit: the highest value the model was trained on.
        top: share of the rows that ``top_precision`` looks at, above 0 and at most 1.
        cost: how much a row wrongly predicted above the limit counts in ``precision`` (19 for the paper's 95 to 5).

    Raises:
        ValueError: the vectors are empty, not finite or not of one length, or an option is out of range.
    """
    guessed = finite_column(predicted, "predicted")
    found = finite_column(measured, "measured", len(guessed))
    if not len(found) or not 0 < top <= 1 or not cost > 0 or not math.isfinite(limit):
        raise ValueError(f"one row or more, 0 < top <= 1, cost > 0 and a limit needed, not {top}, {cost}, {limit}")
    said, true = guessed > limit, found > limit
    both, wrong = int((said & true).sum()), int((said & ~true).sum())
    k = max(1, round(top * len(found)))
    best_said, best_true = (np.argsort(-values, kind="stable")[:k] for values in (guessed, found))
    return Extrapolation(
        n=len(found),
        beyond=int(true.sum()),
        precision=both / (both + cost * wrong) if both + wrong else None,
        recall=both / int(true.sum()) if true.any() else None,
        top_precision=len(np.intersect1d(best_said, best_true)) / k,
        overlap=density_overlap(guessed, found),
    )


def density_overlap(a: ArrayLike, b: ArrayLike) -> float:
    """Return the area under the lower of two densities: 1 if the samples are alike, 0 if they never meet.

    Densities are Gaussian kernel estimates with Silverman's bandwidth (1986, "Density Estimation", equation 3.31).

    Raises:
        ValueError: a sample is empty or not finite.
    """
    samples = [finite_column(values, "sample") for values in (a, b)]
    if not all(len(sample) for sample in samples):
        raise ValueError("both samples need a value")
    scale = float(np.ptp(np.concatenate(samples))) or 1.0
    widths = [_bandwidth(sample, scale) for sample in samples]
    reach = _FURTHER * max(widths)
    both = np.concatenate(samples)
    grid = np.linspace(both.min() - reach, both.max() + reach, _GRID)
    first, second = (_density(sample, width, grid) for sample, width in zip(samples, widths, strict=True))
    return float(np.minimum(first, second).sum() / max(first.sum(), second.sum()))


def _bandwidth(sample: NDArray[np.float64], scale: float) -> float:
    quartiles = np.percentile(sample, [25, 75])
    spreads = [item for item in (float(sample.std()), float(np.diff(quartiles)[0]) / 1.34) if item > 0]
    silverman = 0.9 * min(spreads) * len(sample) ** -0.2 if spreads else 0.0
    return max(silverman, 0.02 * scale)  # so that equal values, and lone ones, still have a density the grid can see


def _density(sample: NDArray[np.float64], width: float, grid: NDArray[np.float64]) -> NDArray[np.float64]:
    z = (grid[:, None] - sample[None]) / width
    return np.asarray(np.exp(-0.5 * z * z).mean(axis=1) / width)
