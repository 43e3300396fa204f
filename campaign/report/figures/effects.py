"""Main effects: what the models expect as one parameter alone is changed, around the best experiment and on average."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from zosimos.campaign.report.believed import Believed, Slice
from zosimos.campaign.report.drawing import Sheet
from zosimos.campaign.report.figures.marks import bars
from zosimos.campaign.report.formatting import titled
from zosimos.campaign.report.style import BLUE, GREY, RED, axis_title, label
from zosimos.campaign.report.subject import Subject
from zosimos.core.objective import Objective
from zosimos.core.parameter import Parameter

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ACROSS = 4  # panels side by side
_PARAMETERS = 8  # of each objective, the strongest first
_OBJECTIVES = 3
INTERVAL = 1.96  # standard deviations to each side: 95 %


def effects(subject: Subject) -> Sheet | str:
    """Return for each objective a panel of each parameter, the strongest first, with intervals of 95 %."""
    believed = subject.believed
    if isinstance(believed, str):
        return believed
    objectives = believed.objectives[:_OBJECTIVES]
    shown = strongest(believed)[: _PARAMETERS if len(objectives) == 1 else _ACROSS]
    across = min(_ACROSS, max(len(shown), 2))
    down = math.ceil(len(shown) / across)
    sheet = Sheet(2.35 * down * len(objectives) + 0.45)
    made = sheet.figure.subplots(down * len(objectives), across, squeeze=False)
    for block, objective in enumerate(objectives):
        part = made[block * down : (block + 1) * down].ravel().tolist()
        for axes in part[len(shown) :]:
            axes.set_visible(False)
        for place, (axes, parameter) in enumerate(zip(part, shown, strict=False)):
            _panel(axes, believed, parameter, believed.slices[parameter.name], objective)
            if place % across == 0:
                axes.set_ylabel(axis_title(titled(objective.name, objective.unit)))
        _alike(part[: len(shown)])
    notes = []
    if len(believed.parameters) > len(shown):
        notes.append(f"The strongest {len(shown)} of {len(believed.parameters)} parameters are drawn.")
    if len(believed.objectives) > len(objectives):
        notes.append(f"The first {len(objectives)} of {len(believed.objectives)} objectives are drawn.")
    sheet.note = " ".join(notes)
    sheet.legend([axes for axes in made.ravel().tolist() if axes.get_visible()])
    return sheet


def strongest(believed: Believed) -> list[Parameter]:
    """Return the parameters, first those whose main effect on any objective is largest."""
    share: dict[str, float] = {}
    for found in believed.effects.values():
        for column, main in zip(found.columns, found.main, strict=True):
            share[column.name] = max(share.get(column.name, 0.0), main)
    return sorted(believed.parameters, key=lambda parameter: -share.get(parameter.name, 0.0))


def _panel(
    axes: Axes,
    believed: Believed,
    parameter: Parameter,
    one: Slice,
    objective: Objective,
) -> None:
    values, (mean, sd) = one.values, one.found[objective.name]
    ends = mean - INTERVAL * sd, mean + INTERVAL * sd
    low, high = (np.clip(end, objective.least, objective.most) for end in ends) if objective.limited else ends
    effect = believed.effects.get(objective.name)
    place = None if effect is None else [column.name for column in effect.columns].index(parameter.name)
    axes.set_xlabel(axis_title(titled(parameter.name, parameter.unit)))
    here, name = believed.row[parameter.name], f"around {believed.centre} (95 % interval)"
    if parameter.kind == "text":
        xs = np.arange(len(values), dtype=float)
        bars(axes, xs.tolist(), ((low + high) / 2).tolist(), BLUE, up=((high - low) / 2).tolist())
        axes.scatter(xs, mean, s=30, color=BLUE, zorder=3, label=name)
        if here in values:
            k = list(values).index(here)
            ring: dict[str, Any] = {"s": 70, "facecolors": "none", "edgecolors": RED, "zorder": 4}
            axes.scatter(xs[k : k + 1], mean[k : k + 1], label=believed.centre, **ring)
        turned = 35 if max(len(str(value)) for value in values) * len(values) > 22 else 0
        texts = [label(str(value), 14) for value in values]
        axes.set_xticks(xs, texts, rotation=turned, ha="right" if turned else "center")
        axes.set_xlim(-0.5, len(values) - 0.5)
        return
    xs = np.array(values, dtype=float)
    if effect is not None and place is not None and len(effect.curves[place].values) > 1:
        curve = effect.curves[place]
        axes.plot(
            curve.values, curve.means, color=GREY, linestyle="--", linewidth=1.2, label="on average over the space"
        )
    good = np.isfinite(mean)
    if good.sum() > 1:
        axes.fill_between(xs[good], low[good], high[good], color=BLUE, alpha=0.18, linewidth=0)
        axes.plot(xs[good], mean[good], color=BLUE, label=name)
    axes.axvline(float(here), color=RED, linewidth=1, linestyle=":", label=believed.centre)
    if parameter.scale == "log" and parameter.bounds is not None and parameter.bounds[0] > 0:
        axes.set_xscale("log")
    else:
        axes.locator_params(axis="x", nbins=5)


def _alike(panels: Sequence[Axes]) -> None:
    """Give an objective's panels one range, so that strong effects look strong."""
    ends = [axes.get_ylim() for axes in panels]
    for place, axes in enumerate(panels):
        axes.set_ylim(min(low for low, _ in ends), max(high for _, high in ends))
        if place % _ACROSS:
            axes.tick_params(labelleft=False)
