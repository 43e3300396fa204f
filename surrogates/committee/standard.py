"""Outcomes made comparable: centred and scaled by those that are trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zosimos.surrogates.committee.covariance import Array

CONSTANT = 1e-9  # of the largest magnitude: a spread below this is rounding, not signal


@dataclass(frozen=True)
class Standard:
    """Centre, spread, and the indices of the outcomes that are held in doubt."""

    centre: float
    spread: float
    doubted: tuple[int, ...] = ()

    @classmethod
    def of(cls, y: Array, doubted: Sequence[int] = ()) -> Standard:
        """Return the standard of ``n`` outcomes; doubted ones do not count in it."""
        kept = np.delete(y, list(doubted))
        centre, spread = float(kept.mean()), float(kept.std())
        if spread <= CONSTANT * float(np.abs(kept).max(initial=0.0)):
            spread = 0.1 * abs(centre) or 1.0  # without a spread, ten percent is as good a guess as any
        return cls(centre, spread, tuple(doubted))

    def scaled(self, y: Array) -> Array:
        """Return standardised outcomes; doubted ones are drawn in to where the others end."""
        z = (y - self.centre) / self.spread
        limit = float(np.abs(np.delete(z, self.doubted)).max(initial=1.0))
        return np.where(np.isin(np.arange(len(y)), self.doubted), np.clip(z, -limit, limit), z)
