"""Importances: the share of the predictions' variance that each parameter explains, alone and in pairs."""

from __future__ import annotations

import math

from zosimos.campaign.report.drawing import Sheet
from zosimos.campaign.report.style import BLUE, PALE, SKY, label
from zosimos.campaign.report.subject import Subject

_BARS = 8  # of parameters alone
_PAIRS = 3
_LEAST = 0.02  # of the variance: pairs with less are not drawn
_ACROSS = 2


def importances(subject: Subject) -> Sheet | str:
    """Return a panel for each objective, the strongest parameter on top, pairs below."""
    believed = subject.believed
    if isinstance(believed, str):
        return believed
    panels = []
    for name, found in believed.effects.items():
        alone = sorted(zip(found.columns, found.main, strict=True), key=lambda pair: -pair[1])[:_BARS]
        rows = [(label(column.name, 22), share, BLUE) for column, share in alone]
        pairs = [pair for pair in found.pairs if pair[2] > _LEAST][:_PAIRS]
        rows += [(f"{label(a, 12)} × {label(b, 12)}", share, SKY) for a, b, share in pairs]
        panels.append((name, rows, 0 < found.variance < math.inf))
    across = min(_ACROSS, len(panels))
    down = math.ceil(len(panels) / across)
    most = max(len(rows) for _, rows, _ in panels)
    sheet = Sheet((0.27 * most + 0.75) * down)
    made = sheet.figure.subplots(down, across, squeeze=False).ravel().tolist()
    for axes in made[len(panels) :]:
        axes.set_visible(False)
    for axes, (name, rows, varies) in zip(made, panels, strict=False):
        axes.set_title(label(name, 44))
        places = range(len(rows))
        axes.barh(places, [100 * share for _, share, _ in rows], 0.66, color=[colour for _, _, colour in rows])
        axes.set_yticks(places, [text for text, _, _ in rows])
        axes.set_ylim(most - 0.4, -0.6)
        axes.set_xlim(0, max([100 * share for _, share, _ in rows] + [1.0]) * 1.15)
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel("share of the variance (%)")
        for place, (_, share, _) in enumerate(rows):
            axes.annotate(f"{100 * share:.0f}", (100 * share, place), (4, 0), textcoords="offset points", va="center")
        if not varies:
            axes.text(0.5, 0.5, "predictions do not vary", transform=axes.transAxes, ha="center", color=PALE)
    left = len(believed.objectives) - len(panels)
    sheet.note = f"The first {len(panels)} of {len(believed.objectives)} objectives are drawn." if left else ""
    return sheet
