"""The look of the figures, and what every figure does to its texts and ranges.

The colours are Okabe and Ito's, which people with colour-blindness can tell apart (https://jfly.uni-koeln.de/color/).
Those in ``THEMED`` follow the page, light or dark; the others read well on both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zosimos.core.shown import clean

INK, SOFT, GRID, GREY, PALE, PAPER = "#1f2933", "#52606d", "#e6e9ed", "#9aa5b1", "#c3cbd3", "#fefefe"
BLUE, GREEN, RED, ORANGE, SKY, PURPLE = "#0072b2", "#009e73", "#d55e00", "#e69f00", "#56b4e9", "#cc79a7"
SERIES = (BLUE, RED, GREEN, PURPLE, ORANGE, SKY)
"""Colours of things side by side, in order."""
THEMED: Mapping[str, str] = {
    INK: "--ink",
    SOFT: "--soft",
    GRID: "--grid",
    GREY: "--grey",
    PALE: "--pale",
    PAPER: "--paper",
    BLUE: "--mark",
}
STATUS_COLOURS = {
    "measured": BLUE,
    "failed": RED,
    "uncertain": ORANGE,
    "cancelled": GREY,
    "running": GREEN,
    "retracted": GREY,
}
SEQUENTIAL = ("#dbe3ea", "#8fb8d6", "#2f7fb8", "#08306b")
"""Of values in a plane, low to high."""
LINES = ("#a9bccb", "#6fa5cd", "#2f7fb8", "#0b4a86")
"""Of lines, which must show on light and dark paper alike; the best last."""
DOUBT = ("#f3efe9", "#e3c9a8", "#c98f4e", "#7a4a12")
"""Of standard deviations in a plane, low to high."""

_LABEL = 60  # characters of a label
_TITLE = 36  # characters of an axis title
_CROWD = 200  # points from which they are drawn small


def label(text: str, limit: int = _LABEL) -> str:
    """Return text for a figure: one line, without what would make it read as another text, and shortened.

    >>> label("a" * 9, 5)
    'aaaa…'
    """
    words = clean(text)
    return words if len(words) <= limit else words[: limit - 1] + "…"


def axis_title(text: str) -> str:
    """Return the title of an axis."""
    return label(text, _TITLE)


def size_of(points: int) -> float:
    """Return the diameter in points at which so many marks can be told apart."""
    return 6.0 if points < _CROWD else 3.2


def span(values: Sequence[float]) -> tuple[float, float]:
    """Return the lowest and highest value, set apart if they are the same.

    >>> span([2.0, 2.0])
    (1.9, 2.1)
    """
    low, high = min(values), max(values)
    room = abs(low) * 0.05 or 1.0
    return (low - room, high + room) if low == high else (low, high)
