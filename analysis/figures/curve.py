"""A curve of a figure: what a person states of the axes, and what the picture shows, become points."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from zosimos.analysis.figures.axes import Axis
from zosimos.analysis.figures.frame import Frame, find_frame
from zosimos.analysis.figures.ink import Colour, colours_in, ink_of
from zosimos.analysis.figures.picture import Picture
from zosimos.analysis.figures.refusal import BY_HAND, refused
from zosimos.analysis.figures.ticks import LEAST, check_ends, check_ticks, find_ticks
from zosimos.analysis.figures.trace import trace

ORIGIN = "extracted"
_DRAWN_COARSELY, _DRAWN_FINELY = 0.5, 0.3  # pixels: programs move lines to whole pixels, frames and not curves


@dataclass(frozen=True)
class Stated:
    """What a person states of an axis: its values at its ends, and whether it is logarithmic."""

    low: float
    high: float
    log: bool = False


@dataclass(frozen=True)
class Point:
    """A point of a curve: values, their standard uncertainties, and where in the picture it was read, in pixels."""

    x: float
    y: float
    u_x: float
    u_y: float
    pixel_x: float
    pixel_y: float


@dataclass(frozen=True)
class Curve:
    """The points of a curve, in the order of the columns, with what they were read by."""

    points: tuple[Point, ...]
    x: Axis
    y: Axis
    frame: Frame
    colour: Colour
    remarks: tuple[str, ...]


def digitise(
    picture: Picture,
    x: Stated,
    y: Stated,
    *,
    colour: Colour | None = None,
    frame: Frame | None = None,
    marks: bool = False,
) -> Curve:
    """Return a curve of a picture.

    Args:
        picture: what shows it.
        x: the values at the left and the right of the frame.
        y: the values at the bottom and the top of the frame.
        colour: the line's; none takes the only one that is there.
        frame: where the frame is, in pixels; none looks for it.
        marks: the values are those at the first and the last tick mark of each axis, and not at the ends of the frame.

    Raises:
        DataError: the frame is not seen for certain, what is stated does not fit the tick marks, or there is not one
            curve of the colour.
    """
    dark = picture.dark
    if frame is not None and not frame.is_within(dark.shape):
        raise refused(
            "the frame is not in the picture",
            field="--frame",
            value=f"{frame.left:g},{frame.top:g},{frame.right:g},{frame.bottom:g}",
            allowed=f"LEFT,TOP,RIGHT,BOTTOM within 0,0,{dark.shape[1] - 1},{dark.shape[0] - 1}",
            hint="count pixels from the left and from the top",
        )
    found = find_frame(dark) if frame is None else frame
    x_marks, y_marks = find_ticks(dark, found, "x"), find_ticks(dark, found, "y")
    across = _axis("x", x, (found.left, found.right), x_marks, marks=marks, by_hand=frame is not None)
    up = _axis("y", y, (found.bottom, found.top), y_marks, marks=marks, by_hand=frame is not None)
    margin = found.half + 1 if frame is None else 0
    left, top = int(np.ceil(found.left + margin)), int(np.ceil(found.top + margin))
    inside = picture.pixels[top : int(found.bottom - margin) + 1, left : int(found.right - margin) + 1]
    chosen = _only(colours_in(inside, lossy=picture.lossy)) if colour is None else colour
    cover, other = ink_of(inside, chosen, lossy=picture.lossy)
    way = trace(cover, other, lossy=picture.lossy)
    edge = _DRAWN_COARSELY if found.half <= 0.5 else _DRAWN_FINELY
    points = []
    for column, row, spread in zip(way.columns, way.rows, way.spreads, strict=True):
        at, height = left + column, top + row
        points.append(
            Point(
                across.value(at),
                up.value(height),
                across.spread(at, edge),
                up.spread(height, float(np.hypot(spread, edge))),
                at,
                height,
            )
        )
    remarks = _unchecked(x_marks, y_marks, by_hand=frame is not None)
    remarks += [f"{way.shared} columns of pixels also had ink of this colour elsewhere"] if way.shared else []
    remarks += [f"{way.hidden} columns of pixels were left out: something else is drawn there"] if way.hidden else []
    return Curve(tuple(points), across, up, found, chosen, tuple(remarks))


def _axis(
    name: str, stated: Stated, ends: tuple[float, float], ticks: tuple[float, ...], *, marks: bool, by_hand: bool
) -> Axis:
    axis = Axis(name, stated.low, stated.high, *ends, stated.log)
    if marks:
        if len(ticks) < 2:
            raise refused(
                f"the tick marks of the axis {name} are not seen",
                field="--marks",
                value=f"{len(ticks)} marks",
                allowed="two tick marks or more at the frame",
                hint=BY_HAND,
            )
        first, last = (ticks[0], ticks[-1]) if name == "x" else (ticks[-1], ticks[0])
        axis = replace(axis, first=first, last=last)
        check_ends(ticks, axis, ends)
    if not by_hand:
        check_ticks(ticks, axis)
    return axis


def _unchecked(x_marks: tuple[float, ...], y_marks: tuple[float, ...], *, by_hand: bool) -> list[str]:
    if by_hand:
        return ["the axes are as stated: with a frame by hand they are not held against tick marks"]
    few = [name for name, ticks in (("x", x_marks), ("y", y_marks)) if len(ticks) < LEAST]
    return [f"what is stated of the axis {name} could not be checked: too few tick marks are seen" for name in few]


def _only(colours: list[Colour]) -> Colour:
    if len(colours) == 1:
        return colours[0]
    shown = ", ".join("#{:02x}{:02x}{:02x}".format(*one) for one in colours[:8])
    raise refused(
        "which curve is meant is not clear" if colours else "no curve is seen in the plot",
        field="--colour",
        value=shown or "no line darker than the paper",
        allowed="the colour of one curve",
        hint=f"state it as in --colour '{shown.split(',')[0] or '#1f77b4'}'",
    )
