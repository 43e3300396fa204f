"""Parallel coordinates: each complete result as a line across its parameters and outcomes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from zosimos.campaign.definition.model import ParameterSpec
from zosimos.campaign.record.results import teaching
from zosimos.campaign.report.drawing import Sheet
from zosimos.campaign.report.figures.marks import hint
from zosimos.campaign.report.formatting import digits, titled
from zosimos.campaign.report.style import GREY, INK, LINES, PAPER, SOFT, label, span
from zosimos.campaign.report.subject import Subject
from zosimos.campaign.report.thinning import drawn, said
from zosimos.core.parameters import Value
from zosimos.core.ranking import by_tier, merit

_LEAST = (0, -math.inf)
_BEST = 50  # lines that are always drawn
_TICK = 14  # characters of a tick's text
_TICKS = 12  # names an axis has room for
_ACROSS = 10  # axes side by side; of more, a second row


@dataclass(frozen=True)
class Axis:
    """An axis: its title, where each line meets it (0 to 1), and its ticks: place and text."""

    title: str
    places: Sequence[float]
    ticks: Sequence[tuple[float, str]]


def parallel(subject: Subject) -> Sheet | str:
    """Return every complete result as a line, the best on top. Dark is good: near the target, where there is one."""
    from matplotlib.colors import LinearSegmentedColormap

    state, objectives = subject.state, subject.objectives
    rows = [one for one in subject.results if set(state.spec.space) <= {*subject.at(one)}]
    if not rows:
        return "No complete result yet."
    first = (by_tier(objectives) or objectives)[0]
    rows.sort(key=lambda e: merit(first, objectives, teaching(e.measurements)) or _LEAST)  # the best are drawn last
    total = len(rows)
    rows = [rows[k] for k in drawn(total, first=range(max(0, total - _BEST), total))]
    axes = [_axis(name, part, [subject.at(row)[name] for row in rows]) for name, part in state.spec.space.items()]
    for objective in objectives:
        values = [row.measurements[objective.name].value for row in rows]
        axes.append(_numbers(titled(objective.name, objective.unit), values, values, log=False))
    gains = [first.utility(row.measurements[first.name].value) for row in rows]
    low, high = span(gains)
    colours = LinearSegmentedColormap.from_list("lines", LINES)
    parts = [axes[k : k + _ACROSS] for k in range(0, len(axes), _ACROSS)]
    sheet = Sheet(3.6 * len(parts))
    for plane, part in zip(sheet.figure.subplots(len(parts), 1, squeeze=False)[:, 0], parts, strict=True):
        width = max(len(part), 2) if len(parts) == 1 else _ACROSS
        plane.set_axis_off()
        plane.set_xlim(-0.3, width - 0.55)
        plane.set_ylim(-0.06, 1.12)
        for k, row in enumerate(rows):
            shade = colours((gains[k] - low) / (high - low))
            line = plane.plot(
                range(len(part)), [axis.places[k] for axis in part], color=shade, linewidth=1.1, alpha=0.85, zorder=2
            )[0]
            line.set_url(sheet.urls([hint(state.spec, row, objectives)])[0])
        for place, axis in enumerate(part):
            plane.plot([place, place], [0, 1], color=GREY, linewidth=0.9, zorder=1.5)
            plane.text(
                place,
                1.06,
                label(axis.title, 22),
                ha="center",
                va="bottom",
                color=INK,
                fontsize=9.5,
                rotation=12 * (width > 7),
            )
            for at, text in axis.ticks:
                words = plane.text(place + 0.03, at, text, ha="left", va="center", color=SOFT, fontsize=8.5, zorder=4)
                words.set_bbox({"facecolor": PAPER, "edgecolor": "none", "alpha": 0.75, "pad": 0.6})
    sheet.note = said("results", len(rows), total, f"the best {_BEST}")
    return sheet


def _axis(name: str, part: ParameterSpec, values: Sequence[Value]) -> Axis:
    title = titled(name, getattr(part, "unit", ""))
    traits = part.traits(name)
    if traits.kind == "text" or any(isinstance(value, str) for value in values):
        known = traits.levels if traits.kind == "text" else ()
        choices = list(dict.fromkeys(str(value) for value in (*known, *values)))
        at = {choice: (k + 0.5) / len(choices) for k, choice in enumerate(choices)}
        shown = choices[:: math.ceil(len(choices) / _TICKS)]
        return Axis(title, [at[str(value)] for value in values], [(at[one], label(one, _TICK)) for one in shown])
    numbers = [float(value) for value in values]
    return _numbers(title, numbers, [*numbers, *(traits.bounds or ())], log=traits.scale == "log")


def _numbers(title: str, values: Sequence[float], reach: Sequence[float], *, log: bool) -> Axis:
    log = log and min(reach) > 0
    low, high = span([math.log10(value) for value in reach] if log else reach)
    places = [((math.log10(value) if log else value) / 2 - low / 2) / (high / 2 - low / 2) for value in values]
    ticks = []
    for k in range(5):
        at = low * (1 - k / 4) + high * (k / 4)
        ticks.append((k / 4, digits(10.0**at if log else at, (high - low) / 40 if not log else None)))
    return Axis(title, places, ticks)
