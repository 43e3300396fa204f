"""Two kinds of uncertainty apart: what more data would remove (epistemic) and what it would not (aleatoric).

Told apart, they answer different questions: where to measure next, and whether to measure there twice (Kendall and Gal
2017, "What Uncertainties Do We Need in Bayesian Deep Learning for Computer Vision?", arXiv 1703.04977).
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zosimos.surrogates.calibration.checks import finite_column, finite_table
from zosimos.surrogates.calibration.ranks import spearman
from zosimos.surrogates.calibration.scores import mixture_weights

_SHARE = 0.2  # of the predictions is left out to see whether the rest is better


@dataclass(frozen=True)
class Parts:
    """Standard deviations of ``n`` predictions in the outcome's unit, by where they come from.

    Raises:
        ValueError: the two are not finite vectors of one length, 0 or above.
    """

    epistemic: NDArray[np.float64]
    aleatoric: NDArray[np.float64]

    def __post_init__(self) -> None:
        epistemic = finite_column(self.epistemic, "epistemic")
        aleatoric = finite_column(self.aleatoric, "aleatoric", len(epistemic))
        if (epistemic < 0).any() or (aleatoric < 0).any():
            raise ValueError("standard deviations must be 0 or more")
        object.__setattr__(self, "epistemic", epistemic)
        object.__setattr__(self, "aleatoric", aleatoric)

    @property
    def total(self) -> NDArray[np.float64]:
        """Standard deviations of what would be measured."""
        return np.hypot(self.epistemic, self.aleatoric)

    @property
    def reducible(self) -> NDArray[np.float64]:
        """Shares of the variances that more data would remove (0 where there is no variance)."""
        total = self.total**2
        return np.divide(self.epistemic**2, total, out=np.zeros_like(total), where=total > 0)

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {"epistemic": self.epistemic.tolist(), "aleatoric": self.aleatoric.tolist()}


def process_parts(variance: ArrayLike, noise: ArrayLike) -> Parts:
    """Return the parts of a Gaussian process: the variance of the latent function and that of the noise.

    Args:
        variance: ``n`` posterior variances with noise left out; rounding below 0 is taken for 0.
        noise: the noise variance, one for all or ``n``.

    Raises:
        ValueError: the shapes do not fit, a number is not finite, or a noise is negative.
    """
    latent = np.maximum(finite_column(variance, "variance"), 0)
    noises = finite_column(np.broadcast_to(np.asarray(noise, dtype=float), latent.shape), "noise")
    if (noises < 0).any():
        raise ValueError(f"noise must be 0 or more, not {noises.min()}")
    return Parts(np.sqrt(latent), np.sqrt(noises))


def mixture_parts(weights: ArrayLike, means: ArrayLike, variances: ArrayLike, noises: ArrayLike) -> Parts:
    """Return the parts of a mixture or ensemble of ``k`` models, by the law of total variance.

    Epistemic is the spread of the members' means plus their own mean epistemic variance; aleatoric is their mean noise.

    Args:
        weights: ``k`` of 0 or more; they are scaled to sum to 1.
        means: ``k x n``.
        variances: ``k x n`` epistemic variances of the members (0 for members that know none, as trees).
        noises: ``k x n`` noise variances.

    Raises:
        ValueError: the shapes do not fit, a number is not finite, or a variance or weight is negative.
    """
    shares = mixture_weights(weights)
    centres = finite_table(means, "means")
    own = finite_table(variances, "variances", centres.shape[1])
    noise = finite_table(noises, "noises", centres.shape[1])
    if not len(shares) == len(centres) == len(own) == len(noise) or (own < 0).any() or (noise < 0).any():
        raise ValueError(f"{len(shares)} rows of means, and of variances of 0 or more, needed")
    between = shares @ (centres - shares @ centres) ** 2
    return Parts(np.sqrt(between + shares @ own), np.sqrt(shares @ noise))


@dataclass(frozen=True)
class Informative:
    """Whether uncertainty tells where the errors are.

    Args:
        n: predictions.
        total: Spearman's correlation of absolute errors with the whole standard deviation (None: one does not vary).
        epistemic: the same with its epistemic part.
        aleatoric: the same with its aleatoric part.
        chance: the correlation that pure chance exceeds in 5 % of cases.
        gain: by how much of its value the mean absolute error falls if the most uncertain fifth is left out.
    """

    n: int
    total: float | None
    epistemic: float | None
    aleatoric: float | None
    chance: float
    gain: float

    @property
    def useful(self) -> bool:
        """Whether the whole uncertainty follows the errors more than chance would."""
        return self.total is not None and self.total > self.chance

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return asdict(self) | {"useful": self.useful}


def informative(parts: Parts, error: ArrayLike) -> Informative:
    """Check uncertainties against the errors (predicted - measured, ``n``) that were made.

    After the uncertainty-error correlation of MatUQ (Tan et al. 2025, "Benchmarking GNNs for OOD Materials Property
    Prediction with Uncertainty Quantification", arXiv 2511.11697); a rule that abstains where it is uncertain must
    gain from it.

    Raises:
        ValueError: there are fewer than three errors, or not as many as uncertainties.
    """
    sizes = np.abs(finite_column(error, "error", len(parts.total)))
    if len(sizes) < 3:
        raise ValueError(f"at least three errors are needed, not {len(sizes)}")
    keep = np.argsort(parts.total, kind="stable")[: len(sizes) - max(1, round(_SHARE * len(sizes)))]
    whole = float(sizes.mean())
    return Informative(
        n=len(sizes),
        total=spearman(sizes, parts.total),
        epistemic=spearman(sizes, parts.epistemic),
        aleatoric=spearman(sizes, parts.aleatoric),
        chance=min(1.0, 1.645 / math.sqrt(len(sizes) - 1)),
        gain=1 - float(sizes[keep].mean()) / whole if whole > 0 else 0.0,
    )
