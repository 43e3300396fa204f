"""Outcomes made comparable: centred and scaled by those that are trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from zosimos.surrogates.committee.covariance import Array

_LAST_DIGITS = 4 * float(np.finfo(float).eps)
CONSTANT = 1e-9  # of the largest magnitude: a spread below this is rounding, not signal


def is_constant(spread: float, y: Array, origin: float = 0.0) -> bool:
    """Say whether what outcomes, less an origin, vary by is rounding."""
    rounding = CONSTANT * float(np.abs(y).max(initial=0.0))
    return spread <= max(rounding, _LAST_DIGITS * abs(origin))


@dataclass(frozen=True)
class Standard:
    """Centre, spread, and the indices of the outcomes that are held in doubt."""

    centre: float
    spread: float
    doubted: tuple[int, ...] = ()

    @classmethod
    def of(cls, y: Array, doubted: Sequence[int] = (), origin: float = 0.0) -> Standard:
        """Return the standard of ``n`` outcomes, less an origin; doubted ones do not count in it."""
        kept = np.delete(y, list(doubted))
        centre, spread = float(kept.mean()), float(kept.std())
        if is_constant(spread, kept, origin):
            spread = 0.1 * abs(centre + origin) or 1.0  # without a spread, ten percent is as good a guess as any
        return cls(centre, spread, tuple(doubted))

    def moved(self, origin: float) -> Standard:
        """Return the standard of outcomes from which no origin was taken."""
        return replace(self, centre=self.centre + origin) if origin else self

    def back(self, scaled: Array) -> Array:
        """Return standardised numbers in the outcomes' units."""
        return self.centre + self.spread * scaled

    def scaled(self, y: Array) -> Array:
        """Return standardised outcomes; doubted ones are drawn in to where the others end."""
        z = (y - self.centre) / self.spread
        limit = float(np.abs(np.delete(z, self.doubted)).max(initial=1.0))
        return np.where(np.isin(np.arange(len(y)), self.doubted), np.clip(z, -limit, limit), z)
