"""Colour differences: XYZ or sRGB to CIELAB under D65, and CIEDE2000 between two colours.

All of it is coloraide's: CIE 15 for XYZ and Lab, IEC 61966-2-1 for sRGB, ISO/CIE 11664-6 for CIEDE2000.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from coloraide import Color

Triple: TypeAlias = tuple[float, float, float]


def srgb_to_lab(rgb: Sequence[float]) -> Triple:
    """Return the CIELAB (D65) of an sRGB colour given as 0 to 255.

    >>> tuple(round(part, 2) for part in srgb_to_lab((255, 255, 255)))
    (100.0, 0.0, 0.0)
    """
    return _triple(Color("srgb", [part / 255.0 for part in rgb]).convert("lab-d65"))


def lab_to_srgb(lab: Sequence[float]) -> tuple[int, int, int]:
    """Return the nearest sRGB colour (0 to 255) of a CIELAB (D65) colour: one that no screen shows is clipped.

    >>> lab_to_srgb((100.0, 0.0, 0.0))
    (255, 255, 255)
    """
    red, green, blue = _triple(Color("lab-d65", list(lab)).convert("srgb").clip())
    return round(red * 255), round(green * 255), round(blue * 255)


def xyz_to_lab(xyz: Sequence[float]) -> Triple:
    """Return the CIELAB (D65) of an XYZ colour whose white has Y = 1."""
    return _triple(Color("xyz-d65", list(xyz)).convert("lab-d65"))


def xyz_to_srgb(xyz: Sequence[float]) -> tuple[int, int, int]:
    """Return the nearest sRGB colour (0 to 255) of an XYZ colour whose white has Y = 1."""
    red, green, blue = _triple(Color("xyz-d65", list(xyz)).convert("srgb").clip())
    return round(red * 255), round(green * 255), round(blue * 255)


def ciede2000(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the CIEDE2000 difference of two CIELAB colours; about 1 is just noticeable.

    >>> round(ciede2000((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485)), 4)
    2.0425
    """
    return float(Color("lab-d65", list(one)).delta_e(Color("lab-d65", list(other)), method="2000"))


def _triple(colour: Color) -> Triple:
    first, second, third = colour.coords()
    return float(first), float(second), float(third)
