"""Parity: what was measured against what was predicted without knowing it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.report.drawing import Sheet
from zosimos.campaign.report.figures.marks import SURPRISING, bars, compared, hint, odd
from zosimos.campaign.report.formatting import titled, usable
from zosimos.campaign.report.style import BLUE, GREY, RED, axis_title, size_of, span
from zosimos.campaign.report.subject import Subject
from zosimos.campaign.report.thinning import drawn, said
from zosimos.core.objective import Objective
from zosimos.core.records import Measurement, Prediction

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ACROSS = 4  # panels side by side

Row = tuple[Experiment, Prediction, Measurement]


def parity(subject: Subject) -> Sheet | str:
    """Return a panel for each quantity of which anything was predicted before it was measured."""
    panels = [(outcome, rows) for outcome in subject.outcomes if (rows := _rows(subject, outcome))]
    if not panels:
        return "No result had a prediction."
    across = 3 if len(panels) > _ACROSS else max(2, len(panels))
    down = math.ceil(len(panels) / across)
    sheet = Sheet(9.0 / across * down + 0.5 if across > 2 else 4.4)
    made = sheet.figure.subplots(down, across, squeeze=False).ravel().tolist()
    for axes in made[len(panels) :]:
        axes.set_visible(False)
    shown = most = 0
    for place, (axes, (outcome, rows)) in enumerate(zip(made, panels, strict=False)):
        if place % across == 0:
            axes.set_ylabel("measured (± uncertainty)")
        strange = [k for k, (e, _, _) in enumerate(rows) if odd(e, outcome)]
        some = [rows[k] for k in drawn(len(rows), [m.value - p.mean for _, p, m in rows], strange)]
        shown, most = shown + len(some), max(most, len(strange))
        _panel(sheet, axes, subject, outcome, some)
    total = sum(len(rows) for _, rows in panels)
    sheet.note = said("predicted results", shown, total, "every one further off", most=most)
    sheet.legend(made[: len(panels)])
    return sheet


def _rows(subject: Subject, outcome: Objective) -> list[Row]:
    found = []
    for experiment in subject.state.experiments.values():
        prediction, measurement = compared(experiment, outcome), usable(experiment, outcome)
        if prediction is not None and measurement is not None:
            found.append((experiment, prediction, measurement))
    return found


def _panel(sheet: Sheet, axes: Axes, subject: Subject, outcome: Objective, rows: Sequence[Row]) -> None:
    ends = span([end for _, p, m in rows for end in (p.mean, m.value)])
    axes.plot(ends, ends, color=GREY, linewidth=1.2, linestyle="--", zorder=1.5)
    for name, colour, strange in ((f"within {SURPRISING:g} sd", BLUE, False), ("further off", RED, True)):
        cloud = [row for row in rows if odd(row[0], outcome) == strange]
        xs, ys = [p.mean for _, p, _ in cloud], [m.value for _, _, m in cloud]
        bars(axes, xs, ys, colour, up=[m.uncertainty for _, _, m in cloud], across=[p.spread for _, p, _ in cloud])
        hints = [hint(subject.state.spec, e, (outcome,)) for e, _, _ in cloud]
        sheet.marks(axes, xs, ys, hints, s=size_of(len(rows)) ** 2, color=colour, label=name)
    axes.set_title(axis_title(titled(outcome.name, outcome.unit)))
    axes.set_xlabel("predicted (± sd)")
