"""The gamut: which colours the dyes can make, and how near to a target they come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from zosimos.analysis.colour.difference import ciede2000, srgb_to_lab, xyz_to_lab, xyz_to_srgb
from zosimos.labs.colour.dyes import mixture, xyz

_STARTS = (0.1, 0.5, 0.9)
_SEEN = 1.0  # CIEDE2000: about the smallest difference that is noticed


@dataclass(frozen=True)
class Nearest:
    """The mixture that comes nearest to a target by the labels of the stock solutions."""

    volumes_ml: Mapping[str, float]
    rgb: tuple[int, int, int]
    delta_e: float

    @property
    def inside(self) -> bool:
        """Whether nobody would see a difference."""
        return self.delta_e <= _SEEN

    def __str__(self) -> str:
        """Say it in words."""
        if self.inside:
            return f"yes: by the labels of the stock solutions the difference can be {self.delta_e:.2f}"
        return f"NO: the nearest colour is sRGB {self.rgb}, CIEDE2000 {self.delta_e:.1f} away"


def nearest(target: Sequence[int], bounds: Mapping[str, tuple[float, float]], total_ml: float) -> Nearest:
    """Return the mixture whose colour is nearest to a target.

    Args:
        target: sRGB, 0 to 255.
        bounds: lowest and highest volume of each dye in mL.
        total_ml: volume of the mixture.
    """
    wanted = srgb_to_lab(target)
    dyes = list(bounds)
    low = np.array([bounds[dye][0] for dye in dyes])
    span = np.array([bounds[dye][1] for dye in dyes]) - low

    def colour(u: np.ndarray) -> tuple[float, float, float]:
        volumes = dict(zip(dyes, low + np.clip(u, 0.0, 1.0) * span, strict=True))
        return xyz(mixture(volumes, total_ml))

    def miss(u: np.ndarray) -> float:
        return ciede2000(xyz_to_lab(colour(u)), wanted)

    starts = np.array(np.meshgrid(*[_STARTS] * len(dyes))).reshape(len(dyes), -1).T
    begin = sorted(starts, key=miss)[:4]
    # Nelder-Mead: the difference has a kink at its minimum, where gradients mislead.
    found = [minimize(miss, start, method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-4}) for start in begin]
    best = min(found, key=lambda one: float(one.fun))
    u = np.clip(best.x, 0.0, 1.0)
    volumes = {dye: float(value) for dye, value in zip(dyes, low + u * span, strict=True)}
    return Nearest(volumes, xyz_to_srgb(colour(u)), float(miss(u)))
