"""The look of the report's figures, and what every figure does to its text and ranges.

The colours are Okabe and Ito's, which people with colour-blindness can tell apart (https://jfly.uni-koeln.de/color/).
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any, TypeAlias

Figure: TypeAlias = dict[str, Any]
Trace: TypeAlias = dict[str, Any]

INK, GRID, PALE, GREY = "#1f2933", "#e6e9ed", "#c3cbd3", "#9aa5b1"
BLUE, GREEN, RED, ORANGE = "#0072b2", "#009e73", "#d55e00", "#e69f00"
STATUS_COLOURS = {
    "measured": BLUE,
    "failed": RED,
    "uncertain": ORANGE,
    "cancelled": GREY,
    "running": GREEN,
    "retracted": GREY,
}
SEQUENTIAL = [[0.0, "#dbe3ea"], [0.35, "#8fb8d6"], [0.7, "#2f7fb8"], [1.0, "#08306b"]]
FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'

_LABEL = 60  # characters of a label
_TITLE = 36  # characters of an axis title
_CROWD = 200  # points from which they are drawn small


def label(text: str, limit: int = _LABEL) -> str:
    """Return text for plotly: shortened, and with nothing in it that plotly would take for a tag or an entity."""
    return html.escape(text if len(text) <= limit else text[: limit - 1] + "…", quote=False)


def layout_of(height: int, **more: Any) -> dict[str, Any]:
    """Return a layout in the report's look."""
    base: dict[str, Any] = {
        "height": height,
        "margin": {"l": 70, "r": 24, "t": 64, "b": 56},
        "font": {"family": FONT, "size": 13, "color": INK},
        "paper_bgcolor": "#ffffff",
        "plot_bgcolor": "#ffffff",
        "hoverlabel": {"align": "left", "bgcolor": "#ffffff", "bordercolor": GREY, "font": {"color": INK}},
        "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom"},
    }
    return base | more


def axis_of(title: str, **more: Any) -> dict[str, Any]:
    """Return an axis in the report's look."""
    base: dict[str, Any] = {
        "title": {"text": label(title, _TITLE), "standoff": 10},
        "gridcolor": GRID,
        "linecolor": GREY,
        "showline": True,
        "ticks": "outside",
        "tickcolor": GREY,
        "ticklen": 4,
        "zeroline": False,
        "automargin": True,
    }
    return base | more


def size_of(points: int) -> int:
    """Return the size in pixels at which so many points can be told apart."""
    return 7 if points < _CROWD else 4


def span(values: Sequence[float]) -> list[float]:
    """Return the lowest and highest value, set apart if they are the same."""
    low, high = min(values), max(values)
    room = abs(low) * 0.05 or 1.0
    return [low - room, high + room] if low == high else [low, high]
