"""Progress: each result against its experiment's number, with what was predicted of it and the best so far."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import TYPE_CHECKING

from zosimos.campaign.definition.counting import Counting
from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.record.results import teaching
from zosimos.campaign.record.state import State
from zosimos.campaign.report.drawing import Sheet
from zosimos.campaign.report.figures.marks import bars, ended, foretold, hint, odd
from zosimos.campaign.report.formatting import titled, usable
from zosimos.campaign.report.style import BLUE, GREEN, GREY, PALE, STATUS_COLOURS, axis_title, size_of
from zosimos.campaign.report.subject import Subject
from zosimos.campaign.report.thinning import drawn, rare, said
from zosimos.core.objective import Objective
from zosimos.core.ranking import Standing, merit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_STRIP = (("failed", "x"), ("uncertain", "D"))  # what stands below the results, and its mark
_FEW = 15  # experiments up to which each has its tick
_TALL, _LOW, _STRIP_HEIGHT = 2.9, 1.9, 0.28  # inches of a panel, of one of many, of the strip
_MANY = 3  # panels from which they are low

Numbered = Sequence[tuple[int, Experiment]]


def progress(subject: Subject) -> Sheet | str:
    """Return a panel for each objective, and below them a strip of what failed or is uncertain."""
    state, objectives = subject.state, subject.objectives
    experiments = list(enumerate(state.experiments.values(), start=1))
    if not any(experiment.status in ("measured", "failed", "uncertain") for _, experiment in experiments):
        return "No experiment has ended yet."
    strips = [(status, mark, [row for row in experiments if row[1].status == status]) for status, mark in _STRIP]
    strips = [strip for strip in strips if strip[2]]
    tall = _TALL if len(objectives) <= _MANY else _LOW
    heights = [tall] * len(objectives) + [_STRIP_HEIGHT] * bool(strips)
    sheet = Sheet(sum(heights) + 0.9)
    made = sheet.figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    found = [_panel(sheet, axes, subject, experiments, k) for k, axes in enumerate(made[: len(objectives)])]
    shown, total = (sum(counted[part] for counted in found) for part in (0, 1))
    most = max(counted[2] for counted in found)
    if strips:
        some = _strip(sheet, made[-1], strips)
        shown, total, most = shown + some[0], total + some[1], max(most, some[2])
    made[-1].set_xlabel("experiment")
    made[-1].set_xlim(0.2, len(experiments) + 0.8)
    made[-1].locator_params(axis="x", integer=True, nbins=_FEW if len(experiments) <= _FEW else 10)
    always = "every result better than those before it, every failure and surprise, every one left out of the models"
    sheet.note = said("points", shown, total, always, most=most)
    sheet.legend(made, columns=5)
    return sheet


def best_so_far(state: State, objectives: Sequence[Objective], objective: Objective) -> list[tuple[int, float]]:
    """Return the number of each experiment that was better than all before it, and its value."""
    best: list[tuple[int, float]] = []
    top: Standing | None = None
    counting = Counting(state.spec)
    for number, experiment in enumerate(state.experiments.values(), start=1):
        found = usable(experiment, objective)
        whole = all(usable(experiment, other) for other in objectives)  # else it is no result, or not yet
        if found is None or not whole or not counting.at(experiment.values):
            continue
        reached = merit(objective, objectives, teaching(experiment.measurements))
        if reached is not None and (top is None or reached > top):
            best.append((number, found.value))
            top = reached
    return best


def aim_of(spec: CampaignSpec, objective: Objective) -> float | None:
    """Return the value that is wanted of an objective, if one is."""
    aim = objective.target if objective.goal == "target" else spec.stop.reach.get(objective.name)
    return None if aim is None else float(aim)


def _panel(sheet: Sheet, axes: Axes, subject: Subject, experiments: Numbered, place: int) -> tuple[int, int, int]:
    """Draw an objective's panel; return how many points it has of how many, and how many matter at most."""
    spec, objectives = subject.state.spec, subject.objectives
    objective = objectives[place]
    predicted = [(i, e, said) for i, e in experiments if (said := foretold(e, objective)) is not None]
    found = [(i, e, e.measurements[objective.name]) for i, e in experiments if objective.name in e.measurements]
    good, rest = [row for row in found if row[2].trains], [row for row in found if not row[2].trains]
    best = best_so_far(subject.state, objectives, objective)
    total, most = len(predicted) + len(good) + len(rest), max(len(best), len(rest))
    best = [*(best[k] for k in rare(range(len(best) - 1))), *best[-1:]]
    steps, strange = {i for i, _ in best}, {i for i, e, _ in found if odd(e, objective)}
    most = max(most, len(strange))
    predicted = [
        predicted[k] for k in drawn(len(predicted), [p.mean for _, _, p in predicted], _in(predicted, strange))
    ]
    chosen = drawn(len(good), [m.value for _, _, m in good], _in(good, strange))
    good = [good[k] for k in sorted({*chosen, *_in(good, steps)})]
    rest = [rest[k] for k in rare(range(len(rest)), [m.value for _, _, m in rest])]
    size = size_of(len(experiments)) ** 2
    if predicted:
        xs, ys = [i for i, _, _ in predicted], [said.mean for _, _, said in predicted]
        bars(axes, xs, ys, PALE, up=[said.spread for _, _, said in predicted])
        hints = [hint(spec, e, (objective,)) for _, e, _ in predicted]
        look = {"marker": "D", "facecolors": "none", "edgecolors": GREY, "linewidths": 1.0}
        sheet.marks(axes, xs, ys, hints, s=size * 0.8, label="predicted (mean ± sd)", **look)
    if best:
        xs, ys = [*(i for i, _ in best), len(experiments)], [*(value for _, value in best), best[-1][1]]
        axes.plot(xs, ys, drawstyle="steps-post", color=GREEN, linewidth=2, label="best so far", zorder=2.5)
    for rows, name in ((good, "measured (± standard uncertainty)"), (rest, "left out of the models")):
        if not rows:
            continue
        xs, ys = [i for i, _, _ in rows], [m.value for _, _, m in rows]
        bars(axes, xs, ys, BLUE, up=[m.uncertainty for _, _, m in rows])
        hints = [hint(spec, e, (objective,)) for _, e, _ in rows]
        sheet.marks(
            axes, xs, ys, hints, s=size, label=name, facecolors=BLUE if rows is good else "none", edgecolors=BLUE
        )
    if (aim := aim_of(spec, objective)) is not None:
        name = "target" if objective.goal == "target" else "goal"
        axes.axhline(aim, color=GREEN, linewidth=1.2, linestyle=":", label=name, zorder=1.5)
    if not found and not predicted:
        axes.text(0.5, 0.5, "no result", transform=axes.transAxes, ha="center", va="center", color=GREY)
        axes.set_yticks([])
    axes.set_ylabel(axis_title(titled(objective.name, objective.unit)))
    return len(predicted) + len(good) + len(rest), total, most


def _strip(sheet: Sheet, axes: Axes, strips: Sequence[tuple[str, str, Numbered]]) -> tuple[int, int, int]:
    """Draw the strip; return how many experiments it has of how many, and how many have one status at most."""
    shown = 0
    for status, mark, every in strips:
        rows = [every[k] for k in rare(range(len(every)))]
        shown += len(rows)
        look = {"color": STATUS_COLOURS[status], "marker": mark, "s": 36, "label": status}
        sheet.marks(axes, [i for i, _ in rows], [0.0] * len(rows), [ended(e) for _, e in rows], **look)
    axes.set_ylim(-1, 1)
    axes.set_yticks([])
    axes.grid(visible=False)
    sizes = [len(every) for _, _, every in strips]
    return shown, sum(sizes), max(sizes)


def _in(rows: Sequence[tuple[int, Experiment, object]], numbers: Set[int]) -> list[int]:
    """Return the places of the rows that have these experiments' numbers."""
    return [place for place, (number, _, _) in enumerate(rows) if number in numbers]
