"""Planes: what the models expect over two parameters, or over three parts of a mixture, and how sure they are of it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.report.believed import Believed
from zosimos.campaign.report.drawing import Sheet
from zosimos.campaign.report.figures.effects import strongest
from zosimos.campaign.report.figures.marks import hint
from zosimos.campaign.report.formatting import number, titled, usable
from zosimos.campaign.report.style import DOUBT, GREY, INK, RED, SEQUENTIAL, axis_title, label
from zosimos.campaign.report.subject import Subject
from zosimos.campaign.report.thinning import drawn
from zosimos.core.objective import Objective
from zosimos.core.parameter import Parameter
from zosimos.core.unit_signs import printed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.contour import ContourSet
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_PAIRS = 2
_LEVELS = 9
_DOTS = 150  # experiments that are drawn as dots
_CORNERS = np.array([[0.5, np.sqrt(0.75)], [0.0, 0.0], [1.0, 0.0]])  # of the triangle: top, left, right


def contours(subject: Subject) -> Sheet | str:
    """Return the two most important pairs of numbers, each as a plane of the mean and one of the standard deviation."""
    believed = subject.believed
    if isinstance(believed, str):
        return believed
    pairs = _pairs(believed)
    if not pairs:
        return "There are no two numbers that can be changed while the rest stays as it is."
    rows = _shared(believed, len(pairs))
    sheet = Sheet(3.45 * len(rows) + 0.1, gap=0.09)
    made = sheet.figure.subplots(len(rows), 2, squeeze=False)
    for (objective, place), two in zip(rows, made, strict=True):
        one, other = pairs[place]
        xs, ys, found = believed.over(one, other)
        for axes, values, shades, words in zip(two, found[objective.name], _SHADES, _WORDS, strict=True):
            shown = _filled(sheet, axes, (xs, ys, values), shades)
            if shown:
                some = _near(subject, objective)
                spots = [(float(row[one.name]), float(row[other.name])) for row in map(subject.at, some)]
                best = float(believed.row[one.name]), float(believed.row[other.name])
                _dots(sheet, axes, subject, some, spots, best)
            axes.set_title(label(f"{objective.name}: {words}", 44))
            axes.set_xlabel(axis_title(titled(one.name, one.unit)))
            axes.set_ylabel(axis_title(titled(other.name, other.unit)))
            axes.set_xlim(float(xs[0]), float(xs[-1]))
            axes.set_ylim(float(ys[0]), float(ys[-1]))
            for parameter, scale in ((one, axes.set_xscale), (other, axes.set_yscale)):
                if parameter.scale == "log" and parameter.bounds is not None and parameter.bounds[0] > 0:
                    scale("log")
    sheet.note = _left_out(believed, rows)
    return sheet


def ternary(subject: Subject) -> Sheet | str:
    """Return the three strongest parts of a mixture as a triangle of the mean and one of the standard deviation."""
    believed = subject.believed
    if isinstance(believed, str):
        return believed
    parts = believed.mixture[:3]
    if len(parts) < 3:
        return "The space has no mixture of three parts or more: no constraint fixes their sum."
    shares, total, found = believed.within(parts)
    places = shares @ _CORNERS
    rows = [(objective, 0) for objective in believed.objectives[:2]]
    sheet = Sheet(3.7 * len(rows))
    units = {parameter.name: parameter.unit for parameter in believed.parameters}
    for (objective, _), two in zip(rows, sheet.figure.subplots(len(rows), 2, squeeze=False), strict=True):
        for axes, values, shades, words in zip(two, found[objective.name], _SHADES, _WORDS, strict=True):
            some, spots = [], []
            for experiment in _near(subject, objective):
                amounts = [float(subject.at(experiment)[name]) for name in parts]
                if sum(amounts) > 0:
                    x, y = np.array(amounts) / sum(amounts) @ _CORNERS
                    some.append(experiment)
                    spots.append((float(x), float(y)))
            best = np.array([float(believed.row[name]) for name in parts]) / (total or 1.0) @ _CORNERS
            if _filled(sheet, axes, (places[:, 0], places[:, 1], values), shades):
                _dots(sheet, axes, subject, some, spots, (float(best[0]), float(best[1])))
            _triangle(axes, [(name, total, printed(units[name])) for name in parts])
            axes.set_title(label(f"{objective.name}: {words}", 44))
    others = [name for name in believed.mixture if name not in parts]
    told = [f"The other parts are as in {believed.centre}: {', '.join(others)}."] if others else []
    sheet.note = " ".join([*told, *([text] if (text := _left_out(believed, rows)) else [])])
    return sheet


_SHADES = (SEQUENTIAL, DOUBT)
_WORDS = ("expected", "standard deviation of that")


def _pairs(believed: Believed) -> list[tuple[Parameter, Parameter]]:
    """Return the pairs of numbers that matter most: by both alone and by the two together; no two parts of a mixture.

    Pairs of which next to no other values are allowed with the rest as it is are left out.
    """
    order, mixture = strongest(believed), set(believed.mixture)
    numbers = [
        p for p in order if p.kind != "text" and p.bounds is not None and p.bounds[0] < p.bounds[1] and p.count != 1
    ]
    effect = next(iter(believed.effects.values()))
    share = {column.name: main for column, main in zip(effect.columns, effect.main, strict=True)}
    for a, b, together in effect.pairs:
        share[f"{a}\n{b}"] = share[f"{b}\n{a}"] = together

    def weight(pair: tuple[Parameter, Parameter]) -> float:
        one, two = (part.name for part in pair)
        return share[one] + share[two] + share.get(f"{one}\n{two}", 0.0)

    found = [pair for pair in combinations(numbers[:6], 2) if not mixture.issuperset(part.name for part in pair)]
    good: list[tuple[Parameter, Parameter]] = []
    for pair in sorted(found, key=weight, reverse=True):
        _, _, told = believed.over(*pair)
        if np.isfinite(next(iter(told.values()))[0]).sum() > _LEVELS:
            good.append(pair)
        if len(good) == _PAIRS:
            break
    return good


def _shared(believed: Believed, pairs: int) -> list[tuple[Objective, int]]:
    """Return which objective is drawn over which pair: one objective over both, or two over the first."""
    objectives = believed.objectives[:2]
    if len(objectives) == 1:
        return [(objectives[0], place) for place in range(pairs)]
    return [(objective, 0) for objective in objectives]


def _filled(sheet: Sheet, axes: Axes, where: tuple[Array, Array, Array], shades: Sequence[str]) -> bool:
    """Fill a plane (two sorted axes and a table, or scattered points) by its values; say so where there are none."""
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.ticker import MaxNLocator

    xs, ys, values = where
    good = values[np.isfinite(values)]
    axes.grid(visible=False)
    if len(good) < 3:
        axes.text(0.5, 0.5, "no other row is allowed here", transform=axes.transAxes, ha="center", color=GREY)
        return False
    low, high = float(good.min()), float(good.max())
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        room = abs(low) * 0.05 or 1.0
        low, high = low - room, high + room
    colours = LinearSegmentedColormap.from_list("plane", shades)
    look: dict[str, Any] = {"levels": MaxNLocator(_LEVELS).tick_values(low, high), "cmap": colours}
    made: ContourSet
    if values.ndim == 2:
        masked = np.ma.masked_invalid(values)
        made = axes.contourf(xs, ys, masked, **look)
    else:
        from matplotlib.tri import Triangulation

        mesh = Triangulation(xs, ys)
        mesh.set_mask((~np.isfinite(values))[mesh.triangles].any(axis=1))
        made = axes.tricontourf(mesh, np.where(np.isfinite(values), values, low), **look)
    made.set_edgecolor("face")  # no seams between the fields
    bar = sheet.figure.colorbar(made, ax=axes, shrink=0.9, pad=0.02)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0)
    return True


def _near(subject: Subject, objective: Objective) -> list[Experiment]:
    """Return the experiments that are drawn as dots."""
    rows = [e for e in subject.state.experiments.values() if usable(e, objective)]
    return [rows[k] for k in drawn(len(rows), [rows[k].measurements[objective.name].value for k in range(len(rows))])][
        -_DOTS:
    ]


def _dots(
    sheet: Sheet,
    axes: Axes,
    subject: Subject,
    experiments: Sequence[Experiment],
    spots: Sequence[tuple[float, float]],
    best: tuple[float, float],
) -> None:
    hints = [hint(subject.state.spec, e, subject.objectives) for e in experiments]
    look = {"s": 14, "facecolors": "#ffffff", "edgecolors": "#1f2934", "linewidths": 0.7, "clip_on": False}
    sheet.marks(axes, [x for x, _ in spots], [y for _, y in spots], hints, **look)
    axes.scatter(*best, s=95, facecolors="none", edgecolors=RED, linewidths=1.8, zorder=4)


def _triangle(axes: Axes, parts: Sequence[tuple[str, float, str]]) -> None:
    """Draw the triangle's edges, with each part's name and amount at the corner where there is nothing else."""
    closed = np.vstack([_CORNERS, _CORNERS[:1]])
    axes.plot(closed[:, 0], closed[:, 1], color=GREY, linewidth=1, zorder=2.5)
    for share in (0.25, 0.5, 0.75):
        for a, b, c in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
            ends = [share * _CORNERS[a] + (1 - share) * _CORNERS[b], share * _CORNERS[a] + (1 - share) * _CORNERS[c]]
            axes.plot([end[0] for end in ends], [end[1] for end in ends], color=GREY, linewidth=0.5, alpha=0.6)
    lines = [label(f"{name} = {number(amount)} {unit}".rstrip(), 24) for name, amount, unit in parts]
    axes.text(0.5, _CORNERS[0, 1] + 0.03, lines[0], ha="center", va="bottom", color=INK, fontsize=9)
    axes.text(0.0, -0.03, lines[1], ha="center", va="top", color=INK, fontsize=9)
    axes.text(1.0, -0.03, lines[2], ha="center", va="top", color=INK, fontsize=9)
    axes.set_axis_off()
    axes.set_aspect("equal")
    axes.set_xlim(-0.14, 1.14)
    axes.set_ylim(-0.09, 0.94)


def _left_out(believed: Believed, rows: Sequence[tuple[Objective, int]]) -> str:
    shown, every = len({objective.name for objective, _ in rows}), len(believed.objectives)
    return f"The first {shown} of {every} objectives are drawn." if shown < every else ""
