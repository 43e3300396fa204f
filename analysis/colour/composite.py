"""CIEDE2000 over whole columns of measured colours, for objectives that are made of L, a and b.

Source: Sharma, Wu and Dalal 2005, "The CIEDE2000 color-difference formula: implementation notes, supplementary test
data, and mathematical observations", Color Res. Appl. 30, 21 (ISO/CIE 11664-6). The same as
:func:`~zosimos.analysis.colour.difference.ciede2000`, which takes one pair of colours at a time.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from zosimos.core.composite import CompositeMethod

Array = NDArray[np.float64]

_SEVENTH = 25.0**7


def difference_from(L: Array, a: Array, b: Array, target: tuple[float, ...]) -> Array:
    """Return the CIEDE2000 differences of CIELAB (D65) colours from a target given as sRGB, 0 to 255; they broadcast.

    >>> difference_from(np.array([100.0]), np.array([0.0]), np.array([0.0]), (255, 255, 255)).round(2)
    array([0.])
    """
    L, a, b = np.broadcast_arrays(L, a, b)
    return _ciede2000(L, a, b, *_lab_of(target))


@lru_cache(maxsize=16)
def _lab_of(target: tuple[float, ...]) -> tuple[float, float, float]:
    from zosimos.analysis.colour.difference import srgb_to_lab  # coloraide: only once a colour is asked about

    return srgb_to_lab(target)


def _ciede2000(L1: Array, a1: Array, b1: Array, L2: float, a2: float, b2: float) -> Array:
    """Return the difference with the symbols of the source; all three parametric factors are 1."""
    mean_chroma = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2.0
    stretch = 1.5 - 0.5 * np.sqrt(mean_chroma**7 / (mean_chroma**7 + _SEVENTH))
    C1, C2 = np.hypot(stretch * a1, b1), np.hypot(stretch * a2, b2)
    h1, h2 = _hue(b1, stretch * a1), _hue(np.full_like(C2, b2), stretch * a2)
    grey = C1 * C2 == 0.0
    turn = np.where(grey, 0.0, (h2 - h1 + 180.0) % 360.0 - 180.0)
    dL, dC = L2 - L1, C2 - C1
    dH = 2.0 * np.sqrt(C1 * C2) * np.sin(np.radians(turn) / 2.0)
    L, C = (L1 + L2) / 2.0, (C1 + C2) / 2.0
    h = np.where(grey, h1 + h2, h1 + turn / 2.0)
    weight = (
        1.0
        - 0.17 * np.cos(np.radians(h - 30.0))
        + 0.24 * np.cos(np.radians(2.0 * h))
        + 0.32 * np.cos(np.radians(3.0 * h + 6.0))
        - 0.20 * np.cos(np.radians(4.0 * h - 63.0))
    )
    off = (L - 50.0) ** 2
    SL, SC, SH = 1.0 + 0.015 * off / np.sqrt(20.0 + off), 1.0 + 0.045 * C, 1.0 + 0.015 * C * weight
    angle = np.radians(60.0 * np.exp(-((((h % 360.0) - 275.0) / 25.0) ** 2)))
    rotation = -np.sin(angle) * 2.0 * np.sqrt(C**7 / (C**7 + _SEVENTH))
    light, chroma, hue = dL / SL, dC / SC, dH / SH
    square = light**2 + chroma**2 + hue**2 + rotation * chroma * hue
    return np.asarray(np.sqrt(np.maximum(square, 0.0)))


def _hue(b: Array, a: Array) -> Array:
    """Return the hue angle in degrees, 0 to 360, 0 for grey."""
    return np.asarray(np.degrees(np.arctan2(b, a)) % 360.0)


CIEDE2000 = CompositeMethod({"L": 1, "a": 1, "b": 1, "target": 3}, difference_from)
