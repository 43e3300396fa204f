"""How true curves are that were taken from pictures: known curves are drawn in many styles, digitised and compared.

An error is how far a point is from the curve that was drawn: the shortest way, with both axes as long as 100 % (on a
logarithmic one, in decades of all of them). What it is in height alone (``height``) is larger where a curve is steep:
there a part of a pixel to the side makes many in height.

    python bench/digitising.py
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import matplotlib as mpl
import numpy as np
from common import report
from numpy.typing import NDArray

from zosimos.analysis.figures.curve import Curve, Stated, digitise
from zosimos.analysis.figures.ink import parse_colour
from zosimos.analysis.figures.picture import read_picture

mpl.use("Agg")

Array = NDArray[np.float64]
Function = Callable[[Array], Array]
BLUE = "#1f77b4"
PERCENT, ONE = Stated(0, 100), Stated(0, 1)


def wave(x: Array) -> Array:
    return np.asarray(0.5 + 0.38 * np.sin(x / 12))


def other_wave(x: Array) -> Array:
    return np.asarray(0.5 + 0.38 * np.cos(x / 9))


def peaks(x: Array) -> Array:
    """Peaks of a diffraction pattern, as Lorentzians; the narrowest is some five pixels wide."""
    places = ((15, 0.6, 0.5), (28, 0.5, 0.85), (33, 0.8, 0.4), (52, 0.7, 0.62), (77, 1.0, 0.3))
    return np.asarray(0.05 + sum(height / (1 + ((x - at) / width) ** 2) for at, width, height in places))


def rough(x: Array) -> Array:
    """A spectrum with noise, drawn through points that lie two units apart."""
    rng = np.random.default_rng(5)
    knots = np.arange(0, 102, 2.0)
    noisy = 0.2 + 0.5 * np.exp(-(((knots - 50) / 15) ** 2)) + rng.normal(0, 0.015, len(knots))
    return np.asarray(np.interp(x, knots, noisy))


def decay(x: Array) -> Array:
    return np.asarray(10 ** (2.6 - x / 33 + 0.3 * np.sin(x / 9)))


def response(x: Array) -> Array:
    return np.asarray(0.1 + 0.75 / (1 + (12 / x) ** 1.5))


@dataclass(frozen=True)
class Style:
    """How a curve is drawn: the function, the line's options, the axes, the file."""

    curve: Function = wave
    line: Mapping[str, Any] = field(default_factory=dict)
    x: Stated = PERCENT
    y: Stated = ONE
    dpi: int = 100
    quality: int = 0
    grid: bool = False
    second: Function | None = None
    legend: bool = False
    ask: str = BLUE


STYLES: Mapping[str, Style] = {
    "plain": Style(),
    "dashed": Style(line={"linestyle": "--"}),
    "black": Style(line={"color": "black"}, ask="black"),
    "grey, grid": Style(line={"color": "0.3", "linewidth": 2}, grid=True, ask="#4d4d4d"),
    "grid": Style(grid=True),
    "crossing, legend": Style(second=other_wave, legend=True),
    "markers": Style(line={"marker": "o", "markevery": 100, "markersize": 4}),
    "peaks": Style(peaks, {"linewidth": 1}),
    "noisy spectrum": Style(rough, {"linewidth": 1}),
    "log y": Style(decay, y=Stated(0.1, 1000, log=True)),
    "log x": Style(response, x=Stated(1, 100, log=True)),
    "low resolution": Style(dpi=72),
    "high resolution": Style(dpi=200),
    "JPEG 75": Style(quality=75),
    "JPEG 50": Style(quality=50),
}


def drawn(style: Style) -> bytes:
    """Draw a style's curve; return the picture's file."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(dpi=style.dpi)
    x = np.geomspace(1, 100, 4001) if style.x.log else np.linspace(0, 100, 4001)
    axes.plot(x, style.curve(x), **({"color": BLUE, "label": "run 1"} | dict(style.line)))
    if style.second is not None:
        axes.plot(x, style.second(x), color="#d62728", label="run 2")
    axes.set(xlim=(style.x.low, style.x.high), ylim=(style.y.low, style.y.high), xlabel="t / min", ylabel="signal")
    axes.set_xscale("log" if style.x.log else "linear")
    axes.set_yscale("log" if style.y.log else "linear")
    axes.set(xlim=(style.x.low, style.x.high), ylim=(style.y.low, style.y.high))
    axes.grid(visible=style.grid)
    if style.legend:
        axes.legend(loc="upper right")
    file = io.BytesIO()
    more = {"format": "jpg", "pil_kwargs": {"quality": style.quality}} if style.quality else {"format": "png"}
    figure.savefig(file, dpi=style.dpi, **more)  # type: ignore[arg-type]  # options of savefig
    plt.close(figure)
    return file.getvalue()


def taken(style: Style) -> Curve:
    """Draw a curve and digitise it."""
    return digitise(read_picture(drawn(style), "figure"), style.x, style.y, colour=parse_colour(style.ask))


def errors(style: Style, curve: Curve) -> tuple[Array, Array]:
    """Return how far each point is from the curve that was drawn, and how far in height, in percent of the axes."""
    x = _parts(np.array([point.x for point in curve.points]), style.x)
    y = _parts(np.array([point.y for point in curve.points]), style.y)
    drawn_x = np.linspace(0, 1, 40001)
    drawn_y = _parts(style.curve(_values(drawn_x, style.x)), style.y)
    height = np.abs(y - np.interp(x, drawn_x, drawn_y))
    near = [np.flatnonzero(np.abs(drawn_x - at) < 0.03) for at in x]
    way = [np.hypot(drawn_x[here] - at, drawn_y[here] - up).min() for here, at, up in zip(near, x, y, strict=True)]
    return 100 * np.array(way), 100 * height


def _parts(values: Array, axis: Stated) -> Array:
    """Return where values stand along an axis, 0 to 1."""
    if axis.log:
        return np.asarray(np.log(values / axis.low) / np.log(axis.high / axis.low))
    return np.asarray((values - axis.low) / (axis.high - axis.low))


def _values(parts: Array, axis: Stated) -> Array:
    return np.asarray(
        axis.low * (axis.high / axis.low) ** parts if axis.log else axis.low + parts * (axis.high - axis.low)
    )


def main() -> None:
    figures = {}
    for name, style in STYLES.items():
        curve = taken(style)
        off, height = errors(style, curve)
        p50, p95, most = (round(float(value), 3) for value in np.quantile(off, [0.5, 0.95, 1]))
        high = round(float(np.quantile(height, 0.95)), 3)
        figures[name] = {"points": len(off), "p50": p50, "p95": p95, "max": most, "height p95": high}
        print(
            f"{name:18}{len(off):5} points  p50 {p50:.3f} %  p95 {p95:.3f} %  max {most:.3f} %  height p95 {high:.3f} %"
        )
    report("digitising", {"styles": len(STYLES)}, figures)


if __name__ == "__main__":
    main()
