"""Trade-offs: outcomes against one another, those that nothing beats named by their experiments' ids."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.record.standing import front
from zosimos.campaign.report.drawing import Sheet
from zosimos.campaign.report.figures.marks import bars, hint
from zosimos.campaign.report.figures.progress import aim_of
from zosimos.campaign.report.formatting import titled, usable
from zosimos.campaign.report.style import BLUE, GREEN, GREY, INK, PALE, RED, axis_title, label, size_of
from zosimos.campaign.report.subject import Subject
from zosimos.campaign.report.thinning import drawn, said
from zosimos.core.objective import Objective

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Box = tuple[float, float, float, float]

_NAMED = 12  # of the best that have their id written beside them
_MOST = 3  # objectives whose pairs are drawn


def pareto(subject: Subject) -> Sheet | str:
    """Return the results of two objectives, or a panel for each pair of three; of more, of the first three."""
    objectives = subject.objectives[:_MOST]
    if len(objectives) < 2:
        return "There is one objective, and so no trade-off."
    rows = [e for e in subject.state.experiments.values() if all(usable(e, o) for o in objectives)]
    if not rows:
        return "No experiment has a result of every objective yet."
    best = [
        name for name in front(subject.state) if all(usable(subject.state.experiments[name], o) for o in objectives)
    ]
    pairs = list(combinations(objectives, 2))
    sheet = Sheet(4.9 if len(pairs) == 1 else 3.5)
    made = sheet.figure.subplots(1, len(pairs), squeeze=False)[0]
    total, places = len(rows), {e.id: k for k, e in enumerate(rows)}
    rows = [rows[k] for k in drawn(total, first=[places[name] for name in best])]
    for axes, (one, two) in zip(made, pairs, strict=True):
        _panel(sheet, axes, subject, rows, best, (one, two))
    left = len(subject.objectives) - len(objectives)
    notes = [f"The first {_MOST} of {len(subject.objectives)} objectives are drawn."] if left else []
    notes += [f"{_NAMED} of the {len(best)} best are named."] if len(best) > _NAMED else []
    notes += [text] if (text := said("results", len(rows), total, "every best one", most=len(best))) else []
    sheet.note = " ".join(notes)
    sheet.legend(made)
    return sheet


def _panel(
    sheet: Sheet,
    axes: Axes,
    subject: Subject,
    rows: Sequence[Experiment],
    best: Sequence[str],
    pair: tuple[Objective, Objective],
) -> None:
    state = subject.state
    for name, some, colour in (
        ("other results", [e for e in rows if e.id not in best], GREY),
        ("best compromises" if not subject.ranked else "best", [e for e in rows if e.id in best], BLUE),
    ):
        xs, ys = ([e.measurements[o.name].value for e in some] for o in pair)
        across, up = ([e.measurements[o.name].uncertainty for e in some] for o in pair)
        bars(axes, xs, ys, PALE if colour == GREY else colour, up=up, across=across)
        hints, size = (
            [hint(state.spec, e, subject.objectives) for e in some],
            size_of(len(rows)) + 1.5 * (colour == BLUE),
        )
        sheet.marks(axes, xs, ys, hints, s=size**2, color=colour, label=name)
    ahead = [e for e in state.active.values() if all(o.name in e.candidate.predictions for o in pair)][:_NAMED]
    if ahead:
        xs, ys = ([e.candidate.predictions[o.name].mean for e in ahead] for o in pair)
        wide, tall = ([e.candidate.predictions[o.name].spread for e in ahead] for o in pair)
        bars(axes, xs, ys, RED, up=tall, across=wide)
        look = {"marker": "D", "facecolors": "none", "edgecolors": RED, "label": "to come (predicted ± sd)"}
        sheet.marks(axes, xs, ys, [hint(state.spec, e, subject.objectives) for e in ahead], s=34, **look)
    members = [state.experiments[name] for name in best]
    if len(subject.objectives) == 2 and len(members) > 1 and not subject.ranked:
        line = sorted((e.measurements[pair[0].name].value, e.measurements[pair[1].name].value) for e in members)
        axes.plot([x for x, _ in line], [y for _, y in line], color=BLUE, linewidth=1, alpha=0.45, zorder=1.5)
    panels = max(1, len(axes.figure.axes))
    room = 72 * (sheet.width - 0.8 * panels) / panels, 72 * (sheet.height - 0.9)  # about, in points
    _named(axes, [state.experiments[name] for name in best[:_NAMED]], pair, room)
    for objective, draw in zip(pair, (axes.axvline, axes.axhline), strict=True):
        if (aim := aim_of(state.spec, objective)) is not None:
            draw(aim, color=GREEN, linewidth=1.2, linestyle=":", label="wanted")
        if objective.threshold is not None:
            draw(objective.threshold, color=RED, linewidth=1.0, linestyle="--", label="only better counts")
    axes.set_xlabel(axis_title(_wanted(pair[0])))
    axes.set_ylabel(axis_title(_wanted(pair[1])))


def _named(
    axes: Axes, experiments: Sequence[Experiment], pair: tuple[Objective, Objective], size: tuple[float, float]
) -> None:
    """Write ids beside the best, each where it lies over no other id and no other of the best, or not at all."""
    axes.autoscale_view()
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    spots = []
    for experiment in experiments:
        x, y = (experiment.measurements[o.name].value for o in pair)
        at = (x / 2 - left / 2) / (right / 2 - left / 2), (y / 2 - low / 2) / (high / 2 - low / 2)
        spots.append((x, y, at[0] * size[0], at[1] * size[1]))
    taken = [(across - 4, up - 4, across + 4, up + 4) for _, _, across, up in spots]
    for place, (experiment, (x, y, across, up)) in enumerate(zip(experiments, spots, strict=True)):
        text = label(experiment.id, 14)
        wide = 6.0 * len(text)
        others = [box for k, box in enumerate(taken) if k != place]
        for right_of, above in ((True, True), (False, True), (True, False), (False, False)):
            begin, base = across + (5 if right_of else -5 - wide), up + (4 if above else -15)
            box = (begin, base, begin + wide, base + 11)
            if begin > 0 and begin + wide < size[0] + 12 and not any(_over(box, other) for other in others):
                taken.append(box)
                look: dict[str, Any] = {"ha": "left" if right_of else "right", "color": INK, "fontsize": 9}
                shift = (5 if right_of else -5, 4 if above else -13)
                axes.annotate(text, (x, y), shift, textcoords="offset points", **look)
                break


def _over(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _wanted(objective: Objective) -> str:
    arrow = {"max": " →", "min": " ←", "target": ""}[objective.goal]
    return titled(objective.name, objective.unit) + arrow
