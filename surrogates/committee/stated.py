"""Stated uncertainties that are right but for a factor: how outcomes compare is believed, how noisy all are is learned.

What people and instruments state of a result is seldom the scatter alone: it holds what all results share, a rule of
thumb, or an instrument without the rest of the experiment. A factor common to all is learned with the other
hyper-parameters, from residuals and from rows that were measured again: the noise variance of outcome i is
``exp(theta) r_i``, where ``r_i`` is the stated variance of outcome i over the middle one, and ``theta`` is thought to
be near the logarithm of the middle one (a prior as of any noise variance: Rasmussen and Williams 2006, chapter 5.2).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from zosimos.surrogates.committee.covariance import Array

if TYPE_CHECKING:
    from zosimos.surrogates.committee.member import Kind

FIRM = 1.0
"""Standard deviation of the logarithm of the factor where it is said that what is stated is scatter.

A factor of 1.6 in a standard uncertainty: a balance or a detector knows its own scatter, not that of the sample.
"""
LOOSE = 1.5
"""The same where nobody says what is stated: a factor of 2.1 in a standard uncertainty."""

_LEAST_RELATIVE, _MOST_RELATIVE = 1e-3, 1e6  # stated variances over the middle one: beyond these it is no comparison
_LEAST, _MOST = 1e-4, 1.0  # of the outcomes' variance: where the noise is thought to be, whatever is stated


@dataclass(frozen=True)
class Stated:
    """Noise variances of ``n`` standardised outcomes that are known but for a factor.

    Args:
        relative: ``n`` variances over the middle one; 1 where nothing is stated.
        middle: the middle one of those that are stated.
        sd: standard deviation of the logarithm of the factor.
    """

    relative: Array
    middle: float
    sd: float

    @classmethod
    def of(cls, variance: Array, sd: float) -> Self | None:
        """Return what ``n`` stated variances say (NaN: nothing is stated); None where none is.

        >>> Stated.of(np.array([1.0, 4.0, np.nan, 0.25]), LOOSE).relative.tolist()
        [1.0, 4.0, 1.0, 0.25]
        """
        given = np.isfinite(variance)
        if not given.any():
            return None
        middle = float(np.sort(variance[given])[(given.sum() - 1) // 2])
        relative = np.clip(variance / middle, _LEAST_RELATIVE, _MOST_RELATIVE)
        return cls(np.where(given, relative, 1.0), middle, sd)

    @property
    def log_variance(self) -> float:
        """Where the logarithm of the noise variance is thought to be."""
        return math.log(min(max(self.middle, _LEAST), _MOST))

    def beside(self, more: int) -> Self:
        """Return the same with further outcomes of which nothing is stated."""
        return replace(self, relative=np.append(self.relative, np.ones(more)))

    def factor(self, noise: float) -> float:
        """Return how many times the stated standard uncertainties a learned noise variance is."""
        return math.sqrt(noise / self.middle)


def distinct(kinds: Sequence[Kind], variance: Array, sd: float) -> tuple[Kind, ...]:
    """Return kinds of members without those that would be the same member twice, and have two votes.

    Where the scatter of every outcome is said, none is left to be thought of as quiet.
    """
    known = sd <= FIRM and bool((variance > 0.0).all())
    found = {kind.name: kind for kind in (replace(kind, quiet=False) if known else kind for kind in kinds)}
    return tuple(found.values())
